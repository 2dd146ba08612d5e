"""Which mistake of a descent routine gives these ends? Each hypothesis is a loop with one mistake.

A hypothesis says where its loop ends in a trial. The first one that ends where the routine did in
all trials, and is told from gradient descent by one of them, names the mistake. Where a mistake has
a number in it (a limit, a factor, a rate), the numbers that people write are tried, and those that
the ends themselves suggest.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from ..trials import Trial
from ..wording import number, place

__all__ = ["Guesses", "Hit", "Loop", "loops_with", "name_loop", "of_steps", "same"]

Hit = tuple[str, dict[str, Any]]
Loop = Callable[..., Any]  # of a trial
Guesses = Iterator[tuple[Hit, Loop]]

_RATES = (*(k / 20 for k in range(1, 20)), 0.99, 0.999)
_LIMITS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5, 1.0)
_BOUNDS = (1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 20.0, 50.0, 100.0, 1e3, 1e4)


def same(a: Any, b: Any, t: Trial, room: float | None = None) -> bool:
    """Whether two ends of a trial are one, up to float32; two that ran away are."""
    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape:
        return False
    if not (np.abs(a) < 1e30).all() or not (np.abs(b) < 1e30).all():
        return not (np.abs(a) < 1e30).all() and not (np.abs(b) < 1e30).all()
    room = 5 * (t.room if room is None else room) + 1e-4 * float(np.abs(b).max())
    return bool(np.abs(a - b).max() <= room)


def name_loop(
    trials: Sequence[Trial],
    ends: Sequence[np.ndarray],
    counts: Sequence[int | None],
    seen: Sequence[int],
    own: Iterable[tuple[Hit, Loop]] = (),
) -> Hit | None:
    """The mistake with which all `ends` come about, or None.

    Args:
        trials: what was asked.
        ends: where the routine ended, of the shape of each start; not right everywhere.
        counts: how often it asked for the slope, where that is known.
        seen: at how many different places, as far as they are known.
        own: mistakes of another method than gradient descent, which are tried first.
    """
    rooms = [t.room for t in trials]
    truth = [t.true() for t in trials]
    order = sorted(  # what is quickly computed first
        range(len(trials)),
        key=lambda k: (trials[k].kind == "long", trials[k].start.ndim, trials[k].num_steps),
    )

    def fits(loop: Loop) -> bool:
        told = False
        for k in order:
            try:
                end = np.asarray(loop(trials[k]), dtype=np.float64)
            except (OverflowError, ZeroDivisionError):
                end = np.full(trials[k].start.shape, np.inf)
            if not same(ends[k], end, trials[k], rooms[k]):
                return False
            told = told or not same(end, truth[k], trials[k], rooms[k])
        return told

    with np.errstate(all="ignore"):
        sources = (
            own,
            _simple(),
            _counted(trials, counts),
            _out_of_the_loop(trials, counts, seen),
            _fitted(trials, ends),
            _rates(),
            _others(),
        )
        for source in sources:
            for (name, words), loop in source:
                if fits(loop):
                    return name, {"place": "What it returns", **words}
    return None


def loops_with(name: str, trials: Sequence[Trial]) -> Iterator[tuple[dict[str, Any], Loop]]:
    """Loops with this mistake, the likeliest first, and what is told of each beside its name.

    Of the mistakes that have no number in them but a count of steps.
    """
    for (found, words), loop in itertools.chain(_simple(), _counted(trials, [None] * len(trials))):
        if found == name:
            yield words, loop


def _step(t: Trial, u: Any, size: float | None = None) -> Any:
    """One step of gradient descent."""
    return u - (t.step_size if size is None else size) * t.df(u)


def _numbered(t: Trial, size: Callable[[int], float]) -> Any:
    """Descent whose i-th step has the size `size(i)`."""
    u = t.begin
    for i in range(t.num_steps):
        u = _step(t, u, size(i))
    return u


def _norm(g: Any) -> float:
    return float(np.sqrt(np.sum(np.square(g))))


def _simple() -> Guesses:
    """One sign, one factor or one name is wrong."""
    yield ("start_returned", {}), lambda t: t.start
    yield ("one_step_only", {}), lambda t: t.walk(lambda u: _step(t, u), min(t.num_steps, 1))
    yield ("one_step_only", {}), lambda t: t.walk(lambda u: _step(t, u), 1)
    yield ("ascent", {}), lambda t: t.walk(lambda u: _step(t, u, -t.step_size))
    yield ("stale_gradient", {}), lambda t: t.begin - t.num_steps * t.step_size * t.df(t.begin)
    yield ("assignment_minus", {}), lambda t: t.walk(lambda u: -t.step_size * t.df(u))
    yield ("assignment_minus", {}), lambda t: t.walk(lambda u: t.step_size * t.df(u))
    yield ("no_step_size", {}), lambda t: t.walk(lambda u: _step(t, u, 1.0))
    yield ("no_step_size", {}), lambda t: t.walk(lambda u: _step(t, u, -1.0))
    yield ("squared_gradient", {}), lambda t: t.walk(lambda u: u - t.step_size * t.df(u) ** 2)
    yield ("squared_gradient", {}), lambda t: t.walk(lambda u: u + t.step_size * t.df(u) ** 2)
    yield (
        ("sign_of_gradient", {}),
        lambda t: t.walk(lambda u: u - t.step_size * np.sign(t.df(u))),
    )
    for tiny in (0.0, 1e-8, 1e-6, 1e-12):
        yield (
            ("normalised_slope", {}),
            lambda t, tiny=tiny: t.walk(
                lambda u: u - t.step_size * t.df(u) / (_norm(t.df(u)) + tiny)
            ),
        )
    yield ("slope_sign_lost", {}), lambda t: t.walk(lambda u: u - t.step_size * abs(t.df(u)))
    yield ("slope_sign_lost", {}), lambda t: t.walk(lambda u: u + t.step_size * abs(t.df(u)))
    yield ("negative_step", {}), lambda t: t.walk(lambda u: _step(t, u, abs(t.step_size)))
    yield ("negative_step", {}), lambda t: t.walk(lambda u: _step(t, u, max(t.step_size, 0.0)))
    yield ("step_added", {}), lambda t: t.walk(lambda u: u - (t.step_size + t.df(u)))
    for turn in (np.flip, _turned_around):
        yield (
            ("coordinates_swapped", {}),
            lambda t, turn=turn: t.walk(lambda u: u - t.step_size * turn(t.df(u))),
        )
    yield ("steps_from_start", {}), lambda t: t.walk(lambda u: t.begin - t.step_size * t.df(u))
    yield ("returns_slope_or_value", {}), lambda t: t.df(t.walk(lambda u: _step(t, u)))
    yield (
        ("returns_slope_or_value", {}),
        lambda t: t.df(t.walk(lambda u: _step(t, u), max(t.num_steps - 1, 0))),
    )
    yield ("df_differentiated", {}), lambda t: t.walk(lambda u: u - t.step_size * _bend(t, u))
    for what, size in _SIZES:
        yield (
            ("step_misused", {"what": what}),
            lambda t, size=size: t.walk(lambda u: _step(t, u, size(t))),
        )
    yield ("divided_by_slope", {}), lambda t: t.walk(lambda u: u - t.step_size / t.df(u))
    yield (
        ("step_misused", {"what": "divided by how many numbers the start has"}),
        lambda t: t.walk(lambda u: _step(t, u, t.step_size / t.start.size)),
    )
    yield (
        ("slope_elsewhere", {}),
        lambda t: t.walk(lambda u: u - t.step_size * t.df(u - t.step_size / 2 * t.df(u))),
    )
    yield ("slope_elsewhere", {}), lambda t: t.walk(lambda u: u - t.step_size * t.df(_step(t, u)))
    yield ("sequential_update", {}), _one_after_another
    for what, change in _STARTS:
        yield (
            ("start_changed", {"what": what}),
            lambda t, change=change: _from(t, change(t.begin)),
        )
    for digits in range(5):
        words: dict[str, Any] = {}
        yield (
            ("rounded_in_loop", words),
            lambda t, d=digits: t.walk(lambda u: np.round(_step(t, u), d)),
        )
        yield (
            ("rounded_in_loop", words),
            lambda t, d=digits: t.walk(lambda u: u - t.step_size * np.round(t.df(u), d)),
        )
        yield (
            ("rounded_in_loop", words),
            lambda t, d=digits: t.walk(lambda u: u - np.round(t.step_size * t.df(u), d)),
        )
        yield ("rounded_at_end", words), lambda t, d=digits: np.round(t.true(), d)
    yield ("whole_numbers", {}), lambda t: _from(t, np.trunc(t.begin), np.trunc)
    yield ("whole_numbers", {}), lambda t: t.walk(lambda u: np.trunc(_step(t, u)))
    yield ("whole_numbers", {}), lambda t: np.trunc(t.true())
    yield ("whole_numbers", {}), lambda t: _from(t, np.trunc(t.begin))


def _turned_around(g: Any) -> Any:
    """An array's first axis the other way round."""
    return g[::-1] if np.ndim(g) else g


