"""What all tests share: JAX on the processor, no screen, and the same random numbers every time."""

from __future__ import annotations

import os

# Before JAX and Matplotlib are imported, here or in a kernel that a test starts.
os.environ["JAX_PLATFORMS"] = "cpu"
os.environ["MPLBACKEND"] = "Agg"

import gc
import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parent.parent

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


@pytest.fixture(scope="module", autouse=True)
def _what_a_file_leaves_open_fails_in_that_file() -> Iterator[None]:
    yield
    gc.unfreeze()
    gc.collect()


@pytest.fixture(autouse=True)
def _what_a_test_leaves_open_fails_that_test() -> Iterator[None]:
    """A socket or file nobody closed warns when the garbage is collected: let that be now."""
    gc.freeze()  # what was there before is not looked at, which would take a tenth of a second
    yield
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
