"""Courses whose gradebook is on a server."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.postgresql.server import Server, programs, running


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A server, if PostgreSQL is installed; a machine of continuous integration has it."""
    binaries = programs()
    if binaries is None:
        reason = "there is no PostgreSQL here: scripts/postgresql.sh installs it"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    with running(binaries) as started:
        yield started
