"""A walk moves where an image is shown, and stands still for whoever asks for less motion."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, Playwright

from autograder.feedback import html
from tests.browser.conftest import ARGUMENTS
from tests.corpus import load
from tests.test_corpus import marked

EXERCISES = ("func_minimum", "goldfield_minimum", "descent_routine", "diverging_step")


@pytest.fixture(scope="module", params=EXERCISES)
def card(request: pytest.FixtureRequest) -> str:
    case = next(c for c in load() if c.exercise == request.param and c.label == "right")
    return html.render(marked(case).verdicts, pictures=True)


def moves(page: Page, card: str) -> bool:
    page.set_content(card)
    picture = page.locator("img")
    picture.wait_for()
    before = picture.screenshot()
    page.wait_for_timeout(500)
    return picture.screenshot() != before


def test_the_dot_walks(page: Page, card: str) -> None:
    assert moves(page, card)


def test_it_stands_still_where_the_system_is_asked_for_less_motion(
    driver: Playwright, chromium: str, card: str
) -> None:
    # What `emulate_media` says does not reach images; the system's own preference does.
    calm = driver.chromium.launch(
        executable_path=chromium, args=[*ARGUMENTS, "--force-prefers-reduced-motion"]
    )
    try:
        assert not moves(calm.new_page(), card)
    finally:
        calm.close()
