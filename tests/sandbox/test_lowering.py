"""What JAX needs for each operation is done before a kernel is forked, and changes nothing."""

from __future__ import annotations

import importlib.util
import sys

import jax
import jax.numpy as jnp
import pytest
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
