"""What to teach next: what a mistake cost, and whose numbers show it."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from autograder.checks.verdict import Verdict
from autograder.feedback.sentences import as_text
from autograder.report.anonymous import anonymous
from autograder.report.data import Answer, ClassData, Exercise, Mark, Paper
from autograder.report.lessons import MOST, costly, lessons
from autograder.report.page import render
from tests.report.classroom import Classroom
from tests.report.conftest import HOSTILE_WORDS

ONE = Exercise("01", "one_check", 2.0, by_hand=False)
TWO = Exercise("01", "two_check", 4.0, by_hand=False)


def answer(share: float, misconception: str | None = None) -> Answer:
    outcome = "right" if share == 1 else "partly" if share else "wrong"
    return Answer("x", outcome, share, misconception, "A fact.")


def paper(student: str, *marks: Mark) -> Paper:
    return Paper(student, state="marked", marks=marks)


def wrong(exercise: Exercise, *answers: Answer, **more: object) -> Mark:
    score = exercise.points * sum(a.share for a in answers) / len(answers)
    return replace(Mark(exercise, score, "wrong", answers), **more)


def test_what_is_lost_falls_on_the_answers_by_what_each_did_not_earn() -> None:
    mark = wrong(TWO, answer(0, "minus"), answer(0.5, "inexact"), answer(1), answer(0))
    found = {cost.name: cost.points for cost in costly([paper("a", mark)])}
    assert found == pytest.approx({"minus": 1.0, "inexact": 0.5})


def test_the_dearest_comes_first_and_not_the_most_frequent() -> None:
    often = [paper(f"s{i}", wrong(ONE, answer(0.5, "inexact"))) for i in range(3)]
    costly_ones = [paper("t", wrong(TWO, answer(0, "minus")))]
    found = costly([*often, *costly_ones])
    assert [(c.name, c.points, len(c.students)) for c in found] == [
        ("minus", 4.0, 1),
        ("inexact", 3.0, 3),
    ]


def test_a_mistake_of_several_exercises_is_one_and_the_one_that_lost_most_is_its_first() -> None:
    (found,) = costly([paper("a", wrong(ONE, answer(0, "minus")), wrong(TWO, answer(0, "minus")))])
    assert (found.points, found.students, found.exercises) == (6.0, ("a",), (TWO, ONE))


@pytest.mark.parametrize(
    "mark",
    [
        wrong(ONE, answer(0, "not_answered"), outcome="unanswered"),
        wrong(ONE, answer(0, "lacking"), outcome="unjudged"),
        wrong(ONE, answer(0, "minus"), outcome="unjudged"),
        wrong(ONE, answer(0, "minus"), outcome="right", overruled=True, score=2.0),
        wrong(ONE, answer(0)),
        wrong(ONE, answer(1)),
    ],
    ids=["not answered", "marking's", "a person's to judge", "overruled", "no name", "right"],
)
def test_what_is_no_mistake_costs_nothing(mark: Mark) -> None:
    assert costly([paper("a", mark)]) == ()


def test_there_are_so_many_at_most() -> None:
    papers = [paper(name, wrong(ONE, answer(0, name))) for name in "abcdef"]
    assert [cost.name for cost in costly(papers)] == list("abcdef")[:MOST]


def test_an_example_is_somebodys_where_it_cost_most_and_one_without_a_copy_is_left_out() -> None:
    verdict = Verdict("x", "wrong", 0.0, "Minus.", "", "minus")
    papers = [
        paper(name, wrong(ONE, answer(0, "minus")), wrong(TWO, answer(0, "minus"))) for name in "ab"
    ]
    asked: list[tuple[str, Exercise]] = []

    def verdict_of(student: str, exercise: Exercise, misconception: str) -> Verdict | None:
        asked.append((student, exercise))
        return verdict if student == "b" else None

    (found,) = lessons(papers, verdict_of)
    assert asked == [("a", TWO), ("b", TWO)]
    assert found.example == verdict
    (without,) = lessons(papers, lambda *_: None)
    assert without.example is None


def test_the_page_opens_with_them(data: ClassData, room: Classroom) -> None:
    assert len(data.lessons) == MOST
    text = render(data, room.root, room.root / "report.html")
    part = text[text.index('id="teach"') : text.index('id="marks"')]
    assert part.count("<h3>") == MOST
    assert part.count("Ask in class:") == MOST
    pictures = re.findall(r'alt="([^"]+)" src="data:image/svg', part)
    assert pictures
    assert text.index('id="teach"') < text.index('id="mistakes"')
    # Nobody is named by an example.
    for student in (p.student for p in data.papers):
        assert student not in part
    for link in re.findall(r'href="#([^"]+)"', part):
        assert f'id="{link}"' in text


def test_words_of_an_answer_are_no_html_and_no_controls(data: ClassData, tmp_path: Path) -> None:
    example = Verdict("x", "wrong", 0.0, HOSTILE_WORDS + "\x1b[31m", HOSTILE_WORDS, "minus")
    hostile = replace(data, lessons=(replace(data.lessons[0], example=example),))
    text = render(hostile, tmp_path, tmp_path / "report.html")
    assert HOSTILE_WORDS not in text
    assert "\x1b" not in text


def test_shown_in_class_an_example_has_no_words_of_its_own(data: ClassData, tmp_path: Path) -> None:
    masked = anonymous(data)
    text = render(masked, tmp_path, tmp_path / "report.html")
    for before, now in zip(data.lessons, masked.lessons, strict=True):
        assert before.example is not None
        assert now.example is not None
        assert (now.example.fact, now.example.hint) == ("", "")
        assert now.example.rows == before.example.rows
        assert before.example.fact not in text


def test_a_sentence_bears_no_marks_of_a_card() -> None:
    assert as_text("steps *along* the slope of `f`") == "steps along the slope of f"
    assert as_text("2 * x * y is 2*x*y") == "2 * x * y is 2*x*y"
