"""When an assignment is due, and when work came in, in whatever zone that is written."""

from __future__ import annotations

import datetime

import pytest
from nbgrader import utils
from nbgrader.apps import api

from autograder.marking.converter import install

DUE = datetime.datetime(2026, 10, 25, 22, 59)


@pytest.mark.parametrize(
    "written",
    [
        "2026-10-25 23:59 Europe/Berlin",  # the clocks went back that morning
        "2026-10-25 23:59 +0100",  # as nbgrader's formgrader writes it
        "2026-10-25 23:59:00 +01:00",
        "2026-10-25T23:59:00 +0100",
        "2026-10-25 17:29 -0530",
        "2026-10-25 22:59 +0000",
        "2026-10-25 22:59 UTC",
        "2026-10-25 22:59",
        DUE,
    ],
)
def test_a_time_is_what_is_written(written: str | datetime.datetime) -> None:
    """nbgrader takes +0100 for a hundred seconds (case B18)."""
    install()
    assert utils.parse_utc(written) == DUE
    assert api.parse_utc(written) == DUE


def test_no_time_is_none() -> None:
    install()
    assert utils.parse_utc(None) is None
    with pytest.raises(ValueError, match="soon"):
        utils.parse_utc("soon +0100")
