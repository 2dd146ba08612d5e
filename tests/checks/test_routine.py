"""What people hand in for a descent routine: accepted where it is right, called what it is else."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from autograder.answers.local import ask, judge
from autograder.checks.minimum import StationaryPoint
from autograder.checks.questions import Calls, Late, Raised
from autograder.checks.routine import DescentRoutine
from autograder.checks.trials import draw_trials
from autograder.checks.verdict import Verdict

CHECK = DescentRoutine("gd")


def marked(gd: Any, seed: int = 3) -> Verdict:
    (verdict,) = judge(CHECK, {"gd": gd}, seed)
    return verdict


def plain(df: Any, start: Any, step_size: Any, num_steps: int) -> Any:
    x = start
    for _ in range(num_steps):
        x = x - step_size * df(x)
    return x


def test_history_first_is_read() -> None:
    def gd(df: Any, start: Any, step_size: Any, num_steps: int) -> Any:
        steps = [start]
        for _ in range(num_steps):
            steps.append(steps[-1] - step_size * df(steps[-1]))
        return steps, steps[-1]

    assert marked(gd).right


KEPT = {
    "step sizes": lambda x, path, slopes, sizes: (x, sizes),
    "step sizes first": lambda x, path, slopes, sizes: (sizes, x),
    "an array of step sizes": lambda x, path, slopes, sizes: (x, jnp.array(sizes)),
    "a value a step": lambda x, path, slopes, sizes: (x, [jnp.sum(g) for g in slopes]),
    "a value a place": lambda x, path, slopes, sizes: (x, [jnp.sum(p) for p in path]),
    "both, and a count": lambda x, path, slopes, sizes: [
        x, path, np.array([np.sum(p) for p in path]), len(sizes)
    ],
}  # fmt: skip


def keeping(what: str, sign: float) -> Any:
    def gd(df: Any, start: Any, step_size: Any, num_steps: int) -> Any:
        x, path, slopes, sizes = start, [start], [], []
        for _ in range(num_steps):
            slopes.append(df(x))
            x = x - sign * step_size * slopes[-1]
            path.append(x)
            sizes.append(step_size)
        return KEPT[what](x, path, slopes, sizes)

    return gd


@pytest.mark.parametrize("what", KEPT)
def test_a_history_of_numbers_beside_the_place_is_no_mistake(what: str) -> None:
    assert marked(keeping(what, 1.0)).right
    assert marked(keeping(what, -1.0)).misconception == "ascent"


def test_a_place_in_a_pair_may_have_a_history_of_numbers_beside_it() -> None:
    for beside in ([0.1] * 30, jnp.full(30, 0.1), np.full(1000, 0.1)):
        place = (jnp.array([0.5, -1.0]), beside)
        (verdict,) = judge(
            StationaryPoint("p", lambda u: (u[0] - 0.5) ** 2 + (u[1] + 1) ** 2), {"p": place}, 3
        )
        assert verdict.right


def test_a_count_beside_the_place_is_told() -> None:
    verdict = marked(lambda df, x, s, n: (plain(df, x, s, n), n))
    assert verdict.right
    assert "a count beside the place" in verdict.fact


def test_parameters_by_name_alone() -> None:
    def gd(df: Any, start: Any, *, num_steps: int, step_size: float) -> Any:
        return plain(df, start, step_size, num_steps)

    assert marked(gd).right


def generator(df: Any, x: Any, s: Any, n: int) -> Any:
    for _ in range(n):
        x = x - s * df(x)
        yield x


def adaptive(df: Any, start: Any, step_size: Any, num_steps: int) -> Any:
    x = start
    for _ in range(num_steps):
        new = x - step_size * df(x)
        if jnp.sum(df(new) ** 2) > jnp.sum(df(x) ** 2):
            step_size = step_size / 2
            continue
        x = new
    return x


def integers(df: Any, start: Any, step_size: Any, num_steps: int) -> Any:
    x = start
    for _ in range(min(num_steps, 20)):
        x = int(x - step_size * df(x)) if isinstance(x, (int, float)) else x
    return x


def printing(df: Any, x: Any, s: Any, n: int) -> Any:
    for i in range(n):
        x = x - s * df(x)
        print(f"step {i}: {x:.4f}")  # noqa: T201 - the student does
    return x


CALLS: list[int] = []


def counting(df: Any, x: Any, s: Any, n: int) -> Any:
    while len(CALLS) < n:
        CALLS.append(1)
        x = x - s * df(x)
    return x


@pytest.mark.parametrize(
    ("gd", "share", "name"),
    [
        (generator, 0, "generator_returned"),
        (adaptive, 0, "adaptive_step"),
        (integers, 0, "whole_numbers"),
        (counting, 0, "remembers_calls"),
        (printing, 0.5, "formatted_array"),
        (lambda df, x, s, n: plain(df, x.copy(), s, n), 0.5, "arrays_only"),
        (lambda df, x, s, n: plain(jax.grad(df), x, s, min(n, 12)), 0, "df_differentiated"),
        (lambda df, x, s, n: {"x": plain(df, x, s, n), "n": n}, 0, "dict_returned"),
        (lambda df, x, s, n: (plain(df, x, s, n), df(x)), 0, "extra_returned"),
        (jax.jit(plain), 0, "function_in_jit"),
    ],
    ids=lambda x: getattr(x, "__name__", str(x)),
)
def test_a_mistake_is_called_by_its_name(gd: Any, share: float, name: str) -> None:
    CALLS.clear()
    verdict = marked(gd)
    assert (verdict.misconception, verdict.share) == (name, share), verdict.fact


def test_a_history_is_counted_in_the_longest_trial() -> None:
    def gd(df: Any, x: Any, s: Any, n: int) -> Any:
        path = [x]
        for _ in range(n):
            path.append(path[-1] - s * df(path[-1]))
        return path

    assert "gives 13 points, a whole path" in marked(gd).fact


def test_slow_and_deep_code_is_not_called_wrong_for_long_walks() -> None:
    look, calls = ask(CHECK.questions(3), {"gd": plain})
    assert isinstance(calls, Calls)
    trials = draw_trials(3)
    long = [k for k, t in enumerate(trials) if t.kind == "long"]
    for cut in ("late", "deep"):
        outcomes = list(calls.outcomes)
        for k in long:
            asked = getattr(outcomes[k], "asked", None)
            outcomes[k] = Late(30.0, asked) if cut == "late" else _deep(asked)
        (verdict,) = CHECK.judge(3, [look, Calls(tuple(outcomes))])
        assert verdict.right, verdict.fact


def _deep(asked: Any) -> Raised:
    from autograder.checks.questions import Error

    return Raised(Error("RecursionError", ("RecursionError", "RuntimeError"), "too deep"), asked)


def test_a_late_walk_on_another_way_is_wrong() -> None:
    look, calls = ask(CHECK.questions(3), {"gd": plain})
    assert isinstance(calls, Calls)
    outcomes = list(calls.outcomes)
    elsewhere = getattr(outcomes[3], "asked", None)  # the places of another start
    outcomes[-1] = Late(30.0, elsewhere)
    outcomes[-2] = Late(30.0, elsewhere)
    (verdict,) = CHECK.judge(3, [look, Calls(tuple(outcomes))])
    assert verdict.misconception == "never_returns"


def test_no_trial_leaves_the_numbers_of_float32() -> None:
    for seed in range(40):
        for t in draw_trials(seed):
            assert abs(t.true()).max() < 1e6
            assert t.num_steps == 0 or abs(t.true() - t.true(t.num_steps - 1)).max() > 2 * t.room


def test_the_last_but_one_of_a_path_is_named_though_no_steps_leave_no_path() -> None:
    def gd(df: Any, start: Any, step_size: Any, num_steps: int) -> Any:
        path = [start]
        for _ in range(num_steps):
            path.append(path[-1] - step_size * df(path[-1]))
        return path[-2]

    verdict = marked(gd)
    assert verdict.misconception == "previous_iterate"
    assert "With num_steps = 0, it stops with IndexError" in verdict.fact


def test_how_it_was_called_where_it_stopped_is_told() -> None:
    def gd(df: Any, start: Any, step_size: Any, num_steps: int) -> Any:
        end = plain(df, start, step_size, num_steps)
        return end if num_steps != 12 else [][0]

    verdict = marked(gd)
    assert verdict.misconception == "raised"
    assert ", with 12 steps of 0.171." in verdict.fact
