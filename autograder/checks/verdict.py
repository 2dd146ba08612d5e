"""What a check concludes: one frozen record, which renderers turn into text, HTML or a picture."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from .evidence import Evidence, evidence_from_json, evidence_to_json

__all__ = ["Outcome", "Row", "Verdict"]

Outcome = Literal["right", "partly", "wrong", "unjudged", "open", "stale"]

MIME = "application/vnd.autograder.verdict+json"


@dataclass(frozen=True)
class Row:
    """One line of evidence: at `place` the answer gave `yours`, and `reference` is due.

    All are tuples of floats (a number has one entry). `reference` is None where it would give
    the solution away.
    """

    place: tuple[float, ...]
    yours: tuple[float, ...] | None
    reference: tuple[float, ...] | None
    right: bool


@dataclass(frozen=True)
class Verdict:
    """What a check concludes about one answer.

    Attributes:
        answer: the name that the answer had to have.
        outcome: "right", "partly", "wrong", or "unjudged" (our fault, never the student's).
            In practice also "open" (not begun) and "stale" (not what marking will see).
        share: of the points that this answer is worth, 0 to 1.
        fact: what was seen, one or two sentences.
        hint: a leading question or pointer that does not give the solution away, or "".
        misconception: id of the mistake recognised (see `misconceptions.catalogue`), or None.
        rows: evidence, point by point.
        evidence: what a picture needs, or None.
    """

    answer: str
    outcome: Outcome
    share: float
    fact: str
    hint: str = ""
    misconception: str | None = None
    rows: tuple[Row, ...] = ()
    evidence: Evidence | None = None

    def __post_init__(self) -> None:
        """Raise ValueError unless the share is finite and fits the outcome."""
        low, high = {"right": (1, 1), "partly": (0, 1)}.get(self.outcome, (0, 0))
        if not (math.isfinite(self.share) and low <= self.share <= high):
            raise ValueError(f"a share of {self.share} does not fit {self.outcome!r}")

    @property
    def right(self) -> bool:
        """Whether the answer earns everything."""
        return self.outcome == "right"

    def to_json(self) -> dict[str, Any]:
        """Plain data that `json.dumps(..., allow_nan=False)` takes."""
        told = asdict(replace(self, evidence=None))  # which has a form of its own
        return _plain({**told, "evidence": evidence_to_json(self.evidence)})

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Verdict:
        """The inverse of `to_json`; raises KeyError, TypeError or ValueError on anything else."""
        rows = tuple(
            Row(
                _floats(r["place"]) or (),
                _floats(r["yours"]),
                _floats(r["reference"]),
                bool(r["right"]),
            )
            for r in data["rows"]
        )
        return cls(
            answer=str(data["answer"]),
            outcome=data["outcome"],
            share=float(data["share"]),
            fact=str(data["fact"]),
            hint=str(data["hint"]),
            misconception=data["misconception"],
            rows=rows,
            evidence=evidence_from_json(data["evidence"]),
        )


def _plain(x: Any) -> Any:
    """JSON has no nan and inf: they travel as text."""
    if isinstance(x, float) and not math.isfinite(x):
        return repr(x)
    if isinstance(x, Mapping):
        return {str(k): _plain(v) for k, v in x.items()}
    if isinstance(x, (list, tuple)):
        return [_plain(v) for v in x]
    return x


def _floats(raw: Any) -> tuple[float, ...] | None:
    return None if raw is None else tuple(float(x) for x in raw)
