"""What a kernel may see: none of a hidden test before it runs, and no copy that is marked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import nbformat
import pytest

from autograder.checks.verdict import MIME
from tests.attacks import POINTS, TESTS, THROUGH, Attack, load
from tests.attacks.course import (
    AUTOGRADE,
    GRADE,
    HONEST_STUDENTS,
    NOTEBOOK,
    Ground,
    source_notebook,
)
from tests.attacks.test_attacks import LOCKED, SHIPPED, containers
from tests.support import needs

pytestmark = pytest.mark.timeout(3000)

LATER = "later"
READING = load("reading")
WAYS = {
    "nbgrader": (AUTOGRADE, (), False),
    "nbgrader-locked": (AUTOGRADE, (), True),
    "grade-cold": (GRADE, ("--workers=2", "--Examine.warm=False"), False),
}


def hide(test: str, secret: str) -> str:
    return f"{test}\n### BEGIN HIDDEN TESTS\n{secret}\n### END HIDDEN TESTS"


def with_hidden_tests(secret: str) -> Mapping[str, str]:
    """A hidden part in a check of ours, and in a plain test."""
    return {
        **TESTS,
        "lowest": hide(TESTS["lowest"], f"check.gradient('slope', of=f, at=[41.5])  # {secret}"),
        "twice": hide("assert twice(2.0) == 4.0", f"assert abs(twice(5.0) - 10.0) < 1 # {secret}"),
    }


def second_notebook(secret: str) -> Mapping[str, nbformat.NotebookNode]:
    """When it runs, the first one is marked."""
    answers = {"after": "before = 1.0\nafter = 97.25"}
    tests = {
        "after": hide(
            "from autograder import check\nwith check.exercise():\n    check.value('before', 1.0)",
            f"    check.value('after', 97.25)  # {secret}",
        )
    }
    return {LATER: source_notebook(tests, answers)}


@pytest.fixture(scope="module", params=list(WAYS))
def ground(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Ground:
    """All of them marked in one run, in one of the ways."""
    needs.a_sandbox()
    command, options, locked = WAYS[request.param]
    folder = tmp_path_factory.mktemp("reading")
    container = containers(folder)[LOCKED] if locked else None
    made = Ground(folder, SHIPPED, with_hidden_tests, container=container, more=second_notebook)
    outcome = made.mark(READING, *options, command=command)
    assert outcome.status == 0, outcome.log[-4000:]
    assert outcome.changed == ()
    return made


def outputs_of(ground: Ground, attack: Attack) -> Iterator[tuple[str, str, dict]]:
    """Notebook, cell and data of each output that is not a record of ours."""
    for name in (NOTEBOOK, LATER):
        notebook = ground.autograded(attack.name, name)
        assert notebook is not None
        for cell in notebook.cells:
            for output in cell.get("outputs", []):
                if MIME not in output.get("data", {}):
                    yield name, cell.source, output


def seeds_of(ground: Ground, attack: Attack) -> set[str]:
    """Of all records in a marked submission: no two are the same, and nobody guesses one."""
    return {
        str(output.data[MIME]["seed"])
        for name in (NOTEBOOK, LATER)
        for cell in ground.autograded(attack.name, name).cells  # type: ignore[union-attr]
        for output in cell.get("outputs", [])
        if MIME in output.get("data", {})
    }


def test_there_are_enough_of_them():
    assert len(READING) >= 12


@pytest.mark.parametrize("attack", READING, ids=lambda attack: attack.name)
def test_it_has_seen_nothing_of_what_is_hidden(ground: Ground, attack: Attack):
    found = list(outputs_of(ground, attack))
    seeds = seeds_of(ground, attack)
    assert len(seeds) == 4
    # It did look, in both notebooks: else there would be nothing to see here.
    assert {name for name, _, output in found if THROUGH in str(output)} == {NOTEBOOK, LATER}
    for _, source, output in found:
        # The plain test shows itself, once it runs, in the traceback of its own failure.
        if "HIDDEN TESTS" not in source:
            assert ground.secret not in str(output)
            assert "97.25" not in str(output)
            assert not any(seed in str(output) for seed in seeds)


@pytest.mark.parametrize("student", HONEST_STUDENTS)
def test_honest_students_keep_their_marks(ground: Ground, student: str):
    scores = ground.scores(student)
    assert {name: scores[name] for name in ("slope", "descend", "twice")} == {
        name: POINTS[name] for name in ("slope", "descend", "twice")
    }
