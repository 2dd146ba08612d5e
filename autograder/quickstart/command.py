"""`autograder quickstart`: a new course directory."""

from __future__ import annotations

import os
from pathlib import Path

import click

from ..complaint import Complaint

__all__ = ["quickstart"]


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--formgrader",
    is_flag=True,
    help="Also name the course in ~/.jupyter/nbgrader_config.py: on a hub, where Jupyter starts at "
    "home, the formgrader finds it by that.",
)
def quickstart(folder: Path, formgrader: bool) -> None:
    """Make DIR a course directory: the assignment, the configuration and a README of what to do.

    DIR must be empty or not there yet. Ends with status 2 where it cannot be written.
    """
    from ..errors import AutograderError
    from ..nbgrader.formgrader import config_file, lines, name_course
    from . import make_course

    try:
        made = [folder / path for path in make_course(folder)]
        if formgrader:
            made.append(name_course(folder))
    except AutograderError as error:
        raise Complaint(error) from error
    for path in made:
        click.echo(path)
    if formgrader:
        click.echo("\nThe formgrader lists the course once Jupyter is started again.")
    elif "JUPYTERHUB_USER" in os.environ and not config_file().exists():
        click.echo(
            f"\nThe formgrader of a hub finds the course by {config_file()}. Write into it:\n"
        )
        click.echo("".join(f"    {line}\n" for line in lines(folder).splitlines()), nl=False)
    click.echo(f"\nNext: cd {folder}, and follow README.md, which begins with\n")
    click.echo("    nbgrader generate_assignment gradient_descent")
