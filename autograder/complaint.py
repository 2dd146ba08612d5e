"""An error as a command tells it: a sentence or two, and a status for scripts."""

from __future__ import annotations

import click

from .errors import AutograderError, CourseError
from .printable import printable

__all__ = ["Complaint"]


class Complaint(click.ClickException):
    """Ends a command with an error's message; with status 2 where the course's files forbid it.

    Args:
        error: what went wrong.
    """

    def __init__(self, error: AutograderError) -> None:
        super().__init__(printable(error, lines=True))
        self.exit_code = 2 if isinstance(error, CourseError) else 1  # type: ignore[misc]
