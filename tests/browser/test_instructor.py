"""An instructor's term in the formgrader, by its buttons, to the page that the student gets."""

from __future__ import annotations

import os
import pwd
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook
from playwright.sync_api import FrameLocator, Locator, Page, expect

from autograder.demo.students import load_students

from .conftest import (
    ASSIGNMENT,
    COURSE_ID,
    NOTEBOOK,
    PATIENCE,
    PATIENCE_AT_TERMINAL,
    Lab,
    Person,
    command,
)

pytestmark = pytest.mark.timeout(1500)

MARKING = 600_000  # milliseconds: on a new machine, what is common is compiled first
BY_HAND = "analogies"
WORDS = "The slope of the hill is the best of your three pictures."
WRONG = "def f_prime(x):\n    return -(2 * x + 3)"
USER = pwd.getpwuid(os.getuid()).pw_name  # whom nbgrader takes for the student


@pytest.fixture(scope="module")
def instructor(course: Path, tmp_path_factory: pytest.TempPathFactory) -> Person:
    """Somebody with a course of one notebook, of which nothing is generated yet."""
    home = tmp_path_factory.mktemp("instructor") / "course"
    source = home / "source" / ASSIGNMENT
    source.mkdir(parents=True)
    shutil.copy(course / "source" / ASSIGNMENT / f"{NOTEBOOK}.ipynb", source)
    shutil.copy(course / "nbgrader_config.py", home)
    return Person(home, home, PATIENCE_AT_TERMINAL)


@pytest.fixture(scope="module")
def student(instructor: Person) -> Person:
    home = instructor.home.parent / "student"
    home.mkdir()
    return Person(home, instructor.home, PATIENCE_AT_TERMINAL)


def hand_in(student: Person, course: Path) -> None:
    """Fetch, answer all rightly but for one sign, and submit."""
    sample = load_students(course / "sample_class")[0]
    mistaken = replace(sample, answers={**sample.answers, "f_derivative": WRONG})
    student.nbgrader("fetch_assignment", ASSIGNMENT)
    path = next(student.home.rglob(f"{NOTEBOOK}.ipynb"))
    notebook = nbformat.read(path, as_version=4)
    mistaken.solve(notebook)
    nbformat.write(notebook, path)
    student.nbgrader("submit", ASSIGNMENT)


def open_formgrader(page: Page, lab: Lab) -> FrameLocator:
    """From the menu of JupyterLab; the formgrader is a page within its page."""
    page.goto(lab.url("lab?reset"))
    page.wait_for_function("window.jupyterapp !== undefined")
    page.evaluate("window.jupyterapp.restored.then(() => true)")
    command(page, "nbgrader:open-formgrader")
    return page.frame_locator("iframe")


def press(frame: FrameLocator, button: Locator, timeout: float | None = None) -> None:
    """Press one of the formgrader's buttons; it must say that it went well."""
    button.click()
    said = frame.locator(".modal")
    expect(said.locator(".modal-title")).to_have_text("Success", timeout=timeout)
    said.get_by_role("button", name="OK").click()
    expect(said).to_have_count(0)


def test_a_term_by_the_buttons(
    page: Page,
    instructor: Person,
    student: Person,
    start_lab: Callable[[Person], Lab],
    course: Path,
) -> None:
    frame = open_formgrader(page, start_lab(instructor))
    assignment = frame.get_by_role("row").filter(has_text=ASSIGNMENT)

    press(frame, assignment.locator(".assign a"))
    press(frame, assignment.locator(".release a"))
    expect(assignment).to_contain_text("released")
    hand_in(student, course)
    press(frame, assignment.locator(".collect a"))
    assignment.locator(".num-submissions a").click()

    submission = frame.get_by_role("row").filter(has_text=USER)
    expect(submission).to_contain_text("needs autograding")
    press(frame, submission.locator(".autograde a"), timeout=MARKING)
    expect(submission).to_contain_text("needs manual grading")
    # All but the one with the sign, which is worth a point, and the one for a person.
    expect(submission.locator(".score")).to_have_text("8 / 10")

    frame.get_by_role("link", name="Manual Grading").click()
    frame.get_by_role("link", name=ASSIGNMENT).click()
    frame.get_by_role("link", name=NOTEBOOK).click()
    frame.get_by_role("link", name="Submission #1").click()
    card = frame.locator(".autograder-card", has_text="f_prime").first
    expect(card).to_contain_text("Everywhere yours is minus the derivative.")
    points = frame.locator(f"input#{BY_HAND}")
    comment = frame.locator(f"textarea#{BY_HAND}-comment")
    # The page asks for points and comments once it is there, and forgets what was typed before.
    expect(points).to_have_class(re.compile("needs_manual_grade"))
    expect(comment).to_have_attribute("placeholder", re.compile("comments"))
    points.fill("0.5")
    comment.fill(WORDS)
    comment.press("Tab")
    expect(points).not_to_have_class(re.compile("needs_manual_grade"))
    with Gradebook(f"sqlite:///{instructor.home / 'gradebook.db'}", COURSE_ID) as gradebook:

        def saved() -> tuple[float | None, str | None]:
            gradebook.db.expire_all()
            grade = gradebook.find_grade(BY_HAND, NOTEBOOK, ASSIGNMENT, USER)
            comment = gradebook.find_comment(BY_HAND, NOTEBOOK, ASSIGNMENT, USER)
            return grade.manual_score, comment.manual_comment

        for _ in range(PATIENCE // 100):
            if saved() == (0.5, WORDS):
                break
            page.wait_for_timeout(100)
        assert saved() == (0.5, WORDS)

    frame = open_formgrader(page, Lab(page.url.partition("/lab")[0]))
    press(frame, assignment.locator(".generate-feedback a"))
    press(frame, assignment.locator(".release-feedback a"))

    student.nbgrader("fetch_feedback", ASSIGNMENT)
    path = next(student.home.rglob(f"feedback/*/{NOTEBOOK}.html"))
    page.goto(path.as_uri())
    card = page.locator(".autograder-card", has_text="f_prime").first
    expect(card).to_contain_text("Everywhere yours is minus the derivative.")
    expect(card.locator("img")).to_be_visible()
    expect(page.get_by_text(WORDS)).to_be_visible()
    expect(page.locator(".score")).to_have_text("8.5 of 10 points")
