"""All texts on one page: read by keyboard alone, saved as the formgrader saves, and never lost."""

from __future__ import annotations

import json
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import nbformat
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from tests.feedback.test_pages import HOSTILE_MARKDOWN

from . import test_hostile_outputs as hostile
from .conftest import ASSIGNMENT, NOTEBOOK, PATIENCE, TOKEN, Classroom, Lab, Person, end
from .contrast import hard_to_read
from .test_hostile_outputs import MARKUP, Watch
from .test_report import RULES

pytestmark = pytest.mark.timeout(1500)

watch = hostile.watch
CELL = "analogies"
HOSTILE = "\n\n".join([*MARKUP, *HOSTILE_MARKDOWN])
LONG = "word" * 200
WROTE = {
    "ann": f"On Saturdays I bake bread: $f(x) = x^2$ is what is left over. {LONG}",
    "bob": "| levers | objective |\n|---|---|\n| my pace | the time, small |",
    "cleo": "I do not know.",
    "hostile": HOSTILE,
}
SOON = 60  # seconds


def hand_in(home: Path, student: str, text: str) -> None:
    notebook = nbformat.read(home / "release" / ASSIGNMENT / f"{NOTEBOOK}.ipynb", 4)
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id") == CELL:
            cell.source = text
    folder = home / "submitted" / student / ASSIGNMENT
    folder.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, folder / f"{NOTEBOOK}.ipynb")


@pytest.fixture(scope="module")
def marked(classroom: Classroom) -> Classroom:
    for student, text in WROTE.items():
        hand_in(classroom.instructor.home, student, text)
    classroom.instructor.nbgrader("autograde", ASSIGNMENT)
    return classroom


