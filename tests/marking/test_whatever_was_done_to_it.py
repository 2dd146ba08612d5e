"""Right notebooks, to which editors, students and platforms did what they do: nothing is lost.

Each example of hypothesis is a seed, from which a batch of notebooks is made, as in test_fuzz.py.
"""

from __future__ import annotations

import copy
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from random import Random

from hypothesis import given, note, settings
from hypothesis import strategies as st

from tests.marking.handed_in import (
    ANSWERS,
    GIVEN,
    TEXTS,
    Mended,
    Notebook,
    index_of,
    mended,
    right,
)

SEEDS = st.integers(0, 2**32 - 1)
EXAMPLES, IN_EACH = 700, 3

STUBS = {cell.name: cell.text for cell in GIVEN if cell.answer}
GIVEN_LINES = {" ".join(line.split()) for cell in GIVEN for line in cell.text.split("\n")}
MINE = (
    "y = 2\nprint(f_prime(y))  # to see it",
    "import os.path as where",
    "# a thought of mine about slopes",
    "def helper(value):\n    return value + 1\n\nz = helper(1)",
    "%matplotlib inline",
)
PROSE = ("A note of mine on slopes.", "- one point\n- and another", "Here I *tried* `f_prime`.")

Random_ = Random
Change = Callable[[Notebook, Random_], None]


def _cells(notebook: Notebook) -> list[dict]:
    cells: list[dict] = notebook["cells"]
    return cells


def _name(cell: dict) -> str:
    return cell["metadata"].get("nbgrader", {}).get("grade_id", "")


def _new(kind: str, source: str) -> dict:
    cell = {"cell_type": kind, "metadata": {}, "source": source}
    return {**cell, "outputs": [], "execution_count": None} if kind == "code" else cell


def insert(notebook: Notebook, random: Random) -> None:
    kind = random.choice(("code", "markdown", "raw"))
    source = random.choice(MINE if kind == "code" else PROSE) if random.random() < 0.9 else " "
    _cells(notebook).insert(random.randrange(len(_cells(notebook)) + 1), _new(kind, source))


def move(notebook: Notebook, random: Random) -> None:
    cells = _cells(notebook)
    place = random.randrange(len(cells))
    step = random.choice((-3, -2, -1, 1, 2, 3))
    cells.insert(max(0, min(len(cells) - 1, place + step)), cells.pop(place))


def merge(notebook: Notebook, random: Random) -> None:
    cells = _cells(notebook)
    place = random.randrange(len(cells) - 1)
    above, below = cells[place : place + 2]
    if above["cell_type"] != below["cell_type"]:
        return
    kept = random.choice((above, below))
    both = {**kept, "source": f"{above['source']}\n\n{below['source']}"}
    cells[place : place + 2] = [both]


def split(notebook: Notebook, random: Random) -> None:
    cells = _cells(notebook)
    place = random.randrange(len(cells))
    cell = cells[place]
    lines = cell["source"].split("\n")
    # Where a student may put the cursor without breaking the code.
    cuts = [n for n in range(1, len(lines)) if lines[n][:1] not in ("", " ", ")", "e")]
    if not cuts:
        return
    cut = random.choice(cuts)
    halves = [
        {**copy.deepcopy(cell), "source": "\n".join(part)} for part in (lines[:cut], lines[cut:])
    ]
    if random.random() < 0.6:
        halves[random.randrange(2)]["metadata"] = {}
    cells[place : place + 1] = halves


def retype(notebook: Notebook, random: Random) -> None:
    cell = random.choice([cell for cell in _cells(notebook) if _name(cell)] or _cells(notebook))
    kind = random.choice(("code", "markdown", "raw"))
    for key in ("outputs", "execution_count"):
        cell.pop(key, None)
    cell.update(_new(kind, cell["source"]) | {"metadata": cell["metadata"]})


def strip_all(notebook: Notebook, random: Random) -> None:
    for cell in _cells(notebook):
        cell["metadata"] = {}


def strip_one(notebook: Notebook, random: Random) -> None:
    random.choice(_cells(notebook))["metadata"] = {}


def double(notebook: Notebook, random: Random) -> None:
    place = random.randrange(len(_cells(notebook)))
    _cells(notebook).insert(place + 1, copy.deepcopy(_cells(notebook)[place]))


def delete_given(notebook: Notebook, random: Random) -> None:
    locked = [c for c in _cells(notebook) if c["metadata"].get("nbgrader", {}).get("locked")]
    # Only what holds nothing of the student's by now.
    given = {cell.name: cell.text for cell in GIVEN}
    fine = [cell for cell in locked if cell["source"] == given[_name(cell)]]
    if fine:
        _cells(notebook).remove(random.choice(fine))


def add_lines(notebook: Notebook, random: Random) -> None:
    locked = [c for c in _cells(notebook) if c["metadata"].get("nbgrader", {}).get("locked")]
    if not locked:
        return
    cell = random.choice(locked)
    mine = random.choice(MINE if cell["cell_type"] == "code" else PROSE)
    parts = [mine, cell["source"]] if random.random() < 0.5 else [cell["source"], mine]
    cell["source"] = random.choice(("\n", "\n\n")).join(parts)


