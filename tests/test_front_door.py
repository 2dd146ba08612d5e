"""What `import autograder` offers, and what it must not load."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import subprocess
import sys

import pytest

import autograder
from autograder import check

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
        "         'autograder.marking', 'autograder.sandbox', 'autograder.cli'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_front_door_is_as_it_says() -> None:
    assert set(autograder.__all__) == {
        "AutograderError",
        "CheckFailed",
        "__version__",
        "check",
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

    assert version("autograder") == autograder.__version__
