"""The class report in a real browser: from disk, by keyboard, for everybody's eyes, on paper."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import nbformat
import pytest
from axe_playwright_python.sync_playwright import Axe
from click.testing import CliRunner
from markupsafe import escape
from nbgrader.api import Gradebook
from playwright.sync_api import Locator, Page, expect

from autograder.checks.verdict import Verdict
from autograder.cli import main
from tests.report import conftest as sample
from tests.report.classroom import ASSIGNMENT, Classroom, error_output, work

from . import test_hostile_outputs as hostile
from .test_hostile_outputs import MARKUP, Watch, linger

# The class of tests/report/, and the eyes of test_hostile_outputs.py.
room, _alembic, watch = sample.room, sample._alembic, hostile.watch

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
OPERABLE = "a[href], button, summary, [tabindex='0']"
# A4 across, less the margins of page.css, at 96 pixels an inch.
PAPER = {"width": round((297 - 24) / 25.4 * 96), "height": 700}
SHEET = 210 - 24  # millimetres of it from top to bottom
WHITE = "rgb(255, 255, 255)"
LONG = "word" * 100
PHONE = {"width": 320, "height": 640}  # where WCAG 2.2 wants no scrolling to the side (1.4.10)


def write_report(room: Classroom, course: Path) -> Path:
    (room.root / "nbgrader_config.py").write_text((course / "nbgrader_config.py").read_text())
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(room.root)
        said = CliRunner().invoke(main, ["report", ASSIGNMENT])
    assert said.exit_code == 0, said.output
    return room.root / f"report_{ASSIGNMENT}.html"


@pytest.fixture(scope="module")
def path(room: Classroom, course: Path) -> Path:
    return write_report(room, course)


@pytest.fixture
def report(page: Page, watch: Watch, path: Path) -> Page:
    """The report, opened from disk."""
    page.goto(path.as_uri())
    return page


def open_all(report: Page) -> None:
    report.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")


def assert_fits(report: Page, scrolls: str = ".scroll") -> None:
    """Nothing lies beyond the right edge, but in those parts that scroll by themselves."""
    beyond = report.evaluate(
        """scrolls => [...document.querySelectorAll("body *")]
            .filter(e => e.getBoundingClientRect().right > innerWidth + 1)
            .filter(e => !e.parentElement.closest(scrolls))
            .map(e => e.outerHTML.slice(0, 120))""",
        scrolls,
    )
    assert beyond == []
    assert report.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_charts_are_seen_and_told(report: Page) -> None:
    charts = report.locator("img:not(.lessons img)")
    expect(charts).to_have_count(2)
    expect(report.get_by_role("img", name="bar")).to_have_count(2)
    for chart in charts.all():
        expect(chart).to_be_visible()
        assert chart.evaluate("image => image.complete && image.naturalWidth > 300")
        assert len(chart.get_attribute("alt") or "") > 80
    report.get_by_text("The numbers of the picture").click()
    table = report.get_by_role("table").filter(has_text="under").first
    expect(table).to_be_visible()
    assert sum(int(n) for n in table.locator("td").all_text_contents()) == 24


def test_what_to_teach_next_is_seen_and_leads_to_whom(report: Page) -> None:
    examples = report.locator(".lessons img")
    assert examples.count()
    for example in examples.all():
        assert example.evaluate("image => image.complete && image.naturalWidth > 300")
        assert len(example.get_attribute("alt") or "") > 60
    first = report.locator(".lessons a").first
    students = report.locator(f"[id='{(first.get_attribute('href') or '')[1:]}']")
    expect(students).to_be_hidden()
    first.click()
    expect(students).to_be_in_viewport()


def test_links_arrive(report: Page, path: Path) -> None:
    links = report.locator("a[href]:not([href^='#'])")
    urls = links.evaluate_all("links => links.map(a => a.href)")
    assert len(urls) > 60
    for url in set(urls):
        assert urlsplit(url).scheme == "file"
        assert Path(unquote(urlsplit(url).path)).is_file(), url
    # A plain id, and one of which every character has a meaning to HTML or in an address.
    for student in ("learner04", sample.HOSTILE_ID):
        report.get_by_role("link", name=f"01_derivatives, {student}", exact=True).click()
        expect(report).to_have_title("feedback")
        assert Path(unquote(urlsplit(report.url).path)).parts[-3] == student
        report.go_back()
        expect(report).to_have_title(f"{ASSIGNMENT}: class report")


def test_tab_reaches_everything_in_order(report: Page) -> None:
    """Whatever opens is opened on the way, with Enter, so that what is in it comes next."""
    operable = report.locator(OPERABLE)
    count = operable.count()
    focus = f"[...document.querySelectorAll({OPERABLE!r})].indexOf(document.activeElement)"
    reached = []
    for _ in range(count):
        report.keyboard.press("Tab")
        reached.append(report.evaluate(focus))
        at = operable.nth(reached[-1])
        if at.evaluate("e => e.matches('summary')"):
            report.keyboard.press("Enter")
            assert at.evaluate("e => e.parentElement.open")
        assert at.evaluate(
            """e => {
                const box = e.getBoundingClientRect(), style = getComputedStyle(e);
                return box.left >= 0 && box.bottom > 0 && box.top < innerHeight
                    && parseFloat(style.outlineWidth) >= 2 && style.outlineStyle !== "none";
            }"""
        ), f"one does not see that this has the focus: {at.evaluate('e => e.outerHTML')}"
    assert reached == list(range(count))
    assert count > 300


def test_the_first_tab_skips_to_the_report(report: Page) -> None:
    report.keyboard.press("Tab")
    expect(report.locator(".skip")).to_be_in_viewport()
    report.keyboard.press("Enter")
    expect(report.locator("#main")).to_be_focused()


def test_a_count_leads_to_its_students(report: Page) -> None:
    """From the map by keyboard: Enter opens the list, Tab goes on in it."""
    report.locator("#mistakes ~ details > summary").first.click()
    count = report.locator(".map td a").last
    students = report.locator(f"[id='{(count.get_attribute('href') or '')[1:]}']")
    expect(students).to_be_hidden()
    count.press("Enter")
    expect(students).to_be_in_viewport()
    expect(students.locator("li")).to_have_count(int(count.inner_text()))
    report.keyboard.press("Tab")
    expect(students.locator("a").first).to_be_focused()


def values(table: Locator, column: int) -> list[str]:
    """What a column's fields are sorted by, from top to bottom."""
    return table.evaluate(
        """(table, column) => [...table.tBodies[0].rows].map(row => {
            const field = row.cells[column];
            return field.dataset.value ?? field.textContent.trim();
        })""",
        column,
    )