def _bend(t: Trial, u: Any) -> Any:
    """The slope of the slope, of a slope function of one number."""
    return t.df.slope + 3 * np.asarray(t.df.cubic) * (u - np.asarray(t.df.centre)) ** 2


_SIZES: tuple[tuple[str, Callable[[Trial], float]], ...] = (
    ("the square of `step_size`", lambda t: t.step_size**2),
    (
        "the square root of `step_size`",
        lambda t: math.copysign(abs(t.step_size) ** 0.5, t.step_size),
    ),
    ("1 divided by `step_size`", lambda t: 1 / t.step_size),
    ("`step_size` divided by `num_steps`", lambda t: t.step_size / max(t.num_steps, 1)),
    ("`step_size` times `num_steps`", lambda t: t.step_size * t.num_steps),
    ("`num_steps`", lambda t: float(t.num_steps)),
    ("1 − `step_size`", lambda t: 1 - t.step_size),
)

_STARTS: tuple[tuple[str, Callable[[Any], Any]], ...] = (
    ("0", lambda u: 0 * u),
    ("1", lambda u: 0 * u + 1.0),
    ("minus the start", lambda u: -u),
    ("the size of the start, without its sign", abs),
    ("the start plus 1", lambda u: u + 1.0),
    ("the start minus 1", lambda u: u - 1.0),
    ("twice the start", lambda u: 2 * u),
    ("half the start", lambda u: u / 2),
    ("the start squared", lambda u: u**2),
    ("the start rounded", np.round),
    ("the start rounded to 1 decimal", lambda u: np.round(u, 1)),
)


