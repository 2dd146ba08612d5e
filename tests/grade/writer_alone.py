"""The process that writes marks, alone: all results are known, and nobody finds anything out.

    python -m tests.grade.writer_alone COURSE ASSIGNMENT [--anew] [--fault STUDENT:NOTEBOOK]

Prints as JSON the seconds from the first submission's end to the last one's, of the clock and of
the processor, and how many that were. With `--anew` each step opens the gradebook by itself and
notebooks are written as nbconvert does, as in nbgrader: what comes of it must be the same.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from unittest import mock

from nbconvert.exporters import NotebookExporter
from nbgrader.apps.autogradeapp import AutogradeApp
from nbgrader.converters import NbGraderException

from autograder.grade.engine import Engine
from autograder.grade.run import LOG, Grade, Progress, quiet
from autograder.grade.submissions import WorkerOutcome
from autograder.marking.results import state_folder
from autograder.nbgrader.shared import OneGradebook
from autograder.nbgrader.writing import Writer


class Known(Engine):
    """Finds everything known, but for one notebook that could not be marked."""

    def __init__(self, student: str, notebook: str) -> None:
        super().__init__(1)
        self._student, self._notebook = student, notebook

    def __exit__(self, *error: object) -> None:
        return None

    def prepare(self, stopped: Callable[[], bool]) -> None:
        return None

    def _side_by_side(
        self, submissions: Sequence[tuple[str, list[str]]], stopped: Callable[[], bool]
    ) -> Iterator[WorkerOutcome]:
        for student, _ in submissions:
            faults = {self._notebook: "a fault"} if student == self._student else {}
            yield WorkerOutcome(student, reused=True, faults=faults)


class WriterAlone(Grade):
    """`autograder grade` without workers."""

    known = Known("", "")

    def _engine(self, size: int, run: str, place: str) -> Engine:
        return self.known


@contextlib.contextmanager
def as_nbgrader_does() -> Iterator[None]:
    """Within, each step is made and opens the gradebook anew, and nbconvert writes and reads."""

    @contextlib.contextmanager
    def lent(self: OneGradebook) -> Iterator[None]:
        yield

    with contextlib.ExitStack() as stack:
        stack.enter_context(mock.patch.object(OneGradebook, "lent", lent))
        stack.enter_context(mock.patch.object(Grade, "keep_steps"))
        for name in ("from_file", "from_notebook_node", "_preprocess"):
            theirs = getattr(NotebookExporter, name)
            stack.enter_context(mock.patch.object(Writer, name, theirs))
        yield


def write(course: Path, assignment: str, settings: Sequence[str], fault: str) -> dict[str, float]:
    """Write the marks of all submissions; seconds, and how many."""
    os.chdir(course)
    app = AutogradeApp()
    app.initialize([assignment, "--log-level=WARN", *settings])
    app.coursedir.assignment_id = assignment
    quiet(app.log, state_folder(app.coursedir.root, assignment) / LOG)
    ends: list[tuple[float, float]] = []

    def tell(what: object) -> None:
        if isinstance(what, Progress):
            ends.append((time.perf_counter(), time.process_time()))

    run = WriterAlone(
        coursedir=app.coursedir,
        parent=app,
        workers=1,
        arguments=[assignment],
        tell=tell,
        stopped=lambda: False,
    )
    run.known = Known(*fault.partition(":")[::2])
    run.force = True
    with contextlib.suppress(NbGraderException):
        run.start()
    wall, busy = (last - first for last, first in zip(ends[-1], ends[0], strict=True))
    faults = len(run.summary.faults)
    return {"seconds": wall, "busy": busy, "count": len(ends) - 1, "faults": faults}


def main() -> None:
    """Write, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("course", type=Path)
    parser.add_argument("assignment")
    parser.add_argument("--anew", action="store_true")
    parser.add_argument("--fault", default="")
    given, settings = parser.parse_known_args()
    with as_nbgrader_does() if given.anew else contextlib.nullcontext():
        found = write(given.course, given.assignment, settings, given.fault)
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
