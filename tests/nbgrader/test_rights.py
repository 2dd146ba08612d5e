"""What marking makes is its owner's, from a submission to the feedback that goes back."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from nbgrader.apps.api import NbGraderAPI
from nbgrader.coursedir import CourseDirectory

from autograder.nbgrader.rights import keep_private, private_parts
from tests.marking import small_course as small
from tests.marking.small_course import ASSIGNMENT, COURSE_ID, FIRST
from tests.nbgrader.test_collect import submit

# nbgrader (0.9.6), as it releases feedback: a misspelt argument of its own, a file left open.
pytestmark = [
    pytest.mark.filterwarnings("ignore:Passing unrecognized arguments:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]

CLOSED = ("submitted", "autograded", "feedback", ".autograder", ".autograder_seed", "gradebook.db")


@pytest.fixture
def root(course: Path, tmp_path: Path) -> Path:
    small.make(tmp_path, course)
    return tmp_path


@pytest.fixture(params=[0o022, 0o077], ids=["022", "077"])
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def go_through(root: Path, api: NbGraderAPI) -> None:
    """From what a student submits to what the student gets back."""
    said = api.generate_assignment(ASSIGNMENT, force=True)
    assert said["success"], said["log"]
    said = api.release_assignment(ASSIGNMENT)
    assert said["success"], said["log"]
    folder = submit(root, "ada")
    (folder / "submission_secret.txt").write_text("known to the student and the course")
    folder.chmod(0o777)
    said = api.collect(ASSIGNMENT)
    assert said["success"], said["log"]
    for step in ("autograde", "generate_feedback", "release_feedback"):
        said = getattr(api, step)(ASSIGNMENT, "ada")
        assert said["success"], said


def test_the_class_is_closed_and_the_exchange_open(umask: int, root: Path) -> None:
    go_through(root, small.api(root))
    assert {name: mode(root / name) & 0o077 for name in CLOSED} == dict.fromkeys(CLOSED, 0)
    collected = root / "submitted" / "ada" / ASSIGNMENT
    assert mode(collected) == 0o700
    assert {mode(path) for path in collected.iterdir()} == {0o600}

    exchange = root / "exchange"
    assert mode(exchange) == 0o777
    released = exchange / COURSE_ID / "outbound" / ASSIGNMENT
    assert mode(released) == 0o755
    assert {mode(path) for path in released.iterdir()} == {0o644}
    assert mode(exchange / COURSE_ID / "inbound") == 0o2733
    pages = exchange / COURSE_ID / "feedback"
    assert mode(pages) == 0o711
    assert {mode(path) for path in pages.iterdir()} == {0o644}


def test_a_gradebook_with_options_in_its_url_is_closed_as_well(root: Path) -> None:
    book = root / "gradebook.db"
    book.chmod(0o644)
    course = CourseDirectory(root=str(root), db_url=f"sqlite:///{book}?timeout=30")
    assert book in private_parts(course)
    keep_private(course)
    assert mode(book) == 0o600


def test_what_was_open_is_closed_by_the_next_marking(root: Path) -> None:
    api = small.api(root)
    go_through(root, api)
    for name in CLOSED:
        (root / name).chmod(0o777)
    said = api.autograde(ASSIGNMENT, "ada", force=True)
    assert said["success"], said["log"]
    assert {name: mode(root / name) & 0o077 for name in CLOSED} == dict.fromkeys(CLOSED, 0)


def test_graders_of_one_group_keep_their_access(root: Path) -> None:
    config = root / "nbgrader_config.py"
    config.write_text(config.read_text() + "\nc.CourseDirectory.groupshared = True\n")
    api = small.api(root)
    go_through(root, api)
    found = {name: mode(root / name) for name in CLOSED}
    assert {name: bits & 0o007 for name, bits in found.items()} == dict.fromkeys(CLOSED, 0)
    for name in CLOSED:
        wanted = 0o2770 if (root / name).is_dir() else 0o660
        assert found[name] & wanted == wanted, name
    for path in (root / ".autograder").rglob("*"):
        assert mode(path) & 0o060 == 0o060, path
    notebook = root / "submitted" / "ada" / ASSIGNMENT / f"{FIRST}.ipynb"
    assert mode(notebook) == 0o660
    assert mode(notebook.parent) == 0o2770


STRUCTURES = [
    "{nbgrader_step}/{assignment_id}/{student_id}",
    "{assignment_id}/{nbgrader_step}/{student_id}",
    "{student_id}/{nbgrader_step}/{assignment_id}",
    "work/{assignment_id} {nbgrader_step}/{student_id}",
]


@pytest.mark.parametrize("structure", STRUCTURES)
def test_a_structure_of_the_courses_own_is_closed_as_well(root: Path, structure: str) -> None:
    with (root / "nbgrader_config.py").open("a") as file:
        file.write(f"\nc.CourseDirectory.directory_structure = {structure!r}\n")

    def place(step: str, student: str) -> Path:
        names = {"nbgrader_step": step, "student_id": student, "assignment_id": ASSIGNMENT}
        return Path(os.path.normpath(root / structure.format(**names)))

    small.hand_in(root, small.Submission("ada"))
    for step, student in (("source", "."), ("release", "."), ("submitted", "ada")):
        old = root / step / student / ASSIGNMENT
        place(step, student).parent.mkdir(parents=True, exist_ok=True)
        if old != place(step, student):
            old.rename(place(step, student))
    before = os.umask(0o022)
    try:
        api = small.api(root)
        for step in ("autograde", "generate_feedback"):
            said = getattr(api, step)(ASSIGNMENT, "ada")
            assert said["success"], said["log"]
    finally:
        os.umask(before)
    for step in ("submitted", "autograded", "feedback"):
        folder = place(step, "ada")
        assert list(folder.iterdir())
        closed = [part for part in folder.parents if part.is_relative_to(root) and part != root]
        assert any(mode(part) & 0o077 == 0 for part in closed if step in part.name), step
    if "/{nbgrader_step}/" in structure:
        before_it = {path for path in root.rglob("*") if ".autograder" not in path.parts}
        said = small.typed(root, "autograder", "grade", ASSIGNMENT, "--dry-run", "--workers=1")
        assert said.returncode == 0, said.stdout
        assert "Nobody's marks would be others" in said.stdout
        after = {path for path in root.rglob("*") if ".autograder" not in path.parts}
        assert after == before_it, "it is thrown away"
        assert not list(root.rglob("dry-run-*"))