def _from(t: Trial, u: Any, after: Callable[[Any], Any] = lambda u: u) -> Any:
    """Descent from another start, `after` applied to each place."""
    for _ in range(t.num_steps):
        u = after(_step(t, u))
    return u


def _one_after_another(t: Trial) -> Any:
    """Each entry steps with the new values of those before it."""
    u = t.begin
    if t.start.size == 1:
        return t.true()
    u = u.copy()
    for _ in range(t.num_steps):
        for index in np.ndindex(u.shape):
            u[index] -= t.step_size * t.df(u)[index]
    return u


_COUNTS: tuple[Callable[[int], float], ...] = (
    lambda n: 2 * n,
    lambda n: n / 2,
    lambda n: 3 * n,
    lambda n: 10 * n,
    lambda n: n / 10,
    lambda n: n**2,
    lambda n: n * (n + 1) / 2,
    lambda n: (n + 1) / 2,
    lambda n: 2 * n + 1,
    lambda n: 2 * n - 1,
)


def _counted(trials: Sequence[Trial], counts: Sequence[int | None]) -> Guesses:
    """Another number of steps."""

    def steps(count: Callable[..., float]) -> Loop:
        return lambda t: t.true(max(int(count(t.num_steps)), 0))

    asked = [(c, t.num_steps) for c, t in zip(counts, trials, strict=True) if c is not None]
    if len(asked) == len(trials) and all(c == n for c, n in asked):
        yield ("previous_iterate", {}), steps(lambda n: n - 1)
    n = trials[1].num_steps
    for shift in (-1, 1, -2, 2, -3, 3):
        words = {"steps": n + shift, "num_steps": n}
        yield ("off_by_one_steps", words), steps(lambda n, k=shift: n + k)
    yield ("zero_steps", {}), steps(lambda n: max(n, 1))
    for count in _COUNTS:
        words = {"steps": int(count(n)), "num_steps": n}
        yield ("wrong_step_count", words), steps(count)
    for most in (*range(2, 13), 15, 16, 20, 25, 30, 32, 50, 64, 99, 100, 128, 150, 200, 250, 255,
                 256, 300, 365, 400, 500, 512, 600, 700, 800, 900, 999, 1000, 1024):  # fmt: skip
        yield ("capped_steps", {"steps": most}), steps(lambda n, k=most: min(n, k))
    for fixed in (0, 1, 2, 3, 5, 10, 20, 50, 100, 200, 300, 500, 1000):
        yield ("ignores_num_steps", {}), steps(lambda n, k=fixed: k)
        yield ("ignores_num_steps", {}), steps(lambda n, k=fixed: max(n, k))


