"""Where a person has to look: a program would give nothing for what a student may have done.

A 0 by machine needs an answer that was judged, or a cell as it was released with nothing of the
student's near it. Whether an answer was judged is not known here, before the notebook is run: a
reason that is given for an exercise with full marks is of no consequence (see review.py).
"""

from __future__ import annotations

import ast
import builtins
import functools
import itertools
import re
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import nbformat

from ..answers.source import undone_by_dots
from .given import Given, name_of
from .recognise import asked_names, places_of
from .statements import Code, plain, read_code, remembered, same_text

__all__ = ["Asking"]

_NEIGHBOURS = 2  # given cells on each side
# Of a text in quotes or a comment: two words at least, no label of an axis.
_WORDS = re.compile(r"\b[^\W\d_]{2,}\W+(?:\w+\W+)*?[^\W\d_]{2,}")
_CONFLICT = re.compile(r"^(<{7}|>{7})( |$)", re.MULTILINE)

Cells = Sequence[nbformat.NotebookNode]


class _Bound(NamedTuple):
    """Names to which a student's own code gives a value.

    Attributes:
        found: those that have it in the end.
        hidden: those of which a stub that was left standing keeps or takes it away: a `raise`
            before them, dots or the empty function behind them.
    """

    found: frozenset[str] = frozenset()
    hidden: frozenset[str] = frozenset()


