"""Feedback page and formgrader: our cards with pictures, and nothing of a student's that can run.

The pages are nbgrader's, by its templates and the configuration as shipped. What they hold is
looked at as a browser would see it, as a tree of elements.
"""

from __future__ import annotations

import base64
import copy
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import matplotlib.pyplot as plt
import nbformat
import pytest
from bleach._vendor import html5lib  # HTML 5's own rules; comes with nbconvert
from bs4 import BeautifulSoup, Tag
from nbconvert.exporters import HTMLExporter
from nbgrader.server_extensions.formgrader import handlers
from nbgrader.server_extensions.formgrader.base import BaseHandler
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from autograder import check, draw
from autograder.answers.local import judge
from autograder.check import recording
from autograder.checks.verdict import MIME, Verdict
from autograder.draw.output import output
from autograder.feedback.cleaning import clean, tame
from autograder.marking.record import verdict_output
from autograder.nbgrader.pages import FeedbackExporter
from tests.corpus import given_namespace

new: Any = nbformat.v4

PAYLOAD = "window.hacked=1"
# What people have smuggled past sanitisers, and what a notebook adds to that.
HOSTILE_HTML = [
    f"<script>{PAYLOAD}</script>",
    f"<ScRiPt src='https://evil.example/x.js'></sCrIpT>{PAYLOAD}",
    f"<scr<script>ipt>{PAYLOAD}</scr</script>ipt>",
    f"<img src=x onerror={PAYLOAD}>",
    f"<svg/onload={PAYLOAD}><script>{PAYLOAD}</script></svg>",
    f"<svg><animate onbegin={PAYLOAD} attributeName=x dur=1s></svg>",
    f"<svg><style><img src=x onerror={PAYLOAD}></style></svg>",
    "<math><mtext><table><mglyph><style><!--</style>"
    f"<img title='--&gt;&lt;img src=1 onerror={PAYLOAD}&gt;'>",
    f"<noscript><p title='</noscript><img src=x onerror={PAYLOAD}>'>",
    f"<iframe src='javascript:{PAYLOAD}'></iframe>"
    f"<iframe srcdoc='<script>{PAYLOAD}</script>'></iframe>",
    f"<object data='data:text/html,<script>{PAYLOAD}</script>'></object><embed src='x.swf'>",
    f"<a href='javascript:{PAYLOAD}'>a</a><a href='java\tscript:{PAYLOAD}'>b</a>",
    f"<a href='&#106;avascript:{PAYLOAD}'>c</a><a href=' javascript:{PAYLOAD}'>d</a>",
    f"<a href='data:text/html,<script>{PAYLOAD}</script>'>e</a><a href='vbscript:x'>f</a>",
    "<a href='evil.html'>of the submission</a>",
    "<form action='https://evil.example'>"
    f"<input autofocus onfocus={PAYLOAD}><button>ok</button></form>",
    f"<details open ontoggle={PAYLOAD}>x</details>"
    f"<body onload={PAYLOAD}><marquee onstart={PAYLOAD}>",
    "<style>* { display: none }</style><link rel=stylesheet href='https://evil.example/x.css'>",
    "<div style='position:fixed;inset:0;background:url(https://evil.example)'>over all</div>",
    "<meta http-equiv=refresh content='0;url=https://evil.example'>"
    "<base href='https://evil.example'>",
    "<img src='https://evil.example/seen.png'><video src=x poster=https://evil.example></video>",
    f"</div></div></div></div><script>{PAYLOAD}</script>",
    f"<!--><script>{PAYLOAD}</script>--><![CDATA[<script>{PAYLOAD}</script>]]>",
    f"<x-y onclick={PAYLOAD}>unknown</x-y><p onmouseover='{PAYLOAD}'>move here</p>",
    "<input class='score' id='f_derivative_check' value='100'>",
]
HOSTILE_MARKDOWN = [
    *HOSTILE_HTML,
    f"[click](javascript:{PAYLOAD}) and [here](data:text/html;base64,PHNjcmlwdD4=)",
    f'![x](x"onerror="{PAYLOAD}) ![seen](https://evil.example/seen.png)',
    f'[a]\n\n[a]: javascript:{PAYLOAD} "title"',
    f"<javascript:{PAYLOAD}>",
    f"```mermaid\n<img src=x onerror={PAYLOAD}>\n```",
    f'```python" onmouseover={PAYLOAD}\ncode\n```',
    f"$\\href{{javascript:{PAYLOAD}}}{{x}}$ and "
    f"$$\\def\\x{{\\x\\x}}\\x \\style{{position:fixed}}{{y}}$$",
    f"$&#92;href{{javascript:{PAYLOAD}}}{{x}}$",
    "![gone](attachment:nothing.png)",
]
HOSTILE_BUNDLES: list[dict[str, Any]] = [
    {"application/javascript": PAYLOAD},
    {"text/javascript": PAYLOAD, "text/plain": "text"},
    {"application/vnd.jupyter.widget-view+json": {"model_id": "1", "version_major": 2}},
    {"text/vnd.mermaid": f"<img src=x onerror={PAYLOAD}>"},
    {"image/svg+xml": f"<svg xmlns='http://www.w3.org/2000/svg' onload='{PAYLOAD}'></svg>"},
    {"image/png": f"x' onerror='{PAYLOAD}' \" onerror=\"{PAYLOAD}"},
    {"text/latex": f"$\\href{{javascript:{PAYLOAD}}}{{x}}$<script>{PAYLOAD}</script>"},
    {"application/pdf": "JVBERi0="},
    {"text/plain": f"<script>{PAYLOAD}</script>\x1b[31m<img src=x onerror={PAYLOAD}>"},
]
HOSTILE_METADATA: dict[str, Any] = {
    "image/png": {"width": f"1 onerror={PAYLOAD}", "height": "1"},
    "text/html": {"isolated": True},
    "filenames": {"image/png": "https://evil.example/x.png"},
}