def _out_of_the_loop(
    trials: Sequence[Trial], counts: Sequence[int | None], seen: Sequence[int]
) -> Guesses:
    """The best of the way, or the end of it where the slope grows or it gets far out."""
    # The same ends in a walk that runs away; but the one sees all its places, the other does not.
    away = max(
        (k for k, t in enumerate(trials) if t.kind == "overshoot" and not t.start.ndim),
        key=lambda k: trials[k].step_size * trials[k].df.slope,
    )
    count, steps = counts[away], trials[away].num_steps
    best: Hit = ("best_returned", {})
    stop: Hit = ("stops_on_growth", {})
    guesses: list[tuple[Hit, Loop]] = [
        (stop, lambda t: _until_growth(t, back=True)),
        (stop, lambda t: _until_growth(t, back=False)),
        (stop, lambda t: _until_growth(t, back=True, measure=_turned)),
        (stop, lambda t: _until_growth(t, back=False, measure=_turned)),
        (stop, lambda t: _until_growth(t, back=True, measure=_moved)),
        (stop, lambda t: _until_growth(t, back=False, measure=_moved)),
    ]
    bests: list[tuple[Hit, Loop]] = [
        (best, lambda t: min(t.path(), key=lambda u: _norm(t.df(u)))),
        (best, lambda t: min(t.path()[1:] or t.path(), key=lambda u: _norm(t.df(u)))),
        (best, lambda t: min(t.path()[:-1] or t.path(), key=lambda u: _norm(t.df(u)))),
        (best, lambda t: min(t.path(), key=lambda u: _norm(u))),
        (best, lambda t: max(t.path(), key=lambda u: _norm(u))),
    ]
    if seen[away] >= steps:
        yield from bests
    elif count is None or count < steps:
        yield from guesses
    for bound in (10.0, 20.0, 50.0, 100.0, 1e3, 1e4):
        for back in (True, False):
            yield ("stops_far_out", {}), lambda t, b=bound, k=back: _until_out(t, b, k)


def _grown(t: Trial, u: Any, new: Any) -> bool:
    return _norm(t.df(new)) > _norm(t.df(u))


def _turned(t: Trial, u: Any, new: Any) -> bool:
    return bool(np.sum(t.df(new) * t.df(u)) < 0)


def _moved(t: Trial, u: Any, new: Any) -> bool:
    """The next step would be longer than this one."""
    return _norm(_step(t, new) - new) > _norm(new - u)


