"""Every program looks the same with compiled gradients as with plain JAX, to the last bit."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import autograder.compiled
from tests.compiled.conftest import Ways, taught
from tests.compiled.programs import EITHER, FAST, PLAIN

PROGRAMS = {**FAST, **PLAIN, **EITHER}
PACKAGE = Path(autograder.compiled.__file__).parent

Answers = dict[str, tuple[dict[str, Any], ...]]


@pytest.fixture(scope="module")
def answers(each_way: Ways) -> Answers:
    return dict(zip(PROGRAMS, each_way.run(list(PROGRAMS.values())), strict=True))


@taught
@pytest.mark.parametrize("name", PROGRAMS)
def test_looks_like_plain_jax(name, answers):
    plain, replayed, compiled = answers[name]
    assert plain["fast"] == 0
    assert replayed["seen"] == plain["seen"]
    assert compiled["seen"] == plain["seen"]


@taught
@pytest.mark.parametrize("name", FAST)
def test_is_replayed_and_compiled(name, answers):
    for answer in answers[name][1:]:
        assert answer["fast"] > 0, answer["refused"]
    _, replayed, compiled = answers[name]
    assert replayed["made"].keys() == {"replayed"}
    assert compiled["made"].keys() == {"compiled"}


@taught
@pytest.mark.parametrize("name", PLAIN)
def test_stays_plain(name, answers):
    assert [answer["fast"] for answer in answers[name]] == [0, 0, 0]


def test_programs_are_many_and_no_name_is_used_twice():
    assert len(PROGRAMS) == len(FAST) + len(PLAIN) + len(EITHER) >= 200


def test_programs_named_in_comments_exist():
    named = {
        name
        for path in PACKAGE.glob("*.py")
        for name in re.findall(r"program `(\w+)`", re.sub(r"\s+#? ?", " ", path.read_text()))
    }
    assert named
    assert named <= PROGRAMS.keys()


@taught
def test_without_the_flags_nothing_looks_different(ways_without_flags):
    """Fused code rounds differently: that is noticed, and costs time. A replay is not fused."""
    names = ["chaotic_map", "descent_in_the_plane", "dict_of_parameters", "constants_of_functions"]
    for plain, *others in ways_without_flags.run([PROGRAMS[name] for name in names]):
        assert [other["seen"] for other in others] == [plain["seen"]] * 2
        assert others[0]["fast"] > 0
