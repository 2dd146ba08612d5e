"""What programs read is what the page shows."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
from collections import Counter

import pytest

from autograder.report.data import OUTCOMES, ClassData
from autograder.report.export import COLUMNS, as_csv, as_json
from autograder.report.statistics import exercise_statistics, mistakes
from tests.report.conftest import HOSTILE_ID, HOSTILE_NAME, HOSTILE_WORDS


def test_json_holds_all_that_the_report_knows(data: ClassData):
    content = json.loads(as_json(data))
    assert content["version"] == 2
    assert content["points"] == data.points
    assert len(content["students"]) == len(data.papers)
    for told, paper in zip(content["students"], data.papers, strict=True):
        assert told["student"] == paper.student
        assert told["score"] == paper.score
        assert [m["outcome"] for m in told["marks"]] == [m.outcome for m in paper.marks]
        assert [m["score"] for m in told["marks"]] == [m.score for m in paper.marks]
    for told, found in zip(content["exercises"], exercise_statistics(data), strict=True):
        assert told["counts"] == found.counts
        assert told["discrimination"] == found.discrimination
    assert [m["students"] for m in content["mistakes"]] == [
        list(m.students) for m in mistakes(data)
    ]
    assert content["last_run"]["parts"]["cells"] == 60.0
    (hostile,) = (s for s in content["students"] if s["student"] == HOSTILE_ID)
    assert hostile["name"] == HOSTILE_NAME
    facts = [a["fact"] for m in hostile["marks"] for a in m["answers"]]
    assert HOSTILE_WORDS in facts


def test_csv_has_a_line_for_each_mark(data: ClassData):
    lines = list(csv.DictReader(io.StringIO(as_csv(data))))
    assert tuple(lines[0]) == COLUMNS
    with_marks = [line for line in lines if line["exercise"]]
    assert len(with_marks) == len(data.marked) * len(data.exercises)
    assert {line["student"] for line in lines} == {p.student for p in data.papers}
    scores: Counter[str] = Counter()
    outcomes: Counter[tuple[str, str]] = Counter()
    for line in with_marks:
        scores[line["student"]] += float(line["score"])
        outcomes[line["exercise"], line["outcome"]] += 1
    assert scores == {p.student: p.raw for p in data.marked}
    for found in exercise_statistics(data):
        for outcome in OUTCOMES:
            assert outcomes[found.exercise.name, outcome] == found.counts[outcome]


@pytest.mark.parametrize("text", ["=HYPERLINK(1)", "@SUM(1)*cmd|x", "\t=1", ' "+1+cmd', "-2+cmd"])
def test_no_column_of_the_csv_is_a_formula(data: ClassData, text: str):
    papers = tuple(dataclasses.replace(p, student=text, state=text) for p in data.papers)
    found = list(csv.DictReader(io.StringIO(as_csv(dataclasses.replace(data, papers=papers)))))
    for line in found:
        assert line["student"].startswith("'")
        assert line["state"].startswith("'")
        assert not line["score"] or float(line["score"]) >= 0
