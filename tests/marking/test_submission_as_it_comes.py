"""Whatever a student hands in has a defined outcome, in words, and for this student alone."""

from __future__ import annotations

import html
from dataclasses import dataclass
from pathlib import Path

import pytest

from autograder.marking.record import read_record
from tests.marking import small_course as small
from tests.marking.small_course import COSTLY, FIRST, HARMLESS, SECOND, UNREADABLE

FULL = {"slope": (2.0, False), "lowest": (1.0, False), "why": (None, True)}
NOTHING = dict.fromkeys(FULL, (0.0, False))
LOOK_AT = dict.fromkeys(FULL, (None, True))
NO_SLOPE = {**FULL, "slope": (0.0, False)}
LOOK_AT_SLOPE = {**FULL, "slope": (None, True)}

# What is missing is missing; of a manual exercise that was deleted the rest is the student's, too.
COSTS = {
    "answer deleted": NO_SLOPE,
    "answer and check deleted": NO_SLOPE,
    "first cells deleted": {**NO_SLOPE, "lowest": (1.0, False)},
    "manual deleted": {**FULL, "why": (0.0, False)},
    "all deleted": NOTHING,
    "reordered": LOOK_AT | {"why": (None, True)},
    "check first": LOOK_AT_SLOPE,
    "source a number": NO_SLOPE,
    "missing notebook": NOTHING,
    "no notebook": NOTHING,
    "answer below its check": LOOK_AT_SLOPE,
    "text in a new cell": FULL,
}

# What the note at the top of the autograded copy says.
SAYS = {
    "honest": None,
    "Анна Каренина": None,
    "nbformat 3": None,
    "another kernel": None,
    "50 MB": None,
    "check deleted": "The check of `slope` was missing; it was put back.",
    "given deleted": "The cell `given_f` was missing; it was put back.",
    "carriage returns": None,
    "from Colab": None,
    "a copy in Colab": "handed in as `Copy of slopes.ipynb`; it was marked as `slopes.ipynb`.",
    "from Colab without names": "cells had lost the names by which they are known",
    "UTF-16": None,
    "check edited": "What you added to the check of `slope` was run in a cell of its own",
    "given edited": "The cell `given_f` counts as it was given; what stood in its place is shown",
    "import in a given cell": "What you added to the cell `given_f` was run in a cell of its own",
    "answer in its check": "What you added to the check of `slope` was run in a cell of its own",
    "without metadata": "cells had lost the names by which they are known",
    "answer below its check": "`slope` is defined again further down, after this check.",
    "text in a new cell": "there are words of yours that may be for it; a person will read them.",
    "check twice": "The check of `slope` is there 2 times; the last counts.",
    "manual twice": "The cell `why` is there 2 times; all of them are read as one.",
    "check retyped": "In the check of `slope` the kind had been changed",
    "more points": "In the check of `slope` the points had been changed",
    "id changed": "A cell has a name that is not of this assignment",
    "new graded cell": "A cell has a name that is not of this assignment",
    "a cell of nothing": "was no cell; it is left empty.",
    "answer deleted": "The cell `slope`, for an answer, is missing.",
    "manual deleted": "The cell `why` was missing; it was put back.",
    "reordered": "The cells are not in the order of the assignment",
    "missing notebook": "This notebook was not handed in.",
    "renamed notebook": "This notebook was handed in as `slopes (1).ipynb`; it was marked as",
    "no notebook": "This notebook was not handed in.",
    "not JSON": "The file is not a notebook (JSON), line 1.",
    "not UTF-8": "The file is not UTF-8 text.",
    "empty file": "The file is empty.",
    "a list": "The file is not a notebook: it holds no cells.",
    "no cells": "The file is not a notebook: it holds no cells.",
    "nested": "The file is not a notebook (JSON).",
    "a million lists": "The file holds more than any notebook does.",
    "70 MB": "The file has 70 MB; at most 64 MB are read.",
    "a linked notebook": "In place of the notebook there is a link to another file.",
    "a folder for a notebook": "In place of the notebook there is no ordinary file.",
    "a pipe for a notebook": "In place of the notebook there is no ordinary file.",
}


@dataclass(frozen=True)
class Marked:
    """The class after one `nbgrader autograde`."""

    root: Path
    said: str
    status: int
    submitted_before: dict[str, str]


@pytest.fixture(scope="module")
def marked(course: Path, tmp_path_factory: pytest.TempPathFactory) -> Marked:
    root = tmp_path_factory.mktemp("small")
    small.make(root, course)
    for submission in HARMLESS:
        small.hand_in(root, submission, second=False)
    for submission in (*COSTLY, *UNREADABLE):
        small.hand_in(root, submission)
    before = small.fingerprint(root / "submitted")
    done = small.typed(root, "nbgrader", "autograde", small.ASSIGNMENT)
    return Marked(root, done.stdout + done.stderr, done.returncode, before)