def test_the_keyboard_sorts(report: Page) -> None:
    open_all(report)
    tables = report.locator("table.sortable")
    expect(tables).to_have_count(4)
    moved = 0
    for table in tables.all():
        for column, heading in enumerate(table.locator("thead th").all()):
            before = table.locator("tbody tr").all_text_contents()
            sort = heading.get_by_role("button")
            sort.press("Enter")
            expect(heading).to_have_attribute("aria-sort", "ascending")
            expect(sort).to_be_focused()
            up = values(table, column)
            sort.press("Space")
            expect(heading).to_have_attribute("aria-sort", "descending")
            expect(table.locator("[aria-sort]")).to_have_count(1)
            down = values(table, column)
            assert sorted(table.locator("tbody tr").all_text_contents()) == sorted(before)
            # What has no value is last, whichever way.
            known = [v for v in up if v]
            blank = [""] * (len(up) - len(known))
            assert (up, down) == (known + blank, known[::-1] + blank)
            moved += up != down
            if heading.evaluate("heading => heading.classList.contains('n')"):
                assert known == sorted(known, key=float)
    assert moved > 10


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("opened", [False, True])
def test_axe_finds_nothing(report: Page, opened: bool, scheme: Any) -> None:
    report.emulate_media(color_scheme=scheme)
    dark = report.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 20, 20)"
    assert dark == (scheme == "dark")
    if opened:
        open_all(report)
        report.locator("#exercise-table th button").first.press("Enter")
    found = Axe().run(report, options={"runOnly": {"type": "tag", "values": RULES}})
    assert len(found.response["passes"]) > 20
    assert found.violations_count == 0, found.generate_report()


def test_it_asks_nothing_of_the_network(report: Page, watch: Watch, path: Path) -> None:
    open_all(report)
    for button in report.locator("th button").all():
        button.click()
    report.locator(".map td a").first.click()
    report.locator(".lessons a").first.click()
    linger(report)
    asked = {url for url in watch.requests if not url.startswith("data:")}
    assert asked == {path.as_uri()}


def test_it_prints(report: Page) -> None:
    report.set_viewport_size(PAPER)
    report.emulate_media(media="print")
    open_all(report)
    assert_fits(report, scrolls=".nothing-scrolls-on-paper")
    expect(report.locator("nav")).to_be_hidden()
    expect(report.locator("h1")).to_be_visible()
    arrows = report.locator("th button").first.evaluate(
        "e => getComputedStyle(e, '::after').content"
    )
    assert arrows == "none"
    assert len(report.pdf(prefer_css_page_size=True)) > 20_000


def test_on_paper_it_is_light_and_its_sheets_are_filled(report: Page) -> None:
    report.set_viewport_size(PAPER)
    report.emulate_media(color_scheme="dark", media="print")
    assert report.evaluate("getComputedStyle(document.body).backgroundColor") == WHITE
    height = report.evaluate("document.documentElement.scrollHeight") * 25.4 / 96
    sheets = len(re.findall(rb"/Type\s*/Page\b", report.pdf(prefer_css_page_size=True)))
    assert height / SHEET <= sheets <= 1.4 * height / SHEET + 1


