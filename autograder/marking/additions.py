"""What a student added to a given cell, told from what was given.

Editors do not all mind that a cell is locked, so a given cell may hold an import, an answer, or a
text for a person. Statements are compared one by one: what is the student's is to be run in a cell
of its own; a given definition that was changed is not, since the given one is meant.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from .statements import Code, Statement, plain, read_code, without_magic

__all__ = ["Additions", "additions_to_code", "additions_to_text"]

_NEAR = 0.7
_MOST_COMPARED = 600  # characters
_MOST_STATEMENTS = 300  # of a student's, in one given cell


@dataclass(frozen=True)
class Additions:
    """What is the student's of the text in a given cell.

    Attributes:
        before: code to be run before the given cell.
        after: code to be run after it, since it uses what is given there.
        replaced: what stood in the place of given lines; not to be run.
        unclear: what cannot be told apart, or read; not to be run.
    """

    before: str = ""
    after: str = ""
    replaced: str = ""
    unclear: str = ""

    @property
    def any(self) -> bool:
        """Whether there is anything."""
        return bool(self.before or self.after or self.replaced or self.unclear)


def additions_to_text(given: str, theirs: str) -> str:
    """The lines of a text that were not given."""
    if " ".join(given.split()) == " ".join(theirs.split()):
        return ""
    known = {" ".join(line.split()) for line in plain(given).split("\n")}
    kept: list[str] = []
    for line in plain(theirs).split("\n"):
        if not line.strip():
            kept.append("")
        elif " ".join(line.split()) not in known:
            kept.append(line)
    text = "\n".join(kept).strip("\n")
    return text if text.strip() else ""


def additions_to_code(
    given: str, theirs: str, *, check: bool, ours: Collection[Hashable] = ()
) -> Additions:
    """What is the student's in the text of a given code cell.

    Args:
        given: the cell as students got it.
        theirs: the cell as it was handed in.
        check: whether it is a test cell: all that was added is an answer to be tested, and goes
            before it.
        ours: what is the assignment's, wherever it stands: keys of statements, words of comments.
    """
    magic, text = without_magic(theirs)
    if not text.strip():
        return Additions()
    known = read_code(given)
    if known is None:
        return Additions(unclear=additions_to_text(given, theirs))
    code = read_code(text)
    if code is None:
        if plain(text).startswith("%%"):  # another language, or a file that is written: as it is
            return Additions(before=plain(theirs))
        return Additions(unclear=plain(theirs))
    if len(code.statements) > _MOST_STATEMENTS:
        return Additions(unclear=plain(theirs))
    parts = _Parts(known, code, check=check, ours=frozenset(ours))
    found = parts.sort()
    if magic:
        shown = "\n".join(filter(None, [magic, found.replaced]))
        return Additions(found.before, found.after, shown, found.unclear)
    return found


@dataclass
class _Parts:
    """A student's cell against the given one, statement by statement."""

    known: Code
    code: Code
    check: bool
    ours: frozenset[Hashable]
    given: list[Statement] = field(init=False)
    theirs: list[Statement] = field(init=False)

    def __post_init__(self) -> None:
        common = {type(s.node) for s in self.known.statements if s.blocks}
        self.given = list(_opened(self.known, common))
        self.keys = frozenset(key for s in self.given for key in s.keys)
        self.binds = frozenset(name for s in self.given for name in s.binds)
        self.words = {comment.words for comment in self.known.comments} | self.ours
        self.theirs = list(_opened(self.code, common, self.keys))
        found = frozenset(key for s in self.theirs for key in s.keys)
        self.lost = [s for s in self.given if not s.keys <= found]
        self.changed = frozenset(name for s in self.lost for name in s.binds)

    def sort(self) -> Additions:
        pieces: dict[str, list[tuple[int, str]]] = {
            "before": [], "after": [], "replaced": [], "unclear": [],
        }  # fmt: skip
        later: set[str] = set()
        begun = False
        covered: set[int] = set()
        for statement in self.theirs:
            share = statement.keys - self.keys - self.ours
            if not share:
                begun = begun or bool(statement.keys & self.keys)
                continue
            where = self._place(statement)
            if where == "run":
                where = self._when(statement, later, begun=begun)
                if where == "after":
                    later |= statement.binds
            else:
                begun = True
            pieces[where].append((statement.first, self._text(statement)))
            covered.update(range(statement.first, statement.last + 1))
        first_given = min(
            (s.first for s in self.theirs if s.keys <= self.keys), default=len(self.code.lines) + 1
        )
        for comment in self.code.comments:
            if comment.line not in covered and comment.words not in self.words and comment.words:
                early = self.check or comment.line < first_given
                pieces["before" if early else "after"].append((comment.line, comment.text))
        for kept in pieces.values():
            kept.sort(key=lambda piece: piece[0])
        texts = {name: _joined(kept) for name, kept in pieces.items()}
        if self.check and texts["before"]:
            texts["before"] = self._needed(texts["before"]) + texts["before"]
        if again := self._again(texts["after"]):
            texts["after"] += f"\n\n# As given again:\n{again}"
        return Additions(**texts)

    def _place(self, statement: Statement) -> str:
        """Whether a statement that is not a given one is the student's own: "run"."""
        binds, node = statement.binds, statement.node
        if binds and binds <= self.changed:
            return "replaced"
        if binds - self.binds and isinstance(node, _SIMPLE):
            return "run"
        if self.check and _root(node) and _root(node) in {_root(s.node) for s in self.given}:
            return "replaced"
        if any(_alike(statement, lost) for lost in self.lost):
            return "unclear" if binds else "replaced"
        return "run"

    def _when(self, statement: Statement, later: set[str], *, begun: bool) -> str:
        if self.check:
            return "before"
        return "after" if begun or statement.reads & (self.binds | later) else "before"

    def _text(self, statement: Statement) -> str:
        """Its lines; of several statements in one line, its part of it."""
        alone = all(
            other is statement or other.last < statement.first or other.first > statement.last
            for other in self.theirs
        )
        if alone:
            return statement.text
        return ast.get_source_segment("\n".join(self.code.lines), statement.node) or statement.text

    def _needed(self, text: str) -> str:
        """What is given in the test cell itself and used by what was typed into it."""
        code = read_code(text)
        helpers = [s for s in self.given if s.binds and not _root(s.node)]
        names = {name for s in helpers for name in s.binds}
        if code is None or not any(s.reads & names for s in code.statements):
            return ""
        return "\n".join(s.text for s in helpers) + "\n"

    def _again(self, text: str) -> str:
        """What is given once more, where it was given another value: what is given counts."""
        code = read_code(text)
        taken = code.binds & self.binds if code is not None else frozenset()
        return "\n".join(s.text for s in self.given if s.binds & taken)


