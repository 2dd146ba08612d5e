"""Collecting submissions from the exchange without what their links lead to.

    c.ExchangeFactory.collect = "autograder.marking.collect.CarefulCollect"

nbgrader follows links when it collects (0.9.6), with the rights of whoever collects: a submission
with a link to the gradebook comes in with the gradebook's content, which the student's own code may
then read and print into the feedback. And it keeps the rights that a submission has in the
exchange, where everybody may change it (0.9.6).
"""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from typing import Any

from nbgrader.exchange.default import ExchangeCollect
from nbgrader.utils import ignore_patterns

from .rights import keep_private

__all__ = ["CarefulCollect"]


class CarefulCollect(ExchangeCollect):
    """Leaves links, pipes and devices where they are; what it takes in is the collector's alone."""

    def copy_files(self) -> None:
        """Collect into a folder that is closed to others."""
        keep_private(self.coursedir, self.coursedir.submitted_directory)
        super().copy_files()

    def do_copy(self, src: str, dest: str, log: Any = None) -> None:
        """Copy what is an ordinary file or folder in `src`; say what is left out."""
        if os.path.islink(src):
            self.log.error("%r is a link and no submission; it is not collected.", src)
            return
        course = self.coursedir
        ignored_by_course = ignore_patterns(
            exclude=course.ignore,
            include=course.include,
            max_file_size=course.max_file_size,
            log=self.log,
        )

        def left_out(folder: str, names: list[str]) -> list[str]:
            out = []
            for name in names:
                path = os.path.join(folder, name)
                mode = os.lstat(path).st_mode
                if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
                    self.log.warning("%r is left out: it is no ordinary file.", path)
                    out.append(name)
            plain = [name for name in names if name not in out]
            return [*out, *ignored_by_course(folder, plain)]

        # By way of a copy without them, so that the rest of the work stays nbgrader's.
        with tempfile.TemporaryDirectory(prefix=".collect-", dir=course.root) as folder:
            plain = os.path.join(folder, "submission")
            shutil.copytree(src, plain, symlinks=True, ignore=left_out)
            # nbgrader opens it to the group again where graders share the course.
            for path, _, files in os.walk(plain):
                os.chmod(path, 0o700)
                for name in files:
                    os.chmod(os.path.join(path, name), 0o600)
            super().do_copy(plain, dest, log)
