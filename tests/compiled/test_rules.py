"""The rules by themselves: what counts as the same, what is understood, what install does."""

from __future__ import annotations

import dis
import os
import subprocess
import sys
import threading
import warnings
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from autograder.compiled import XLA_FLAGS, bytecode, installation, instructions, why_plain
from autograder.compiled.agreement import agree, probes, shares_an_object
from autograder.compiled.arguments import Unusual, read
from autograder.compiled.guards import Guards
from autograder.compiled.silence import Warned, warnings_are_errors
from autograder.compiled.values import NotPlainData, same, snapshot
from tests.compiled.conftest import taught


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (1, 1.0),
        (1, True),
        (0.0, -0.0),
        ([1], (1,)),
        ([1, 2], [2, 1]),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        (np.zeros(2), np.zeros(2, np.float32)),
        (np.zeros((2, 1)), np.zeros((1, 2))),
        (np.float32(1), np.float64(1)),
        (np.array([0.0]), np.array([-0.0])),
        ("a", b"a"),
    ],
)
def test_not_the_same(a, b):
    assert same(a, snapshot(a))
    assert not same(a, snapshot(b))


def test_snapshot_does_not_follow_the_original():
    data = [np.ones(2), {"k": [1.0]}]
    before = snapshot(data)
    assert same(data, before)
    data[1]["k"][0] = 2.0
    assert not same(data, before)
    data[1]["k"][0] = 1.0
    data[0][1] = 5.0
    assert not same(data, before)


def test_a_list_that_contains_itself_is_not_plain_data():
    data: list[object] = []
    data.append(data)
    with pytest.raises(NotPlainData):
        snapshot(data)


@pytest.mark.parametrize("value", [{1}, object(), np.array([None]), [lambda: 0], 1j, slice(1)])
def test_not_plain_data(value):
    with pytest.raises(NotPlainData):
        snapshot(value)


def test_agreement_is_to_the_last_bit():
    x = jnp.float32(1.0)
    assert agree((x, [x]), (x, [jnp.float32(1.0)]))
    assert not agree(x, jnp.nextafter(x, 2))
    assert not agree(jnp.float32(0.0), jnp.float32(-0.0))
    assert not agree(x, jnp.asarray(1.0))  # weak
    assert not agree(x, jnp.ones(1))
    assert not agree(x, 1.0)
    assert not agree({"a": x, "b": x}, {"b": x, "a": x})
    assert not agree([x], (x,))
    assert agree(jnp.float32(np.nan), -jnp.float32(np.nan))


def test_shared_objects_are_seen():
    x, y = jnp.float32(1.0), jnp.float32(1.0)
    assert not shares_an_object([x, {"k": y}], [])
    assert shares_an_object([x, {"k": x}], [])
    assert shares_an_object(y, [x, y])


def test_probes_keep_the_types_of_the_inputs():
    inputs = [1.0, np.float64(2.0), np.ones(2, np.float32), jnp.arange(3), jnp.asarray(2.0)]
    for probe in probes(inputs):
        assert [type(leaf) for leaf in probe] == [type(leaf) for leaf in inputs]
        assert [np.shape(leaf) for leaf in probe] == [np.shape(leaf) for leaf in inputs]
        assert probe[4].weak_type
        assert (probe[3] == inputs[3]).all()  # it may be an index


def test_arguments_are_put_together_again():
    args = (1.0, {"b": [jnp.ones(2), 3], "a": (None, "x")}, np.ones(2))
    found = read(args, {"k": 2.0}, 0)
    assert found.inputs == [1.0, args[1]["b"][0]]
    assert found.statics[:3] == [3, None, "x"]
    assert found.has_mutables()
    again, keywords = found.rebuild(found.inputs, found.statics)
    assert repr(again) == repr(args)
    assert keywords == {"k": 2.0}
    assert not read((1.0, (2.0, 3)), {}, 0).has_mutables()


@pytest.mark.parametrize("bad", [1, True, 1j, "x", None, jnp.arange(2), np.ones(1, np.float16)])
def test_arguments_that_are_left_to_jax(bad):
    with pytest.raises(Unusual):
        read((bad,), {}, 0)
    with pytest.raises(Unusual):
        read((1.0,), {}, 1)


def test_guards_are_for_any_function_of_the_same_parts():
    def make(k):
        return lambda x, y=2.0: k * x * y

    guards = Guards(make(1.0))
    assert guards.hold(make(1.0))
    assert not guards.hold(make(1))
    assert not guards.hold(make(2.0))
    other = make(1.0)
    other.__defaults__ = (2,)
    assert not guards.hold(other)
    other.__defaults__ = None
    assert not guards.hold(other)


@taught
def test_an_instruction_that_is_not_known_is_not_understood(monkeypatch):
    code = (lambda x: -x).__code__
    bytecode.read(code)
    monkeypatch.setattr(bytecode, "HARMLESS", bytecode.HARMLESS - {"UNARY_NEGATIVE"})
    with pytest.raises(bytecode.NotUnderstood, match="UNARY_NEGATIVE"):
        bytecode.read(code)


