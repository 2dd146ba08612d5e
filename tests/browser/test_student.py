"""A student in JupyterLab: fetches, is told a mistake by name, mends it, validates, submits."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from .conftest import ASSIGNMENT, COURSE_ID, NOTEBOOK, Classroom, Lab, Person, command
from .contrast import hard_to_read

pytestmark = pytest.mark.timeout(1500)

FOLDER = f"{COURSE_ID}/{ASSIGNMENT}"
WRONG = "def f_prime(x): return -(2 * x + 3)"
RIGHT = "def f_prime(x): return 2 * x + 3"
KERNEL_PATIENCE = 120_000  # milliseconds: the first check imports JAX and compiles


@pytest.fixture(scope="module")
def student(classroom: Classroom) -> Person:
    return classroom.student("someone")


@pytest.fixture(scope="module")
def lab(student: Person, start_lab: Callable[[Person], Lab]) -> Lab:
    return start_lab(student)


def fetch(page: Page) -> None:
    """By the buttons of the Assignment List."""
    command(page, "nbgrader:open-assignment-list")
    released = page.locator("#released_assignments_list")
    released.get_by_role("button", name="Fetch").click()
    fetched = page.locator("#fetched_assignments_list")
    expect(fetched.get_by_text(ASSIGNMENT).first).to_be_visible()


def cell_with(page: Page, text: str) -> Locator:
    """The first code cell that holds a text."""
    cells = page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-CodeCell")
    return cells.filter(has_text=text).first


def answer(page: Page, cell: Locator, code: str) -> None:
    cell.locator(".cm-content").click()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.insert_text(code)
    expect(cell.locator(".cm-content")).to_have_text(
        "".join(code.splitlines())
    )  # as the page has it


def check_again(page: Page, test: Locator) -> None:
    """Run all up to the test cell, and the test cell, once the status bar says that one can.

    Run before JupyterLab knows of its first kernel, a cell starts a second one, and the first one's
    runs are cancelled without a word.
    """
    expect(page.locator("#jp-bottom-panel")).to_contain_text("| Idle", timeout=KERNEL_PATIENCE)
    test.scroll_into_view_if_needed()
    test.locator(".cm-content").first.click()
    command(page, "notebook:run-all-above")
    command(page, "notebook:run-cell")


def test_a_mistake_is_named_mended_and_handed_in(
    page: Page, lab: Lab, student: Person, classroom: Classroom
) -> None:
    page.goto(lab.url("lab?reset"))
    page.wait_for_function("window.jupyterapp !== undefined")
    page.evaluate("window.jupyterapp.restored.then(() => true)")
    fetch(page)
    assert (student.home / FOLDER / f"{NOTEBOOK}.ipynb").is_file()

    command(page, "docmanager:open", path=f"{FOLDER}/{NOTEBOOK}.ipynb", factory="Notebook")
    solution = cell_with(page, "def f_prime(x):")
    test = cell_with(page, 'check.gradient("f_prime"')
    answer(page, solution, WRONG)
    check_again(page, test)
    card = test.locator(".autograder-card")
    expect(card).to_contain_text("not right yet", timeout=KERNEL_PATIENCE)
    expect(card).to_contain_text("Everywhere yours is minus the derivative.")
    expect(card.locator("img")).to_be_visible()
    expect(card.locator("img")).to_have_attribute("alt", re.compile("slope"))

    question = card.get_by_text("Where did a minus sign come in")
    expect(question).not_to_be_visible()
    card.get_by_text("a hint", exact=True).click()
    expect(question).to_be_visible()
    card.get_by_text("another hint").click()
    card.get_by_text("where to read").click()
    expect(card).to_contain_text("One lever, by hand")
    expect(test.locator(".autograder-next")).to_contain_text("0 of 9 points · next: where is f")

    for theme, ground in (("Dark", "rgb(33, 33, 33)"), ("Light", "rgb(255, 255, 255)")):
        command(page, "apputils:change-theme", theme=f"JupyterLab {theme}")
        expect(card).to_have_css("background-color", ground)
        assert hard_to_read(card.locator("xpath=..")) == []

    answer(page, solution, RIGHT)
    check_again(page, test)
    expect(card).to_contain_text("✓")
    expect(card).not_to_contain_text("not right yet")
    expect(card).to_contain_text("You have turned a function into its slope")
    expect(card.locator("img")).to_be_visible()

    command(page, "docmanager:save")
    page.get_by_role("button", name="Validate").click()
    said = page.get_by_role("dialog")
    # The answers that are still missing; not the one that was mended.
    expect(said).to_contain_text("failed", timeout=KERNEL_PATIENCE)
    expect(said).to_contain_text("x_stationary")
    expect(said).not_to_contain_text('check.gradient("f_prime"')
    said.get_by_role("button").last.click()

    command(page, "nbgrader:open-assignment-list")
    fetched = page.locator("#fetched_assignments_list")
    fetched.get_by_role("button", name="Submit").click()
    submitted = page.locator("#submitted_assignments_list")
    expect(submitted.get_by_text(ASSIGNMENT).first).to_be_visible()
    (inbound,) = (classroom.folder / "course" / "exchange" / COURSE_ID / "inbound").iterdir()
    assert RIGHT in str(json.loads((inbound / f"{NOTEBOOK}.ipynb").read_text())["cells"])
