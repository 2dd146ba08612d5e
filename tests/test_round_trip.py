"""From source to exported marks through nbgrader's own commands, with the configuration as shipped.

An instructor and three students, each with a home of their own, share one exchange. What they type
is what anyone would type; the tests then look at what came of it.
"""

from __future__ import annotations

import csv
import html
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbgrader.api import Gradebook

from autograder.checks.verdict import Verdict
from autograder.demo.students import SampleStudent, load_students
from autograder.marking.record import read_record
from tests.support.person import Person

# A whole term beside whatever else runs.
pytestmark = pytest.mark.timeout(3000)

ASSIGNMENT = "gradient_descent"
COURSE_ID = "gradient_descent_course"
ROOT = Path(__file__).resolve().parent.parent
SAMPLE = {student.student_id: student for student in load_students(ROOT / "sample_class")}

RIGHT = replace(SAMPLE["student02_jax_grad"], student_id="right")
EMPTY = SampleStudent(student_id="empty", about="Nothing is answered.", answers={})
# Right but for these: each loses what the comment says.
MIXED = replace(
    SAMPLE["student01_by_hand"],
    student_id="mixed",
    answers={
        **SAMPLE["student01_by_hand"].answers,
        # all of 1: the sign is flipped
        "f_derivative": "def f_prime(x):\n    return -(2 * x + 3)",
        # half of 2: one of two answers is wrong
        "f_stationary_point": "x_stationary = -1.5\n\ndef f_second(x):\n    return 2 * x + 3",
        # a part of 2: visibly inexact
        "quartic_gradient": "def dquartic(x):\n    return (quartic(x + 0.01) - quartic(x)) / 0.01",
        # all of 2: a maximum
        "quartic_minimum": "x_min = 0.205034",
        # all of 3: it climbs
        "descent_routine": (
            "def gradient_descent(df, start, step_size, num_steps):\n"
            "    for _ in range(num_steps):\n"
            "        start = start + step_size * df(start)\n"
            "    return start"
        ),
        # a third of 3: one of three answers is not there
        "goldfield_partials": SAMPLE["student01_by_hand"]
        .answers["goldfield_partials"]
        .replace("def dgoldfield2(", "def both("),
    },
)
STUDENTS = (RIGHT, MIXED, EMPTY)
POINTS = 31  # of the exercises that are marked automatically
BY_HAND = {"analogies", "knobs"}  # one point each


@dataclass(frozen=True)
class Term:
    """A term that is over: where everyone's files are, and what the commands said."""

    course: Path
    homes: Mapping[str, Path]
    said: Mapping[str, str]

    @property
    def database(self) -> str:
        return f"sqlite:///{self.course / 'gradebook.db'}"

    def marks(self, student_id: str) -> dict[str, float | None]:
        """Automatic marks in the gradebook by exercise."""
        with Gradebook(self.database, COURSE_ID) as gradebook:
            submission = gradebook.find_submission(ASSIGNMENT, student_id)
            return {
                grade.name.removesuffix("_check"): grade.auto_score
                for notebook in submission.notebooks
                for grade in notebook.grades
            }

    def fetched_feedback(self, student_id: str) -> dict[str, str]:
        """The text of the feedback pages that a student fetched, by notebook."""
        folder = self.homes[student_id] / COURSE_ID / ASSIGNMENT / "feedback"
        return {page.stem: page.read_text() for page in folder.glob("*/*.html")}

    def verdicts(self, student_id: str, exercise: str) -> list[Verdict]:
        """The verdicts that the autograded notebook keeps for an exercise."""
        folder = self.course / "autograded" / student_id / ASSIGNMENT
        for path in folder.glob("*.ipynb"):
            for cell in nbformat.read(path, as_version=4).cells:
                if cell.metadata.get("nbgrader", {}).get("grade_id") == f"{exercise}_check":
                    record = read_record(cell)
                    assert record is not None
                    return list(record["verdicts"])
        raise LookupError(exercise)


