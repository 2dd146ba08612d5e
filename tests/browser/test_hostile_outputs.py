"""What a student's outputs try in a real browser: on the feedback page and in the formgrader.

The outputs come about as they would: a submission's code displays them in the sandbox, where it is
marked, and nbgrader makes the pages.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import nbformat
import pytest
from nbconvert.exporters import HTMLExporter
from playwright.sync_api import Dialog, Locator, Page, Route, expect

from tests.feedback.test_pages import HOSTILE_BUNDLES, HOSTILE_HTML, HOSTILE_MARKDOWN

from .conftest import ASSIGNMENT, NOTEBOOK, Classroom, Lab, Person

pytestmark = pytest.mark.timeout(1500)

STUDENT = "hostile"
# The templates' own script, which sets formulas. It is kept from loading: no test asks the network.
MATHJAX = "https://cdnjs.cloudflare.com/ajax/libs/mathjax/"
BAIT = "a way to more points"
# Each leaves a mark that can be looked for: a name, a dialog, a request or a page that is not ours.
MARKUP = [
    "<script>window.hacked = 1; alert('script')</script>",
    "<img src=x onerror=\"window.hacked = 1; alert('onerror')\">",
    "<iframe srcdoc=\"<script>parent.hacked = 1; parent.alert('frame')</script>\"></iframe>",
    "<iframe src='https://evil.example/frame'></iframe>",
    "<svg onload='window.hacked = 1'><script>window.hacked = 1</script></svg>",
    "<style>.autograder-card { display: none !important } body { background: red }</style>",
    "<div style='position:fixed;top:0;left:0;width:100vw;height:100vh;z-index:99999'>over</div>",
    "<meta http-equiv=refresh content='1;url=https://evil.example/refresh'>",
    "<form id=f action='https://evil.example/form'><button>ok</button></form>"
    "<script>document.getElementById('f').submit()</script>",
    f"<a href='javascript:window.hacked=1'>{BAIT}</a>",
]
BUNDLES = [
    *({"text/html": markup} for markup in [*MARKUP, *HOSTILE_HTML]),
    *({"text/markdown": text} for text in HOSTILE_MARKDOWN),
    *HOSTILE_BUNDLES,
]
ANSWER = f"""
def f_prime(x):
    return -(2 * x + 3)

from IPython.display import display
for bundle in {BUNDLES!r}:
    display(bundle, raw=True)
"""


@pytest.fixture(scope="module")
def marked(classroom: Classroom) -> Path:
    """The course after a hostile submission was marked and its feedback page made."""
    instructor = classroom.instructor
    path = instructor.home / "submitted" / STUDENT / ASSIGNMENT / f"{NOTEBOOK}.ipynb"
    path.parent.mkdir(parents=True)
    shutil.copy(instructor.home / "release" / ASSIGNMENT / path.name, path)
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        match cell.metadata.get("nbgrader", {}).get("grade_id"):
            case "f_derivative":
                cell.source = ANSWER
            case "analogies":
                cell.source = "\n\n".join([*MARKUP, *HOSTILE_MARKDOWN])
    nbformat.write(notebook, path)
    instructor.nbgrader("autograde", ASSIGNMENT)
    instructor.nbgrader("generate_feedback", ASSIGNMENT)
    return instructor.home


@pytest.fixture(scope="module")
def lab(marked: Path, classroom: Classroom, start_lab: Callable[[Person], Lab]) -> Lab:
    return start_lab(classroom.instructor)


@dataclass
class Watch:
    """What a page does: whom it asks, which dialogs it opens."""

    requests: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)

    def strangers(self, own: str) -> set[str]:
        """Addresses asked for that neither begin with `own` nor are the template's script."""
        return {
            url
            for url in self.requests
            if urlsplit(url).scheme not in ("data", "blob", "about")
            and not url.startswith((own, MATHJAX))
        }


