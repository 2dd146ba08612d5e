"""What costs and what deceives, from marking to the page: it is its own student's affair.

All are handed in to one class, with honest students before, between and after them.
"""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup

from autograder.nbgrader.converter import MAX_COPY
from tests.attacks import POINTS, Attack, load
from tests.attacks.course import (
    ASSIGNMENT,
    AUTOGRADE,
    GRADE,
    HONEST_STUDENTS,
    NOTEBOOK,
    Ground,
)
from tests.attacks.test_attacks import SHIPPED
from tests.support import needs

pytestmark = pytest.mark.timeout(1800)

STANDS_FOR = {"@BLANKS@": " \n" * 30_000 + "pass", "@TICKS@": "`" * 16_000, "@MARKS@": "̲̍" * 3_000}
MAX_PAGE = 30_000_000  # bytes: what a page may hold of sources, outputs and pictures
OUTSIDE = "MINE"  # what the attacks of family showing write


def whole(attack: Attack) -> Attack:
    """With what would be unreadable in a file of cases."""
    before, edit = attack.before, attack.edit
    for mark, text in STANDS_FOR.items():
        before = before.replace(mark, text)

    def change(notebook: dict) -> None:
        edit(notebook)
        for cell in notebook["cells"]:
            for mark, text in STANDS_FOR.items():
                cell["source"] = "".join(cell["source"]).replace(mark, text)

    return dataclasses.replace(attack, before=before, edit=change)


COSTING = [whole(attack) for attack in load("costing")]
SHOWING = [whole(attack) for attack in load("showing")]


@pytest.fixture(scope="module", params=[AUTOGRADE, GRADE], ids=["nbgrader", "grade"])
def ground(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Ground:
    """The class, marked, with its pages and its report."""
    needs.a_sandbox()
    made = Ground(tmp_path_factory.mktemp("pages"), SHIPPED, honest=("slope", "lowest", "twice"))
    outcome = made.mark([*COSTING, *SHOWING], command=request.param)
    assert outcome.status == 0, outcome.log[-4000:]
    said = made.run("generate_feedback", ASSIGNMENT)
    assert said.returncode == 0, said.stderr[-4000:]
    said = made.run("report", ASSIGNMENT, program="autograder")
    assert said.returncode == 0, said.stderr[-4000:]
    return made


def page_of(ground: Ground, student: str) -> Path:
    return ground.course / "feedback" / student / ASSIGNMENT / f"{NOTEBOOK}.html"


def ids(attack: Attack) -> str:
    return attack.name


def test_there_are_enough_of_each() -> None:
    assert len(COSTING) >= 12
    assert len(SHOWING) >= 12
    names = [attack.name for attack in (*COSTING, *SHOWING)]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("student", HONEST_STUDENTS)
def test_honest_students_keep_marks_and_pages(ground: Ground, student: str) -> None:
    assert ground.scores(student) == {
        name: points if name in ground.honest else 0.0 for name, points in POINTS.items()
    }
    assert "right" in page_of(ground, student).read_text(encoding="utf-8")


@pytest.mark.parametrize("attack", [*COSTING, *SHOWING], ids=ids)
def test_it_earns_what_its_answers_deserve(ground: Ground, attack: Attack) -> None:
    earned = {name: score or 0.0 for name, score in ground.scores(attack.name).items()}
    assert earned == {name: POINTS[name] if name in attack.earns else 0.0 for name in POINTS}


@pytest.mark.parametrize("attack", COSTING, ids=ids)
def test_its_copy_and_its_page_have_a_size(ground: Ground, attack: Attack) -> None:
    folder = ground.course / "autograded" / attack.name / ASSIGNMENT
    assert sum(path.stat().st_size for path in folder.iterdir()) < MAX_COPY
    assert page_of(ground, attack.name).stat().st_size < MAX_PAGE


@pytest.mark.parametrize("attack", SHOWING, ids=ids)
def test_what_it_writes_stays_in_its_container(ground: Ground, attack: Attack) -> None:
    page = parsed(ground, attack)
    for unwanted in page.select("script, iframe, link, object, embed, svg, style, textarea"):
        # What nbconvert's own template has; ours in a card says so.
        assert OUTSIDE not in str(unwanted)
    for container in page.select(".autograder-student"):
        container.clear()
    assert page.title is not None
    page.title.clear()
    assert OUTSIDE not in str(page)


@pytest.mark.parametrize("attack", SHOWING, ids=ids)
def test_what_it_writes_brings_no_layout_of_its_own(ground: Ground, attack: Attack) -> None:
    containers = parsed(ground, attack).select(".autograder-student")
    assert containers
    for container in containers:
        assert "contain:paint" in str(container.get("style"))
        for inner in container.find_all(True):
            style = str(inner.get("style", ""))
            assert not re.search(r"position|top|margin-|fixed|absolute", style), str(inner)[:300]
            assert not any(name.startswith("on") for name in inner.attrs)
            assert "autograder-" not in str(inner.get("class", "")) + str(inner.get("id", ""))
            assert not str(inner.get("href", "")).lower().startswith(("javascript:", "data:"))


def parsed(ground: Ground, attack: Attack) -> BeautifulSoup:
    text = page_of(ground, attack.name).read_text(encoding="utf-8")
    return BeautifulSoup(text, "html.parser")


def test_the_report_names_everybody(ground: Ground) -> None:
    report = (ground.course / f"report_{ASSIGNMENT}.html").read_text(encoding="utf-8")
    for student in (*HONEST_STUDENTS, *(a.name for a in (*COSTING, *SHOWING))):
        assert student in report


def test_copies_are_notebooks(ground: Ground) -> None:
    for attack in (*COSTING, *SHOWING):
        copy = ground.autograded(attack.name)
        assert copy is not None
        nbformat.validate(copy)
