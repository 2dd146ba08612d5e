"""Every wrong case of the corpus as a card: the mistake's words, the evidence, and the picture.

`scripts/gallery.py` puts the same cards on one page, to be looked at.
"""

from __future__ import annotations

import json
import random
import re
import time
from dataclasses import replace
from html import unescape
from pathlib import Path
from xml.etree import ElementTree

import matplotlib.pyplot as plt
import pytest

from autograder.checks.evidence import PlaceEvidence, evidence_from_json, evidence_to_json
from autograder.checks.misconceptions.catalogue import CATALOGUE
from autograder.checks.questions import Error
from autograder.checks.scenery import LEVELS
from autograder.checks.verdict import Verdict
from autograder.checks.wording import explain, name_error
from autograder.feedback import html
from autograder.feedback.pictures import draw
from autograder.feedback.pictures.kinds import KINDS
from tests.corpus import EXERCISES, Case, load
from tests.test_corpus import marked

# One case of each mistake of each exercise, chosen once and for all: all of them would take
# minutes, and the corpus has each mistake several times.
_shuffled = random.Random(5).sample(load(), len(load()))
CASES = list(
    {
        (case.exercise, case.misconception or case.title): case
        for case in _shuffled
        if case.label in ("wrong", "partial") and case.misconception != "never_returns"
    }.values()
)
# A verdict on numbers has something to show; one on a name, a kind or an error has not.
DRAWN = {"derivative", "place", "descent", "step", "labels"}
MOST = 60_000  # bytes of a picture in a page
LONGEST = 9_000  # characters of a verdict in a record


def words(text: str) -> str:
    return " ".join(text.replace("`", "").replace("*", "").split())


def read(card: str) -> str:
    """The words of a card."""
    return words(unescape(re.sub(r"<[^>]+>", "", re.sub(r"<(?:t[dh]|div)", " <", card))))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_wrong_case_has_its_words_evidence_and_picture(case: Case) -> None:
    for verdict in marked(case).verdicts:
        assert len(json.dumps(verdict.to_json(), allow_nan=False)) < LONGEST
        # As a page draws it: from the record.
        verdict = Verdict.from_json(json.loads(json.dumps(verdict.to_json())))
        card = html.render([verdict], pictures=True)
        assert words(verdict.fact) in read(card)
        if verdict.right:
            continue
        assert words(verdict.hint) in read(card)
        if verdict.misconception is not None:
            fixed = re.split(r"\{[^}]*\}", CATALOGUE[verdict.misconception].hint)
            assert all(words(part) in read(card) for part in fixed)
        if verdict.evidence is None:
            assert "<img" not in card
            continue
        assert verdict.evidence.kind in DRAWN
        if verdict.rows:
            assert card.count("✗ off") + card.count("✓ right") == len(verdict.rows)
        (image,) = re.findall(r"<img [^>]*>", card)
        assert len(image) < MOST
        (alt,) = re.findall(r'alt="([^"]*)"', image)
        assert len(re.findall(r"[\d.]+\d|\d", alt)) >= 3  # the window's ends, and what is in it
        assert 60 < len(alt) < 1500


@pytest.mark.parametrize("message", ["no dot", "a dot.", "dots...", "long, " * 40, "end. " * 40])
def test_a_message_ends_once(message: str) -> None:
    """Python's own messages end as they like; in a sentence of ours they end with it."""
    what = name_error(Error("TypeError", ("TypeError",), message))
    fact, _ = explain("raised", name="f_prime", what=what)
    assert re.search(r"[^. ]\.$", fact), fact


def test_every_kind_of_picture_is_tried() -> None:
    verdicts = [v for case in CASES for v in marked(case).verdicts]
    kinds = {v.evidence.kind for v in verdicts if v.evidence is not None}
    assert {exercise for exercises in EXERCISES.values() for exercise in exercises} == {
        case.exercise for case in CASES
    }
    assert kinds == DRAWN == set(KINDS)


def some(exercise: str, label: str, misconception: str | None = None) -> Verdict:
    """The first verdict on the first such case."""
    case = next(
        c
        for c in load()
        if (c.exercise, c.label) == (exercise, label) and misconception in (None, c.misconception)
    )
    return marked(case).verdicts[0]


