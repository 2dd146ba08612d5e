"""The how-tos say what is so: the check of one's own is taken from its page, run and marked."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbgrader.coursedir import CourseDirectory

from autograder import CheckFailed, check
from autograder.errors import CheckError
from autograder.marking.record import read_record
from autograder.report.gather import gather
from autograder.report.statistics import mistakes
from tests.marking import small_course as small

ROOT = Path(__file__).parents[1]
PAGES = sorted((ROOT / "docs" / "how-to").glob("*.md"))
DEFINITION, TEST = re.findall(
    r"```python\n(.*?)```",
    (ROOT / "docs" / "how-to" / "new_check.md").read_text(encoding="utf-8"),
    re.DOTALL,
)
GIVEN = "from autograder import check\n\ndef f(x):\n    return x**2 - 4.0"
ANSWERS = {"right": "crossing = -2.0", "level": "crossing = 0.0", "pair": "crossing = (-2, 2)"}


@pytest.mark.parametrize("page", [*PAGES, ROOT / "CONTRIBUTING.md"], ids=lambda page: page.name)
def test_what_a_page_names_is_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)#]+)", text)
    files = re.findall(r"`((?:autograder|tests|docs)/[\w./-]+)`", text)
    assert [link for link in links if not (page.parent / link).exists()] == []
    assert [name for name in files if not (ROOT / name).exists()] == []


def test_a_contributor_finds_every_page() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert [page.name for page in PAGES if f"docs/how-to/{page.name}" not in text] == []


def practised(answer: str) -> str:
    """What the check of the page says of an answer in a student's session; "" if it is right."""
    namespace: dict[str, Any] = {"check": check, "__name__": "__main__"}
    exec(f"{DEFINITION}\n{GIVEN}\n{answer}", namespace)
    try:
        exec(TEST, namespace)
    except CheckFailed as failed:
        return " ".join(str(failed).split())
    return ""


def test_it_runs_in_practice() -> None:
    assert practised(ANSWERS["right"]) == ""
    assert "the slope of the function is 0, and its value is -4" in practised(ANSWERS["level"])
    assert "not one number" in practised(ANSWERS["pair"])
    assert "no answer yet" in practised("pass")


def test_a_changed_function_does_not_count_there() -> None:
    """The exercise's own function is what counts, as with our checks."""
    namespace: dict[str, Any] = {"check": check, "__name__": "__main__"}
    exec(f"{DEFINITION}\n{GIVEN}\ncrossing = 3.0", namespace)
    with pytest.raises(CheckFailed):
        exec(TEST, namespace)


def test_what_is_no_check_is_told_to_its_author() -> None:
    with pytest.raises(CheckError, match="wants a check, and was given a str"):
        check.ask("crossing")


def test_it_is_marked_and_its_mistake_counted(course: Path, tmp_path: Path) -> None:
    shutil.copy(course / "nbgrader_config.py", tmp_path)
    folder = tmp_path / "source" / small.ASSIGNMENT
    folder.mkdir(parents=True)
    solution = f"### BEGIN SOLUTION\n{ANSWERS['right']}\n### END SOLUTION"
    notebook = nbformat.v4.new_notebook(
        cells=[
            small._cell("code", DEFINITION, "given_check", locked=True),
            small._cell("code", GIVEN, "given_f", locked=True),
            small._cell("code", solution, "crossing", solution=True),
            small._cell("code", TEST, "crossing_check", grade=True, locked=True, points=2),
        ]
    )
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(notebook, folder / "roots.ipynb")
    nbgrader = small.api(tmp_path)
    said = nbgrader.generate_assignment(small.ASSIGNMENT)
    assert said["success"], said["log"]
    for student, answer in {**ANSWERS, "nothing": None}.items():
        work = json.loads((tmp_path / "release" / small.ASSIGNMENT / "roots.ipynb").read_text())
        if answer is not None:
            work["cells"][2]["source"] = answer
        place = tmp_path / "submitted" / student / small.ASSIGNMENT
        place.mkdir(parents=True)
        (place / "roots.ipynb").write_text(json.dumps(work))
    said = nbgrader.autograde(small.ASSIGNMENT, "*")
    assert said["success"], said["log"]
    scores, slips = {}, {}
    with small.gradebook(tmp_path) as gradebook:
        for student in (*ANSWERS, "nothing"):
            scores[student] = gradebook.find_submission(small.ASSIGNMENT, student).score
            marked = nbformat.read(
                tmp_path / "autograded" / student / small.ASSIGNMENT / "roots.ipynb", as_version=4
            )
            (record,) = filter(None, map(read_record, marked.cells))
            (verdict,) = record["verdicts"]
            slips[student] = verdict.misconception
    assert scores == {"right": 2.0, "level": 0.0, "pair": 0.0, "nothing": 0.0}
    assert slips == {
        "right": None,
        "level": "level_not_root",
        "pair": "wrong_shape",
        "nothing": "not_answered",
    }
    data = gather(CourseDirectory(root=str(tmp_path), course_id=small.COURSE_ID), small.ASSIGNMENT)
    assert "level_not_root" in {mistake.name for mistake in mistakes(data)}
