"""The demonstration: its sample class fits the assignment, and has the marks it should."""

from __future__ import annotations

import ast
import io
from pathlib import Path
from typing import Any, NoReturn

import nbformat
import pytest
from click.testing import CliRunner
from rich.console import Console

from autograder.cli import main
from autograder.demo.classroom import Classroom, DemoError, Exercise, Mark, Result
from autograder.demo.students import SampleStudent, load_students
from autograder.demo.table import feedback_list, marks_tables
from autograder.sandbox import SandboxUnavailable

ROOT = Path(__file__).resolve().parent.parent
CLASS = {student.student_id: student for student in load_students(ROOT / "sample_class")}


def exercises(course: Path) -> set[str]:
    cells = [
        cell.metadata.get("nbgrader", {})
        for path in (course / "release" / "gradient_descent").glob("*.ipynb")
        for cell in nbformat.read(path, as_version=4).cells
    ]
    return {about["grade_id"] for about in cells if about.get("solution")}


def test_the_class_shows_all_kinds_of_work() -> None:
    assert len(CLASS) >= 12
    assert all(student.about.endswith(".") for student in CLASS.values())
    assert any(not s.answers for s in CLASS.values())
    assert any(s.cut_off and s.missing for s in CLASS.values())


@pytest.mark.parametrize("student", CLASS.values(), ids=CLASS)
def test_answers_belong_to_exercises(student: SampleStudent, course: Path) -> None:
    assert set(student.answers) <= exercises(course)


def test_right_students_answer_everything(course: Path) -> None:
    for number in ("01_by_hand", "02_jax_grad", "03_numpy", "04_compiled", "05_objects"):
        student = CLASS[f"student{number}"]
        assert set(student.answers) == exercises(course)
        for exercise in set(student.answers) - {"analogies", "knobs"}:
            ast.parse(student.answers[exercise])


def test_a_student_is_read_cell_by_cell(tmp_path: Path) -> None:
    path = tmp_path / "ann.py"
    path.write_text(
        '"""About Ann."""\n\n# %% a\nx = 1\n\n# %% b [markdown]\n"""\nSome words.\n"""\n'
        "\n# %% c\ny = 2x\n\n# %% one [cut off]\n\n# %% two [missing]\n"
    )
    assert SampleStudent.read(path) == SampleStudent(
        student_id="ann",
        about="About Ann.",
        answers={"a": "x = 1", "b": "Some words.", "c": "y = 2x"},
        cut_off=frozenset({"one"}),
        missing=frozenset({"two"}),
    )


@pytest.mark.parametrize("line", ["# %% a [torn]", "# %% two words"])
def test_a_cell_that_is_not_understood_is_an_error(tmp_path: Path, line: str) -> None:
    path = tmp_path / "ann.py"
    path.write_text(f'"""About Ann."""\n\n{line}\nx = 1\n')
    with pytest.raises(ValueError, match=r"ann\.py"):
        SampleStudent.read(path)


def test_an_answer_to_no_exercise_is_an_error(course: Path, tmp_path: Path) -> None:
    student = SampleStudent("ann", "", {"f_derivativ": "x = 1"})
    with pytest.raises(ValueError, match="f_derivativ"):
        student.hand_in(course / "release" / "gradient_descent", tmp_path / "submission")


