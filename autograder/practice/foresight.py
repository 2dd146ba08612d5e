"""What marking will make of a session: whether an answer that is right here will be right there.

Marking runs the notebook's cells once, from top to bottom, in a fresh session. So the runs of this
session are put into that order, the newest of each cell, and each name's version is followed
through them. Where a name comes out with the version that it has now, marking will see what the
check sees. Where it does not, we know which cell is the cause.

Which runs are of one cell, and where it stands: by the cells' ids where the front end tells them
(JupyterLab, VS Code) and the file has them; else by their text. What cannot be known is not held
against anybody: of two orders that are possible, one that agrees is enough.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from ..answers.source import plain
from .notebook import Cell, File
from .runs import Log, Run, Versions

__all__ = ["Trouble", "foresee", "looks_edited"]

_CLOCK = 1.0  # seconds by which a file's time may lie beside ours


@dataclass(frozen=True)
class Trouble:
    """Why marking will not see the value that a name has here.

    Attributes:
        why: a sentence, which begins with the name.
        cure: what to do now.
        gone: whether the value is a left-over, of which nothing is worth saying.
        interrupted: whether it is the student who stopped its cell.
    """

    why: str
    cure: str
    gone: bool = True
    interrupted: bool = False


@dataclass(frozen=True)
class _Step:
    """A cell in its place: the run that counts, or one that has not been run here."""

    run: Run
    mine: tuple[Run, ...]  # all runs of this cell, oldest first


def foresee(log: Log, file: File | None, name: str, asked: Collection[str]) -> Trouble | None:
    """Why marking will not see what `name` holds now; None where it will, or nobody can know.

    Args:
        log: of this session, while the cell of a check runs.
        file: the notebook's, if it can be found.
        name: of an answer that is there.
        asked: names of all answers that checks have asked for.
    """
    version, check = log.versions.get(name), log.current
    if version is None or check is None or name in check.sketch.stores:
        return None
    source = version.run
    if source.ended == "running":
        return None
    orders = _Orders(log, file, check, asked)
    mine = orders.runs_of(source)
    newest = mine[-1]
    if newest is not source and name not in newest.bound:
        return _superseded(name, source, newest)
    if source.ended == "interrupted":
        return Trouble(
            f"`{name}` was left by {source.place}, which you interrupted.",
            "Marking runs the whole cell. Run it to its end, then this check.",
            interrupted=True,
        )
    if source.ended == "raised":
        return Trouble(
            f"`{name}` was left by {source.place}, which then stopped with {source.error}.",
            "Mend that cell and run it, then this check.",
        )
    placed = orders.elsewhere(source, newest, name)
    if placed is not None:
        return placed
    troubles = [_compare(log, order, name) for order in orders.possible()]
    if all(troubles):
        return troubles[0]
    return next(filter(None, (_compare(log, order, name) for order in orders.needed())), None)


def _superseded(name: str, source: Run, newest: Run) -> Trouble:
    old = f"an earlier run, {source.place}" if source.number else "an earlier run of its cell"
    again = "Run the cell that sets it to its end, then this check."
    if newest.ended == "raised":
        return Trouble(
            f"`{name}` is from {old}. Since then its cell, {newest.place}, stopped with "
            f"{newest.error}. When your work is marked, there will be no `{name}`.",
            again,
        )
    if newest.ended == "interrupted":
        return Trouble(
            f"`{name}` is from {old}. Since then you interrupted its cell, {newest.place}. When "
            f"your work is marked, that cell will be stopped, too.",
            "Is there a loop that never ends? " + again,
            interrupted=True,
        )
    other = next((n for n in sorted(newest.bound) if _alike(n, name)), "")
    renamed = f"; it sets `{other}`" if other else ""
    return Trouble(
        f"`{name}` is from {old}. The newer text of that cell, {newest.place}, no longer sets it"
        f"{renamed}. When your work is marked, there will be no `{name}`.",
        f"Did you mean `{other}`? The check looks for the exact name."
        if other
        else f"Give your result the name `{name}` in its cell, run that, then this check.",
    )


def _compare(log: Log, order: Sequence[_Step], name: str) -> Trouble | None:
    """Follow the versions through the cells in this order."""
    now, then = log.versions, Versions()
    for step in order:
        then.after(step.run, then.read_by(step.run), log.callables)
    if then.of(name) == now.of(name):
        return None
    here, there = now[name], then.get(name)
    if there is None:
        return Trouble(
            f"`{name}` is set by {here.run.place}, which does not stand above this check.",
            "Marking runs the notebook from top to bottom. Move that cell up, or run the cells "
            "above this check once more.",
        )
    if there.run.sketch.digest != here.run.sketch.digest:
        return Trouble(
            f"`{name}` has its value from {here.run.place}. When the notebook is run from top to "
            f"bottom, {there.run.place} sets it later.",
            "Leave one of the two, run it, then this check.",
        )
    changed = sorted(n for n, digest in here.read.items() if there.read.get(n, "") != digest)
    changed += sorted(n for n in here.late if n not in changed and now.of(n) != then.of(n))
    what = changed[0] if changed else name
    if what == name or (what in here.run.bound and what in here.run.sketch.reads):
        return Trouble(
            f"{here.run.place.capitalize()} goes on from the `{what}` that it left when it was run "
            "before. Marking runs it once.",
            "Let the cell begin with its own start; or choose Restart Kernel and Run All Cells, "
            "and see what the check says then.",
            gone=False,
        )
    return Trouble(
        f"`{name}` was made by {here.run.place} with another `{what}` than the one that the cells "
        "above leave now.",
        f"Run the cell of `{what}` and the cell of `{name}` again, in the order in which they "
        "stand, then this check.",
        gone=False,
    )


class _Orders:
    """The orders in which marking may meet this session's cells."""

    def __init__(self, log: Log, file: File | None, check: Run, asked: Collection[str]) -> None:
        self._check, self._asked = check, frozenset(asked)
        self._file = (
            file if file is not None and any(_is_text(c, check) for c in file.cells) else None
        )
        ids = {c.cell_id for c in file.cells if c.cell_id} if file is not None else set()
        if not self._file and check.cell in ids:
            self._file = file
        self._by_id = bool(check.cell)
        self._filed = bool(self._file) and check.cell in ids
        self._runs = [r for r in log.runs if r is not check and r.ended != "running"]
        self._cells: list[list[Run]] = []
        for run in self._runs:
            for mine in reversed(self._cells):
                if self._is_same(mine, run):
                    mine.append(run)
                    break
            else:
                self._cells.append([run])

    def runs_of(self, run: Run) -> list[Run]:
        """All runs of the cell of which this is one."""
        return next((mine for mine in self._cells if run in mine), [run])

    # ------------------------------------------------------------------ which cell

    def _is_same(self, mine: list[Run], run: Run) -> bool:
        last = mine[-1]
        if run.cell and last.cell:
            return run.cell == last.cell
        if any(r.sketch.digest == run.sketch.digest for r in mine):
            return True
        if run.sketch.asks or last.sketch.asks or (self._stands(run) and self._stands(last)):
            return False
        return bool(self._names(last) & self._names(run)) or (
            bool(self._names(last))
            and not self._names(run)
            and looks_edited(last, run, self._asked)
        )

    def _names(self, run: Run) -> frozenset[str]:
        return (run.bound | run.sketch.stores) & self._asked

    def _stands(self, run: Run) -> bool:
        """Whether the file has a cell with this text."""
        return self._file is not None and any(_is_text(c, run) for c in self._file.cells)

    # ------------------------------------------------------------------ where

    def _index(self, run: Run) -> int | None:
        """The place of a run's cell in the file; None where it is not known."""
        if self._file is None:
            return None
        for index, cell in enumerate(self._file.cells):
            if self._filed and run.cell:
                if cell.cell_id == run.cell:
                    return index
            elif _is_text(cell, run):
                return index
        return None

    def _was_saved(self, run: Run) -> bool:
        """Whether the file is younger than a run, and so holds the text that its cell had then."""
        if self._file is None or not run.began:
            return False
        return self._file.saved > run.began + _CLOCK

    def elsewhere(self, source: Run, newest: Run, name: str) -> Trouble | None:
        """Whether the cell stands below the check, or stands there no more."""
        if self._file is None:
            return None
        here = self._index(self._check)
        at = self._index(newest)
        saved = self._was_saved(newest)
        if here is not None and at is not None and at > here:
            return Trouble(
                f"`{name}` is set by {source.place}, which stands below this check. When your work "
                f"is marked, the check comes first, and there will be no such `{name}` yet.",
                "Move that cell above this check, or write the answer into the exercise's cell.",
            )
        if not saved or here is None:
            return None
        if at is None:
            changed = "has been changed since, or taken out" if not self._filed else "is gone"
            return Trouble(
                f"`{name}` was set by {source.place}, which {changed}: the notebook's file no "
                "longer has it.",
                "Run the cells above this check as they stand now, then this check.",
            )
        cell = self._file.cells[at]
        if not _is_text(cell, newest):
            return Trouble(
                f"`{name}` was set by {source.place}, whose text has been changed since without "
                "being run.",
                "Run that cell as it stands now, then this check.",
            )
        return None

    # ------------------------------------------------------------------ orders

    def _steps(self) -> list[_Step]:
        # A cell with a check in it counts for what it sets besides.
        return [
            _Step(mine[-1], tuple(mine))
            for mine in self._cells
            if mine[-1].bound or not mine[-1].sketch.asks
        ]

    def possible(self) -> Iterator[list[_Step]]:
        """Orders of which one is that of the notebook."""
        steps = self._steps()
        if self._filed:
            yield self._as_filed(steps, unknown=False)
            yield self._as_filed(steps, unknown=True)
        elif self._by_id:
            yield [s for s in steps if self._was_before(s)]
            yield steps
        else:
            yield sorted(steps, key=lambda s: self._runs.index(s.run))
            yield steps

    def needed(self) -> Iterator[list[_Step]]:
        """Orders that have to agree as well."""
        if not self._by_id:
            yield self._steps()

    def _was_before(self, step: _Step) -> bool:
        """Whether a cell was first run before its check was: as one goes through a notebook."""
        firsts = [r for r in self._runs if r.cell == self._check.cell]
        return not firsts or self._runs.index(step.mine[0]) < self._runs.index(firsts[0])

    def _as_filed(self, steps: Iterable[_Step], *, unknown: bool) -> list[_Step]:
        """The file's order; cells that it does not have yet last, or not at all."""
        assert self._file is not None
        here = self._index(self._check)
        known: dict[int, _Step] = {}
        new: list[_Step] = []
        for step in steps:
            at = self._index(step.run)
            if at is not None:
                # A text that was saved later will be run, whether it was run here or not.
                if _is_text(self._file.cells[at], step.run) or not self._was_saved(step.run):
                    known[at] = step
            elif not self._was_saved(step.run):
                new.append(step)
        for index, cell in enumerate(self._file.cells):
            if index not in known and cell.role != "check":
                run = Run(0, cell.cell_id, cell.source, 0.0, "unknown")
                if not run.sketch.asks and run.sketch.sound:
                    run.bound = run.sketch.stores
                    known[index] = _Step(run, (run,))
        order = [known[index] for index in sorted(known) if here is None or index < here]
        return order + new if unknown else order


