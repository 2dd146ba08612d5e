"""What tests need of a machine: at a desk they are skipped without it, in CI they fail."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest

from autograder import sandbox

__all__ = ["a_sandbox", "missing"]


def missing(reason: str) -> NoReturn:
    """Say that this machine lacks something."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def a_sandbox() -> sandbox.Abilities:
    """What this machine's sandbox can do, if it has one."""
    found = sandbox.probe()
    if not found.sandbox:
        missing("this machine cannot sandbox: " + " ".join(found.cures))
    return found
