"""The numbers, against NumPy's own and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.report.statistics import histogram, item_rest_correlation, spread

SCORES = st.lists(st.integers(0, 30).map(lambda n: n / 4), min_size=1, max_size=40)


@given(st.integers(0, 2**32 - 1), st.integers(3, 60))
def test_the_correlation_is_pearsons(seed: int, size: int):
    x, y = np.random.default_rng(seed).normal(size=(2, size))
    found = item_rest_correlation(x.tolist(), y.tolist())
    assert found == pytest.approx(np.corrcoef(x, y)[0, 1])


def test_a_known_correlation():
    assert item_rest_correlation([0, 1, 2], [10, 20, 30]) == pytest.approx(1)
    assert item_rest_correlation([0, 1, 2], [3, 2, 1]) == pytest.approx(-1)
    assert item_rest_correlation([0, 1, 0, 1], [0, 0, 1, 1]) == pytest.approx(0)


@pytest.mark.parametrize(
    ("item", "rest"),
    [
        ([], []),
        ([0, 1], [2, 3]),
        ([1, 1, 1], [1, 2, 3]),
        ([1, 2, 3], [5, 5, 5]),
        ([0.1 + 0.2, 0.3, 0.3], [1, 2, 3]),
    ],
)
def test_without_variance_or_papers_there_is_none(item: list[float], rest: list[float]):
    assert item_rest_correlation(item, rest) is None


@given(SCORES, st.integers(0, 40))
def test_every_mark_is_in_one_interval(scores: list[float], points: int):
    found = histogram(scores, points)
    assert sum(found.counts) == len(scores)
    assert len(found.edges) == len(found.counts) + 1 <= 22
    assert found.edges[0] == 0
    assert found.edges[-1] >= max([points, *scores])


def test_intervals_are_closed_below():
    found = histogram([0, 2, 3.9, 4, 33], 33)
    assert found.edges[:3] == (0, 2, 4)
    assert found.counts[:3] == (1, 2, 1)
    assert found.counts[-1] == 1


def test_the_spread_of_marks():
    found = spread([0, 1, 2, 3, 10])
    assert found is not None
    assert (found.lowest, found.lower, found.median, found.upper, found.highest) == (0, 1, 2, 3, 10)
    assert found.mean == pytest.approx(3.2)
    assert spread([]) is None
