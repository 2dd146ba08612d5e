"""The pictures of the documentation, taken anew: what students, graders and instructors see.

    make screenshots

pytest runs it, since the fixtures of the tests in a browser start what is to be seen. The class is
the sample class, marked in a course directory of its own.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from nbgrader.api import Gradebook
from PIL import Image
from playwright.sync_api import Locator, Page

from autograder.demo.classroom import ASSIGNMENT, Classroom
from autograder.demo.students import SampleStudent, load_students
from autograder.feedback.pictures import draw
from tests.browser.conftest import COURSE_ID, Lab, Person, command
from tests.corpus import load
from tests.test_corpus import marked

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs" / "pictures"
PATIENCE = 900  # seconds for a command; the first marking on a machine also compiles
LIMIT = 150_000  # bytes: a picture is fetched with every look at its page
WIDTH = 1280


def sample() -> list[SampleStudent]:
    """The sample class, whose ids say no longer what is wrong with each."""
    students = load_students(ROOT / "sample_class")
    return [replace(s, student_id=s.student_id.partition("_")[0]) for s in students]


@pytest.fixture(scope="module")
def instructor(tmp_path_factory: pytest.TempPathFactory) -> Person:
    """Somebody whose class has been marked, with its feedback pages and its report."""
    home = tmp_path_factory.mktemp("screenshots") / "course"
    classroom = Classroom.set_up(home, ROOT)
    classroom.generate()
    students = sample()
    classroom.hand_in(students)
    for number, student in enumerate(students):
        folder = home / "submitted" / student.student_id / ASSIGNMENT
        hour, minute = divmod(9 * 60 + 17 * number, 60)
        (folder / "timestamp.txt").write_text(f"2026-03-02 {hour:02}:{minute:02}:00 UTC")
    with Gradebook(f"sqlite:///{home / 'gradebook.db'}", COURSE_ID) as gradebook:
        for student in students:  # whom the formgrader would else call "None, None"
            number = student.student_id.removeprefix("student")
            gradebook.update_or_create_student(
                student.student_id, first_name=number, last_name="Student"
            )
    classroom.mark(students)
    classroom.report()
    return Person(home, home, PATIENCE)


@pytest.fixture
def sheet(page: Page) -> Page:
    """A page that asks nobody but this machine: the others are all asked by https."""
    page.route(re.compile("^https:"), lambda route: route.abort())
    return page


def keep(page: Page, name: str, top: float, bottom: float) -> None:
    """Write what the window shows between two heights, in few colours."""
    clip = {"x": 0, "y": top, "width": WIDTH, "height": bottom - top}
    shot = Image.open(io.BytesIO(page.screenshot(clip=clip))).convert("RGB")
    path = PICTURES / f"{name}.png"
    path.parent.mkdir(exist_ok=True)
    shot.quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)
    assert path.stat().st_size < LIMIT, f"{path} is too large: crop it"


def bottom_of(part: Locator) -> float:
    """Where a part ends in the window."""
    box = part.bounding_box()
    assert box is not None
    return box["y"] + box["height"]


def picture_of_a_check(
    sheet: Page, instructor: Person, start_lab: Callable[[Person], Lab], tmp_path: Path
) -> None:
    """JupyterLab after a student ran the test cell below a wrong answer."""
    student = Person(tmp_path / "home", instructor.home, PATIENCE)
    wrong = next(s for s in sample() if s.student_id == "student06")
    wrong.hand_in(instructor.home / "release" / ASSIGNMENT, student.home)
    lab = start_lab(student)
    sheet.goto(lab.url("lab/tree/01_derivatives.ipynb?reset"))
    sheet.get_by_role("heading", name="which way is down").wait_for()
    sheet.wait_for_function("window.jupyterapp !== undefined")
    command(sheet, "application:toggle-left-area")
    command(sheet, "application:toggle-side-tabbar", side="left")
    command(sheet, "application:toggle-side-tabbar", side="right")
    command(sheet, "statusbar:toggle")
    test = sheet.locator(".jp-CodeCell", has_text='check.gradient("f_prime"').first
    test.locator(".cm-content").first.click()
    command(sheet, "notebook:run-all-above")
    command(sheet, "notebook:run-cell")
    card = test.locator(".autograder-card")
    card.locator("img").wait_for()
    command(sheet, "docmanager:save")
    sheet.set_viewport_size({"width": WIDTH, "height": 1000})
    answer = sheet.locator(".jp-CodeCell", has_text="def f_prime").first
    answer.evaluate("cell => cell.scrollIntoView()")
    sheet.mouse.move(0, 0)
    keep(sheet, "check", 0, bottom_of(card) + 2)


def picture_of_a_feedback_page(sheet: Page, instructor: Person) -> None:
    """The page that a student gets back, from the table to the first card."""
    path = instructor.home / "feedback" / "student06" / ASSIGNMENT / "01_derivatives.html"
    sheet.goto(path.as_uri())
    sheet.set_viewport_size({"width": WIDTH, "height": 1100})
    card = sheet.locator(".autograder-card", has_text="f_prime").first
    keep(sheet, "feedback", 0, bottom_of(card) + 8)


def picture_of_the_formgrader(
    sheet: Page, instructor: Person, start_lab: Callable[[Person], Lab]
) -> None:
    """The submissions with their marks."""
    lab = start_lab(instructor)
    sheet.goto(lab.url("lab"))  # logs in
    sheet.goto(lab.url(f"formgrader/manage_submissions/{ASSIGNMENT}"))
    sheet.get_by_role("link", name="Student, 15").wait_for()
    keep(sheet, "formgrader", 0, bottom_of(sheet.locator("table")) + 16)


def picture_of_the_report(sheet: Page, instructor: Person) -> None:
    """The class at a glance."""
    sheet.goto((instructor.home / f"report_{ASSIGNMENT}.html").as_uri())
    sheet.set_viewport_size({"width": WIDTH, "height": 1600})
    keep(sheet, "report", 0, bottom_of(sheet.locator("figure").last))


def picture_of_a_walk() -> None:
    """A student's own walk, replayed: uphill, onto a saddle."""
    case = next(c for c in load() if c.exercise == "goldfield_minimum" and c.title == "plus")
    (verdict,) = marked(case).verdicts
    picture = draw(verdict)
    assert picture is not None
    (PICTURES / "replay.svg").write_bytes(picture.svg)
