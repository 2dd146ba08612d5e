"""What goes wrong on our side is "could not be marked": no mark is written, and none is lost."""

from __future__ import annotations

import errno
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import nbformat
import pytest
import sqlalchemy.exc
from nbconvert.writers import FilesWriter
from nbgrader.preprocessors import SaveAutoGrades

from autograder.errors import MarkingError
from autograder.marking.journal import Journal
from autograder.marking.results import Results
from autograder.marking.session import Session
from autograder.nbgrader.examine import Examine
from tests.marking import small_course as small
from tests.marking.small_course import ASSIGNMENT, FIRST, SECOND

STUDENTS = ("anna", "unlucky", "zoe")
FULL = {"slope": 2.0, "lowest": 1.0, "why": None, "cubed_slope": 2.0}
BUT_ONE = {**FULL, "cubed_slope": 0.0}  # for whom the second notebook was left away


@pytest.fixture(scope="module")
def once(course: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course that was marked once; everyone had everything right."""
    root = tmp_path_factory.mktemp("small")
    small.make(root, course)
    for student in STUDENTS:
        small.hand_in(root, small.Submission(student), second=student == "unlucky")
    said = small.api(root).autograde(ASSIGNMENT, "*")
    assert said["success"], said["log"]
    return root


@pytest.fixture
def marked(once: Path, tmp_path: Path) -> Path:
    """The same, for one test to break."""
    return shutil.copytree(once, tmp_path / "marked")


@pytest.fixture
def worse(marked: Path) -> Path:
    """`unlucky` has handed in again, with nothing right; what was marked stays as it was."""
    path = marked / "submitted" / "unlucky" / ASSIGNMENT / f"{FIRST}.ipynb"
    before = path.read_text(encoding="utf-8")
    path.write_text(before.replace("2 * x + 3", "x"), encoding="utf-8")
    return marked


def scores(root: Path, student: str) -> dict[str, float | None]:
    return {name: score for name, (score, _) in small.marks(root, student).items()}


def fail_for_unlucky(patch: pytest.MonkeyPatch, owner: type, name: str, fault: Exception) -> None:
    """Let a method fail whenever it has to do with the first notebook of `unlucky`."""
    original = getattr(owner, name)

    def faulty(self: Any, *args: Any, **kwargs: Any) -> Any:
        names = next(a["nbgrader"] for a in args if isinstance(a, dict) and "nbgrader" in a)
        if (names["student"], names["notebook"]) == ("unlucky", FIRST):
            raise fault
        return original(self, *args, **kwargs)

    patch.setattr(owner, name, faulty)


FAULTS = {
    "no kernel": (Examine, "preprocess", MarkingError("No kernel could be started")),
    "a bug of ours": (Examine, "preprocess", ZeroDivisionError("division by zero")),
    "disk full": (FilesWriter, "write", OSError(errno.ENOSPC, "No space left on device")),
    "gradebook full": (
        SaveAutoGrades,
        "preprocess",
        sqlalchemy.exc.OperationalError("UPDATE grade", {}, Exception("disk is full")),
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_costs_nobody_a_mark(
    worse: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    copies = small.fingerprint(worse / "autograded" / "unlucky")
    owner, method, exc = FAULTS[fault]
    fail_for_unlucky(monkeypatch, owner, method, exc)
    for student in ("anna", "zoe"):
        break_rows(worse, student)
    said = small.api(worse).autograde(ASSIGNMENT, "*")
    assert not said["success"]
    assert "unlucky could not be marked; marks from before are as they were." in said["log"]
    assert str(exc).splitlines()[0] in said["log"]
    assert "2 submission(s) marked." in said["log"]
    # Those before and after were marked again, and the unlucky one has what it had.
    for student in STUDENTS:
        assert scores(worse, student) == (FULL if student == "unlucky" else BUT_ONE)
    assert small.fingerprint(worse / "autograded" / "unlucky") == copies
    assert not list(worse.glob(".before-*"))


def test_a_limit_that_was_met_since_others_had_the_processor_costs_nobody_a_mark(
    worse: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = Session.run

    async def run(self: Session) -> None:
        await original(self)
        self.starved = any(cell.source.endswith("return x") for cell in self.notebook.cells)

    monkeypatch.setattr(Session, "run", run)
    for student in ("anna", "zoe"):
        break_rows(worse, student)
    said = small.api(worse).autograde(ASSIGNMENT, "*")
    assert not said["success"]
    assert "unlucky could not be marked" in said["log"]
    assert "Mark it again when the machine is free." in said["log"]
    assert scores(worse, "unlucky") == FULL
    assert scores(worse, "zoe") == BUT_ONE


def break_rows(root: Path, student: str) -> None:
    """Wrong marks in the gradebook, to see that a marking writes them anew."""
    with small.gradebook(root) as book:
        for notebook in book.find_submission(ASSIGNMENT, student).notebooks:
            for grade in notebook.grades:
                grade.auto_score = 0.125
        book.db.commit()


def test_who_was_never_marked_has_no_mark_after_a_fault(
    marked: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small.hand_in(marked, small.Submission("late"))

    def faulty(self: Any, nb: Any, resources: Any) -> Any:
        if resources["nbgrader"]["notebook"] == FIRST:
            raise MarkingError("No kernel could be started")
        return original(self, nb, resources)

    original = Examine.preprocess
    monkeypatch.setattr(Examine, "preprocess", faulty)
    said = small.api(marked).autograde(ASSIGNMENT, "late")
    assert not said["success"]
    # The second notebook, cubes, comes first and was marked: that mark is not left alone.
    assert set(small.marks(marked, "late").values()) == {(None, True)}
    assert not (marked / "autograded" / "late" / ASSIGNMENT).exists()


def change_source(root: Path, change: Callable[[dict[str, Any]], None], name: str = SECOND) -> str:
    path = root / "source" / ASSIGNMENT / f"{name}.ipynb"
    before = path.read_text(encoding="utf-8")
    notebook = json.loads(before)
    change(notebook)
    path.write_text(json.dumps(notebook), encoding="utf-8")
    return before


BROKEN = {
    "its own answer is wrong": (
        lambda nb: small.cell_of(nb, "cubed_slope").update(source="def cubed_slope(x): return x"),
        ["cubed_slope_check", "the instructor's own answer", "is not right"],
    ),
    "a cell fails": (
        lambda nb: small.cell_of(nb, "given_f").update(source="def f(x):\n    return\nf(1) + oops"),
        ["cell given_f", "line 3", "NameError"],
    ),
    "a check is wrong": (
        lambda nb: small.cell_of(nb, "cubed_slope_check").update(
            source="from autograder import check\ncheck.gradient('cubed_slope', of=7, at=[1.0])"
        ),
        ["cubed_slope_check"],
    ),
    "no JSON": (None, ["cannot be read"]),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_a_rubric_that_is_broken_stops_the_run_before_it_begins(marked: Path, fault: str) -> None:
    change, words = BROKEN[fault]
    path = marked / "source" / ASSIGNMENT / f"{SECOND}.ipynb"
    before = path.read_text(encoding="utf-8")
    rows = {student: scores(marked, student) for student in STUDENTS}
    copies = small.fingerprint(marked / "autograded")
    if change is None:
        path.write_text("{", encoding="utf-8")
    else:
        change_source(marked, change)
    try:
        said = small.api(marked).autograde(ASSIGNMENT, "*")
    finally:
        path.write_text(before, encoding="utf-8")
    assert not said["success"]
    assert said["log"].count("Nobody was marked, and no mark was changed.") == 1
    assert "Sanitizing" not in said["log"]
    for word in (f"{SECOND}.ipynb", *words):
        assert word in said["log"]
    assert {student: scores(marked, student) for student in STUDENTS} == rows
    assert small.fingerprint(marked / "autograded") == copies


def test_a_course_without_its_source_stops_the_run(marked: Path) -> None:
    path = marked / "source" / ASSIGNMENT / f"{SECOND}.ipynb"
    aside = path.rename(marked / "aside.ipynb")
    try:
        said = small.api(marked).autograde(ASSIGNMENT, "*")
    finally:
        aside.rename(path)
    assert not said["success"]
    assert said["log"].count("Nobody was marked, and no mark was changed.") == 1
    assert f"There is no source notebook {path}" in said["log"]


def test_a_release_that_gives_an_answer_away_stops_the_run(marked: Path) -> None:
    path = marked / "release" / ASSIGNMENT / f"{SECOND}.ipynb"
    before = path.read_text(encoding="utf-8")
    notebook = nbformat.reads(before, as_version=4)
    small.cell_of(notebook, "cubed_slope")["source"] = small.ANSWERS["cubed_slope"]
    try:
        path.chmod(0o644)
        path.write_text(nbformat.writes(notebook), encoding="utf-8")
        said = small.api(marked).autograde(ASSIGNMENT, "*")
    finally:
        path.write_text(before, encoding="utf-8")
    assert not said["success"]
    assert "cubed_slope of cubed_slope_check earns points in an empty submission" in said["log"]


@pytest.mark.parametrize("stamp", ["no time at all", "link"])
def test_a_time_stamp_that_is_none_costs_its_submission_the_marking(
    marked: Path, stamp: str
) -> None:
    path = marked / "submitted" / "unlucky" / ASSIGNMENT / "timestamp.txt"
    if stamp == "link":
        path.symlink_to("/dev/zero")
    else:
        path.write_text(stamp)
    try:
        said = small.api(marked).autograde(ASSIGNMENT, "unlucky")
    finally:
        path.unlink()
    assert not said["success"]
    assert "unlucky could not be marked" in said["log"]
    assert "no time stamp of nbgrader's" in said["log"]
    assert scores(marked, "unlucky") == FULL
    assert (marked / "autograded" / "unlucky" / ASSIGNMENT / f"{FIRST}.ipynb").exists()


def test_a_fault_before_anything_is_touched_leaves_the_copy(
    marked: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """nbgrader removes the copy after each fault that it is told of."""
    copies = small.fingerprint(marked / "autograded" / "unlucky")
    begin = Journal.begin

    def full(self: Journal, student: str) -> None:
        if student == "unlucky":
            raise OSError(errno.ENOSPC, "No space left on device")
        begin(self, student)

    monkeypatch.setattr(Journal, "begin", full)
    said = small.api(marked).autograde(ASSIGNMENT, "*")
    assert not said["success"]
    assert "unlucky could not be marked; marks from before are as they were." in said["log"]
    others = len(list((marked / "submitted").iterdir())) - 1
    assert f"{others} submission(s) marked." in said["log"]
    assert small.fingerprint(marked / "autograded" / "unlucky") == copies
    assert scores(marked, "unlucky") == FULL


def test_a_marking_that_fails_forgets_nothing_that_was_lacking(
    marked: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal(marked, ASSIGNMENT)
    journal.lacks("unlucky")
    with monkeypatch.context() as patch:
        fail_for_unlucky(patch, Examine, "preprocess", MarkingError("No kernel"))
        assert not small.api(marked).autograde(ASSIGNMENT, "unlucky")["success"]
    assert journal.is_lacking("unlucky")
    assert small.api(marked).autograde(ASSIGNMENT, "unlucky")["success"]
    assert not journal.is_lacking("unlucky")


def test_marking_one_notebook_leaves_the_others_as_they_are(course: Path, tmp_path: Path) -> None:
    """nbgrader gives 0 to what is not there under its own name, and takes all for marked."""
    small.make(tmp_path, course)
    folder = small.hand_in(tmp_path, small.Submission("anna"))
    path = (folder / f"{FIRST}.ipynb").rename(folder / f"Copy of {FIRST}.ipynb")
    grade = ("autograder", "grade", ASSIGNMENT)
    assert small.typed(tmp_path, *grade).returncode == 0
    assert scores(tmp_path, "anna") == FULL
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("2 * x + 3", "x"), encoding="utf-8")
    said = small.typed(tmp_path, *grade, "--notebook", SECOND, "--force")
    assert said.returncode == 0, said.stdout
    assert scores(tmp_path, "anna") == FULL
    assert small.typed(tmp_path, *grade).returncode == 0
    assert scores(tmp_path, "anna") == {**FULL, "slope": 0.0}


def test_points_are_those_of_the_gradebook(marked: Path) -> None:
    """The source has other points by now, and nobody has generated the assignment again."""
    before = change_source(
        marked,
        lambda nb: small.cell_of(nb, "slope_check")["metadata"]["nbgrader"].update(points=3),
        FIRST,
    )
    try:
        said = small.api(marked).autograde(ASSIGNMENT, "anna")
    finally:
        (marked / "source" / ASSIGNMENT / f"{FIRST}.ipynb").write_text(before, encoding="utf-8")
    assert said["success"], said["log"]
    assert scores(marked, "anna")["slope"] == FULL["slope"]


def test_a_seed_is_kept_where_files_have_no_second_names(
    marked: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = marked / ".autograder_seed"
    path.unlink(missing_ok=True)
    monkeypatch.setattr("os.link", Mock(side_effect=PermissionError(errno.EPERM, "no links")))
    examine = Examine(parent=small.api(marked))
    seed = examine.secret()
    assert len(seed) == 32
    assert examine.secret() == seed == path.read_text().strip()
    assert path.stat().st_mode & 0o777 == 0o600
    assert [p.name for p in marked.glob(".autograder_seed*")] == [path.name]
    path.write_text("")
    with pytest.raises(MarkingError, match="is empty"):
        examine.secret()
    path.unlink()


def test_a_damaged_result_is_found_out_again(tmp_path: Path) -> None:
    results = Results(tmp_path)
    results.keep("anna", FIRST, "key", [])
    assert results.has("anna", FIRST, "key")
    (path,) = (p for p in tmp_path.rglob("*") if p.is_file())
    content = bytearray(path.read_bytes())
    content[10:14] = b"\xff\xff\xff\xff"
    path.write_bytes(content)
    assert not results.has("anna", FIRST, "key")
