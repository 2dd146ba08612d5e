"""A verdict drawn: from its rows and its evidence alone, and only where somebody will look.

`draw` gives the picture of a verdict, or None where its kind has none or what it needs is not
there. Matplotlib is imported by the first picture, not by this package. No picture says more than
the card's words do: the curve may be seen, the place that is asked may not be marked on it.
"""

from __future__ import annotations

from ...checks.verdict import Verdict
from .picture import Picture

__all__ = ["Picture", "draw"]


def draw(verdict: Verdict) -> Picture | None:
    """The picture of a verdict; never raises, since a card without one is still a card."""
    try:
        from .kinds import KINDS

        painter = KINDS.get(verdict.evidence.kind) if verdict.evidence is not None else None
        return painter(verdict) if painter is not None else None
    except Exception:  # noqa: BLE001 - evidence of another version, or a Matplotlib of the student's
        return None
