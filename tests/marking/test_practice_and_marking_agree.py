"""The cases of the corpus: what a student's own session says is what marking says.

Of the cases of an exercise that have one label and one mistake in common, one; with
AUTOGRADER_THOROUGH in the environment, as `make thorough` has it, all.

The cases of a notebook are poured into one sandboxed kernel, by the very Session that marks a
submission: before each case the names are swept away and given anew; the case is run as a cell;
then the check speaks as in practice, in the kernel, and a test cell is judged as in marking, from
outside and at other places. A kernel for each of them would take an hour. That the pouring changes
nothing is shown by a sample that goes through `nbgrader autograde`, one case an exercise.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import zlib
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Self

import nbformat
import pytest
from nbgrader.apps.api import NbGraderAPI
from traitlets.config.loader import PyFileConfigLoader

from autograder.checks.questions import Reply
from autograder.checks.verdict import Verdict
from autograder.marking.record import read_record
from autograder.marking.rubric import Rubric, read_rubric
from autograder.marking.session import Session, SessionLimits
from autograder.sandbox import Limits, SandboxKernelManager
from tests import corpus
from tests.corpus import EXERCISES, Case
from tests.corpus import load as all_of_the_corpus

pytestmark = pytest.mark.timeout(1800)  # minutes where nothing else runs, longer beside others

SOURCE = Path(__file__).parents[2] / "source" / "gradient_descent"

# Names with one underscore are out of the student's way; what a case may have changed outside its
# names is set back too.
SWEEP = """
import sys as _sys
for _name in [n for n in globals() if not n.startswith("_")]:
    if _name not in ("In", "Out", "get_ipython", "exit", "quit", "open"):
        del globals()[_name]
for _name in ("last_type", "last_value", "last_traceback", "last_exc"):
    if hasattr(_sys, _name):
        delattr(_sys, _name)
import jax as _jax
_jax.config.update("jax_enable_x64", False)
_jax.config.update("jax_debug_nans", False)
from autograder import check
"""

PRACTISE = """
import json as _json
import autograder.check as _check
import autograder.practice.session as _practice
_practice._asked = set({taken!r})
_practice._earned.clear()
with _check.recording() as _checks:
{cell}
{patience}
_verdicts = [v for c in _checks for v in _practice.judge_here(c, globals())]
_sys.stdout.write(_json.dumps([[v.answer, v.outcome, v.misconception] for v in _verdicts]))
"""

# In practice a call has 20 s; where none of them will do, two are as good.
IMPATIENT = """
import dataclasses as _dataclasses
import autograder.answers.local as _local
def _hurry(check, namespace, seed, taken):
    def ask(questions):
        hurried = [
            _dataclasses.replace(q, seconds=2.0) if hasattr(q, "seconds") else q
            for q in questions
        ]
        return _local.ask(hurried, namespace)
    replies = ask(check.questions(seed))
    return check.judge(seed, replies + ask(check.more(seed, replies)), taken)
_practice.judge = _hurry
"""

Told = list[tuple[str, str, str | None]]
"""What is said of each answer: its name, the outcome, the mistake."""


@cache
def load() -> list[Case]:
    """The cases that are asked."""
    found = {
        (case.exercise, case.label, case.misconception, case.id if _thorough() else ""): case
        for case in all_of_the_corpus()
    }
    return list(found.values())


def _thorough() -> bool:
    return bool(os.environ.get("AUTOGRADER_THOROUGH"))


def told(verdicts: list[Verdict]) -> Told:
    return [(v.answer, v.outcome, v.misconception) for v in verdicts]


@dataclass(frozen=True)
class Both:
    """What is said of a case in practice and in marking."""

    practice: Told
    marking: Told
    stopped: bool

    @property
    def agree(self) -> bool:
        """Whether they say the same, but for what marking alone knows of how the cell ended.

        Practice has words of its own for that, which tests/practice/test_session.py reads.
        """
        marking = [
            (name, outcome, "not_answered" if slip in ("answer_not_named", "raised") else slip)
            for name, outcome, slip in self.marking
        ]
        if self.stopped:
            return [t[:2] for t in self.practice] == [t[:2] for t in marking]
        return self.practice in (self.marking, marking)


@cache
def rubric_of(notebook: str) -> Rubric:
    return read_rubric(SOURCE / f"{notebook}.ipynb")


@cache
def sources_of(notebook: str) -> dict[str, str]:
    cells = json.loads((SOURCE / f"{notebook}.ipynb").read_text(encoding="utf-8"))["cells"]
    named = {c["metadata"].get("nbgrader", {}).get("grade_id"): c for c in cells}
    return {name: "".join(cell["source"]) for name, cell in named.items() if name}


def poured(notebook: str, cases: list[Case]) -> tuple[nbformat.NotebookNode, Rubric]:
    """A notebook of many cases, and the rubric that knows each of its test cells."""
    rubric = rubric_of(notebook)
    cells, exercises = [], {}
    for number, case in enumerate(cases):
        original = rubric.exercises[f"{case.exercise}_check"]
        source = sources_of(notebook)[original.cell]
        body = "\n".join(f"    {line}" for line in source.splitlines())
        patience = IMPATIENT if endless(case) else ""
        practise = PRACTISE.format(taken=sorted(original.taken), cell=body, patience=patience)
        name = f"case_{number}"
        exercises[name] = replace(original, cell=name)
        cells += [_code(SWEEP + corpus._GIVEN), _code(case.source), _code(practise)]
        about = {"grade": True, "solution": False, "locked": True, "points": 1, "grade_id": name}
        cells.append(nbformat.v4.new_code_cell(source, metadata={"nbgrader": about}))
    return nbformat.v4.new_notebook(cells=cells), Rubric(notebook, exercises)


def _code(source: str) -> nbformat.NotebookNode:
    return nbformat.v4.new_code_cell(source)


def rehearsal(folder: Path) -> Path:
    """A notebook in which each exercise is practised once: its checks are compiled then.

    A kernel compiles a check anew for each case, which would be most of what this file takes.
    """
    first = {case.exercise: case for case in load() if case.label == "right"}
    nodes = [
        poured(name, [case for case in first.values() if case.exercise in EXERCISES[name]])[0]
        for name in EXERCISES
    ]
    path = folder / "rehearsal.ipynb"
    cells = [cell for node in nodes for cell in node.cells if not cell.metadata]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    return path


class Forgetful(dict[str, Reply]):
    """Of answers that were judged, nothing is known: no case is another one's notebook."""

    def __ior__(self, other: object) -> Self:  # type: ignore[override,misc]
        return self


