"""Wherever Python and this package lie, nothing that one submission leaves reaches the next."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from autograder.sandbox.inside import trial
from autograder.sandbox.limits import Limits
from autograder.sandbox.orders import Enclosure
from tests.sandbox.environments import Installation

TWO_STUDENTS = Path(__file__).with_name("two_students.py")
# In the scratch path, where its own folders are, on a file system of its own, and elsewhere.
PLACES = {
    "scratch": "/tmp",
    "blanks": "/tmp/Kurs Übung 1",
    "work": "/tmp/work",
    "home": "/tmp/home",
    "memory": "/dev/shm",
    "outside": "/opt/jax",
    "own home": str(Path.home()),
}
Make = Callable[..., Installation]


def two_students(installation: Installation, origin: str) -> dict[str, Any]:
    """What became of two submissions that were run there, one after the other."""
    done = subprocess.run(
        [installation.python, TWO_STUDENTS, origin],
        capture_output=True,
        text=True,
        cwd="/",
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    came: dict[str, Any] = json.loads(done.stdout)
    assert came["package"] == str(installation.package / "__init__.py")
    return came


@pytest.fixture
def make() -> Iterator[Make]:
    """Makes an installation in a folder of its own below another; gone when the test is."""
    made: list[str] = []

    def make(below: str, edit: Callable[[Path], None] | None = None) -> Installation:
        above = [path for path in (Path(below), *Path(below).parents) if not path.exists()]
        try:
            Path(below).mkdir(parents=True, exist_ok=True)
            root = tempfile.mkdtemp(prefix="autograder-elsewhere-", dir=below)
        except OSError as error:
            pytest.skip(f"no installation can be made there: {error}")
        made.extend([root, *map(str, above)])
        return Installation(Path(root), edit)

    yield make
    for folder in made:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.parametrize("below", PLACES.values(), ids=PLACES)
def test_what_one_kernel_leaves_the_next_does_not_find(
    machine, make: Make, origin: str, locked: bool, below: str
):
    if locked and below not in (PLACES["scratch"], PLACES["outside"]):
        pytest.skip("without namespaces no path is in another's place: two of them are enough")
    came = two_students(make(below), origin)
    assert came["warm"] == origin.startswith("warm"), came["why"]
    assert came["tried"] > 20
    assert came["found"] == "[]\n"


def without(*lines: str) -> Callable[[Path], None]:
    """Takes lines out of the zygote."""

    def edit(package: Path) -> None:
        zygote = package / "sandbox" / "inside" / "zygote.py"
        text = zygote.read_text(encoding="utf-8")
        for line in lines:
            assert text.count(line) == 1
            text = text.replace(line, "")
        zygote.write_text(text, encoding="utf-8")

    return edit


SHUT = "    namespaces.read_only()\n"
TRIED = "        _try_confinement(enclosure)\n"


@pytest.mark.parametrize("origin", ["warm"], indirect=True)
def test_where_the_door_is_open_no_kernel_is_forked(machine, make: Make, origin: str):
    came = two_students(make("/tmp", without(SHUT)), origin)
    assert not came["warm"]
    assert "the next one would find" in came["why"]
    assert came["found"] == "[]\n"


@pytest.mark.parametrize("origin", ["warm"], indirect=True)
def test_this_way_an_open_door_is_found(machine, make: Make, origin: str):
    came = two_students(make("/tmp", without(SHUT, TRIED)), origin)
    assert came["warm"]
    assert "contraband.py" in came["found"]


def test_the_trial_finds_what_it_planted(tmp_path: Path):
    (tmp_path / "shown").mkdir()
    shown = Enclosure(
        scratch="",
        fonts=(),
        submission=None,
        readable=(str(tmp_path / "shown"),),
        writable=(),
        landlock=0,
        import_path=(),
        compiled=False,
        limits=Limits(),
    )
    folders = trial.places(shown)
    assert {str(tmp_path), str(tmp_path / "shown"), os.path.dirname(os.__file__)} <= set(folders)
    assert trial.search(folders, "planted_x") == []
    mine = [folder for folder in folders if Path(folder).is_relative_to(tmp_path)]
    trial.plant(mine, "planted_x")
    assert trial.search(folders, "planted_x") == mine
