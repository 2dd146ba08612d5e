"""A page's worth of a student's texts: what is asked of the press, and how it comes back.

What is long, or has long blanks, is plain text at once; so is what the press had no time for. A
page has room for so much, and a sentence stands where there was none left. All of it is put into
containers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from html import escape
from typing import Any

from .cleaning import TOO_LARGE, UNSHOWN, is_base64
from .press import Job, Press

__all__ = ["Made", "Sheet", "contained", "shown"]

MAX_SOURCE = 20_000  # characters that are coloured or set; above, they are shown as they are
MAX_TEXT = 200_000  # characters of one output's text
MAX_PAGE = 4_000_000  # characters on a page, of sources and of outputs each; pictures not counted
MAX_PAGE_TAGS = 40_000  # and elements; parsers after this one take a second for these
_BLANKS = re.compile(r"\s{200}")
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?)?")

PLAIN = "Shown as it was written: it is long, or would have taken too long to be laid out."
FULL = "Not shown: the page has no room left. The notebook's file has all of it."
# Nothing is painted outside, whatever it is made of: rules and shifted boxes of LaTeX's, marks
# stacked on a letter, tables, pictures. What is tall or wide is scrolled. Inline, since a class is
# only as good as the style sheet that a page loads.
_CONTAINER = (
    "overflow:auto;contain:paint;position:relative;isolation:isolate;max-width:100%;max-height:{}"
)
# What may be wider than a phone of 400 px, how many letters a line has there, and how many lines
# of 21 px a container has.
_WIDE = re.compile(r'<table|<math[^>]* display="block"')
_LETTERS, _LINES = 45, 42
_TAG = re.compile(r"<[^>]*>")
_PRE = "margin:0;padding:0;border:0;background:none;white-space:pre-wrap"


class Made(str):
    """HTML that was made here, so that no filter makes it again."""

    __slots__ = ()


def contained(markup: str, *, tall: bool = False) -> Made:
    """HTML of a student's in a container that nothing leaves.

    Args:
        markup: clean HTML.
        tall: whether it is something to be read, and may take two screens.
    """
    style = _CONTAINER.format("1800px" if tall else "900px")
    text = _TAG.sub("", markup)
    lines = text.count("\n") + len(text) // _LETTERS
    # A keyboard scrolls what it can reach (WCAG 2.1.1); who has no need to stop there does not.
    reached = ' tabindex="0" role="group" aria-label="can be scrolled"'
    may_scroll = _WIDE.search(markup) is not None or lines > (2 if tall else 1) * _LINES
    return Made(
        f'<div class="autograder-student"{reached if may_scroll else ""} style="{style}">'
        f"{markup}</div>"
    )


def _plain(text: str, sentence: str = PLAIN) -> str:
    return f'<pre style="{_PRE}">{escape(_ESCAPES.sub("", text))}</pre><em>{sentence}</em>'


def shown(kind: str, text: str, made: str | None) -> Made:
    """A text in its container: as it was made, or plain.

    Args:
        kind: of the job; see `Sheet.ask`.
        text: the text.
        made: what the press made of it, or None.
    """
    tall = kind in ("markdown", "code")
    if made is None:
        return contained(UNSHOWN if kind in ("png", "jpeg") else _plain(text), tall=tall)
    match kind:
        case "png" | "jpeg":
            made = f'<img alt="a picture" src="data:image/{kind};base64,{made}">'
        case "html":
            made = f'<div class="tex2jax_ignore mathjax_ignore">{made}</div>'
        case "text":
            made = f'<pre style="{_PRE}">{made}</pre>'
        case "stderr":
            made = f'<pre style="{_PRE};background:rgba(213,94,0,.16)">{made}</pre>'
    return contained(made, tall=tall)


class Sheet:
    """The texts of a page.

    Args:
        press: makes HTML of them.
    """

    def __init__(self, press: Press) -> None:
        self._press = press
        self._asked: list[tuple[str, str, Job, Callable[[Made], None]]] = []
        self._room = {"source": [MAX_PAGE, MAX_PAGE_TAGS], "output": [MAX_PAGE, MAX_PAGE_TAGS]}

    def ask(
        self,
        kind: str,
        text: str,
        put: Callable[[Made], None],
        pictures: Mapping[str, Any] | None = None,
    ) -> None:
        """Ask for the HTML of a text.

        Args:
            kind: "markdown", "code", "html", "latex", "text", "stderr", "png", "jpeg" or "svg".
            text: the text.
            put: is given what is made of it, at once or when the sheet is filled.
            pictures: those attached to a Markdown cell.
        """
        if kind in ("markdown", "code", "latex") and _is_long(text):
            put(self._fitting(kind, text, None))
        elif kind == "svg" or (kind in ("png", "jpeg") and not is_base64(text)):
            put(contained(UNSHOWN))
        elif kind in ("text", "stderr"):
            self._ask_text(kind, text, put)
        else:
            job = ("picture" if kind in ("png", "jpeg") else kind, text, dict(pictures or {}))
            self._asked.append((kind, text, job, put))

    def _ask_text(self, kind: str, text: str, put: Callable[[Made], None]) -> None:
        if len(text) > MAX_TEXT:
            sentence = f"The first {MAX_TEXT} of {len(text)} characters."
            put(self._fitting(kind, text, None, _plain(text[:MAX_TEXT], sentence)))
        elif "\x1b" in text:
            self._asked.append((kind, text, ("ansi", text, None), put))
        else:
            put(self._fitting(kind, text, escape(text)))

    def fill(self) -> None:
        """Have made what was asked for.

        Raises:
            AutograderError: the press cannot be started.
        """
        asked, self._asked = self._asked, []
        made = self._press.make([job for _, _, job, _ in asked])
        for (kind, text, _, put), found in zip(asked, made, strict=True):
            put(self._fitting(kind, text, found))

    def _fitting(self, kind: str, text: str, made: str | None, plain: str = "") -> Made:
        """A text in its container, in the fullest form for which the page has room."""
        room = self._room["source" if kind in ("markdown", "code") else "output"]
        forms = [contained(plain)] if plain else [shown(kind, text, made), shown(kind, text, None)]
        for form in forms:
            characters, tags = _size(form)
            if characters <= room[0] and tags <= room[1]:
                room[0] -= characters
                room[1] -= tags
                return form
        return contained(f"<em>{FULL if TOO_LARGE not in forms[0] else TOO_LARGE}</em>")


_DATA = re.compile(r"data:image/\w+;base64,[A-Za-z0-9+/=]*")


def _size(markup: str) -> tuple[int, int]:
    return len(_DATA.sub("", markup)), markup.count("<")


def _is_long(text: str) -> bool:
    return len(text) > MAX_SOURCE or _BLANKS.search(text) is not None