async def run(
    notebook: str, cases: list[Case], limits: SessionLimits, rehearsed: Path
) -> dict[str, Both]:
    node, rubric = poured(notebook, cases)
    allowed = Limits(cpu_seconds=1800)
    session = Session(
        node,
        rubric,
        lambda: SandboxKernelManager(None, allowed, rehearsed=[rehearsed]),
        # Not the seed of practice: the places of a marking are not those that a student saw.
        seed=lambda cell: zlib.crc32(f"marking of {cell}".encode()),
        limits=limits,
    )
    session._earned = Forgetful()
    await session.run()
    found = {}
    for number, case in enumerate(cases):
        _, answer, practised, judged = node.cells[4 * number : 4 * number + 4]
        said = "".join(o.get("text", "") for o in practised.outputs)
        assert said.startswith("["), (case.id, practised.outputs)
        record = read_record(judged)
        assert record is not None
        practice = [(name, outcome, slip) for name, outcome, slip in json.loads(said)]
        stopped = any(o.output_type == "error" for o in answer.outputs)
        found[case.id] = Both(practice, told(record["verdicts"]), stopped)
    return found


def endless(case: Case) -> bool:
    return case.misconception == "never_returns"


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Both]:
    """What is said of each case."""
    rehearsed = rehearsal(tmp_path_factory.mktemp("rehearsal"))

    def cases_of(name: str) -> list[Case]:
        return [case for case in load() if case.exercise in EXERCISES[name]]

    async def all_at_once() -> list[dict[str, Both]]:
        limits = SessionLimits(cell=120, notebook=1800, kernels=1)
        short = SessionLimits(cell=10, notebook=120, kernels=3)
        # Apart, since time is what they are judged by, and judging the others takes it.
        slow = [run(n, [c], short, rehearsed) for n in EXERCISES for c in cases_of(n) if endless(c)]
        found = await asyncio.gather(*slow)
        rest = [
            run(n, [c for c in cases_of(n) if not endless(c)], limits, rehearsed) for n in EXERCISES
        ]
        return [*found, *await asyncio.gather(*rest)]

    return {case: both for part in asyncio.run(all_at_once()) for case, both in part.items()}


def test_every_case_was_asked(said: dict[str, Both]) -> None:
    assert set(said) == {case.id for case in load()}
    assert len(said) >= (500 if _thorough() else 300)


@pytest.mark.parametrize("exercise", [e for group in EXERCISES.values() for e in group])
def test_practice_and_marking_say_the_same(said: dict[str, Both], exercise: str) -> None:
    differ = {
        name: both
        for name, both in said.items()
        if name.startswith(f"{exercise}:") and not both.agree
    }
    assert not differ


# ------------------------------------------------------------------------------- one by one

ASSIGNMENT = "gradient_descent"


def sample() -> dict[str, Case]:
    """For each exercise, a case with a mistake that has a name; they go into one submission."""
    return {
        exercise: next(
            case
            for case in load()
            if case.exercise == exercise
            and case.label == "wrong"
            and case.misconception is not None
            and "import" not in case.source
        )
        for group in EXERCISES.values()
        for exercise in group
    }


def test_nbgrader_autograde_says_the_same(
    said: dict[str, Both], course: Path, tmp_path: Path
) -> None:
    shutil.copytree(course / "source" / ASSIGNMENT, tmp_path / "source" / ASSIGNMENT)
    shutil.copy(course / "nbgrader_config.py", tmp_path)
    config = PyFileConfigLoader("nbgrader_config.py", path=str(tmp_path)).load_config()
    api = NbGraderAPI(config=config)
    done = api.generate_assignment(ASSIGNMENT)
    assert done["success"], done["log"]
    chosen = sample()
    folder = tmp_path / "submitted" / "sample" / ASSIGNMENT
    folder.mkdir(parents=True)
    for name in EXERCISES:
        path = tmp_path / "release" / ASSIGNMENT / f"{name}.ipynb"
        node = nbformat.read(path, as_version=4)
        for cell in node.cells:
            exercise = cell.metadata.get("nbgrader", {}).get("grade_id")
            if exercise in chosen:
                cell.source = chosen[exercise].source
        nbformat.write(node, folder / f"{name}.ipynb")
    done = api.autograde(ASSIGNMENT, "sample")
    assert done["success"], done["log"]
    assert marked(tmp_path / "autograded" / "sample" / ASSIGNMENT) == {
        exercise: said[case.id].marking for exercise, case in chosen.items()
    }


def marked(folder: Path) -> dict[str, Told]:
    found = {}
    for name in EXERCISES:
        for cell in nbformat.read(folder / f"{name}.ipynb", as_version=4).cells:
            record = read_record(cell)
            if record is not None:
                exercise = cell.metadata.nbgrader.grade_id.removesuffix("_check")
                found[exercise] = told(record["verdicts"])
    return found