@dataclass
class Desk:
    """A grader's copy of the course, and the command that serves the page of it."""

    person: Person
    port: int = 0
    address: str = ""
    server: subprocess.Popen[str] | None = field(default=None, repr=False)

    def sit_down(self) -> str:
        """Type the command; returns the address that it tells."""
        options = ["--no-browser", "--port", str(self.port)]
        self.server = subprocess.Popen(
            [sys.executable, "-u", "-m", "autograder", "texts", ASSIGNMENT, *options],
            cwd=self.person.home,
            env=self.person.environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.server.stdout is not None
        lines = iter(self.server.stdout.readline, "")
        self.address = next(line.strip() for line in lines if "token=" in line)
        return self.address

    def leave(self) -> None:
        if self.server is not None:
            end(self.server)  # type: ignore[arg-type]
            assert self.server.stdout is not None
            self.server.stdout.close()
            self.server = None

    def rows(self, table: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.person.home / "gradebook.db")) as gradebook:
            return sorted(gradebook.execute(f"SELECT * FROM {table} ORDER BY id").fetchall())

    def given(self) -> dict[str, tuple[float | None, bool, str | None]]:
        """Points, whether it waits, and comment, of each student's text."""
        query = """
            SELECT paper.student_id, grade.manual_score, grade.needs_manual_grade,
                   comment.manual_comment
            FROM grade JOIN submitted_notebook AS part ON grade.notebook_id = part.id
            JOIN submitted_assignment AS paper ON part.assignment_id = paper.id
            JOIN base_cell AS cell ON grade.cell_id = cell.id
            JOIN comment ON comment.notebook_id = part.id
            JOIN base_cell AS answer ON comment.cell_id = answer.id AND answer.name = cell.name
            WHERE cell.name = ?"""
        with closing(sqlite3.connect(self.person.home / "gradebook.db")) as gradebook:
            found = gradebook.execute(query, (CELL,)).fetchall()
        return {student: (points, bool(waits), said) for student, points, waits, said in found}

    def wait_for(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        deadline = time.monotonic() + SOON
        while not wanted(self.given()):
            assert time.monotonic() < deadline, self.given()
            time.sleep(0.1)
        return self.given()


@pytest.fixture
def desk(marked: Classroom, tmp_path: Path) -> Iterator[Desk]:
    home = tmp_path / "course"
    shutil.copytree(marked.instructor.home, home)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    desk = Desk(replace(marked.instructor, home=home, course=home), port)
    yield desk
    desk.leave()


@pytest.fixture
def tabs(browser: Browser) -> Iterator[BrowserContext]:
    """Several pages of one browser."""
    context = browser.new_context()
    context.set_default_timeout(PATIENCE)
    yield context
    context.close()


def text_of(page: Page, words: str) -> Any:
    return page.locator("article", has_text=words)


def student_in_focus(page: Page) -> str:
    """Whose text is in focus: by its words, since the page names nobody."""
    shown = page.locator("article:focus .text").inner_text()
    signs = {"ann": "bake bread", "bob": "my pace", "cleo": "do not know"}
    return next((who for who, words in signs.items() if words in shown), "hostile")


def test_three_texts_by_keyboard_alone(
    page: Page, desk: Desk, start_lab: Callable[[Person], Lab], tmp_path: Path
) -> None:
    """And the rows are those that the formgrader writes for the same points."""
    other = tmp_path / "formgrader"
    shutil.copytree(desk.person.home, other)
    page.goto(desk.sit_down())
    expect(page.locator(".bar")).to_contain_text("0 of 4 read")
    keys = page.keyboard
    given: dict[str, tuple[float, str | None]] = {}

    first = student_in_focus(page)
    keys.press("1")
    expect(page.locator(".bar")).to_contain_text("1 of 4 read")
    keys.press("j")
    second = student_in_focus(page)
    keys.press("Enter")
    keys.type("0,25")
    keys.press("Enter")
    expect(page.locator(".bar")).to_contain_text("2 of 4 read")
    keys.press("c")
    keys.type("Which of them may you not change?")
    keys.press("Escape")
    keys.press("ArrowRight")
    third = student_in_focus(page)
    keys.press("f")
    expect(page.locator(".bar")).to_contain_text("3 of 4 read")
    keys.press("u")
    expect(page.locator(".bar")).to_contain_text("2 of 4 read")
    keys.press("0")
    expect(page.locator(".bar")).to_contain_text("3 of 4 read")
    keys.press("k")
    assert student_in_focus(page) == second
    keys.press("n")
    fourth = student_in_focus(page)
    assert {first, second, third, fourth} == {*WROTE}

    given = {first: (1.0, None), second: (0.25, "Which of them may you not change?")}
    given |= {third: (0.0, None), fourth: (None, None)}
    wanted = {who: (points, points is None, said) for who, (points, said) in given.items()}
    assert desk.wait_for(lambda found: found == wanted)

    lab = start_lab(replace(desk.person, home=other, course=other))
    ids = {who: _ids(other, who) for who in given}
    for who, (points, said) in given.items():
        grade, comment = ids[who]
        if points is not None:
            put(lab, f"grade/{grade}", {"manual_score": points, "extra_credit": None})
        if said is not None:
            put(lab, f"comment/{comment}", {"manual_comment": said})
    theirs = Desk(replace(desk.person, home=other))
    for table in ("grade", "comment"):
        assert desk.rows(table) == theirs.rows(table)

    # The same page is in the formgrader, one link away, for whoever is logged in.
    page.goto(lab.url("api/status"))
    page.goto(lab.url(f"formgrader/gradebook/{ASSIGNMENT}"))
    with page.expect_popup() as opened:
        page.get_by_role("link", name="Read all texts").click()
    expect(opened.value.locator(".bar")).to_contain_text("3 of 4 read")
    opened.value.keyboard.press("h")
    expect(opened.value.locator(".bar")).to_contain_text("4 of 4 read")


def test_undo_takes_back_what_was_given_last_whatever_is_saved_first(
    page: Page, desk: Desk
) -> None:
    """The comment is on its way until the points that were given after it are saved."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        if "comment" in (route.request.post_data or "") and not held:
            held.append(route)
        else:
            route.continue_()

    page.route("**/api/texts/*", hold)
    page.goto(desk.sit_down())
    keys = page.keyboard
    text_of(page, "bake bread").focus()
    keys.press("c")
    keys.type("Which?")
    keys.press("Escape")
    text = text_of(page, "I do not know")
    text.focus()
    keys.press("h")
    keys.press("f")  # at once, whether or not the half is saved by now
    expect(text.locator(".badge")).to_have_text("✓ read")
    page.wait_for_timeout(2000)  # longer than from the last letter of a comment to its being sent
    held[0].continue_()
    expect(text_of(page, "bake bread").locator(".badge")).to_have_text("○ waits")
    keys.press("u")
    assert desk.wait_for(lambda found: found["cleo"][0] == 0.5)
    keys.press("u")
    assert desk.wait_for(lambda found: found["cleo"] == (None, True, None))
    assert desk.given()["ann"] == (None, True, "Which?")
    keys.press("u")
    assert desk.wait_for(lambda found: found["ann"] == (None, True, None))
    expect(page.locator("#undo")).to_be_disabled()

    # What is refused was not done: nothing of it can be undone, and nothing goes back to it.
    text.focus()
    keys.press("Enter")
    keys.type("7")
    keys.press("Enter")
    expect(text.locator(".trouble")).to_contain_text("7 is not from 0 to 1")
    expect(page.locator("#undo")).to_be_disabled()


def _ids(home: Path, student: str) -> tuple[str, str]:
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{home / 'gradebook.db'}") as gradebook:
        grade = gradebook.find_grade(CELL, NOTEBOOK, ASSIGNMENT, student)
        comment = gradebook.find_comment(CELL, NOTEBOOK, ASSIGNMENT, student)
        return grade.id, comment.id


def put(lab: Lab, path: str, body: dict[str, Any]) -> None:
    """What the formgrader's own page asks of the server."""
    request = urllib.request.Request(
        f"{lab.address}/formgrader/api/{path}",
        json.dumps(body).encode(),
        {"Authorization": f"token {TOKEN}", "Content-Type": "application/json"},
        method="PUT",
    )
    with urllib.request.urlopen(request, timeout=SOON) as response:
        assert response.status == 200


def test_a_text_that_was_marked_again_does_not_get_the_points(page: Page, desk: Desk) -> None:
    page.goto(desk.sit_down())
    text = text_of(page, "I do not know")
    text.focus()
    hand_in(desk.person.home, "cleo", "Now I know: my lever is the temperature.")
    desk.person.nbgrader("autograde", ASSIGNMENT, "--student", "cleo", "--force")
    page.keyboard.press("1")
    text = text_of(page, "Now I know")
    expect(text.locator(".trouble")).to_contain_text("the text is another now")
    assert desk.given()["cleo"] == (None, True, None)
    expect(text).to_be_focused()
    page.keyboard.press("1")
    assert desk.wait_for(lambda found: found["cleo"][0] == 1)["cleo"] == (1.0, False, None)
    expect(text.locator(".trouble")).to_be_empty()

    # Marked once more, it waits again, with the points that it had.
    desk.person.nbgrader("autograde", ASSIGNMENT, "--student", "cleo", "--force")
    page.keyboard.press("0")
    expect(text.locator(".trouble")).to_contain_text("Nothing was saved: it has 1 of 1")
    page.reload()
    expect(text_of(page, "Now I know")).to_contain_text("It had 1 of 1 before it was marked again")


def test_of_two_graders_the_second_is_told(tabs: BrowserContext, desk: Desk) -> None:
    page, other = tabs.new_page(), tabs.new_page()
    page.goto(desk.sit_down())
    other.goto(desk.address)
    for at, key in ((page, "1"), (other, "0")):
        text_of(at, "I do not know").focus()
        at.keyboard.press(key)
        expect(text_of(at, "I do not know").locator(".badge")).to_have_text("✓ read")
    trouble = text_of(other, "I do not know").locator(".trouble")
    expect(trouble).to_contain_text("it has 1 of 1 now")
    assert desk.given()["cleo"][0] == 1
    other.keyboard.press("0")
    desk.wait_for(lambda found: found["cleo"][0] == 0)


def test_nothing_is_lost_when_the_server_goes(tabs: BrowserContext, desk: Desk) -> None:
    page = tabs.new_page()
    page.goto(desk.sit_down())
    text = text_of(page, "I do not know")
    text.focus()
    desk.leave()
    page.keyboard.press("1")
    page.keyboard.press("c")
    page.keyboard.type("Ask me.")
    page.keyboard.press("Escape")
    expect(text.locator(".trouble")).to_contain_text("The server cannot be reached")
    expect(text.locator(".badge")).to_have_text("✗ not saved yet")
    assert desk.given()["cleo"] == (None, True, None)
    # Leaving the page asks first.
    with page.expect_event("dialog") as asked:
        page.close(run_before_unload=True)
    assert asked.value.type == "beforeunload"
    asked.value.dismiss()
    # Another token: whoever opens the new address is let in, in all tabs.
    tabs.new_page().goto(desk.sit_down())
    wanted = (1.0, False, "Ask me.")
    assert desk.wait_for(lambda found: found["cleo"] == wanted)
    expect(text.locator(".badge")).to_have_text("✓ read")
    expect(text.locator(".trouble")).to_be_empty()


def test_only_who_has_the_token_and_comes_by_a_local_name(desk: Desk) -> None:
    address = urlsplit(desk.sit_down())
    grade, _ = _ids(desk.person.home, "ann")
    place = f"{address.scheme}://{address.netloc}"

    def ask(path: str, **more: Any) -> int:
        request = urllib.request.Request(place + path, **more)
        try:
            with urllib.request.build_opener(_Stay).open(request, timeout=SOON) as response:
                return int(response.status)
        except urllib.error.HTTPError as error:
            return int(error.code)

    there = f"{address.path}?{address.query}"
    api = f"/formgrader/api/texts/{grade}"
    assert ask(there) == 200
    assert ask(address.path) == 302  # to where the token is asked for
    assert ask(there, headers={"Host": "evil.example"}) == 403
    body = json.dumps({"seen": "", "points": 1}).encode()
    assert ask(api, method="PUT", data=body) == 403
    # A cookie without the XSRF token is what another site can send.
    with urllib.request.urlopen(place + there, timeout=SOON) as response:
        cookies = [h.split(";")[0] for h in response.headers.get_all("Set-Cookie")]
    headers = {"Cookie": "; ".join(cookies), "Origin": "https://evil.example"}
    assert ask(api, method="PUT", data=body, headers=headers) in (403, 404)
    headers.pop("Origin")
    assert ask(api, method="PUT", data=body, headers=headers) == 403
    xsrf = next(c.partition("=")[2] for c in cookies if c.startswith("_xsrf="))
    headers["X-XSRFToken"] = xsrf
    assert ask(api, method="PUT", data=body, headers=headers) == 409  # let in, but read nothing
    assert ask("/api/contents" + "?" + address.query) == 404  # nothing but the formgrader
    assert desk.given()["ann"] == (None, True, None)


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *about: Any, **more: Any) -> None:
        return None


