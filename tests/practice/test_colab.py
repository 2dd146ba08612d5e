"""A notebook in Colab: the kernel is told no ids of cells, and the file is not to be found."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from autograder import progress
from tests.practice.sessions import RELEASE, Session

SOURCE = Path(__file__).parents[2] / "source" / "gradient_descent"
NOTEBOOKS = ["01_derivatives", "02_minima", "03_goldfield"]


def code(folder: Path, name: str) -> list[tuple[str, str]]:
    """The code cells by their names in nbgrader, but for those that only illustrate."""
    cells = json.loads((folder / f"{name}.ipynb").read_text(encoding="utf-8"))["cells"]
    return [
        (cell["metadata"].get("nbgrader", {}).get("grade_id", ""), "".join(cell["source"]))
        for cell in cells
        if cell["cell_type"] == "code" and "illustration" not in cell["metadata"].get("tags", [])
    ]


def cards(session: Session, cells: list[tuple[str, str]]) -> dict[str, str]:
    """What the checks say when all cells are run, by exercise."""
    said = {name: session.run(text) for name, text in cells}
    return {name: card for name, card in said.items() if name.endswith("_check")}


@pytest.fixture(params=[None, "fileId=1AbC", "/content/of/nothing.ipynb"])
def told(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What a notebook service says of the file, if it says anything."""
    monkeypatch.chdir(tmp_path)
    if request.param is not None:
        monkeypatch.setenv("JPY_SESSION_NAME", request.param)


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_right_work_is_right_and_stays_so(session: Session, name: str) -> None:
    cells = code(SOURCE, name)
    for _ in range(2):  # from top to bottom, and again
        for exercise, card in cards(session, cells).items():
            assert card.startswith("✓"), (exercise, card)
            assert not {"✗", "!"} & set(card), (exercise, card)
    progress()
    assert "The file of this notebook could not be found" in session.shown[-1]["text/plain"]


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_as_it_was_given_is_not_started(session: Session, name: str) -> None:
    for exercise, card in cards(session, code(RELEASE, name)).items():
        assert "not started" in card, (exercise, card)
        assert "✗" not in card


@pytest.mark.usefixtures("told")
def test_whatever_is_told_of_the_file(session: Session) -> None:
    cells = code(SOURCE, NOTEBOOKS[0])[:4]
    assert cells[3][0] == "f_derivative_check"
    assert cards(session, cells)["f_derivative_check"].startswith("✓ f_prime")
    (answer,) = (text for name, text in cells if name == "f_derivative")
    session.run(answer.replace("return", "return -1.0 *"))
    assert session.run(cells[3][1]).startswith("✗ f_prime")
    session.run("def f_prime(x):\n    raise NotImplementedError()")
    assert "✓" not in session.run(cells[3][1])