@pytest.fixture(scope="module")
def term(course: Path, tmp_path_factory: pytest.TempPathFactory) -> Term:
    folder = tmp_path_factory.mktemp("term")
    home = folder / "course"
    shutil.copytree(course / "source", home / "source")
    shutil.copy(course / "nbgrader_config.py", home)
    instructor = Person(home, home)
    said: dict[str, str] = {}

    instructor.nbgrader("generate_assignment", ASSIGNMENT)
    instructor.nbgrader("release_assignment", ASSIGNMENT)

    people = {s.student_id: Person(folder / s.student_id, home) for s in STUDENTS}
    for person in people.values():
        person.home.mkdir()
    said["list"] = people["right"].nbgrader("list")
    with ThreadPoolExecutor(2) as at_once:
        list(at_once.map(_work, STUDENTS, (people[s.student_id] for s in STUDENTS)))
        checks = [("right", "01_derivatives"), ("mixed", "02_minima")]
        validated = at_once.map(lambda check: _validate(people[check[0]], check[1]), checks)
        said.update(zip(["validate right", "validate mixed"], validated, strict=True))

    said["inbound"] = instructor.nbgrader("list", "--inbound")
    instructor.nbgrader("collect", ASSIGNMENT)
    said["autograde"] = instructor.nbgrader("autograde", ASSIGNMENT)
    _grade_by_hand(home)
    instructor.nbgrader("generate_feedback", ASSIGNMENT)
    instructor.nbgrader("release_feedback", ASSIGNMENT)
    with ThreadPoolExecutor(2) as at_once:
        list(at_once.map(_read, STUDENTS, (people[s.student_id] for s in STUDENTS)))
    instructor.nbgrader("export", "--to=marks.csv")
    return Term(home, {name: person.home for name, person in people.items()}, said)


# On one machine all are the same user; nbgrader lets a student be named instead.
def _work(student: SampleStudent, person: Person) -> None:
    person.nbgrader("fetch_assignment", ASSIGNMENT)
    for path in (person.home / COURSE_ID / ASSIGNMENT).glob("*.ipynb"):
        notebook = nbformat.read(path, as_version=4)
        student.solve(notebook)
        nbformat.write(notebook, path)
    person.nbgrader("submit", ASSIGNMENT, f"--student={student.student_id}")


def _validate(person: Person, notebook: str) -> str:
    return person.nbgrader("validate", f"{COURSE_ID}/{ASSIGNMENT}/{notebook}.ipynb")


def _read(student: SampleStudent, person: Person) -> None:
    person.nbgrader("fetch_feedback", ASSIGNMENT, f"--student={student.student_id}")


def _grade_by_hand(course: Path) -> None:
    """What the formgrader does when a person reads the manual exercises of one student."""
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}", COURSE_ID) as gradebook:
        for notebook, exercise in (("01_derivatives", "analogies"), ("02_minima", "knobs")):
            grade = gradebook.find_grade(exercise, notebook, ASSIGNMENT, RIGHT.student_id)
            grade.manual_score = 1.0
            grade.needs_manual_grade = False
        comment = gradebook.find_comment("analogies", "01_derivatives", ASSIGNMENT, "right")
        comment.manual_comment = "Mind the hills on the way home."
        gradebook.db.commit()


def test_the_assignment_is_listed_and_submissions_arrive(term: Term) -> None:
    assert f"{COURSE_ID} {ASSIGNMENT}" in term.said["list"]
    assert all(f"{COURSE_ID} {s.student_id} {ASSIGNMENT}" in term.said["inbound"] for s in STUDENTS)


def test_validate_says_what_marking_says(term: Term) -> None:
    assert "Success! Your notebook passes all the tests." in term.said["validate right"]
    said = term.said["validate mixed"]
    assert "VALIDATION FAILED ON 2 CELL(S)" in said
    for answer in ("x_min", "gradient_descent"):
        assert f"✗ {answer}: not right yet" in said


def test_right_answers_have_full_marks(term: Term) -> None:
    with Gradebook(term.database, COURSE_ID) as gradebook:
        notebooks = gradebook.find_assignment(ASSIGNMENT).notebooks
        cells = [cell for notebook in notebooks for cell in notebook.grade_cells]
        most = {cell.name.removesuffix("_check"): cell.max_score for cell in cells}
    for exercise in BY_HAND:
        assert most.pop(exercise) == 1
    marks = term.marks("right")
    assert {exercise: marks[exercise] for exercise in most} == most
    assert sum(most.values()) == POINTS


def test_each_mistake_costs_its_share(term: Term) -> None:
    marks, full = term.marks("mixed"), term.marks("right")
    lost = {name: full[name] - marks[name] for name in full if name not in BY_HAND}
    lost = {name: points for name, points in lost.items() if points}
    inexact = lost.pop("quartic_gradient")
    assert 0 < inexact < 2
    assert lost == {
        "f_derivative": 1,
        "f_stationary_point": 1,
        "quartic_minimum": 2,
        "descent_routine": 3,
        "goldfield_partials": 1,
    }


def test_an_empty_submission_has_nothing(term: Term) -> None:
    marks = term.marks("empty")
    assert {points for name, points in marks.items() if name not in BY_HAND} == {0}


def test_marks_are_plain_numbers(term: Term) -> None:
    for student in STUDENTS:
        for name, points in term.marks(student.student_id).items():
            assert points is None if name in BY_HAND and points is None else type(points) is float


