"""What a verdict shows beside its words and rows: a record for each kind of check.

A picture is drawn from it where neither the function nor the answer is: on a feedback page, long
after the marking. It is written into the notebook as JSON, and read again by versions to come; so
it carries a version, and what cannot be read is no evidence.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, is_dataclass
from functools import cache
from typing import Any, ClassVar

__all__ = [
    "Curve",
    "DerivativeEvidence",
    "DescentEvidence",
    "Evidence",
    "LabelsEvidence",
    "MistakeEvidence",
    "PlaceEvidence",
    "Point",
    "Replay",
    "Stall",
    "StepEvidence",
    "Surface",
    "Walk",
    "evidence_from_json",
    "evidence_to_json",
    "thinned",
]

VERSION = 3
Point = tuple[float, ...]


@dataclass(frozen=True)
class Curve:
    """Samples of a function along one coordinate, evenly over a window; they may hold nan."""

    window: tuple[float, float]
    heights: tuple[float, ...]


@dataclass(frozen=True)
class Surface:
    """Heights of a function of two coordinates on an even grid.

    Attributes:
        window: of x and of y.
        heights: rows from low to high y, in whole numbers from 0 to 999.
        range: what 0 and 999 stand for.
    """

    window: tuple[tuple[float, float], tuple[float, float]]
    heights: tuple[tuple[int, ...], ...]
    range: tuple[float, float]


@dataclass(frozen=True)
class DerivativeEvidence:
    """Of a derivative: the curve whose slope is asked, or the surface.

    Attributes:
        order: of the derivative that is asked.
        heights: of the curve at the places of the verdict's rows.
        axes: the coordinates along which the entries of the answer lie.
    """

    kind: ClassVar[str] = "derivative"

    order: int
    curve: Curve | None = None
    heights: tuple[float, ...] = ()
    surface: Surface | None = None
    axes: tuple[int, ...] = ()


@dataclass(frozen=True)
class Stall:
    """Where a walk stops moving in float32: its step size, and the slope that is left there."""

    step_size: float
    slope: float


@dataclass(frozen=True)
class Replay:
    """A walk that is shown moving, thinned; `kind` says which (feedback/pictures/walks.py)."""

    kind: str
    path: tuple[Point, ...]


@dataclass(frozen=True)
class PlaceEvidence:
    """Of a place: where it lies on the curve or the map.

    Attributes:
        size: the numbers of which a place consists.
        place: the answer, and the slope there; None where the answer was a whole path.
        curve: along the one coordinate that may move, whose number is `axis`.
        start: of the walk that was asked for.
        path: what the student kept of the walk, thinned.
        walk: the iterates of the loop that leads to the answer, right or with a mistake; thinned.
        stall: of a minimum to which a walk leads.
        replays: walks of ours that make the verdict visible (checks/replays.py).
    """

    kind: ClassVar[str] = "place"

    size: int
    place: Point | None = None
    slope: Point | None = None
    curve: Curve | None = None
    axis: int = 0
    surface: Surface | None = None
    start: Point | None = None
    path: tuple[Point, ...] = ()
    walk: tuple[Point, ...] = ()
    stall: Stall | None = None
    replays: tuple[Replay, ...] = ()


@dataclass(frozen=True)
class Walk:
    """A walk that a descent routine was asked for.

    Its slope at x is `slope`·d + `cubic`·d³ + `mix`·Σd, with d = x − `centre`.

    Attributes:
        end: what the routine returned; () where that was no place.
        asked: the first places at which it asked for the slope, where they are drawn.
        beta: the share of each step that the next one keeps, of a walk with momentum.
    """

    slope: Point
    cubic: Point
    centre: Point
    mix: float
    start: Point
    step_size: float
    num_steps: int
    end: Point
    asked: tuple[Point, ...] = ()
    beta: float = 0.0


@dataclass(frozen=True)
class DescentEvidence:
    """Of a descent routine: its trials, in the order of the verdict's rows."""

    kind: ClassVar[str] = "descent"

    trials: tuple[Walk, ...]


