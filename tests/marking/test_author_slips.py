"""An author's slip is found before anybody is marked, and is never a student's 0.

Each notebook holds one slip that would otherwise cost right answers their marks, or give wrong ones
full marks, without a word.
"""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest

from autograder.doctor.notebooks import sources
from autograder.errors import CheckError, RubricError
from autograder.marking.rubric import read_rubric, verify_rubric
from autograder.marking.source_run import _code
from tests.marking.small_course import _cell

HEAD = "import jax, jax.numpy as jnp, numpy as np, math\nfrom autograder import check"
STUB = "# YOUR CODE HERE\nraise NotImplementedError()"


def notebook(given: str, answer: str, test: str) -> nbformat.NotebookNode:
    cells = [
        _cell("code", HEAD, "setup", locked=True),
        _cell("code", answer, "ex", solution=True),
        _cell("code", given, "given_f", locked=True),
        _cell("code", test, "ex_check", grade=True, locked=True, points=2),
    ]
    return nbformat.v4.new_notebook(cells=cells)


def look(tmp_path: Path, given: str, answer: str, test: str, stub: str = STUB) -> None:
    """Read the source and the release as marking does before it begins."""
    source, release = tmp_path / "source.ipynb", tmp_path / "release.ipynb"
    nbformat.write(notebook(given, answer, test), source)
    nbformat.write(notebook(given, stub, test), release)
    verify_rubric(read_rubric(source), release)


SQUARE = "def f(x):\n    return x**2 + jnp.sin(x)"
RIGHT = "def df(x):\n    return 2 * x + jnp.cos(x)"
CHECK = "check.gradient('df', of=f)"
NOISE = "noise = {draw}\ndef f(w):\n    return jnp.mean((w * 2.0 - 1.0 - noise) ** 2)"
LATER = "df = lambda x: jax.grad(f)(x)"

REFUSED = {
    "data without a seed": (
        NOISE.format(draw="0.1 * np.random.randn(20)"), LATER, CHECK, STUB,
        ["ex_check", "without a seed"],
    ),
    "a place without a seed": (
        "import random\nshift = random.random()\ndef f(x):\n    return (x - shift) ** 2",
        "class Late:\n    def __float__(self):\n        return shift\nlow = Late()",
        "check.minimum('low', of=f)", STUB,
        ["ex_check", "without a seed"],
    ),
    "a value without a seed": (
        "import random\nshift = random.random()",
        "class Late:\n    def __float__(self):\n        return shift\nlow = Late()",
        "check.value('low', shift)", STUB,
        ["ex_check", "without a seed"],
    ),
    "a function that a student's cell has a part in": (
        "def f(x):\n    return a * x**3 - x", f"a = 3.0\n{LATER}", CHECK, "a = 1.0",
        ["ex_check", "a locked cell"],
    ),
    "a value from a student's cell": (
        "def f(x):\n    return x**3 - x", "x0 = 2.0\ns = 11.0",
        "check.value('s', jax.grad(f)(x0))", STUB,
        ["ex_check", "NameError", "'x0'", "a locked cell"],
    ),
    "an assert beside a check": (
        SQUARE, RIGHT, f"{CHECK}\nassert abs(df(1.0) - 2.54) < 0.1", STUB,
        ["ex_check", "`assert abs(df(1.0) - 2.54) < 0.1`", "a test cell of its own"],
    ),
    "an assert within": (
        SQUARE, RIGHT, f"if True:\n    {CHECK}\n    assert df(0.0) == 1", STUB,
        ["ex_check", "`assert df(0.0) == 1`"],
    ),
    "a hidden assert": (
        SQUARE, RIGHT,
        f"{CHECK}\n### BEGIN HIDDEN TESTS\nassert df(0.0) == 1\n### END HIDDEN TESTS", STUB,
        ["ex_check", "`assert df(0.0) == 1`"],
    ),
    "points behind a check": (
        SQUARE, RIGHT, f"{CHECK}\n1.5", STUB, ["ex_check", "`1.5`"],
    ),
    "the function for its name": (
        SQUARE, RIGHT, "check.gradient(df, of=f)", STUB,
        ["ex_check", "in quotes", "'df'"],
    ),
    "NumPy in the function": (
        "def f(x):\n    return np.sin(x)", "df = jnp.cos", CHECK, STUB, ["ex_check", "NumPy"],
    ),
    "math in the function": (
        "def f(x):\n    return math.sin(x)", "df = jnp.cos", CHECK, STUB, ["ex_check", "jnp"],
    ),
    "another answer that is none": (
        SQUARE, "low = -0.4501836112948736", "check.minimum('low', of=f, other_than='lwo')", STUB,
        ["ex_check", "names another answer, 'lwo'", "no cell before it"],
    ),
    "no place": (
        SQUARE, RIGHT, "check.gradient('df', of=f, at=[])", STUB, ["ex_check", "at=[] shows no"],
    ),
    "a block without a check": (
        SQUARE, RIGHT, f"with check.exercise():\n    pass\n{CHECK}", STUB,
        ["ex_check", "no check in this block"],
    ),
    "a domain the wrong way round": (
        SQUARE, RIGHT, "check.gradient('df', of=f, domain=(3, 1))", STUB,
        ["ex_check", "the lower end first"],
    ),
}  # fmt: skip