def _until_growth(
    t: Trial, *, back: bool, measure: Callable[[Trial, Any, Any], bool] = _grown
) -> Any:
    u = t.begin
    for _ in range(t.num_steps):
        new = _step(t, u)
        if measure(t, u, new):
            return u if back else new
        u = new
    return u


def _until_out(t: Trial, bound: float, back: bool) -> Any:
    u = t.begin
    for _ in range(t.num_steps):
        new = _step(t, u)
        if np.max(np.abs(new)) > bound:
            return u if back else new
        u = new
    return u


def _fitted(trials: Sequence[Trial], ends: Sequence[np.ndarray]) -> Guesses:
    """A factor, a limit or a bound, of which the ends themselves tell the size."""
    first = trials[0]
    due = first.step_size * first.df(first.begin)
    factor = float((first.start - ends[0]) / due)
    if math.isfinite(factor) and abs(factor) < 1e4 and factor != 0:
        what = f"{number(factor)} times `step_size`"
        yield (
            ("step_misused", {"what": what}),
            lambda t: t.walk(lambda u: _step(t, u, factor * t.step_size)),
        )
        fixed = factor * first.step_size
        yield ("hard_coded_step", {}), lambda t: t.walk(lambda u: _step(t, u, fixed))
    # With a step size of its own in each trial, a straight slope gives it away.
    straight = [
        (t, e) for t, e in zip(trials, ends, strict=True)
        if t.start.ndim == 0 and not t.df.cubic and t.num_steps % 2 and t.num_steps < 30
    ]  # fmt: skip
    sizes = list(_LIMITS)
    for t, e in straight:
        ratio = float((e - t.df.centre) / (t.start - t.df.centre))
        sizes.append((1 - math.copysign(abs(ratio) ** (1 / t.num_steps), ratio)) / t.df.slope)
    for size in sizes:
        if math.isfinite(size) and size > 0:
            words = {"size": number(size)}
            yield (
                ("limited_step", words),
                lambda t, s=size: t.walk(lambda u: _step(t, u, min(t.step_size, s))),
            )
            yield (
                ("limited_step", words),
                lambda t, s=size: t.walk(lambda u: _step(t, u, float(np.clip(t.step_size, -s, s)))),
            )
            yield (
                ("limited_step", words),
                lambda t, s=size: t.walk(lambda u: _step(t, u, min(max(t.step_size, 0.0), s))),
            )
            yield (
                ("limited_step", words),
                lambda t, s=size: t.walk(lambda u: _step(t, u, max(t.step_size, s))),
            )
            yield ("hard_coded_step", {}), lambda t, s=size: t.walk(lambda u: _step(t, u, s))
    yield from _cut(trials, ends)