def _is_text(cell: Cell, run: Run) -> bool:
    return cell.source.strip() == run.source.strip()


def _alike(one: str, other: str) -> bool:
    """Whether two different names may be meant for one."""
    if one == other:
        return False
    if _folded(one) == _folded(other):
        return True
    # `func_pp` beside `func_p` is another answer.
    inside = one in other or other in one
    return not inside and difflib.SequenceMatcher(None, one, other).ratio() >= 0.75


def _folded(name: str) -> str:
    return name.lower().replace("_", "")


_TOKEN = re.compile(r"\d+\.?\d*(?:e[-+]?\d+)?|\.\d+|[^\W\d]\w*")
_COMMON = frozenset(
    [
        "print",
        "def",
        "return",
        "lambda",
        "for",
        "in",
        "range",
        "if",
        "else",
        "while",
        "import",
        "from",
        "as",
    ]
)


def _tokens(run: Run) -> set[str]:
    text = re.sub(r"#.*", "", plain(run.source))
    found = {t.lower() for t in _TOKEN.findall(text)} - _COMMON
    return {repr(float(t)) if t[0].isdigit() or t[0] == "." else t for t in found}


def looks_edited(old: Run, new: Run, asked: Collection[str]) -> bool:
    """Whether a text may be the newer one of a cell that set an answer, and sets it no more.

    Only where no ids tell. What reads an answer is a look at it, and no edit.
    """
    if new.sketch.asks or new.sketch.reads & frozenset(asked):
        return False
    names = old.bound & frozenset(asked)
    renamed = {n for n in new.fresh - frozenset(asked) if any(_alike(n, other) for other in names)}
    if any(_folded(one) == _folded(other) for one in renamed for other in names):
        return True
    if not new.bound <= old.bound | renamed:
        return False
    before, after = _tokens(old), _tokens(new)
    both = len(before & after)
    return bool(after) and both >= 0.6 * len(after) and both >= 0.3 * len(before)
