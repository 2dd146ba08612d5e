"""Courses whose gradebook is on a server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.postgresql.server import Server, programs, running
from tests.support import needs


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A server, if PostgreSQL is installed; a machine of continuous integration has it."""
    binaries = programs()
    if binaries is None:
        needs.missing("there is no PostgreSQL here: scripts/postgresql.sh installs it")
    with running(binaries) as started:
        yield started
