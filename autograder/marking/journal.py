"""What a marking run writes down as it goes, so that one that is killed leaves nothing in doubt.

nbgrader takes an autograded folder that is there for one that is done, and a run that is killed
leaves half of one, with half of its rows. So the name of a submission is written down before its
folder is touched and struck out once it is complete; a name that still stands is marked again.
"""

from __future__ import annotations

import os

from .results import state_folder, write_whole

__all__ = ["Journal"]


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
        (self._folder / "lacking" / student).unlink(missing_ok=True)

    def finish(self, student: str, digest: str | None = None, by: str = "", due: str = "") -> None:
        """They are complete, or as they were before.

        Args:
            student: whose they are.
            digest: of the files that were marked; none where they were not.
            by: a digest of what they were marked by.
            due: when the assignment was due then.

        Raises:
            OSError: that cannot be written down.
        """
        if digest is not None:
            write_whole(self._folder / "marked" / student, f"{digest}\n{by}\n{due}".encode())
        (self._folder / "begun" / student).unlink(missing_ok=True)

    def lacks(self, student: str) -> None:
        """Marking lacked what this submission needs: the next run is to try again.

        Raises:
            OSError: that cannot be written down.
        """
        write_whole(self._folder / "lacking" / student, b"")

    def is_lacking(self, student: str) -> bool:
        """Whether the last marking of this submission lacked what it needs."""
        return (self._folder / "lacking" / student).exists()

    def interrupted(self, student: str) -> bool:
        """Whether a run was killed while this submission's files changed."""
        return (self._folder / "begun" / student).exists()

    def digest(self, student: str) -> str | None:
        """Of the files of this submission that were marked last; none if nobody wrote it down."""
        return self._marked(student)[0] or None

    def by(self, student: str) -> str:
        """A digest of what this submission was marked by; "" if nobody wrote it down."""
        return self._marked(student)[1]

    def due(self, student: str) -> str:
        """When the assignment was due when this submission was marked; "" if nobody knows."""
        return self._marked(student)[2]

    def _marked(self, student: str) -> tuple[str, str, str]:
        try:
            lines = (self._folder / "marked" / student).read_text().splitlines()
        except OSError:
            lines = []
        digest, by, due = (line.strip() for line in [*lines, "", "", ""][:3])
        return digest, by, due
