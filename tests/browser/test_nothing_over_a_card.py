"""Whatever is painted in a student's part of a page, a card of ours looks as it does without it.

MathJax is not asked for (no test asks the network): what it would make of rules, shifted and
overlapping boxes is put where it would put it, and more than it could.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbgrader.server_extensions.formgrader import handlers
from playwright.sync_api import Page
from traitlets.config.loader import PyFileConfigLoader

from autograder.checks.verdict import Verdict
from autograder.marking.record import verdict_output
from tests.feedback.test_pages import RESOURCES, TEST, cell_of, exporter_for

new: Any = nbformat.v4

VERDICT = Verdict("f_prime", "wrong", 0.0, "Everywhere it is minus the derivative.", "Look.", "")
OVER = "width:9000px;height:9000px;background:#fff;color:green;z-index:2147483647"
PAINTED = {
    "a box laid over the window": f"<div style='position:fixed;top:0;left:0;{OVER}'>right</div>",
    "a box laid over the page": f"<div style='position:absolute;inset:-4000px;{OVER}'>right</div>",
    "a raised rule": f"<span style='position:relative;top:-3000px;display:block;{OVER}'>r</span>",
    "a box without room of its own": f"<div style='margin:-3000px;{OVER}'>right</div>",
    "a moved box": f"<div style='transform:translate(-20px,-2000px);{OVER}'>right</div>",
    "a shadow": "<div style='box-shadow:0 0 0 4000px white;width:9px;height:9px'>r</div>",
    "an outline": "<div style='outline:4000px solid white;width:9px;height:9px'>r</div>",
    "marks stacked on a letter": "a" + "\u0302\u0338\u20e3" * 500,
    "a float": f"<div style='float:left;margin-top:-3000px;{OVER}'>right</div>",
    "a very large letter": "<span style='font-size:4000px;line-height:0'>█</span>",
}
# What is written is cleaned, so these reach the page as they are to be shown there.
WRITTEN = {
    "a raised rule in LaTeX": r"$\smash{\rlap{\raise{0.3em}{\color{white}{\rule{80em}{60em}}}}}$",
    "marks stacked on a letter": "a" + "\u0302\u0338\u20e3" * 500,
    "a picture of a card": "<div class='autograder-card' style='position:fixed;inset:0'>✓</div>",
    "a table": "<table style='margin-top:-4000px'><tr><td>x</td></tr></table>",
}


def notebook(text: str) -> Any:
    shown = new.new_output("display_data", {"text/html": f"<p>{text}</p>"})
    test = new.new_code_cell("check.gradient('f_prime', of=f)", outputs=[])
    test.outputs = [verdict_output([VERDICT], 1.0, 1, 1)]
    return new.new_notebook(
        cells=[
            new.new_markdown_cell(text),
            new.new_code_cell("1", outputs=[shown]),
            cell_of(test, "f_derivative_check", **TEST),
            new.new_markdown_cell(text),
            new.new_code_cell("1", outputs=[shown, new.new_output("stream", text=text)]),
        ]
    )


@pytest.fixture(scope="module", params=["feedback", "formgrade"])
def export(
    request: pytest.FixtureRequest, course: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], str]:
    """Makes a page as nbgrader does; gives its address."""
    template = request.param
    config = PyFileConfigLoader("nbgrader_config.py", path=str(course)).load_config()
    config.Exporter.default_preprocessors = []
    config.HTMLExporter.extra_template_basedirs = [handlers.template_path]
    css = Path(handlers.template_path).parent / "static/node_modules/bootstrap/dist/css"
    config.HTMLExporter.extra_template_paths = [str(css)]
    config.HTMLExporter.template_name = template
    path = tmp_path_factory.mktemp(template) / "page.html"

    def make(text: str) -> str:
        resources = {**RESOURCES[template], "inlining": {"css": []}}
        made, _ = exporter_for(template)(config=config).from_notebook_node(
            notebook(text), resources
        )
        path.write_text(made, encoding="utf-8")
        return path.as_uri()

    return make


def look(page: Page, address: str) -> bytes:
    page.route("**/*", lambda r: r.continue_() if r.request.url == address else r.abort())
    page.goto(address, wait_until="domcontentloaded")
    return page.locator(".autograder-card").screenshot(animations="disabled")


def paint(page: Page, markup: str) -> int:
    """Put it into each container of a student's, as a script that sets formulas would."""
    count: int = page.evaluate(
        """markup => {
            const all = document.querySelectorAll(".autograder-student");
            for (const one of all) {
                const height = one.getBoundingClientRect().height;
                one.style.boxSizing = "border-box";
                one.insertAdjacentHTML("beforeend", markup);
                one.style.height = height + "px";  // so that the card stays where it was
            }
            return all.length;
        }""",
        markup,
    )
    return count


def is_open(page: Page) -> bool:
    """Whether whoever points anywhere at the card points at the card."""
    seen: bool = page.locator(".autograder-card").evaluate(
        """card => {
            card.scrollIntoView({block: "center", behavior: "instant"});
            const box = card.getBoundingClientRect();
            return [0.02, 0.25, 0.5, 0.75, 0.98].every(x => [0.1, 0.5, 0.9].every(y =>
                card.contains(document.elementFromPoint(
                    box.x + x * box.width, box.y + y * box.height))));
        }"""
    )
    return seen


@pytest.mark.parametrize("name", PAINTED)
def test_a_card_is_as_it_was(page: Page, export: Callable[[str], str], name: str) -> None:
    look(page, export("text"))
    paint(page, "")  # heights are fixed
    before = page.locator(".autograder-card").screenshot(animations="disabled")
    assert paint(page, PAINTED[name]) >= 5
    assert is_open(page)
    assert page.locator(".autograder-card").screenshot(animations="disabled") == before


@pytest.mark.parametrize("name", WRITTEN)
def test_what_is_written_does_not_reach_a_card(
    page: Page, export: Callable[[str], str], name: str
) -> None:
    before = look(page, export("text"))
    assert look(page, export(WRITTEN[name])) == before
    assert is_open(page)
    assert page.locator(".autograder-card").count() == 1


def test_without_containers_a_card_would_be_painted_over(
    page: Page, export: Callable[[str], str]
) -> None:
    before = look(page, export("text"))
    page.evaluate(
        "document.querySelectorAll('.autograder-student, .autograder-card')"
        ".forEach(e => { e.style.contain = e.style.overflow = 'visible';"
        " e.style.isolation = 'auto'; e.style.contain = 'none'; })"
    )
    paint(page, PAINTED["a box laid over the page"])
    assert not is_open(page)
    assert page.locator(".autograder-card").screenshot(animations="disabled") != before
