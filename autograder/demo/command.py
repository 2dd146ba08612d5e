"""`autograder demo`: what marking a class looks like, in a minute."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from ..complaint import Complaint
from ..errors import AutograderError
from ..marking.protection import UNSANDBOXED_HELP, isolation

__all__ = ["demo"]

SAMPLE_CLASS = "sample_class"


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), default=Path("demo"))
@click.option("--unsandboxed", is_flag=True, help=UNSANDBOXED_HELP)
def demo(folder: Path, unsandboxed: bool) -> None:
    """Mark a sample class in FOLDER (default: demo) and show the marks.

    Makes a course directory of its own, generates the release, hands in the work of the sample
    class, marks it with `autograder grade`, and writes the feedback pages and the class report.
    Ends with status 1 where a submission could not be marked, 2 where FOLDER cannot be written.
    """
    # Imported here: `autograder --help` need not wait for nbgrader.
    from .classroom import Classroom
    from .students import load_students
    from .table import feedback_list, marks_tables, report_line, wide_console

    console = wide_console()
    course = course_directory()
    students = load_students(course / SAMPLE_CLASS)
    try:
        # Asked first: to make a class ready that cannot be marked takes half a minute.
        isolation(sandboxed=not unsandboxed)
        classroom = Classroom.set_up(folder.resolve(), course)
        classroom.generate()
        classroom.hand_in(students)
        exercises = classroom.exercises()
        found = classroom.mark(students, sandboxed=not unsandboxed)
        results = sorted(found, key=lambda result: result.student.student_id)
        report = classroom.report()
    except AutograderError as error:
        raise Complaint(error) from error
    console.print()
    console.print(marks_tables(exercises, results, console.width))
    console.print()
    console.print(feedback_list(results, Path.cwd()))
    console.print()
    console.print(report_line(report, Path.cwd()))
    faulty = [result.student.student_id for result in results if result.fault]
    if faulty:
        console.print(f"\nCould not be marked: {', '.join(faulty)}", style="bold red")
        sys.exit(1)


def course_directory() -> Path:
    """The folder one is in, if it has a sample class; else the repository of this package."""
    here, repository = Path.cwd(), Path(__file__).resolve().parents[2]
    for course in (here, repository):
        if (course / SAMPLE_CLASS).is_dir():
            return course
    raise click.ClickException(f"There is no {SAMPLE_CLASS}/ here: run this in the repository.")
