"""A few attacks of each kind on the assignment as students get it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest

from autograder import sandbox
from autograder.demo.classroom import Classroom, Result
from autograder.demo.students import SampleStudent, load_students
from tests.attacks import Attack, load

ROOT = Path(__file__).resolve().parents[2]
FIRST = ("f_derivative", "func_minimum", "goldfield_gradient")  # of each notebook
FORGING = ("fake_module", "replies_patched", "verdict_displayed")
TAKING = ("solutions_read", "environment_read", "startup_files")
FAMILIES = {**dict.fromkeys(FORGING, "forging"), "startup_files": "persisting"}


def _submission(attack: Attack, classroom: Classroom) -> SampleStudent:
    """The attack in the first answer of every notebook; nothing else is answered."""
    source = classroom.folder / "source" / "gradient_descent" / "01_derivatives.ipynb"
    code = attack.before.replace("@SOURCE@", str(source))
    code = code.replace("@COURSE@", str(classroom.folder))
    return SampleStudent(attack.name, attack.title, dict.fromkeys(FIRST, code))


@pytest.fixture(scope="module")
def marked(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Classroom, dict[str, Result]]]:
    if not sandbox.probe().sandbox:
        pytest.skip("this machine cannot sandbox")
    honest = {s.student_id: s for s in load_students(ROOT / "sample_class")}["student02_jax_grad"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADER_TOKEN", "the-grader's-own-token")
        classroom = Classroom.set_up(tmp_path_factory.mktemp("real") / "course", ROOT)
        classroom.generate()
        attacks = [
            attack
            for name in (*FORGING, *TAKING)
            for attack in load(FAMILIES.get(name, "escaping"))
            if attack.name == name
        ]
        students = [*(_submission(attack, classroom) for attack in attacks), honest]
        classroom.hand_in(students)
        yield classroom, {r.student.student_id: r for r in classroom.mark(students)}


@pytest.mark.parametrize("name", [*FORGING, *TAKING])
def test_attack_earns_nothing(marked: tuple[Classroom, dict[str, Result]], name: str):
    result = marked[1][name]
    assert result.fault == ""
    assert {exercise: m.points for exercise, m in result.marks.items() if m.points} == {}


@pytest.mark.parametrize("name", TAKING)
def test_attack_learns_nothing(marked: tuple[Classroom, dict[str, Result]], name: str):
    folder = marked[0].folder / "autograded" / name / "gradient_descent"
    copies = sorted(folder.glob("*.ipynb"))
    assert copies
    for path in copies:
        cells = nbformat.read(path, as_version=4).cells
        outputs = str([cell.get("outputs") for cell in cells])
        assert "BEGIN SOLUTION" not in outputs
        assert "own-token" not in outputs
        assert "door open" not in outputs


def test_who_comes_after_them_has_full_marks(marked: tuple[Classroom, dict[str, Result]]):
    classroom, results = marked
    points = {e.exercise_id: e.points for e in classroom.exercises() if not e.by_hand}
    marks = results["student02_jax_grad"].marks
    assert {exercise: marks[exercise].points for exercise in points} == points
