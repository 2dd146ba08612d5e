"""The bug hunt in JupyterLab: a broken loop walks, is named and mended, and is told apart."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from .conftest import Classroom, Lab, Person, command
from .test_student import KERNEL_PATIENCE, answer, cell_with, check_again

pytestmark = pytest.mark.timeout(1500)

NOTEBOOK = "bug_hunt.ipynb"
MENDED = """def mended_1(df, start, step_size, num_steps):
    x = start
    for _ in range(num_steps):
        x = x - step_size * df(x)
    return x"""


@pytest.fixture(scope="module")
def student(classroom: Classroom, course: Path) -> Person:
    made = classroom.student("hunter")
    shutil.copy(course / "release" / "more_practice" / NOTEBOOK, made.home)
    return made


@pytest.fixture(scope="module")
def lab(student: Person, start_lab: Callable[[Person], Lab]) -> Lab:
    return start_lab(student)


def test_a_loop_is_named_and_mended(page: Page, lab: Lab) -> None:
    page.goto(lab.url("lab?reset"))
    page.wait_for_function("window.jupyterapp !== undefined")
    page.evaluate("window.jupyterapp.restored.then(() => true)")
    command(page, "docmanager:open", path=NOTEBOOK, factory="Notebook")
    answers = cell_with(page, "mistake_1 =")
    test = cell_with(page, 'check.mistake("mistake_1"')

    answer(page, answers, f'mistake_1 = "slope once"\n{MENDED}')
    check_again(page, test)
    hunted = cell_with(page, "draw.hunt(walk_1)").locator("img").first
    expect(hunted).to_be_visible(timeout=KERNEL_PATIENCE)
    assert len(hunted.get_attribute("alt") or "") > 40
    mistaken, mended = test.locator(".autograder-card").all()[:2]
    expect(mistaken).to_contain_text("mistake_1: not right yet", timeout=KERNEL_PATIENCE)
    expect(mistaken.locator("img")).to_be_visible()
    expect(mended).to_contain_text("mended_1: right")

    answer(page, answers, f'mistake_1 = "uphill"\n{MENDED}\nprogress()')
    check_again(page, test)
    expect(test.locator(".autograder-card").first).to_contain_text("mistake_1: right")
    expect(test.locator(".autograder-next")).to_contain_text("1 of 6")
    expect(test.locator(".autograder-next")).to_contain_text("next: a walk on rails")

    # `progress()` names the exercises, and each name leads to its heading.
    overview = answers.locator(".jp-OutputArea")
    answers.locator(".cm-content").click()
    command(page, "notebook:run-cell")
    link = overview.get_by_role("link", name="a walk on a map")
    expect(link).to_be_visible(timeout=KERNEL_PATIENCE)
    heading = page.locator(".jp-MarkdownCell").filter(has_text="a walk on a map").last
    expect(heading).not_to_be_in_viewport()
    link.click()
    expect(heading).to_be_in_viewport()
