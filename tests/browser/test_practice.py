"""Practice in JupyterLab: a guess is compared, and a slider draws another walk."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from .conftest import NOTEBOOK, Classroom, Lab, Person, command
from .contrast import hard_to_read
from .test_student import KERNEL_PATIENCE, answer, cell_with, check_again

pytestmark = pytest.mark.timeout(900)

GUESS = 'coach.predict_side("left", of=g, start=-1.0, step_size=0.15, on=(-2, 5))'


@pytest.fixture(scope="module")
def student(classroom: Classroom, course: Path) -> Person:
    person = classroom.student("player")
    shutil.copy(course / "release" / "gradient_descent" / f"{NOTEBOOK}.ipynb", person.home)
    return person


@pytest.fixture(scope="module")
def lab(student: Person, start_lab: Callable[[Person], Lab]) -> Lab:
    return start_lab(student)


def test_a_guess_is_compared_and_a_slider_moves_the_walk(page: Page, lab: Lab) -> None:
    page.goto(lab.url("lab?reset"))
    page.wait_for_function("window.jupyterapp !== undefined")
    page.evaluate("window.jupyterapp.restored.then(() => true)")
    command(page, "docmanager:open", path=f"{NOTEBOOK}.ipynb", factory="Notebook")

    guess = cell_with(page, "coach.predict_side(")
    answer(page, guess, GUESS)
    check_again(page, guess)
    card = guess.locator(".autograder-card")
    said = "You said left; the walk went right: at −1 the slope is −6, negative"
    expect(card).to_contain_text(said, timeout=KERNEL_PATIENCE)
    expect(guess.locator("img")).to_be_visible()
    for theme in ("Dark", "Light"):
        command(page, "apputils:change-theme", theme=f"JupyterLab {theme}")
        expect(page.locator("body")).to_have_attribute(
            "data-jp-theme-light", "true" if theme == "Light" else "false"
        )
        assert hard_to_read(card.locator("xpath=..")) == []

    walk = cell_with(page, "coach.walk(")
    walk.scroll_into_view_if_needed()
    walk.locator(".cm-content").first.click()
    command(page, "notebook:run-cell")
    picture = walk.locator("img")
    still = "On the curve, 8 steps of gradient descent of size 0.15 from −1. It ends at 1.827."
    expect(picture).to_have_attribute("alt", still, timeout=KERNEL_PATIENCE)
    expect(walk.locator(".widget-slider")).to_have_count(3)
    walk.locator(".widget-slider .noUi-handle").last.focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    moved = "On the curve, 11 steps of gradient descent of size 0.15 from −1. It ends at 1.941."
    expect(picture).to_have_attribute("alt", moved)
    expect(picture).to_have_count(1)