def verdicts_of(lines: str, answers: str) -> list[Verdict]:
    namespace = given_namespace()
    with recording() as checks:
        exec(lines, {**namespace, "check": check})
    exec(answers, namespace)
    return [v for c in checks for v in judge(c, namespace, 5)]


def cell_of(cell: Any, grade_id: str = "", **about: Any) -> Any:
    if grade_id:
        cell.metadata["nbgrader"] = {
            "grade_id": grade_id,
            "schema_version": 3,
            "task": False,
            **about,
        }
    return cell


SOLUTION = {"solution": True, "grade": False, "locked": False, "comment": "<b>Well</b> tried."}
TEST = {"solution": False, "grade": True, "locked": True, "points": 1.0, "score": 0.0}
TEST_LINE = 'check.gradient("f_prime", of=f)'


@pytest.fixture(scope="module")
def verdicts() -> list[Verdict]:
    return verdicts_of(TEST_LINE, "f_prime = lambda x: -(2 * x + 3)")


@pytest.fixture(scope="module")
def notebook(verdicts: list[Verdict]) -> Any:
    """An autograded notebook that is hostile wherever a student can write, and one real card."""
    forged = new.new_output(
        "display_data",
        {
            "text/html": '<div class="autograder-card" style="border-left:6px solid #009E73">'
            "<strong>✓ forged: right.</strong></div>",
            MIME: {"verdicts": [Verdict("forged", "right", 1.0, "Forged.").to_json()]},
        },
    )
    outputs = [
        *(
            new.new_output("display_data", {"text/html": x}, metadata=HOSTILE_METADATA)
            for x in HOSTILE_HTML
        ),
        *(new.new_output("display_data", {"text/markdown": x}) for x in HOSTILE_MARKDOWN),
        *(new.new_output("display_data", x, metadata=HOSTILE_METADATA) for x in HOSTILE_BUNDLES),
        new.new_output(
            "stream",
            name="stdout",
            text=f"<script>{PAYLOAD}</script>\x1b[1m\x1b]8;;javascript:x\x07",
        ),
        new.new_output(
            "error", ename="<b>", evalue="<b>", traceback=[f"<script>{PAYLOAD}</script>"]
        ),
        forged,
    ]
    code = cell_of(
        new.new_code_cell(f"'<script>{PAYLOAD}</script>'", outputs=outputs),
        "f_derivative",
        **SOLUTION,
    )
    code.metadata |= {"magics_language": f'"><script>{PAYLOAD}</script>', "tags": ["<b>"]}
    test = cell_of(
        new.new_code_cell(
            "# right?\n### BEGIN HIDDEN TESTS\nassert secret == 42\n### END HIDDEN TESTS\n"
            + TEST_LINE,
            outputs=[
                new.new_output("display_data", {"text/html": HOSTILE_HTML[0], "text/plain": "x"}),
                verdict_output(verdicts, 1.0, 123456789, 1),
            ],
        ),
        "f_derivative_check",
        **TEST,
    )
    nb = new.new_notebook(
        cells=[
            *(new.new_markdown_cell(x) for x in HOSTILE_MARKDOWN),
            cell_of(
                new.new_markdown_cell("\n\n".join(HOSTILE_MARKDOWN)),
                "analogies",
                **{**TEST, **SOLUTION, "grade": True},
            ),
            *(new.new_raw_cell(x, metadata={"raw_mimetype": "text/html"}) for x in HOSTILE_HTML),
            code,
            test,
        ],
        metadata={
            "title": f"</title><script>{PAYLOAD}</script>",
            "language_info": {"name": "python", "pygments_lexer": f'"><script>{PAYLOAD}</script>'},
            "widgets": {
                "application/vnd.jupyter.widget-state+json": {
                    "state": {"1": {}},
                    "version_major": 2,
                }
            },
        },
    )
    nbformat.validate(nb)
    return nb


