"""Where there is no sandbox, marking refuses and says what to do; or is told not to mind."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.cache import cache_root
from autograder.marking.record import MIME
from autograder.sandbox import probe
from tests.marking import small_course as small
from tests.marking.small_course import ASSIGNMENT, FIRST, SECOND

FULL = {
    "slope": (2.0, False),
    "lowest": (1.0, False),
    "why": (None, True),
    "cubed_slope": (2.0, False),
}


@pytest.fixture(scope="module")
def root(course: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("small")
    small.make(root, course)
    reads_a_file = small.Submission(
        "reader",
        lambda notebook: small.cell_of(notebook, "lowest").update(
            source="lowest = -1.5 * float(open('data.csv').read()[0])\nopen('data.csv', 'w')"
        ),
    )
    small.hand_in(root, reads_a_file)
    return root


def autograde_without_bubblewrap(root: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "nbgrader", "autograde", ASSIGNMENT, "--force", *options],
        cwd=root,
        env={
            **os.environ,
            "HOME": str(root),
            "XDG_CACHE_HOME": str(cache_root().parent),
            "PATH": "/nonexistent",
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def test_it_refuses_with_the_cure(root: Path) -> None:
    before = small.fingerprint(root / "autograded")  # nothing, unless another test came first
    done = autograde_without_bubblewrap(root, "--Examine.namespaces=require")
    assert done.returncode == 1
    said = done.stdout + done.stderr
    assert said.count("Nobody was marked, and no mark was changed.") == 1
    assert "bubblewrap is not installed: install it with `apt install bubblewrap`" in said
    assert "--Examine.sandboxed=False" in said
    assert "`--unsandboxed` for `autograder grade` and `autograder demo`" in said
    assert small.fingerprint(root / "autograded") == before


def test_it_marks_when_told_to_and_says_so(root: Path) -> None:
    done = autograde_without_bubblewrap(root, "--Examine.sandboxed=False")
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert "Submissions run WITHOUT a sandbox" in said
    assert "1 submission(s) marked, WITHOUT a sandbox." in said
    assert "IPKernelApp" not in said, "its kernels listen on no TCP port, and so warn of none"
    assert small.marks(root, "reader") == FULL
    assert records(root, "isolation") == ["unsandboxed"] * 3
    # What the submission wrote, it wrote into a copy.
    for folder in ("submitted", "autograded"):
        data = root / folder / "reader" / ASSIGNMENT / "data.csv"
        assert data.read_text() == "1,2\n"


def test_without_bubblewrap_it_marks_locked_and_says_so(root: Path) -> None:
    if not probe().lockable:
        pytest.skip("this machine's Linux has no Landlock that could lock without namespaces")
    done = autograde_without_bubblewrap(root)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert "Submissions run locked, without namespaces" in said
    assert "1 submission(s) marked, locked, without namespaces." in said
    assert small.marks(root, "reader") == FULL
    assert records(root, "isolation") == ["locked"] * 3


def test_a_sandboxed_marking_says_so_too_and_gives_the_same(root: Path) -> None:
    said = small.api(root).autograde(ASSIGNMENT, "reader")
    assert said["success"], said["log"]
    assert "WITHOUT" not in said["log"]
    assert small.marks(root, "reader") == FULL
    assert records(root, "isolation") == ["sandboxed"] * 3


def records(root: Path, key: str) -> list[object]:
    return [
        output.data[MIME][key]
        for name in (FIRST, SECOND)
        for cell in small.autograded(root, "reader", name).cells
        for output in cell.get("outputs", [])
        if MIME in output.get("data", {})
    ]