@pytest.mark.parametrize("size", [PHONE, {"width": 768, "height": 900}])
def test_it_fits_a_small_screen(report: Page, size: Any) -> None:
    report.set_viewport_size(size)
    open_all(report)
    assert_fits(report)


# ------------------------------------------------------------------------------------ hostile


def hand_in(room: Classroom, gradebook: Gradebook, student: str, markup: str) -> None:
    """A marked submission that says one thing wherever its author has a word."""
    verdicts = work(3) | {
        "f_derivative": [Verdict(markup, "wrong", 0.0, markup, "", None)],
        "func_gradient": [Verdict(markup, "wrong", 0.0, markup, "", "never_returns")],
    }

    def say(name: str, notebook: dict[str, Any]) -> None:
        for cell in notebook["cells"]:
            if not cell["metadata"].get("nbgrader", {}).get("grade"):
                cell["source"] = markup
                if cell["cell_type"] == "code":
                    shown = nbformat.v4.new_output("display_data", {"text/html": markup})
                    cell["outputs"] = [shown, error_output("KernelLost", markup)]

    about = {"01_derivatives": {"notes": [markup]}, "02_minima": {**sample.UNREADABLE}}
    about["02_minima"]["unreadable"] = markup
    room.mark(gradebook, student, verdicts, hours_late=30.0, metadata=about, spoil=say)
    gradebook.update_or_create_student(student, first_name=markup, last_name=f"'\">{markup}")


@pytest.fixture(scope="module")
def hostile_path(course: Path, tmp_path_factory: pytest.TempPathFactory, _alembic: None) -> Path:
    """A report on students each of whom tries one of MARKUP."""
    room = Classroom.make(tmp_path_factory.mktemp("hostile"))
    faults = {}
    with room.gradebook() as gradebook:
        for number, markup in enumerate([*MARKUP, LONG]):
            # The name of a folder, so it has no slash.
            student = f"{number}\"'><img src=x onerror=window.hacked=1>"
            hand_in(room, gradebook, student, markup)
            faults[student] = markup
    run = {"seconds": 1.0, "parts": {MARKUP[0]: 1.0}}
    room.remember_run(
        {
            "version": 1, "assignment": ASSIGNMENT, "began": MARKUP[0], "seconds": 1.0,
            "workers": 2, "isolation": "sandboxed", "way": MARKUP[1], "marked": 1, "reused": 0,
            "unchanged": 0, "faults": faults, "submissions": dict.fromkeys(faults, run),
        }
    )  # fmt: skip
    return write_report(room, course)


def test_a_browser_would_be_taken_in_by_the_report(
    page: Page, watch: Watch, hostile_path: Path, tmp_path: Path
) -> None:
    """The same page if it neither escaped what it shows nor had a policy, without what submits."""
    stays = hostile_path.read_text()
    for markup in MARKUP:
        if "submit" in markup or "refresh" in markup:
            stays = stays.replace(escape(markup), "")
    policy = stays.index("<meta http-equiv")
    path = tmp_path / "open.html"
    path.write_text(html.unescape(stays[:policy] + stays[stays.index(">", policy) + 1 :]))
    page.goto(path.as_uri())
    page.wait_for_function("window.hacked === 1")
    assert {"script", "onerror"} <= set(watch.dialogs)
    assert "https://evil.example/frame" in watch.strangers(path.as_uri())


def test_the_report_is_quiet(page: Page, watch: Watch, hostile_path: Path) -> None:
    own = hostile_path.as_uri()
    page.goto(own)
    open_all(page)
    for button in page.locator("th button").all():
        button.click()
    linger(page)
    assert page.evaluate("window.hacked") is None
    assert watch.dialogs == []
    assert {url for url in watch.requests if not url.startswith("data:")} == {own}
    assert page.url == own
    shown = page.locator("body").inner_text()
    for markup in MARKUP:
        assert shown.count(" ".join(markup.split())) >= 2, f"this is not on the page: {markup}"
    expect(page.locator("iframe, object, embed, form, svg")).to_have_count(0)
    expect(page.locator("body script, style, meta[http-equiv]")).to_have_count(3)  # its own
    links = page.locator("a[href]").evaluate_all("links => links.map(a => a.href)")
    assert {urlsplit(url).scheme for url in links} == {"file"}
    for url in links:
        assert Path(unquote(urlsplit(url).path)).is_file(), url
    expect(page.locator("body")).to_have_css("background-color", "rgb(255, 255, 255)")
    for size in (PHONE, PAPER):
        page.set_viewport_size(size)
        assert_fits(page)
