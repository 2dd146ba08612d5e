"""Code and words compared by what they say, whatever an editor or a formatter made of their layout.

Only read, never run: the text is a student's.
"""

from __future__ import annotations

import ast
import dis
import inspect
import io
import re
import textwrap
import tokenize
import unicodedata
import warnings
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache, wraps
from types import CodeType
from typing import ParamSpec, TypeVar, cast

from ..answers.witness import stored

__all__ = [
    "Code",
    "Statement",
    "plain",
    "print_of",
    "read_code",
    "remembered",
    "same_text",
    "without_magic",
]

# Python's parser needs some hundred bytes for each; no cell of a notebook comes near.
_MAX_CODE = 60_000
_COSMETIC = ("%%time", "%%timeit", "%%capture", "%%prun")
# A line that IPython understands and Python does not: it stands for itself.
_ALONE = re.compile(r"(?P<indent>[ \t]*)(?:[%!?].*|[\w.*]+\?{1,2})\s*\Z")
_TAKEN_FOR_WINDOWS = re.compile("[\u00c2\u00c3\u00e2]")
_WINDOWS = {bytes([n]).decode("cp1252", "ignore") or chr(n): n for n in range(128, 256)}
_ASSIGNED = re.compile(r"(?P<before>[ \t]*\w[\w, ]*=\s*)[%!].*\Z")


_P = ParamSpec("_P")
_R = TypeVar("_R")


def remembered(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Keeps what a function says of a text, if that is no longer than code is.

    A class has the same cells again and again; what a student filled with megabytes is not kept.
    """
    kept = cast("Callable[_P, _R]", lru_cache(maxsize=8192)(function))

    @wraps(function)
    def of_text(*args: _P.args, **named: _P.kwargs) -> _R:
        return (kept if len(str(args[-1])) <= _MAX_CODE else function)(*args, **named)

    return of_text


@remembered
def plain(text: str) -> str:
    """A text with one kind of line end, without blanks at the ends of lines and of itself."""
    text = _decoded(text).replace("\r\n", "\n").replace("\r", "\n").lstrip("\ufeff")
    return "\n".join(line.rstrip() for line in text.split("\n")).strip("\n")


def _decoded(text: str) -> str:
    """A text that some program took for Windows' when it was UTF-8, as it was: of "âˆ’" a minus."""
    if not _TAKEN_FOR_WINDOWS.search(text):
        return text
    try:
        return (
            "".join(c if ord(c) < 128 else bytes([_WINDOWS[c]]).decode("latin-1") for c in text)
            .encode("latin-1")
            .decode("utf-8")
        )
    except (KeyError, UnicodeError):
        return text


def same_text(kind: str, one: str, other: str) -> bool:
    """Whether two cells of a kind say the same, comments among it."""
    if one == other or plain(one) == plain(other):
        return True
    return print_of(kind, one) == print_of(kind, other)


@remembered
def print_of(kind: str, text: str) -> Hashable:
    """What two cells have in common if they say the same in different layouts."""
    text = unicodedata.normalize("NFC", plain(text))  # macOS takes letters and accents apart
    if kind == "code":
        code = read_code(text)
        if code is not None:
            keys = frozenset(key for s in code.statements for key in s.keys)
            return keys, frozenset(comment.words for comment in code.comments)
    return " ".join(text.split())


def without_magic(text: str) -> tuple[str, str]:
    """A cell's first line, where that only measures or hides what the rest does, and the rest."""
    first, _, rest = plain(text).partition("\n")
    return (first, rest) if first.split(" ")[0] in _COSMETIC else ("", text)


@dataclass(frozen=True)
class Comment:
    """A comment in a cell: its line, its text, and that without what formatters change."""

    line: int
    text: str

    @property
    def words(self) -> str:
        """The text alone."""
        return " ".join(self.text.lstrip("#").split())


@dataclass(frozen=True)
class Statement:
    """One statement of a cell.

    Attributes:
        node: as Python reads it.
        text: the student's own lines, moved to the margin.
        first: its first line, counted from 1.
        last: its last one.
        keys: equal where another layout is the only difference; of an import, one for each name.
    """

    node: ast.stmt
    text: str
    first: int
    last: int
    keys: frozenset[Hashable]

    @cached_property
    def binds(self) -> frozenset[str]:
        """The names that it gives a value; "*" for all of a module."""
        star = any(isinstance(n, ast.alias) and n.name == "*" for n in ast.walk(self.node))
        return frozenset(stored(ast.Module([self.node], []))) | ({"*"} if star else set())

    @cached_property
    def reads(self) -> frozenset[str]:
        """The names of the notebook that it uses, now or when it is called; no parameters."""
        try:
            code = compile(ast.Module([self.node], []), "<cell>", "exec", dont_inherit=True)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            names = (n for n in ast.walk(self.node) if isinstance(n, ast.Name))
            return frozenset(name.id for name in names if isinstance(name.ctx, ast.Load))
        return frozenset(_loaded(code))

    @property
    def blocks(self) -> list[ast.stmt]:
        """Of `try` and `with`, what stands in them: it is run once, or stopped by an error."""
        node = self.node
        if isinstance(node, ast.With):
            return list(node.body)
        if isinstance(node, ast.Try):
            handled = [child for handler in node.handlers for child in handler.body]
            return [*node.body, *handled, *node.orelse, *node.finalbody]
        return []


@dataclass(frozen=True)
class Code:
    """A cell of code, read."""

    lines: tuple[str, ...]
    statements: tuple[Statement, ...]
    comments: tuple[Comment, ...]

    @cached_property
    def binds(self) -> frozenset[str]:
        """The names that it gives a value."""
        return frozenset(name for s in self.statements for name in s.binds)

    def inner(self, statement: Statement) -> list[Statement]:
        """The statements in a `try` or `with`."""
        return [_statement(node, self.lines, {}) for node in statement.blocks]

    def strings(self) -> Iterator[str]:
        """All texts in quotes."""
        for statement in self.statements:
            for node in ast.walk(statement.node):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield node.value


@remembered
def read_code(text: str) -> Code | None:
    """A cell of code as statements and comments; None where it is no Python, IPython's included."""
    text = plain(text)
    if len(text) > _MAX_CODE or text.startswith("%%"):
        return None
    text = textwrap.dedent(text) if text[:1] in (" ", "\t") else text
    tree = _parse(text)
    magics: dict[int, str] = {}
    if tree is None:
        text, magics = _without_magics(text)
        tree = _parse(text) if magics else None
    if tree is None:
        return None
    comments = tuple(_comments(text))
    lines = text.split("\n")
    for number, magic in magics.items():
        lines[number - 1] = magic
    try:
        statements = tuple(_statement(node, lines, magics) for node in tree.body)
    except RecursionError:  # what is too deep for this is too deep
        return None
    return Code(tuple(lines), statements, comments)


def _parse(text: str) -> ast.Module | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a student's backslashes
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError):
        return None


