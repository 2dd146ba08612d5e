"""A page is made in bounded time and has a bounded size, whatever a student wrote on it."""

from __future__ import annotations

import base64
import io
import time
from typing import Any

import nbformat
import pytest
from PIL import Image

from autograder.feedback.cleaning import is_small
from autograder.feedback.press import PAGE_SECONDS, Press
from autograder.feedback.sheet import FULL, MAX_PAGE, PLAIN
from autograder.nbgrader.pages import SafePage

new: Any = nbformat.v4
PATIENCE = 30 * PAGE_SECONDS  # seconds beside other load; without limits, some take hours

SOURCES = {
    "blank lines that hold a blank": " \n" * 30_000 + "pass",
    "the same in pieces": ("x = 1\n" + " \n" * 60) * 150,
    "blanks at the ends of lines": ("x" + " " * 150 + "\n") * 120,
    "brackets": "[" * 19_000,
    "backslashes": "\\" * 19_000,
    "quotes": "'\"" * 9_000,
    "long names": "a." * 9_000,
    "a very long line": "x+" * 900_000,
    "percent signs": "%" * 19_000 + "\n",
    "questions": "?" * 19_000,
}
TEXTS = {
    "brackets": "[" * 19_000,
    "brackets with bangs": "![" * 9_500,
    "links in links": "[a](" * 4_700,
    "stars": "*a _b " * 3_000,
    "stars in a row": "*" * 19_000,
    "back ticks": "".join("`" * n + " " for n in range(1, 180)),
    "quotes": ">" * 19_000,
    "lists": "".join(" " * n + "- a\n" for n in range(150)),
    "tables": "|" * 9_000 + "\n" + "|-" * 4_500,
    "footnotes": "".join(f"[^{n}]: a\n" for n in range(1500)),
    "dollars": "$" * 19_000,
    "dollars with words": "$a $$ b \\\\( " * 1_500,
    "opened comments": "<!--" * 4_700,
    "opened elements": "<a <b " * 3_000,
    "entities": "&" * 19_000,
}
OUTPUTS: dict[str, list[dict[str, Any]]] = {
    "colours": [{"text": "\x1b[31mx\x1b[0m" * 20_000}],
    "half a colour": [{"text": "\x1b[" + "1;" * 90_000}],
    "many colours": [{"text": "\x1b[38;5;1mx" * 15_000} for _ in range(40)],
    "a long text": [{"text": "x" * 1_000_000} for _ in range(20)],
    "many outputs": [{"data": {"text/html": "<b>x</b>"}} for _ in range(5_000)],
    "nested tables": [{"data": {"text/html": "<table><tr><td>" * 4_000}}],
    "many tables": [{"data": {"text/html": "<table><tr><td>x" * 150}} for _ in range(200)],
    "formulas": [{"data": {"text/latex": "$\\def" * 3_900}} for _ in range(20)],
    "written texts": [{"data": {"text/markdown": "*a _b " * 3_000}} for _ in range(40)],
}


def output(about: dict[str, Any]) -> Any:
    if "text" in about:
        return new.new_output("stream", name="stdout", text=about["text"])
    return new.new_output("display_data", about["data"])


def page_of(cells: list[Any]) -> tuple[Any, float]:
    nb = new.new_notebook(cells=[*cells, new.new_code_cell("def honest(x):\n    return 2 * x")])
    began = time.monotonic()
    made, _ = SafePage().preprocess(nb, {})
    return made, time.monotonic() - began


def assert_bounded(made: Any, seconds: float) -> None:
    assert seconds < PATIENCE
    shown = "".join(
        c.source + "".join(str(o.data) for o in c.get("outputs", [])) for c in made.cells
    )
    assert len(shown) < 2.2 * MAX_PAGE
    assert all("autograder-student" in cell.source for cell in made.cells)
    assert '<span class="k">def</span>' in made.cells[-1].source  # who is honest has colours


@pytest.mark.parametrize("name", SOURCES)
def test_code_is_shown_in_time(name: str) -> None:
    made, seconds = page_of([new.new_code_cell(SOURCES[name])])
    assert_bounded(made, seconds)
    assert "<pre" in made.cells[0].source


@pytest.mark.parametrize("name", TEXTS)
def test_text_is_shown_in_time(name: str) -> None:
    assert_bounded(*page_of([new.new_markdown_cell(TEXTS[name])]))