@pytest.fixture
def watch(page: Page) -> Iterator[Watch]:
    """Sees everything that the page asks for; nothing of it leaves this machine."""
    seen = Watch()

    def dismiss(dialog: Dialog) -> None:
        seen.dialogs.append(dialog.message)
        dialog.dismiss()

    def only_here(route: Route) -> None:
        if urlsplit(route.request.url).hostname in (None, "127.0.0.1"):
            route.continue_()
        else:
            route.abort()

    page.on("request", lambda request: seen.requests.append(request.url))
    page.on("dialog", dismiss)
    page.route("**/*", only_here)
    yield seen
    page.unroute("**/*")


def linger(page: Page) -> None:
    """Stay until the refresh of MARKUP, due after a second by the page's own clock, would be."""
    page.evaluate("() => new Promise(done => setTimeout(done, 1200))")


def assert_inert(page: Page, watch: Watch, own: str, part: Locator, least: int = 1) -> None:
    """Nothing ran and nothing was asked of others, whatever was clicked."""
    baits = page.get_by_text(BAIT).all()
    assert len(baits) >= least, "what is hostile is not on the page"
    for bait in baits:
        bait.click()
    linger(page)
    assert page.evaluate("window.hacked") is None
    assert watch.dialogs == []
    assert watch.strangers(own) == set()
    assert page.url.startswith(own)
    expect(part.locator("script, iframe, object, embed, form, svg, style, meta")).to_have_count(0)


def assert_quiet(page: Page, watch: Watch, own: str) -> None:
    """Nothing ran, and our card lies open to the eye."""
    assert_inert(page, watch, own, page.locator("#notebook-container"), least=2)
    card = page.locator(".autograder-card", has_text="f_prime").first
    expect(card).to_be_visible()
    expect(card).to_contain_text("not right yet")
    # Whoever points at the middle of the card points at the card: nothing lies over it.
    assert card.evaluate(
        """card => {
            card.scrollIntoView({block: "center", behavior: "instant"});
            const box = card.getBoundingClientRect();
            const y = Math.min(Math.max(box.y + box.height / 2, 100), innerHeight - 100);
            return card.contains(document.elementFromPoint(box.x + box.width / 2, y));
        }"""
    )


def test_a_browser_would_be_taken_in(page: Page, watch: Watch, tmp_path: Path) -> None:
    """The same outputs, but those that lead elsewhere, on a page made by nbconvert as it comes."""
    new = nbformat.v4
    stay = [markup for markup in MARKUP if "submit" not in markup and "refresh" not in markup]
    outputs = [new.new_output("display_data", {"text/html": markup}) for markup in stay]
    notebook = new.new_notebook(cells=[new.new_code_cell("", outputs=outputs)])
    made, _ = HTMLExporter(template_name="classic").from_notebook_node(notebook)
    path = tmp_path / "stock.html"
    path.write_text(made)
    page.goto(path.as_uri())
    page.wait_for_function("window.hacked === 1")
    assert {"script", "onerror"} <= set(watch.dialogs)
    assert "https://evil.example/frame" in watch.strangers(path.as_uri())
    expect(page.locator("body")).to_have_css("background-color", "rgb(255, 0, 0)")


def test_the_feedback_page_is_quiet(page: Page, watch: Watch, marked: Path) -> None:
    path = marked / "feedback" / STUDENT / ASSIGNMENT / f"{NOTEBOOK}.html"
    page.goto(path.as_uri())
    assert_quiet(page, watch, path.as_uri())


def test_the_formgrader_is_quiet(page: Page, watch: Watch, lab: Lab) -> None:
    (submission,) = lab.get(f"formgrader/api/submitted_notebooks/{ASSIGNMENT}/{NOTEBOOK}")
    page.goto(lab.url(f"formgrader/submissions/{submission['id']}/?index=0"))
    expect(page.locator("input.score").first).to_be_visible()  # the grader's own tools are there
    assert_quiet(page, watch, lab.address)
