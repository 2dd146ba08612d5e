"""What a marking run writes down as it goes, so that one that is killed leaves nothing in doubt.

nbgrader takes an autograded folder that is there for one that is done, and a run that is killed
leaves half of one, with half of its rows. So the name of a submission is written down before its
folder is touched and struck out once it is complete; a name that still stands is marked again.
"""

from __future__ import annotations

import os
from dataclasses import astuple, dataclass, fields, replace
from pathlib import Path

from .results import state_folder, write_whole

__all__ = ["Journal", "Marked"]


@dataclass(frozen=True)
class Marked:
    """How a submission was marked; "" for what nobody wrote down.

    Attributes:
        digest: of its files.
        by: a digest of what it was marked by.
        due: when it was due then, an extension counted.
        work: a digest of its files but the time stamp.
        since: when the first submission with just that work came in, as its time stamp says.
    """

    digest: str = ""
    by: str = ""
    due: str = ""
    work: str = ""
    since: str = ""


class Journal:
    """The journal of one assignment's marking.

    Args:
        root: the course directory.
        assignment: the assignment's name.
    """

    def __init__(self, root: str | os.PathLike[str], assignment: str) -> None:
        self._folder = state_folder(root, assignment)

    def begin(self, student: str) -> None:
        """This submission's folder and rows are about to change.

        Raises:
            OSError: that cannot be written down, so it must not happen.
        """
        write_whole(self._folder / "begun" / student, b"")

    def finish(self, student: str, marked: Marked | None = None) -> None:
        """They are complete, or as they were before.

        Args:
            student: whose they are.
            marked: what was marked; none where nothing was.

        Raises:
            OSError: that cannot be written down.
        """
        if marked is not None:
            before = self.marked(student)
            if before.work == marked.work and before.since:
                marked = replace(marked, since=before.since)
            text = "\n".join(astuple(marked))
            write_whole(self._folder / "marked" / student, text.encode())
        (self._folder / "begun" / student).unlink(missing_ok=True)

    def lacks(self, student: str) -> None:
        """Marking lacked what this submission needs: the next run is to try again.

        Raises:
            OSError: that cannot be written down.
        """
        write_whole(self._folder / "lacking" / student, b"")

    def lacks_nothing(self, student: str) -> None:
        """It is marked anew, so what an earlier marking lacked does not count.

        Raises:
            OSError: that cannot be written down.
        """
        (self._folder / "lacking" / student).unlink(missing_ok=True)

    def is_lacking(self, student: str) -> bool:
        """Whether the last marking of this submission lacked what it needs."""
        return (self._folder / "lacking" / student).exists()

    def interrupted(self, student: str) -> bool:
        """Whether a run was killed while this submission's files changed."""
        return (self._folder / "begun" / student).exists()

    def marked(self, student: str) -> Marked:
        """What is known of how this submission was marked last."""
        count = len(fields(Marked))
        try:
            lines = (self._folder / "marked" / student).read_text().splitlines()
        except (OSError, ValueError):
            lines = []
        return Marked(*(line.strip() for line in [*lines, *[""] * count][:count]))

    def marked_since(self, student: str, file: Path) -> bool:
        """Whether this submission was marked after a file was written."""
        try:
            marked = (self._folder / "marked" / student).stat().st_mtime_ns
            return marked > file.stat().st_mtime_ns
        except (OSError, ValueError):
            return False
