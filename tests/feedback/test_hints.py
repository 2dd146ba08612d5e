"""Hints open by a click, one inside the other; what is no riddle is told at once."""

from __future__ import annotations

from dataclasses import replace

import pytest
from bs4 import BeautifulSoup, Tag

from autograder.checks.misconceptions.catalogue import CATALOGUE
from autograder.checks.verdict import Outcome, Verdict
from autograder.feedback import html
from autograder.feedback.praise import praise
from tests.corpus import load
from tests.test_corpus import marked

QUESTION = CATALOGUE["sign_flipped"].hint


@pytest.fixture(scope="module")
def verdict() -> Verdict:
    """On minus the derivative."""
    cases = (c for c in load() if c.exercise == "f_derivative")
    case = next(c for c in cases if c.misconception == "sign_flipped")
    (verdict,) = marked(case).verdicts
    return verdict


def folded(verdict: Verdict, section: str = "") -> list[str]:
    """The words over each fold of hints, from the outermost on; each lies in the one before."""
    card = html.render([verdict], sections={verdict.answer: section} if section else {})
    tree = BeautifulSoup(card, "html.parser")
    found = []
    level = tree.find("details")
    while isinstance(level, Tag) and level.summary is not None:
        found.append(level.summary.get_text())
        assert not level.has_attr("open")
        level = level.find("details")
    return [name for name in found if name != "the numbers"]


def test_one_hint_lies_in_the_other(verdict: Verdict) -> None:
    assert folded(verdict) == ["a hint", "another hint", "where to read"]
    tree = BeautifulSoup(html.render([verdict]), "html.parser")
    outer = tree.find("details")
    assert isinstance(outer, Tag)
    assert QUESTION in outer.get_text()
    outer.extract()
    assert QUESTION not in tree.get_text()
    assert "minus the derivative" in tree.get_text()


def test_the_last_names_the_section_where_it_is_known(verdict: Verdict) -> None:
    card = html.render([verdict], sections={"f_prime": "Two <levers>"})
    assert "“Two &lt;levers&gt;”" in card
    assert "above this exercise" in html.render([verdict])


def test_a_slip_has_one_hint(verdict: Verdict) -> None:
    slip = replace(verdict, misconception="misspelt_name", evidence=None, rows=())
    assert folded(slip, "A section") == ["a hint"]


@pytest.mark.parametrize("outcome", ["unjudged", "open", "stale"])
def test_what_to_do_is_no_hint(verdict: Verdict, outcome: Outcome) -> None:
    told = Verdict("x", outcome, 0.0, "It is not here.", "Run the cell.")
    assert folded(told) == []
    assert "Run the cell." in html.render([told])
    assert folded(replace(told, hint="")) == []


def test_an_approximation_is_not_told_to_approximate(verdict: Verdict) -> None:
    near = replace(verdict, outcome="partly", share=0.5)
    assert folded(near) == ["a hint", "where to read"]


def test_a_right_answer_has_praise_and_no_hint(verdict: Verdict) -> None:
    right = replace(verdict, outcome="right", share=1.0, misconception=None, hint="")
    assert folded(right) == []
    assert praise(right) == "You have turned a function into its slope, at any place."
    assert praise(right) in html.render([right])
    assert praise(verdict) == ""


def test_every_exercise_has_praise_that_says_what_was_learnt() -> None:
    said = {}
    for exercise, case in {c.exercise: c for c in load() if c.label == "right"}.items():
        said[exercise] = {praise(verdict) for verdict in marked(case).verdicts} - {""}
    assert all(said.values()), said
    assert said["quartic_gradient"] != said["quartic_second_derivative"]
    assert any("held" in line for line in said["goldfield_partials"])
    assert any("gradient" in line for line in said["goldfield_gradient"])
    assert any("held" in line for line in said["goldfield_axis_minimum"])
