"""Sentences of ours as HTML and as text: `names` in them are code, and *words* are emphasis."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape

from ..printable import printable

__all__ = ["as_html", "as_text"]

_CODE = re.compile(r"`([^`]*)`")
_EMPHASIS = re.compile(r"(?<![\w*])\*([^*\s](?:[^*]*[^*\s])?)\*(?![\w*])")  # and no product


def as_html(text: str) -> str:
    """A sentence as HTML, escaped."""
    return _marked(escape(printable(text, lines=True)), r"<em>\1</em>", "<code>{}</code>")


def as_text(text: str) -> str:
    """A sentence without its marks; the stars in code are products, and stay."""
    return _marked(text, r"\1", "{}")


def _marked(text: str, emphasis: str, code: str) -> str:
    def parts() -> Iterator[str]:
        for number, part in enumerate(_CODE.split(text)):
            yield code.format(part) if number % 2 else _EMPHASIS.sub(emphasis, part)

    return "".join(parts())
