"""Whatever arrives, as a notebook or as a reply: no crash, no hang, no mark out of range.

Each example of hypothesis is a seed, from which a batch of mutants of something honest is made: so
tens of thousands are tried, and a failure is found again from its seed alone.
"""

from __future__ import annotations

import json
import math
import time
import warnings
from functools import cache
from pathlib import Path
from random import Random

import nbformat
import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st
from nbgrader.nbgraderformat import MetadataValidator
from nbgrader.utils import compute_checksum, determine_grade

from autograder.answers import witness
from autograder.answers.local import ask
from autograder.check import recording
from autograder.checks.base import Check
from autograder.checks.questions import Question, parse_replies, write_questions
from autograder.errors import UnreadableSubmission
from autograder.feedback import html, text
from autograder.marking.given import Given
from autograder.marking.reading import read_notebook, unreadable_notebook
from autograder.marking.record import read_record, score, verdict_output
from autograder.nbgrader.mend import mend
from tests.corpus import EXERCISES, load
from tests.marking.mutation import mutate
from tests.test_corpus import checks_of, left_behind

RELEASE = Path(__file__).parents[2] / "release" / "gradient_descent"
SEEDS = st.integers(0, 2**32 - 1)

# `--hypothesis-profile=explore` tries ten times as many.
TIMES = settings().max_examples // 100
NOTEBOOKS = (50 * TIMES, 50)  # examples, and mutants in each
REPLIES = (130 * TIMES, 60)
JUDGED = (50 * TIMES, 40)
SLOW_JUDGED = (15 * TIMES, 4)
PATIENCE = 20.0  # seconds of the processor for one mutant


def test_there_are_enough() -> None:
    assert sum(a * b for a, b in (NOTEBOOKS, REPLIES)) >= 10_000


# ------------------------------------------------------------------------------------ notebooks


@cache
def released() -> tuple[str, tuple[Given, ...]]:
    """Part of a released notebook, and what nbgrader's gradebook keeps of it.

    A part, with cells of all kinds, since reading and writing JSON takes most of the time here.
    """
    notebook = json.loads((RELEASE / "01_derivatives.ipynb").read_text(encoding="utf-8"))
    notebook["cells"] = [c for c in notebook["cells"] if "nbgrader" in c["metadata"]][:8]
    cells = []
    for cell in notebook["cells"]:
        about = {**cell["metadata"]["nbgrader"], "cell_type": cell["cell_type"]}
        cells.append(Given(about["grade_id"], cell["cell_type"], "".join(cell["source"]), about))
    return json.dumps(notebook), tuple(cells)


def test_the_part_has_cells_of_all_kinds() -> None:
    _, cells = released()
    assert {(c.kind, c.kept, c.about["grade"]) for c in cells} == {
        ("code", True, False),
        ("code", True, True),
        ("code", False, False),
        ("markdown", False, True),
    }


@settings(max_examples=NOTEBOOKS[0])
@given(SEEDS)
def test_a_notebook_is_read_or_refused_in_words(tmp_path_factory, seed: int) -> None:
    random = Random(seed)
    path = tmp_path_factory.getbasetemp() / "mutant.ipynb"
    for _ in range(NOTEBOOKS[1]):
        content, cells = released()
        mutant = mutate(content, random).encode("utf-8", "surrogatepass")
        if random.random() < 0.1:
            mutant = mutant[: random.randrange(len(mutant) + 1)] + bytes([random.randrange(256)])
        path.write_bytes(mutant)
        started = time.thread_time()
        try:
            notebook = read_notebook(path)
        except UnreadableSubmission as exc:
            notebook = unreadable_notebook(str(exc), review=True)
            assert notebook.metadata.autograder.unreadable
        mend(notebook, cells)
        assert_sound(notebook, cells)
        assert time.thread_time() - started < PATIENCE


