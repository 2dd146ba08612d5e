"""Where things lie on the grader's machine: nothing that a student's page should tell.

Tracebacks, warnings and `jax.__file__` speak of it. A library's file becomes `<jax>`, a home or a
course `<home>` or `<course>`; of a library's frame only the line that names it stays.
"""

from __future__ import annotations

import functools
import os
import re
import sys
from collections.abc import Iterable
from pathlib import Path

__all__ = ["only_ours", "without_places"]

_ANSI = r"(?:\x1b\[[0-9;]*m)*"
# A word that may hold a path: without blanks, since a folder with one in its name is found by
# `_roots`. Each character is looked at once or twice, however long the word is: a student wrote it.
_WORD = re.compile(r"(?:<\w+>|\b[A-Za-z]:)?(?P<path>[^\s:'\"<>|\x1b]+)")
_LIBRARY = re.compile(
    r"(?P<kept>[^/\\]*)[/\\](?:.*[/\\])?(?:site|dist)-packages[/\\](?P<name>[A-Za-z_]\w*)[^,)]*"
)
_STANDARD = re.compile(
    r"(?P<kept>[^/\\]*)[/\\](?:.*[/\\])?lib(?:64)?[/\\]python3(?:\.\d+)?[/\\][^,)]+"
)
_SHORT = re.compile(r"(?:site|dist)-packages|python3|\.py")
_FRAME = re.compile(rf"{_ANSI}\s*File {_ANSI}<(?!ipython)\w+>")


@functools.cache
def _roots() -> tuple[tuple[str, str], ...]:
    """The folders of this machine that have a name of ours, the innermost first."""
    package = Path(__file__).parents[1]
    named = [
        (str(package), "<autograder>"),
        (sys.prefix, "<python>"),
        (sys.base_prefix, "<python>"),
    ]
    named += [(str(package.parent), "<python>"), (os.getcwd(), "<course>")]
    named += [(str(Path.home()), "<home>")]
    every = {
        path: name for given, name in reversed(named) for path in (os.path.realpath(given), given)
    }
    home = str(Path.home())
    for path, name in list(every.items()):
        if path.startswith(home + os.sep):  # as IPython abbreviates it
            every["~" + path.removeprefix(home)] = name
    # "/usr" or "/root" by themselves tell nobody where anything lies.
    deep = [
        (path, name) for path, name in every.items() if path.count(os.sep) > 1 or name == "<home>"
    ]
    return tuple(sorted((p for p in deep if len(p[0]) > 1), key=lambda p: -len(p[0])))


def without_places(text: str) -> str:
    """A text without the paths of this machine."""
    roots = _roots()
    # A word ends at a blank, and so would a library's path in such a folder.
    text = _renamed(text, [root for root in roots if re.search(r"\s", root[0])])
    if _SHORT.search(text):
        text = _WORD.sub(_named, text)
    return _renamed(text, roots)


def _renamed(text: str, roots: Iterable[tuple[str, str]]) -> str:
    for path, name in roots:
        if path in text:
            text = re.sub(rf"{re.escape(path)}(?![\w.-])", name, text)
    return text


def _named(word: re.Match[str]) -> str:
    """A word with the name of a library in place of a path to it."""
    path = word["path"]
    found = _LIBRARY.match(path) or _STANDARD.match(path)
    if found is None:
        return word.group()
    name = found.groupdict().get("name", "python")
    return f"{found['kept'].removesuffix('~')}<{name}>{path[found.end() :]}"


def only_ours(line: str) -> str:
    """One entry of a traceback, as IPython sends it; of a frame outside the notebook, its head."""
    shown = without_places(line)
    return shown.partition("\n")[0] + "\n" if _FRAME.match(shown) else shown
