"""The same submissions and the same seed give the same marks and verdicts, to the byte."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from traitlets.config import Config

from autograder.checks.verdict import MIME
from tests.marking import small_course as small
from tests.marking.small_course import ASSIGNMENT, FIRST, SECOND

# Answers whose verdicts could depend on the hour: places drawn afresh, a message with an address
# in memory, the order of a set, the clock.
ANSWERS = {
    "right": "def slope(x):\n    return 2 * x + 3",
    "inexact": "def slope(x):\n    return (f(x + 1e-3) - f(x)) / 1e-3",
    "address": "def slope(x):\n    raise ValueError(f'{object()} {object} {slope!r}')",
    "address in a name": "slope = object()",
    "order": "def slope(x):\n    raise ValueError(str({'a', 'b', 'c', 'd', 'e'}))",
    "clock": "import time\ndef slope(x):\n    raise ValueError('late')",
    "missing": "",
}


def keep(root: Path) -> dict[str, str]:
    """The marks and the records of everyone, as text."""
    found = {}
    for student in ANSWERS:
        marks = small.marks(root, student)
        records = [
            output.data[MIME]
            for name in (FIRST, SECOND)
            for cell in small.autograded(root, student, name).cells
            for output in cell.get("outputs", [])
            if MIME in output.get("data", {})
        ]
        assert len(records) == 3
        found[student] = json.dumps([marks, records], sort_keys=True)
    return found


@pytest.fixture(scope="module")
def root(course: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("small")
    small.make(root, course)
    for student, answer in ANSWERS.items():
        submission = small.Submission(
            student, lambda nb, source=answer: small.cell_of(nb, "slope").update(source=source)
        )
        small.hand_in(root, submission, second=False)
    return root


def mark(root: Path, seed: str) -> dict[str, str]:
    config = Config()
    config.Examine.seed = seed
    said = small.api(root, config).autograde(ASSIGNMENT, "*")
    assert said["success"], said["log"]
    return keep(root)


def test_twice_the_same(root: Path) -> None:
    once = mark(root, "a seed")
    copies = (root / "autograded").rename(root / "once")
    assert mark(root, "a seed") == once
    # Not the records alone: what an honest student gets back is the same file.
    for student in ("right", "inexact", "missing"):
        for name in (FIRST, SECOND):
            file = Path(student) / ASSIGNMENT / f"{name}.ipynb"
            assert (root / "autograded" / file).read_bytes() == (copies / file).read_bytes()
    # It is the seed that makes it so: with another, other places are asked.
    assert mark(root, "another seed")["right"] != once["right"]
