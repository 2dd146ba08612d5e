"""What a function promises of its arrays is looked at in each call, under these tests."""

from __future__ import annotations

import subprocess
import sys

import jaxtyping
import numpy as np
import pytest

from autograder.checks.landscape import Landscape
from autograder.checks.walking import distances


def bowl(u):
    return u[0] ** 2 + 3 * u[1] ** 2


@pytest.mark.parametrize(
    "place",
    [np.zeros((1, 2)), np.zeros(()), np.zeros(2, dtype=int), [0.0, 0.0]],
    ids=["of two axes", "of none", "of whole numbers", "a list"],
)
def test_what_is_no_place_is_refused(place):
    with pytest.raises(jaxtyping.TypeCheckError):
        Landscape(bowl, np.zeros(2)).slope(place)


def test_a_place_is_a_place():
    assert Landscape(bowl, np.zeros(2)).slope(np.array([1.0, 1.0])).tolist() == [2.0, 6.0]
    assert distances(1).ndim == 1  # where a float is asked for, 1 will do


def test_elsewhere_there_is_no_need_of_jaxtyping():
    code = (
        "import sys; sys.modules['jaxtyping'] = None\n"
        "import numpy as np\n"
        "from autograder import check\n"
        "from autograder.checks import shapes\n"
        "print(shapes.Points is np.ndarray)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "True\n"
