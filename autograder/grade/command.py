"""`autograder grade`: mark a class on all cores of this machine."""

from __future__ import annotations

import contextlib
import signal
import sys
from typing import Any

import click

from ..complaint import Complaint
from ..errors import AutograderError, CourseError
from ..marking.protection import UNSANDBOXED_HELP

__all__ = ["grade"]

_INTERRUPTED = 130


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("assignment")
@click.argument("settings", nargs=-1, type=click.UNPROCESSED)
@click.option(
    "--student", "students", multiple=True, metavar="ID", help="Only this student; may be repeated."
)
@click.option("--notebook", metavar="NAME", help="Only this notebook of the assignment.")
@click.option("--force", is_flag=True, help="Also submissions that are marked and unchanged.")
@click.option("--fresh", is_flag=True, help="Run everything again, even where results are known.")
@click.option(
    "--dry-run",
    is_flag=True,
    help="Mark all again and tell whose marks would be others; write to no gradebook.",
)
@click.option(
    "-j",
    "--workers",
    type=click.IntRange(1),
    help="Submissions at once; by default as many as fit.",
)
@click.option(
    "--dask",
    "cluster",
    default="",
    metavar="ADDRESS",
    help="Let the workers of the Dask cluster mark whose scheduler is there; or, if it is "
    '"local", of one that is made for the run on this machine.',
)
@click.option(
    "--dask-wait",
    "patience",
    type=click.FloatRange(1),
    default=120.0,
    metavar="SECONDS",
    help="How long to wait for that scheduler, and for a worker where there is none.",
)
@click.option("--unsandboxed", is_flag=True, help=UNSANDBOXED_HELP)
@click.option("--json", "as_json", is_flag=True, help="Tell what happens as JSON, line by line.")
def grade(
    assignment: str,
    settings: tuple[str, ...],
    students: tuple[str, ...],
    notebook: str | None,
    force: bool,
    fresh: bool,
    dry_run: bool,
    workers: int | None,
    cluster: str,
    patience: float,
    unsandboxed: bool,
    as_json: bool,
) -> None:
    """Mark all submissions of ASSIGNMENT that are new or have changed, several at once.

    To be run in the course directory. What comes of it is what `nbgrader autograde` makes:
    gradebook, time stamps, late penalties and autograded files. SETTINGS are nbgrader's own, such
    as --Examine.cell_timeout=60.

    Killed or stopped with Ctrl-C, it goes on from there when it is run again.

    Ends with status 0 if all were marked, 1 if some could not be, 2 if nobody could be, and 130 if
    it was stopped.
    """
    from nbgrader.converters import NbGraderException

    from ..marking.capacity import default_size
    from ..marking.results import state_folder
    from ..nbgrader.converter import NOBODY
    from ..nbgrader.foreseen import foreseen, require_rights
    from ..nbgrader.options import unknown_options
    from .display import display_for
    from .dry_run import DryRun
    from .run import LOG, Grade, Summary, quiet

    arguments = [assignment, *settings]
    if notebook is not None:
        arguments.append(f"--notebook={notebook}")
    if unsandboxed:
        arguments.append("--Examine.sandboxed=False")
    app = _application(arguments)
    for says in unknown_options(app.config):
        click.echo(f"Of no effect: {says}.", err=True)
    stop = _Stop()
    error = ""
    with display_for(as_json=as_json) as display:
        try:
            require_rights(app.coursedir)
        except CourseError as exc:
            display.sum_up(Summary(assignment), f"{NOBODY} {exc}")
            sys.exit(2)
        quiet(app.log, state_folder(app.coursedir.root, assignment) / LOG)
        dry = DryRun(app.coursedir, assignment) if dry_run else None
        run = Grade(
            coursedir=app.coursedir,
            parent=app,
            workers=workers or default_size(),
            arguments=arguments,
            fresh=fresh,
            only=students,
            dry=dry,
            cluster=cluster,
            patience=patience,
            tell=display.tell,
            stopped=stop,
        )
        run.force = run.force or force or fresh or dry_run
        try:
            with stop, dry or contextlib.nullcontext():
                run.start()
        except NbGraderException as exc:
            error = "" if run.summary.faults else str(exc)
        except Exception as exc:
            told = foreseen(exc, app.coursedir.db_url)
            if told is None:
                raise
            error = str(told)
        display.sum_up(run.summary, error)
    if stop():
        sys.exit(_INTERRUPTED)
    if error:
        sys.exit(1 if run.summary.marked else 2)
    sys.exit(1 if run.summary.faults else 0)


def _application(arguments: list[str]) -> Any:
    """Nbgrader's own application, configured as `nbgrader autograde` would be."""
    from nbgrader.apps.autogradeapp import AutogradeApp

    from ..course import require_course

    try:
        require_course()
    except AutograderError as error:
        raise Complaint(error) from error
    app = AutogradeApp()
    app.initialize([*arguments, "--log-level=WARN"])
    app.coursedir.assignment_id = arguments[0]
    return app


class _Stop:
    """Whether the run is to end; the first Ctrl-C says so, the second ends it there and then."""

    def __init__(self) -> None:
        self._asked = False

    def __call__(self) -> bool:
        return self._asked

    def _ask(self, number: int, frame: object) -> None:
        if self._asked:
            raise KeyboardInterrupt
        self._asked = True

    def __enter__(self) -> None:
        self._before = {
            number: signal.signal(number, self._ask) for number in (signal.SIGINT, signal.SIGTERM)
        }

    def __exit__(self, *error: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
