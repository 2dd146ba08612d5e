"""Cells that only illustrate, and which of them marking may leave out.

An author tags such a cell `illustration`. Most of a notebook's time goes into pictures on which no
mark depends; so marking shows the released ones, made once (see `rubric`), and does not run the
cell. That has to be safe before it is fast. A cell of a submission is left out only as released,
only where the rubric has found the instructor's own replies to be the same without it, and only
while no cell that is run reads a name that it sets, as far as the text tells; where the text does
not tell (`globals()`, magics, IPython's history), all cells run. Should a name be missing all the
same, the notebook is run again whole (`Session.missed`).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import nbformat

from ..answers.source import names_in, plain, sketch
from ..cells import nbgrader_of
from .lasting import imports_of, what_lasts
from .statements import plain as as_written

__all__ = ["TAG", "Illustration", "as_written", "choose", "left_out", "why_run"]

TAG = "illustration"

OF_THEIR_OWN = "Marking does not draw your own answers again: this picture is in your notebook."

# What looks names up without writing them down, or looks at what was run.
_BY_OTHER_WAYS = frozenset(
    (
        *("globals", "locals", "vars", "eval", "exec", "dir", "get_ipython", "In", "Out"),
        *("sys", "gc", "inspect", "importlib", "builtins"),
    )
)
_HISTORY = re.compile(r"_(?:_|__|i{1,3}|ih|oh|dh|i?\d+)?\Z")
_HIDDEN_WAYS = re.compile(
    r"__(?:main|globals|builtins|dict|import)__|_getframe|f_globals|f_back|user_ns|get_ipython"
)
# What is no Python and is run by IPython all the same: indented cells, prompts, questions, calls.
_OF_IPYTHON = re.compile(
    r"\A\s*^[ \t]|^[ \t]*(?:>>>|In \[|[%!?/,;])|[?!%]\s*$|=\s*[%!]", re.MULTILINE
)
_HARMLESS_MAGIC = re.compile(
    r"\s*(?:%matplotlib|%config|%load_ext|%autoreload|[%!]pip|%conda)\b|%%(?:time|timeit|capture)\b"
)


@dataclass(frozen=True)
class Illustration:
    """A cell that only illustrates.

    Attributes:
        source: its text, as released.
        sets: the names that it gives a value.
        outputs: what it shows, in nbformat's form; None where that is of the student's answers.
    """

    source: str
    sets: frozenset[str]
    outputs: tuple[dict[str, Any], ...] | None = None

    def show(self) -> list[nbformat.NotebookNode]:
        """The outputs of a cell that was not run."""
        if self.outputs is None:
            return [nbformat.v4.new_output("stream", name="stdout", text=f"{OF_THEIR_OWN}\n")]
        return [nbformat.from_dict(output) for output in self.outputs]


@dataclass(frozen=True)
class Use:
    """The names of the notebook that a cell has to do with.

    Attributes:
        reads: those that it finds, as far as it has not surely set them itself before; and those
            that its functions look up, whenever they are called.
        sets: those that it gives a value, or takes away.
        changes: those whose object it changes in place.
        clear: whether its text tells all that.
    """

    reads: frozenset[str] = frozenset()
    sets: frozenset[str] = frozenset()
    changes: frozenset[str] = frozenset()
    clear: bool = True


@lru_cache(maxsize=4096)
def use(source: str) -> Use:
    """The names that a cell's text has to do with."""
    lines = [line for line in source.splitlines() if line.lstrip().startswith(("%", "!"))]
    if not all(_HARMLESS_MAGIC.match(line) for line in lines):
        return Use(clear=False)
    seen = sketch(source)
    if not seen.sound:
        return Use(clear=_OF_IPYTHON.search(source) is None)  # else it is a syntax error
    tree = ast.parse(plain(source))
    reader = _Reader()
    try:
        reader.run(tree.body, set())
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return Use(clear=False)
    reads = reader.reads
    clear = not (
        {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} & _BY_OTHER_WAYS
        or any(map(_HISTORY.match, reads))
        or _HIDDEN_WAYS.search(source)
        or any(isinstance(node, ast.Global | ast.Nonlocal) for node in ast.walk(tree))
        or any(isinstance(node, ast.ImportFrom) and node.names[0].name == "*" for node in tree.body)
    )
    return Use(frozenset(reads), seen.stores | seen.deletes, seen.changes & reads, clear)


