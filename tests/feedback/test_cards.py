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
from typing import Any
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
from autograder.feedback.pictures.canvas import Sheet
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
DRAWN = {"derivative", "place", "descent", "step", "labels", "mistake"}
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
            assert card.count("✗ differs") + card.count("✓ right") == len(verdict.rows)
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
    more = {"mistake"}  # of the bug hunt: test_bug_hunt.py draws it
    assert kinds | more == DRAWN == set(KINDS)


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
        assert "Your path, replayed, goes from (0, −2) to (0, −3)." in picture.alt


def test_a_surface_keeps_its_heights() -> None:
    evidence = some("goldfield_minimum", "wrong").evidence
    assert isinstance(evidence, PlaceEvidence)
    assert evidence.surface is not None
    flat = [x for row in evidence.surface.heights for x in row]
    assert (min(flat), max(flat)) == (0, LEVELS)
    assert Path(__file__).parents[2].joinpath("scripts", "gallery.py").is_file()


@pytest.fixture
def papers(monkeypatch: pytest.MonkeyPatch) -> list[Sheet]:
    """The sheets of the pictures that a test draws, as they were before they became SVG."""
    seen: list[Sheet] = []
    finish = Sheet.finish

    def kept(paper: Sheet, alt: str) -> Any:
        paper.figure.draw_without_rendering()
        seen.append(paper)
        return finish(paper, alt)

    monkeypatch.setattr(Sheet, "finish", kept)
    return seen


def titled(exercise: str, title: str) -> list[Verdict]:
    """The verdicts on a case of the corpus."""
    (case,) = (c for c in load() if (c.exercise, c.title) == (exercise, title))
    return list(marked(case).verdicts)


def told(paper: Sheet) -> list[str]:
    """What the legend says."""
    legend = paper.axes.get_legend()
    assert legend is not None
    return [text.get_text() for text in legend.get_texts()]


@pytest.mark.parametrize(
    ("exercise", "title"),
    [
        ("func_minimum", "30 for 300"),
        ("goldfield_minimum", "twenty"),
        ("f_derivative", "a slope that cannot be negative"),
        ("goldfield_partials", "x and y mixed up throughout"),
        ("descent_routine", "plus"),
    ],
)
def test_no_legend_is_cut_off(exercise: str, title: str, papers: list[Sheet]) -> None:
    for verdict in titled(exercise, title):
        draw(verdict)
    for paper in papers:
        legend = paper.axes.get_legend()
        assert legend is not None
        assert legend.get_window_extent().x1 <= paper.figure.bbox.x1


def test_no_walk_is_drawn_to_another_minimum() -> None:
    here, there = (titled("quartic_minimum", t)[0] for t in ("the suggested descent, by hand",
                                                             "from the other side"))  # fmt: skip
    assert here.right
    assert there.right
    assert isinstance(here.evidence, PlaceEvidence)
    assert isinstance(there.evidence, PlaceEvidence)
    assert here.evidence.walk
    assert not there.evidence.walk
    picture = draw(there)
    assert picture is not None
    assert "ends at the answer" not in picture.alt


def test_a_hill_can_be_seen_to_be_one(papers: list[Sheet]) -> None:
    (verdict,) = titled("quartic_minimum", "plus, from the middle")
    draw(verdict)
    bottom, top = papers[0].axes.get_ylim()
    assert top - bottom < 100  # the start, at a height of 1389, is not shown: no walk is


def test_tangents_are_seen_whole(papers: list[Sheet]) -> None:
    for title in ("the way back", "the derivative with its sign lost", "the function again"):
        draw(titled("f_derivative", title)[0])
    for paper in papers:
        bottom, top = paper.axes.get_ylim()
        _, *tangents = (line for line in paper.axes.lines if len(line.get_xdata()) != 1)
        drawn = [y for line in tangents for y in line.get_ydata()]
        assert len(drawn) >= 10
        assert bottom <= min(drawn) < max(drawn) <= top


def test_a_partial_derivative_is_not_called_a_gradient(papers: list[Sheet]) -> None:
    both, along_x, _ = titled("goldfield_partials", "x and y mixed up throughout")
    draw(both)
    draw(along_x)
    assert "the true gradient" in told(papers[0])
    assert "the true partial derivative" in told(papers[1])


def test_a_loop_that_asked_nothing_is_not_said_to_have(papers: list[Sheet]) -> None:
    draw(titled("descent_routine", "fori_loop")[0])
    draw(titled("descent_routine", "the plain loop")[0])
    assert "where yours asked" not in told(papers[0])
    assert "where yours asked" in told(papers[1])


def test_a_step_that_leaves_the_picture_at_once_says_so(papers: list[Sheet]) -> None:
    for title in ("huge, but finite", "far beyond"):
        draw(titled("diverging_step", title)[0])
    texts = [" ".join(text.get_text() for text in paper.axes.texts) for paper in papers]
    assert "step 1 leads to" in texts[0]
    assert "off the picture" in texts[0]
    assert "off the picture" not in texts[1]
