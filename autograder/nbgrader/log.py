"""What nbgrader's commands log, without what a terminal would obey: names are the students'."""

from __future__ import annotations

import logging

from traitlets.config import Application

from ..printable import printable

__all__ = ["install"]


class _Printable(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        """Make a record's words printable; it is logged in any case."""
        if isinstance(record.args, tuple):
            record.args = tuple(
                printable(value) if isinstance(value, str) else value for value in record.args
            )
        record.msg, record.args = printable(record.getMessage(), lines=True), ()
        return True


_PRINTABLE = _Printable()


def install() -> None:
    """Let this process's nbgrader log so."""
    loggers = [logging.getLogger("traitlets")]  # of nbgrader's API, which has no application
    if Application.initialized():
        loggers.append(Application.instance().log)
    for logger in loggers:
        logger.addFilter(_PRINTABLE)  # once, however often
