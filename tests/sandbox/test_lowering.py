"""What JAX needs for each operation is done before a kernel is forked, and changes nothing."""

from __future__ import annotations

import importlib.util
import sys

import jax
import jax.numpy as jnp
import pytest
from jax._src import xla_bridge
from jax._src.interpreters import mlir

from autograder.sandbox.inside import lowering

warm_only = pytest.mark.parametrize("origin", ["warm", "warm locked"], indirect=True)

_PROGRAM = "jax.jit(jax.grad(lambda x: jnp.sin(x) * x**3)).lower(0.5).as_text()"


@warm_only
def test_operations_of_a_warm_kernel_are_lowered_in_one_context(kernel, origin: str):
    assert kernel.run("from jax._src.interpreters import mlir").error is None
    assert kernel.value("mlir.make_ir_context() is mlir.make_ir_context()")


@warm_only
def test_the_first_derivative_of_a_warm_kernel_imports_nothing(start_kernel, origin: str):
    with start_kernel() as fresh:
        ran = fresh.run(
            "import sys, jax\n"
            "known = {*sys.modules}\n"
            "jax.hessian(lambda x: x**3 + jax.numpy.sin(x))(0.5)"
        )
        assert ran.error is None
        late = "sorted(name for name in set(sys.modules) - known if name.startswith('jax'))"
        assert fresh.value(late) == []


@pytest.mark.skipif(importlib.util.find_spec("filelock") is None, reason="there is none")
def test_a_students_code_finds_file_locks(kernel):
    ran = kernel.run("import filelock\nprint(filelock.FileLock('mine.lock').is_locked)")
    assert (ran.error, ran.text) == (None, "False\n")


def test_a_program_is_lowered_the_same(kernel):
    assert kernel.run("import jax, jax.numpy as jnp").error is None
    assert kernel.value(_PROGRAM) == eval(_PROGRAM, {"jax": jax, "jnp": jnp})


def test_where_jax_calls_its_insides_otherwise_all_stays_as_it_was(monkeypatch):
    monkeypatch.delattr(mlir, "make_ir_context")
    lowering.share_context()
    assert not hasattr(mlir, "make_ir_context")


def test_a_file_lock_that_is_there_already_stays(monkeypatch):
    mine = object()
    monkeypatch.setitem(sys.modules, "filelock", mine)
    with lowering.without_file_locks():
        assert sys.modules["filelock"] is mine
    assert sys.modules["filelock"] is mine


@warm_only
def test_a_warm_kernel_has_looked_for_plugins(start_kernel, origin: str):
    with start_kernel() as fresh:
        assert fresh.run("from jax._src import xla_bridge").error is None
        looked = "(xla_bridge._plugins_registered, xla_bridge.backends_are_initialized())"
        assert fresh.value(looked) == (True, False)


def test_where_there_is_a_plugin_each_kernel_looks_for_itself(monkeypatch):
    asked = []
    monkeypatch.setattr(
        xla_bridge, "_discover_and_register_pjrt_plugins", lambda: asked.append(True)
    )
    monkeypatch.setattr(lowering, "entry_points", lambda group: [group])
    lowering.discover_plugins()
    assert asked == []
    monkeypatch.setattr(lowering, "entry_points", lambda group: [])
    lowering.discover_plugins()
    assert asked == [True]


@warm_only
def test_a_warm_kernel_imports_nothing_as_it_begins(start_kernel, origin: str):
    with start_kernel() as fresh:
        assert fresh.run("import sys").error is None
        late = (
            "[n for n in [*sys.modules][[*sys.modules].index('autograder.draw.panels'):]"
            " if n.split('.')[0] in ('IPython', 'ipykernel', 'tornado', 'pdb')]"
        )
        assert fresh.value(late) == []