def test_what_is_there_is_not_overwritten(course: Path, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(DemoError, match="something else"):
        Classroom.set_up(tmp_path, course)
    assert (tmp_path / "thesis.txt").exists()

    said = CliRunner().invoke(main, ["demo", str(tmp_path)])
    assert said.exit_code == 1
    assert "something else" in said.output


def test_it_asks_for_the_sandbox_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autograder.sandbox.require", unable)
    said = CliRunner().invoke(main, ["demo", str(tmp_path / "demo")])
    assert said.exit_code == 1
    assert "Install a sandbox." in said.output
    assert "`--unsandboxed` for `autograder grade` and `autograder demo`" in said.output
    assert not (tmp_path / "demo").exists()


def unable(*_: object) -> NoReturn:
    raise SandboxUnavailable(("Install a sandbox.",))


def test_without_a_sandbox_when_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    typed: list[tuple[str, ...]] = []

    def note(self: Classroom, *command: str) -> int:
        typed.append(command)
        return 2

    monkeypatch.setattr("autograder.sandbox.require", unable)
    monkeypatch.setattr(Classroom, "generate", lambda self: None)
    monkeypatch.setattr(Classroom, "hand_in", lambda self, students: None)
    monkeypatch.setattr(Classroom, "exercises", lambda self: [])
    monkeypatch.setattr(Classroom, "_type", note)
    CliRunner().invoke(main, ["demo", "--unsandboxed", str(tmp_path / "demo")])
    assert [command[0] for command in typed] == ["grade"]
    assert "--unsandboxed" in typed[0]


def test_the_course_must_be_one(tmp_path: Path) -> None:
    with pytest.raises(DemoError, match="not a course directory"):
        Classroom.set_up(tmp_path / "demo", tmp_path)


def test_marks_and_faults(course: Path, tmp_path: Path) -> None:
    names = ["student06_signs", "student13_breakdowns", "student15_damaged"]
    students = [CLASS[name] for name in names]
    classroom = Classroom.set_up(tmp_path / "demo", course)
    classroom.generate()
    classroom.hand_in(students)
    results = {r.student.student_id: r for r in classroom.mark(students)}
    report = classroom.report().read_text(encoding="utf-8")
    assert all(name in report for name in names)

    signs, breakdowns, damaged = (results[name] for name in names)
    assert {e: mark.points for e, mark in signs.marks.items() if mark.points} == {
        "f_stationary_point": 1,
        "func_gradient": 1,
        "func_second_derivative": 1,
        "quartic_minimum": 2,
        "diverging_step": 1,
        "goldfield_partials": 3,
        "goldfield_axis_minimum": 2,
    }
    assert [page.name for page in signs.feedback] == [
        "01_derivatives.html",
        "02_minima.html",
        "03_goldfield.html",
    ]
    # A loop without end costs its own cell, not those around it.
    assert breakdowns.marks["func_minimum"] == Mark("marked", 0)
    assert breakdowns.marks["func_second_derivative"] == Mark("marked", 1)
    assert breakdowns.marks["descent_routine"] == Mark("marked", 3)
    # A file that is cut off, or not there, earns nothing; the one beside it keeps its marks.
    assert not any(r.fault for r in results.values())
    assert {e: mark.points for e, mark in damaged.marks.items() if mark.points} == {
        "f_derivative": 1,
        "func_gradient": 1,
    }
    assert {damaged.marks[e].state for e in ("quartic_minimum", "knobs")} == {"to grade"}
    # As in the report: what was not handed in was not answered.
    assert damaged.marks["goldfield_minimum"].state == "no answer"
    assert [note.split(":")[0] for note in damaged.notes] == ["02_minima", "03_goldfield"]
    assert len(damaged.feedback) == 3


def rendered(what: object, width: int) -> list[str]:
    console = Console(file=io.StringIO(), width=width, soft_wrap=True)
    console.print(what)
    assert isinstance(console.file, io.StringIO)
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


def result(student_id: str, marks: dict[str, Mark], *pages: Path, **told: Any) -> Result:
    return Result(SampleStudent(student_id, "Works.", {}), marks, pages, **told)


SLOPE = Exercise("01_derivatives", "slope", 2.0, by_hand=False)
ESSAY = Exercise("01_derivatives", "essay", 1.0, by_hand=True)


def test_the_table_reads_without_colours() -> None:
    results = [
        result("student01", {"slope": Mark("marked", 2 / 3), "essay": Mark("to grade")}),
        result("student02", {"slope": Mark("no answer", 0.0), "essay": Mark("no answer", 0.0)}),
        result("student03", {"slope": Mark("not marked"), "essay": Mark("not marked")}),
    ]
    lines = [line.split() for line in rendered(marks_tables([SLOPE, ESSAY], results, 80), 80)]
    assert lines[:5] == [
        ["exercise", "of", "01", "02", "03"],
        ["01_derivatives"],
        ["slope", "2", "0.7", "·", "✗"],
        ["essay", "1", "?", "·", "✗"],
        ["marked", "automatically", "2", "0.7", "0", "✗"],
    ]


@pytest.mark.parametrize("width", [60, 80, 120])
def test_the_table_fits_the_terminal(width: int) -> None:
    results = [result(f"student{i:02}", {"slope": Mark("marked", 25.25)}) for i in range(1, 16)]
    *tables, legend = rendered(marks_tables([SLOPE], results, width), width)
    assert "for a person to read" in legend
    assert max(map(len, tables)) <= width
    # Each student's mark stands in the row of the exercise and in that of the sums.
    assert sum(line.count("25.2") for line in tables) == 2 * len(results)


def test_every_feedback_page_has_a_line(tmp_path: Path) -> None:
    page = tmp_path / ("deep/" * 20) / "01_derivatives.html"
    results = [
        result("student01", {}, page, notes=("it was torn",)),
        result("student02", {}, fault="it broke"),
    ]
    lines = rendered(feedback_list(results, tmp_path), 80)
    assert f"    {page.relative_to(tmp_path)}" in lines
    assert "    it was torn" in lines
    assert "    not marked: it broke" in lines