class _Reader:
    """Goes through a cell's statements, and notes what they find of the cells before."""

    def __init__(self) -> None:
        self.reads: set[str] = set()

    def run(self, body: Sequence[ast.stmt], sure: set[str]) -> set[str]:
        """Note what these statements read, after which the names in `sure` are surely the cell's.

        Returns:
            `sure`, with what they surely set. A loop may run never, and a block that is tried may
            stop anywhere.
        """
        for node in body:
            match node:
                case ast.If(test=test):
                    self._look(test, sure)
                    sure |= self.run(node.body, {*sure}) & self.run(node.orelse, {*sure})
                case ast.While(test=test):
                    self._look(test, sure)
                    self.run(node.body, {*sure})
                    self.run(node.orelse, {*sure})
                case ast.For(target=target, iter=over):
                    self._look(over, sure)
                    self.run(node.body, sure | self._target(target, sure))
                    self.run(node.orelse, {*sure})
                case ast.With(items=items):
                    for item in items:
                        self._look(item.context_expr, sure)
                        if item.optional_vars is not None:
                            sure |= self._target(item.optional_vars, sure)
                    self.run(node.body, {*sure})  # it may end early, and nobody hear of it
                case ast.Try():
                    tried = self.run(node.body, {*sure})
                    for handler in node.handlers:
                        if handler.type is not None:
                            self._look(handler.type, sure)
                        self.run(handler.body, sure | ({handler.name} if handler.name else set()))
                    self.run(node.orelse, tried)
                    self.run(node.finalbody, {*sure})
                case ast.Match() | ast.TryStar() | ast.AsyncFor() | ast.AsyncWith():
                    self.reads |= {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
                case _:
                    sure |= self._look(node, sure)
        return sure

    def _look(self, node: ast.stmt | ast.expr, sure: set[str]) -> set[str]:
        statement = ast.Expr(node) if isinstance(node, ast.expr) else node
        flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        tree = ast.fix_missing_locations(ast.Module([statement], []))
        reads, late, sets = names_in(compile(tree, "<cell>", "exec", flags, dont_inherit=True))
        self.reads |= (reads - sure) | late
        names = [n for n in ast.walk(node) if isinstance(n, ast.Name)]
        self.reads |= {n.id for n in names if isinstance(n.ctx, ast.Del)} - sure
        return sets

    def _target(self, target: ast.expr, sure: set[str]) -> set[str]:
        """The names that a loop or a context sets; what its target looks up is read."""
        names = [n for n in ast.walk(target) if isinstance(n, ast.Name)]
        self.reads |= {n.id for n in names if isinstance(n.ctx, ast.Load)} - sure
        return {n.id for n in names if isinstance(n.ctx, ast.Store)}


def choose(cells: Sequence[Mapping[str, Any]], asked: Iterable[str]) -> dict[int, Illustration]:
    """The cells of a source notebook that may be left out, by their places; without outputs.

    Args:
        cells: the source's.
        asked: names that checks ask for or are about.
    """
    tagged: dict[int, Illustration] = {}
    imported = _imported(cells)
    theirs: set[str] = set()  # names whose values depend on what a student writes
    for place, cell in enumerate(cells):
        if cell["cell_type"] != "code":
            continue
        source = str(cell["source"])
        found, about = use(source), nbgrader_of(cell)
        of_answers = bool(found.reads & theirs)
        if about.get("solution") or of_answers:
            theirs |= found.sets
        graded = about.get("grade") or about.get("solution")
        if TAG in cell["metadata"].get("tags", ()) and not graded:
            if _why(source, asked, imported):
                continue
            tagged[place] = Illustration(source, found.sets, None if of_answers else ())
    kept = left_out(cells, {as_written(i.source): i for i in tagged.values()})
    return {place: tagged[place] for place in kept if place in tagged}


def _imported(cells: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The names that cells import, and what of."""
    found: dict[str, str] = {}
    for cell in cells:
        if cell["cell_type"] == "code":
            found |= imports_of("".join(cell["source"]))
    return found


def _why(source: str, asked: Iterable[str], imported: Mapping[str, str]) -> str:
    """Why a cell is run, whatever its tag says; or ""."""
    found = use(source)
    if not found.clear:
        return "its text does not tell which names it has to do with"
    if given := found.sets & frozenset(asked):
        return f"it sets `{min(given)}`, for which a check asks"
    if found.changes:
        return f"it changes `{min(found.changes)}`, which another cell made"
    if lasting := what_lasts(source, found.reads - found.sets, imported):
        return f"`{lasting}` may change more than the names that it sets"
    if not _shows_itself(source):
        return "it shows something otherwise than by `print` or a figure"
    return ""


def why_run(
    cells: Sequence[Mapping[str, Any]], known: Mapping[str, Illustration], asked: Iterable[str]
) -> Iterator[tuple[str, str]]:
    """The cells of a source that are run whatever their tag says: a first line, and why."""
    imported = _imported(cells)
    for cell in cells:
        source = "".join(cell["source"])
        if TAG in cell["metadata"].get("tags", ()) and as_written(source) not in known:
            first = next((line for line in source.splitlines() if line.strip()), "")
            why = _why(source, asked, imported) or (
                "another cell uses what it sets, or the instructor's answers reply otherwise "
                "without it"
            )
            yield first.strip(), why


def _shows_itself(source: str) -> bool:
    """Whether all that a cell shows is printed or drawn: no value of its last line."""
    if "display" in use(source).reads:
        return False
    body = ast.parse(plain(source)).body
    match body[-1:]:
        case [ast.Expr(value=ast.Call(func=ast.Name(id="print") | ast.Attribute(attr="show")))]:
            return True
        case [ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id="coach"))))]:
            return True  # its verbs return nothing
        case [ast.Expr()]:
            return source.rstrip().endswith(";")
    return True


def left_out(
    cells: Sequence[Mapping[str, Any]],
    known: Mapping[str, Illustration],
    given: Collection[str] | None = None,
) -> dict[int, Illustration]:
    """Which cells of a notebook need not be run, by their places.

    Args:
        cells: a submission's, with what the assignment gave put back.
        known: what the rubric has proven that marks do not need, by its text (`as_written`).
        given: the texts of the author's own cells: what depends on any other is not shown as
            released. None if nothing is shown.
    """
    code = {p: str(c["source"]) for p, c in enumerate(cells) if c["cell_type"] == "code"}
    out = {p: known[text] for p, source in code.items() if (text := as_written(source)) in known}
    waiting = [source for p, source in code.items() if p not in out]
    while waiting and out:
        found = use(waiting.pop())
        if not found.clear:
            return {}
        for place in [p for p, i in out.items() if i.sets & found.reads]:
            del out[place]
            waiting.append(code[place])
    return out if given is None else dict(_as_far_as_released(code, out, given))


def _as_far_as_released(
    code: Mapping[int, str], out: Mapping[int, Illustration], given: Collection[str]
) -> Iterator[tuple[int, Illustration]]:
    """What is left out, without outputs where it reads what a cell of the student's sets."""
    theirs: set[str] = set()
    imported: dict[str, str] = {}  # by the author's cells: to import it again changes nothing
    for place, source in code.items():
        found = use(source)
        imports = imports_of(source)
        foreign = bool(found.reads & theirs) or (
            place not in out and as_written(source) not in given
        )
        if foreign:
            again = {name for name, what in imports.items() if imported.get(name) == what}
            theirs |= (found.sets | found.changes) - again
        else:
            imported |= imports
        if place in out:
            yield place, replace(out[place], outputs=None) if foreign else out[place]