@dataclass(frozen=True)
class StepEvidence:
    """Of a step size: how many steps each walk took, and the first steps of one, on its curve."""

    kind: ClassVar[str] = "step"

    step: float
    steps: tuple[int, ...]
    curve: Curve | None = None
    walk: tuple[float, ...] = ()


@dataclass(frozen=True)
class LabelsEvidence:
    """Of words for the curve's bend at some places.

    Attributes:
        bends: as the words say, 1 for a valley and −1 for a hill.
        right: whether each word is.
        heights: of the curve at the places.
    """

    kind: ClassVar[str] = "labels"

    places: tuple[float, ...]
    labels: tuple[str, ...]
    bends: tuple[int, ...]
    right: tuple[bool, ...]
    heights: tuple[float, ...]
    curve: Curve


@dataclass(frozen=True)
class MistakeEvidence:
    """Of a name for a broken loop's mistake: the loop's walk, and one with the named mistake.

    Attributes:
        walk: where the broken loop is after 0, 1, ... steps.
        named: where a loop with the mistake that was named would be; () where that is the loop's.
        label: what was named.
        bottom: of the valley.
    """

    kind: ClassVar[str] = "mistake"

    walk: tuple[Point, ...]
    named: tuple[Point, ...]
    label: str
    bottom: Point


def thinned(path: Sequence[Any] | Any, most: int) -> list[Any]:
    """At most so many places of a path, evenly, the first and the last among them."""
    count = min(len(path), most)
    keep = sorted({round(k * (len(path) - 1) / max(count - 1, 1)) for k in range(count)})
    return [path[k] for k in keep]


Evidence = (
    DerivativeEvidence
    | PlaceEvidence
    | DescentEvidence
    | StepEvidence
    | LabelsEvidence
    | MistakeEvidence
)
_KINDS: dict[str, type[Any]] = {kind.kind: kind for kind in typing.get_args(Evidence)}


def evidence_to_json(evidence: Evidence | None) -> dict[str, Any]:
    """Plain data, with the kind and the version; {} for none."""
    if evidence is None:
        return {}
    return {"kind": evidence.kind, "version": VERSION, **asdict(evidence)}


def evidence_from_json(data: Mapping[str, Any]) -> Evidence | None:
    """What `evidence_to_json` wrote; None for what is none, or is of another version."""
    if not isinstance(data, Mapping) or data.get("version") != VERSION:
        return None
    try:
        made: Evidence = _build(_KINDS[data["kind"]], data)
    except (LookupError, TypeError, ValueError):
        return None
    return made


def _build(kind: Any, raw: Any) -> Any:
    """A value of this type, of what JSON made of it; raises TypeError or ValueError."""
    arguments = typing.get_args(kind)
    if isinstance(kind, types.UnionType):  # of a record, or a tuple, and None
        return None if raw is None else _build(arguments[0], raw)
    if typing.get_origin(kind) is tuple:
        if not isinstance(raw, list | tuple):
            raise TypeError(f"a list was expected, not {raw!r}")
        if arguments == (float, ...):  # most of what there is, in numbers
            return tuple(map(float, raw))
        if arguments[-1] is ...:
            return tuple(_build(arguments[0], x) for x in raw)
        return tuple(_build(part, x) for part, x in zip(arguments, raw, strict=True))
    if isinstance(kind, type) and is_dataclass(kind):
        hints = _hints(kind)
        names = [field.name for field in fields(kind) if field.name in raw]
        return kind(**{name: _build(hints[name], raw[name]) for name in names})
    if kind is float:
        return float(raw)  # "nan" and "inf" travel as text
    if type(raw) is not kind:
        raise TypeError(f"{kind.__name__} was expected, not {raw!r}")
    return raw


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return typing.get_type_hints(kind)
