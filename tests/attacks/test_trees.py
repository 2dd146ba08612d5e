"""Odd folders and names in a class: they cost nobody a mark, a page or much time."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.attacks.trees import TREES, Tree, remove
from tests.grade.conftest import REPOSITORY
from tests.marking import small_course as small
from tests.marking.small_course import ASSIGNMENT, FIRST, SECOND, Submission

pytestmark = pytest.mark.timeout(3000)

HONEST = ("aa_honest", "mm_honest", "zz_honest")
ALL = {**dict.fromkeys(("slope", "lowest", "cubed_slope")), "why": None}
SECONDS = 600


@dataclasses.dataclass(frozen=True)
class Said:
    status: int
    text: str


def run(root: Path, *command: str) -> Said:
    """What a grader types."""
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=root,
        env={**os.environ, "COLUMNS": "120"},
        capture_output=True,
        timeout=SECONDS,
    )
    text = (done.stdout + done.stderr).decode("utf-8", "surrogateescape")
    return Said(done.returncode, text)


@dataclasses.dataclass(frozen=True)
class Term:
    """A course in which everybody has been marked, and what each command said."""

    root: Path
    said: dict[str, Said]


@pytest.fixture(scope="module", params=["grade", "nbgrader"])
def term(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Term]:
    root = tmp_path_factory.mktemp("trees") / "course"
    root.mkdir()
    small.make(root, REPOSITORY)
    # First everybody is honest; then they hand in again.
    everybody = [*HONEST, *(tree.name for tree in TREES if tree.marked)]
    for student in everybody if request.param == "grade" else HONEST:
        small.hand_in(root, Submission(student), second=student in HONEST)
    said = {}
    if request.param == "grade":
        said["first"] = run(root, "autograder", "grade", ASSIGNMENT)
        assert said["first"].status == 0, said["first"].text
    try:
        for tree in TREES:
            folder = root / "submitted" / tree.name / ASSIGNMENT
            if not folder.exists():
                small.hand_in(root, Submission(tree.name), second=False)
            tree.grow(folder)
        if request.param == "grade":
            said["mark"] = run(root, "autograder", "grade", ASSIGNMENT)
            said["again"] = run(root, "autograder", "grade", ASSIGNMENT, "--json")
        else:
            said["mark"] = run(root, "nbgrader", "autograde", ASSIGNMENT)
        said["feedback"] = run(root, "nbgrader", "generate_feedback", ASSIGNMENT)
        said["report"] = run(root, "autograder", "report", ASSIGNMENT)
        said["csv"] = run(root, "autograder", "report", ASSIGNMENT, "--format", "csv")
        said["doctor"] = run(root, "autograder", "doctor")
        yield Term(root, said)
    finally:
        remove(root)


def test_marking_says_that_some_could_not_be_marked(term: Term) -> None:
    assert term.said["mark"].status == 1, term.said["mark"].text
    if "again" in term.said:  # nbgrader shows, for each, where it came from
        assert "Traceback" not in term.said["mark"].text


@pytest.mark.parametrize("student", HONEST)
def test_honest_students_keep_marks_and_pages(term: Term, student: str) -> None:
    marks = small.marks(term.root, student)
    assert {name: marks[name][0] for name in ("slope", "lowest", "cubed_slope")} == {
        name: small.POINTS[name] for name in ("slope", "lowest", "cubed_slope")
    }
    folder = term.root / "feedback" / student / ASSIGNMENT
    assert {path.name for path in folder.glob("*.html")} == {f"{FIRST}.html", f"{SECOND}.html"}


@pytest.mark.parametrize("tree", [t for t in TREES if t.marked], ids=lambda tree: tree.name)
def test_what_can_be_marked_is(term: Term, tree: Tree) -> None:
    marks = small.marks(term.root, tree.name)
    assert {name: marks[name][0] for name in ("slope", "lowest")} == {
        name: small.POINTS[name] for name in ("slope", "lowest")
    }
    page = term.root / "feedback" / tree.name / ASSIGNMENT / f"{FIRST}.html"
    assert page.is_file()


@pytest.mark.parametrize("tree", [t for t in TREES if not t.marked], ids=lambda t: ascii(t.name))
def test_what_cannot_be_marked_is_named(term: Term, tree: Tree) -> None:
    named = (
        tree.name if tree.name.isprintable() and len(tree.name) < 200 else ascii(tree.name)[1:-1]
    )
    wanted = named[:20]
    assert wanted in term.said["mark"].text
    assert "could not be marked" in term.said["mark"].text
    assert wanted in term.said["report"].text or wanted in report(term)


def report(term: Term) -> str:
    return (term.root / f"report_{ASSIGNMENT}.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("command", ["feedback", "report", "csv", "doctor"])
def test_no_other_command_stumbles(term: Term, command: str) -> None:
    assert "Traceback" not in term.said[command].text, term.said[command].text
    if command != "doctor":
        assert term.said[command].status == 0, term.said[command].text


def test_nothing_reaches_the_terminal_raw(term: Term) -> None:
    for command, said in term.said.items():
        assert "\x1b]" not in said.text, command
        assert "\x1b[2J" not in said.text, command
        assert "\x07" not in said.text, command
        assert "\n[AutogradeApp | ERROR] forged" not in said.text, command


def test_who_has_not_changed_is_not_marked_again(term: Term) -> None:
    if "again" not in term.said:
        pytest.skip("nbgrader does not know what has changed")
    summary = json.loads(term.said["again"].text.splitlines()[-1])
    assert summary["marked"] == 0, summary