@pytest.mark.parametrize("name", OUTPUTS)
def test_outputs_are_shown_in_time(name: str) -> None:
    cell = new.new_code_cell("1", outputs=[output(about) for about in OUTPUTS[name]])
    nb = new.new_notebook(cells=[cell])
    began = time.monotonic()
    made, _ = SafePage().preprocess(nb, {})
    assert time.monotonic() - began < PATIENCE
    assert sum(len(str(o.data)) for o in made.cells[0].outputs) < 2.2 * MAX_PAGE + 500 * 5_000


def test_what_never_ends_is_ended_and_the_next_is_made() -> None:
    press = Press()
    made = press.make([("code", " \n" * 30_000 + "pass", None), ("code", "def f(): pass", None)])
    press.close()
    assert made[0] is None
    assert made[1] is not None
    assert "<span" in made[1]


def test_a_page_of_what_never_ends_is_made_in_time() -> None:
    press = Press()
    jobs = [("code", " \n" * 30_000 + "pass", None)] * 200
    began = time.monotonic()
    assert press.make(jobs) == [None] * 200
    assert time.monotonic() - began < PATIENCE
    assert press.make([("code", "x", None)]) != [None]  # the next student's page
    press.close()


def test_what_is_too_long_for_colours_is_there_word_for_word() -> None:
    code = "\n".join(f"x_{n} = {n} < 2" for n in range(3000))
    made, _ = page_of([new.new_code_cell(code)])
    assert PLAIN in made.cells[0].source
    assert "x_2999 = 2999 &lt; 2" in made.cells[0].source


def test_a_page_without_room_says_where_the_rest_is() -> None:
    outputs = [new.new_output("stream", name="stdout", text="x" * 190_000) for _ in range(60)]
    made, _ = page_of([new.new_code_cell("1", outputs=outputs)])
    shown = [o.data["text/html"] for o in made.cells[0].outputs]
    assert FULL in shown[-1]
    assert FULL not in shown[0]


def png(width: int, height: int) -> str:
    out = io.BytesIO()
    Image.new("1", (width, height)).save(out, "PNG")
    return base64.b64encode(out.getvalue()).decode()


def test_a_picture_that_would_unpack_to_gigabytes_is_not_shown() -> None:
    bomb, plot = png(20_000, 20_000), png(1_280, 960)
    assert not is_small(bomb)
    assert is_small(plot)
    outputs = [
        new.new_output("display_data", {"image/png": bomb}),
        new.new_output("display_data", {"text/html": f'<img src="data:image/png;base64,{bomb}">'}),
        new.new_output("display_data", {"image/png": plot}),
    ]
    text = f"![b](data:image/png;base64,{bomb[:15_000]}) ![p](attachment:p)"
    cell = new.new_markdown_cell(text, attachments={"p": {"image/png": plot}})
    made, _ = page_of([new.new_code_cell("1", outputs=outputs), cell])
    one, two, three = (o.data["text/html"] for o in made.cells[0].outputs)
    assert "<img" not in one + two
    assert "not shown" in one
    assert "not shown" in two
    assert plot in three
    assert plot in made.cells[1].source


@pytest.mark.parametrize("place", ["output", "HTML", "Markdown", "attachment"])
def test_no_svg_of_a_students_is_on_a_page(place: str) -> None:
    """A kilobyte of it, made of copies of copies, hangs the browser."""
    svg = "<svg xmlns='http://www.w3.org/2000/svg'><g id='a'><use href='#a'/></g></svg>"
    data = base64.b64encode(svg.encode()).decode()
    link = f"data:image/svg+xml;base64,{data}"
    cell = {
        "output": lambda: new.new_code_cell(
            "1", outputs=[new.new_output("display_data", {"image/svg+xml": svg})]
        ),
        "HTML": lambda: new.new_code_cell(
            "1",
            outputs=[
                new.new_output("display_data", {"text/html": f"<img src='{link}' alt='a'>{svg}"})
            ],
        ),
        "Markdown": lambda: new.new_markdown_cell(f"![a]({link})\n\n{svg}"),
        "attachment": lambda: new.new_markdown_cell(
            "![a](attachment:a)", attachments={"a": {"image/svg+xml": [data]}}
        ),
    }[place]()
    made, _ = page_of([cell])
    outputs = made.cells[0].get("outputs", [])
    shown = outputs[0].data["text/html"] if outputs else made.cells[0].source
    assert "<svg" not in shown
    assert "data:image/svg" not in shown
    assert "PNG and JPEG pictures are" in shown or place == "attachment"
