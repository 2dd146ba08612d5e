"""Points go to the text that was read, or nowhere, and whoever gave them is told."""

from __future__ import annotations

import json
import math
import sqlite3
from contextlib import closing
from typing import Any

import pytest

from autograder.errors import NotSaved
from autograder.marking.journal import Journal
from autograder.texts import rows, saving
from autograder.texts.rows import Row
from tests.report.classroom import ASSIGNMENT
from tests.texts.conftest import LEFT_ALONE, Room


def rewrite(room: Room, student: str, text: str) -> None:
    """What marking another submission leaves in the copy."""
    path = room.copy(student)
    notebook = json.loads(path.read_text())
    for cell in notebook["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("grade_id") == "analogies":
            cell["source"] = text
    path.write_text(json.dumps(notebook))


def refused(room: Room, student: str, **wanted: Any) -> NotSaved:
    """Why it was not saved; nothing has changed then."""
    before = room.row(student)
    with pytest.raises(NotSaved) as told:
        room.save(student, **wanted)
    assert room.row(student) == before
    return told.value


def test_points_are_saved_and_the_text_waits_no_more(room: Room) -> None:
    row = room.save("ann", points=0.5)
    assert (row.given, row.auto, row.waits) == (0.5, None, False)
    assert room.row("ann") == row
    assert room.row("bob").waits


def test_extra_credit_of_the_formgrader_stays(room: Room) -> None:
    with room.gradebook() as gradebook:
        gradebook.db.get(rows.api.Grade, room.grade("ann")).extra_credit = 0.25
        gradebook.db.commit()
    room.save("ann", points=1)
    with room.gradebook() as gradebook:
        grade = gradebook.db.get(rows.api.Grade, room.grade("ann"))
        assert (grade.manual_score, grade.extra_credit, grade.score) == (1.0, 0.25, 1.25)


def test_points_that_are_taken_back_have_a_person_look_again(room: Room) -> None:
    room.save("ann", points=1)
    assert room.save("ann", points=None).waits
    # nbgrader gave 0 to what was left as released, so nobody need look at that.
    room.save(LEFT_ALONE, points=1)
    assert not room.save(LEFT_ALONE, points=None).waits


def test_an_undo_has_it_wait_with_the_points_of_before(room: Room) -> None:
    room.save("ann", points=1)
    row = room.save("ann", points=0.5, waits=True)
    assert (row.given, row.waits) == (0.5, True)


@pytest.mark.parametrize("points", [1.01, -0.5, 2, math.nan, math.inf, True, "1", [1]])
def test_what_is_no_number_of_points_is_refused(room: Room, points: Any) -> None:
    told = refused(room, "ann", points=points)
    assert told.why == "refused"
    assert "from 0 to 1" in str(told)


def test_comments(room: Room) -> None:
    assert room.save("ann", comment=" Why?\0 ").said == "Why?"
    assert room.row("ann").waits
    assert room.save("ann", comment="").said is None
    assert refused(room, "ann", comment=3).why == "refused"


def test_points_are_not_given_to_a_text_that_nobody_read(room: Room) -> None:
    read = room.seen("ann")
    rewrite(room, "ann", "Another text.")
    told = refused(room, "ann", seen=read, points=1)
    assert told.why == "changed"
    assert "the text is another now" in str(told)
    assert not room.save("ann", points=1).waits


def test_a_second_grader_is_told_of_the_first(room: Room) -> None:
    read = room.seen("ann")
    room.save("ann", points=1)
    told = refused(room, "ann", seen=read, points=0)
    assert told.why == "changed"
    assert "1 of 1" in str(told)
    told = refused(room, "ann", seen=read, comment="Well done.")
    assert told.why == "changed"


def test_of_two_graders_in_the_same_moment_one_is_told(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other comes between the look at the row and its change."""
    of_the_row = saving._points

    def meanwhile(points: Any, row: Row) -> float | None:
        monkeypatch.setattr(saving, "_points", of_the_row)
        room.save("ann", points=0)
        return of_the_row(points, row)

    monkeypatch.setattr(saving, "_points", meanwhile)
    with pytest.raises(NotSaved) as told:
        room.save("ann", points=1)
    assert told.value.why == "changed"
    assert room.row("ann").given == 0


def test_what_was_saved_without_an_answer_is_saved_again(room: Room) -> None:
    """The request came through, and what the server said to it did not."""
    read = room.seen("ann")
    room.save("ann", points=1)
    assert room.save("ann", seen=read, points=1).given == 1


def test_nothing_is_given_while_a_submission_is_marked(room: Room) -> None:
    journal = Journal(room.root, ASSIGNMENT)
    journal.begin("ann")
    told = refused(room, "ann", points=1)
    assert told.why == "busy"
    assert "autograder grade" in str(told)
    journal.finish("ann")
    assert room.save("ann", points=1).given == 1


def test_marking_that_begins_after_the_look_waits_for_the_row(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The row is locked while the journal and the copy are looked at."""
    asked = saving._require_same_text
    said = []

    def look(*about: Any) -> None:
        with closing(sqlite3.connect(room.root / "gradebook.db", timeout=0.1)) as other:
            try:
                other.execute("UPDATE grade SET needs_manual_grade = 1")
            except sqlite3.OperationalError as error:
                said.append(str(error))
        asked(*about)

    monkeypatch.setattr(saving, "_require_same_text", look)
    room.save("ann", points=1)
    assert said == ["database is locked"]


def test_a_gradebook_that_is_written_to_is_tried_again(room: Room) -> None:
    with closing(sqlite3.connect(room.root / "gradebook.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        told = refused(room, "ann", points=1)
        other.execute("ROLLBACK")
    assert told.why == "busy"
    assert room.save("ann", points=1).given == 1


def test_what_is_gone_is_told(room: Room) -> None:
    read, grade = room.seen("ann"), room.grade("ann")
    room.copy("ann").unlink()
    with pytest.raises(NotSaved) as told:
        saving.save(room.course, grade, {"seen": read, "points": 1})
    assert told.value.why == "gone"
    assert room.row("ann").waits
    with pytest.raises(NotSaved) as told:
        saving.save(room.course, "0" * 32, {"seen": read, "points": 1})
    assert told.value.why == "gone"


def test_no_score_of_a_test_cell_can_be_changed_here(room: Room) -> None:
    """Its card is not on the page, so nobody has read what would be overruled."""
    with room.gradebook() as gradebook:
        grade = gradebook.find_grade("f_derivative_check", "01_derivatives", ASSIGNMENT, "ann").id
    with pytest.raises(NotSaved) as told:
        saving.save(room.course, grade, {"seen": "", "points": 1})
    assert told.value.why == "gone"