def _cut(trials: Sequence[Trial], ends: Sequence[np.ndarray]) -> Guesses:
    """Places, slopes or steps that are cut off at a bound."""
    far = [(t, e) for t, e in zip(trials, ends, strict=True) if t.kind == "far"]
    bounds, moves = list(_BOUNDS), list(_BOUNDS)
    for t, e in far:
        bounds.append(abs(float(e)))
        shrinks = 1 - t.step_size * t.df.slope
        bounds += [
            abs(t.df.centre + (float(e) - t.df.centre) / shrinks**k) for k in range(1, t.num_steps)
        ]
        moved = abs(float(t.start - e)) / t.num_steps
        moves += [moved, moved / abs(t.step_size)]
    for b in bounds:
        for low, high in ((-b, b), (-b, math.inf), (-math.inf, b)):
            words = {"bound": _shown(b, ends)}

            def clip(u: Any, low: float = low, high: float = high) -> Any:
                return (
                    np.clip(u, low, high) if isinstance(u, np.ndarray) else min(max(u, low), high)
                )

            yield ("clamped_iterates", words), lambda t, c=clip: t.walk(lambda u: c(_step(t, u)))
            yield ("clamped_iterates", words), lambda t, c=clip: _from(t, c(t.begin))
            yield ("clamped_iterates", words), lambda t, c=clip: _from(t, c(t.begin), c)
            yield ("clamped_iterates", words), lambda t, c=clip: c(t.true())
    for low, high in ((0.0, math.inf), (-math.inf, 0.0)):
        words = {"bound": " at 0"}
        for loop in (
            lambda t, a=low, b=high: t.walk(lambda u: np.clip(_step(t, u), a, b)),
            lambda t, a=low, b=high: np.clip(t.true(), a, b),
        ):
            yield ("clamped_iterates", words), loop
    for m in moves:
        words = {"size": number(m)}
        yield (
            ("clipped_slope", words),
            lambda t, m=m: t.walk(lambda u: u - t.step_size * np.clip(t.df(u), -m, m)),
        )
        yield (
            ("clipped_slope", words),
            lambda t, m=m: t.walk(
                lambda u: u - t.step_size * t.df(u) * min(1.0, m / (_norm(t.df(u)) or 1.0))
            ),
        )
        yield (
            ("clipped_slope", words),
            lambda t, m=m: t.walk(lambda u: u - np.clip(t.step_size * t.df(u), -m, m)),
        )
        yield (
            ("clipped_slope", words),
            lambda t, m=m: t.walk(lambda u: u - t.step_size * np.minimum(t.df(u), m)),
        )


def _shown(bound: float, ends: Sequence[np.ndarray]) -> str:
    """The bound, if an end lies on it: else others would do as well."""
    near = any((np.abs(np.abs(e) - bound) <= 1e-4 * bound).any() for e in ends)
    return f" at {number(bound)}" if near else ""


