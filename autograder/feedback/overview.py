"""All exercises of a notebook on one card: as HTML, and as plain text."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from html import escape
from typing import Literal, NamedTuple

from .marks import MARKS, Mark
from .palette import BLUE, COLOURS, GROUND, INKS, TEXT

__all__ = ["PERSON", "Line", "State", "footer", "html", "text"]

State = Literal["right", "partly", "wrong", "unjudged", "open", "stale", "person", "unchecked"]

PERSON = Mark("✎", "a person reads this one", COLOURS["open"], INKS["open"])
UNCHECKED = Mark("–", "not checked in this session", COLOURS["open"], INKS["open"])
_MARKS: dict[str, Mark] = {**MARKS, "person": PERSON, "unchecked": UNCHECKED}
_ROW = "background:none"
_CELL = "padding:.15em .9em .15em 0;text-align:left;border:0;background:none;color:inherit"
WIDTH = 80
CELLS = 10  # of the bar


class Line(NamedTuple):
    """One exercise.

    Attributes:
        name: its title, or the names of its answers.
        state: as of the last time its check was run.
        earned: points so far; None where it was not checked.
        points: what it is worth; None where that is not known.
        anchor: where it stands in the notebook, for a link; or "".
        before: whether that was before the kernel was restarted: told quietly, and in no sum.
    """

    name: str
    state: State
    earned: float | None
    points: float | None
    anchor: str = ""
    before: bool = False


def _word(line: Line) -> str:
    """What its state is called."""
    word = _MARKS[line.state].word
    return f"{word} before the restart" if line.before else word


def _points(line: Line) -> str:
    if line.points is None:
        return ""
    unknown = line.earned is None or line.before
    return f"{'–' if unknown else f'{line.earned:g}'} of {line.points:g}"


def _points_of(lines: Sequence[Line]) -> tuple[float, float]:
    """The points so far, and those that checks can give."""
    marked = [line for line in lines if line.state != "person"]
    return sum(m.earned or 0 for m in marked if not m.before), sum(m.points or 0 for m in marked)


def _bar(earned: float, most: float) -> str:
    full = int(CELLS * earned / most)  # the last cell is full when all is
    return "■" * full + "□" * (CELLS - full)


def _sum(lines: Sequence[Line]) -> str:
    """The points in a sentence."""
    by_hand = sum(line.points or 0 for line in lines if line.state == "person")
    earned, most = _points_of(lines)
    if not most:
        right = sum(line.state == "right" for line in lines)
        return f"{right} of the {len(lines)} checked in this session are right."
    said = f"{_bar(earned, most)} {earned:.3g} of {most:g} points so far."
    if by_hand:
        texts = "a text" if by_hand == 1 else "texts"
        more = "1 more point" if by_hand == 1 else f"{by_hand:g} more points"
        said += f" {more} for {texts} that your instructor reads."
    return said


def _words(lines: Sequence[Line], *, whole: bool) -> list[str]:
    """What the card cannot know."""
    if not lines:
        return ["No check has been run in this session yet: run the check below each exercise."]
    words = [
        _sum(lines),
        "This is how each check stood when you last ran it in this session. When your work is "
        "marked, the notebook is run afresh from top to bottom and the same checks ask at fresh "
        "places. An answer that only works at the places shown will not pass.",
    ]
    if any(line.before for line in lines):
        words.append(
            "What is said of before the restart stands on the cards that were saved, and what the "
            "answers were made from has not changed since. Run those checks again to be sure: "
            "until then they are in no sum."
        )
    if not whole:
        words.append(
            "The file of this notebook could not be found from here: exercises that you have not "
            "checked in this session, and points, are not listed."
        )
    return words


def _link(name: str, anchor: str) -> str:
    if not anchor:
        return escape(name)
    return f'<a href="#{escape(anchor)}" style="color:inherit">{escape(name)}</a>'


def html(lines: Sequence[Line], *, whole: bool) -> str:
    """The card; `whole` says whether `lines` are all exercises of the notebook."""
    rows = []
    for line in lines:
        mark = _MARKS[line.state]
        ink = INKS["open"] if line.before else mark.ink  # quietly: it is no green card
        state = f'<span style="color:{ink}">{mark.sign} {_word(line)}</span>'
        cells = (_link(line.name, line.anchor), state, escape(_points(line)))
        rows.append(
            f'<tr style="{_ROW}">'
            + "".join(f'<td style="{_CELL}">{c}</td>' for c in cells)
            + "</tr>"
        )
    names = ("exercise", "state", "points")
    heads = "".join(f'<th scope="col" style="{_CELL}">{name}</th>' for name in names)
    table = (
        '<table style="border-collapse:collapse;font-size:13px">'
        f'<thead><tr style="{_ROW}">{heads}</tr></thead><tbody>{"".join(rows)}</tbody></table>'
    )
    first, *rest = _words(lines, whole=whole)
    said = "".join(f'<div style="margin-top:.4em;font-size:13px">{escape(w)}</div>' for w in rest)
    return (
        f'<div class="autograder-card" style="border-left:6px solid {BLUE};'
        f"background-color:{GROUND};color:{TEXT};padding:.6em 1em;margin:.4em 0;"
        "font-size:14px;line-height:1.45;"
        f'max-width:52em"><strong>{escape(first)}</strong>{table if rows else ""}{said}</div>'
    )


def footer(lines: Sequence[Line], after: str, anchor: str = "") -> str:
    """Below a card: points so far, and the next exercise.

    Where nothing is worth points, exercises are counted; "" where no exercise is known.

    Args:
        lines: all exercises of the notebook.
        after: the title of the one to do next, or "" where all is done.
        anchor: where that stands, for a link; or "".
    """
    earned, most = _points_of(lines)
    what = "points"
    if not most:
        marked = [line for line in lines if line.state != "person"]
        what, most = "exercises", len(marked)
        earned = sum(line.state == "right" for line in marked)
    if not most:
        return ""
    then = (
        f"next: <em>{_link(after, anchor)}</em>" if after else "all that is checked here is right"
    )
    bar = f'<span aria-hidden="true" style="letter-spacing:1px">{_bar(earned, most)}</span>'
    return (
        f'<div class="autograder-next" style="background-color:{GROUND};color:{TEXT};'
        'padding:.2em 1em;margin:.2em 0 .2em 6px;font-size:13px;max-width:55.5em">'
        f"{bar} {earned:.3g} of {most:g} {what} · {then}</div>"
    )


def text(lines: Sequence[Line], *, whole: bool) -> str:
    """The same for a terminal."""
    width = max((len(line.name) for line in lines), default=0)
    room = max([26, *(len(_word(line)) + 2 for line in lines)])
    rows = [
        f"{_MARKS[line.state].sign} {line.name:{width}}  {_word(line):{room}}"
        f"{_points(line)}".rstrip()
        for line in lines
    ]
    words = (textwrap.fill(w, WIDTH) for w in _words(lines, whole=whole))
    return "\n".join([*rows, *words])