SOUND = {
    "the derivative of what a student may have given a name": (
        SQUARE, "d2f = lambda x: 2 - jnp.sin(x)",
        "check.gradient('d2f', of=f, order=2, follows='df')", STUB,
    ),
    "nothing odd": (SQUARE, RIGHT, CHECK, STUB),
    "data with a seed": (
        NOISE.format(draw="0.1 * np.random.default_rng(7).normal(size=20)"), LATER, CHECK, STUB,
    ),
    "a function with a kink": (
        "def f(x):\n    return jnp.where(x > 0, jnp.sqrt(jnp.abs(x)), -x)", LATER, CHECK, STUB,
    ),
    "a function that only JAX's arrays can be handed to": (
        "def f(p):\n    return jnp.sum(p.at[0].add(1.0) ** 2)", LATER,
        "check.gradient('df', of=f, at=[[0.5, 1.0]])", STUB,
    ),
    "helpers, prints and pictures": (
        SQUARE, RIGHT, f"place = 3.0\nprint('looking')\n{CHECK}\nprint('done')", STUB,
    ),
    "a hidden check": (
        SQUARE, RIGHT, f"{CHECK}\n### BEGIN HIDDEN TESTS\n{CHECK}\n### END HIDDEN TESTS", STUB,
    ),
}  # fmt: skip


@pytest.mark.parametrize("slip", REFUSED)
def test_an_authors_slip_is_told_with_its_cell(tmp_path: Path, slip: str) -> None:
    *cells, words = REFUSED[slip]
    with pytest.raises(RubricError) as caught:
        look(tmp_path, *cells)
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize("name", SOUND)
def test_what_is_sound_goes_through(tmp_path: Path, name: str) -> None:
    look(tmp_path, *SOUND[name])


def test_the_doctor_runs_the_source(tmp_path: Path) -> None:
    for name, test in (("good", CHECK), ("bad", f"{CHECK}\nassert True")):
        for folder, answer in (("source", RIGHT), ("release", STUB)):
            path = tmp_path / folder / name / "one.ipynb"
            path.parent.mkdir(parents=True)
            nbformat.write(notebook(SQUARE, answer, test), path)
    bad, good = sources(tmp_path / "source", tmp_path / "release")
    assert (bad.level, good.level) == ("wrong", "fine")
    assert "`assert True`" in bad.says


PLAIN = {
    "assert True": True,
    "1 + 1": True,
    "assert 'df' in globals()": False,
    "0.0": False,
    "### BEGIN HIDDEN TESTS\nassert df(0.0) == 1\n### END HIDDEN TESTS": False,
    "Ellipsis": False,
}


@pytest.mark.parametrize("test", PLAIN)
def test_the_doctor_tries_plain_tests_on_an_empty_submission(tmp_path: Path, test: str) -> None:
    more = _cell("code", test, "plain", grade=True, locked=True, points=1)
    released = _cell("code", test.partition("### BEGIN")[0], "plain", grade=True, points=1)
    for folder, answer, cell in (("source", RIGHT, more), ("release", STUB, released)):
        made = notebook(SQUARE, answer, CHECK)
        made.cells.append(cell)
        (tmp_path / folder / "it").mkdir(parents=True)
        nbformat.write(made, tmp_path / folder / "it" / "one.ipynb")
    *warned, fine = sources(tmp_path / "source", tmp_path / "release")
    assert (fine.level, bool(warned)) == ("fine", PLAIN[test])
    assert ("an empty submission none" in fine.says) != bool(warned)
    assert all("plain of one is a test without a check" in each.says for each in warned)
    assert all(each.level == "warning" for each in warned)


def test_the_doctor_claims_nothing_of_an_empty_submission_before_there_is_one(
    tmp_path: Path,
) -> None:
    (tmp_path / "source" / "it").mkdir(parents=True)
    nbformat.write(notebook(SQUARE, RIGHT, CHECK), tmp_path / "source" / "it" / "one.ipynb")
    (fine,) = sources(tmp_path / "source", tmp_path / "release")
    assert fine.level == "fine"
    assert "an empty submission was not tried, with no release: one" in fine.says


def test_practice_too_wants_a_name() -> None:
    from autograder import check

    def df(x: float) -> float:
        return 2 * x

    with pytest.raises(CheckError, match=re.escape("in quotes, such as 'df'")):
        check.gradient(df, of=lambda x: x**2)


def test_a_line_that_goes_on_with_a_percent_sign_is_no_magic() -> None:
    text = "def f(x):\n    return (\n        x**2\n        % 3.0\n    )"
    assert _code({"source": text}) == text
    assert "%" not in _code({"source": f"%matplotlib inline\n{text.replace('% 3.0', '')}"})


@pytest.mark.parametrize(
    ("test", "stopped"),
    [
        ("check.gradient('df', of=3)", "ex_check of the source notebook stopped at line 1"),
        ("\ncheck.gradient('df', of=3)", "stopped at line 2 with CheckError"),
        ("x = 1\nx = np.reshape([x], (2, 3))", "stopped at line 2 with ValueError"),
        ("x = 1\n\nx = =", "stopped at line 3 with SyntaxError"),
    ],
)
def test_the_line_is_one_of_the_cell(tmp_path: Path, test: str, stopped: str) -> None:
    with pytest.raises(RubricError, match=stopped):
        look(tmp_path, SQUARE, RIGHT, test)
