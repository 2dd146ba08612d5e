"""Slips and rearrangements of a formula: what a hand does to the answer of an exercise."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator

__all__ = ["FORMULAS", "rearranged", "slips"]

FORMULAS = {
    ("f_derivative", "f_prime"): "lambda x: 2 * x + 3",
    ("f_stationary_point", "f_second"): "lambda x: 2.0 + 0 * x",
    ("func_gradient", "func_p"): "lambda x: 6 * x + 4",
    ("quartic_gradient", "dquartic"): "lambda x: 8 * x**3 - 9 * x**2 - 18 * x + 4",
    ("quartic_second_derivative", "ddquartic"): "lambda x: 24 * x**2 - 18 * x - 18",
    ("func_second_derivative", "func_pp"): "lambda x: 6.0 + 0 * x",
    ("goldfield_gradient", "dgoldfield1"): (
        "lambda c: jnp.array([2 * jnp.arctan(c[0]) / (1 + c[0]**2), "
        "jnp.sin(c[1]) * 2 * jnp.cos(c[1])])"
    ),
    ("goldfield_partials", "dgoldfield2_dx"): "lambda x, y: 2 * jnp.arctan(x) / (1 + x**2)",
    ("goldfield_partials", "dgoldfield2_dy"): "lambda x, y: 2 * jnp.sin(y) * jnp.cos(y)",
    ("leaning_partials", "dleaning_dx"): "lambda x, y: 2 * x + y",
    ("leaning_partials", "dleaning_dy"): "lambda x, y: x + 2 * y",
}
"""By exercise and answer, a right formula."""

_NEIGHBOURS = {"sin": ("cos", "tan"), "cos": ("sin",), "arctan": ("tan", "arcsin", "tanh")}
_OPERATORS = {
    ast.Add: (ast.Sub, ast.Mult),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Add, ast.Div),
    ast.Div: (ast.Mult,),
    ast.Pow: (ast.Mult,),
}


def _changed(node: ast.expr) -> Iterator[ast.expr]:
    """What could stand by mistake where an expression stands."""
    match node:
        case ast.BinOp(left, op, right):
            for other in _OPERATORS.get(type(op), ()):
                yield ast.BinOp(left, other(), right)
            yield left
            yield right
            if isinstance(op, ast.Sub | ast.Div | ast.Pow):
                yield ast.BinOp(right, op, left)
        case ast.Constant(value=int() | float() as value):
            for other in (-value, value + 1, value - 1, 2 * value, value / 2):
                yield ast.Constant(other)
        case ast.Attribute(value, attr) if attr in _NEIGHBOURS:
            for name in _NEIGHBOURS[attr]:
                yield ast.Attribute(value, name, node.ctx)
        case ast.Name(id=("x" | "y") as name):
            yield ast.BinOp(node, ast.Add(), ast.Constant(1))
            yield ast.UnaryOp(ast.USub(), node)
            yield ast.Name("y" if name == "x" else "x", node.ctx)


def _everywhere(formula: str, change: type | None = None) -> Iterator[str]:
    tree = ast.parse(formula, mode="eval")
    body = tree.body
    assert isinstance(body, ast.Lambda)
    count = sum(isinstance(n, ast.expr) for n in ast.walk(body.body))
    for k in range(count):
        at = [n for n in ast.walk(body.body) if isinstance(n, ast.expr)][k]
        for other in _changed(at):
            new = copy.deepcopy(tree)
            target = [n for n in ast.walk(new.body.body) if isinstance(n, ast.expr)][k]  # type: ignore[attr-defined]
            other = copy.deepcopy(other)
            for parent in ast.walk(new):
                for name, value in ast.iter_fields(parent):
                    if value is target:
                        setattr(parent, name, other)
                    elif isinstance(value, list):
                        setattr(parent, name, [other if v is target else v for v in value])
            yield ast.unparse(ast.fix_missing_locations(new))


def slips(formula: str) -> Iterator[str]:
    """The formula with one slip each; some come to the same numbers or to no numbers."""
    head, _, body = formula.partition(": ")
    yield from _everywhere(formula)
    yield f"{head}: -1 * ({body})"
    yield f"{head}: 2 * ({body})"
    yield f"{head}: jnp.round({body}, 1)"
    yield f"{head}: jnp.round({body})"
    yield f"{head}: jnp.abs({body})"
    yield f"{head}: ({body}) + 0.01"
    yield f"{head}: ({body}) * 1.005"
    yield f"{head}: ({body}) ** 2"
    yield f"{head}: 0 * ({body})"


def rearranged(formula: str) -> Iterator[str]:
    """The same numbers, written otherwise."""
    head, _, body = formula.partition(": ")
    yield formula
    yield f"{head}: 1.0 * ({body})"
    yield f"{head}: -(-1 * ({body}))"
    yield f"{head}: ({body}) / 3 + 2 * ({body}) / 3"
    yield f"{head}: jnp.asarray({body}).astype(float)"
    yield f"{head}: ({body}) + ({body}) - ({body})"
    yield f"jax.jit({formula})"