def note(root: Path, student: str, name: str = FIRST) -> str | None:
    first = small.autograded(root, student, name).cells[0].source
    return first if first.startswith("**This notebook as it was handed in**") else None


def first_marks(root: Path, student: str) -> dict[str, tuple[float | None, bool]]:
    marks = small.marks(root, student)
    return {name: marks[name] for name in small.NOTEBOOKS[FIRST]}


def test_the_run_goes_through(marked: Marked) -> None:
    assert marked.status == 0, marked.said[-3000:]
    everyone = len(HARMLESS) + len(COSTLY) + len(UNREADABLE)
    assert f"{everyone} submission(s) marked." in marked.said


@pytest.mark.parametrize("submission", HARMLESS, ids=lambda s: s.student)
def test_what_costs_nothing(marked: Marked, submission: small.Submission) -> None:
    assert first_marks(marked.root, submission.student) == FULL


@pytest.mark.parametrize("submission", COSTLY, ids=lambda s: s.student)
def test_what_is_missing_costs_itself_alone(marked: Marked, submission: small.Submission) -> None:
    student = submission.student
    assert first_marks(marked.root, student) == COSTS[student]
    second = 0.0 if student == "no notebook" else 2.0
    assert small.marks(marked.root, student)["cubed_slope"] == (second, False)


@pytest.mark.parametrize("submission", UNREADABLE, ids=lambda s: s.student)
def test_what_cannot_be_read_earns_nothing_and_is_for_a_person_to_look_at(
    marked: Marked, submission: small.Submission
) -> None:
    student = submission.student
    assert first_marks(marked.root, student) == LOOK_AT
    assert small.marks(marked.root, student)["cubed_slope"] == (2.0, False)
    for cell in small.autograded(marked.root, student).cells:
        record = read_record(cell)
        if record is not None:
            assert [v.misconception for v in record["verdicts"]] == ["unreadable"]
            assert record["score"] == 0


@pytest.mark.parametrize("student", SAYS)
def test_what_was_found_is_said(marked: Marked, student: str) -> None:
    said = note(marked.root, student)
    expected = SAYS[student]
    if expected is None:
        assert said is None
    else:
        assert said is not None
        assert expected in said


@pytest.mark.parametrize("student", [s for s, marks in COSTS.items() if marks == LOOK_AT_SLOPE])
def test_a_card_calls_nothing_wrong_that_waits_for_a_person(marked: Marked, student: str) -> None:
    copy = small.autograded(marked.root, student)
    records = {cell.metadata.get("nbgrader", {}).get("grade_id"): cell for cell in copy.cells}
    record = read_record(records["slope_check"])
    assert record is not None
    (verdict,) = record["verdicts"]
    assert verdict.outcome == "unjudged"
    assert verdict.fact.endswith("that comes too late; a person will look.")
    assert "not right" not in str(records["slope_check"].outputs)


def test_nothing_is_said_of_what_is_in_order(marked: Marked) -> None:
    for submission in UNREADABLE:
        assert note(marked.root, submission.student, SECOND) is None


def test_originals_are_as_they_were(marked: Marked) -> None:
    assert small.fingerprint(marked.root / "submitted") == marked.submitted_before


def test_no_link_leads_into_the_autograded_copy(marked: Marked) -> None:
    copies = marked.root / "autograded"
    assert not [path for path in copies.rglob("*") if path.is_symlink()]
    solution = (marked.root / "source" / small.ASSIGNMENT / f"{FIRST}.ipynb").read_bytes()
    copied = [path for path in copies.rglob("*") if path.is_file()]
    assert len(copied) > len(HARMLESS)
    assert not [p for p in copied if p.read_bytes() == solution or b"SQLite" in p.read_bytes()[:9]]
    assert {path.name for path in (copies / "links" / small.ASSIGNMENT).iterdir()} == {
        "data.csv",
        f"{FIRST}.ipynb",
        f"{SECOND}.ipynb",
    }


def test_an_unknown_notebook_is_not_marked(marked: Marked) -> None:
    assert not (
        marked.root / "autograded/extra notebook" / small.ASSIGNMENT / "notes.ipynb"
    ).exists()
    assert "Skipping unknown notebook" in marked.said


def test_feedback_is_made_of_all_and_gives_the_reason(marked: Marked) -> None:
    api = small.api(marked.root)
    for student in ("not JSON", "missing notebook", "Анна Каренина"):
        said = api.generate_feedback(small.ASSIGNMENT, student)
        assert said["success"], said.get("error", said["log"])
        page = marked.root / "feedback" / student / small.ASSIGNMENT / f"{FIRST}.html"
        expected = SAYS[student] or "2.0"
        assert expected in html.unescape(page.read_text(encoding="utf-8"))


def test_the_second_marking_of_one_student_finds_a_name_that_is_a_pattern(marked: Marked) -> None:
    said = small.api(marked.root).autograde(small.ASSIGNMENT, "o'brien [2] & co")
    assert said["success"], said["log"]
    assert "1 submission(s) marked." in said["log"]
