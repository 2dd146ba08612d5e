"""Links in the exchange lead nowhere: the collector's rights are not the student's."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.marking import small_course as small
from tests.marking.small_course import ASSIGNMENT, COURSE_ID, FIRST

STAMP = "2030-01-02 03:04:05.678901 UTC"


@pytest.fixture
def root(course: Path, tmp_path: Path) -> Path:
    small.make(tmp_path, course)
    return tmp_path


def submit(root: Path, student: str) -> Path:
    """What `nbgrader submit` leaves in the exchange, where a student may add to it."""
    folder = root / "exchange" / COURSE_ID / "inbound" / f"{student}+{ASSIGNMENT}+{STAMP}+abc"
    folder.mkdir(parents=True)
    (folder / "timestamp.txt").write_text(STAMP)
    notebook = small.honest(root, FIRST)
    (folder / f"{FIRST}.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    return folder


def test_a_submission_is_collected_without_its_links(root: Path) -> None:
    folder = submit(root, "curious")
    (folder / "more").mkdir()
    (folder / "more" / "data.txt").write_text("1")
    (folder / "more" / "book").symlink_to(root / "gradebook.db")
    (folder / "solutions").symlink_to(root / "source")
    (folder / "zero").symlink_to("/dev/zero")
    (folder / "nowhere").symlink_to("/nonexistent")
    os.mkfifo(folder / "pipe")
    submit(root, "honest")
    said = small.api(root).collect(ASSIGNMENT)
    assert said["success"], said["log"]
    found = small.fingerprint(root / "submitted" / "curious" / ASSIGNMENT)
    assert set(found) == {f"{FIRST}.ipynb", "timestamp.txt", "more", "more/data.txt"}
    assert said["log"].count("is left out: it is no ordinary file.") == 5
    assert (root / "submitted" / "honest" / ASSIGNMENT / f"{FIRST}.ipynb").is_file()
    assert not list(root.glob(".collect-*"))


def test_a_link_for_a_submission_is_not_collected(root: Path) -> None:
    folder = submit(root, "curious")
    folder.rename(root / "elsewhere")
    folder.symlink_to(root / "source" / ASSIGNMENT)
    said = small.api(root).collect(ASSIGNMENT)
    assert "is a link and no submission; it is not collected." in said["log"]
    assert not (root / "submitted" / "curious" / ASSIGNMENT).exists()
