"""What a student's files cost, and where they go: found within limits, whoever looks at them."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config

from autograder.marking import files
from autograder.marking.student import why_refused
from autograder.sandbox import tree
from tests.attacks import trees

BOUNDS = tree.Bounds(file_bytes=10_000, total_bytes=25_000, entries=50, depth=6)


def paths(found: list[tree.Entry]) -> list[str]:
    return [entry.path for entry in found if not entry.left_out]


def test_folders_in_each_other_end_at_the_depth(tmp_path: Path) -> None:
    trees.deep(2000)(tmp_path)
    try:
        found = tree.look(tmp_path, BOUNDS)
        assert paths(found) == ["/".join("d" * n) for n in range(1, BOUNDS.depth)]
        assert found[-1].left_out == "lies in 6 folders"
    finally:
        trees.remove(tmp_path)


def test_too_many_entries_end_the_walk(tmp_path: Path) -> None:
    for number in range(200):
        (tmp_path / f"{number:03}").touch()
    found = tree.look(tmp_path, BOUNDS)
    assert len(found) == BOUNDS.entries + 1
    assert [entry.left_out for entry in found if entry.left_out] == ["comes after 50 others"]


def test_the_notebook_is_found_among_any_number_of_others(tmp_path: Path) -> None:
    for number in range(3 * BOUNDS.entries):
        (tmp_path / f"{number:03}").mkdir()
    for name in ("slopes.ipynb", "timestamp.txt"):
        (tmp_path / name).touch()
    found = paths(tree.look(tmp_path, BOUNDS))
    assert found[:2] == ["slopes.ipynb", "timestamp.txt"]
    assert len(found) == BOUNDS.entries


def test_small_files_come_first(tmp_path: Path) -> None:
    for name, size in {"a film": 9_000, "b film": 9_000, "c film": 9_000, "huge": 20_000}.items():
        (tmp_path / name).write_bytes(bytes(size))
    (tmp_path / "helper.py").write_text("x = 1")
    assert paths(tree.look(tmp_path, BOUNDS)) == ["a film", "b film", "helper.py"]
    (tmp_path / "slopes.ipynb").write_bytes(bytes(9_500))
    assert paths(tree.look(tmp_path, BOUNDS)) == ["slopes.ipynb", "a film", "helper.py"]


def test_a_file_without_content_costs_none_of_its_size(tmp_path: Path) -> None:
    with (tmp_path / "sparse").open("wb") as file:
        os.truncate(file.fileno(), 1 << 43)  # 8 TiB: an hour's reading
    began = time.monotonic()
    found = tree.look(tmp_path, BOUNDS)
    first = tree.digest(tmp_path, found)
    assert time.monotonic() - began < 10
    assert paths(found) == []
    with (tmp_path / "sparse").open("wb") as file:
        os.truncate(file.fileno(), 1 << 42)
    assert tree.digest(tmp_path, tree.look(tmp_path, BOUNDS)) != first


def test_a_copy_follows_no_link_and_waits_at_no_pipe(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.mkdir()
    target.mkdir()
    (source / "more").mkdir()
    (source / "more" / "data").write_text("1")
    (source / "later").write_text("2")
    found = tree.look(source, BOUNDS)
    # Meanwhile: where it lies in the exchange, it is still the student's.
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "data").write_text("secret")
    shutil.rmtree(source / "more")
    (source / "more").symlink_to(tmp_path / "elsewhere")
    (source / "later").unlink()
    os.mkfifo(source / "later")
    left_out = tree.copy(source, target, found)
    assert set(left_out) == {"more/data", "later"}
    assert not (target / "more" / "data").exists()


def test_a_file_that_grows_is_copied_as_it_was(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.mkdir()
    target.mkdir()
    (source / "log").write_bytes(b"1" * 100)
    found = tree.look(source, BOUNDS)
    (source / "log").write_bytes(b"1" * 100_000)
    assert tree.copy(source, target, found) == {}
    assert (target / "log").stat().st_size == 100


CHANGES: dict[str, Callable[[Path], object]] = {
    "a file": lambda folder: (folder / "helper.py").write_text("TABLE = {1.0: 2.0}"),
    "a file's name": lambda folder: (folder / "helper.py").rename(folder / "helper2.py"),
    "an empty folder": lambda folder: (folder / "1.221 5.441").mkdir(),
    "a folder's name": lambda folder: (folder / "more").rename(folder / "less"),
    "a file in a folder": lambda folder: (folder / "more" / "x").write_text("1"),
    "an empty file": lambda folder: (folder / "5.441").touch(),
    "a time stamp": lambda folder: (folder / "timestamp.txt").write_text("5.441"),
}


@pytest.fixture
def handed_in(tmp_path: Path) -> Path:
    folder = tmp_path / "submission"
    (folder / "more").mkdir(parents=True)
    (folder / "helper.py").write_text("TABLE = {}")
    (folder / "more" / "x").write_text("")
    return folder


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_whatever_a_kernel_can_see_counts(
    handed_in: Path, change: Callable[[Path], object]
) -> None:
    course = CourseDirectory()
    before = files.digest_of_files(course, handed_in)
    change(handed_in)
    assert files.digest_of_files(course, handed_in) != before


def test_what_no_kernel_sees_does_not(handed_in: Path) -> None:
    course = CourseDirectory()
    before = files.digest_of_files(course, handed_in)
    (handed_in / "02_minima.ipynb").write_text("{}")
    (handed_in / "02_minima.IPYNB").write_text("{}")
    (handed_in / "link").symlink_to("helper.py")
    os.utime(handed_in / "helper.py", (5441, 5441))
    with files.kernel_folder(course, handed_in) as seen:
        assert {path.name for path in Path(seen).rglob("*")} == {"more", "x", "helper.py"}
        assert (Path(seen) / "helper.py").stat().st_mtime > 1e9
    assert files.digest_of_files(course, handed_in) == before


def test_the_assignments_own_files_find_their_place_free() -> None:
    given = {"data.csv": "", "more/table.csv": ""}
    entries = [
        tree.Entry("data.csv", "folder"),
        tree.Entry("data.csv/mine", "file"),
        tree.Entry("helper.py", "file"),
        tree.Entry("more", "file"),
        tree.Entry("table.csv", "file"),
    ]
    fine, odd = files.not_in_the_way(entries, given)
    assert [entry.path for entry in fine] == ["helper.py", "table.csv"]
    assert odd == ["data.csv", "data.csv/mine", "more"]
    same = [tree.Entry("more", "folder"), tree.Entry("more/table.csv", "file")]
    assert files.not_in_the_way(same, given) == (same[:1], [])


@pytest.mark.parametrize(
    ("student", "reason"),
    [
        ("Анна Каренина", ""),
        ("o'brien [2] & co", ""),
        ("=1+2", ""),
        ("eve\nx", "cannot be printed"),
        ("esc\x1b]0;owned\x07", "cannot be printed"),
        (os.fsdecode(b"\xff\xfe"), "no UTF-8"),
        ("x" * 250, "250 bytes"),
        ("й" * 120, "240 bytes"),
    ],
)
def test_which_names_are_ids(student: str, reason: str) -> None:
    why = why_refused(student)
    assert (reason in why) if reason else (why == "")


def test_bounds_are_the_courses() -> None:
    config = Config()
    config.CourseDirectory.max_file_size = 7
    config.CourseDirectory.max_dir_size = 20
    found = files.bounds(CourseDirectory(config=config))
    assert (found.file_bytes, found.total_bytes) == (7_000, 20_000)
