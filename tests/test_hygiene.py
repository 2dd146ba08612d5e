"""What one test does to the others: nothing."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from tests.conftest import LONGEST

TESTS = """
import socket
import subprocess
import sys

import pytest


class Cycle:
    def __init__(self, thing):
        self.thing, self.itself = thing, self


def test_leaks_in_a_cycle():
    Cycle(socket.socket())


def test_innocent_one():
    pass


@pytest.fixture
def opened(tmp_path):
    return (tmp_path / "it").open("w")


def test_leaks_in_a_fixture(opened):
    pass


def test_innocent_two():
    pass


def test_leaks_a_process():
    Cycle(subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE))


def test_innocent_three():
    list(range(10**6))
"""


def test_what_is_left_open_fails_the_test_that_leaves_it_open(course: Path, tmp_path: Path) -> None:
    shutil.copy(course / "tests" / "conftest.py", tmp_path)
    (tmp_path / "test_them.py").write_text(TESTS)
    options = ["-c", course / "pyproject.toml", "--rootdir", tmp_path, "-p", "no:cacheprovider"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *options, tmp_path],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    said = done.stdout + done.stderr
    blamed = {
        line.split(" - ")[0].split("::")[1] for line in said.splitlines() if line[:5] == "ERROR"
    }
    assert blamed == {"test_leaks_in_a_cycle", "test_leaks_in_a_fixture", "test_leaks_a_process"}
    assert "6 passed, 3 errors" in said


def test_the_files_that_come_first_are_there(course: Path) -> None:
    assert [name for name in LONGEST if not (course / name).is_file()] == []
