"""A bug hunt: the loop says what is wrong with it, and each label has a walk of its own."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pytest

from autograder import check, draw
from autograder.answers.local import judge
from autograder.checks.evidence import MistakeEvidence, evidence_from_json, evidence_to_json
from autograder.checks.hunting import FIELD, VALLEY, named_walk, slip_of, walk_of
from autograder.checks.misconceptions.slips import SLIPS
from autograder.checks.mistake import NamedMistake
from autograder.checks.routine import DescentRoutine
from autograder.checks.verdict import Verdict
from autograder.errors import CheckError
from autograder.feedback.pictures.kinds import KINDS

NOTEBOOK = Path(__file__).parents[2] / "source" / "more_practice" / "bug_hunt.ipynb"
LABELS = [slip.label for slip in SLIPS]
Loop = Callable[..., Any]


def loop(body: str, *, before: str = "", rounds: str = "num_steps") -> Loop:
    """A routine whose loop has this body."""
    lines = [
        "def walk(df, start, step_size, num_steps):",
        "    x = start",
        *([f"    {before}"] if before else []),
        f"    for _ in range({rounds}):",
        f"        {body}",
        "    return x",
    ]
    namespace: dict[str, Any] = {"jnp": jnp}
    exec("\n".join(lines), namespace)
    return namespace["walk"]


RIGHT = loop("x = x - step_size * df(x)")
BROKEN = {
    "uphill": loop("x = x + step_size * df(x)"),
    "slope once": loop("x = x - step_size * slope", before="slope = df(x)"),
    "from the start": loop("x = start - step_size * df(x)"),
    "step added": loop("x = x - (step_size + df(x))"),
    "one too few": loop("x = x - step_size * df(x)", rounds="1, num_steps"),
    "one too many": loop("x = x - step_size * df(x)", rounds="num_steps + 1"),
    "never moves": loop("y = x - step_size * df(x)"),
    "only one step": loop("x = x - step_size * df(x); return x"),
    "slope squared": loop("x = x - step_size * df(x) ** 2"),
    "no step size": loop("x = x - df(x)"),
    "coordinates swapped": loop("x = x - step_size * jnp.flip(df(x))"),
}


def cells() -> list[Any]:
    return list(nbformat.read(NOTEBOOK, as_version=4).cells)


def of_notebook() -> dict[str, Loop]:
    """The notebook's own broken loops, by the label that its solution gives each."""
    namespace: dict[str, Any] = {"jnp": jnp}
    for cell in cells():
        if cell.get("metadata", {}).get("nbgrader", {}).get("grade_id", "").startswith("given_"):
            exec(cell.source, namespace)
    text = "\n".join(cell.source for cell in cells())
    labels = dict(re.findall(r'^mistake_(\d) = "(.+)"$', text, re.MULTILINE))
    return {label: namespace[f"walk_{number}"] for number, label in labels.items()}


def told(broken: Loop, label: Any) -> Verdict:
    (verdict,) = judge(NamedMistake("name", broken), {"name": label}, 3)
    return verdict


def test_every_label_has_a_case() -> None:
    assert list(BROKEN) == LABELS
    assert len(of_notebook()) == 6


@pytest.mark.parametrize("broken", [BROKEN, of_notebook()], ids=["each label", "the notebook"])
def test_a_broken_loop_earns_the_mistake_that_its_label_says(broken: dict[str, Loop]) -> None:
    """The label is found by trials of its own; here the check of routines judges the same loop."""
    for label, walk in broken.items():
        slip = slip_of(walk)
        assert slip.label == label
        for seed in (1, 2):
            (verdict,) = judge(DescentRoutine("walk"), {"walk": walk}, seed)
            assert verdict.misconception == slip.misconception, label
            assert verdict.share == 0


@pytest.mark.parametrize("label", LABELS)
def test_what_is_said_of_a_label_is_where_such_a_loop_goes(label: str) -> None:
    """The walk that is drawn for a wrong label is that of a loop with this mistake."""
    slip = next(slip for slip in SLIPS if slip.label == label)
    for scene in (VALLEY, FIELD):
        np.testing.assert_allclose(
            named_walk(slip, scene), walk_of(BROKEN[label], scene), rtol=1e-5, atol=1e-5
        )


@pytest.mark.parametrize("label", LABELS)
def test_only_the_right_label_is_right(label: str) -> None:
    assert told(BROKEN[label], label).right
    for other in LABELS:
        if other == label:
            continue
        verdict = told(BROKEN[label], other)
        assert verdict.misconception == "another_mistake"
        assert next(s.looks for s in SLIPS if s.label == other) in verdict.fact
        evidence = verdict.evidence
        assert isinstance(evidence, MistakeEvidence)
        # Else the picture would say that both are right.
        assert not np.allclose(evidence.walk, evidence.named, atol=0.05), other
        assert evidence_from_json(evidence_to_json(evidence)) == evidence
        picture = KINDS["mistake"](verdict)
        assert picture is not None
        assert other in picture.alt


@pytest.mark.parametrize("text", ["Uphill", " uphill ", "uphill.", ["uphill"]])
def test_a_label_is_read_kindly(text: Any) -> None:
    assert told(BROKEN["uphill"], text).right


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("downhill", "unknown_label"),
        (3, "unknown_label"),
        (..., "not_answered"),
        (lambda: "uphill", "function_not_called"),
    ],
)
def test_what_is_no_label_is_told(label: Any, name: str) -> None:
    verdict = told(BROKEN["uphill"], label)
    assert verdict.misconception == name
    if name == "unknown_label":
        assert all(f'"{known}"' in verdict.fact for known in LABELS)


@pytest.mark.parametrize(
    ("walk", "says"),
    [
        (RIGHT, "makes no mistake that is known"),
        (loop("x = x - step_size * df(x) / num_steps"), "there is no label"),
        (lambda df, start: start, "is no routine"),
    ],
)
def test_a_loop_that_cannot_be_hunted_is_its_authors_fault(walk: Loop, says: str) -> None:
    with pytest.raises(CheckError, match=says):
        check.mistake("name", of=walk)


def test_the_notebook_names_every_label() -> None:
    (table,) = (cell.source for cell in cells() if cell.id == "labels")
    assert re.findall(r'^\| `"(.+)"` \|', table, re.MULTILINE) == LABELS


@pytest.mark.parametrize(("label", "panels"), [("uphill", 2), ("coordinates swapped", 1)])
def test_a_loop_is_drawn_where_its_mistake_shows(
    label: str, panels: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plt, "show", lambda: None)
    draw.hunt(BROKEN[label]).show()
    figure = plt.gcf()
    assert len(figure.axes) == panels
    scene = VALLEY if panels == 2 else FIELD
    end = walk_of(BROKEN[label], scene)[-1]
    assert f"{end[0]:.4g}".replace("-", "−") in figure.get_label()
    plt.close(figure)