@taught
def test_the_list_names_instructions_of_this_python():
    """A name that is none would be a slip, or of another Python."""
    assert instructions.HARMLESS
    assert not instructions.HARMLESS - dis.opmap.keys()


IN_NO_LIST = """
    CALL_INTRINSIC_2 CHECK_EXC_MATCH DELETE_ATTR DELETE_GLOBAL DELETE_SUBSCR IMPORT_NAME LOAD_NAME
    LOAD_SPECIAL LOAD_SUPER_ATTR MATCH_CLASS POP_EXCEPT PUSH_EXC_INFO SEND STORE_ATTR STORE_GLOBAL
    STORE_NAME STORE_SLICE STORE_SUBSCR WITH_EXCEPT_START YIELD_VALUE
"""


def test_no_list_has_what_writes_or_imports_or_stops_an_exception():
    for lists in instructions._LISTS.values():
        assert not set(IN_NO_LIST.split()) & set(" ".join(lists).split())


@taught
@pytest.mark.parametrize("others", [0, 300])
def test_an_attribute_on_one_of_two_things_is_not_a_module_s(others):
    """Also where the jump lands at an EXTENDED_ARG, since there are many names."""
    names = "".join(f"n{i}; " for i in range(others))
    space: dict[str, Any] = {}
    exec(f"def f(x, c): {names}return (x if c else jnp).harmful(x)", space)
    with pytest.raises(bytecode.NotUnderstood, match="harmful"):
        bytecode.read(space["f"].__code__)


@taught
@pytest.mark.parametrize(
    "body",
    [
        "return super(int, x).secret",
        "with x: return x",
        "try: return x\n except TypeError: return 1",
        "try: return x\n finally: y = 1",
        "match x:\n  case [a, b]: return a",
        "import os",
        "x.a = 1",
        "del x.a",
        "del x[0]",
        "del x[0:1]",
        "global g; g = 1",
        "yield x",
        "yield from x",
        "class A: a = x",
        "return f'{x}'",
        "return {y for y in x}",
        "return x is 1.5",
        "return x is not x",
        "return (lambda: x is x)()",
        "return [y is x for y in x]",
        "return x.secret",
        "return [y.secret for y in x]",
        "return (y.secret for y in x)",
        "x @= x; x.secret += 1",
    ],
)
def test_what_is_in_doubt_is_not_understood(body):
    space: dict[str, Any] = {}
    with warnings.catch_warnings(action="ignore", category=SyntaxWarning):  # `x is 1.5`
        exec(f"def f(x):\n {body}", space)
    with pytest.raises(bytecode.NotUnderstood):
        bytecode.read(space["f"].__code__)


def test_under_another_python_nothing_is_installed(monkeypatch):
    stock = jax.grad
    monkeypatch.setattr(instructions, "_MAGIC", 9999)
    assert "bytecode" in why_plain()
    assert not installation.install()
    assert jax.grad is stock
    with pytest.raises(bytecode.NotUnderstood):
        bytecode.read((lambda x: x).__code__)


def test_without_the_global_lock_nothing_is_installed(monkeypatch):
    monkeypatch.setattr(instructions.sysconfig, "get_config_var", {"Py_GIL_DISABLED": 1}.get)
    if "bytecode" not in why_plain():
        assert "free-threaded" in why_plain()
    assert not installation.install()


def test_with_another_jax_nothing_is_installed(monkeypatch):
    monkeypatch.delitem(sys.modules, "autograder.compiled.internals", raising=False)
    monkeypatch.setitem(sys.modules, "jax._src.array", None)
    if "bytecode" not in why_plain():
        assert f"JAX {jax.__version__}" in why_plain()
    assert not installation.install()


@taught
def test_install_and_uninstall():
    names = ("grad", "value_and_grad", "jacfwd", "jacrev", "jacobian", "hessian")
    stock = {name: getattr(jax, name) for name in names}
    try:
        assert installation.install()
        ours = {name: getattr(jax, name) for name in names}
        assert all(ours[name] is not stock[name] for name in names)
        assert installation.install()
        assert {name: getattr(jax, name) for name in names} == ours
        made = jax.grad(lambda x: x**2)
        jax.hessian = "a student's own"
    finally:
        installation.uninstall()
    assert jax.hessian == "a student's own"
    jax.hessian = stock["hessian"]
    assert {name: getattr(jax, name) for name in names} == stock
    assert made(3.0) == 6.0


def test_the_flags_can_be_had_without_the_rest():
    """The parent of a kernel needs them before JAX is imported, and needs nothing else."""
    code = (
        "import sys, autograder.compiled as c; assert 'disable_hlo_passes' in c.XLA_FLAGS;"
        "print(*(name for name in sys.modules if name.startswith(c.__name__ + '.')))"
    )
    run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert run.stdout.split() == ["autograder.compiled.flags"]


