"""What doctor says of exercises that give points to whoever knows nothing."""

from __future__ import annotations

from pathlib import Path

import nbformat
from click.testing import CliRunner

from autograder import doctor
from autograder.cli import main
from autograder.doctor.findings import fine, warning
from autograder.doctor.guesses import guesses

GIVEN = """
import jax.numpy as jnp
from autograder import check

def bowl(x):
    return x**2
def moved(x):
    return (x - 0.7) ** 2
def flat(u):
    return (u[0] - 1) ** 2 + (u[1] - 1) ** 2
def tilted(x, y):
    return (x - 0.3) ** 2 + (y - 1) ** 2
def line(x):
    return x + 5.0
def wave(x):
    return jnp.sin(x)
"""
EXERCISES = {
    "at_zero": ("a = 0.0", "check.minimum('a', of=bowl)", 2),
    "elsewhere": ("b = 0.7", "check.minimum('b', of=moved)", 3),
    "at_ones": ("c = (1.0, 1.0)", "check.minimum('c', of=flat)", 4),
    "along": (
        "p, along = (0.3, 4.0), 'x'",
        "check.axis_minimum('p', axis='along', of=tilted)",
        2,
    ),
    "slope_of_a_line": ("def d(x):\n    return 1.0", "check.gradient('d', of=line)", 1),
    "slope_of_a_wave": ("def e(x):\n    return jnp.cos(x)", "check.gradient('e', of=wave)", 1),
    "labels": (
        "k = {2.0: 'hill', -2.0: 'valley'}",
        "check.curvature('k', of=wave, at=[2.0, -2.0])",
        1,
    ),
    "two_names": (
        "m, n = 0.0, 0.7",
        "with check.exercise():\n    check.minimum('m', of=bowl)\n    check.minimum('n', of=moved)",
        2,
    ),
}


def course(root: Path, exercises: dict[str, tuple[str, str, int]]) -> Path:
    cells = [nbformat.v4.new_code_cell(GIVEN)]
    for name, (answer, test, points) in exercises.items():
        about = {"grade": True, "solution": False, "grade_id": f"{name}_check", "points": points}
        cells += [
            nbformat.v4.new_code_cell(answer),
            nbformat.v4.new_code_cell(test, metadata={"nbgrader": about}),
        ]
    folder = root / "source" / "homework"
    folder.mkdir(parents=True)
    nbformat.write(nbformat.v4.new_notebook(cells=cells), folder / "first.ipynb")
    return root / "source"


def test_what_knows_nothing_and_earns_points_is_named(tmp_path: Path) -> None:
    found = list(guesses(course(tmp_path, EXERCISES)))
    assert {f.level for f in found} == {"warning"}
    assert all(f.cure for f in found)
    told = {f.says.split(" ")[0].removesuffix("_check"): f.says for f in found}
    assert set(told) == {"at_zero", "at_ones", "along", "slope_of_a_line", "labels", "two_names"}
    assert "0 everywhere earns 2 of 2 points" in told["at_zero"]
    assert "1 everywhere earns 4 of 4 points" in told["at_ones"]
    assert "1 everywhere earns 2 of 2 points" in told["along"]
    assert "1 everywhere earns 1 of 1 points" in told["slope_of_a_line"]
    assert "one of 4 ways to label earns 1 of 1 points" in told["labels"]
    assert "0 everywhere earns 1 of 2 points" in told["two_names"]


def test_a_course_without_such_exercises_is_fine(tmp_path: Path) -> None:
    (found,) = guesses(course(tmp_path, {"elsewhere": EXERCISES["elsewhere"]}))
    assert found.level == "fine"
    assert "3 points" in found.says


def test_a_source_that_cannot_be_marked_by_is_wrong(tmp_path: Path) -> None:
    wrong_answer = {"at_zero": ("a = 4.0", "check.minimum('a', of=bowl)", 2)}
    (found,) = guesses(course(tmp_path, wrong_answer))
    assert found.level == "wrong"
    assert "at_zero_check" in found.says


def test_it_is_tried_when_asked_for_and_is_no_failure(monkeypatch) -> None:
    monkeypatch.setattr(doctor, "examine", lambda: iter([fine("Python", "3.12.1")]))
    monkeypatch.setattr(doctor, "guess", lambda: iter([warning("guessed", "says", "cure")]))
    unasked = CliRunner().invoke(main, ["doctor"])
    asked = CliRunner().invoke(main, ["doctor", "--guess"])
    assert (unasked.exit_code, asked.exit_code) == (0, 0)
    assert "guessed" in asked.output
    assert "guessed" not in unasked.output
