"""The feedback page opens with the result, and folds what need not be read."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import nbformat
import pytest
from bs4 import BeautifulSoup, Tag
from nbgrader.utils import compute_checksum

from autograder.checks.verdict import Outcome, Verdict
from autograder.marking.record import verdict_output
from autograder.nbgrader.pages import FeedbackExporter

new: Any = nbformat.v4
LESSON = "## 1. Slopes\n\nThe slope is $2x$."


def answer(name: str, source: str, *, untouched: bool = False, **about: Any) -> Any:
    cell = new.new_code_cell(source)
    cell.metadata["nbgrader"] = {
        "grade_id": name, "solution": True, "grade": False, "locked": False, "task": False,
        "schema_version": 3, **about,
    }  # fmt: skip
    if untouched:
        cell.metadata.nbgrader["checksum"] = compute_checksum(cell)
    return cell


def test_cell(name: str, verdicts: Sequence[Verdict], **about: Any) -> Any:
    score = sum(v.share for v in verdicts) / len(verdicts)
    cell = new.new_code_cell("check.gradient(...)", outputs=[verdict_output(verdicts, 1, 1, 1)])
    cell.metadata["nbgrader"] = {
        "grade_id": f"{name}_check", "solution": False, "grade": True, "locked": True,
        "task": False, "schema_version": 3, "points": 1.0, "score": score, **about,
    }  # fmt: skip
    return cell


test_cell.__test__ = False  # type: ignore[attr-defined]


def verdict(outcome: Outcome, fact: str = "It is so. At 1 it is 2.", **more: Any) -> Verdict:
    return Verdict("f_prime", outcome, {"right": 1.0, "partly": 0.5}.get(outcome, 0), fact, **more)


def page_of(cells: list[Any], penalty: float = 0.0) -> BeautifulSoup:
    exporter = FeedbackExporter(preprocessors=["autograder.nbgrader.pages.SafePage"])
    nb = new.new_notebook(cells=cells)
    about = {"notebook": "n", "score": 1.5, "max_score": 4.0, "late_penalty": penalty}
    made, _ = exporter.from_notebook_node(nb, {"nbgrader": about})
    return BeautifulSoup(made, "html.parser")


def exercise(name: str, *verdicts: Verdict, **about: Any) -> list[Any]:
    return [
        new.new_markdown_cell(f"### Exercise: the title of {name} · 1 point\n\nDo it."),
        answer(name, f"{name} = 1"),
        test_cell(name, verdicts, **about),
    ]


@pytest.fixture(scope="module")
def page() -> BeautifulSoup:
    """An exercise of each kind."""
    blank = answer("blank", "# YOUR CODE HERE", untouched=True)
    missing = verdict("wrong", "There is no answer yet.", misconception="not_answered")
    written = new.new_markdown_cell("My levers.")
    written.metadata["nbgrader"] = {
        "grade_id": "levers", "solution": True, "grade": True, "locked": False, "task": False,
        "schema_version": 3, "points": 1.0, "score": 0.0, "waits": True,
    }  # fmt: skip
    given = new.new_code_cell("def f(x):\n    return x")
    given.metadata["nbgrader"] = {
        "grade_id": "given", "solution": False, "grade": False, "locked": True, "task": False,
        "schema_version": 3,
    }  # fmt: skip
    return page_of(
        [
            new.new_markdown_cell(LESSON),
            given,
            *exercise("one", verdict("wrong", "Everywhere it is minus. At 1 it is 2.")),
            *exercise("two", verdict("right"), verdict("right")),
            *exercise("three", verdict("unjudged", "Torch is not here."), waits=True),
            new.new_markdown_cell("### Exercise: nothing yet · 1 point"),
            blank,
            test_cell("blank", [missing]),
            new.new_markdown_cell("### Exercise: in words · 1 point"),
            written,
            new.new_markdown_cell("The end."),
        ]
    )


def rows(page: BeautifulSoup) -> list[list[str]]:
    lines = page.select("table.summary tbody tr")
    return [[c.get_text(" ", strip=True) for c in row.find_all(["th", "td"])] for row in lines]


def test_it_opens_with_the_result(page: BeautifulSoup) -> None:
    assert page.select("main > header h1")
    assert "1.5 of 4 points so far" in page.select("p.score")[0].get_text()
    assert rows(page) == [
        ["the title of one", "✗ not right yet", "0 of 1", "Everywhere it is minus."],
        ["the title of two", "✓ right", "1 of 1", ""],
        ["the title of three", "? could not be judged", "– of 1", "Torch is not here."],
        ["nothing yet", "○ not answered", "0 of 1", ""],
        ["in words", "✎ a person reads this one", "– of 1", "Not read yet."],
    ]


def test_each_line_leads_to_its_exercise(page: BeautifulSoup) -> None:
    for number, link in enumerate(page.select("table.summary a"), 1):
        target = page.find(id=str(link["href"]).removeprefix("#"))
        assert isinstance(target, Tag)
        around = target.find_parent("details", class_="exercise")
        assert isinstance(around, Tag)
        heading = around.find("h2")
        assert isinstance(heading, Tag)
        assert heading.get_text() == link.get_text()
        assert link["href"] == f"#exercise-{number}"


def test_what_need_not_be_read_is_folded(page: BeautifulSoup) -> None:
    opened = [e.has_attr("open") for e in page.select("details.exercise")]
    assert opened == [True, False, True, False, True]
    assert not any(e.has_attr("open") for e in page.select("details.lesson"))
    lesson = page.select("details.exercise > div > details.lesson")[0].get_text()
    for text in ("Slopes", "def f(x)", "Do it.", "check.gradient"):
        assert text in lesson
    assert "The end." in page.select("main > details.lesson")[-1].get_text()


def test_an_answer_and_its_card_are_not_folded_twice(page: BeautifulSoup) -> None:
    first = copy.copy(page.select("#exercise-1")[0])
    for folded in first.select("details.lesson"):
        folded.extract()
    assert "one = 1" in first.get_text()
    assert first.select(".autograder-card")


def test_a_comment_opens_its_exercise() -> None:
    cells = exercise("one", verdict("right"))
    cells[1].metadata.nbgrader["comment"] = "Well *done*."
    page = page_of(cells)
    assert page.select("details.exercise[open]")
    assert page.select(".comment em")[0].get_text() == "done"


def test_what_a_student_adds_beside_an_answer_is_shown() -> None:
    cells = exercise("one", verdict("wrong"))
    cells.insert(2, new.new_code_cell("mine = 2"))
    page = page_of(cells)
    folded = "".join(e.get_text() for e in page.select("details.lesson"))
    assert "mine" in page.get_text()
    assert "mine" not in folded


def test_a_heading_of_a_students_stays_in_its_container() -> None:
    cells = exercise("one", verdict("wrong"))
    cells[0].source = "### MINE <script>alert(1)</script> ✓ right" + "x" * 500
    page = page_of(cells)
    for container in page.select(".autograder-student"):
        assert "contain:paint" in str(container["style"])
        container.clear()
    assert "MINE" not in str(page)
    assert not page.select("script")


def test_points_lost_for_coming_late_are_said() -> None:
    assert "0.5 taken off for coming late" in page_of([], penalty=0.5).get_text()


def test_a_test_cell_as_nbgrader_has_them() -> None:
    cells = exercise("one", verdict("right"))
    cells[2].outputs = []
    cells[2].metadata.nbgrader |= {"score": 0.5, "points": 1.0}
    (row,) = rows(page_of(cells))
    assert row[1:3] == ["◐ partly right", "0.5 of 1"]