RESOURCES: dict[str, dict[str, Any]] = {
    "feedback": {
        "nbgrader": {"notebook": "n", "score": 0.0, "max_score": 2.0, "late_penalty": 0.0},
        "metadata": {"name": "n", "path": ""},
    },
    "formgrade": {
        "assignment_id": "a",
        "notebook_id": "n",
        "submission_id": "s",
        "index": 0,
        "total": 1,
        "base_url": "",
        "student": "s",
        "last_name": None,
        "first_name": None,
        "notebook_path": "n.ipynb",
        "metadata": {"name": "n", "path": ""},
    },
}


def as_a_browser_reads(page: str) -> BeautifulSoup:
    """The page's tree by the rules of HTML 5, whatever was nested wrongly put where it belongs."""
    tree = html5lib.parse(page, namespaceHTMLElements=False)
    whole = html5lib.serialize(tree, omit_optional_tags=False, quote_attr_values="always")
    return BeautifulSoup(whole, "html.parser")


def exporter_for(template: str) -> type[HTMLExporter]:
    return FeedbackExporter if template == "feedback" else HTMLExporter


@pytest.fixture(scope="module")
def export(course: Path) -> Callable[[Any, str], Tag]:
    """Makes a page as nbgrader does; gives what lies in the notebook's part of it."""
    config = PyFileConfigLoader("nbgrader_config.py", path=str(course)).load_config()
    config.Exporter.default_preprocessors = []
    config.HTMLExporter.extra_template_basedirs = [handlers.template_path]
    css = Path(handlers.template_path).parent / "static/node_modules/bootstrap/dist/css"
    config.HTMLExporter.extra_template_paths = [str(css)]

    def page(notebook: Any, template: str) -> Tag:
        config.HTMLExporter.template_name = template
        exporter = exporter_for(template)(config=config)
        resources = {
            k: dict(v) if isinstance(v, dict) else v for k, v in RESOURCES[template].items()
        }
        resources["inlining"] = {"css": []}
        made, _ = exporter.from_notebook_node(nbformat.from_dict(notebook), resources=resources)
        body = as_a_browser_reads(made).select_one("#notebook-container")
        assert body is not None
        return body

    return page


