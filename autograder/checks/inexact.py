"""Derivatives that are nearly right: differences with a step, rounding, noise.

They are recognised by *how* they are off. A difference quotient is computed for the step that its
error suggests, and must match; a rounded number is a whole number of decimals; noise is rough, that
is, it does not vary smoothly from a place to its neighbours, as the error of a wrong formula does.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .points import Places
from .reference import Reference
from .shapes import Entries, Points

__all__ = ["Inexact", "may_be_inexact", "recognise"]

# Noise up to this part of the derivative, both in the median over the places, is still a
# derivative's; the step of a difference up to SMALL_STEP (and its rounding), too.
NEAR = 0.05
# But nowhere more than this part: a median alone is blind to half of the places.
NEVER_OFF_BY = 0.25
SMALL_STEP = 0.11
_STEPS = np.array([1.0, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 5e-3, 2e-3, 1e-3, 5e-4, 2e-4, 1e-4, 1e-5])


@dataclass(frozen=True)
class Inexact:
    """An approximation: `kind` is a misconception id, `near` whether it deserves partial credit."""

    kind: str
    near: bool
    step: float = 0.0
    digits: int = 0
    significant: bool = False


def _quotient(ref: Reference, points: Points, h: float, kind: str) -> Entries:
    """The difference quotient with step `h` of the (order - 1)-th derivative; (p, m**order)."""
    columns = []
    low = ref.order - 1
    m = len(ref.selected)
    for j in ref.selected:
        e = np.zeros(points.shape[1])
        e[j] = h
        here = ref.derivative(points, low).reshape(len(points), -1)
        plus = ref.derivative(points + e, low).reshape(len(points), -1)
        if kind == "central":
            minus = ref.derivative(points - e, low).reshape(len(points), -1)
            columns.append((plus - minus) / (2 * h))
        else:
            columns.append((plus - here) / h)
    out = np.stack(columns, axis=-1)
    return out.reshape(len(points), m**ref.order)


def _second_quotient(ref: Reference, points: Points, h: float) -> Entries:
    """(f(x + h) - 2 f(x) + f(x - h)) / h**2 for a function of one number; (p, 1)."""
    f = ref.value
    return ((f(points + h) - 2 * f(points) + f(points - h)) / h**2)[:, None]


def _fitted_step(ref: Reference, points: Points, error: Entries) -> float | None:
    """The forward step whose leading error term, h/2 times the next derivative, fits best."""
    if ref.shape != () or ref.layout.size != 1:
        return None
    bend = ref.derivative(points, ref.order + 1)
    size = float((bend**2).sum())
    return 2 * float((error * bend).sum()) / size if size > 0 else None


def _difference(
    ref: Reference, points: Points, student: Entries, truth: Entries, tol: Entries
) -> float | None:
    """The step of the difference quotient that gives the student's numbers, if there is one."""
    error = student - truth
    fitted = _fitted_step(ref, points, error)
    steps = [s for h in _STEPS for s in (h, -h)]
    if fitted is not None and 1e-6 < abs(fitted) <= 2:
        steps.insert(0, fitted)
    kinds = ["forward", "central"]
    size = np.abs(ref.value(points))[:, None] + 1
    for h in steps:
        # Rounding of the two function values, divided by the step: in float32 at worst, but
        # never so much that it would excuse the size of the error itself.
        rounding = 4 * np.finfo(np.float32).eps * size
        noise = np.minimum(rounding / abs(h), 0.2 * np.abs(error))
        for kind in kinds:
            if kind == "central" and h < 0:
                continue
            guess = _quotient(ref, points, h, kind)
            slack = tol + noise + 0.02 * np.abs(guess - truth)
            if np.all(np.abs(student - guess) <= slack):
                return abs(h)
        if ref.order == 2 and ref.layout.size == 1 and h > 0:
            guess = _second_quotient(ref, points, h)
            noise = np.minimum(rounding / h**2, 0.2 * np.abs(error))
            slack = tol + noise + 0.02 * np.abs(guess - truth)
            if np.all(np.abs(student - guess) <= slack):
                return abs(h)
    return None