@taught
def test_install_leaves_the_process_fit_to_be_forked():
    """No thread but the first, and JAX's backend not started: a child that is forked from it has
    neither, and computes."""
    code = """
import os
from autograder import compiled
assert compiled.install()
from jax._src import xla_bridge
assert not xla_bridge._backends
assert len(os.listdir("/proc/self/task")) == 1, os.listdir("/proc/self/task")
child = os.fork()
if child == 0:
    import jax
    slope = jax.grad(lambda x: x**2)
    right = all(slope(float(i)) == 2 * i for i in range(20))
    os._exit(0 if right and compiled.report().calls["fast"] else 1)
assert os.waitpid(child, 0)[1] == 0
"""
    threads = {f"{library}_NUM_THREADS": "1" for library in ("OPENBLAS", "OMP", "MKL")}
    environment = {**os.environ, **threads, "XLA_FLAGS": XLA_FLAGS}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)


@taught
def test_what_the_compilation_cache_does_not_have_is_compiled_silently(tmp_path):
    """As in marking: kernels read what was compiled before and write nothing."""
    code = """
from autograder import compiled
assert compiled.install()
import jax
slope = jax.grad(lambda x: x**2)
assert all(slope(float(i)) == 2 * i for i in range(20))
assert compiled.report().calls["fast"], compiled.report().refused
"""
    cache = {
        "JAX_COMPILATION_CACHE_DIR": str(tmp_path),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "1000000000",
    }
    environment = {**os.environ, **cache, "XLA_FLAGS": XLA_FLAGS}
    command = [sys.executable, "-c", code]
    run = subprocess.run(command, check=True, env=environment, capture_output=True, text=True)
    assert run.stdout + run.stderr == ""
    assert not list(tmp_path.iterdir())


DERIVATIVES = {
    "grad": "jax.grad(quartic), jnp.float32(0.5)",
    "value_and_grad": "jax.value_and_grad(quartic), jnp.float32(0.5)",
    "second derivative": "jax.grad(jax.grad(quartic)), jnp.float32(0.5)",
    "grad in the plane": "jax.grad(plane), jnp.array([3.0, -2.0])",
    "jacfwd": "jax.jacfwd(plane), jnp.array([3.0, -2.0])",
    "hessian": "jax.hessian(plane), jnp.array([3.0, -2.0])",
}


@taught
@pytest.mark.parametrize("name", DERIVATIVES)
def test_to_replay_compiles_nothing(name):
    """A plain call has compiled every operation, in the very context in which it ran it."""
    code = f"""
from autograder import compiled
assert compiled.install(plain_calls=4)
import jax, jax.numpy as jnp
from jax import monitoring
def quartic(x): return 2*x**4 - 3*x**3 - 9*x**2 + 4*x + 3
def plane(x): return jnp.log(1 + x[0]**2) * jnp.arctan(x[0]) + jnp.sin(x[1])**2
made, at = {DERIVATIVES[name]}
compilations = []
monitoring.register_event_duration_secs_listener(
    lambda name, *_, **__: compilations.append(name) if "backend_compile" in name else None
)
for _ in range(4): made(at)
assert compilations
compilations.clear()
for _ in range(4): made(at)
assert not compilations
calls = compiled.report().calls
assert (calls["replayed"], calls["fast"]) == (1, 3), compiled.report()
"""
    environment = {**os.environ, "XLA_FLAGS": XLA_FLAGS}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)


@taught
def test_what_was_replayed_for_long_is_compiled():
    code = """
from autograder import compiled
assert compiled.install(plain_calls=2, replays=5)
import jax
slope = jax.grad(lambda x: x**2)
for i in range(8): assert slope(float(i)) == 2 * i
assert compiled.report().calls == {"plain": 3, "replayed": 1, "fast": 5, "compiled": 1}
for i in range(31): assert slope(float(i)) == 2 * i
assert compiled.report().calls["fast"] == 5 + 31
for i in range(9): assert slope(float(i)) == 2 * i
assert compiled.report().calls["fast"] == 45 - 1  # the program's 32nd is compared with plain JAX
"""
    environment = {**os.environ, "XLA_FLAGS": XLA_FLAGS}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)


@taught
def test_a_jax_that_keeps_executables_elsewhere_costs_time_alone(monkeypatch):
    from jax._src import pjit

    from autograder.compiled import internals

    [step] = jax.make_jaxpr(jax.jit(lambda x: x + 1.0))(1.0).eqns
    run, _ = internals.executable(step, step.params, None)
    assert (internals.directly(run) is run) == (not hasattr(pjit, "_jax"))  # JAX 0.9
    monkeypatch.delattr(pjit, "_get_jaxpr_as_fun")
    assert internals.directly(run) is run


def test_a_warning_is_an_error_only_where_we_compile():
    def warn() -> None:
        warnings.warn("elsewhere", stacklevel=1)

    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        with warnings_are_errors():
            with pytest.raises(Warned, match="elsewhere"):
                warn()
            other = threading.Thread(target=warn)
            other.start()
            other.join()
    assert [(str(w.message), w.filename) for w in seen] == [("elsewhere", __file__)]