_SIMPLE = (
    ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign, ast.FunctionDef, ast.AsyncFunctionDef,
    ast.ClassDef,
)  # fmt: skip


def _opened(
    code: Code, kinds: Collection[type], keys: frozenset[Hashable] | None = None
) -> Iterator[Statement]:
    """The statements of a cell, and in place of a `try` or `with` those in it.

    Args:
        code: the cell.
        kinds: which of them are opened.
        keys: if given, only those are opened that hold one of these.
    """
    for statement in code.statements:
        inner = code.inner(statement) if type(statement.node) in kinds else []
        if inner and (keys is None or any(s.keys & keys for s in inner)):
            yield from inner
        else:
            yield statement


def _root(node: ast.stmt) -> str:
    """Of a line that only calls something, such as a check: what, by its first name."""
    if not isinstance(node, ast.Expr) or not isinstance(node.value, ast.Call):
        return ""
    function: ast.expr = node.value.func
    while isinstance(function, ast.Attribute):
        function = function.value
    return function.id if isinstance(function, ast.Name) else ""


def _alike(statement: Statement, lost: Statement) -> bool:
    """Whether a statement stands where a given one stood that is no longer there."""
    if type(statement.node) is not type(lost.node):
        return False
    texts = statement.text[:_MOST_COMPARED], lost.text[:_MOST_COMPARED]
    return SequenceMatcher(None, *texts, autojunk=False).ratio() > _NEAR


def _joined(pieces: Sequence[tuple[int, str]]) -> str:
    """Pieces of a cell one under the other, with a blank line where something was between."""
    text, last = "", 0
    for line, piece in pieces:
        text += ("\n" if not text else "\n\n" if line > last + 1 else "\n") + piece
        last = line + piece.count("\n")
    return text.removeprefix("\n")
