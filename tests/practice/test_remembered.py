"""After a restart `progress()` knows the saved cards, and calls nothing right by them."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from bs4 import BeautifulSoup

from autograder.feedback.palette import INKS
from autograder.practice.notebook import find
from autograder.practice.remembered import remembered
from tests.practice.sessions import Notebook

Opened = Callable[[str], Notebook]
FUNC_P = "func_p = jax.grad(func)"


def worked(opened: Opened) -> Notebook:
    """A notebook with three answers, one of them wrong, checked and saved; its kernel restarted."""
    nb = opened("01_derivatives")
    for name, source in {
        "setup": None,
        "given_f": None,
        "f_derivative": "def f_prime(x):\n    return 2 * x + 3",
        "f_derivative_check": None,
        "given_func": None,
        "func_gradient": FUNC_P,
        "func_gradient_check": None,
        "given_quartic": None,
        "quartic_gradient": "dquartic = lambda x: x",
        "quartic_gradient_check": None,
    }.items():
        nb.run(name, source)
    nb.save()
    nb.session.restart()
    return nb


def progress(nb: Notebook) -> dict[str, str]:
    """The state of each exercise, by title."""
    if "setup" not in [run.cell for run in runs(nb)]:
        nb.run("setup")
    nb.session.run("from autograder import progress\nprogress()")
    table = BeautifulSoup(nb.session.shown[-1]["text/html"], "html.parser")
    rows = [[cell.get_text() for cell in row("td")] for row in table("tr")]
    rows = [row for row in rows if row]
    assert not any(
        f"{n} of" in points for _, state, points in rows for n in "123" if "restart" in state
    )
    return {title: state for title, state, _ in rows}


def runs(nb: Notebook) -> list[Any]:
    log = vars(nb.session.shell).get("_autograder_log")
    return log.runs if log is not None else []


def test_a_restart_forgets_no_card(notebook: Opened) -> None:
    nb = worked(notebook)
    said = list(progress(nb).values())
    assert said.count("✓ right before the restart") == 2
    assert said.count("✗ not right yet before the restart") == 1
    text = nb.session.shown[-1]["text/plain"]
    assert "□" * 10 + " 0 of" in text, "no point counts"
    assert "Run those checks again to be sure" in " ".join(text.split())


def test_what_is_remembered_is_not_green(notebook: Opened) -> None:
    nb = worked(notebook)
    progress(nb)
    html = nb.session.shown[-1]["text/html"]
    assert INKS["right"] not in html
    assert INKS["open"] in html


def test_a_check_that_is_run_again_counts(notebook: Opened) -> None:
    nb = worked(notebook)
    for name in ("setup", "given_f", "f_derivative", "f_derivative_check"):
        nb.run(name)
    said = list(progress(nb).values())
    assert said.count("✓ right") == 1
    assert said.count("✓ right before the restart") == 1


@pytest.mark.parametrize(
    ("cell", "source"),
    [
        ("func_gradient", "func_p = jax.grad(jnp.sin)"),
        ("func_gradient", "func_q = jax.grad(func)"),
        ("given_func", "def func(x):\n    return x"),
        ("setup", "from autograder import check, progress\nimport numpy as jax"),
        ("func_gradient_check", "check.gradient('func_p', of=quartic)"),
    ],
)
def test_what_was_changed_and_saved_is_not_remembered(
    cell: str, source: str, notebook: Opened
) -> None:
    nb = worked(notebook)
    assert "func_p" in remembered(find(), None)
    nb.type(cell, source)
    nb.save()
    assert "func_p" not in remembered(find(), None)
    assert "f_prime" in remembered(find(), None)


def test_a_layout_that_was_changed_changes_nothing(notebook: Opened) -> None:
    nb = worked(notebook)
    nb.type("func_gradient", "# By JAX.\nfunc_p  =  jax.grad( func )")
    nb.save()
    assert "func_p" in remembered(find(), None)


def test_what_was_changed_and_run_is_not_remembered_though_not_saved(notebook: Opened) -> None:
    nb = worked(notebook)
    nb.save(at=1.0)  # long ago
    for name in ("setup", "given_func"):
        nb.run(name)
    nb.run("func_gradient", "func_q = jax.grad(func)")
    said = list(progress(nb).values())
    assert said.count("✓ right before the restart") == 1


def test_an_answer_that_another_was_judged_beside_counts(notebook: Opened) -> None:
    nb = notebook("02_minima")
    for name, source in {
        "setup": None,
        "given_quartic": None,
        "quartic_minimum": "x_min = -1.17",
        "quartic_other_minimum": "x_min_other = 2.09",
        "quartic_other_minimum_check": None,
    }.items():
        nb.run(name, source)
    nb.save()
    nb.session.restart()
    assert "x_min_other" in remembered(find(), None)
    nb.type("quartic_minimum", "x_min = 2.09")
    nb.save()
    assert "x_min_other" not in remembered(find(), None)


def test_an_edited_answer_without_a_card_is_not_called_not_started(notebook: Opened) -> None:
    nb = worked(notebook)
    nb.type("quartic_second_derivative", "ddquartic = jax.grad(jax.grad(quartic))")
    nb.save()
    said = list(progress(nb).values())
    assert said.count("– not checked in this session") == 1


def test_without_the_file_nothing_is_said_of_before(
    notebook: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    nb = worked(notebook)
    monkeypatch.delenv("JPY_SESSION_NAME")
    assert progress(nb) == {}
    text = nb.session.shown[-1]["text/plain"]
    assert "restart" not in text
    assert "No check has been run in this session yet" in text


@pytest.mark.parametrize(
    "told",
    [
        b"",
        b"[]",
        b"null",
        b"[" * 5000,
        json.dumps({"version": 2}).encode(),
        json.dumps({"version": 1, "answers": {"func_p": [[], 1]}}).encode(),
        json.dumps({"version": 1, "answers": 1, "functions": [], "made_from": {}}).encode(),
    ],
)
def test_a_stamp_that_is_none_is_no_memory(told: bytes, notebook: Opened) -> None:
    nb = worked(notebook)
    text = base64.b64encode(told).decode()
    card = nb.cell("func_gradient_check")["outputs"][0]["data"]
    card["text/html"] = f"<!--autograder-stands:{text}-->"
    nb.save()
    assert set(remembered(find(), None)) == {"f_prime", "dquartic"}
    assert progress(nb)