def answer_elsewhere(notebook: Notebook, random: Random) -> None:
    """Into the check, into the given cell before, or into a cell of its own; the stub stays."""
    exercise = random.choice(list(ANSWERS))
    names = {_name(cell) for cell in _cells(notebook)}
    if not {exercise, f"{exercise}_check"} <= names:
        return
    cell = _cells(notebook)[index_of(notebook, exercise)]
    if cell["source"] != ANSWERS[exercise]:
        return
    cell["source"] = STUBS[exercise]
    check = index_of(notebook, f"{exercise}_check")
    match random.randrange(4):
        case 0:
            text = _cells(notebook)[check]["source"]
            parts = (
                [ANSWERS[exercise], text] if random.random() < 0.5 else [text, ANSWERS[exercise]]
            )
            _cells(notebook)[check]["source"] = "\n\n".join(parts)
        case 1:
            _cells(notebook).insert(check, _new("code", ANSWERS[exercise]))
        case 2:
            _cells(notebook).insert(check + 1, _new("code", ANSWERS[exercise]))
        case _:
            _cells(notebook).insert(check, _new("markdown", ANSWERS[exercise]))


def text_elsewhere(notebook: Notebook, random: Random) -> None:
    name = random.choice(list(TEXTS))
    if name not in {_name(cell) for cell in _cells(notebook)}:
        return
    place = index_of(notebook, name)
    if _cells(notebook)[place]["source"] != TEXTS[name]:
        return
    _cells(notebook)[place]["source"] = STUBS[name]
    beside = place + random.randrange(2)
    kind = random.choice(("markdown", "raw", "code"))
    text = TEXTS[name] if kind != "code" else f"# {TEXTS[name]}"
    _cells(notebook).insert(beside, _new(kind, text))


def lay_out(notebook: Notebook, random: Random) -> None:
    change = random.choice(
        (
            lambda text: text.replace("\n", "\r\n"),
            lambda text: f"{text}\n",
            lambda text: text.replace("\n", "  \n"),
            lambda text: f"\n{text}\n\n",
        )
    )
    for cell in _cells(notebook):
        cell["source"] = change(cell["source"])


CHANGES: tuple[Change, ...] = (
    insert, move, merge, split, retype, strip_all, strip_one, double, delete_given, add_lines,
    answer_elsewhere, text_elsewhere, lay_out,
)  # fmt: skip
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "cp1252")


def assert_nothing_is_lost(notebook: Notebook, found: Mended) -> None:
    there = {" ".join(line.split()) for line in found.text.split("\n")}
    for cell in _cells(notebook):
        for line in cell["source"].replace("\r\n", "\n").split("\n"):
            line = " ".join(line.split())
            assert line in there or line in GIVEN_LINES, f"{line!r} is in no cell"
    names = [_name(cell) for cell in found.notebook.cells if _name(cell)]
    assert len(names) == len(set(names))
    for cell in GIVEN:
        if cell.returns:
            assert found.cell(cell.name).metadata["nbgrader"] == cell.about
            assert not cell.kept or found.cell(cell.name).source == cell.source
    found.run()
    for exercise in ANSWERS:
        assert found.is_right(exercise) or f"{exercise}_check" in found.ask, exercise
    for name in TEXTS:
        assert found.cell(name).source != STUBS[name] or name in found.ask, name
    for reason in found.ask.values():
        assert reason in found.notes or any(reason.startswith(note) for note in found.notes)


@settings(max_examples=EXAMPLES)
@given(SEEDS)
def test_a_right_notebook_is_right_or_a_person_is_asked(seed: int) -> None:
    random = Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(IN_EACH):
            notebook = right()
            done = [random.choice(CHANGES) for _ in range(random.choice((1, 1, 2, 3)))]
            for change in done:
                change(notebook, random)
            encoding = random.choice(ENCODINGS)
            content = json.dumps(notebook, ensure_ascii=False).encode(encoding)
            found = mended(content, Path(folder))
            note(f"{[change.__name__ for change in done]} {encoding}")
            note(json.dumps(notebook, indent=1))
            note(json.dumps(found.notebook, indent=1))
            assert_nothing_is_lost(notebook, found)


def test_an_answer_below_its_check_that_a_stub_undoes_is_for_a_person(tmp_path: Path) -> None:
    notebook = right()
    cells = _cells(notebook)
    stub = cells.pop(index_of(notebook, "slope"))
    stub["source"] = STUBS["slope"]
    check = index_of(notebook, "slope_check")
    cells[check + 1 : check + 1] = [_new("code", ANSWERS["slope"]), stub]
    found = mended(json.dumps(notebook).encode(), tmp_path)
    assert_nothing_is_lost(notebook, found)
    assert "slope_check" in found.ask
