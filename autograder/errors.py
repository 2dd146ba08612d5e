"""Every exception of the package.

AutograderError
├── AuthorError          an instructor's check or notebook cannot be used; says which and why
│   ├── CheckError       one check was written in a way that cannot be judged
│   └── RubricError      a source notebook does not give a sound rubric
├── UnreadableSubmission a student's file holds no notebook; says so to the student
├── MarkingError         we could not mark; never a student's zero
│   ├── KernelLost       the kernel that ran the submission died, hung or cannot be reached
│   ├── Starved          it met a limit of time while others had the processor
│   └── ClusterError     a cluster has nobody who can mark, or is gone; says what to do
├── QuickstartError      a course cannot be made, or not be named; says what to do
├── ReportError          there is nothing to report on; says what would have to be there
├── NotSaved             a grader's points or comment are not in the gradebook; says why
├── CourseError          a course's files are such that nothing can be done; nothing was changed
│   └── GradebookError   the gradebook's database cannot be used
└── CheckFailed          practice: the answer is not right yet (this is how a notebook cell fails)
"""

from __future__ import annotations

from typing import Literal

__all__ = [
    "CURE",
    "AuthorError",
    "AutograderError",
    "CheckError",
    "CheckFailed",
    "ClusterError",
    "CourseError",
    "GradebookError",
    "KernelLost",
    "MarkingError",
    "NotSaved",
    "QuickstartError",
    "ReportError",
    "RubricError",
    "Starved",
    "UnreadableSubmission",
]


CURE = " What to do: "
"""Stands before the cure in the message of an error that has one apart."""


class AutograderError(Exception):
    """Base of all exceptions that this package raises on purpose."""


class AuthorError(AutograderError):
    """What an instructor wrote cannot be used; the message says what and why."""


class CheckError(AuthorError):
    """A check was written in a way that cannot be judged."""


class RubricError(AuthorError):
    """A source notebook does not yield a sound rubric."""


class UnreadableSubmission(AutograderError):
    """A student's file holds no notebook that can be read; the message is for the student."""


class MarkingError(AutograderError):
    """A submission could not be marked for a reason that is ours, not the student's."""


class KernelLost(MarkingError):
    """The kernel that ran the submission died, hung, or cannot be reached any more."""


class Starved(MarkingError):
    """A submission met a limit of time, but others had the processor nearly all the time."""

    def __init__(self) -> None:
        super().__init__(
            "A limit of time was met, but other programs had the processor for nine tenths of "
            f"that time and more.{CURE}Mark it again when the machine is free."
        )


class ClusterError(MarkingError):
    """The Dask cluster that was to mark cannot be reached, has no worker of use, or is gone.

    Args:
        says: what is the matter, without a full stop.
        cure: what to do about it, without a full stop.
    """

    def __init__(self, says: str, cure: str) -> None:
        super().__init__(f"{says}.{CURE}{cure}.")


class QuickstartError(AutograderError):
    """A course directory cannot be made, or the formgrader not be told of it."""


class ReportError(AutograderError):
    """A report cannot be made; the message says what would have to be there."""


class NotSaved(AutograderError):
    """What a grader gave or said is not in the gradebook, which is as it was.

    Args:
        says: why, and what to do.
        why: "refused" for what can never be saved, "changed" where there is something else now than
            what the grader saw, "gone" where there is nothing, "busy" for what may be tried again.
    """

    def __init__(self, says: str, why: Literal["refused", "changed", "gone", "busy"]) -> None:
        super().__init__(says)
        self.why = why


class CourseError(AutograderError):
    """A course's files cannot be read or written; nothing was changed.

    Args:
        says: what is the matter, without a full stop.
        cure: what to do about it, without a full stop.
    """

    def __init__(self, says: str, cure: str) -> None:
        super().__init__(f"{says}.{CURE}{cure}.")
        self.says, self.cure = says, cure


class GradebookError(CourseError):
    """The database of the gradebook cannot be used; the password in its URL is in no message."""


class CheckFailed(AutograderError):
    """Practice: an answer is not right yet.

    IPython asks an exception for its own traceback through `_render_traceback_`; ours is the
    message alone, since the student's mistake is not in our stack frames.
    """

    def __init__(self, message: str, traceback_lines: list[str] | None = None) -> None:
        super().__init__(message)
        self._lines = traceback_lines if traceback_lines is not None else [message]

    def _render_traceback_(self) -> list[str]:
        return self._lines
