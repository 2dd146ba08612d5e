"""The outcome of a demonstration, for a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from ..printable import printable
from .classroom import Exercise, Mark, Result

__all__ = ["feedback_list", "marks_tables", "report_line", "total", "wide_console"]

LABELS = 33  # characters that the names of the exercises and their points take
COLUMN = 5  # and the marks of one student

# The same words to a sign and a colour, so that the table reads without colours too.
SIGNS = {"no answer": "·", "to grade": "?", "not marked": "✗"}
LEGEND = "·  not answered     ?  for a person to read     ✗  could not be marked"


def marks_tables(
    exercises: Sequence[Exercise], results: Sequence[Result], width: int
) -> RenderableType:
    """One row an exercise, one column a student; as many tables as a terminal's width asks for."""
    at_once = max(1, (width - LABELS) // COLUMN)
    chunks = [results[i : i + at_once] for i in range(0, len(results), at_once)]
    return Group(*(_table(exercises, chunk) for chunk in chunks), Text(LEGEND, style="dim"))


def _table(exercises: Sequence[Exercise], results: Sequence[Result]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("exercise", no_wrap=True, width=LABELS - COLUMN - 1)
    table.add_column("of", justify="right", style="bold", width=COLUMN - 1)
    for result in results:
        number = "".join(filter(str.isdigit, result.student.student_id))
        table.add_column(number, justify="right", no_wrap=True, width=COLUMN - 1)
    notebook = None
    for exercise in exercises:
        if exercise.notebook != notebook:
            notebook = exercise.notebook
            table.add_row(Text(notebook, style="italic"))
        cells = [_cell(r.marks[exercise.exercise_id], exercise.points) for r in results]
        table.add_row("  " + exercise.exercise_id, _number(exercise.points), *cells)
    automatic = [e for e in exercises if not e.by_hand]
    table.add_row(
        "marked automatically",
        _number(sum(e.points for e in automatic)),
        *(total(result, automatic) for result in results),
        style="bold",
    )
    return table


def feedback_list(results: Sequence[Result], start: Path) -> RenderableType:
    """Each student in a sentence, with the path of every feedback page, relative to `start`."""
    lines: list[RenderableType] = [Text("Feedback pages", style="italic")]
    for result in results:
        lines.append(Text(f"{result.student.student_id}: {result.student.about}", style="bold"))
        lines.extend(Text(f"    {printable(note)}", style="yellow") for note in result.notes)
        if result.fault:
            lines.append(Text(f"    not marked: {printable(result.fault)}", style="red"))
        for page in result.feedback:
            shown = page.relative_to(start) if page.is_relative_to(start) else page
            lines.append(Text(f"    {shown}", style=f"link {page.resolve().as_uri()}"))
    return Group(*lines)


def report_line(report: Path, start: Path) -> RenderableType:
    """Where the class report is, relative to `start`, to be opened in a browser."""
    shown = report.relative_to(start) if report.is_relative_to(start) else report
    line = Text("The class at a glance, in a browser: ", style="italic")
    return line.append(str(shown), style=f"link {report.resolve().as_uri()}")


def wide_console() -> Console:
    """A console that never folds a path; off a terminal it is wide enough for the table."""
    console = Console(soft_wrap=True)
    if not console.is_terminal:
        console = Console(soft_wrap=True, width=120)
    return console


def _cell(mark: Mark, points: float) -> Text:
    if mark.state != "marked" or mark.points is None:
        return Text(SIGNS[mark.state], style="dim")
    style = "green" if mark.points >= points else "red" if mark.points == 0 else "yellow"
    return Text(_number(mark.points), style=style)


def total(result: Result, exercises: Sequence[Exercise]) -> str:
    """The sum of a student's marks for some exercises, or the sign that there is none."""
    marks = [result.marks[e.exercise_id] for e in exercises]
    if all(mark.points is None for mark in marks):
        return SIGNS["not marked"]
    return _number(sum(mark.points or 0.0 for mark in marks))


def _number(value: float) -> str:
    return f"{round(value, 1):g}"
