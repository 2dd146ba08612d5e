"""What a session remembers: practice calls right only what marking will find right."""

from __future__ import annotations

from typing import Any

import pytest

from autograder import check, progress
from autograder.practice import session as practice
from tests.practice.sessions import Session

F = "def f(x):\n    return x**2 + 3 * x - 5"
CHECK_F = '# Is f_prime the slope of f?\ncheck.gradient("f_prime", of=f)'
RIGHT_F = "def f_prime(x):\n    return 2 * x + 3"
STATIONARY = (
    "with check.exercise():\n"
    '    check.minimum("x_stationary", of=f)\n'
    '    check.gradient("f_second", of=f, order=2)'
)
FUNC = "def func(x):\n    return 3 * x**2 + 4 * x - 2"
FINAL = 'check.minimum("x_final", of=func, start=4.2, step_size=0.005, num_steps=300)'
WALK = "df = jax.grad(func)\nx = 4.2\nfor _ in range(300):\n    x = x - 0.005 * (6 * x + 4)\n"


# ------------------------------------------------------------------ answers of earlier runs


def test_an_answer_that_its_cell_no_longer_sets_is_not_right(notebook: Any) -> None:
    nb = notebook("01_derivatives")
    nb.run("given_f")
    nb.run("f_stationary_point", "x_stationary = -1.5\nf_second = lambda x: 2.0 + 0 * x")
    assert "✓ x_stationary" in nb.run("f_stationary_point_check")
    nb.run("f_stationary_point", "print(-1.5)\nprint(2)")
    said = nb.run("f_stationary_point_check")
    assert "✓" not in said
    assert "! x_stationary: not what marking will see" in said
    assert "no longer sets it" in said
    nb.session.run("progress()")
    assert "not what marking will see" in nb.session.shown[-1]["text/plain"]


def test_the_same_without_ids_and_file(session: Session) -> None:
    session.run(F)
    session.run("x_stationary = -1.5\nf_second = lambda x: 2.0 + 0 * x")
    assert "✓ x_stationary" in session.run(STATIONARY)
    session.run("print(-1.5)\nprint(2)")
    assert "✓" not in session.run(STATIONARY)
    session.run("x_stationary = -1.5\nf_second = lambda x: 2.0 + 0 * x")
    assert "✓ x_stationary" in session.run(STATIONARY)


@pytest.mark.parametrize("cell", ["answer", None])
@pytest.mark.parametrize(
    ("newer", "said"),
    [
        ("x_final = 4.2\nraise KeyboardInterrupt", "interrupted"),
        ("while True:\n    raise KeyboardInterrupt\nx_final = x", "interrupted"),
        ("x = jax.grad(func)(3)\nx_final = x", "TypeError"),
        ("x_final = undefined - 1", "NameError"),
        ("x_final = = 3", "SyntaxError"),
        ("x_final = -2 / 3\nprint(jax.grad(func)(3))", "TypeError"),
    ],
)
def test_an_answer_whose_newest_run_did_not_end_is_not_right(
    newer: str, said: str, cell: str | None, session: Session
) -> None:
    session.run(FUNC)
    session.run(WALK + "x_final = x", cell)
    session.run(newer, cell)
    card = session.run(FINAL, "check")
    assert "✓" not in card
    assert said in card
    assert "is the start itself" not in card


def test_a_loop_that_waits_for_what_float32_cannot_reach_is_told_why(session: Session) -> None:
    """Case B16: interrupted, with the right value in hand."""
    session.run(FUNC)
    loop = "while abs(df(x_final)) > 1e-8:\n    raise KeyboardInterrupt"
    session.run(f"{WALK}x_final = x\n{loop}", "answer")
    card = session.run(FINAL, "check")
    assert "which you interrupted" in card
    assert "steps of 0.005 are too small to change a float32 number there" in card