def _without_magics(text: str) -> tuple[str, dict[int, str]]:
    """The text with statements of Python in the places of IPython's lines, and these by number."""
    magics, lines = {}, text.split("\n")
    for number, line in enumerate(lines, start=1):
        if alone := _ALONE.match(line):
            magics[number], lines[number - 1] = line, f"{alone['indent']}pass"
        elif assigned := _ASSIGNED.match(line):
            magics[number], lines[number - 1] = line, f"{assigned['before']}None"
    return "\n".join(lines), magics


def _comments(text: str) -> Iterator[Comment]:
    if "#" not in text:  # to take a text apart costs more than all else that is done with it
        return
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.COMMENT:
                yield Comment(token.start[0], token.string)
    except (tokenize.TokenError, SyntaxError):
        return


def _statement(node: ast.stmt, lines: Sequence[str], magics: dict[int, str]) -> Statement:
    first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))])
    last = node.end_lineno or node.lineno
    whole = "\n".join(lines[first - 1 : last])
    used = tuple(magics[n].strip() for n in range(first, last + 1) if n in magics)
    keys = _keys(node)
    if used:
        keys = frozenset((key, used) for key in keys)
    return Statement(node, _at_margin(whole), first, last, keys)


def _at_margin(text: str) -> str:
    if text[:1] not in (" ", "\t"):
        return text
    moved = textwrap.dedent(text)
    # Lines of a text in quotes may stand further left than its statement.
    return moved if moved[:1] not in (" ", "\t") else f"if True:\n{text}"


def _keys(node: ast.stmt) -> frozenset[Hashable]:
    if isinstance(node, ast.Import):
        return frozenset(("import", a.name, a.asname) for a in node.names)
    if isinstance(node, ast.ImportFrom):
        return frozenset(("from", node.level, node.module, a.name, a.asname) for a in node.names)
    return frozenset([_dump(node)])


def _dump(node: ast.stmt) -> str:
    """The tree in words; of a docstring without the indentation that formatters give it."""
    text = ast.dump(node)
    if "Def(" not in text:
        return text
    for inner in ast.walk(node):
        if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            docstring = ast.get_docstring(inner, clean=False)
            if docstring:
                clean = " ".join(inspect.cleandoc(docstring).split())
                text = text.replace(repr(docstring), repr(clean))
    return text


def _loaded(code: CodeType) -> Iterator[str]:
    """The names that compiled code, and the functions in it, look up in the notebook."""
    for instruction in dis.get_instructions(code):
        if instruction.opname in ("LOAD_NAME", "LOAD_GLOBAL"):
            yield str(instruction.argval)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _loaded(constant)