@dataclass
class Asking:
    """Looks through a mended notebook for what a program cannot judge.

    Args:
        cells: the notebook's, mended.
        given: what the assignment gave.
        unclear: the given cells in which something of the student's stood that cannot be run.
        returned: the cells that were missing and were put back.

    Attributes:
        ask: by graded cell, why a person has to look.
        notes: the same for the student, and what else there is to be said.
    """

    cells: Cells
    given: Sequence[Given]
    unclear: Collection[str] = ()
    returned: Collection[str] = ()
    ask: dict[str, str] = field(default_factory=dict, init=False)
    notes: list[str] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        self._places = places_of(self.cells, self.given)
        self._where = {p: n for n, p in enumerate(self._places) if p is not None}
        self._known = {line for cell in self.given for line in _lines(cell.text)}
        self._known |= {w for cell in self.given if cell.kind == "code" for w in _said(cell.text)}

    def look(self) -> None:
        """Find all there is to be found."""
        for place, cell in enumerate(self.given):
            if not cell.graded or place not in self._where:
                continue
            if cell.answer:
                self._look_at_words(place, cell)
            else:
                self._look_at_code(place, cell)
        self._look_at_what_is_unclear()

    # ------------------------------------------------------------------ words

    def _look_at_words(self, place: int, cell: Given) -> None:
        here = self._where[place]
        if not same_text(cell.kind, self.cells[here].source, cell.source):
            return  # it waits for a person in any case
        near = list(self._near(place))
        if cell.name in self.returned:  # any text may be the one that stood in it
            near = [n for n, p in enumerate(self._places) if p is None]
        # Beside code that a person marks, other code may be it.
        if any(cell.kind == "code" or self._has_words(n) for n in near if self._has_text(n)):
            self._ask(
                cell,
                f"The cell `{cell.name}` is as it was given, but there are words of yours that may "
                "be for it; a person will read them.",
            )

    def _near(self, place: int) -> Iterator[int]:
        """The student's own cells around a place, and those before or after all of the notebook.

        Around where it stands, and where its neighbours stand, which may have been moved.
        """
        near = {*self._around(self._where[place], _NEIGHBOURS)}
        for neighbours in (range(place - 1, -1, -1), range(place + 1, len(self.given))):
            there = next((self._where[p] for p in neighbours if self._is_there(p)), None)
            if there is not None:
                near |= {*self._around(there, 1)}
        known = [number for p, number in self._where.items() if self._is_there(p)]
        first, last = min(known, default=0), max(known, default=0)
        for number, found in enumerate(self._places):
            if found is None and (number in near or number < first or number > last):
                yield number

    def _around(self, number: int, most: int) -> Iterator[int]:
        """The cells around one, up to so many given cells on each side."""
        for way in (range(number - 1, -1, -1), range(number + 1, len(self.cells))):
            passed = 0
            for here in way:
                place = self._places[here]
                passed += place is not None and self._is_there(place)
                if passed >= most:
                    break
                yield here

    def _is_there(self, place: int) -> bool:
        """Whether a given cell was handed in, and where is no guess of ours."""
        return place in self._where and self.given[place].name not in self.returned

    def _has_words(self, number: int) -> bool:
        """Whether there are words in a cell that were not given."""
        cell = self.cells[number]
        if cell.cell_type != "code":
            return bool(cell.get("attachments")) or not _lines(cell.source) <= self._known
        if read_code(cell.source) is None:
            return bool(cell.source.strip())
        return any(_WORDS.search(text) for text in _said(cell.source) - self._known)

    def _has_text(self, number: int) -> bool:
        cell = self.cells[number]
        return bool(cell.source.strip() or cell.get("attachments"))

    # ------------------------------------------------------------------ code

    def _look_at_code(self, place: int, cell: Given) -> None:
        here = self._where[place]
        names = asked_names(self.given, place)
        before, unreached = self._bound_before[here]
        lost = names - before
        if "*" in before:
            return
        if not lost:
            self._look_at_order(here, cell, names)
            return
        after, undone = self._bound(range(here + 1, len(self.cells)))
        if later := lost & (after | undone):
            self._ask(
                cell,
                f"Before {cell.title} there is no answer, but {_listed(later)} {_be(later)} "
                "defined again further down, after this check. Cells run from top to bottom, so "
                "that comes too late; a person will look.",
            )
        elif hidden := lost & unreached:
            self._ask(
                cell,
                "Lines that were there for you to replace still stand, so that your "
                f"{_listed(hidden)} {_be(hidden)} not what {cell.title} finds; a person will look.",
            )
        elif self._is_told(lost) or any(
            self._has_words(n) for n in self._near(place) if self._is_text(n)
        ):
            self._ask(
                cell,
                f"For `{cell.exercise}` there is no code that could be run, but a text of yours "
                "that may be for it; a person will read it.",
            )

    def _is_told(self, names: Collection[str]) -> bool:
        """Whether a text of the student's, or what is no Python, speaks of one of these names."""
        spoken = re.compile(rf"\b({'|'.join(map(re.escape, sorted(names)))})\b")
        return any(
            self._places[n] is None and self._codes[n] is None and spoken.search(cell.source)
            for n, cell in enumerate(self.cells)
        )

    def _look_at_order(self, here: int, cell: Given, names: frozenset[str]) -> None:
        """Ask where an answer uses what is only given or defined below it."""
        for number in range(here):
            code = self._codes[number]
            if code is None or not self._theirs[number] or not code.binds & names:
                continue
            used = {name for s in code.statements for name in s.reads} - code.binds
            above = {name for n in range(number) if (c := self._codes[n]) for name in c.binds}
            below = range(number + 1, len(self.cells))
            late = {name for n in below if (c := self._codes[n]) for name in used & c.binds}
            if late := late - above - set(dir(builtins)):
                self._ask(
                    cell,
                    f"Your answer for `{cell.exercise}` uses {_listed(late)}, defined further down "
                    "only. Cells run from top to bottom; a person will look if it "
                    "did not work.",
                )
                return

    @cached_property
    def _codes(self) -> list[Code | None]:
        """Of each cell, its code; None of what is no Python."""
        return [read_code(c.source) if c.cell_type == "code" else None for c in self.cells]

    @cached_property
    def _bound_before(self) -> list[_Bound]:
        """Of each cell, what is bound before it."""
        cells = range(len(self.cells))
        return list(itertools.accumulate(cells, self._then, initial=_Bound()))

    def _bound(self, numbers: range) -> _Bound:
        """What is bound after these cells, and nothing else."""
        return functools.reduce(self._then, numbers, _Bound())

    def _then(self, so_far: _Bound, number: int) -> _Bound:
        """What is bound after one more cell."""
        found, hidden = so_far
        place, code = self._places[number], self._codes[number]
        if code is None:
            return so_far
        if self._theirs[number]:
            run = _in_the_end(self.cells[number].source)
            return _Bound(found | run, (hidden - run) | (code.binds - run))
        if place is not None and self.given[place].answer:
            return _Bound(found - code.binds, hidden | (found & code.binds))
        return so_far

    @cached_property
    def _theirs(self) -> list[bool]:
        """Of each cell, whether what stands in it is the student's."""
        return [
            place is None or _holds_an_answer(self.given[place], cell.source)
            for cell, place in zip(self.cells, self._places, strict=True)
        ]

    def _is_text(self, number: int) -> bool:
        return self.cells[number].cell_type != "code"

    # ------------------------------------------------------------------ what is unclear

    def _look_at_what_is_unclear(self) -> None:
        for place, cell in enumerate(self.given):
            if cell.name in self.unclear:
                for concerned in self._concerned_by(place):
                    self._ask(
                        concerned,
                        f"What you wrote in {cell.title} could not be run, so it is not clear "
                        f"what was meant for `{concerned.exercise}`; a person will look.",
                    )
        for number, found in enumerate(self._places):
            if not self._theirs[number]:
                continue
            mark = _CONFLICT.search(plain(self.cells[number].source))
            if mark is None:
                continue
            line = plain(self.cells[number].source).count("\n", 0, mark.start()) + 1
            where = name_of(self.cells[number])
            told = f"The cell `{where}`" if where else "A cell of yours"
            note = (
                f"{told} has conflict marks of Git in it ({mark[1]}, line {line}): decide for one "
                "of the two versions, and delete the marks."
            )
            self.notes.append(note)
            place = found if found is not None else self._place_before(number)
            for concerned in self._concerned(place)[:1]:
                self._ask(concerned, f"{note} A person will look.", noted=True)

    def _concerned_by(self, place: int) -> list[Given]:
        """The exercises for which a given cell is: an answer is for those up to the next answer."""
        concerned = self._concerned(place)
        if not self.given[place].answer:
            return concerned
        answers = [p for p in range(place + 1, len(self.given)) if self.given[p].answer]
        end = min(answers, default=len(self.given))
        own = [cell for cell in self.given[place:end] if cell.graded and cell in concerned]
        return own or concerned[:1]

    def _place_before(self, number: int) -> int:
        return max((p for p in self._places[:number] if p is not None), default=-1)

    def _concerned(self, place: int) -> list[Given]:
        """The next exercise, if the place is not that itself, and later ones that are answered."""
        graded = [
            (p, cell)
            for p, cell in enumerate(self.given)
            if p >= place and cell.graded and p in self._where
        ]
        if not graded or self.given[place].graded:
            return [cell for _, cell in graded[:1]]
        return [graded[0][1]] + [cell for p, cell in graded[1:] if self._is_answered(p)]

    def _is_answered(self, place: int) -> bool:
        answers = [p for p in range(place) if self.given[p].answer and p in self._where]
        return bool(answers) and self._theirs[self._where[answers[-1]]]

    def _ask(self, cell: Given, reason: str, *, noted: bool = False) -> None:
        if cell.name not in self.ask:
            self.ask[cell.name] = reason
            if not noted:
                self.notes.append(reason)


def _holds_an_answer(cell: Given, text: str) -> bool:
    return cell.answer and not same_text(cell.kind, text, cell.source)


@remembered
def _in_the_end(text: str) -> frozenset[str]:
    """The names that a cell of a student's leaves with a value."""
    code = read_code(text)
    if code is None:
        return frozenset()
    ends = [s.first for s in code.statements if isinstance(s.node, ast.Raise)]
    end = min(ends, default=len(code.lines) + 1)
    run = {name for s in code.statements if s.first < end for name in s.binds}
    return frozenset(run - undone_by_dots(text))


def _listed(names: Collection[str]) -> str:
    return " and ".join(f"`{name}`" for name in sorted(names))


def _be(names: Collection[str]) -> str:
    return "is" if len(names) == 1 else "are"


@remembered
def _lines(text: str) -> frozenset[str]:
    text = unicodedata.normalize("NFC", plain(text))
    return frozenset(" ".join(line.split()) for line in text.split("\n")) | {""}


@remembered
def _said(text: str) -> frozenset[str]:
    """The comments and texts in a cell of code."""
    code = read_code(text)
    if code is None:
        return frozenset()
    words = {comment.words for comment in code.comments}
    return frozenset(words | {" ".join(string.split()) for string in code.strings()})
