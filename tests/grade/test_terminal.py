"""What libraries say of themselves is kept from a grader's terminal, and kept in the log."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from autograder.grade.display import _summary_lines, _told
from autograder.grade.run import Summary

SAY = """
import os, subprocess, sys
from autograder.grade.pool import write_to
write_to(sys.argv[1])
print("a library speaks")
os.write(2, b"XLA speaks\\n")
subprocess.run([sys.executable, "-S", "-c", "print('a kernel speaks')"])
"""


def test_what_a_worker_prints_goes_to_the_log(tmp_path: Path) -> None:
    log = tmp_path / "last_run.log"
    log.write_text("before\n")
    done = subprocess.run(
        [sys.executable, "-c", SAY, log], capture_output=True, text=True, check=True
    )
    assert done.stdout + done.stderr == ""
    assert sorted(log.read_text().splitlines()) == sorted(
        ["before", "a library speaks", "XLA speaks", "a kernel speaks"]
    )


def test_our_programs_keep_xla_and_matplotlib_quiet() -> None:
    code = """if True:
        import logging, os
        from autograder.startup import hush
        hush()
        logging.getLogger("matplotlib").warning("a warning")
        print(os.environ["TF_CPP_MIN_LOG_LEVEL"])"""
    bare = {k: v for k, v in os.environ.items() if k != "TF_CPP_MIN_LOG_LEVEL"}
    for given, level in (({}, "3"), ({"TF_CPP_MIN_LOG_LEVEL": "0"}, "0")):
        done = subprocess.run(
            [sys.executable, "-c", code],
            env={**bare, **given},
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.strip() == level, "who asks for more hears more"
        assert done.stderr == ""


def test_caches_are_told_once() -> None:
    lines = _summary_lines(Summary("small", not_kept="The folder /x cannot be written by ada"))
    assert sum("The folder /x cannot be written by ada" in line for line in lines) == 1
    assert "XDG_CACHE_HOME" in lines[-1]
    assert not [line for line in _summary_lines(Summary("small")) if "kept" in line]
    (line,) = [
        line for line in _summary_lines(Summary("small", slower="no room")) if "slower" in line
    ]
    assert "no room" in line


def test_a_fault_with_a_cure_of_its_own_is_told_that() -> None:
    assert _told("It is locked. What to do: wait.") == ("It is locked.", "wait")
    assert _told("No space left on device")[1].startswith("make room")
