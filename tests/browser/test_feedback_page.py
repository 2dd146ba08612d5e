"""The feedback page in Chromium: it asks nobody for anything, and reads on a phone and in the dark.

`autograder demo` marks the sample class; here one notebook of three of its students is marked, who
are wrong nearly everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import nbformat
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from autograder.demo.students import load_students

from .conftest import ASSIGNMENT, NOTEBOOK, Classroom
from .contrast import hard_to_read
from .test_report import RULES

pytestmark = pytest.mark.timeout(1500)

WIDTH, HEIGHT = 1280, 800
MOST_SCREENS = 5  # the notebook as nbgrader shows it has eighteen
STUDENTS = ("student06_signs", "student07_lost_terms", "student14_empty")


@pytest.fixture(scope="module")
def pages(classroom: Classroom, course: Path) -> dict[str, Path]:
    """The feedback page of each."""
    home = classroom.instructor.home
    for student in load_students(course / "sample_class"):
        if student.student_id in STUDENTS:
            notebook = nbformat.read(home / "release" / ASSIGNMENT / f"{NOTEBOOK}.ipynb", 4)
            student.solve(notebook)
            folder = home / "submitted" / student.student_id / ASSIGNMENT
            folder.mkdir(parents=True)
            nbformat.write(notebook, folder / f"{NOTEBOOK}.ipynb")
    classroom.instructor.nbgrader("autograde", ASSIGNMENT)
    classroom.instructor.nbgrader("generate_feedback", ASSIGNMENT)
    return {s: home / "feedback" / s / ASSIGNMENT / f"{NOTEBOOK}.html" for s in STUDENTS}


@pytest.fixture
def opened(browser: Browser, pages: dict[str, Path]) -> Iterator[Callable[..., Page]]:
    """Opens a student's page as somebody without a network does."""
    contexts = []

    def open_page(
        student: str,
        width: int = WIDTH,
        scheme: Literal["light", "dark"] = "light",
        asked: list[str] | None = None,
    ) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": HEIGHT}, color_scheme=scheme, offline=True
        )
        contexts.append(context)
        page = context.new_page()
        if asked is not None:
            page.on("request", lambda request: asked.append(request.url))
        page.goto(pages[student].as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()


@pytest.mark.parametrize("student", STUDENTS)
def test_it_asks_nobody_and_is_short(opened: Callable[..., Page], student: str) -> None:
    asked: list[str] = []
    page = opened(student, asked=asked)
    height = page.evaluate("document.documentElement.scrollHeight")
    assert height <= MOST_SCREENS * HEIGHT
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    page.wait_for_load_state("networkidle")
    assert {urlsplit(url).scheme for url in asked} <= {"file", "data"}
    assert [url for url in asked if url.startswith("file:")] == [page.url]


def test_formulas_are_set_without_a_network(opened: Callable[..., Page]) -> None:
    page = opened(STUDENTS[0])
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    fraction = page.locator("math[display=block]").first
    box = fraction.bounding_box()
    assert box is not None
    assert box["height"] > 10
    # Set, and not only written: a power stands above its line.
    raised = page.locator("math msup").first.evaluate(
        "e => e.children[1].getBoundingClientRect().bottom < e.getBoundingClientRect().bottom - 2"
    )
    assert raised
    assert "$" not in page.locator("body").inner_text().replace("$ ", "")


def test_a_link_opens_what_is_folded(opened: Callable[..., Page]) -> None:
    page = opened(STUDENTS[0])
    right = page.locator("tr.right a").first
    target = page.locator(str(right.get_attribute("href")))
    assert not target.is_visible()
    right.click()
    target.locator(".autograder-card").first.wait_for(state="visible")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, WIDTH])
def test_it_fits_and_can_be_read(opened: Callable[..., Page], width: int, scheme: str) -> None:
    page = opened(STUDENTS[0], width, scheme)
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert hard_to_read(page.locator("body")) == []


def test_it_prints_on_a_few_sheets(opened: Callable[..., Page]) -> None:
    """Of paper, in the colours of paper, whatever the screen's."""
    page = opened(STUDENTS[0], scheme="dark")
    sheets = page.pdf(prefer_css_page_size=True).count(b"/Type /Page\n")
    assert 1 <= sheets <= 4
    page.emulate_media(media="print")
    assert not page.locator("details.lesson").first.is_visible()


@pytest.mark.parametrize("folded", [True, False])
@pytest.mark.parametrize("student", STUDENTS)
def test_axe_finds_nothing(opened: Callable[..., Page], student: str, folded: bool) -> None:
    page = opened(student, 400)
    if not folded:
        page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": RULES}})
    assert len(found.response["passes"]) > 15
    assert found.violations_count == 0, found.generate_report()


# Who is in focus, whether that can be seen, and which state a fold is in.
FOCUS = """() => {
    const e = document.activeElement;
    const style = getComputedStyle(e);
    const box = e.getBoundingClientRect();
    return {
        place: [...document.querySelectorAll("a[href], summary")].indexOf(e),
        seen: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2
            && box.bottom > 0 && box.top < innerHeight,
        open: e.parentElement?.open ?? null,
    };
}"""


def test_the_keyboard_reaches_and_opens_all(opened: Callable[..., Page]) -> None:
    page = opened(STUDENTS[0])
    folds = page.locator("summary").count()
    links = page.locator("a[href]").count()
    assert folds > 10
    assert links > 5
    reached: dict[int, bool] = {}
    for number in range(3 * (folds + links)):
        page.keyboard.press("Tab")
        at = page.evaluate(FOCUS)
        if at["place"] < 0:
            continue
        if at["place"] in reached:
            break
        assert at["seen"], page.evaluate("document.activeElement.outerHTML")
        reached[at["place"]] = at["seen"]
        if at["open"] is not None and page.evaluate("document.activeElement.tagName") == "SUMMARY":
            key = ("Enter", "Space")[number % 2]
            page.keyboard.press(key)
            assert page.evaluate(FOCUS)["open"] is not at["open"]
            if at["open"]:  # what is within is reached as well
                page.keyboard.press(key)
    assert len(reached) == folds + links
