"""LaTeX as MathML, which browsers set by themselves: no script, and nothing from the network.

latex2mathml reads the LaTeX; what it makes of a student's may hold links, styles and markup that
is not escaped (3.81). So its tree is written anew, by an allow-list of elements and attributes
that draw and do nothing else. What does not become a formula that way stays text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape, unescape
from xml.etree.ElementTree import Element

from latex2mathml.converter import convert_to_element

from .cleaning import tame

__all__ = ["Formulas", "mathml"]

MAX_LATEX = 4_000  # characters of one formula; a page's time and size are limited as a whole
MAX_ELEMENTS = 3_000
MAX_LEVELS = 60  # a browser's layout of fractions in fractions takes twice as long each level

# fmt: off
_ELEMENTS = {
    "math", "menclose", "mfrac", "mi", "mn", "mo", "mover", "mpadded", "mphantom", "mroot", "mrow",
    "mspace", "msqrt", "mstyle", "msub", "msubsup", "msup", "mtable", "mtd", "mtext", "mtr",
    "munder", "munderover",
}
# fmt: on
_WORD = r"true|false|left|center|right|normal|bold|italic|bold-italic|double-struck|script|fraktur"
_ATTRIBUTES = {
    "display": re.compile("block|inline"),
    "linethickness": re.compile(r"0(?:px|em)?"),
    "scriptlevel": re.compile("[0-2]"),
    "width": re.compile(r"\d{1,2}(?:\.\d{1,3})?em"),
} | dict.fromkeys(
    (
        "accent", "accentunder", "columnalign", "displaystyle", "fence", "form", "largeop",
        "mathvariant", "movablelimits", "separator", "stretchy",
    ),
    re.compile(_WORD),
)  # fmt: skip


def mathml(latex: str, *, block: bool = False) -> str | None:
    """A formula, or None where it is none, or none that can be drawn.

    Args:
        latex: without the signs around it.
        block: on a line of its own.
    """
    latex = tame(latex).strip()
    if not latex or len(latex) > MAX_LATEX:
        return None
    try:
        tree = convert_to_element(latex, display="block" if block else "inline")
        written = "".join(_written(tree, 0))
    except Exception:  # noqa: BLE001 - RecursionError, IndexError and more: a parser of anything
        return None
    return written if written.count("</") <= MAX_ELEMENTS else None


def _written(element: Element, level: int) -> Iterator[str]:
    """The markup of an element.

    Raises:
        ValueError: it holds what is not drawn.
    """
    text = unescape(element.text or "")
    if element.tag not in _ELEMENTS or level > MAX_LEVELS or text.startswith("\\"):
        raise ValueError(element.tag)  # the last: a command that is not known
    attributes = "".join(
        f' {name}="{value}"'
        for name, value in element.attrib.items()
        if name in _ATTRIBUTES and _ATTRIBUTES[name].fullmatch(value)
    )
    yield f"<{element.tag}{attributes}>{escape(text)}"
    for child in element:
        yield from _written(child, level + 1)
    yield f"</{element.tag}>"


class Formulas:
    """The formulas of one text, each with a mark that stands for it while the rest is cleaned.

    Args:
        secret: letters and digits that the text's author cannot know.
    """

    def __init__(self, secret: str) -> None:
        self._secret = secret
        self._found: list[tuple[str, str | None]] = []

    def keep(self, source: str, latex: str, *, block: bool = False) -> str:
        """The mark of a formula.

        Args:
            source: as it was written, with the signs around it.
            latex: without them.
            block: on a line of its own.
        """
        self._found.append((source, mathml(latex, block=block)))
        return f"{self._secret}{len(self._found) - 1}."

    def put_back(self, markup: str) -> str:
        """Clean HTML with the formulas in the places of their marks.

        A mark in a tag (the alternative text of a picture) and that of what is no formula become
        the source.
        """

        def formula(mark: re.Match[str]) -> str:
            source, made = self._found[int(mark[1])]
            return made if made is not None else escape(tame(source))

        def sources(tag: re.Match[str]) -> str:
            return re.sub(pattern, lambda mark: escape(tame(self._found[int(mark[1])][0])), tag[0])

        pattern = re.compile(rf"{self._secret}(\d+)\.")
        # In sound HTML, whose attributes have no bare "<" that would end one.
        markup = re.sub(rf"<[^<>]*{self._secret}[^<>]*>", sources, markup)
        return pattern.sub(formula, markup)
