"""Random formulas, called again and again while the world around them changes."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.compiled.conftest import taught

pytestmark = taught

UNARY = """
    jnp.sin jnp.cos jnp.tanh jnp.exp jnp.log1p jnp.sqrt jnp.arctan jnp.abs jnp.square jnp.sinh
    jax.nn.sigmoid jax.nn.softplus abs -
"""
BINARY = ["+", "-", "*", "/", "**"]
PAIRS = ["jnp.maximum", "jnp.minimum", "jnp.hypot", "jnp.arctan2", "jnp.logaddexp", "helper"]
NUMBERS = ["2", "3", "0.5", "-1.5", "1e-3", "7.0", "a", "b", "n", "c[0]", "c[1]", "d['k']"]


def formulas(leaves: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Expressions over `leaves`, numbers and the global names."""

    def grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        return st.one_of(
            st.builds("{}({})".format, st.sampled_from(UNARY.split()), inner),
            st.builds("({} {} {})".format, inner, st.sampled_from(BINARY), inner),
            st.builds("{}({}, {})".format, st.sampled_from(PAIRS), inner, inner),
            st.builds("jnp.where({} > {}, {}, {})".format, inner, inner, inner, inner),
            st.builds("sum([{} for i in range(2)], {})".format, inner, inner),
        )

    return st.recursive(leaves | st.sampled_from(NUMBERS), grown, max_leaves=8)


SCALAR = formulas(st.sampled_from(["x", "x", "x", "x**2"]))
VECTOR = formulas(st.sampled_from(["v", "v", "v[0]", "v[-1]", "v[::-1]", "V", "W"]))

CHANGES = st.sampled_from(
    [
        "a = 3.0",
        "a = 3",
        "a = -a",
        "b = jnp.float32(0.25)",
        "n = n + 1",
        "c[0] = 4.0",
        "c = [0.5, 2.0]",
        "c.append(1.0)",
        "d['k'] = d['k'] * 2",
        "d = {'k': 1}",
        "V[0] = V[0] + 1.0",
        "V = V[::-1]",
        "W = W * 2",
        "def helper(p, q): return p - q",
        "def helper(p, q, r=0.5): return p * q * r",
        "helper.__defaults__ = (1.5,)",
        "def f(x, v): return x * jnp.sum(v)",
        "def abs(x): return x * 2",
        "globals().pop('abs', None)",
        "del n\nn = 2",
        "x0 = 0.0",
        "v0 = v0.at[0].set(-1.0)",
        "v0 = np.ones(3)",
        "jax.config.update('jax_enable_x64', True)",
    ]
)

START = """
a, b, n, c, d = 1.5, 0.3, 2, [1.0, -2.0], {{'k': 0.7}}
V = np.array([0.1, 0.2, 0.3]); W = jnp.array([1.0, 2.0, -0.5])
def helper(p, q): return p * q + 1
x0, v0 = 0.7, jnp.array([0.5, -0.25, 2.0])
def f(x, v): return {scalar} + jnp.sum({vector})
ways = [{ways}]
def ask(times):
    for i in range(times):
        for way in ways: attempt(lambda: way(x0 + i / 4, v0), words=20)
"""
WAYS = (
    "grad(f)",
    "grad(f, 1)",
    "grad(f, (0, 1))",
    "jax.value_and_grad(f)",
    "grad(grad(f))",
    "jax.jacfwd(f, 1)",
    "(lambda x, v: grad(f)(x, v))",
)
END = "jax.config.update('jax_enable_x64', False)\n"


@st.composite
def programs(draw: st.DrawFn) -> str:
    """A function, one or two of its derivatives, and calls with changes in between."""
    ways = draw(st.lists(st.sampled_from(WAYS), min_size=1, max_size=2, unique=True))
    text = START.format(scalar=draw(SCALAR), vector=draw(VECTOR), ways=", ".join(ways))
    text += "ask(5)\n"
    for change in draw(st.lists(CHANGES, max_size=3)):
        text += change + f"\nask({draw(st.sampled_from([1, 4]))})\n"
    return text + END


# Few at a time, for each is compiled; `--hypothesis-profile=explore` tries ten times as many.
@settings(
    max_examples=settings().max_examples // 4,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(program=programs())
def test_random_programs_look_like_plain_jax(in_turn, program):
    [(plain, compiled)] = in_turn.run([program])
    assert compiled["seen"] == plain["seen"], compiled["refused"]


def test_random_programs_are_often_compiled(in_turn):
    """The test above would pass as well if everything stayed plain."""
    typical = START.format(
        scalar="helper(jnp.sin(x) * a, x**n) / (c[1] + d['k'])",
        vector="jnp.where(v > b, v * V, W[::-1])",
        ways=", ".join(WAYS),
    )
    [(plain, compiled)] = in_turn.run([typical + "ask(5)\nc[0] = 4.0\nask(5)\n" + END])
    assert compiled["seen"] == plain["seen"]
    assert compiled["fast"] >= 20
    assert compiled["made"]["replayed"] == compiled["made"]["compiled"] >= len(WAYS)
    assert not compiled["refused"]
