"""What marking says of answers whose cell stopped, kept no name, or stood on a changed function."""

from __future__ import annotations

import traceback
from typing import Any

import jax
import nbformat
import pytest

from autograder.answers.local import ask
from autograder.check import recording
from autograder.checks.given import given_questions, is_changed
from autograder.checks.questions import Look, Missing
from autograder.checks.verdict import Verdict
from autograder.marking.circumstances import mark_late, say_changed, with_circumstances
from tests.corpus import given_namespace

FINAL = 'check.minimum("x_final", of=func, start=4.2, step_size=0.005, num_steps=300)'
F_PRIME = 'check.gradient("f_prime", of=f)'


def code(source: str, **about: Any) -> Any:
    return nbformat.v4.new_code_cell(source, metadata={"nbgrader": about} if about else {})


def judged(line: str, *cells: Any, late: dict[int, float] | None = None) -> Verdict:
    """The verdict on a submission of these cells, run here as a kernel would."""
    from autograder import check

    namespace: dict[str, Any] = {**given_namespace(), "jax": jax}
    with recording() as checks:
        exec(line, {**given_namespace(), "check": check})
    for cell in cells:
        try:
            exec(cell.source, namespace)
        except BaseException as exc:  # noqa: BLE001 - as a kernel shows it
            lines = traceback.format_exception_only(exc)
            cell.outputs.append(
                nbformat.v4.new_output(
                    "error", ename=type(exc).__name__, evalue=str(exc), traceback=lines
                )
            )
    for index, seconds in (late or {}).items():
        mark_late(cells[index], seconds)
    (made,) = checks
    questions, given = made.questions(0), given_questions(made)
    every = ask([*questions, *given], namespace)
    replies = every[: len(questions)]
    questions += made.more(0, replies)
    replies += ask(questions[len(replies) :], namespace)
    found = with_circumstances(made.judge(0, replies), questions, replies, cells, late or {})
    if is_changed(made, every[-len(given) :] if given else []):
        found = say_changed(found, "func" if "func" in line else "f", cells)
    return found[0]


ANSWER = {"solution": True, "grade_id": "func_minimum"}
WALK = "x = 4.2\nfor _ in range(300):\n    x = x - 0.005 * (6 * x + 4)\n"


@pytest.mark.parametrize(
    ("source", "mistake", "said"),
    [
        ("x_final = 4.2\nx_final = jax.grad(func)(3)", "integer_input", "its cell stopped with"),
        ("x_final = 4.2\ninput('start?')", None, "its cell stopped with"),
        ("x_final = undefined", "undefined_name", "There is no `x_final`"),
        (WALK + "print(x)", "answer_not_named", "left no `x_final`: it showed its result"),
        (WALK, "answer_not_named", "left no `x_final`"),
        ("# YOUR CODE HERE\nraise NotImplementedError()", "not_answered", "left as it was"),
        ("x_final = ...\n# YOUR CODE HERE", "not_answered", "left as it was"),
        ("", "not_answered", "left as it was"),
        ("x_final = 4.2\nraise NotImplementedError()", "start_returned", "4.2"),
        (WALK + "raise NotImplementedError()\nx_final = x", "raised", "was left in its cell"),
    ],
)
def test_a_cell_that_left_no_result_is_named(source: str, mistake: str | None, said: str) -> None:
    verdict = judged(FINAL, code(source, **ANSWER))
    assert verdict.outcome == "wrong"
    assert said in verdict.fact
    assert "run this one again" not in verdict.hint
    assert mistake is None or verdict.misconception == mistake


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (
            "def f_prime(x):\n    # YOUR CODE HERE\n    raise NotImplementedError()",
            "left as it was",
        ),
        ("def f_prime(x):\n    slope = ...\n    # YOUR CODE HERE\n    return slope", "left as"),
        ("def f_prime(x):\n    return ...", "left as it was"),
        ("f_prime = None", "held no answer"),
    ],
)
def test_a_stub_is_told_in_the_past_tense(source: str, said: str) -> None:
    verdict = judged(F_PRIME, code(source, solution=True, grade_id="f_derivative"))
    assert verdict.misconception == "not_answered"
    assert said in verdict.fact
    assert not verdict.hint


def test_a_right_value_stays_right_whatever_came_after_it() -> None:
    verdict = judged(FINAL, code(WALK + "x_final = x\nprint(jax.grad(func)(3))", **ANSWER))
    assert verdict.right
    assert "After it, its cell stopped with TypeError" in verdict.fact


