"""Links in the exchange lead nowhere: the collector's rights are not the student's."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from nbgrader.exchange.default.exchange import Exchange

from autograder.marking.student import why_refused
from tests.attacks import trees
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
    assert said["log"].count("is left out: it is a link.") == 4
    assert said["log"].count("is left out: it is no ordinary file.") == 1
    assert (root / "submitted" / "honest" / ASSIGNMENT / f"{FIRST}.ipynb").is_file()
    assert not list(root.glob(".collect-*"))


def test_a_link_for_a_submission_is_not_collected(root: Path) -> None:
    folder = submit(root, "curious")
    folder.rename(root / "elsewhere")
    folder.symlink_to(root / "source" / ASSIGNMENT)
    said = small.api(root).collect(ASSIGNMENT)
    assert "is a link and no submission; it is not collected." in said["log"]
    assert not (root / "submitted" / "curious" / ASSIGNMENT).exists()


def test_what_is_wrong_with_one_is_not_the_others_loss(root: Path) -> None:
    inbound = submit(root, "aa_honest").parent
    deep = submit(root, "deep")
    trees.TREES[0].grow(deep)
    (inbound / f"eve+{ASSIGNMENT}+yesterday+abc").mkdir()
    (inbound / f"eve+{ASSIGNMENT}+").mkdir()
    submit(root, "zz_honest")
    said = small.api(root).collect(ASSIGNMENT)
    assert said["success"], said["log"]
    assert said["log"].count("has no name by `nbgrader submit`") == 2
    assert "lies in 32 folders" in said["log"]
    for student in ("aa_honest", "deep", "zz_honest"):
        assert (root / "submitted" / student / ASSIGNMENT / f"{FIRST}.ipynb").is_file()
    trees.remove(deep)


def test_a_newer_version_that_cannot_be_taken_leaves_the_older(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = root / "submitted" / "aa_late" / ASSIGNMENT
    old.mkdir(parents=True)
    (old / f"{FIRST}.ipynb").write_text("{}")
    (old / "timestamp.txt").write_text("2029-01-02 03:04:05.678901 UTC")
    submit(root, "aa_late")
    submit(root, "zz_honest")
    real = Exchange.do_copy

    def on_a_full_disk(self: Exchange, src: str, dest: str, log: object = None) -> None:
        if "aa_late" in dest:
            raise OSError(28, "No space left on device")
        real(self, src, dest, log)

    monkeypatch.setattr(Exchange, "do_copy", on_a_full_disk)
    said = small.api(root).collect(ASSIGNMENT, update=True)
    assert not said["success"]
    assert "1 of 2 submissions were not collected" in said["log"]
    assert (old / f"{FIRST}.ipynb").read_text() == "{}"
    assert (root / "submitted" / "zz_honest" / ASSIGNMENT / f"{FIRST}.ipynb").is_file()


def test_a_time_stamp_that_is_none_is_taken_from_the_name(root: Path) -> None:
    old = root / "submitted" / "eve" / ASSIGNMENT
    old.mkdir(parents=True)
    (old / "timestamp.txt").write_text("the day before")
    (submit(root, "eve") / "timestamp.txt").write_text("never")
    said = small.api(root).collect(ASSIGNMENT, update=True)
    assert said["success"], said["log"]
    assert (old / "timestamp.txt").read_text() == STAMP
    assert (old / f"{FIRST}.ipynb").is_file()


@pytest.mark.timeout(600)
def test_whatever_lies_in_the_exchange_is_collected_within_limits(root: Path) -> None:
    everybody = [tree for tree in trees.TREES if len(os.fsencode(tree.name)) < 100]
    for student in ("aa_honest", "zz_honest"):
        submit(root, student)
    try:
        for tree in everybody:
            folder = submit(root, tree.name)
            (folder / "data.csv").write_text("1,2\n")
            tree.grow(folder)
        said = small.api(root).collect(ASSIGNMENT)
    finally:
        trees.remove(root / "exchange")
    assert said["success"], said["log"]
    named = {tree.name for tree in everybody if not why_refused(tree.name)}
    collected = {path.name for path in (root / "submitted").iterdir()}
    assert collected == {"aa_honest", "zz_honest", *named}
    for student in collected:
        folder = root / "submitted" / student / ASSIGNMENT
        assert (folder / f"{FIRST}.ipynb").is_file()
        assert sum(path.lstat().st_size for path in folder.rglob("*")) < 110_000_000
        assert len(list(folder.rglob("*"))) <= 4_097
    for tree in everybody:
        if tree.name not in named:
            assert f"{ascii(tree.name)[1:-1]}+{ASSIGNMENT}" in said["log"].replace("\\\\", "\\")
    assert "\x1b" not in said["log"]
