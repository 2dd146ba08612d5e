"""Collecting submissions from the exchange without what their links lead to.

nbgrader follows links when it collects (0.9.6), with the rights of whoever collects: a submission
with a link to the gradebook comes in with the gradebook's content, which the student's own code may
then read and print into the feedback. It keeps the rights that a submission has in the exchange,
where everybody may change it. And it ends at the first submission with which something is wrong, of
which it has removed an older version by then.
"""

from __future__ import annotations

import contextlib
import datetime
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nbgrader.exchange import ExchangeError

from ..marking.files import bounds, link_or_copy, matches, say_left_out, without_links
from ..marking.student import why_refused
from ..sandbox import tree
from .rights import keep_private
from .upstream import Collect, parse_utc

__all__ = ["CarefulCollect"]

_NOBODY = ""
_MOST_OF_A_TIME = 1000  # bytes


class CarefulCollect(Collect):
    """Leaves links, pipes and devices where they are; what it takes in is the collector's alone."""

    def record(self, path: str) -> dict[str, Any]:
        """What a name says; nobody's where it says nothing."""
        try:
            record = super().record(path)
        except (ExchangeError, ValueError, OverflowError):
            self.log.error("%r has no name by `nbgrader submit`; it is not collected.", path)
            return {"username": _NOBODY, "filename": "", "timestamp": datetime.datetime.min}
        if why := why_refused(record["username"]):
            self.log.error("%r is not collected. %s", path, why)
            record["username"] = _NOBODY
        return record

    def init_src(self) -> None:
        """Find what is to be collected."""
        super().init_src()
        self.src_records: list[dict[str, Any]] = [
            r for r in self.src_records if r["username"] != _NOBODY
        ]

    def copy_files(self) -> None:
        """Collect into a folder that is closed to others; what goes wrong with one costs no other.

        Raises:
            ExchangeError: some could not be collected.
        """
        keep_private(self.coursedir, self.coursedir.submitted_directory)
        if not self.src_records:
            super().copy_files()  # says so
        failed = 0
        for record in (records := self.src_records):
            self.src_records = [record]
            try:
                with self._older_version_kept(record):
                    super().copy_files()
            except Exception as exc:  # noqa: BLE001 - whatever it is, it is this submission's
                failed += 1
                self.log.error(
                    "%r was not collected: %s: %s", record["filename"], type(exc).__name__, exc
                )
        self.src_records = records
        keep_private(self.coursedir)
        if failed:
            self.fail(f"{failed} of {len(records)} submissions were not collected; see above.")

    def do_copy(self, src: str, dest: str, log: Any = None) -> None:
        """Copy what is an ordinary file or folder in `src`; say what is left out."""
        if os.path.islink(src):
            self.log.error("%r is a link and no submission; it is not collected.", src)
            return
        course = self.coursedir
        found = tree.look(src, bounds(course), lambda name: not matches(name, course.ignore))
        entries = [
            entry
            for entry in without_links(found)
            if entry.kind == "folder" or matches(os.path.basename(entry.path), course.include)
        ]
        # By way of a copy without them, so that the rest of the work stays nbgrader's.
        with tempfile.TemporaryDirectory(prefix=".collect-", dir=course.root) as folder:
            plain = Path(folder, "submission")
            plain.mkdir(0o700)
            left_out = tree.copy(src, plain, entries)
            say_left_out(self.log, src, left_out)
            self._mend_time(plain, os.path.basename(src))
            super().do_copy(str(plain), dest, log)

    def _mend_time(self, folder: Path, name: str) -> None:
        """Put the time from a submission's name where the one in it is none."""
        path = folder / "timestamp.txt"
        if path.is_file() and not _is_time(path):
            self.log.warning("The time stamp in %r is none; the one in its name is taken.", name)
            path.write_text(name.rsplit("+", 3)[2])

    @contextlib.contextmanager
    def _older_version_kept(self, record: dict[str, Any]) -> Iterator[None]:
        """Within, an older version of a submission may be lost; after a failure it is there again.

        nbgrader removes it before it copies the newer one.
        """
        course = self.coursedir
        name = record["username"], course.assignment_id
        old = Path(course.format_path(course.submitted_directory, *name))
        if not old.is_dir() or not (self.update or self.before_duedate):
            yield
            return
        with tempfile.TemporaryDirectory(prefix=".collect-", dir=course.root) as folder:
            aside = Path(folder, "older")
            shutil.copytree(old, aside, symlinks=True, copy_function=link_or_copy)
            time = old / "timestamp.txt"
            if time.is_file() and not _is_time(time):
                time.unlink()  # nbgrader would stumble over it; and without one, any is newer
            try:
                yield
            except BaseException:
                shutil.rmtree(old, ignore_errors=True)
                aside.rename(old)
                raise


def _is_time(path: Path) -> bool:
    """Whether nbgrader can read the time stamp in a file."""
    try:
        if path.stat().st_size > _MOST_OF_A_TIME:
            return False
        text = path.read_text().strip()
        return not text or parse_utc(text) is not None
    except (ValueError, OverflowError, TypeError, OSError):
        return False
