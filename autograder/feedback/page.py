"""The page of feedback on one notebook: the result first, then the exercises, each with its card.

What is right and what was not answered is folded, and so are the lesson and the given cells between
the exercises: what a student is to read lies open. The page is one file that asks nobody for
anything, in light and dark, on a phone and on paper.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from html import escape
from pathlib import Path
from typing import Literal

from markupsafe import Markup
from pygments.formatters import HtmlFormatter

from ..checks.verdict import Verdict
from ..printable import printable
from .marks import MARKS, Mark
from .overview import PERSON
from .palette import INKS, css_variables
from .sentences import as_html
from .sheet import Made
from .templates import environment
from .titles import title_of

__all__ = ["Cell", "Exercise", "State", "exercises_of", "render", "state_of", "style"]

_HERE = Path(__file__).parent

Role = Literal["text", "code", "given", "illustration", "answer", "test"]
State = Literal["right", "partly", "wrong", "unjudged", "open", "person"]


@dataclass(frozen=True)
class Cell:
    """One cell, ready to be shown.

    Attributes:
        role: what it is to the exercise. One that is marked by hand is an "answer" with points.
        kind: of cell; "text" is Markdown.
        source: its text as HTML.
        outputs: as HTML, the card among them.
        name: its grade_id, or "".
        heading: the last heading in it, as it was written, or "".
        points: that it is worth; None where it is not marked.
        score: that it earned; None where a person has not marked it yet.
        verdicts: what the checks of a test cell concluded; None where they are none of ours.
        untouched: an answer, as it was released.
        comment: a person's, or nbgrader's own, as HTML; or "".
    """

    role: Role
    kind: Literal["code", "text", "raw"]
    source: Made
    outputs: Sequence[Made] = ()
    name: str = ""
    heading: str = ""
    points: float | None = None
    score: float | None = None
    verdicts: Sequence[Verdict] | None = None
    untouched: bool = False
    comment: Made | str = ""

    @property
    def is_told_by_card(self) -> bool:
        """Whether it is a test cell with checks of ours."""
        return self.role == "test" and self.verdicts is not None


@dataclass
class Exercise:
    """What is marked at once, with the cells that lead to it.

    Attributes:
        number: from 1.
        lesson: the cells before its answer.
        cells: its answer, what stands beside it, and its test.
    """

    number: int
    lesson: list[Cell] = field(default_factory=list)
    cells: list[Cell] = field(default_factory=list)

    @property
    def lead(self) -> list[Cell]:
        """What is folded: the lesson, and a test of ours, whose card says what it asked."""
        return [*self.lesson, *(replace(c, outputs=()) for c in self.cells if c.is_told_by_card)]

    @property
    def marked(self) -> Cell:
        """The cell with the points."""
        return self.cells[-1]

    @property
    def state(self) -> State:
        """How it stands, of all its answers together."""
        return state_of(self.marked, answered=not self._is_untouched)

    @property
    def _is_untouched(self) -> bool:
        answers = [cell for cell in self.cells if cell.role == "answer"]
        return bool(answers) and all(cell.untouched for cell in answers)

    @property
    def mark(self) -> Mark:
        """The sign, word and colours of its state."""
        if self.state == "person":
            return PERSON
        if self.state == "open":
            return MARKS["open"]._replace(word="not answered")
        return MARKS[self.state]

    @property
    def title(self) -> Made:
        """The heading above it, in a container, since a student may write there; or its id."""
        heading = next((c.heading for c in reversed(self.lesson) if c.heading), "")
        shown = escape(title_of(heading or self.marked.name.removesuffix("_check")))
        style = "display:inline-block;max-width:100%;overflow:hidden;contain:paint"
        style += ";overflow-wrap:anywhere;vertical-align:bottom"
        return Made(f'<span class="autograder-student" style="{style}">{shown}</span>')

    @property
    def score(self) -> str:
        """Such as "1 of 2", or "– of 2" where a person has still to say."""
        score, points = self.marked.score, self.marked.points
        if not points:
            return "no points"
        return f"{'–' if score is None else f'{score:.3g}'} of {points or 0:.3g}"

    @property
    def line(self) -> Made:
        """The mistake in a line, or what becomes of what has none."""
        if self.state in ("person", "open", "right"):
            waits = self.marked.score is None
            return Made("Not read yet." if self.state == "person" and waits else "")
        for verdict in self.marked.verdicts or ():
            if not verdict.right:
                several = len(self.marked.verdicts or ()) > 1
                name = f"`{verdict.answer}`: " if several else ""
                return Made(as_html(name + _first_sentence(verdict.fact)))
        return Made("")

    @property
    def is_open(self) -> bool:
        """Whether it is shown without being folded out."""
        if any(cell.comment for cell in self.cells if not cell.untouched):
            return True
        return self.state in ("partly", "wrong", "unjudged", "person")


def _first_sentence(fact: str) -> str:
    found = re.match(r".+?[.!?](?=\s+[A-Z`*(]|\s*\Z)", fact, re.DOTALL)
    return found[0] if found else fact


def state_of(cell: Cell, *, answered: bool = True) -> State:
    """How an exercise stands, by its cell with the points."""
    if cell.role == "answer":
        return "person" if answered or cell.score else "open"
    verdicts = cell.verdicts
    if not verdicts:  # a test cell as nbgrader has them
        score, points = cell.score or 0.0, cell.points or 0.0
        return "right" if score >= points else "partly" if score else "wrong"
    outcomes = {verdict.outcome for verdict in verdicts}
    if "unjudged" in outcomes:
        return "unjudged"
    if outcomes == {"right"}:
        return "right"
    if all(v.misconception == "not_answered" or v.outcome == "open" for v in verdicts):
        return "open"
    return "partly" if any(verdict.share for verdict in verdicts) else "wrong"


def exercises_of(cells: Sequence[Cell]) -> tuple[list[Exercise], list[Cell]]:
    """The exercises in their order, and the cells after the last."""
    found: list[Exercise] = []
    lesson: list[Cell] = []
    cells_of: list[Cell] = []
    for cell in cells:
        begun = bool(cells_of) and cell.role not in ("text", "given", "illustration")
        if begun or cell.role in ("answer", "test"):
            cells_of.append(cell)
        else:
            lesson.append(cell)
        if cell.points is not None:
            found.append(Exercise(len(found) + 1, lesson, cells_of))
            lesson, cells_of = [], []
    return found, [*lesson, *cells_of]


def render(
    name: str, cells: Sequence[Cell], *, score: float, points: float, penalty: float = 0.0
) -> str:
    """The page.

    Args:
        name: the notebook's.
        cells: all of it, in order.
        score: of the notebook, the penalty taken off.
        points: that it is worth.
        penalty: points lost for coming late.
    """
    pages = environment(_HERE)
    pages.filters["made"] = _made
    exercises, rest = exercises_of(cells)
    return pages.get_template("page.html.jinja").render(
        name=printable(name),
        score=f"{score:.4g}",
        points=f"{points:.4g}",
        penalty=f"{penalty:.4g}" if penalty > 0 else "",
        exercises=exercises,
        rest=rest,
        style=style(),
        waits=any(e.marked.score is None or e.state == "unjudged" for e in exercises),
    )


def _made(markup: Made) -> Markup:
    """HTML that need not be escaped, since it was made by us or cleaned."""
    if not isinstance(markup, Made):
        raise TypeError(f"HTML of whose making? {markup!r:.200}")
    return Markup(markup)


@functools.cache
def style() -> str:
    """The style sheet of a page, in light and dark."""
    make = HtmlFormatter
    light = make(style="xcode").get_style_defs(".highlight")
    dark = make(style="github-dark").get_style_defs(".highlight")
    colours = f"{light}\n@media screen and (prefers-color-scheme: dark) {{\n{dark}\n}}\n"
    for state in ("right", "partly", "wrong", "unjudged", "open"):
        colours += f".{state} .word, .{state}.note {{ color: {INKS[state]}; }}\n"
    colours += ":root { --autograder-paper: var(--paper); --autograder-ink: var(--ink); }\n"
    return css_variables() + colours + (_HERE / "page.css").read_text(encoding="utf-8")
