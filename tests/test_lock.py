"""`requirements.lock` follows from `pyproject.toml`: set-up installs the lock and nothing else."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT = tomllib.loads(Path(__file__).parent.parent.joinpath("pyproject.toml").read_text())
NAME = PROJECT["project"]["name"]


def asked_by(extra: str) -> Iterator[str]:
    """What an extra asks for, with what the extras ask for that it includes."""
    for line in PROJECT["project"]["optional-dependencies"][extra]:
        wanted = Requirement(line)
        if wanted.name == NAME:
            for included in sorted(wanted.extras):
                yield from asked_by(included)
        else:
            yield line


ASKED = [
    *PROJECT["build-system"]["requires"],
    *PROJECT["project"]["dependencies"],
    *asked_by("dev"),
]


def pins(course: Path) -> Iterator[Requirement]:
    text = (course / "requirements.lock").read_text()
    for line in re.findall(r"^([\w.-]+(?:\[[\w,]+\])?==[^\\\n]+)", text, re.MULTILINE):
        yield Requirement(line.strip())


def test_the_lock_holds_what_marking_needs() -> None:
    assert {"nbgrader", "jupyterlab", "rich", "jax"} <= {Requirement(line).name for line in ASKED}


@pytest.mark.parametrize("asked", ASKED)
@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13", "3.14"])
def test_what_the_project_asks_for_is_locked(course: Path, asked: str, python: str) -> None:
    wanted = Requirement(asked)
    where = {"python_version": python, "python_full_version": f"{python}.0"}
    locked = [
        next(iter(pin.specifier)).version
        for pin in pins(course)
        if canonicalize_name(pin.name) == canonicalize_name(wanted.name)
        and (pin.marker is None or pin.marker.evaluate(where))
    ]
    assert len(locked) == 1, "run `make lock`"
    assert wanted.specifier.contains(locked[0]), "run `make lock`"


def test_the_lock_has_hashes_and_names_no_index(course: Path) -> None:
    text = (course / "requirements.lock").read_text()
    assert text.count("--hash=sha256:") > len(list(pins(course))) > 100
    assert "://" not in text
