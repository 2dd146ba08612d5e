"""Every command that the guides name, typed as it stands there, in the order of a term."""

from __future__ import annotations

import os
import pwd
import re
from pathlib import Path

import nbformat
import pytest

from autograder.demo.students import load_students
from tests.support.person import Person

pytestmark = pytest.mark.timeout(3000)

ROOT = Path(__file__).resolve().parent.parent
GUIDES = [
    ROOT / "README.md",
    ROOT / "autograder" / "quickstart" / "next_steps.md",
    *sorted((ROOT / "docs").glob("*.md")),
]
PROGRAMS = ("autograder", "nbgrader", "make", "jupyter", "python", "pytest", "source", "cd")
ASSIGNMENT = "gradient_descent"
NOTEBOOK = "01_derivatives"  # the others take time, and show nothing new here
MORE = "bug_hunt"  # of the assignment without points
PATIENCE = 900

# In the order in which they are typed; "ID" is the student's.
TERM = (
    ("instructor", "autograder quickstart my_course"),
    ("instructor", "cd my_course"),
    ("instructor", "nbgrader generate_assignment gradient_descent"),
    ("instructor", "nbgrader release_assignment gradient_descent"),
    ("instructor", "autograder doctor"),
    ("ID", "nbgrader fetch_assignment gradient_descent"),
    ("ID", "nbgrader validate 01_derivatives.ipynb"),
    ("ID", "nbgrader submit gradient_descent"),
    ("instructor", "nbgrader collect gradient_descent"),
    ("instructor", "autograder grade gradient_descent"),
    ("instructor", "autograder grade gradient_descent --dry-run"),
    ("instructor", "autograder grade gradient_descent --force"),
    ("instructor", "autograder grade gradient_descent --student ID"),
    ("instructor", "nbgrader autograde gradient_descent"),
    ("instructor", "nbgrader generate_feedback gradient_descent"),
    ("instructor", "nbgrader release_feedback gradient_descent"),
    ("ID", "nbgrader fetch_feedback gradient_descent"),
    ("instructor", "autograder report gradient_descent"),
    ("instructor", "autograder report gradient_descent --anonymous"),
    ("instructor", "autograder report gradient_descent --format csv --output marks.csv"),
    ("instructor", "nbgrader export"),
    ("instructor", "nbgrader export --to=marks.csv"),
    ("instructor", "nbgrader generate_assignment more_practice"),
    ("instructor", "nbgrader release_assignment more_practice"),
    ("ID", "nbgrader fetch_assignment more_practice"),
    ("ID", "nbgrader submit more_practice"),
    ("instructor", "nbgrader collect more_practice"),
    ("instructor", "autograder grade more_practice"),
)
# What other tests type, or what they are typed by.
ELSEWHERE = {
    "make setup": "scripts/setup.sh",
    "make test": ".ci/run",
    "make newer": ".ci/run",
    "make lowest": ".ci/run",
    "make shuffled": "Makefile",
    "make help": "Makefile",
    "make lint": "Makefile",
    "make thorough": "tests/attacks",
    "make format": "Makefile",
    "make lock": "tests/test_lock.py",
    "make release": "tests/test_release.py",
    "make demo": "tests/test_demo.py",
    "make rendered": "scripts/rendered.py",
    "make try": "tests/browser/test_try.py",
    "make dist": "tests/installed/test_archives.py",
    "make screenshots": "scripts/screenshots.py",
    "autograder demo": "tests/test_demo.py",
    "autograder grade gradient_descent --dask tls://scheduler:8786": "tests/grade/test_dask.py",
    "autograder texts gradient_descent": "tests/browser/test_texts.py",
    "autograder doctor --guess": "tests/doctor/test_guesses.py",
    "autograder quickstart my_course --formgrader": "tests/hub",
    "nbgrader generate_assignment gradient_descent --force": "tests/doctor/test_handed_in.py",
    "jupyter lab": "tests/browser",
    "source .venv/bin/activate": "tests/test_documented_commands.py",
    "python -m benchmarks.costs": "benchmarks/costs.py",
    "python -m benchmarks.forging": "benchmarks/forging.py",
    "python -m benchmarks.throughput": "benchmarks/throughput.py",
    "python -m benchmarks.scale": "benchmarks/scale.py",
    "python -m benchmarks.cluster": "benchmarks/cluster.py",
    "python -m benchmarks.writer": "benchmarks/writer.py",
    "python -m benchmarks.memory": "benchmarks/memory.py",
}