@pytest.fixture(scope="module")
def verdicts() -> list[Verdict]:
    """One of each kind of picture."""
    return [
        some("quartic_gradient", "wrong"),
        some("goldfield_gradient", "wrong"),
        some("quartic_minimum", "wrong"),
        some("goldfield_minimum", "right"),
        some("descent_routine", "wrong"),
        some("diverging_step", "wrong"),
        some("quartic_curvature", "wrong"),
    ]


def test_a_picture_is_drawn_in_no_time(verdicts: list[Verdict]) -> None:
    for verdict in verdicts:
        times = []
        for _ in range(4):
            begun = time.process_time()  # others may use the processor, too
            assert draw(verdict) is not None
            times.append(time.process_time() - begun)
        assert min(times) < 0.3


def test_a_picture_is_the_same_whatever_the_students_settings(verdicts: list[Verdict]) -> None:
    plain = [draw(v) for v in verdicts]
    figures = plt.get_fignums()
    odd = {"font.size": 30, "figure.dpi": 20, "lines.linewidth": 9, "axes.facecolor": "black"}
    with plt.rc_context(odd):
        assert [draw(v) for v in verdicts] == plain
        assert plt.rcParams["font.size"] == 30
    assert plt.get_fignums() == figures


def test_a_picture_can_be_read(verdicts: list[Verdict]) -> None:
    """Nothing lies outside the paper, and the smallest letters are eleven pixels high."""
    for verdict in verdicts:
        picture = draw(verdict)
        assert picture is not None
        root = ElementTree.fromstring(picture.svg)
        width, height = (float(x) for x in root.attrib["viewBox"].split()[2:])
        sizes = []
        for element in root.iter():
            move = re.search(r"translate\(([\d.]+) ([\d.]+)\)", element.get("transform", ""))
            size = re.search(r"scale\(([\d.]+) -", element.get("transform", ""))
            if move and size:
                # Matplotlib's glyphs are drawn a hundred to the size.
                sizes.append(100 * float(size[1]) * 560 / width)
                assert 0 <= float(move[1]) <= width
                assert 0 <= float(move[2]) <= height
        assert min(sizes) >= 11


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_evidence_comes_back_from_a_notebook_as_it_was(case: Case) -> None:
    for verdict in marked(case).verdicts:
        told = evidence_to_json(verdict.evidence)
        again = evidence_from_json(json.loads(json.dumps(told)))
        assert repr(again) == repr(verdict.evidence)  # a nan is not itself


@pytest.mark.parametrize(
    "changed",
    [
        {"version": 1},
        {"version": None},
        {"kind": "of another version"},
        {"kind": ["no", "kind"]},
        {"size": "1"},
        {"size": 1.0},
        {"curve": {"window": [0, 1]}},
        {"curve": {"window": [0, 1, 2], "heights": []}},
        {"curve": {"window": None, "heights": []}},
        {"curve": "a text"},
        {"place": "1"},
        {"path": [1.0]},
        {"stall": []},
    ],
    ids=str,
)
def test_evidence_of_another_version_gives_a_card_without_a_picture(
    changed: dict[str, object],
) -> None:
    verdict = some("quartic_minimum", "wrong")
    told = verdict.to_json()
    told["evidence"] |= changed
    again = Verdict.from_json(told)
    assert again.evidence is None
    card = html.render([again], pictures=True)
    assert words(verdict.fact) in read(card)
    assert "<img" not in card


def test_a_path_that_the_student_kept_is_drawn() -> None:
    verdict = some("goldfield_minimum", "wrong")
    assert isinstance(verdict.evidence, PlaceEvidence)
    path = ((0.0, -2.0), (0.1, -2.5), (0.0, -3.0))
    for place in (verdict.evidence.place, None):
        picture = draw(replace(verdict, evidence=replace(verdict.evidence, path=path, place=place)))
        assert picture is not None
        assert "Your path goes from (0, −2) to (0, −3)." in picture.alt


def test_a_surface_keeps_its_heights() -> None:
    evidence = some("goldfield_minimum", "wrong").evidence
    assert isinstance(evidence, PlaceEvidence)
    assert evidence.surface is not None
    flat = [x for row in evidence.surface.heights for x in row]
    assert (min(flat), max(flat)) == (0, LEVELS)
    assert Path(__file__).parents[2].joinpath("scripts", "gallery.py").is_file()
