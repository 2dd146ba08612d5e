"""One at a time at a submission, where the gradebook is a file; tests/postgresql has a server's."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from autograder.errors import MarkingError
from autograder.nbgrader import turns
from autograder.nbgrader.turns import Turns

URL = "sqlite:////nowhere/gradebook.db"


def test_a_turn_is_waited_for_and_that_is_said_once(tmp_path: Path) -> None:
    said: list[str] = []
    first, second = Turns(URL, "course", tmp_path), Turns(URL, "course", tmp_path, say=said.append)
    begun = threading.Event()

    def hold() -> None:
        with first.taken("small", "ada"):
            begun.set()
            time.sleep(6)

    holder = threading.Thread(target=hold)
    holder.start()
    begun.wait()
    began = time.monotonic()
    with second.taken("small", "ben"), second.taken("other", "ada"):
        assert said == []
    with second.taken("small", "ada"):
        assert time.monotonic() - began >= 5
    holder.join()
    assert said == ["Another program is marking ada: waiting for its end."]


def test_whoever_is_killed_gives_the_turn_back(tmp_path: Path) -> None:
    holder = (
        "import os, sys; from pathlib import Path; from autograder.nbgrader.turns import Turns; "
    )
    holder += "Turns(sys.argv[1], 'course', Path(sys.argv[2])).take('small', 'ada'); "
    holder += "os.kill(os.getpid(), 9)"
    died = subprocess.run([sys.executable, "-c", holder, URL, tmp_path], check=False)
    assert died.returncode == -9
    said: list[str] = []
    with Turns(URL, "course", tmp_path, say=said.append).taken("small", "ada"):
        assert said == []


def test_who_waits_in_vain_is_told_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "_PATIENCE_SECONDS", 1)
    words = "Another program has been marking ada for .* mark again when that has ended"
    with Turns(URL, "course", tmp_path).taken("small", "ada"):
        with pytest.raises(MarkingError, match=words):
            Turns(URL, "course", tmp_path).take("small", "ada")
        monkeypatch.undo()
        with pytest.raises(MarkingError, match=words):  # and who is stopped waits no longer
            Turns(URL, "course", tmp_path, stopped=lambda: True).take("small", "ada")


@pytest.mark.parametrize("group", [False, True])
def test_a_group_that_shares_a_course_can_take_turns(tmp_path: Path, group: bool) -> None:
    before = os.umask(0o077)
    try:
        with Turns(URL, "course", tmp_path, group=group).taken("small", "ada"):
            (file,) = tmp_path.iterdir()
    finally:
        os.umask(before)
    assert stat.S_IMODE(file.stat().st_mode) == (0o660 if group else 0o600)
