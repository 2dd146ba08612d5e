"""Texts that somebody else wrote, made fit for one line of a terminal, a log or a spreadsheet.

An id, a file's name or an error's message may hold what moves a terminal's cursor, renames its
window, turns the direction of reading, or begins a line that was never printed; and a cell of a
spreadsheet that begins with an equals sign is a program.
"""

from __future__ import annotations

import re
import unicodedata

__all__ = ["for_spreadsheet", "printable"]

# Controls, half characters, private ones, what is not assigned, and separators of lines. Formats
# (Cf) are among them: marks of direction, and what cannot be seen.
_UNPRINTABLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_STACKED = r"[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
_MARKS = re.compile(f"({_STACKED}{{3}}){_STACKED}+")
# Full-width signs are signs to some spreadsheets, and what lies before the sign may be skipped.
_FORMULA = re.compile(r"[\s\"'`\u00a0]*[=+\-@\t\r|%\uff1d\uff0b\uff0d\uff20]")
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?\Z")


def printable(text: object, *, lines: bool = False) -> str:
    """A text without what a terminal or a page would obey: such characters are told by number.

    Args:
        text: whatever is to be shown.
        lines: whether ends of lines stay, where the text is known to be ours but for a name.
    """
    kept = "\n" if lines else ""
    shown = "".join(
        c if c in kept or unicodedata.category(c) not in _UNPRINTABLE else _told(c)
        for c in str(text)
    )
    return _MARKS.sub(r"\1", shown)


def _told(character: str) -> str:
    return character.encode("unicode_escape").decode()


def for_spreadsheet(text: str) -> str:
    """A text for a cell of a spreadsheet: what could begin a formula gets an apostrophe first.

    A number stays a number.
    """
    shown = printable(text)
    if _NUMBER.match(shown):
        return shown
    return f"'{shown}" if _FORMULA.match(text) or _FORMULA.match(shown) else shown
