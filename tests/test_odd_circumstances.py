"""Courses that cannot be read or written: a sentence or two, status 2, and nothing is changed."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder import cache
from autograder.access import refusal, translated, unfit
from autograder.demo.classroom import Classroom
from autograder.doctor.access import access
from autograder.errors import CourseError
from autograder.quickstart import make_course
from tests.support.ordinary import UID, Ran, Typist, may_enter

ROOT_ONLY = "only root can make files of another user's"
GRADE = ("autograder", "grade", "gradient_descent")


@pytest.fixture(scope="module")
def typist() -> Iterator[Typist]:
    with Typist() as ready:
        yield ready


@pytest.fixture
def course() -> Iterator[Path]:
    """A course directory of the ordinary user's, in a folder that all may enter."""
    folder = Path(tempfile.mkdtemp(prefix="autograder-odd-"))
    folder.chmod(0o755)
    root = folder / "course"
    make_course(root)
    (root / "gradebook.db").touch()
    (root / "submitted" / "ada" / "gradient_descent").mkdir(parents=True)
    if os.getuid() == 0:
        for path in (root, *root.rglob("*")):
            os.chown(path, UID, UID)
    yield root
    for path in (root, *root.rglob("*")):
        if path.is_dir():
            path.chmod(0o700)
    shutil.rmtree(folder)


def of_root(path: Path, mode: int) -> Path:
    if os.getuid() != 0:
        pytest.skip(ROOT_ONLY)
    os.chown(path, 0, 0)
    path.chmod(mode)
    return path


def state(root: Path) -> dict[str, tuple[int, int, bytes]]:
    """All that is there, with modes and contents, but the exchange, which any command may make."""
    found = {}
    for path in sorted(set(root.rglob("*")) - {root / "exchange"}):
        about = path.lstat()
        content = path.read_bytes() if stat.S_ISREG(about.st_mode) and os.getuid() == 0 else b""
        found[str(path.relative_to(root))] = (about.st_mode, about.st_size, content)
    return found


def assert_told(ran: Ran, *words: str, status: int = 2) -> None:
    assert ran.status == status, ran
    assert "Traceback" not in ran.said, ran
    assert all(word in ran.said for word in words), ran
    assert "What to do: " in ran.said, ran


def test_a_course_of_somebody_elses(course: Path, typist: Typist) -> None:
    of_root(course, 0o755)
    before = state(course)
    for command in (GRADE, (*GRADE, "--json")):
        ran = typist.type(course, *command)
        assert_told(ran, f"{course} cannot be written by user {UID}", "belongs to root", "ask root")
    assert "no mark was changed" in ran.said
    assert state(course) == before


def test_nbgraders_own_command_says_it_too(course: Path, typist: Typist) -> None:
    course.chmod(0o555)
    before = state(course)
    ran = typist.type(course, "nbgrader", "autograde", "gradient_descent")
    assert_told(ran, f"{course} cannot be written", f"`chmod u+rwx '{course}'`", status=1)
    assert state(course) == before


def test_a_course_that_is_mounted_read_only(course: Path, typist: Typist) -> None:
    if os.getuid() != 0:
        pytest.skip("only root can mount")
    probe = ["unshare", "--mount", "mount", "--bind", course, course]
    if subprocess.run(probe, capture_output=True, check=False).returncode != 0:
        pytest.skip("nothing can be mounted here")
    for command in (GRADE, ("autograder", "report", "gradient_descent")):
        ran = typist.type(course, *command, read_only=True)
        assert_told(ran, "mounted read-only")
        assert "chmod" not in ran.said
    looked = typist.type(course, "doctor's course", read_only=True)
    assert "wrong: access: " in looked.said
    assert "mounted read-only" in looked.said
    assert "chmod" not in looked.said


def test_solutions_that_cannot_be_read(course: Path, typist: Typist) -> None:
    source = of_root(course / "source" / "gradient_descent", 0o700)
    before = state(course)
    assert_told(typist.type(course, *GRADE), f"{source} cannot be read", "belongs to root")
    assert state(course) == before
    looked = typist.type(course, "doctor's course")
    assert f"{source} cannot be read" in looked.said
    assert "put the source notebooks there" not in looked.said


def test_a_folder_that_cannot_be_entered(course: Path, typist: Typist) -> None:
    source = course / "source"
    source.chmod(0o600)
    looked = typist.type(course, "doctor's course")
    assert f"wrong: source: The folder {source} cannot be read" in looked.said
    assert_told(typist.type(course, *GRADE), f"{source} cannot be entered", "chmod u+rwx")


