"""`autograder quickstart`: a new course directory."""

from __future__ import annotations

from pathlib import Path

import click

from ..complaint import Complaint

__all__ = ["quickstart"]


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
def quickstart(folder: Path) -> None:
    """Make DIR a course directory: the assignment, the configuration and a README of what to do.

    DIR must be empty or not there yet. Ends with status 2 where it cannot be written.
    """
    from ..errors import AutograderError
    from . import make_course

    try:
        made = make_course(folder)
    except AutograderError as error:
        raise Complaint(error) from error
    for path in made:
        click.echo(folder / path)
    click.echo(f"\nNext: cd {folder}, and follow README.md, which begins with\n")
    click.echo("    nbgrader generate_assignment gradient_descent")
