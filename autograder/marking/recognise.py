"""Cells that lost the names by which nbgrader knows them, recognised by their text and place.

Cells are pasted into a new notebook, or a tool removes all metadata. What was given is known by its
text; a student's own cells by where they stand between what was given. Whatever is recognised
wrongly here costs little: code is run in any case, and a given cell is as given in the end.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from difflib import SequenceMatcher

import nbformat

from .given import Given, name_of
from .statements import print_of, read_code, without_magic

__all__ = ["asked_names", "places_of", "recognise"]

_NEAR = 0.6
_MOST_COMPARED = 3000  # characters

Cells = Sequence[nbformat.NotebookNode]


def recognise(cells: Cells, given: Sequence[Given]) -> list[str]:
    """Give names back to the cells that lost them.

    Returns:
        the names that were given back.
    """
    present = {name_of(cell) for cell in cells}
    if all(cell.name in present for cell in given if cell.name):
        return []
    places = places_of(cells, given)
    for way in (_by_content, _by_place):
        for number, known in list(way(cells, given, places)):
            places[number] = known
    found = []
    for number, place in enumerate(places):
        if place is not None and given[place].name and not name_of(cells[number]):
            cells[number].metadata["nbgrader"] = nbformat.from_dict(given[place].about)
            found.append(given[place].name)
    return found


def places_of(cells: Cells, given: Sequence[Given]) -> list[int | None]:
    """For each cell of a notebook, which of the assignment's it is; None for a student's own.

    Known are those with a name, and those with the text of one that is not there otherwise.
    """
    named = {cell.name: place for place, cell in enumerate(given) if cell.name}
    places: list[int | None] = [named.get(name_of(cell)) for cell in cells]
    taken = {place for place in places if place is not None}
    theirs: list[Hashable] = []
    for number, cell in enumerate(cells):
        place = places[number]
        blank = not cell.source.strip()
        theirs.append(
            ("place", place) if place is not None
            else ("blank", number) if blank
            else print_of(cell.cell_type, without_magic(cell.source)[1])
        )  # fmt: skip
    ours: list[Hashable] = [
        ("place", place) if place in taken else print_of(cell.kind, cell.text)
        for place, cell in enumerate(given)
    ]
    for one, other, size in SequenceMatcher(
        None, theirs, ours, autojunk=False
    ).get_matching_blocks():
        for step in range(size):
            if places[one + step] is None:
                places[one + step] = other + step
    taken = {place for place in places if place is not None}
    # What was moved, or became another kind of cell.
    once = Counter(ours)
    left = {ours[p]: p for p in range(len(given)) if p not in taken and once[ours[p]] == 1}
    for number, cell in enumerate(cells):
        if places[number] is None and cell.source.strip():
            for kind in (cell.cell_type, "code", "markdown"):
                place = left.pop(print_of(kind, cell.source), None)
                if place is not None:
                    places[number] = place
                    break
    return places


def asked_names(given: Sequence[Given], place: int) -> frozenset[str]:
    """The names that the check at a place asks for, as far as its text says."""
    code = read_code(given[place].source) if given[place].kind == "code" else None
    if code is None:
        return frozenset()
    names = set()
    for statement in code.statements:
        for call in ast.walk(statement.node):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
                words = [n for argument in call.args[:1] for n in ast.walk(argument)]
                names |= {str(w.value) for w in words if isinstance(w, ast.Constant)}
    return frozenset(name for name in names if name.isidentifier())


def _by_content(
    cells: Cells, given: Sequence[Given], places: Sequence[int | None]
) -> Iterator[tuple[int, int]]:
    """Cells in which all of one given cell stands, beside what a student added."""
    taken = {place for place in places if place is not None}
    open_ = {
        place: frozenset(key for s in code.statements for key in s.keys)
        for place, cell in enumerate(given)
        if place not in taken and cell.kept and cell.kind == "code"
        if (code := read_code(cell.text)) is not None and code.statements
    }
    if not open_:
        return
    for number, cell in enumerate(cells):
        code = read_code(cell.source) if places[number] is None else None
        if code is None:
            continue
        keys = frozenset(key for s in code.statements for key in s.keys)
        inside = [place for place, needed in open_.items() if needed <= keys]
        if len(inside) == 1:  # of several, all are put back around it
            del open_[inside[0]]
            yield number, inside[0]


def _by_place(
    cells: Cells, given: Sequence[Given], places: Sequence[int | None]
) -> Iterator[tuple[int, int]]:
    """Cells that stand where one is missing, between the same neighbours."""
    for gap, missing in _gaps(given, places):
        waiting = [number for number in gap if cells[number].source.strip()]
        for place in missing:
            cell = given[place]
            if not cell.name:
                continue
            number = _fitting(cells, waiting, given, place)
            if number is not None:
                waiting = waiting[waiting.index(number) + 1 :]
                yield number, place


def _gaps(
    given: Sequence[Given], places: Sequence[int | None]
) -> Iterator[tuple[list[int], list[int]]]:
    """Between two neighbours that are known: a student's cells, and what is missing there."""
    where = {place: number for number, place in enumerate(places) if place is not None}
    missing: list[int] = []
    start = -1
    for place in range(len(given) + 1):
        if place < len(given) and place not in where:
            missing.append(place)
            continue
        end = where.get(place, len(places))
        if missing and start < end:
            yield [n for n in range(start + 1, end) if places[n] is None], missing
        start, missing = end, []


def _fitting(
    cells: Cells, waiting: Sequence[int], given: Sequence[Given], place: int
) -> int | None:
    """Of the cells that wait for a name, the one that this place is most likely for."""
    cell = given[place]
    if cell.kind != "code":
        if cell.kept:
            near = [n for n in waiting if _alike(cells[n].source, cell.text)]
            return near[0] if near else None
        words = [n for n in waiting if cells[n].cell_type == "markdown"]
        words = words or [n for n in waiting if cells[n].cell_type == "raw"]
        return words[0] if words else None
    code = read_code(cell.text)
    names = code.binds if code is not None else frozenset()
    if cell.answer:
        check = next((p for p in range(place + 1, len(given)) if given[p].graded), None)
        names |= asked_names(given, check) if check is not None else frozenset()
    binding = [n for n in waiting if (c := read_code(cells[n].source)) and c.binds & names]
    if binding or cell.kept:
        return binding[0] if binding and not (cell.kept and cell.graded) else None
    codes = [n for n in waiting if cells[n].cell_type == "code"]
    return codes[0] if len(codes) == 1 else None


def _alike(one: str, other: str) -> bool:
    texts = one[:_MOST_COMPARED], other[:_MOST_COMPARED]
    return SequenceMatcher(None, *texts, autojunk=False).ratio() > _NEAR