def _rates() -> Guesses:
    """Steps that change on the way, and steps that remember the ones before."""
    sizes: list[tuple[str, Callable[..., float]]] = [
        ("1/(i + 1)", lambda t, i: 1 / (i + 1)),
        ("1/√(i + 1)", lambda t, i: (i + 1) ** -0.5),
        ("1/(i + 2)", lambda t, i: 1 / (i + 2)),
        ("1 − i/n", lambda t, i: 1 - i / t.num_steps),
        ("(i + 1)", lambda t, i: i + 1.0),
        ("i", lambda t, i: float(i)),
        ("1/2 the cosine", lambda t, i: 0.5 * (1 + math.cos(math.pi * i / t.num_steps))),
        ("(i + 1)/n", lambda t, i: (i + 1) / t.num_steps),
    ]
    for rate in (*_RATES, 0.98, 0.995, 1.05, 1.1, 1.2, 1.5, 2.0):
        sizes.append((f"{rate:g}^i", lambda t, i, r=rate: r**i))
        sizes.append((f"{rate:g}^(i + 1)", lambda t, i, r=rate: r ** (i + 1)))
    for decay in (1e-3, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5):
        sizes.append((f"1/(1 + {decay:g} i)", lambda t, i, d=decay: 1 / (1 + d * i)))
        sizes.append((f"exp(−{decay:g} i)", lambda t, i, d=decay: math.exp(-d * i)))
    for _, size in sizes:
        yield ("decaying_step", {}), lambda t, f=size: _numbered(t, lambda i: t.step_size * f(t, i))
    for every in (2, 3, 5, 10, 50, 100):
        for rate in (0.1, 0.5, 0.9):
            yield (
                ("decaying_step", {}),
                lambda t, e=every, r=rate: _numbered(t, lambda i: t.step_size * r ** (i // e)),
            )
    for rate in _RATES:
        for kind in ("heavy", "nesterov", "mean", "position"):
            yield ("momentum", {}), lambda t, r=rate, k=kind: _momentum(t, r, k)


def _momentum(t: Trial, rate: float, kind: str) -> Any:
    u, v = t.begin, 0.0 * t.begin
    before = u
    for _ in range(t.num_steps):
        match kind:
            case "heavy":
                v = rate * v - t.step_size * t.df(u)
                u = u + v
            case "nesterov":
                v = rate * v - t.step_size * t.df(u + rate * v)
                u = u + v
            case "mean":
                v = rate * v + (1 - rate) * t.df(u)
                u = u - t.step_size * v
            case _:
                ahead = u + rate * (u - before)
                before, u = u, _step(t, ahead)
    return u


def _others() -> Guesses:
    """Other methods, and other ways to choose what is returned."""
    for skip in (0, 1):
        yield (
            ("averaged_iterates", {}),
            lambda t, k=skip: np.mean(
                np.stack([np.asarray(u) for u in (t.path()[k:] or t.path())]), axis=0
            ),
        )
    yield (
        ("averaged_iterates", {}),
        lambda t: np.mean(np.stack([np.asarray(u) for u in t.path()[-2:]]), axis=0),
    )
    for tiny in (0.0, 1e-8, 1e-6, 1e-7, 1e-5):
        yield ("other_method", {"method": "AdaGrad"}), lambda t, e=tiny: _adaptive(t, None, e)
        for rate in (0.9, 0.99, 0.999):
            yield (
                ("other_method", {"method": "RMSProp"}),
                lambda t, r=rate, e=tiny: _adaptive(t, r, e),
            )
            yield ("other_method", {"method": "Adam"}), lambda t, r=rate, e=tiny: _adam(t, r, e)
    yield (
        ("other_method", {"method": "Newton's method"}),
        lambda t: t.walk(lambda u: u - t.step_size * t.df(u) / _bend(t, u)),
    )
    for factor in (0.5, 0.1, 0.9, 0.8, 0.7, 0.2, 0.25):
        for back in (True, False):
            for measure in (_grown, _turned, _moved):
                for up in (1.0, 1.05, 1.1, 1.2):
                    yield (
                        ("adaptive_step", {}),
                        lambda t, f=factor, b=back, m=measure, u=up: _adjusting(t, f, b, m, u),
                    )


def _adaptive(t: Trial, rate: float | None, tiny: float) -> Any:
    u, seen = t.begin, 0.0 * t.begin
    for _ in range(t.num_steps):
        g = t.df(u)
        seen = seen + g**2 if rate is None else rate * seen + (1 - rate) * g**2
        u = u - t.step_size * g / (np.sqrt(seen) + tiny)
    return u


def _adam(t: Trial, rate: float, tiny: float) -> Any:
    u, m, v = t.begin, 0.0 * t.begin, 0.0 * t.begin
    for i in range(1, t.num_steps + 1):
        g = t.df(u)
        m, v = 0.9 * m + 0.1 * g, rate * v + (1 - rate) * g**2
        u = u - t.step_size * (m / (1 - 0.9**i)) / (np.sqrt(v / (1 - rate**i)) + tiny)
    return u


def _adjusting(
    t: Trial, factor: float, back: bool, measure: Callable[[Trial, Any, Any], bool], up: float
) -> Any:
    u, size = t.begin, t.step_size
    for _ in range(t.num_steps):
        new = _step(t, u, size)
        if measure(t, u, new):
            size *= factor
            u = u if back else new
        else:
            size *= up
            u = new
    return u


def of_steps(trial: Trial, asked: Sequence[Any]) -> Hit | None:
    """What the places say at which the slope of one number was asked, one a step.

    Along a line every walk can be told by how long its steps are beside those of the descent.
    """
    ratios = []
    for u, v in itertools.pairwise(asked):
        due = trial.step_size * trial.df(float(u))
        if due == 0 or not math.isfinite(float(v)):
            return None
        ratios.append((float(u) - float(v)) / due)
    if len(ratios) < 2 or np.allclose(ratios, 1.0, rtol=1e-3, atol=0):
        return None
    shown = [number(r, 3) for r in (ratios[0], ratios[-1])]
    words = {"first": shown[0], "last": shown[1], "start": place(trial.start)}
    return ("steps_differ", words)
