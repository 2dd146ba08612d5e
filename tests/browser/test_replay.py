"""A walk moves where an image is shown, and stands still for whoever asks for less motion."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Playwright

from autograder.feedback import html
from tests.browser.conftest import ARGUMENTS
from tests.corpus import load
from tests.test_corpus import marked

CASES = (
    ("func_minimum", "the plain loop, un-jitted grad"),
    ("func_minimum", "a plus"),
    ("func_minimum", "the whole path"),
    ("func_minimum", "the step is 0.5"),
    ("func_minimum", "a sign lost in 6x + 4 = 0"),
    ("goldfield_minimum", "the suggested descent"),
    ("goldfield_minimum", "started on the ridge"),
    ("goldfield_axis_minimum", "along y, x held at 1.5"),
    ("waves_minimum", "plus"),
    ("waves_minimum", "descent from [1, 1]"),
    ("descent_routine", "the plain loop"),
    ("descent_routine", "no return"),
    ("diverging_step", "far beyond"),
    ("diverging_step", "uphill"),
)


@pytest.fixture(scope="module", params=CASES, ids=" ".join)
def card(request: pytest.FixtureRequest) -> str:
    (case,) = (c for c in load() if (c.exercise, c.title) == request.param)
    return html.render(marked(case).verdicts, pictures=True)


@pytest.fixture(scope="module")
def calm(driver: Playwright, chromium: str) -> Iterator[Browser]:
    """A browser whose system asks for less motion: `emulate_media` does not reach images."""
    arguments = [*ARGUMENTS, "--force-prefers-reduced-motion"]
    browser = driver.chromium.launch(executable_path=chromium, args=arguments)
    yield browser
    browser.close()


def moves(page: Page, card: str) -> bool:
    page.set_content(card)
    picture = page.locator("img").first
    picture.wait_for()
    before = picture.screenshot()
    page.wait_for_timeout(500)
    return picture.screenshot() != before


def test_the_dot_walks(page: Page, card: str) -> None:
    assert moves(page, card)


def test_it_stands_still_where_the_system_is_asked_for_less_motion(
    calm: Browser, card: str
) -> None:
    with calm.new_context() as context:
        assert not moves(context.new_page(), card)
