from __future__ import annotations

import os
from pathlib import Path

import pytest

from autograder.sandbox.inside import workspace


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    (folder / "data" / "deep").mkdir(parents=True)
    (folder / "data" / "deep" / "points.csv").write_text("1,2")
    (folder / "Работа 1.ipynb").write_text("{}")
    return folder


@pytest.fixture
def target(tmp_path: Path) -> Path:
    folder = tmp_path / "target"
    folder.mkdir()
    return folder


def fill(source: Path, target: Path, max_bytes: int = 10_000, max_entries: int = 100) -> list[str]:
    return workspace.fill(str(source), str(target), max_bytes=max_bytes, max_entries=max_entries)


def test_folder_is_copied(source: Path, target: Path):
    assert fill(source, target) == []
    assert (target / "data" / "deep" / "points.csv").read_text() == "1,2"
    assert (target / "Работа 1.ipynb").read_text() == "{}"


def test_what_is_too_big_is_left_out_and_the_rest_is_there(source: Path, target: Path):
    (source / "a film.mp4").write_bytes(bytes(20_000))
    assert fill(source, target) == ["a film.mp4"]
    assert (target / "Работа 1.ipynb").exists()


def test_too_many_files_are_not_even_listed(source: Path, target: Path):
    for n in range(300):
        (source / f"{n}.txt").touch()
    left_out = fill(source, target)
    assert len(left_out) == 1
    assert sum(len(names) for _, _, names in os.walk(target)) <= 100


def test_links_stay_links(source: Path, target: Path, tmp_path: Path):
    (tmp_path / "secret").write_text("x")
    (source / "link").symlink_to(tmp_path / "secret")
    (source / "loop").symlink_to(source)
    assert fill(source, target) == []
    assert (target / "link").is_symlink()
    assert (target / "loop").is_symlink()


def test_pipe_is_left_out_instead_of_being_read_for_ever(source: Path, target: Path):
    os.mkfifo(source / "pipe")
    assert fill(source, target) == ["pipe"]


def test_name_that_is_not_text(source: Path, target: Path):
    (source / os.fsdecode(b"\xff\xfe.py")).write_text("x = 1")
    assert fill(source, target) == []
    assert (target / os.fsdecode(b"\xff\xfe.py")).exists()
