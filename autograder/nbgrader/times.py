"""Due dates and times of hand-in whose zone is a number, such as +0100.

nbgrader takes that number for seconds (0.9.6, `parse_utc`), and its formgrader writes the zone of a
due date as one: in a course with `c.NbGraderAPI.timezone`, everybody had an hour less or more.
"""

from __future__ import annotations

import contextlib
import datetime
import re
from typing import Any

from . import upstream

__all__ = ["install"]

_IN_NUMBERS = re.compile(r"(.*) ([+-]\d\d)(?::?(\d\d))?", re.DOTALL)


def _parse_utc(ts: Any) -> datetime.datetime | None:
    """As nbgrader does, which reads zones with a name as they are."""
    found = _IN_NUMBERS.fullmatch(ts) if isinstance(ts, str) else None
    if found:
        with contextlib.suppress(ValueError):  # then it is no time of the formgrader's
            time, hours, minutes = found.groups("00")
            ts = datetime.datetime.fromisoformat(f"{time}{hours}:{minutes}")
    return upstream.parse_utc(ts)


def install() -> None:
    """Let nbgrader read them so, in its commands and in the formgrader."""
    upstream.read_times_by(_parse_utc)
