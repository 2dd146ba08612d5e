"""What a command or a notebook waits for before anything is asked: not for JAX."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("IPython", "jax", "matplotlib", "nbclient", "nbgrader", "numpy")


def loaded_by(code: str) -> set[str]:
    text = f"import sys\n{code}\nprint(*[name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


@pytest.mark.parametrize("code", ["import autograder", "import autograder.cli"])
def test_nothing_heavy_is_loaded_at_the_front_door(code: str) -> None:
    assert loaded_by(code) == set()


def test_the_verbs_bring_jax_and_no_grading() -> None:
    loaded = loaded_by("from autograder import check\nassert check.gradient")
    assert "jax" in loaded
    assert not loaded & {"matplotlib", "nbclient", "nbgrader"}


def test_nothing_is_loaded_for_a_picture_that_is_not_drawn() -> None:
    assert "numpy" in loaded_by("from autograder import draw\nassert draw.curve")
    assert not loaded_by("from autograder import draw") & {"jax", "matplotlib", "IPython"}


def test_practice_without_points_brings_no_widgets() -> None:
    code = "import sys\nfrom autograder import coach\nassert coach.walk\n"
    loaded = loaded_by(code + "assert 'ipywidgets' not in sys.modules")
    assert not loaded & {"matplotlib", "nbclient", "nbgrader"}


def test_both_ways_to_the_verbs_are_one() -> None:
    assert "numpy" in loaded_by(
        "import autograder, autograder.check as verbs\n"
        "from autograder import check\n"
        "assert check is verbs is autograder.check is sys.modules['autograder.check']"
    )