def test_of_a_loop_that_waits_for_what_float32_cannot_reach_it_says_so() -> None:
    """Case B16: while abs(slope) > 1e-8, in steps of 0.005; a slope of some 6e-6 is left."""
    loop = "while abs(6 * x_final + 4) > 1e-8:\n    raise KeyboardInterrupt"
    cell = code(f"{WALK}x_final = x\n{loop}", **ANSWER)
    verdict = judged(FINAL, cell, late={0: 120.0})
    assert verdict.right
    assert "stopped after 120 s" in verdict.fact
    assert "Once the slope is about 6e−06, steps of 0.005 are too small" in verdict.fact
    other = judged(FINAL, code(f"{WALK}x_final = x\nraise ValueError", **ANSWER))
    assert "float32" not in other.fact


def test_a_wrong_function_is_diagnosed_though_its_cell_stopped_later() -> None:
    cell = code("f_prime = lambda x: -(2 * x + 3)\nprint(jax.grad(f)(3))")
    verdict = judged(F_PRIME, cell)
    assert verdict.misconception == "sign_flipped"
    assert "stopped with TypeError" in verdict.fact


def test_a_cell_stopped_by_the_limit_says_so_in_cell_and_card() -> None:
    cell = code(
        "x_final = 4.2\nraise KeyboardInterrupt  # as the limit interrupts a loop", **ANSWER
    )
    verdict = judged(FINAL, cell, late={0: 120.0})
    assert verdict.misconception == "stopped_by_the_limit"
    assert "stopped after 120 s" in verdict.fact
    (output,) = cell.outputs
    assert output.ename == "CellTimeoutError"
    assert "stopped after 120 s" in output.evalue
    assert "KeyboardInterrupt" not in str(output)


@pytest.mark.parametrize("change", ["f = 3", "f = jax.grad(func)", "def f(x):\n    return 2*x + 3"])
def test_a_changed_given_function_is_named_and_does_not_count(change: str) -> None:
    given = code("def f(x):\n    return x**2 + 3*x - 5", locked=True, grade_id="given_f")
    cells = [given, code("f_prime = lambda x: 2 * x + 3"), code(change)]
    verdict = judged(F_PRIME, *cells)
    assert verdict.right
    assert "`f` was not the given function any more" in verdict.fact
    assert f"`{change.splitlines()[0]}`" in verdict.fact


@pytest.mark.parametrize("same", ["pass", "f = lambda t: t * (t + 3) - 5", "del f"])
def test_a_given_function_that_does_the_same_is_not_changed(same: str) -> None:
    verdict = judged(F_PRIME, code("f_prime = lambda x: 2 * x + 3"), code(same))
    assert verdict.right
    assert "any more" not in verdict.fact


def test_every_given_function_of_the_course_is_itself() -> None:
    from autograder import check

    lines = [
        'check.gradient("a", of=goldfield2, argnums=(0, 1), at=[(1.0, 0.5)])',
        'check.minimum("a", of=goldfield1, start=[0.0, -2.0], step_size=0.01, num_steps=1000)',
        'check.minimum("a", of=waves)',
        'check.axis_minimum("a", "b", of=goldfield2)',
        'check.curvature("a", of=quartic, at=[3.0])',
        'check.diverging_step("a", of=func)',
    ]
    namespace = given_namespace()
    with recording() as checks:
        exec("\n".join(lines), {**namespace, "check": check})
    for made in checks:
        asked = given_questions(made)
        assert len(asked) == 2
        assert not is_changed(made, ask(asked, namespace))


@pytest.mark.parametrize(
    ("source", "cause"),
    [
        (
            "params = [4.2]\nfor _ in range(3):\n    for p, d in zip(params, [1.0]):\n"
            "        p -= 0.1 * d\nx_final = params[0]",
            "`p` is the loop's own name",
        ),
        (
            "lr = 0.0\n@jax.jit\ndef step(x):\n    return x - lr * (6 * x + 4)\nx = step(4.2)\n"
            "lr = 0.01\nfor _ in range(9):\n    x = step(x)\nx_final = float(x)",
            "keeps the `lr` of its first call",
        ),
    ],
)
def test_why_the_start_came_back_is_named(source: str, cause: str) -> None:
    verdict = judged(FINAL, code(source, **ANSWER))
    assert verdict.misconception == "start_returned"
    assert cause in verdict.hint


def test_what_a_check_has_given_no_circumstance_takes() -> None:
    """A label that is missing costs nothing: its verdict is a message with all its points."""
    verdict = Verdict("axis", "partly", 1.0, "There is no `axis`.", "", "not_answered")
    cell = {"cell_type": "code", "source": "print('x')", "metadata": {}, "outputs": []}
    (told,) = with_circumstances([verdict], [Look("axis")], [Missing()], [cell], {})
    assert (told.outcome, told.share) == ("partly", 1.0)
    assert told.misconception == "answer_not_named"
