"""The page: each exercise with its question once on top, and the texts one below the other.

What students and authors wrote goes through the press, as on the feedback page, each text on a
sheet of its own, so that none takes another's room. Names are on the page only where they are asked
for. The page loads nothing, and runs one script, ours, which its policy names by its digest.
"""

from __future__ import annotations

import base64
import functools
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import nbformat
from markupsafe import Markup

from ..feedback.outputs import ask_for
from ..feedback.palette import css_variables
from ..feedback.press import Press
from ..feedback.sheet import Made, Sheet
from ..feedback.templates import environment
from ..printable import printable
from .copies import Text
from .gather import Class, seen
from .rows import Row

__all__ = ["CONTENT_SECURITY_POLICY", "render", "render_text"]

_HERE = Path(__file__).parent
_SCRIPT = (_HERE / "page.js").read_text(encoding="utf-8")
_DIGEST = base64.b64encode(hashlib.sha256(_SCRIPT.encode()).digest()).decode()
CONTENT_SECURITY_POLICY = (
    f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; connect-src 'self'; "
    f"script-src 'sha256-{_DIGEST}'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)


def render(found: Class, press: Press, *, named: bool, api: str, xsrf: str, formgrader: str) -> str:
    """The page.

    Args:
        found: all that it shows.
        press: makes HTML of what others wrote.
        named: whether the students' names are on it.
        api: the address at which texts are saved, up to the id of a grade.
        xsrf: what has to come with each request that changes anything.
        formgrader: the address of the formgrader's list of the assignment's notebooks.
    """
    entries = [entry for exercise in found.exercises for entry in exercise.entries]
    return (
        _pages()
        .get_template("page.html.jinja")
        .render(
            found=found,
            named=named,
            api=api,
            xsrf=xsrf,
            formgrader=formgrader,
            show=functools.partial(_shown, press),
            seen=seen,
            waiting=sum(entry.row.waits for entry in entries),
            total=len(entries),
            style=_style(),
            script=_SCRIPT,
        )
    )


def render_text(row: Row, text: Text, press: Press) -> str:
    """What was written, anew, for a page on which it has changed meanwhile."""
    return str(_shown(press, [text.cell]))


@functools.cache
def _pages() -> Any:
    pages = environment(_HERE)
    pages.filters |= {"number": lambda value: f"{value:g}", "printable": printable}
    return pages


@functools.cache
def _style() -> str:
    return css_variables() + (_HERE / "page.css").read_text(encoding="utf-8")


def _shown(press: Press, cells: Sequence[nbformat.NotebookNode]) -> Markup:
    """Cells as harmless HTML."""
    sheet = Sheet(press)
    parts: list[Made] = []

    def put_at(place: int) -> Any:
        return lambda made: parts.__setitem__(place, made)

    for cell in cells:
        parts.append(Made(""))
        kind = {"code": "code", "markdown": "markdown"}.get(cell.cell_type, "text")
        sheet.ask(kind, cell.source, put_at(len(parts) - 1), cell.get("attachments", {}))
        for output in cell.get("outputs", ()):
            parts.append(Made(""))
            ask_for(output, sheet, put_at(len(parts) - 1))
    sheet.fill()
    return Markup("\n".join(parts))