@pytest.mark.parametrize("cell", ["answer", None])
def test_a_renamed_answer_is_not_judged_by_the_older_one(
    cell: str | None, session: Session
) -> None:
    session.run(F)
    session.run("def f_prime(x):\n    return -(2 * x + 3)", cell)
    assert "minus the derivative" in session.run(CHECK_F, "check")
    session.run("def fprime(x):\n    return 2 * x + 3", cell)
    said = session.run(CHECK_F, "check")
    assert "minus the derivative" not in said
    assert "Did you mean fprime?" in said


def test_a_look_at_an_answer_is_no_newer_text_of_its_cell(session: Session) -> None:
    session.run(FUNC)
    session.run(WALK + "x_final = x")
    for look in ("print(x_final)", "x", "xs = jnp.linspace(-3.0, 3.0, 50)", "print(df(1.0))"):
        session.run(look)
    assert "✓ x_final" in session.run(FINAL)


def test_an_answer_set_below_its_check_is_not_right(notebook: Any) -> None:
    nb = notebook("01_derivatives")
    nb.run("given_f")
    nb.add("scratch", RIGHT_F, below="f_derivative_check")
    nb.save()
    nb.run("scratch")
    assert "below" in nb.run("f_derivative_check")


def test_a_stub_that_was_skipped_comes_last_in_marking(notebook: Any) -> None:
    nb = notebook("01_derivatives")
    nb.run("given_f")
    nb.add("mine", RIGHT_F, below="given_f")
    nb.save()
    nb.run("mine")
    said = nb.run("f_derivative_check")
    assert "✓" not in said
    assert "sets it later" in said


def test_an_answer_typed_over_and_saved_but_not_run_is_not_right(notebook: Any) -> None:
    nb = notebook("01_derivatives")
    nb.run("given_f")
    nb.run("f_derivative", RIGHT_F)
    assert "✓ f_prime" in nb.run("f_derivative_check")
    nb.type("f_derivative", "def f_prime(x):\n    return 2 * x")
    import time

    nb.save(at=time.time() + 30)
    assert "without being run" in nb.run("f_derivative_check")


def test_an_answer_made_from_what_has_changed_since_is_not_right(session: Session) -> None:
    session.run(FUNC, "given")
    session.run("func_p = jax.grad(func)", "one")
    session.run("func_pp = jax.grad(func_p)", "two")
    ask = 'check.gradient("func_pp", of=func, order=2)'
    assert "✓ func_pp" in session.run(ask, "check")
    session.run("func_p = jax.grad(func)  # the same", "one")
    assert "✓ func_pp" in session.run(ask, "check")
    session.run("func_p = lambda x: -(6 * x + 4)", "one")
    said = session.run(ask, "check")
    assert "✓" not in said
    assert "func_p" in said


def test_steps_made_by_running_a_cell_again_are_not_right(session: Session) -> None:
    session.run("def bowl(x):\n    return (x - 1.0) ** 2", "given")
    session.run("x = 3.0", "start")
    for _ in range(12):
        session.run("x = x - 0.4 * 2 * (x - 1)\nplace = x", "step")
    ask = 'check.minimum("place", of=bowl)'
    said = session.run(ask, "check")
    assert "✓" not in said
    assert "goes on from" in said


def test_a_mutated_answer_belongs_to_the_cell_that_mutates_it(session: Session) -> None:
    session.run("def bowl(c):\n    return (c[0] - 1.0) ** 2 + (c[1] + 2.0) ** 2", "given")
    session.run("place = [1.0, 0.0]", "one")
    session.run("place[1] = -2.0", "two")
    ask = 'check.minimum("place", of=bowl)'
    assert "✓ place" in session.run(ask, "check")
    session.run("print(3)", "two")
    assert "✓" not in session.run(ask, "check")


