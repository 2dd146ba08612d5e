"""What all tests share: JAX on the processor, no screen, and the same random numbers every time."""

from __future__ import annotations

import os

# Before JAX and Matplotlib are imported, here or in a kernel that a test starts.
os.environ["JAX_PLATFORMS"] = "cpu"
os.environ["MPLBACKEND"] = "Agg"
# Else each command and kernel of a test would compile anew all that it imports.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

import sys
import types
from pathlib import Path

import jax  # before the hook, by which all that is imported within would be compiled anew
from beartype import BeartypeConf, beartype
from jaxtyping import install_import_hook

# Shapes, dtypes and types are looked at in each call, not only read, in whatever names a shape of
# checks/shapes.py: to look costs 0.02 ms, and the rest is called millions of times. The hook finds
# what looks by a module's name; where a float is asked for, 1 will do (PEP 484).
ROOT = Path(__file__).resolve().parent.parent
looked_at = types.ModuleType("looked_at")
looked_at.typechecked = beartype(conf=BeartypeConf(is_pep484_tower=True))
sys.modules["looked_at"] = looked_at
SHAPED = [
    ".".join(file.relative_to(ROOT).with_suffix("").parts)
    for file in sorted((ROOT / "autograder" / "checks").rglob("*.py"))
    if "shapes import" in file.read_text(encoding="utf-8")
]
install_import_hook(SHAPED, "looked_at.typechecked")

import gc
import random
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

from autograder.compiled.flags import QUICKLY

# What takes minutes comes first, so that no worker is left alone with it at the end. Else xdist
# would take first the files with the most tests, which are the quickest.
LONGEST = (
    "tests/attacks/test_attacks.py",
    "tests/attacks/test_trees.py",
    "tests/test_round_trip.py",
    "tests/test_documented_commands.py",
    "tests/attacks/test_reading.py",
    "tests/attacks/test_pages.py",
    "tests/marking/test_practice_and_marking_agree.py",
    "tests/test_corpus.py",
    "tests/compiled/test_programs.py",
    "tests/browser/test_instructor.py",
    "tests/attacks/test_real_assignment.py",
    "tests/marking/test_fuzz.py",
    "tests/checks/test_derivatives_of_random_functions.py",
    "tests/marking/test_submission_as_it_comes.py",
    "tests/grade/test_grade.py",
    "tests/grade/test_dask.py",
    "tests/browser/test_nothing_over_a_card.py",
    "tests/checks/test_minima.py",
    "tests/mutations/test_answers.py",
    "tests/mutations/test_routines.py",
    "tests/marking/test_fuzz_trees.py",
    "tests/marking/test_fuzz_outputs.py",
    "tests/marking/test_whatever_was_done_to_it.py",
    "tests/compiled/test_random_programs.py",
    "tests/marking/test_lacking.py",
)

# The same examples in every run: a test that fails has failed for a reason in the change at hand.
# JAX compiles on the first example, so that one takes many times longer than the rest.
settings.register_profile(
    "steady",
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
# For a search by hand, with new examples in every run: pytest --hypothesis-profile=explore
settings.register_profile(
    "explore",
    deadline=None,
    max_examples=1000,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("steady")


@pytest.fixture(scope="session", autouse=True)
def _what_is_compiled_is_kept(tmp_path_factory: pytest.TempPathFactory) -> None:
    """The same checks are made again in one file after the other, and compile the same programs.

    In this process alone: JAX may read what another process has written half, and another JAX may
    not know the flag, which is read with the first array.
    """

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XLA_FLAGS", QUICKLY)
        jax.devices()
    jax.config.update("jax_compilation_cache_dir", str(tmp_path_factory.mktemp("compiled")))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.pluginmanager.has_plugin("randomly"):
        return  # `make shuffled`
    places = {ROOT / name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path, len(places)))


@pytest.fixture(scope="module", autouse=True)
def _what_a_file_leaves_open_fails_in_that_file() -> Iterator[None]:
    yield
    gc.unfreeze()
    gc.collect()


@pytest.fixture(autouse=True)
def _what_a_test_leaves_open_fails_that_test(request: pytest.FixtureRequest) -> Iterator[None]:
    """A socket or file nobody closed warns when the garbage is collected: let that be now."""
    gc.freeze()  # what was there before is not looked at, which would take a tenth of a second
    yield
    request.node.funcargs.clear()  # pytest holds what fixtures gave until the report is written
    gc.collect()


@pytest.fixture(autouse=True)
def _seeded() -> None:
    """A test that draws from the global generators draws the same numbers in every run."""
    random.seed(20_240)
    np.random.seed(20_240)


@pytest.fixture(scope="session")
def course() -> Path:
    """This repository as a course directory."""
    return ROOT
