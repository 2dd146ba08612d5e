"""What is done to the notebook's file, in place of code: its cells, its metadata, its outputs.

All of these answer slope and lowest wrongly and leave the rest blank, unless they say otherwise.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from tests.attacks import ANSWERS, WRONG, Attack

__all__ = ["EDITS"]

Notebook = dict[str, Any]
Edit = Callable[[Notebook], None]
CHECKS = ("slope_check", "lowest_check", "descend_check", "twice_check")
VERDICT = "application/vnd.autograder.verdict+json"

EDITS: list[Attack] = []


def _edit(earns: str = "", **answers: str) -> Callable[[Edit], Edit]:
    """Make an attack of a function: its name is the student, its docstring says what it tries."""

    def add(function: Edit) -> Edit:
        deserved = frozenset(earns.split())
        poured = {**WRONG, **answers, **{name: ANSWERS[name] for name in deserved}}
        title = str(function.__doc__).rstrip(".")
        name = function.__name__
        EDITS.append(Attack(name, "editing", title, poured, earns=deserved, edit=function))
        return function

    return add


def _cell(notebook: Notebook, grade_id: str) -> dict[str, Any]:
    for cell in notebook["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("grade_id") == grade_id:
            found: dict[str, Any] = cell
            return found
    raise LookupError(grade_id)


def _about(notebook: Notebook, grade_id: str) -> dict[str, Any]:
    about: dict[str, Any] = _cell(notebook, grade_id)["metadata"]["nbgrader"]
    return about


def _result(text: str) -> dict[str, Any]:
    record = {"version": 1, "seed": "1", "points": 2.0, "score": 2.0, "verdicts": []}
    data = {"text/plain": text, VERDICT: record}
    return {
        "output_type": "execute_result",
        "data": data,
        "metadata": {},
        "execution_count": 1,
    }


def _graded(source: str, grade_id: str, points: float) -> dict[str, Any]:
    about = {
        "schema_version": 3,
        "grade": True,
        "solution": False,
        "locked": True,
        "task": False,
        "grade_id": grade_id,
        "points": points,
        "cell_type": "code",
    }
    return {
        "cell_type": "code",
        "source": source,
        "metadata": {"nbgrader": about},
        "outputs": [_result(source)],
        "execution_count": 1,
    }


@_edit()
def points_raised(notebook: Notebook) -> None:
    """A hundred times the points."""
    for check in CHECKS:
        _about(notebook, check)["points"] = 200.0


@_edit()
def points_not_a_number(notebook: Notebook) -> None:
    """Points that no comparison holds for."""
    for check in CHECKS:
        _about(notebook, check)["points"] = float("nan")


@_edit(earns="slope")
def points_below_zero(notebook: Notebook) -> None:
    """Negative points for a wrong answer."""
    _about(notebook, "lowest_check")["points"] = -100.0


@_edit()
def tests_emptied(notebook: Notebook) -> None:
    """Test cells without a line, which cannot fail."""
    for check in CHECKS:
        _cell(notebook, check)["source"] = ""


@_edit()
def tests_replaced_by_scores(notebook: Notebook) -> None:
    """Test cells that are the score."""
    for check in CHECKS:
        _cell(notebook, check)["source"] = "2.0"


@_edit()
def tests_of_other_answers(notebook: Notebook) -> None:
    """Test cells that ask for something easy."""
    for check in CHECKS:
        _cell(notebook, check)["source"] = (
            "from autograder import check\ncheck.value('lowest', -4.0)"
        )


@_edit()
def tests_deleted(notebook: Notebook) -> None:
    """No test cells at all."""
    notebook["cells"] = [
        cell
        for cell in notebook["cells"]
        if cell["metadata"].get("nbgrader", {}).get("grade_id") not in CHECKS
    ]


@_edit()
def tests_doubled_before(notebook: Notebook) -> None:
    """A second test cell of the same id, before the real one."""
    for check in CHECKS:
        index = notebook["cells"].index(_cell(notebook, check))
        twin = copy.deepcopy(notebook["cells"][index])
        twin["source"] = "2.0"
        notebook["cells"].insert(index, twin)


@_edit()
def tests_doubled_after(notebook: Notebook) -> None:
    """A second test cell of the same id, behind the real one."""
    for check in CHECKS:
        twin = copy.deepcopy(_cell(notebook, check))
        twin["source"] = "2.0"
        notebook["cells"].append(twin)


@_edit(earns="slope")
def ids_swapped(notebook: Notebook) -> None:
    """The test of the answered exercise under the id of the dearest one."""
    slope, descend = _about(notebook, "slope_check"), _about(notebook, "descend_check")
    slope["grade_id"], descend["grade_id"] = descend["grade_id"], slope["grade_id"]
    slope["points"], descend["points"] = descend["points"], slope["points"]


@_edit(earns="slope")
def ids_renamed(notebook: Notebook) -> None:
    """Both tests under the id of the exercise that is answered."""
    _about(notebook, "lowest_check")["grade_id"] = "slope_check"


@_edit()
def tests_retyped(notebook: Notebook) -> None:
    """Test cells that are prose, with a result beside it."""
    for check in CHECKS:
        cell = _cell(notebook, check)
        cell["cell_type"] = "markdown"
        cell["outputs"] = [_result("2.0")]


@_edit()
def tests_made_raw(notebook: Notebook) -> None:
    """Test cells that are neither code nor prose."""
    for check in CHECKS:
        cell = _cell(notebook, check)
        cell["cell_type"] = "raw"
        del cell["outputs"], cell["execution_count"]


@_edit()
def tests_tagged(notebook: Notebook) -> None:
    """Tags on which nbclient does not run a cell, or forgives it its errors."""
    for cell in notebook["cells"]:
        cell["metadata"]["tags"] = ["skip-execution", "raises-exception", "remove-cell"]


@_edit()
def tests_made_answers(notebook: Notebook) -> None:
    """Test cells that are declared to be answers, so that they are not restored."""
    for check in CHECKS:
        _about(notebook, check).update(solution=True, locked=False)
        _cell(notebook, check)["source"] = "2.0"


@_edit()
def tests_not_graded(notebook: Notebook) -> None:
    """Test cells that are declared not to count."""
    for check in CHECKS:
        _about(notebook, check)["grade"] = False
        _cell(notebook, check)["source"] = "2.0"


@_edit()
def tests_unlocked(notebook: Notebook) -> None:
    """Test cells that are declared to be the student's to change."""
    for check in CHECKS:
        _about(notebook, check).update(locked=False, checksum="0" * 32)
        _cell(notebook, check)["source"] = "2.0"


