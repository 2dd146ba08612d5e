"""A hub as docs/instructor.md makes one, with two students and a grader."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pytest

from autograder import sandbox
from autograder.cache import cache_root
from tests.hub import environments
from tests.hub.accounts import PLACE, Account, named, sweep
from tests.hub.guide import Guide
from tests.hub.server import PROXY, Hub
from tests.support import needs

GROUP = "teaching"


@dataclass(frozen=True)
class Site:
    """A machine on which the guide has been followed up to the course.

    Attributes:
        guide: the guide's section, with the names of this machine.
        hub: the hub that runs.
        students, graders: the two environments.
        exchange: the folder.
        right, wrong: a student who solves everything, and one who solves little.
        grader: who may enter the graders' environment.
    """

    guide: Guide
    hub: Hub
    students: Path
    graders: Path
    exchange: Path
    right: Account
    wrong: Account
    grader: Account


def _missing() -> str:
    """What a hub needs and this machine lacks, or ""."""
    if os.getuid() != 0:
        return "only root can make users"
    if shutil.which("useradd") is None:
        return "there is no `useradd`"
    if not PROXY.exists() or shutil.which("node") is None:
        return "there is no configurable-http-proxy: scripts/hub.sh installs it"
    if find_spec("jupyterhub") is None:
        return "JupyterHub is not installed: `make setup`"
    code = "import sys; sys.exit(sys.version_info < (3, 11))"
    try:
        subprocess.run([environments.SYSTEM_PYTHON, "-c", code], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        return f"{environments.SYSTEM_PYTHON} is not there, or older than 3.11"
    return " ".join(sandbox.probe().cures)


@pytest.fixture(scope="session")
def place() -> Iterator[Path]:
    """A folder that every user gets to; what a killed run left is removed."""
    why = _missing()
    if why:
        needs.missing(why)
    sweep()
    folder = Path(tempfile.mkdtemp(prefix=named(""), dir=PLACE))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def site(place: Path, course: Path) -> Iterator[Site]:
    """The hub, with everything that the guide has root do."""
    with ExitStack() as stack:
        homes = place / "homes"
        homes.mkdir()
        people = []
        for what in ("right", "wrong", "grader"):
            people.append(Account.make(what, homes))
            stack.callback(people[-1].remove)
        right, wrong, grader = people
        _share_cache(grader)

        students, graders = place / "students", place / "graders"
        exchange = place / "exchange"
        guide = Guide(
            course / "docs" / "instructor.md",
            "On JupyterHub",
            {
                "/opt/students": str(students),
                "/opt/graders": str(graders),
                "/srv/nbgrader/exchange": str(exchange),
                "/home/GRADER": str(grader.home),
                "GRADER": grader.name,
                GROUP: named(GROUP),
            },
        )
        lock = course / "requirements.lock"
        wheels = environments.build_wheels(course, place)
        with ThreadPoolExecutor() as pool:
            made_at_once = [
                pool.submit(environments.install, folder, wheels, lock, package)
                for folder, package in (
                    (students, environments.FOR_STUDENTS),
                    (graders, environments.FOR_GRADERS),
                )
            ]
        for environment in made_at_once:
            environment.result()

        made, closed, switched_off = guide.blocks("The two environments")
        assert "python3 -m venv" in made.text  # what `install` has done
        stack.callback(subprocess.run, ["groupdel", named(GROUP)], check=True)
        folder_made, students_config = guide.blocks("The exchange")
        for block in (closed, switched_off, folder_made):
            as_root(block.text)
        Path(students_config.file).write_text(students_config.text)

        (config,) = guide.blocks("The hub")
        assert config.file == "jupyterhub_config.py"
        hub = Hub(place / "hub", config.text, people)
        stack.callback(hub.end)
        hub.wait()
        yield Site(guide, hub, students, graders, exchange, right, wrong, grader)


def as_root(lines: str) -> None:
    """Type what the guide has root type."""
    done = subprocess.run(
        ["bash", "-euc", lines], check=False, capture_output=True, text=True, cwd="/"
    )
    assert done.returncode == 0, f"{lines}\n{done.stdout}{done.stderr}"


def _share_cache(grader: Account) -> None:
    """What takes a minute the first time on a machine is no concern of this test."""
    if cache_root().is_dir():
        cache = grader.home / ".cache"
        # What another test is just making goes while this copies; what is made stays.
        making = shutil.ignore_patterns("*.????????", "tmp????????")
        shutil.copytree(cache_root(), cache / cache_root().name, symlinks=True, ignore=making)
        subprocess.run(["chown", "-R", f"{grader.name}:", str(cache)], check=True)