def _digits(student: Entries, truth: Entries) -> int | None:
    """To how many decimals the numbers are rounded or cut, if they are."""
    # Steps are a wrong idea of a derivative (of softplus, say), not an exact one with few digits.
    typical = float(np.median(np.abs(truth)))
    if any(len(np.unique(entry)) == 2 for entry in student.T):
        return None
    for digits in range(5):
        unit = 10.0**digits
        if unit * typical < 1:  # what rounding leaves of numbers so small is steps
            continue
        # floor is what // does
        ways = [cut(truth * unit) for cut in (np.round, np.trunc, np.floor)]
        # float32 holds a decimal only to its own precision
        if any((np.abs(student * unit - w) <= 2e-7 * np.abs(w) + 1e-12).all() for w in ways):
            return digits
    return None


def _significant(student: Entries, truth: Entries) -> int | None:
    """To how many significant digits the numbers are rounded or cut, if they are."""
    if any(len(np.unique(entry)) <= 2 for entry in student.T):
        return None
    size = np.floor(np.log10(np.abs(truth), where=truth != 0, out=np.zeros_like(truth)))
    for digits in range(1, 5):  # more are exact
        unit = 10.0 ** (digits - 1 - size)
        ways = [cut(truth * unit) / unit for cut in (np.round, np.trunc)]
        if any((np.abs(student - w) <= 2e-7 * np.abs(w)).all() for w in ways):
            return digits
    return None


def _rough(student: Entries, truth: Entries, tol: Entries, places: Places) -> bool:
    """Whether the error jumps from a place to its neighbours, as noise does."""
    # Where an entry is right, its error is nothing but the last bits: rough, and no matter.
    visible = (np.abs(student - truth) > tol).any(axis=0)
    error = np.where(np.abs(student - truth) > tol, student - truth, 0.0)[:, visible]
    student, truth = student[:, visible], truth[:, visible]
    size = np.median(np.abs(error), axis=0)
    clusters = places.clusters
    here, next_to, off = clusters[:, 0], clusters[:, :4], clusters[:, 4]
    wobble = np.ptp(error[next_to], axis=1)
    rough = wobble > 0.05 * np.maximum(np.abs(error[next_to]).max(axis=1), size)
    # One rough spot may be a jump that a formula makes; noise is everywhere.
    if rough.any(axis=1).sum() >= 2:
        return True
    # A difference in float32 goes in stairs: over a short way it does not change as the truth
    # does, though a formula with so small an error would.
    moves = np.abs(truth[off] - truth[here])
    lags = np.abs(error[off] - error[here])
    return bool(np.median(lags) > 0.5 * np.median(moves) > 0)


def may_be_inexact(student: Entries, truth: Entries) -> bool:
    """Whether `student` (p, k), at some of the places, leaves open that it approximates `truth`.

    With room for what the places that were not asked may be like: five times as near as noise and
    a small step have to be, or no more than 1 off, as what is rounded or cut.
    """
    error, typical = np.abs(student - truth), float(np.median(np.abs(truth)))
    return bool((error <= 1).all()) or float(np.median(error)) <= 5 * NEAR * typical


def recognise(
    ref: Reference, places: Places, student: Entries, truth: Entries, tol: Entries
) -> Inexact | None:
    """How `student` (p, k) approximates `truth`, or None if it is no approximation."""
    error, typical = np.abs(student - truth), float(np.median(np.abs(truth)))
    near = float(np.median(error)) <= NEAR * typical
    # Most places are neighbours of others: who answers each question with what the one before it
    # should have got is right at most of them.
    near = near and bool((error <= NEVER_OFF_BY * (np.abs(truth) + typical)).all())
    digits = _digits(student, truth)
    if digits is not None:
        cut = bool((error <= 0.5).all())  # rounded, and not cut off, which may be off by 1
        return Inexact("rounded", near=digits > 0 or cut, digits=digits)
    significant = _significant(student, truth)
    if significant is not None:
        return Inexact("rounded", near=significant > 1, digits=significant, significant=True)
    if near and _rough(student, truth, tol, places):
        return Inexact("inexact", near=True)
    step = _difference(ref, places.points, student, truth, tol)
    if step is None:
        return None
    return Inexact("finite_difference", near=bool(step <= SMALL_STEP), step=step)
