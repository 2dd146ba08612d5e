"""Classes of any size, made from the corpus of labelled student work.

Which student gives which answer is drawn from a seed: half of the answers are right, the others any
of the corpus that ends by itself. The same size and seed make the same class.
"""

from __future__ import annotations

import json
import random
import re
import shutil
from collections.abc import Collection
from pathlib import Path

from autograder.demo.classroom import Classroom
from autograder.demo.students import SampleStudent
from tests.corpus import EXERCISES, Case, load

__all__ = ["REPOSITORY", "make_class", "stock_copy"]

REPOSITORY = Path(__file__).parents[1]
_RIGHT_SHARE = 0.5
# Loops without an end, and what else is there to wait for, measure the time limit alone.
_ENDLESS = re.compile(r"while True|sleep|never_returns|itertools\.count|10\s*\*\*\s*[6-9]")


def _cases(notebooks: Collection[str]) -> dict[str, list[Case]]:
    names = [name for notebook in notebooks for name in EXERCISES[notebook]]
    found: dict[str, list[Case]] = {name: [] for name in names}
    for case in load():
        endless = _ENDLESS.search(case.source) or case.misconception == "never_returns"
        if case.exercise in found and not endless:
            found[case.exercise].append(case)
    return found


def make_class(
    folder: Path, size: int, seed: int = 1, notebooks: Collection[str] = tuple(EXERCISES)
) -> list[str]:
    """Set up a course directory in `folder` with `size` submissions; returns the students.

    `notebooks`: those that the assignment has here.
    """
    classroom = Classroom.set_up(folder, REPOSITORY)
    for path in (folder / "source").rglob("*.ipynb"):
        if path.stem not in notebooks:
            path.unlink()
    classroom.generate()
    cases = _cases(notebooks)
    dice = random.Random(seed)
    students = []
    for number in range(size):
        answers = {}
        for exercise, known in cases.items():
            right = [case for case in known if case.label == "right"]
            chosen = dice.choice(right if dice.random() < _RIGHT_SHARE else known)
            answers[exercise] = chosen.source
        students.append(SampleStudent(f"s{number:04d}", "", answers, frozenset(), frozenset()))
    classroom.hand_in(students)
    return [student.student_id for student in students]


_STOCK_CONFIG = """
import os, sys
c = get_config()
os.environ["PATH"] = os.pathsep.join([os.path.dirname(sys.executable), os.environ.get("PATH", "")])
c.CourseDirectory.root = {root!r}
c.CourseDirectory.course_id = "stock"
c.Execute.timeout = 300
"""


def stock_copy(course: Path, folder: Path) -> None:
    """A copy of a course for nbgrader as it comes: its own Execute, and no check in any test cell.

    So both run the same students' code, and what is compared is how it is run.
    """
    folder.mkdir(parents=True)
    for kind in ("source", "submitted"):
        shutil.copytree(course / kind, folder / kind)
    for path in folder.rglob("*.ipynb"):
        notebook = json.loads(path.read_text(encoding="utf-8"))
        for cell in notebook["cells"]:
            about = cell["metadata"].get("nbgrader", {})
            if about.get("grade") and not about.get("solution") and cell["cell_type"] == "code":
                cell["source"] = "pass"
        path.write_text(json.dumps(notebook), encoding="utf-8")
    (folder / "nbgrader_config.py").write_text(_STOCK_CONFIG.format(root=str(folder)))