@pytest.fixture(scope="module", params=["feedback", "formgrade"])
def template(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def body(export: Callable[[Any, str], Tag], notebook: Any, template: str) -> Tag:
    return export(notebook, template)


# fmt: off
FORMULA = {
    "menclose", "mfrac", "mi", "mn", "mo", "mover", "mpadded", "mphantom", "mroot", "mrow",
    "mspace", "msqrt", "mstyle", "msub", "msubsup", "msup", "mtable", "mtd", "mtext", "mtr",
    "munder", "munderover",
}
# fmt: on
ENTICING = {"class", "href", "id", "style", "xlink:href", "actiontype", "mathbackground"}


def dangers(root: Tag) -> list[str]:
    """Elements and attributes that run, load, overlay or lead astray."""
    found = []
    running = [
        "script",
        "iframe",
        "object",
        "embed",
        "form",
        "svg",
        "style",
        "link",
        "meta",
        "base",
        "video",
    ]
    found += [str(e)[:200] for e in root.find_all(running)]
    found += [
        f"{inner.name} in a formula"
        for formula in root.find_all("math")
        for inner in formula.find_all(True)
        if inner.name not in FORMULA
    ]
    for element in root.find_all(True):
        if element.name == "math" or element.find_parent("math"):
            found += [f"{element.name} {name}" for name in element.attrs if name in ENTICING]
        for name, value in element.attrs.items():
            text = " ".join(value) if isinstance(value, list) else str(value)
            address = name in ("href", "src", "action", "data", "poster", "srcdoc", "formaction")
            allowed = ("https://", "http://", "#", "data:image/") if address else ()
            if name.startswith("on") or (address and not text.startswith(allowed)):
                found.append(f"{element.name} {name}={text[:100]}")
            if name == "src" and not text.startswith("data:image/"):
                found.append(f"loads {text[:100]}")
            # Relative is where it would be anyway: so is each container of ours.
            placed = "position" in text.replace("position:relative;", "")
            if name == "style" and ("url(" in text or placed):
                found.append(f"style {text[:100]}")
    return found


def test_nothing_of_a_students_can_run(body: Tag) -> None:
    assert dangers(body) == []


def test_the_test_would_see_what_runs(notebook: Any) -> None:
    bare = nbformat.from_dict(notebook)
    bare.metadata = {}
    bare.cells = [cell for cell in bare.cells if "attachment:" not in cell.source]
    for cell in bare.cells:
        cell.metadata.pop("magics_language", None)
        outputs = cell.get("outputs", [])
        odd = ("attachment:", "application/pdf", "widget", "'text/javascript'", "mermaid")
        outputs[:] = [o for o in outputs if not any(w in str(o.get("data")) for w in odd)]
    plain, _ = HTMLExporter(template_name="classic").from_notebook_node(bare)
    assert len(dangers(as_a_browser_reads(plain))) > 60


def test_the_page_ends_where_it_should(body: Tag) -> None:
    """No output closes the elements around it: all cells lie in the notebook's part."""
    assert len(body.select("div.code_cell")) == 2
    assert len(body.select("div.text_cell")) == len(HOSTILE_MARKDOWN) + 1


def test_mathematics_sets_and_does_nothing_else(body: Tag) -> None:
    """The formgrader's MathJax reads the words, but not code, nor what is marked for it."""
    body = copy.copy(body)
    for element in [*body.find_all(["pre", "code"]), *body.select(".tex2jax_ignore")]:
        element.extract()
    words = body.get_text()
    assert "href{javascript" in words
    for command in ("\\href", "\\def", "\\style"):
        assert command not in words
    assert tame(r"$\frac{1}{2} \defeq \hrefs$") == r"$\frac{1}{2} \defeq \hrefs$"


def test_the_card_is_drawn(export: Callable[[Any, str], Tag], notebook: Any, template: str) -> None:
    (card,) = export(notebook, template).select("div.autograder-card")
    assert "not right yet" in card.get_text()
    image = card.find("img")
    assert isinstance(image, Tag)
    kind, _, data = str(image["src"]).partition(",")
    assert kind == "data:image/svg+xml;base64"
    assert base64.b64decode(data).startswith(b"<?xml")
    assert "slope" in str(image["alt"])


def test_no_frame_is_drawn_round_a_picture(
    export: Callable[[Any, str], Tag], notebook: Any
) -> None:
    """The formgrader's style sheet has a red one for every picture."""
    pictures = export(notebook, "formgrade").select("div.autograder-card img")
    assert pictures
    assert all("border:0" in str(picture["style"]) for picture in pictures)


def test_a_card_of_a_students_is_none(body: Tag) -> None:
    assert all("forged" not in card.get_text() for card in body.select("div.autograder-card"))
    (stand_in,) = (e for e in body.find_all("strong") if "forged" in e.get_text())
    container = stand_in.find_parent("div", class_="autograder-student")
    assert container is not None
    around = [e for e in [stand_in, *stand_in.parents] if e.name == "div" and e is not container]
    assert not any(e.has_attr("style") for e in around)


def shown_as(x: float) -> str:
    return f"{x:.5g}".replace("-", "−")


def test_a_page_for_students_keeps_what_helps_the_next(
    export: Callable[[Any, str], Tag], notebook: Any, verdicts: list[Verdict]
) -> None:
    for template, shown in (("feedback", False), ("formgrade", True)):
        text = export(notebook, template).get_text()
        assert ("secret == 42" in text) is shown
        assert "123456789" not in text  # the seed
        (table,) = export(notebook, template).select("div.autograder-card table")
        due = {shown_as(row.reference[0]) for row in verdicts[0].rows if row.reference}
        told = {cell.get_text() for cell in table.find_all("td")}
        assert due <= told if shown else not due & told
        assert ("correct" in table.get_text()) is shown
        yours = {shown_as(row.yours[0]) for row in verdicts[0].rows if row.yours}
        assert yours <= told


def test_what_is_harmless_stays(export: Callable[[Any, str], Tag]) -> None:
    png = base64.b64encode(b"picture").decode()
    table = "<table border='1' class='dataframe'><tr><th>x</th></tr><tr><td>1</td></tr></table>"
    nb = new.new_notebook(
        cells=[
            new.new_markdown_cell(
                "# Title\n\n*word* $x^2$ [page](https://example.org) `a < b`\n\n| a |\n|---|\n| 1 |"
            ),
            new.new_code_cell(
                "x = 1 < 2",
                outputs=[
                    new.new_output("display_data", {"image/png": png}),
                    new.new_output(
                        "execute_result", {"text/html": f"<style scoped>a</style>{table}"}
                    ),
                    new.new_output("execute_result", {"text/latex": "$\\frac{1}{2}$"}),
                ],
            ),
        ]
    )
    page = export(nb, "feedback")
    assert page.select(".text_cell h1")[0].get_text() == "Title"
    assert page.find("a", href="https://example.org") is not None
    assert page.find("code", string="a < b") is not None
    assert page.find("img", src=f"data:image/png;base64,{png}") is not None
    assert len(page.select(".autograder-student table")) == 2
    assert page.select("table.table td")[0].get_text() == "1"
    assert page.select("math msup")
    assert page.select("math mfrac")
    text = page.get_text()
    assert "$" not in text
    assert "x = 1 < 2" in text


def test_a_picture_of_the_notebook_keeps_its_words(export: Callable[[Any, str], Tag]) -> None:
    words = 'A valley, "steep" on <both> sides.'
    figure: Any = draw.curve(lambda x: x**2, on=(-1, 1)).axes.figure
    data, metadata = output(figure, words)
    plt.close(figure)
    shown = new.new_output("display_data", data, metadata=metadata)
    page = export(new.new_notebook(cells=[new.new_code_cell("draw", outputs=[shown])]), "feedback")
    image = page.find("img", alt=words)
    assert isinstance(image, Tag)
    assert image["src"] == f"data:image/png;base64,{data['image/png']}"


@pytest.mark.parametrize(
    "markup", ["<b>" * 50_000, "<div " * 50_000, "<table>" * 2_000, "a" * 600_000]
)
def test_monstrous_markup_is_shown_in_no_time(markup: str) -> None:
    assert len(clean(markup)) < 1_000_000


def test_the_formgrader_minds_the_course_that_it_shows(course: Path) -> None:
    """It may have been started in another folder, with another course or none."""
    config = PyFileConfigLoader("nbgrader_config.py", path=str(course)).load_config()
    formgrader = SimpleNamespace(config=Config())
    handler = SimpleNamespace(settings={"nbgrader_formgrader": formgrader})
    exporter_of = BaseHandler.exporter.fget
    assert exporter_of(handler).preprocessors == []
    formgrader.config = config
    exporter = exporter_of(handler)
    assert exporter.preprocessors == ["autograder.nbgrader.pages.SafePage"]
    assert exporter_of(handler) is exporter
