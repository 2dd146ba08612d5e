"""One class of every kind of student, for all tests of the report."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from autograder.checks.verdict import Verdict
from autograder.report.data import ClassData
from autograder.report.gather import gather
from tests.report.classroom import ASSIGNMENT, Classroom, error_output, work

HOSTILE_ID = "<img src=x onerror=alert(1)>\"'&"
HOSTILE_NAME = "</table><script>alert('name')</script>"
HOSTILE_WORDS = "<script>alert('fact')</script><a href=javascript:alert(2)>"
USUAL = [f"learner{i:02d}" for i in range(20)]
UNREADABLE = {"notes": [], "unreadable": HOSTILE_WORDS, "review": True}
ABSENT = {"notes": [], "unreadable": "This notebook was not handed in.", "review": False}


def _nobody(verdicts: dict[str, list[Verdict]], misconception: str) -> dict[str, list[Verdict]]:
    """The same answers, none of them there."""
    return {
        exercise: [Verdict(v.answer, "wrong", 0.0, "None.", "", misconception) for v in found]
        for exercise, found in verdicts.items()
    }


def _stopped(name: str, notebook: dict[str, Any]) -> None:
    if name == "02_minima":
        cell = next(c for c in notebook["cells"] if c["cell_type"] == "code")
        cell["outputs"] = [error_output("KernelLost", HOSTILE_WORDS)]


@pytest.fixture(scope="session", autouse=True)
def _alembic() -> Iterator[None]:
    """nbgrader makes a gradebook with a command that lies beside this Python."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", os.path.dirname(sys.executable), prepend=os.pathsep)
        yield


@pytest.fixture(scope="session")
def room(tmp_path_factory: pytest.TempPathFactory) -> Classroom:
    room = Classroom.make(tmp_path_factory.mktemp("course"))
    with room.gradebook() as gradebook:
        for number, student in enumerate(USUAL):
            room.mark(gradebook, student, work(number), hours_late=number - 17.5)
        odd = work(5)
        odd["f_derivative"] = [
            replace(v, outcome="wrong", share=0.0, misconception=None, fact=HOSTILE_WORDS)
            for v in odd["f_derivative"]
        ]
        room.mark(gradebook, HOSTILE_ID, odd, spoil=_stopped)
        gradebook.update_or_create_student(HOSTILE_ID, first_name=HOSTILE_NAME)
        late = {"late_one": 30.0, "in_grace": 0.0}
        room.mark(
            gradebook, "late_one", work(3), hours_late=late["late_one"], isolation="unsandboxed"
        )
        gradebook.find_submission_notebook(
            "01_derivatives", ASSIGNMENT, "late_one"
        ).late_submission_penalty = 2.5
        endless = work(4)
        endless["descent_routine"] = [
            Verdict("gradient_descent", "wrong", 0.0, "It had not returned.", "", "never_returns")
        ]
        room.mark(gradebook, "endless", endless, feedback=False, isolation="locked")
        room.mark(
            gradebook,
            "broken_file",
            {**work(2), **_nobody(work(2), "unreadable")},
            metadata={"02_minima": UNREADABLE, "03_goldfield": ABSENT},
        )
        # A person gives full marks where the machine gave none, and reads a text.
        submission = gradebook.find_submission(ASSIGNMENT, "endless")
        for notebook in submission.notebooks:
            for grade in notebook.grades:
                if grade.name == "descent_routine_check":
                    grade.manual_score, grade.needs_manual_grade = 3.0, False
                if grade.name == "analogies":
                    grade.manual_score, grade.needs_manual_grade = 0.5, False
                    grade.extra_credit = 0.25
        confirmed = gradebook.find_grade(
            "waves_minimum_check", "03_goldfield", ASSIGNMENT, "learner03"
        )
        confirmed.manual_score = confirmed.auto_score
        # A mark that is not the one in the copy.
        wrong = gradebook.find_grade(
            "f_derivative_check", "01_derivatives", ASSIGNMENT, "learner00"
        )
        wrong.auto_score = 0.125
        gradebook.db.commit()
    room.enrol("absentee", first_name="Ada", last_name="Example")
    room.hand_in("newcomer")
    room.remember_run(
        {
            "version": 1,
            "assignment": ASSIGNMENT,
            "began": "2026-03-03T08:00:00+00:00",
            "seconds": 95.0,
            "workers": 2,
            "isolation": "sandboxed",
            "way": "cold: learner00 had no /proc",
            "marked": 23,
            "reused": 2,
            "unchanged": 1,
            "faults": {"newcomer": f"no sandbox for newcomer {HOSTILE_WORDS}"},
            "submissions": {
                student: {"seconds": 4.0 + i, "parts": {"cells": 3.0, "kernel": 1.0 + i}}
                for i, student in enumerate(USUAL)
            },
        }
    )
    return room


@pytest.fixture(scope="session")
def data(room: Classroom) -> ClassData:
    return gather(room.course, ASSIGNMENT)