def test_a_gradebook_that_cannot_be_written(course: Path, typist: Typist) -> None:
    book = course / "gradebook.db"
    book.chmod(0o444)
    before = state(course)
    assert_told(typist.type(course, *GRADE), f"{book} cannot be written", f"`chmod u+rw '{book}'`")
    assert state(course) == before
    looked = typist.type(course, "doctor's course")
    assert f"wrong: gradebook: The file {book} cannot be written" in looked.said
    assert "db upgrade" not in looked.said


def test_a_report_on_what_cannot_be_read(course: Path, typist: Typist) -> None:
    (course / "gradebook.db").chmod(0o000)
    ran = typist.type(course, "autograder", "report", "gradient_descent")
    assert_told(ran, "gradebook.db cannot be read")


def test_a_report_where_nothing_can_be_written(course: Path, typist: Typist) -> None:
    course.chmod(0o555)
    ran = typist.type(course, "autograder", "report", "gradient_descent")
    assert_told(ran, "cannot be written", "--output")


def test_a_configuration_that_cannot_be_read(course: Path, typist: Typist) -> None:
    (course / "nbgrader_config.py").chmod(0o000)
    for command in (GRADE, ("autograder", "report", "gradient_descent")):
        assert_told(typist.type(course, *command), "nbgrader_config.py cannot be read")
    assert "cannot be read by" in typist.type(course, "doctor's course").said


@pytest.mark.parametrize("command", ["demo", "quickstart"])
def test_nothing_is_made_where_nothing_can_be_written(
    course: Path, typist: Typist, command: str
) -> None:
    if not may_enter(Path(__file__).resolve().parent):
        pytest.skip("the project lies where an ordinary user could not copy its notebooks")
    course.chmod(0o555)
    before = state(course)
    ran = typist.type(course, "autograder", command, "new")
    assert_told(ran, f"{course} cannot be written")
    assert state(course) == before


def test_a_course_that_has_all_rights(course: Path, typist: Typist) -> None:
    assert "fine: access: " in typist.type(course, "doctor's course").said


@pytest.mark.parametrize("name", ["what?", "all *", "[2026]", "a%20b"])
def test_no_course_is_made_where_nbgrader_would_not_find_it(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name / "course"
    for make in (make_course, lambda folder: Classroom.set_up(folder, tmp_path)):
        with pytest.raises(CourseError, match="another name"):
            make(folder)
    assert not folder.parent.exists()
    folder.mkdir(parents=True)
    assert [finding.level for finding in access(folder, [], [])] == ["wrong"]
    assert unfit(tmp_path / "Kurs Übung 'a' \"b\" 100% #1 {y}") is None


def test_no_room_is_said(tmp_path: Path) -> None:
    told = translated(OSError(28, "No space left on device", str(tmp_path)))
    assert told is not None
    assert "make room" in told.cure
    assert translated(FileNotFoundError(2, "No such file", "x")) is None


def test_what_is_not_there_refuses_nothing(tmp_path: Path) -> None:
    assert refusal(tmp_path / "none") is None
    assert refusal(tmp_path / "none" / "deeper", write=True) is None


# ------------------------------------------------------------------------------ nothing to keep


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A cache folder that cannot be made."""
    file = tmp_path / "file"
    file.touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(file / "cache"))
    monkeypatch.delenv("AUTOGRADER_CACHE", raising=False)
    monkeypatch.setenv("MPLCONFIGDIR", str(tmp_path))
    yield file / "cache"
    shutil.rmtree(cache.cache_root(), ignore_errors=True)
    cache._place.cache_clear()


def test_a_folder_of_this_run_stands_in(nowhere: Path) -> None:
    assert not cache.cache_root().is_relative_to(nowhere)
    assert cache.cache_root().is_dir()
    assert cache.cache_root().stat().st_mode & 0o077 == 0
    assert str(nowhere) in cache.why_for_this_run_only()


def test_a_process_of_ours_has_the_same_and_leaves_it(nowhere: Path) -> None:
    ask = "from autograder.cache import *; print(cache_root(), bool(why_for_this_run_only()))"
    root = cache.cache_root()
    for _ in range(2):
        said = subprocess.run(
            [sys.executable, "-c", ask], capture_output=True, text=True, check=True
        ).stdout
        assert said.split() == [str(root), "True"]
    assert root.is_dir()


def test_it_goes_with_the_process_that_made_it(nowhere: Path) -> None:
    ask = "from autograder.cache import *; print(cache_root()); assert cache_root().is_dir()"
    said = subprocess.run(
        [sys.executable, "-c", ask], capture_output=True, text=True, check=True
    ).stdout
    assert not Path(said.strip()).exists()


def test_where_all_can_be_kept_there_is_nothing_to_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache.cache_root() == tmp_path / "autograder"
    assert cache.why_for_this_run_only() == ""