def test_a_hostile_text_does_nothing(page: Page, watch: Watch, desk: Desk) -> None:
    page.goto(desk.sit_down())
    own = desk.address.partition("/formgrader")[0]
    hostile.assert_inert(page, watch, own, page.locator("main"))
    expect(page.locator("body")).to_have_css("background-color", "rgb(255, 255, 255)")
    # It leaves its box neither to the side nor over the next one.
    for box in page.locator("article").all():
        assert box.evaluate("e => e.scrollWidth <= e.clientWidth")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1280])
def test_it_fits_can_be_read_and_shuts_nobody_out(
    page: Page, desk: Desk, width: int, scheme: Any
) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme=scheme)
    page.goto(desk.sit_down())
    page.keyboard.press("5")  # of one point: a sentence says no
    expect(page.get_by_text("5 is not from 0 to 1")).to_be_visible()
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert hard_to_read(page.locator("body")) == []
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": RULES}})
    assert len(found.response["passes"]) > 20
    assert found.violations_count == 0, found.generate_report()


def test_it_prints(page: Page, desk: Desk) -> None:
    page.goto(desk.sit_down())
    page.emulate_media(media="print")
    expect(page.locator(".bar")).to_be_hidden()
    sheets = page.pdf(prefer_css_page_size=True).count(b"/Type /Page\n")
    assert 1 <= sheets <= 4
