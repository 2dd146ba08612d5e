"""The first cell of each notebook where the package is missing, too old, or somebody else's."""

from __future__ import annotations

import re
import sys
import types
from pathlib import Path

import matplotlib.pyplot as plt
import nbformat
import pytest

import autograder
from autograder.distribution import DISTRIBUTION

FOLDER = Path(__file__).parents[2] / "source" / "gradient_descent"


@pytest.fixture(params=sorted(path.stem for path in FOLDER.glob("*.ipynb")))
def first_cell(request: pytest.FixtureRequest) -> str:
    cells = nbformat.read(FOLDER / f"{request.param}.ipynb", as_version=4).cells
    return str(next(cell.source for cell in cells if cell.cell_type == "code"))


def module(**names: object) -> types.ModuleType:
    made = types.ModuleType("autograder")
    vars(made).update(names)
    return made


@pytest.mark.parametrize(
    ("there", "said"),
    [
        pytest.param(None, "autograder", id="missing"),
        pytest.param(
            module(check=autograder.check, progress=autograder.progress), "coach", id="too old"
        ),
        pytest.param(module(main=print), "check", id="another project of that name"),
    ],
)
def test_the_first_cell_says_what_to_install(
    first_cell: str,
    there: types.ModuleType | None,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setitem(sys.modules, "autograder", there)
    monkeypatch.delitem(sys.modules, "autograder.check")
    for later in ("autograder.coach", "autograder.draw"):
        monkeypatch.delitem(sys.modules, later, raising=False)
    with plt.rc_context():
        exec(first_cell, {})
    out = capsys.readouterr().out
    assert "Not ready yet" in out
    assert said in out
    assert f"%pip install --upgrade {DISTRIBUTION}\n" in out
    assert "Colab" in out
    # On PyPI the shorter name belongs to somebody else.
    assert not re.search(r"install\s+(--\w+\s+)*autograder", out)


def test_the_first_cell_is_content_with_this_version(
    first_cell: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with plt.rc_context():
        exec(first_cell, {})
    assert capsys.readouterr().out == "Ready.\n"
