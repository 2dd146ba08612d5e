"""A class marked without its illustrations, and with them: the same of everyone, cell by cell."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat

from autograder.checks.verdict import MIME
from autograder.demo.classroom import ASSIGNMENT
from autograder.marking.illustrations import TAG
from benchmarks.classes import make_class

THOROUGH = bool(os.environ.get("AUTOGRADER_THOROUGH"))
SIZE = 40 if THOROUGH else 5


def grade(course: Path, *options: str) -> None:
    command = [Path(sys.executable).with_name("autograder"), "grade", ASSIGNMENT, "--json"]
    fixed = ["--Examine.seed=the same", "--workers=1"]
    subprocess.run([*command, *fixed, *options], cwd=course, check=True, capture_output=True)


def told(course: Path) -> dict[tuple[str, str, int], Any]:
    """Of each cell of each copy: its text, and its record, or else what it shows."""
    found: dict[tuple[str, str, int], Any] = {}
    for path in sorted((course / "autograded").rglob("*.ipynb")):
        for place, cell in enumerate(nbformat.read(path, as_version=4).cells):
            outputs = cell.get("outputs", [])
            records = [o.data[MIME] for o in outputs if MIME in o.get("data", {})]
            key = (path.parts[-3], path.stem, place)
            shown = records[0] if records else [o.get("text", o.output_type) for o in outputs]
            found[key] = (cell.source, shown)
    return found


def test_a_class_is_marked_alike_with_its_illustrations(tmp_path: Path) -> None:
    without, with_them = tmp_path / "without", tmp_path / "with"
    make_class(without, SIZE, seed=7)
    released = {
        path.stem: nbformat.read(path, as_version=4).cells
        for path in (without / "source" / ASSIGNMENT).glob("*.ipynb")
    }
    shutil.copytree(without, with_them)
    grade(without)
    grade(with_them, "--Examine.illustrations=True")
    one, other = told(without), told(with_them)
    assert one.keys() == other.keys()
    assert len([shown for _, shown in one.values() if isinstance(shown, dict)]) >= 15 * SIZE
    texts = {
        c.source for cells in released.values() for c in cells if TAG in c.metadata.get("tags", ())
    }
    for key, (source, shown) in one.items():
        if source not in texts:
            assert (source, shown) == other[key], (key, source)
