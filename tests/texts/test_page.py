"""What is on the page: every text, once, with its question, and nobody's name."""

from __future__ import annotations

import base64
import hashlib
import json
import re

import pytest
from click.testing import CliRunner

from autograder.cli import main
from autograder.errors import ReportError
from autograder.feedback.press import Press
from autograder.texts.gather import Class, gather
from autograder.texts.page import CONTENT_SECURITY_POLICY, render
from tests.report.classroom import ASSIGNMENT
from tests.texts.conftest import CELL, LEFT_ALONE, WROTE, Room


@pytest.fixture(scope="module")
def press() -> Press:
    return Press()


def page_of(found: Class, press: Press, *, named: bool = False) -> str:
    return render(found, press, named=named, api="/api/", xsrf="", formgrader="/formgrader")


def test_equal_texts_stand_together_and_blank_ones_apart(room: Room) -> None:
    (exercise, other) = gather(room.course, ASSIGNMENT).exercises
    assert (exercise.cell, other.cell) == (CELL, "knobs")
    students = [entry.row.student for entry in exercise.entries]
    assert sorted(students) == sorted(WROTE)
    assert [row.student for row in exercise.blank] == [LEFT_ALONE]
    assert [entry.number for entry in exercise.entries] == [1, 2, 3, 4, 5]
    assert students[-1] == "emil"  # who left blanks
    (equal,) = (entry for entry in exercise.entries if entry.same_as)
    first = exercise.entries[equal.number - 2]
    assert equal.same_as == first.number
    assert {equal.row.student, first.row.student} == {"bob", "cleo"}


def test_the_question_is_the_sources(room: Room, press: Press) -> None:
    (exercise, _) = gather(room.course, ASSIGNMENT).exercises
    assert exercise.question.title == "one of your own"
    assert exercise.question.model is not None
    page = page_of(gather(room.course, ASSIGNMENT), press)
    assert page.count("Describe an optimisation problem from your own life") == 1
    assert page.count("On Saturdays I bake bread. My levers") == 1  # the instructor's own


def test_without_the_source_it_is_the_releases(room: Room) -> None:
    source = room.root / "source" / ASSIGNMENT / "01_derivatives.ipynb"
    release = room.root / "release" / ASSIGNMENT / source.name
    release.parent.mkdir(parents=True)
    source.rename(release)
    (exercise, _) = gather(room.course, ASSIGNMENT).exercises
    assert exercise.question.title == "one of your own"
    assert exercise.question.model is None
    release.write_text("{}")
    (exercise, _) = gather(room.course, ASSIGNMENT).exercises
    assert exercise.question.title == CELL


def test_nobody_is_named_until_it_is_asked_for(room: Room, press: Press) -> None:
    found = gather(room.course, ASSIGNMENT)
    page = page_of(found, press)
    names = (*WROTE, LEFT_ALONE, "Example")
    assert not [name for name in names if re.search(rf"\b{name}\b", page)]
    named = page_of(found, press, named=True)
    assert not [name for name in names if not re.search(rf"\b{name}\b", named)]


def test_a_students_markup_is_cleaned_and_one_script_runs(room: Room, press: Press) -> None:
    page = page_of(gather(room.course, ASSIGNMENT), press)
    assert "hacked" not in page
    (script,) = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in CONTENT_SECURITY_POLICY
    assert "<math" in page  # of a formula in a student's text


def test_why_a_person_is_asked_stands_above_the_text(room: Room, press: Press) -> None:
    path = room.copy("ann")
    notebook = json.loads(path.read_text())
    notebook["metadata"]["autograder"] = {"ask": {CELL: "The text may stand <below>."}}
    path.write_text(json.dumps(notebook))
    assert "The text may stand &lt;below&gt;." in page_of(gather(room.course, ASSIGNMENT), press)


def test_what_is_not_on_the_page_is_counted(room: Room, press: Press) -> None:
    room.copy("ann").write_text("no notebook")
    with room.gradebook() as gradebook:
        grade = gradebook.find_grade("f_derivative_check", "01_derivatives", ASSIGNMENT, "bob")
        grade.needs_manual_grade = True
        gradebook.db.commit()
    found = gather(room.course, ASSIGNMENT)
    assert (found.without_copy, found.others) == (1, 1)
    page = page_of(found, press)
    assert "1 more answer has no marked copy" in page
    assert "1 other answer waits for a person" in page


def test_an_assignment_without_texts_is_told(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ReportError, match="no assignment 'week_9'"):
        gather(room.course, "week_9")
    with room.gradebook() as gradebook:
        gradebook.add_assignment("week_9")
    monkeypatch.chdir(room.root)
    said = CliRunner().invoke(main, ["texts", "week_9", "--no-browser"])
    assert said.exit_code == 1
    assert "No text of week_9 has been marked" in said.output


def test_on_a_hub_the_page_is_where_the_formgrader_is(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(room.root)
    monkeypatch.setenv("JUPYTERHUB_SERVICE_PREFIX", "/user/ada/")
    said = CliRunner().invoke(main, ["texts", ASSIGNMENT])
    assert said.exit_code == 0
    assert f"/user/ada/formgrader/texts/{ASSIGNMENT}" in said.output
