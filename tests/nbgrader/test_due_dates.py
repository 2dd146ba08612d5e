"""When an assignment is due, and when work came in, in whatever zone that is written."""

from __future__ import annotations

import datetime
import os
from pathlib import Path

import pytest
from nbgrader import utils
from nbgrader.apps import api, zipcollectapp
from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange.default import collect

from autograder.nbgrader.converter import install
from autograder.report.gather import gather
from autograder.report.page import render
from tests.marking import small_course as small

DUE = datetime.datetime(2026, 10, 25, 22, 59)


@pytest.mark.parametrize(
    "written",
    [
        "2026-10-25 23:59 Europe/Berlin",  # the clocks went back that morning
        "2026-10-25 23:59 +0100",  # as nbgrader's formgrader writes it
        "2026-10-25 23:59:00 +01:00",
        "2026-10-25T23:59:00 +0100",
        "2026-10-25 17:29 -0530",
        "2026-10-25 19:59 -03",  # as `%Z` has it of places whose zone has no letters
        "2026-10-25 22:59 +0000",
        "2026-10-25 22:59 UTC",
        "2026-10-25 22:59",
        DUE,
    ],
)
def test_a_time_is_what_is_written(written: str | datetime.datetime) -> None:
    """nbgrader takes +0100 for a hundred seconds (case B18)."""
    install()
    assert utils.parse_utc(written) == DUE
    assert api.parse_utc(written) == DUE
    assert zipcollectapp.parse_utc(written) == DUE
    assert collect.parse_utc(written) == DUE


def test_the_time_of_a_submission_is_read_in_its_zone(tmp_path: Path) -> None:
    """Where nbgrader had taken its function by name, it was its own (0.9.6, coursedir.py)."""
    install()
    (tmp_path / "timestamp.txt").write_text("2026-10-25 23:59:00 +0100")
    assert CourseDirectory(root=str(tmp_path)).get_existing_timestamp(str(tmp_path)) == DUE


def test_no_time_is_none() -> None:
    install()
    assert utils.parse_utc(None) is None
    with pytest.raises(ValueError, match="soon"):
        utils.parse_utc("soon +0100")


def test_what_is_handed_in_again_unchanged_is_said_to_be(course: Path, tmp_path: Path) -> None:
    """A student sends the same files once more, after the deadline (case B18 d)."""
    small.make(tmp_path, course)
    with small.gradebook(tmp_path) as gradebook:
        gradebook.update_or_create_assignment(small.ASSIGNMENT, duedate="2026-01-10 12:00:00")
    folder = small.hand_in(tmp_path, small.UNREADABLE[0], second=False)
    student = small.UNREADABLE[0].student
    the_course = CourseDirectory(root=str(tmp_path), course_id=small.COURSE_ID)

    def handed_in(when: str) -> tuple[float, datetime.datetime | None, str]:
        (folder / "timestamp.txt").write_text(when)
        said = small.api(tmp_path).autograde(small.ASSIGNMENT, student)
        assert said["success"], said["log"]
        data = gather(the_course, small.ASSIGNMENT)
        (paper,) = (p for p in data.papers if p.student == student)
        return paper.late, paper.unchanged_since, render(data, tmp_path, tmp_path / "report.html")

    in_time = datetime.datetime(2026, 1, 10, 11, 0)
    words = "handed in again, unchanged: the same work came on 2026-01-10 11:00 UTC, in time"
    late, since, page = handed_in("2026-01-10 11:00:00 UTC")
    assert (late, since, words in page) == (0.0, None, False)
    late, since, page = handed_in("2026-01-10 15:00:00 UTC")
    assert (late, since, words in page) == (3 * 3600.0, in_time, True)
    late, since, page = handed_in("2026-01-10 16:00:00 UTC")
    assert (late, since, words in page) == (4 * 3600.0, in_time, True)
    (folder / "more.txt").write_text("what was missing")
    late, since, page = handed_in("2026-01-10 17:00:00 UTC")
    assert (late, since, words in page) == (5 * 3600.0, None, False)


@pytest.mark.parametrize("when", ["2199-06-01 12:00:00 UTC", "9999-12-31 23:59:59 UTC"])
def test_work_from_the_future_is_late_and_marked(course: Path, tmp_path: Path, when: str) -> None:
    """A clock that is wrong, or a student who tries what comes of it."""
    small.make(tmp_path, course)
    with small.gradebook(tmp_path) as gradebook:
        gradebook.update_or_create_assignment(small.ASSIGNMENT, duedate="2026-01-10 12:00:00")
    honest = small.UNREADABLE[0]
    folder = small.hand_in(tmp_path, honest, second=False)
    (folder / "timestamp.txt").write_text(when)
    for path in folder.iterdir():
        os.utime(path, (6e9, 6e9))  # the files themselves are from 2160
    for _ in range(2):  # and once more, when there is a copy that is older than it
        said = small.api(tmp_path).autograde(small.ASSIGNMENT, honest.student)
        assert said["success"], said["log"]
    data = gather(CourseDirectory(root=str(tmp_path), course_id=small.COURSE_ID), small.ASSIGNMENT)
    (paper,) = (p for p in data.papers if p.student == honest.student)
    assert paper.late > 170 * 365 * 24 * 3600
    assert honest.student in render(data, tmp_path, tmp_path / "report.html")


def test_a_time_beyond_all_times_is_told_and_costs_nobody_else(
    course: Path, tmp_path: Path
) -> None:
    small.make(tmp_path, course)
    spoilt, other = small.UNREADABLE[:2]
    folder = small.hand_in(tmp_path, spoilt, second=False)
    (folder / "timestamp.txt").write_text("9999-12-31 23:59:59 -1200")  # in UTC, the year 10000
    small.hand_in(tmp_path, other, second=False)
    said = small.api(tmp_path).autograde(small.ASSIGNMENT, spoilt.student)
    assert not said["success"]
    assert "timestamp.txt is no time stamp of nbgrader's: mend it or delete it" in said["log"]
    assert small.api(tmp_path).autograde(small.ASSIGNMENT, other.student)["success"]
