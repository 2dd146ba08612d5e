"""`autograder doctor` says beforehand which packages marking lacks."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbformat import v4

from autograder.doctor.findings import Finding
from autograder.doctor.imports import PACKAGES, assignment_packages, imported


def _notebook(path: Path, *cells: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(v4.new_notebook(cells=[v4.new_code_cell(cell) for cell in cells]), path)
    return path


def _found(root: Path) -> list[Finding]:
    return list(assignment_packages(root / "source", root / "submitted"))


def test_what_a_notebook_imports(tmp_path: Path) -> None:
    path = _notebook(
        tmp_path / "a.ipynb",
        "%load_ext some_extension\nimport numpy as np, torch.nn as nn\nfrom jax import grad",
        "def f():\n    from scipy.special import erf\n    from . import helper\n    return erf",
        "import = 3",
        "text = 'import nothing'",
    )
    assert imported(path) == {"numpy", "torch", "jax", "scipy"}
    path.write_text("no notebook")
    assert imported(path) == set()


def test_all_is_there(tmp_path: Path) -> None:
    _notebook(tmp_path / "source" / "one" / "a.ipynb", "import jax, json, tqdm\nimport helper")
    (tmp_path / "source" / "one" / "helper.py").touch()
    (tmp_path / "source" / "one" / PACKAGES).write_text("jax>=0.4  # for all\n\nnumpy\n")
    assert [finding.level for finding in _found(tmp_path)] == ["fine"]


def test_what_the_source_needs_is_wrong_and_what_students_use_a_warning(tmp_path: Path) -> None:
    _notebook(tmp_path / "source" / "one" / "a.ipynb", "import no_such_package_here")
    for student in ("anna", "ben", "carla", "dora"):
        _notebook(tmp_path / "submitted" / student / "one" / "a.ipynb", "import no_such_other")
    source, theirs = _found(tmp_path)
    assert (source.level, theirs.level) == ("wrong", "warning")
    assert "no_such_package_here" in source.says
    assert "anna, ben, carla and 1 more" in theirs.says
    assert "`autograder grade one`" in theirs.cure


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("no-such-package-here", "has none"),
        ("numpy<0.1", "but marking has"),
        ("not a package!", "names no package"),
    ],
)
def test_what_an_assignment_promises_and_marking_has_not(
    tmp_path: Path, line: str, words: str
) -> None:
    _notebook(tmp_path / "source" / "one" / "a.ipynb", "import jax")
    (tmp_path / "source" / "one" / PACKAGES).write_text(f"{line}\njax\n")
    (finding,) = _found(tmp_path)
    assert finding.level == "wrong"
    assert words in finding.says
