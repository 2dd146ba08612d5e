"""Two questions on the notebook before: fresh numbers by seed, and each slip by its name."""

from __future__ import annotations

import random
from typing import Any

import pytest

from autograder import coach
from autograder.coach.retrieval import _LOGINS, Parabola, _parabola, _questions

SEEDS = range(25)
JUDGED = range(4)
TOPICS = {"derivatives": ("slope", "level"), "descent": ("landing", "too_large")}


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    return lambda: " ".join(capsys.readouterr().out.split())


def parabola(topic: str, seed: int) -> Parabola:
    _, second = _questions(topic, seed)
    return second.check.of  # type: ignore[attr-defined, no-any-return]


def right_answers(topic: str, seed: int) -> dict[str, float]:
    """By algebra that the room does not use: from the text of the question."""
    first, _ = _questions(topic, seed)
    p = parabola(topic, seed)
    words = first.text.replace("−", "-").replace("?", " ").replace(",", " ").split()
    if topic == "derivatives":
        x = float(words[-1])
        return {"slope": 2 * p.a * x + p.b, "level": -p.b / (2 * p.a)}
    x = float(words[words.index("x") + 2])
    size = float(words[words.index("size") + 1].rstrip("."))
    return {"landing": x - size * (2 * p.a * x + p.b), "too_large": 1.01 / p.a}


@pytest.mark.parametrize("topic", TOPICS)
def test_right_answers_are_right_whatever_the_numbers(topic: str, said: Any) -> None:
    for seed in JUDGED:
        coach.recall(topic, seed=seed, **right_answers(topic, seed))
        assert f"Both right. seed={seed + 1}" in (words := said())
        assert "✗" not in words
        assert str(parabola(topic, seed)) in words


@pytest.mark.parametrize("topic", TOPICS)
def test_each_slip_is_told_by_name_and_is_none_of_the_others(topic: str, said: Any) -> None:
    name = TOPICS[topic][0]
    for seed in SEEDS:
        first, _ = _questions(topic, seed)
        numbers = [slip.leads_to for slip in first.check.slips]  # type: ignore[attr-defined]
        assert len({round(n, 2) for n in [*numbers, right_answers(topic, seed)[name]]}) == 7
    for slip in first.check.slips:  # type: ignore[attr-defined]
        coach.recall(topic, seed=seed, **{name: slip.leads_to})
        assert slip.seen in (words := said())
        assert slip.hint in words
        assert "✗" in words


def test_the_checks_of_the_notebooks_judge_the_second_question(said: Any) -> None:
    p = parabola("derivatives", 1)
    coach.recall("derivatives", seed=1, level=-p.b / (2 * p.a) + 1)
    assert f"the slope is {2 * p.a}, not 0: the curve rises there." in said()
    p = parabola("descent", 1)
    coach.recall("descent", seed=1, too_large=1 / p.a)
    assert "keeps jumping back and forth" in said()


@pytest.mark.parametrize("topic", TOPICS)
def test_what_is_not_answered_is_asked_and_nothing_more(topic: str, said: Any) -> None:
    first, second = TOPICS[topic]
    coach.recall(topic, seed=3, **{first: ..., second: None})
    words = said()
    assert words.startswith(f"1. {first}: ")
    assert f"2. {second}: " in words
    assert "(These are seed 3.)" in words
    assert not {"✓", "✗", "○"} & set(words)
    coach.recall(topic, seed=3)
    assert said() == words


@pytest.mark.parametrize("value", ["22", "a", [1, 2], float("nan"), print, True, object(), {}])
def test_whatever_is_answered_is_told(value: Any, said: Any) -> None:
    for topic, names in TOPICS.items():
        coach.recall(topic, seed=2, **dict.fromkeys(names, value))
        assert "✓" not in said()


def test_a_pair_is_ones_own_and_stays(said: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    pairs = []
    for user in ("ada", "ada", "emmy"):
        for variable in _LOGINS:
            monkeypatch.delenv(variable, raising=False)
        monkeypatch.setenv("USERNAME", user)
        coach.recall("derivatives")
        pairs.append(said())
    assert pairs[0] == pairs[1] != pairs[2]
    seed = pairs[0].split("seed ")[1].rstrip(".)")
    coach.recall("derivatives", seed=int(seed))
    assert said() == pairs[0]
    monkeypatch.delenv("USERNAME")
    coach.recall("derivatives")
    assert "(These are seed" in said()


def test_another_seed_has_other_numbers() -> None:
    assert len({_questions("derivatives", seed)[0].text for seed in SEEDS}) > 15


@pytest.mark.parametrize("seed", [1.5, "7", True, [1], float("nan")])
def test_a_seed_is_a_whole_number(seed: Any, said: Any) -> None:
    coach.recall("descent", seed=seed)
    assert "The seed is a whole number" in said()


def test_other_names_are_told(said: Any) -> None:
    coach.recall("derivatives", x_min=3)
    assert "The answers are called slope and level; there is no x_min." in said()
    coach.recall("integrals")
    assert "derivatives and on descent" in said()


def test_a_parabola_is_written_as_on_paper() -> None:
    assert str(Parabola(2, -1, 5)) == "2x² − x + 5"
    assert str(Parabola(1, 12, -3)) == "x² + 12x − 3"
    draw = random.Random(0)
    made = [_parabola(draw) for _ in range(200)]
    assert all(2 * (p.b / (2 * p.a)) % 1 == 0 and p.b and p.c for p in made)
