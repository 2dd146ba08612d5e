"""Which mistake gives these numbers? Hypotheses on derivatives, computed from the reference.

Each hypothesis predicts what an answer with that mistake returns at the places asked. The first one
that predicts them all, and is told from the truth by them, names the mistake; they stand in the
order in which a teacher would think of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ..reference import Reference
from ..shapes import Entries, Points
from ..wording import derivative, place
from .rules import constant_terms, is_polynomial, mistaken_derivatives

__all__ = ["Hit", "name_derivative", "name_shape"]

Hit = tuple[str, dict[str, Any]]

MATCH = 2e-3  # relative; mistakes are far apart, students' float32 is not
_RATIOS = {180 / np.pi: "degrees_for_radians", np.pi / 180: "degrees_for_radians"}
_HELD = 12.0  # a coordinate that is held by mistake is held in what notebooks draw
_BASES = [np.log(10), 1 / np.log(10), np.log(2), 1 / np.log(2)]


def _near(a: np.ndarray, b: np.ndarray, scale: np.ndarray | float) -> bool:
    return bool(
        np.isfinite(b).all() and (np.abs(a - b) <= MATCH * np.maximum(np.abs(b), scale)).all()
    )


def _scale(truth: Entries, axis: int | None = None) -> np.ndarray | float:
    """What counts as 0 beside the truth (p, k), however small all of it is."""
    size = np.abs(truth)
    floor: np.ndarray | float = np.maximum(1e-3 * np.median(size, axis=axis), 1e-9 * size.max())
    return floor


def _quantity(ref: Reference) -> str:
    if ref.shape == ():
        return derivative(ref.order)
    return "gradient" if ref.order == 1 else "Hessian"


def _orders(ref: Reference, points: Points) -> Iterator[tuple[Hit, Entries]]:
    """Numbers that belong to another order of differentiation (functions of one number)."""
    d = {k: ref.derivative(points, k) for k in range(ref.order + 2)}
    yield ("function_itself", {}), d[0]
    for k in range(ref.order + 1, 0, -1):
        if k != ref.order:
            kind = "differentiated_too_often" if k > ref.order else "differentiated_too_seldom"
            found = "first derivative" if k == 1 else derivative(k)
            due = "first derivative" if ref.order == 1 else derivative(ref.order)
            yield (kind, {"found": found, "due": due}), d[k]
    if ref.order == 2:
        yield ("derivative_squared", {"found": "first derivative"}), d[1] ** 2
        yield ("derivative_of_derivative_value", {}), ref.derivative(d[1], 1)
    yield ("average_slope", {}), d[0] / points


def _differentiated(ref: Reference) -> Callable[[Any], Any] | None:
    """What is differentiated by hand, if it can be traced."""
    if ref.traceable and ref.order == 1:
        return ref.flat
    if ref.traceable and ref.shape == () and ref.layout.size == 1:
        return ref.one_order_less  # the second derivative starts from the first one's formula
    return None


def _rules(ref: Reference, points: Points) -> Iterator[tuple[Hit, Entries]]:
    """Differentiation by hand with one rule mistaken."""
    f = _differentiated(ref)
    if f is None:
        return
    for mistake in mistaken_derivatives(f, points):
        prediction = mistake.prediction[:, ref.selected]
        yield (mistake.misconception, {"function": mistake.function}), prediction


def _antiderivative(ref: Reference, points: Points) -> np.ndarray:
    """The integral of the function from the first place to each place, by Gauss-Legendre; (p,)."""
    nodes, weights = np.polynomial.legendre.leggauss(24)
    start = points[0, 0]
    half = (points[:, 0] - start) / 2
    where = start + half[:, None] * (nodes + 1)
    values = ref.value(where.reshape(-1, 1)).reshape(where.shape)
    return half * (values @ weights)


def _offset(ref: Reference, points: Points, error: Entries) -> Hit | None:
    """The same number too much at every place."""
    c = error.mean(axis=0)
    if not (np.abs(error - c) <= MATCH * np.abs(c)).all():
        return None
    source = "function" if ref.order == 1 else "first derivative"
    shown = place(c, nothing=MATCH * float(np.abs(c).max()))
    words = {"offset": shown, "quantity": _quantity(ref), "source": source}
    if ref.shape != ():
        return ("constant_offset", words)
    f = _differentiated(ref)
    if f is None:
        return ("constant_offset", words)
    # Of cos(x), 1 is the value at 0, and no term; of a polynomial, however written, it is one.
    kept, lost = constant_terms(f, points), 0.0
    if ref.layout.size == 1 and is_polynomial(f, points):
        zero = np.zeros((1, 1))
        kept.append(float(ref.derivative(zero, ref.order - 1)[0, 0]))
        lost = -float(ref.derivative(zero, ref.order)[0, 0])
    if any(abs(c[0] - term) <= MATCH * abs(term) for term in kept if term):
        return ("constant_kept", words)
    if lost and abs(c[0] - lost) <= MATCH * abs(lost):
        return ("term_lost", words)
    return ("constant_offset", words)


def _ratio(truth: Entries, student: Entries, quantity: str) -> Hit | None:
    """The same factor at every place."""
    used = np.abs(truth) > 0
    if not used.any():
        return None
    r = float(np.median(student[used] / truth[used]))
    if r == 0 or not (np.abs(student - r * truth) <= MATCH / 4 * np.abs(student)).all():
        return None
    if abs(r - 1) < 5 * MATCH:  # few digits, and no factor
        return None
    words = {"ratio": f"{r:.4g}".replace("-", "−"), "quantity": quantity}
    if any(np.isclose(r, k, rtol=MATCH) for k in _RATIOS):
        return ("degrees_for_radians", words)
    if any(np.isclose(r, k, rtol=MATCH) for k in _BASES):
        return ("logarithm_base", words)
    return ("constant_factor", words)


def _gradients(ref: Reference, points: Points) -> Iterator[tuple[Hit, Entries]]:
    """Mix-ups between coordinates, and mistakes made in each of them."""
    m = len(ref.selected)
    n = ref.layout.size
    truth = ref.derivative(points)
    yield ("function_itself", {}), np.repeat(ref.value(points)[:, None], truth.shape[1], axis=1)
    yield ("absolute_slope", {}), np.abs(truth)
    if ref.order == 1:
        yield ("derivative_squared", {"found": _quantity(ref)}), truth**2
    full = ref.all_derivatives(points, 1)
    if ref.order == 1 and m > 1:
        d = truth
        yield ("partials_swapped", {}), d[:, ::-1]
        for shift in range(1, m) if m > 2 else ():
            yield ("partials_swapped", {}), np.roll(d, shift, axis=1)
        for j in range(m):
            yield ("one_partial_for_all", {}), np.repeat(d[:, j : j + 1], m, axis=1)
        for j in range(m):
            hole = d.copy()
            hole[:, j] = 0
            yield ("partial_missing", {"entry": j + 1}), hole
        yield ("partials_summed", {}), np.repeat(d.sum(axis=1, keepdims=True), m, axis=1)
    if ref.order == 1 and m == 1 and n > 1:
        for j in range(n):
            if j not in ref.selected:
                yield ("wrong_argument", {}), full[:, j : j + 1]
        yield ("partials_summed", {}), full.sum(axis=1, keepdims=True)
    if ref.order == 2 and m > 1:
        h = ref.derivative(points).reshape(-1, m, m)
        diagonal = np.zeros_like(h)
        i = np.arange(m)
        diagonal[:, i, i] = h[:, i, i]
        yield ("hessian_diagonal", {}), diagonal.reshape(len(points), -1)
        g = ref.derivative(points, 1)
        yield (
            ("derivative_squared", {"found": "gradient"}),
            (g[:, :, None] * g[:, None, :]).reshape(len(points), -1),
        )


def _held(ref: Reference, points: Points, student: Entries) -> Hit | None:
    """A partial derivative of a function of two coordinates, taken with the other one held.

    Where it is held is what the first place tells: the numbers at which the true slope there is the
    student's, by bisection between the neighbours of a grid; all other places must agree.
    """
    if ref.order != 1 or len(ref.selected) != 1 or ref.layout.size != 2:
        return None
    other = 1 - int(ref.selected[0])

    def slope(at: np.ndarray, held: np.ndarray) -> np.ndarray:
        moved = at.copy()
        moved[:, other] = held
        return ref.derivative(moved)[:, 0]

    def excess(held: np.ndarray) -> np.ndarray:
        return slope(np.repeat(points[:1], len(held), axis=0), held) - student[0, 0]

    grid = np.linspace(-_HELD, _HELD, 241)
    over = excess(grid)
    crossed = np.flatnonzero(np.isfinite(over[:-1] * over[1:]) & (over[:-1] * over[1:] <= 0))
    low, high = grid[crossed], grid[crossed + 1]
    for _ in range(30):
        if not len(low):
            return None
        middle = (low + high) / 2
        same = np.sign(excess(middle)) == np.sign(excess(low))
        low, high = np.where(same, middle, low), np.where(same, high, middle)
    for held in np.append((low + high) / 2, grid[over == 0])[:8]:
        predicted = slope(points, np.full(len(points), held))
        if np.isfinite(predicted).all() and np.allclose(predicted, student[:, 0], rtol=MATCH):
            return ("argument_held", {"other": other + 1, "value": place(held)})
    return None


def name_derivative(
    ref: Reference, points: Points, student: Entries, truth: Entries, tol: Entries
) -> Hit | None:
    """The mistake that gives `student` (p, k) where `truth` is due; None if none is known."""
    scale = _scale(truth, axis=0)
    quantity = _quantity(ref)

    def fits(prediction: Entries) -> bool:
        told = (np.abs(prediction - truth) > 3 * tol + MATCH * np.abs(truth)).any()
        return bool(told) and _near(student, prediction, scale)

    if (student == 0).all():
        return ("gradient_zeroed", {})
    if fits(-truth):
        return ("sign_flipped", {"quantity": quantity})
    if ref.shape == () and ref.layout.size == 1:
        for hit, prediction in _orders(ref, points):
            if fits(prediction):
                return hit
    for hit, prediction in _gradients(ref, points):
        if fits(prediction):
            return hit
    held = _held(ref, points, student)
    if held is not None:
        return held
    offset = _offset(ref, points, student - truth)
    if offset is not None and offset[0] == "constant_kept":
        return offset
    ratio = _ratio(truth, student, quantity)
    if ratio is not None and ratio[0] != "constant_factor":  # 2.303 is no coefficient
        return ratio
    for hit, prediction in _rules(ref, points):
        if fits(prediction):
            return (hit[0], {"quantity": quantity, **hit[1]})
    if ref.shape == () and ref.layout.size == 1:
        area = _antiderivative(ref, points) if ref.order == 1 else None
        # In a narrow domain an integral changes so little that any constant would fit.
        rises = area is not None and _near(student[:, 0] - student[0], area, np.abs(area).max())
        if area is not None and rises and fits((student[0] + area)[:, None]):
            return ("integrated", {})
    if offset is not None:
        return offset
    same = np.ptp(student, axis=0) <= 1e-6 * np.abs(student).max(axis=0)
    if same.all() and (np.ptp(truth, axis=0) > 0).any():
        return (
            "constant_everywhere",
            {"value": place(student[0], nothing=0.0), "quantity": quantity},
        )
    return ratio


def difference_not_divided(
    ref: Reference, points: Points, student: Entries, truth: Entries
) -> Hit | None:
    """f(x + h) - f(x), or its central twin, with the division by h forgotten."""
    if ref.layout.size != 1 or ref.order != 1:
        return None
    h0 = float(np.median(student / truth))
    if not np.isfinite(h0) or not 0 < abs(h0) <= 0.3:
        return None
    candidates = [h0, *(s * 10.0**-k for k in range(1, 7) for s in (1, -1))]
    for h in candidates:
        forward = (ref.value(points + h) - ref.value(points))[:, None]
        central = (ref.value(points + h / 2) - ref.value(points - h / 2))[:, None]
        for guess in (forward, central):
            if (np.abs(student - guess) <= 0.01 * np.abs(guess)).all():
                words = {"ratio": f"{h:.2g}", "quantity": _quantity(ref)}
                return ("difference_not_divided", words)
    return None


def name_shape(ref: Reference, points: Points, rows: list[np.ndarray]) -> Hit | None:
    """The mistake behind an answer of the wrong shape; `rows` hold what came at each place."""
    sizes = {r.size for r in rows}
    if len(sizes) != 1:
        return None
    size = sizes.pop()
    student = np.stack([r.ravel() for r in rows])
    d = ref.derivative(points)
    full = ref.all_derivatives(points, 1)
    scale = _scale(d)
    m = d.shape[1]
    if size == 1 and ref.order == 1:
        if _near(student, ref.value(points)[:, None], scale):
            return ("function_itself", {})
        if _near(student, d.sum(axis=1, keepdims=True), scale):
            return ("partials_summed", {})
        for j in range(m):
            if _near(student, d[:, j : j + 1], scale):
                return ("one_partial_only", {"count": m})
    if size == ref.layout.size > m and _near(student, full, scale):
        return ("too_many_partials", {"count": size})
    if ref.order == 2 and ref.shape != ():
        h = d.reshape(len(points), *ref.shape)
        if size == ref.shape[0]:
            if _near(student, np.einsum("pii->pi", h), scale):
                return ("hessian_diagonal", {})
            if _near(student, ref.derivative(points, 1), scale):
                return ("differentiated_too_seldom", {"found": "gradient", "due": "Hessian"})
    if size == m + 1:
        value = ref.value(points)[:, None]
        if _near(student, np.concatenate([value, d], axis=1), scale):
            return ("value_and_gradient", {})
    return None
