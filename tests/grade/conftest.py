"""The command as a grader types it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).parents[2]
SEED = "--Examine.seed=the seed of these tests"


@dataclass(frozen=True)
class Graded:
    """What came of one run."""

    status: int
    output: str
    errors: str

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.output.splitlines()]

    @property
    def summary(self) -> dict[str, Any]:
        return self.events[-1]


def command(*arguments: str) -> list[str]:
    return [os.fspath(Path(sys.executable).with_name("autograder")), "grade", *arguments]


@pytest.fixture(scope="session")
def grade() -> Callable[..., Graded]:
    def run(root: Path, *arguments: str, json: bool = True) -> Graded:
        done = subprocess.run(
            # One worker is enough, and a machine may run several tests: a later --workers counts.
            command(
                "small",
                SEED,
                "--workers=1",
                *arguments,
                *(["--json"] if json else []),
            ),
            cwd=root,
            env={**os.environ, "COLUMNS": "100"},
            capture_output=True,
            text=True,
            timeout=900,
        )
        return Graded(done.returncode, done.stdout, done.stderr)

    return run