def test_right_work_from_top_to_bottom_and_again_is_right(notebook: Any) -> None:
    nb = notebook("01_derivatives")
    answers = {
        "f_derivative": RIGHT_F,
        "f_stationary_point": "%time x_stationary = -1.5\nf_second = lambda x: 2.0 + 0 * x",
        "func_gradient": "from jax import grad\nfunc_p = grad(func)",
        "quartic_gradient": "global dquartic\nexec('dquartic = jax.grad(quartic)')",
    }
    skipped = ("setup", "picture", "see", "try")
    for name in nb.ids[: nb.ids.index("quartic_gradient_check") + 1]:
        said = "" if name.startswith(skipped) else nb.run(name, answers.get(name))
        if name.endswith("_check"):
            assert "✓" in said, (name, said)
    for name in ("given_f", "func_gradient", "f_derivative"):
        nb.run(name)
    for name in ("quartic_gradient_check", "func_gradient_check", "f_derivative_check"):
        assert "✓" in nb.run(name)


# ------------------------------------------------------------------ no answer


def test_an_error_of_the_check_is_not_the_answers(session: Session) -> None:
    ask = 'check.minimum("x_min", of=quartic)'
    assert "NameError" in session.run(ask)
    session.run("def quartic(x):\n    return 2 * x**4 - 3 * x**3 - 9 * x**2 + 4 * x + 3")
    said = session.run(ask)
    assert "its cell stopped" not in said
    assert "○ x_min: not started" in said


def test_an_answer_that_is_printed_gets_its_name_told(notebook: Any) -> None:
    nb = notebook("02_minima")
    nb.run("given_func")
    nb.run("func_minimum", WALK + "print(x)")
    said = nb.run("func_minimum_check")
    assert "x_final = x" in said
    assert "YOUR CODE HERE" not in said


def test_an_answer_beside_the_dots_gets_its_name_told(notebook: Any) -> None:
    nb = notebook("02_minima")
    nb.run("given_func")
    nb.run("func_minimum", "x_final = ...\n" + WALK + "print(x)")
    assert "x_final = x" in nb.run("func_minimum_check")


def test_a_function_as_it_was_given_is_not_started(notebook: Any) -> None:
    nb = notebook("02_minima")
    nb.run("descent_routine")
    assert "○ gradient_descent: not started" in nb.run("descent_routine_check")
    head = "def gradient_descent(df, start, step_size, num_steps):\n"
    nb.run("descent_routine", head + "    start = start - step_size * df(start)")
    assert "returns nothing (None)" in nb.run("descent_routine_check")


def test_a_printed_answer_without_ids_and_file(session: Session) -> None:
    session.run(FUNC)
    assert "○ x_final: not started" in session.run(FINAL)
    session.run(WALK + "print(f'{x:.3f}')")
    assert "x_final = x" in session.run(FINAL)


def test_an_answer_that_stands_there_but_was_not_run(notebook: Any) -> None:
    nb = notebook("01_derivatives")
    nb.type("f_derivative", RIGHT_F)
    nb.save()
    nb.run("given_f")
    said = nb.run("f_derivative_check")
    assert "has not been run in this session" in said
    assert "YOUR CODE HERE" not in said


def test_an_exercise_not_begun_is_one_neutral_card(notebook: Any) -> None:
    nb = notebook("01_derivatives")
    nb.run("given_f")
    nb.run("f_stationary_point")
    said = nb.run("f_stationary_point_check")
    assert said.startswith("○ x_stationary, f_second: not started.")
    assert "✗" not in said
    result = nb.session.shell.last_execution_succeeded
    assert result
    nb.session.run("progress()")
    assert "not started" in nb.session.shown[-1]["text/plain"]


def test_a_given_name_much_like_the_answers_is_no_misspelt_answer(notebook: Any) -> None:
    nb = notebook("03_goldfield")
    for cell in ("setup", "given_goldfield1", "given_goldfield2", "goldfield_gradient"):
        nb.run(cell)
    assert "not started" in nb.run("goldfield_gradient_check")
    nb.run("goldfield_gradient", "dgoldfield_1 = jax.grad(goldfield1)")
    assert "leaves no dgoldfield1" in nb.run("goldfield_gradient_check")