@_edit()
def answers_made_graded(notebook: Notebook) -> None:
    """Answer cells that are graded themselves, and give their score."""
    for name in WRONG:
        _about(notebook, name).update(grade=True, solution=False, locked=True, points=50)
        _cell(notebook, name)["source"] = "2.0"


@_edit()
def answers_under_ids_of_tests(notebook: Notebook) -> None:
    """The answer cell in the place of its test, and the test in its."""
    for name in WRONG:
        answer, test = _about(notebook, name), _about(notebook, f"{name}_check")
        answer.update(grade_id=f"{name}_check", grade=True, solution=False, points=2)
        test.update(grade_id=name, grade=False, solution=True)
        _cell(notebook, f"{name}_check")["source"] = "2.0"


@_edit()
def exercises_added(notebook: Notebook) -> None:
    """An exercise of its own, with fifty points, which it solves."""
    notebook["cells"].append(_graded("50.0", "bonus", 50))


@_edit()
def task_added(notebook: Notebook) -> None:
    """A task of its own, which a person would have to mark."""
    cell = _graded("", "project", 100)
    cell["metadata"]["nbgrader"].update(grade=False, task=True)
    notebook["cells"].append(cell)


@_edit()
def outputs_filled_in(notebook: Notebook) -> None:
    """Outputs with full marks and our own verdict, in every cell."""
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"] = [_result("2.0")]
            cell["execution_count"] = 1


@_edit()
def given_edited(notebook: Notebook) -> None:
    """The function that is differentiated, made to fit the answer."""
    _cell(notebook, "given_f")["source"] = "def f(x):\n    return 7.0 * x"


@_edit()
def kernel_chosen(notebook: Notebook) -> None:
    """A kernel specification of its own."""
    notebook["metadata"]["kernelspec"] = {
        "name": "../../submitted/kernel_chosen",
        "display_name": "mine",
        "language": "python",
        "argv": ["touch", "/tmp/planted_by_kernel_chosen"],
    }
    notebook["metadata"]["language_info"] = {"name": "python", "version": "0"}


@_edit()
def notebook_says_its_marks(notebook: Notebook) -> None:
    """Marks in the notebook's own metadata."""
    notebook["metadata"].update(
        nbgrader={"score": 8, "max_score": 8}, autograder={"score": 8.0}, celltoolbar="x"
    )
    for cell in notebook["cells"]:
        cell["metadata"].update(autograder={"score": 2.0}, score=2.0, autograded=True)


@_edit(earns="slope")
def tests_moved(notebook: Notebook) -> None:
    """All tests at the end, where only what is left of the names counts."""
    tests = [_cell(notebook, check) for check in CHECKS]
    notebook["cells"] = [cell for cell in notebook["cells"] if cell not in tests] + tests


@_edit()
def ids_of_cells_doubled(notebook: Notebook) -> None:
    """Every cell under the same id of nbformat's."""
    for cell in notebook["cells"]:
        cell["id"] = "same"
