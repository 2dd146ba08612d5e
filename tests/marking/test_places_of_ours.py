"""No path of the grader's machine is on a page."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import jax
import nbformat
import pytest
from IPython.core.interactiveshell import InteractiveShell

import autograder
from autograder.marking.budget import Budget
from autograder.marking.outputs import keep_sound
from autograder.marking.places import _roots, without_places

LIBRARY = str(Path(jax.__file__).parent)
HOME = str(Path.home())


def cell_with(**output: object) -> nbformat.NotebookNode:
    cell = nbformat.v4.new_code_cell("")
    cell.outputs = [nbformat.from_dict(output)]
    assert keep_sound(cell, 0, Budget())
    return cell


def tell_tales(cell: nbformat.NotebookNode) -> list[str]:
    text = str(cell)
    package = str(Path(autograder.__file__).parent)
    return [p for p in (LIBRARY, package, sys.prefix, sys.base_prefix + "/lib", "~/") if p in text]


@pytest.mark.parametrize("failing", ["jax.tree.map(len, 3)", "__import__('json').loads('{')"])
def test_a_traceback_shows_no_place(failing: str) -> None:
    shell = InteractiveShell(colors="linux")
    try:
        exec(failing, {"jax": jax})
    except Exception:  # noqa: BLE001 - shown as IPython shows it
        kind, value, trace = sys.exc_info()
        lines = shell.InteractiveTB.structured_traceback(kind, value, trace)
    assert "-packages" in "".join(lines) or "lib" in "".join(lines)
    cell = cell_with(output_type="error", ename="E", evalue=str(value), traceback=lines)
    shown = "".join(cell.outputs[0].traceback)
    assert not tell_tales(cell), shown
    assert "site-packages" not in shown
    assert "<jax>" in shown or "<python>" in shown
    assert str(value).splitlines()[0] in shown


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (f"{LIBRARY}/_src/api.py:574", "<jax>:574"),
        (f'  File "{LIBRARY}/_src/api.py", line 3, in f', '  File "<jax>", line 3, in f'),
        ("/opt/My Python/x/lib/python3.12/site-packages/numpy/core.py", None),
        ("C:\\Users\\me\\lib\\site-packages\\numpy\\core.py:3", "<numpy>:3"),
        ("/usr/lib/python3.11/json/decoder.py:355", "<python>:355"),
        ("1/2 and a/b: a slope of 3/4", "1/2 and a/b: a slope of 3/4"),
        ("(/a/lib/python3/dist-packages/jax/x.py, 3)", "(<jax>, 3)"),
        ("~/v/lib/python3.11/site-packages/numpy/x.py", "<numpy>"),
        ("<home>/v/lib/python3.11/json/x.py:3", "<python>:3"),
        ("path=/a/lib/python3.11/json/x.py", "path=<python>"),
    ],
)
def test_places_in_a_text(text: str, kept: str | None) -> None:
    shown = without_places(text)
    assert "site-packages" not in shown
    assert kept is None or shown == kept


@pytest.fixture
def among_blanks(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The environment lies in a folder with blanks in its name."""
    prefix = f"{HOME}/Kurs für Mathe/main/.venv"
    monkeypatch.setattr(sys, "prefix", prefix)
    _roots.cache_clear()
    yield prefix
    _roots.cache_clear()


@pytest.mark.parametrize("short", [False, True])
def test_an_environment_among_blanks_is_hidden(among_blanks: str, short: bool) -> None:
    prefix = among_blanks.replace(HOME, "~") if short else among_blanks
    path = f"{prefix}/lib/python3.13/site-packages/jax/_src/api.py"
    assert without_places(f"File {path}:574, in f") == "File <jax>:574, in f"
    assert without_places(f'File "{path}", line 3') == 'File "<jax>", line 3'
    assert without_places(f"{prefix}/bin/python") == "<python>/bin/python"


def test_whatever_a_cell_prints_of_its_machine_is_hidden() -> None:
    text = f"{jax.__file__} {sys.executable} {HOME}/course {autograder.__file__}"
    cell = cell_with(output_type="stream", name="stdout", text=text)
    assert not tell_tales(cell), cell.outputs
    shown = cell_with(output_type="display_data", data={"text/html": f"<p>{text}</p>"}, metadata={})
    assert not tell_tales(shown)
