"""`autograder report`: a class at a glance."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

import click

from ..complaint import Complaint
from ..printable import printable

__all__ = ["report"]


@click.command()
@click.argument("assignment")
@click.option(
    "--format",
    "kind",
    type=click.Choice(["html", "json", "csv"]),
    default="html",
    show_default=True,
    help="A page to look at, or the data for an analysis of your own.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
    help="Where to write it; - for the terminal. Default: report_ASSIGNMENT.html and so on, here.",
)
@click.option("--anonymous", is_flag=True, help="Pseudonyms, so that it can be shown in class.")
def report(assignment: str, kind: str, output: Path | None, anonymous: bool) -> None:
    """Write a report on all submissions of ASSIGNMENT, to be opened in a browser.

    To be run in the course directory. Nothing but the report is written.

    Ends with status 2 where the course or its gradebook cannot be read, or the report not written.
    """
    # Imported here: `autograder --help` need not wait for nbgrader and Matplotlib.
    from ..access import refusal
    from ..course import open_course
    from ..errors import AutograderError, CourseError
    from . import anonymous as pseudonyms
    from .export import as_csv, as_json
    from .gather import gather
    from .page import render

    suffix = "_anonymous" if anonymous else ""
    path = output or Path(f"report_{assignment}{suffix}.{kind}")
    try:
        if str(path) != "-":
            found = refusal(path, write=True)
            if found is not None:
                raise CourseError(found.says, "name a file that you may write with --output")
        course = open_course()
        data = gather(course, assignment)
    except AutograderError as error:
        raise Complaint(error) from error
    if anonymous:
        data = pseudonyms.anonymous(data)
    makers = {
        "html": lambda: render(data, course.root, path),
        "json": lambda: as_json(data),
        "csv": lambda: as_csv(data),
    }
    text = makers[kind]()
    if str(path) == "-":
        click.echo(text, nl=False)
        return
    try:
        # Unless it is anonymous, it names students. One that is there keeps its rights.
        rights = 0o666 if anonymous else 0o660 if course.groupshared else 0o600
        with open(path, "w", encoding="utf-8", opener=partial(os.open, mode=rights)) as file:
            file.write(text)
    except OSError as error:
        told = f"{printable(path)} cannot be written: {error.strerror}"
        raise click.ClickException(told) from error
    click.echo(f"{printable(path)}: {len(data.marked)} of {len(data.papers)} students marked")
