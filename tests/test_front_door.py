"""What `import autograder` offers, and what it must not load."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import autograder
from autograder import check
from autograder.distribution import DISTRIBUTION

PUBLIC = [
    name
    for _, name, _ in pkgutil.walk_packages(autograder.__path__, "autograder.")
    if not name.startswith("autograder.sandbox.") and not name.endswith("__main__")
]


def test_import_is_light() -> None:
    """A student's notebook loads nothing of nbgrader or of the grading side."""
    code = (
        "import sys, autograder\n"
        "heavy = {'nbgrader', 'nbclient', 'nbconvert', 'nbformat', 'jupyter_client', 'zmq',\n"
        "         'sqlalchemy', 'IPython', 'matplotlib', 'rich', 'click', 'scipy.optimize',\n"
        "         'autograder.marking', 'autograder.nbgrader', 'autograder.sandbox',\n"
        "         'autograder.cli'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("program", "spared"),
    [
        # A command, and a marking process, are ours; what a library imports is its user's business.
        (
            "from click.testing import CliRunner; from autograder.cli import main\n"
            "CliRunner().invoke(main, ['grade', 'nothing'])",
            True,
        ),
        (
            "import os, types; from autograder.grade import pool\n"
            "pool._begin(types.SimpleNamespace(log='/nowhere/log'), os.getppid())\n"
            "import nbgrader",
            True,
        ),
        ("import autograder.nbgrader.examine", False),
    ],
    ids=["command", "marking process", "library"],
)
def test_our_programs_build_no_parsers_of_addresses(
    program: str, spared: bool, tmp_path: Path
) -> None:
    """They are nearly two seconds of each start (jsonschema#1428)."""
    code = (
        f"import sys\n{program}\n"
        "assert 'nbgrader' in sys.modules\n"
        "print(sys.modules.get('rfc3987_syntax', 'absent') is None)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert done.stdout.split()[-1] == str(spared)


def test_the_front_door_is_as_it_says() -> None:
    assert set(autograder.__all__) == {
        "AutograderError",
        "CheckFailed",
        "__version__",
        "check",
        "coach",
        "draw",
        "progress",
    }
    for name in autograder.__all__:
        assert hasattr(autograder, name)


def test_every_verb_is_exported_and_documented() -> None:
    verbs = {
        name
        for name, value in vars(check).items()
        if inspect.isfunction(value)
        and value.__module__ == check.__name__
        and not name.startswith("_")
    }
    assert verbs == set(check.__all__)
    for name in verbs:
        assert inspect.getdoc(getattr(check, name)), name


@pytest.mark.parametrize("name", PUBLIC)
def test_all_names_exist(name: str) -> None:
    module = importlib.import_module(name)
    for exported in getattr(module, "__all__", ()):
        assert hasattr(module, exported), exported


def test_pyproject_and_package_agree_on_the_version() -> None:
    from importlib.metadata import version

    assert version(DISTRIBUTION) == autograder.__version__