def assert_sound(notebook: nbformat.NotebookNode, cells: tuple[Given, ...]) -> None:
    """It can be written, and all that the assignment gave is there once, as given."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        nbformat.validate(notebook)
        json.dumps(notebook, ensure_ascii=False, allow_nan=False).encode("utf-8")
    known = {cell.name: cell for cell in cells}
    marked = [cell for cell in notebook.cells if "nbgrader" in cell.metadata]
    names = [cell.metadata["nbgrader"]["grade_id"] for cell in marked]
    assert len(names) == len(set(names))
    assert set(names) >= {cell.name for cell in cells if cell.returns}
    for cell, name in zip(marked, names, strict=True):
        assert cell.metadata["nbgrader"] == known[name].about
        assert cell.cell_type == known[name].kind
        if known[name].kept:
            assert compute_checksum(cell) == known[name].about["checksum"]


def test_nbgrader_finds_what_is_sound_in_order() -> None:
    """Once, and not for every mutant: it takes ten times as long as all the rest."""
    content, cells = released()
    notebook = nbformat.reads(content, as_version=4)
    assert mend(notebook, cells) == []
    assert_sound(notebook, cells)
    MetadataValidator().validate_nb(notebook)


# ------------------------------------------------------------------------------------ replies


@cache
def honest_replies() -> list[tuple[Check, list[Question], list[str]]]:
    """For each check of the assignment, what answers of the corpus reply to it."""
    found = []
    for exercises in map(checks_of, EXERCISES):
        for exercise, checks in exercises.items():
            cases = [c for c in load() if c.exercise == exercise]
            chosen = [next(c for c in cases if c.label == label) for label in ("right", "error")]
            chosen += [c for c in cases if c.misconception != "never_returns"][3:20:6]
            for check in checks:
                first = check.questions(0)
                asked = {False: first}
                said: dict[bool, list[str]] = {False: [], True: []}
                for case in chosen:
                    namespace = left_behind(case)[0]
                    more = check.more(0, ask(first, namespace))
                    asked[bool(more)] = [*first, *more]
                    text = witness.testify(write_questions(asked[bool(more)]), namespace)
                    said[bool(more)].append(text)
                found += [(check, asked[m], texts) for m, texts in said.items() if texts]
    return found


@settings(max_examples=REPLIES[0])
@given(SEEDS)
def test_a_reply_is_parsed_or_garbled(seed: int) -> None:
    random = Random(seed)
    for _ in range(REPLIES[1]):
        _check, questions, texts = random.choice(honest_replies())
        mutant = mutate(random.choice(texts), random)
        started = time.thread_time()
        replies = parse_replies(questions, mutant)
        assert len(replies) == len(questions)
        assert time.thread_time() - started < PATIENCE


def cheap() -> list[int]:
    """A check of every kind, of a function that is quick to reason about."""
    first: dict[str, int] = {}
    for number, (check, _, _) in enumerate(honest_replies()):
        first.setdefault(type(check).__name__, number)
    return list(first.values())


def test_every_kind_of_check_is_judged() -> None:
    kinds = {type(check).__name__ for check, _, _ in honest_replies()}
    assert kinds == {
        "AxisMinimum",
        "Curvature",
        "DescentRoutine",
        "DivergingStep",
        "Gradient",
        "StationaryPoint",
    }


def judge_mutants(seed: int, numbers: list[int], count: int) -> None:
    random = Random(seed)
    for _ in range(count):
        check, questions, texts = honest_replies()[random.choice(numbers)]
        mutant = mutate(random.choice(texts), random)
        note(f"{check}\n{mutant[:3000]!r}")
        started = time.thread_time()
        assert_judged(check, questions, mutant)
        assert time.thread_time() - started < PATIENCE


def assert_judged(check: Check, questions: list[Question], reply: str) -> None:
    """A verdict for every answer, in range, that can be written, read again, and shown."""
    verdicts = check.judge(0, parse_replies(questions, reply))
    assert tuple(v.answer for v in verdicts) == check.answers
    for verdict in verdicts:
        assert verdict.outcome in ("right", "partly", "wrong")
        assert 0 <= verdict.share <= 1
        assert verdict.fact
    assert text.render(verdicts)
    html.render(verdicts).encode("utf-8")
    output = verdict_output(verdicts, 3.0, 0, None)
    json.dumps(output, allow_nan=False).encode("utf-8")
    record = read_record({"outputs": [output]})
    assert record is not None
    assert [v.share for v in record["verdicts"]] == [v.share for v in verdicts]
    earned = score(verdicts, 3.0)
    assert type(earned) is float
    assert math.isfinite(earned)
    about = {"grade": True, "solution": False, "points": 3.0, "grade_id": "x"}
    cell = nbformat.v4.new_code_cell("", outputs=[output], metadata={"nbgrader": about})
    assert determine_grade(cell) == (earned, 3.0)
    assert 0 <= earned <= 3


@settings(max_examples=JUDGED[0])
@given(SEEDS)
def test_what_is_parsed_is_judged(seed: int) -> None:
    judge_mutants(seed, cheap(), JUDGED[1])


@settings(max_examples=SLOW_JUDGED[0])
@given(SEEDS)
def test_what_is_parsed_is_judged_by_every_check_of_the_assignment(seed: int) -> None:
    judge_mutants(seed, list(range(len(honest_replies()))), SLOW_JUDGED[1])


def test_a_value_is_judged() -> None:
    """`check.value` is not in the assignment; its replies are those of other checks."""
    from autograder import check

    with recording() as checks:
        check.value("x", -1.5)
        check.value("x", [1.0, 2.0])
        check.value("x", "valley")
    random = Random(0)
    looks = [texts for _, questions, texts in honest_replies() if len(questions) == 1]
    for _ in range(2000):
        one = random.choice(checks)
        assert_judged(one, one.questions(0), mutate(random.choice(random.choice(looks)), random))


@pytest.mark.parametrize(
    "reply",
    [
        "",
        "null",
        "[" * 100_000,
        "[" + "9" * 5000 + "]",
        '[{"found": {"kind": "number", "type": "float", "data": [NaN]}}]',
        '[{"found": {"kind": "array", "type": "x", "data": [], "shape": [0, 9007199254740991]}}]',
        '[{"found": {"kind": "array", "type": "x", "data": [1], "shape": [1,1,1,1,1,1,1,1,1,1]}}]',
    ],
)
def test_replies_that_were_thought_of(reply: str) -> None:
    for check, questions, _ in honest_replies():
        assert_judged(check, questions, reply)