def test_comments_reach_the_student(term: Term) -> None:
    assert "Mind the hills on the way home." in term.fetched_feedback("right")["01_derivatives"]
    assert "No response." in term.fetched_feedback("empty")["01_derivatives"]


@pytest.mark.parametrize(
    ("notebook", "exercise", "misconception"),
    [
        ("01_derivatives", "f_derivative", "sign_flipped"),
        ("01_derivatives", "f_stationary_point", "differentiated_too_seldom"),
        ("01_derivatives", "quartic_gradient", "finite_difference"),
        ("02_minima", "quartic_minimum", "maximum_found"),
        ("02_minima", "descent_routine", "ascent"),
        ("03_goldfield", "goldfield_partials", None),
    ],
)
def test_feedback_says_what_is_wrong(
    term: Term, notebook: str, exercise: str, misconception: str | None
) -> None:
    missed = [v for v in term.verdicts("mixed", exercise) if not v.right]
    assert missed
    if misconception:
        assert [v.misconception for v in missed] == [misconception]
    page = text_of(term.fetched_feedback("mixed")[notebook])
    for verdict in missed:
        # In a page, names of answers are set in type of their own instead of in backticks.
        assert plain(verdict.fact) in page
        assert plain(verdict.hint) in page


def test_feedback_praises_what_is_right(term: Term) -> None:
    (verdict,) = term.verdicts("right", "descent_routine")
    assert verdict.right
    assert plain(verdict.fact) in text_of(term.fetched_feedback("right")["02_minima"])


def plain(words: str) -> str:
    return " ".join(words.replace("`", "").replace("*", "").split())


def text_of(page: str) -> str:
    """What a reader of an HTML page sees, in one line."""
    body = re.sub(r"<(script|style)\b.*?</\1>", " ", page, flags=re.DOTALL)
    return plain(html.unescape(re.sub(r"</?(?:code|em|strong)\b[^>]*>", "", body)))


def test_export_has_the_sums(term: Term) -> None:
    with (term.course / "marks.csv").open() as file:
        rows = {row["student_id"]: row for row in csv.DictReader(file)}
    assert {float(row["max_score"]) for row in rows.values()} == {POINTS + len(BY_HAND)}
    assert float(rows["right"]["score"]) == POINTS + len(BY_HAND)
    assert float(rows["empty"]["score"]) == 0
    for student in STUDENTS:
        marks = term.marks(student.student_id).values()
        by_hand = len(BY_HAND) if student is RIGHT else 0
        total = sum(points or 0 for points in marks) + by_hand
        assert float(rows[student.student_id]["score"]) == pytest.approx(total)


@pytest.fixture
def lab(term: Term) -> Iterator[Callable[[str], Any]]:
    """JupyterLab as the instructor starts it; gives what a path of its API answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    instructor = Person(term.course, term.course)
    options = ["--no-browser", "--allow-root", "--IdentityProvider.token=key"]
    server = subprocess.Popen(
        [sys.executable, "-m", "jupyter", "lab", *options, f"--ServerApp.port={port}"],
        cwd=term.course,
        env=instructor.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )

    def get(path: str) -> Any:
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}/{path}", headers={"Authorization": "token key"}
        )
        with urllib.request.urlopen(request, timeout=60) as response:
            return json.load(response)

    try:
        for _ in range(720):
            try:
                get("api/status")
                break
            except urllib.error.URLError:
                assert server.poll() is None, "JupyterLab did not start"
                time.sleep(0.25)
        yield get
    finally:
        server.terminate()
        server.wait(timeout=30)


def test_the_formgrader_shows_the_class(term: Term, lab: Callable[[str], Any]) -> None:
    found = {each["name"]: each for each in lab("formgrader/api/assignments")}
    assert set(found) == {ASSIGNMENT, "more_practice"}
    assignment = found[ASSIGNMENT]
    # "released": the formgrader found the exchange too.
    assert assignment["status"] == "released"
    assert assignment["num_submissions"] == len(STUDENTS)
    submissions = lab(f"formgrader/api/submissions/{ASSIGNMENT}")
    shown = {s["student"]: s["code_score"] for s in submissions}
    assert shown == {
        s.student_id: sum(term.marks(s.student_id)[e] or 0 for e in term.marks(s.student_id))
        for s in STUDENTS
    }


def test_nothing_needed_the_user_to_be_root(term: Term) -> None:
    exchange = term.course / "exchange"
    assert exchange.is_dir()
    assert exchange.stat().st_uid == os.getuid()
    assert exchange.stat().st_mode & 0o777 == 0o777
