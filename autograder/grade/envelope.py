"""What a worker of a Dask cluster does: what a process of the pool does, where no course lies.

It is told once how the course marks, and given the source and the release; then it gets notebooks
with their files, and gives results back. All of it is plain data (parcel.py). It keeps its rubrics
and its warm process from one submission to the next, knows no gradebook, and writes down nothing.
"""

from __future__ import annotations

import contextlib
import signal
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import AuthorError, MarkingError, RubricError, Starved
from ..startup import hush, skip_needless_imports
from .order import differences, digest
from .parcel import lay_out, pack, unpack
from .pool import write_to

__all__ = ["dask_setup", "mark", "prepare"]

# A worker may be given several threads; marking changes what all of them share.
_alone = threading.Lock()
_bench: _Bench | None = None


def dask_setup(worker: object) -> None:
    """Called by Dask in a worker of a local cluster: Ctrl-C in the terminal is for the grader."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def prepare(order: bytes, verify: bool) -> bytes:
    """Be ready to mark as an order says.

    Args:
        order: as `order_of` made it.
        verify: whether to find out that an empty submission earns nothing.

    Returns:
        As it travels: "differences", for which this worker is of no use; a "fault", and whether
        it is one of the rubric's, so that "nobody" can be marked; neither, if it is ready.
    """
    global _bench
    told: dict[str, Any] = {}
    try:
        content = unpack(order, "The order")
        told["differences"] = differences(content)
        if not told["differences"]:
            with _alone:
                name = digest(order)
                if _bench is None or _bench.name != name:
                    if _bench is not None:
                        _bench.close()
                    _bench = _Bench(name, content)
                _bench.prepare(verify=verify)
    except Exception as exc:  # noqa: BLE001 - told to the grader, as data
        told |= {"fault": _words(exc), "nobody": isinstance(exc, AuthorError)}
    return pack(told, "The answer of a worker")


def mark(order: str, parcel: bytes) -> bytes:
    """Run and mark the notebooks of one submission.

    Args:
        order: the digest of the order.
        parcel: the submission: "papers" by their notebooks' names, "files", "student".

    Returns:
        As it travels: "unknown", if this process has not been prepared with that order; else by
        notebook, its "cells", or the "fault" for which it could not be marked.
    """
    began = time.monotonic()
    with _alone:
        if _bench is None or _bench.name != order:
            return pack({"unknown": True}, "The answer of a worker")
        told = _bench.mark(unpack(parcel, "The submission"))
    told["seconds"] = time.monotonic() - began
    try:
        return pack(told, "The result")
    except MarkingError as exc:
        faults = {name: {"fault": str(exc)} for name in told["notebooks"]}
        return pack({**told, "notebooks": faults}, "The answer of a worker")


def _words(error: Exception) -> str:
    from .submissions import fault_of

    return fault_of(error, "")


class _Bench:
    """What a worker has before it: a course directory with a source and a release, and no more.

    Args:
        name: the order's digest.
        order: what it says.
    """

    def __init__(self, name: str, order: Mapping[str, Any]) -> None:
        if order["log"]:
            write_to(order["log"])
        skip_needless_imports()
        hush()
        from nbgrader.coursedir import CourseDirectory
        from traitlets.config import Config, LoggingConfigurable

        from ..nbgrader.examine import Examine

        self.name = name
        self._assignment, self._notebooks = str(order["assignment"]), list(order["notebooks"])
        # Among the worker's own files, which Dask sweeps up after one that was killed.
        self._root = tempfile.TemporaryDirectory(
            dir=_scratch(), prefix="autograder-course-", ignore_cleanup_errors=True
        )
        for part, files in order["files"].items():
            lay_out(Path(self._root.name, part, self._assignment), files)
        config = Config()
        config.CourseDirectory.update({**order["course"], "root": self._root.name})
        owner: Any = LoggingConfigurable(config=config)
        owner.coursedir = CourseDirectory(parent=owner)  # where `course_of` finds it
        self._examine = Examine(parent=owner, **order["examine"])

    def close(self) -> None:
        """Throw the files away."""
        self._root.cleanup()

    def prepare(self, *, verify: bool) -> None:
        """Read the rubrics.

        Raises:
            AutograderError: nobody can be marked, and why.
        """
        from .worker import forget_programs

        try:
            self._examine.prepare(self._assignment, self._notebooks, verify=verify)
        except AuthorError as exc:
            # The grader has the file elsewhere.
            raise RubricError(str(exc).replace(f"{self._root.name}/", "")) from exc
        forget_programs()

    def mark(self, submission: Mapping[str, Any]) -> dict[str, Any]:
        """What is found out of a submission, as plain data."""
        from ..marking.files import private_folder
        from .worker import why_cold, why_plain

        told: dict[str, Any] = {}
        with private_folder("autograder-files") as folder:
            try:
                lay_out(folder, submission["files"])
            except Exception as exc:  # noqa: BLE001 - a full disk, say: told to the grader
                fault = {"fault": _words(exc)}
                return {"notebooks": dict.fromkeys(submission["papers"], fault)}
            for name, paper in submission["papers"].items():
                names = {
                    "student": submission["student"],
                    "assignment": self._assignment,
                    "notebook": name,
                }
                try:
                    told[name] = self._mark_notebook(paper, names, folder)
                except Exception as exc:  # noqa: BLE001 - ours, and not the student's
                    told[name] = {"fault": _words(exc), "starved": isinstance(exc, Starved)}
        plain = why_plain(self._examine)
        return {"notebooks": told, "cold": why_cold(), "plain": plain}

    def _mark_notebook(self, paper: Any, names: dict[str, str], folder: Path) -> dict[str, Any]:
        import nbformat

        from .submissions import examined

        session, cells = examined(self._examine, nbformat.from_dict(paper), names, folder)
        return {
            "cells": cells,
            "parts": dict(session.seconds) if session is not None else {},
            "disturbed": session is not None and session.disturbed,
        }


def _scratch() -> str | None:
    """The folder of the Dask worker that this is called in, if in any."""
    with contextlib.suppress(ImportError, ValueError):
        from distributed import get_worker

        return str(get_worker().local_directory)
    return None
