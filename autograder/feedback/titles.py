"""What an exercise is called: the heading above it, without the word and the points."""

from __future__ import annotations

import re

from ..printable import printable

__all__ = ["ANCHOR", "HEADING", "title_of"]

HEADING = re.compile(r"^#{2,6} +(.*\S)", re.MULTILINE)
ANCHOR = re.compile(r' *<a id="([A-Za-z]\w*)"></a>')
"""By which a link finds the heading: in plain letters, which every front end has as they stand."""
LONGEST = 90  # characters
_AROUND = re.compile(r"^\W*Exercise\b[^:]{0,20}: *|\s*·\s*(?:for practice, )?\S+ points?\s*$")


def title_of(heading: str) -> str:
    """Such as "the slope of f" of "Exercise: the slope of `f` · 2 points"; not yet escaped."""
    return printable(re.sub(r"[`*$]", "", _AROUND.sub("", ANCHOR.sub("", heading))))[:LONGEST]