def test_the_line_that_raises_was_left_in(notebook: Any) -> None:
    nb = notebook("02_minima")
    nb.run("given_func")
    nb.run("func_minimum", "raise NotImplementedError()\n" + WALK + "x_final = x")
    assert "raise NotImplementedError()" in nb.run("func_minimum_check")


# ------------------------------------------------------------------ given functions


@pytest.mark.parametrize("filed", [True, False])
@pytest.mark.parametrize(
    "change", ["f = jax.grad(func)", "f = 3", "def f(x):\n    return x**2 + 3 * x - 4 * x"]
)
def test_a_given_function_that_was_changed_is_noticed(
    change: str, filed: bool, session: Session, notebook: Any
) -> None:
    nb = notebook("01_derivatives")
    if not filed:
        nb.path.unlink()
    nb.run("given_f")
    nb.run("given_func")
    nb.run("f_derivative", RIGHT_F)
    nb.session.run(change, "scratch")
    said = nb.run("f_derivative_check")
    assert "✓ f_prime: right" in said
    assert "f is not the given function any more" in said
    assert change.splitlines()[0] in said
    nb.run("given_f")
    assert "any more" not in nb.run("f_derivative_check")


def test_an_answer_that_takes_the_given_name_is_right_as_in_marking(session: Session) -> None:
    session.run(F)
    session.run("def f(x):\n    return 2 * x + 3\n\nf_prime = f")
    said = session.run(CHECK_F)
    assert "✓ f_prime: right" in said
    assert "f is not the given function any more" in said


def test_a_given_function_retyped_in_another_way_is_the_same(session: Session) -> None:
    session.run(F)
    session.run("f = lambda t: t * (t + 3) - 5")
    session.run(RIGHT_F)
    said = session.run(CHECK_F)
    assert "✓ f_prime" in said
    assert "any more" not in said


def test_an_answer_right_for_the_changed_function_alone_is_not_right(session: Session) -> None:
    session.run(F)
    session.run("def f(x):\n    return x**3", "slip")
    session.run("f_prime = lambda x: 3 * x**2")
    assert "✓" not in session.run(CHECK_F)


# ------------------------------------------------------------------ interrupts and hints


def test_an_interrupted_check_says_what_was_running(session: Session) -> None:
    session.run(
        "def gradient_descent(df, start, step_size, num_steps):\n    raise KeyboardInterrupt"
    )
    said = session.run('check.descent("gradient_descent")')
    assert "You stopped this check after" in said
    assert "gradient_descent had not returned from call 1" in said


def test_a_check_that_takes_long_says_so_once(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(practice, "PATIENCE", 0.1)
    session.run(F)
    session.run("import time\ndef f_prime(x):\n    time.sleep(0.05)\n    return 2 * x + 3")
    session.run(CHECK_F)
    said = [s["text/plain"] for s in session.shown]
    assert sum("Still asking your answer" in s for s in said) == 1
    assert "✓ f_prime" in said[-1]


@pytest.mark.parametrize(
    "slip", ["f_prim = f", "f_prime = lambda x: 2.0^x", "f_prime = '2*x+3'", "f_prime = 3"]
)
def test_no_section_is_named_for_a_slip_that_none_treats(slip: str, session: Session) -> None:
    session.run(F)
    session.run(slip)
    assert "✗" in session.run(CHECK_F)
    card = session.shown[-1]["text/html"]
    assert "a hint" in card
    assert "where to read" not in card
    assert "section" not in card


def test_listening_survives_a_reload(session: Session) -> None:
    import importlib

    import autograder

    before = len(session.shell.events.callbacks["post_run_cell"])
    importlib.reload(autograder)
    assert len(session.shell.events.callbacks["post_run_cell"]) == before
    assert check is autograder.check
    assert progress is autograder.progress


def test_a_given_name_without_a_function_is_a_card(session: Session) -> None:
    session.run("f = 3", "given")
    said = session.run(CHECK_F)
    assert said.startswith("? f: could not be judged. f is not a function any more: cell [")