def documented(path: Path) -> set[str]:
    """The commands of a guide: lines of its blocks, and those in its sentences and tables."""
    text = path.read_text(encoding="utf-8")
    blocks = re.findall(r"^```(\w*)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    lines = [line for kind, block in blocks if not kind for line in block.splitlines()]
    lines += re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S))
    commands = {re.sub(r"\s+#.*|\s+", " ", line).strip() for line in lines}
    # Diagrams, with their arrows, are no commands.
    return {c for c in commands if " " in c and c.isascii() and c.split()[0] in PROGRAMS}


def test_commands_are_found() -> None:
    found = {command for path in GUIDES for command in documented(path)}
    assert {"make demo", "nbgrader export --to=marks.csv", "jupyter lab"} <= found
    assert "autograder quickstart my_course" in found


@pytest.mark.parametrize("path", GUIDES, ids=lambda path: path.name)
def test_every_command_is_typed_somewhere(path: Path) -> None:
    typed = [command.split() for _, command in TERM] + [c.split() for c in ELSEWHERE]
    for command in documented(path):
        words = command.split()
        # "nbgrader autograde" in a sentence is the start of what is typed below.
        assert any(words == known[: len(words)] for known in typed), command
    assert all((ROOT / place).exists() for place in ELSEWHERE.values())


def fetched(student: Person) -> Path:
    """Where a student's copy of the assignment is."""
    return next(student.home.rglob(f"{NOTEBOOK}.ipynb")).parent


@pytest.fixture(scope="module")
def term(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A term with one student, as the guides say; what each command said."""
    home = tmp_path_factory.mktemp("term")
    course = home / "my_course"
    (student,) = (
        s for s in load_students(ROOT / "sample_class") if s.student_id == "student01_by_hand"
    )
    people = {
        "instructor": Person(home, course, PATIENCE),
        "ID": Person(home / student.student_id, course, PATIENCE),
    }
    people["ID"].home.mkdir()
    user = pwd.getpwuid(os.getuid()).pw_name  # whom nbgrader takes for the student
    said = {}
    for who, command in TERM:
        at, words = people[who], command.replace("ID", user)
        if command == "cd my_course":
            people["instructor"] = Person(course, course, PATIENCE)
            for path in (course / "source").glob("*/*.ipynb"):
                if path.stem not in (NOTEBOOK, MORE):
                    path.unlink()
            continue
        if command == f"nbgrader submit {ASSIGNMENT}":
            path = fetched(at) / f"{NOTEBOOK}.ipynb"
            notebook = nbformat.read(path, as_version=4)
            student.solve(notebook)
            nbformat.write(notebook, path)
        if command.startswith("nbgrader validate"):
            at = Person(fetched(at), course, PATIENCE)
        said[command] = at.type(words)
    said["course"] = str(course)
    return said


def test_a_term_goes_as_the_guides_say(term: dict[str, str]) -> None:
    course = Path(term["course"])
    assert "failed" in term["nbgrader validate 01_derivatives.ipynb"]  # nothing is answered yet
    assert "1 marked" in term["autograder grade gradient_descent"]
    assert "known" in term["autograder grade gradient_descent --force"]
    assert "0 marked" in term["autograder grade gradient_descent --student ID"]
    assert "1 marked" in term["autograder grade more_practice"]
    assert (course / "grades.csv").read_text().count("\n") == 2
    assert (course / "marks.csv").stat().st_size > 0
    assert (course / f"report_{ASSIGNMENT}.html").stat().st_size > 10_000
    assert list(course.parent.glob(f"student*/**/feedback/*/{NOTEBOOK}.html"))
