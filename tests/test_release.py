"""The release is what nbgrader makes of the source, and gives no answer away."""

from __future__ import annotations

import copy
import hashlib
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import nbformat
import pytest
from nbclient import NotebookClient
from nbconvert.exporters import HTMLExporter
from nbgrader.converters import GenerateAssignment
from nbgrader.coursedir import CourseDirectory
from traitlets.config.loader import PyFileConfigLoader

from autograder.answers.source import is_begun, leaves_dots

ASSIGNMENT = "gradient_descent"
MORE = "more_practice"
ASSIGNMENTS = sorted(p.name for p in (Path(__file__).parents[1] / "source").iterdir())

# The exercises that students, lecturers and gradebooks rely on, with their points.
CONTRACT = {
    "01_derivatives": {
        "analogies": 1,
        "f_derivative": 1,
        "f_stationary_point": 2,
        "func_gradient": 1,
        "quartic_gradient": 2,
        "quartic_second_derivative": 2,
        "quartic_curvature": 1,
    },
    "02_minima": {
        "func_minimum": 2,
        "func_second_derivative": 1,
        "quartic_minimum": 2,
        "quartic_other_minimum": 2,
        "descent_routine": 3,
        "diverging_step": 1,
        "knobs": 1,
    },
    "03_goldfield": {
        "goldfield_gradient": 2,
        "goldfield_partials": 3,
        "leaning_partials": 0,
        "goldfield_minimum": 2,
        "goldfield_axis_minimum": 2,
        "waves_minimum": 2,
    },
}
# For those who want more: no points, and nothing that a gradebook relies on.
PRACTICE = {
    "bug_hunt": [f"loop_{k}" for k in range(1, 7)],
    "starred": ["best_price", "fit", "heavy_ball", "few_slopes"],
}
BY_HAND = {"analogies", "knobs"}


def notebooks(folder: Path) -> dict[str, Any]:
    return {p.stem: nbformat.read(p, as_version=4) for p in sorted(folder.glob("*.ipynb"))}


def all_notebooks(folder: Path) -> dict[str, Any]:
    return notebooks(folder / ASSIGNMENT) | notebooks(folder / MORE)


@pytest.fixture(scope="module")
def source(course: Path) -> dict[str, Any]:
    return all_notebooks(course / "source")


@pytest.fixture(scope="module")
def release(course: Path) -> dict[str, Any]:
    return all_notebooks(course / "release")


def about(cell: Any) -> dict[str, Any]:
    return dict(cell.metadata.get("nbgrader", {}))


def test_every_assignment_is_released(course: Path) -> None:
    sources = {p.name for p in (course / "source").iterdir()}
    assert sources >= {ASSIGNMENT, MORE}
    assert {p.name for p in (course / "release").iterdir()} == sources


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_the_release_is_in_step_with_the_source(
    course: Path, tmp_path: Path, assignment: str
) -> None:
    shutil.copytree(course / "source" / assignment, tmp_path / "source" / assignment)
    shutil.copy(course / "nbgrader_config.py", tmp_path)
    config = PyFileConfigLoader("nbgrader_config.py", path=str(tmp_path)).load_config()
    config.SaveCells.enabled = False
    coursedir = CourseDirectory(config=config)
    coursedir.assignment_id = assignment
    GenerateAssignment(coursedir=coursedir, config=config, no_database=True).start()

    made = {p.name: p.read_text() for p in (tmp_path / "release" / assignment).iterdir()}
    kept = {p.name: p.read_text() for p in (course / "release" / assignment).iterdir()}
    assert made.keys() == kept.keys()
    stale = [name for name in made if made[name] != kept[name]]
    assert not stale, f"run `make release`: {', '.join(stale)} no longer follows from source/"


def test_the_release_keeps_the_contract(release: dict[str, Any]) -> None:
    found: dict[str, dict[str, float]] = {}
    for name, notebook in release.items():
        graded = [about(c) for c in notebook.cells if about(c).get("grade")]
        assert all(
            a["grade_id"] in BY_HAND if a["solution"] else a["grade_id"].endswith("_check")
            for a in graded
        )
        found[name] = {a["grade_id"].removesuffix("_check"): a["points"] for a in graded}
    practice = {name: dict.fromkeys(ids, 0) for name, ids in PRACTICE.items()}
    assert found == CONTRACT | practice


def test_every_answer_cell_is_a_stub(release: dict[str, Any]) -> None:
    for name, exercises in {**CONTRACT, **PRACTICE}.items():
        cells = {about(c).get("grade_id"): c for c in release[name].cells}
        for exercise in exercises:
            cell = cells[exercise]
            assert about(cell)["solution"], exercise
            if exercise in BY_HAND:
                assert cell.source == "YOUR ANSWER HERE"
            else:
                assert "# YOUR CODE HERE" in cell.source, exercise
                assert leaves_dots(cell.source), exercise
                assert not is_begun(cell.source), exercise


def test_an_untouched_notebook_is_calm(
    release: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Run from top to bottom, no cell stops, and each check says that nothing is begun."""
    for name, notebook in release.items():
        fresh = copy.deepcopy(notebook)
        path = tmp_path / f"{name}.ipynb"
        nbformat.write(fresh, path)
        monkeypatch.setenv("JPY_SESSION_NAME", str(path))
        NotebookClient(fresh, timeout=600, allow_errors=True).execute(cwd=str(tmp_path))
        for cell in fresh.cells:
            outputs = cell.get("outputs", [])
            assert [o.evalue for o in outputs if o.output_type == "error"] == [], cell.id
            if about(cell).get("grade") and cell.cell_type == "code":
                (card,) = (o.data["text/plain"] for o in outputs)
                assert "not started" in card, cell.id


def test_a_picture_says_in_words_what_it_shows(release: dict[str, Any]) -> None:
    """nbconvert and VS Code read them in the metadata of a PNG, JupyterLab in HTML."""
    (cell,) = (c for c in release["01_derivatives"].cells if c.get("id") == "picture-f")
    notebook = copy.deepcopy(release["01_derivatives"])
    place = [c.get("id") for c in notebook.cells].index("picture-f")
    notebook.cells = [c for c in notebook.cells[: place + 1] if c.cell_type == "code"]
    NotebookClient(notebook, timeout=600).execute()
    (output,) = notebook.cells[-1].outputs
    words = output.metadata["image/png"]["alt"]
    assert words in cell.source
    assert output.data["text/plain"] == f"Figure: {words}"
    assert f'<img alt="{words}"' in output.data["text/html"]
    page, _ = HTMLExporter().from_notebook_node(notebook)
    assert page.count("<img") == page.count(f'alt="{words}"') == 1


def test_what_is_not_right_yet_stops_no_run_of_all_cells(release: dict[str, Any]) -> None:
    code = [c for n in release.values() for c in n.cells if c.cell_type == "code"]
    for cell in code:
        theirs = about(cell).get("solution") or about(cell).get("grade")
        assert ("raises-exception" in cell.metadata.get("tags", [])) == bool(theirs)


def test_the_release_holds_no_outputs(release: dict[str, Any]) -> None:
    code = [c for n in release.values() for c in n.cells if c.cell_type == "code"]
    assert all(not c.outputs and c.execution_count is None for c in code)


def solution_lines(notebook: Any) -> Iterator[str]:
    """Lines of the solutions, but for those that give nothing away."""
    for cell in notebook.cells:
        if not about(cell).get("solution"):
            continue
        if cell.cell_type == "markdown":
            text = cell.source
        else:
            text = "".join(
                re.findall(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", cell.source, re.DOTALL)
            )
        for line in text.splitlines():
            # How an answer is called, and by what, the exercise says itself.
            if len(re.sub(r"\W", "", line)) > 8 and not re.fullmatch(r"def \w+\(x\):", line):
                yield line.strip()


@pytest.mark.parametrize(("exercises", "least"), [(CONTRACT, 40), (PRACTICE, 20)])
def test_no_line_of_a_solution_is_in_the_release(
    source: dict[str, Any], release: dict[str, Any], exercises: dict[str, Any], least: int
) -> None:
    """Of an assignment: a later one may come back to what an earlier one asked."""
    lines = {line for name in exercises for line in solution_lines(source[name])}
    # A loop that is mended keeps the lines in which it is right.
    lines -= {
        line.strip()
        for name in exercises
        for cell in release[name].cells
        if about(cell).get("grade_id", "").startswith("given_walk")
        for line in cell.source.splitlines()
    }
    assert len(lines) > least  # the search below would find nothing in nothing
    shown = {
        line.strip()
        for name in exercises
        for cell in release[name].cells
        for line in cell.source.splitlines()
    }
    assert not lines & shown


def test_no_line_of_a_solution_is_in_the_package(course: Path, source: dict[str, Any]) -> None:
    """A submission can read the package it runs with, and students install it."""
    lines = {line for notebook in source.values() for line in solution_lines(notebook)}
    for path in (course / "autograder").rglob("*.py"):
        shared = lines & {line.strip() for line in path.read_text(encoding="utf-8").splitlines()}
        assert not shared, path


def given_functions(release: dict[str, Any]) -> dict[str, Callable[..., Any]]:
    namespace: dict[str, Any] = {"jnp": jnp}
    for notebook in release.values():
        for cell in notebook.cells:
            if about(cell).get("grade_id", "").startswith("given_"):
                exec(cell.source, namespace)
    return namespace


def stationary(slope: Callable[[float], Any], start: float) -> float:
    """Newton's method on the slope, to the last digit."""
    bend = jax.jit(jax.grad(slope))
    x = start
    for _ in range(20):
        x = x - float(slope(x)) / float(bend(x))
    return x


@pytest.fixture(scope="module")
def expected(release: dict[str, Any]) -> dict[str, float]:
    """The numbers that a student is asked for, but for those that are one digit long."""
    with jax.enable_x64(True):
        given = given_functions(release)
        f, func, quartic = (jax.jit(jax.grad(given[n])) for n in ("f", "func", "quartic"))
        x_final = 4.2
        for _ in range(300):
            x_final -= 0.005 * float(func(x_final))
        by_x, by_y = jax.grad(given["goldfield2"], argnums=(0, 1))(1.0, 0.5)
        values = {
            "x_stationary": stationary(f, 0.0),
            "func's minimum": stationary(func, 0.0),
            "x_final": x_final,
            "the left minimum": stationary(quartic, -2.0),
            "the right minimum": stationary(quartic, 3.0),
            "the hilltop": stationary(quartic, 0.3),
            "the step that diverges": 2 / float(jax.grad(func)(0.0)),
            "dgoldfield2_dx(1.0, 0.5)": float(by_x),
            "dgoldfield2_dy(1.0, 0.5)": float(by_y),
            "waves_min": 1.5 * float(jnp.pi),
            "waves_min, nearest": 0.5 * float(jnp.pi),
            "coords_min": float(jnp.pi),
        }
        for x in (3.0, 0.5, -2.0):
            values[f"dquartic({x})"] = float(quartic(x))
            values[f"ddquartic({x})"] = float(jax.grad(quartic)(x))
    return values


NUMBER = r"(?<![\w.#])\d+(?:\.\d+)?(?![\w.]*[a-z\d])"


def shown_numbers(text: str) -> Iterator[float]:
    """Every number and every quotient of two numbers that a reader of `text` sees."""
    yield from (float(n) for n in re.findall(NUMBER, text))
    for over, under in re.findall(rf"({NUMBER})\s*[/\u2044]\s*({NUMBER})", text):
        if float(under):
            yield float(over) / float(under)


def gives_away(cell: Any, values: dict[str, float]) -> list[str]:
    """The expected values that a cell shows, to three digits.

    A value that is shorter than that, such as 85 or 1.5, counts in a text only: code is full of
    such numbers, as widths of lines and limits of axes.
    """
    short = {what for what, value in values.items() if float(f"{value:.2g}") == value}
    return [
        f"{what} = {value:.6g}"
        for number in shown_numbers(cell.source)
        for what, value in values.items()
        if f"{number:.3g}" == f"{abs(value):.3g}"
        and (cell.cell_type == "markdown" or what not in short)
    ]


def test_no_expected_value_is_in_the_release(
    release: dict[str, Any], expected: dict[str, float]
) -> None:
    assert expected["func's minimum"] == pytest.approx(-2 / 3)
    found = [
        (name, cell.source, given_away)
        for name, notebook in release.items()
        for cell in notebook.cells
        if (given_away := gives_away(cell, expected))
    ]
    assert not found


@pytest.mark.parametrize(
    "text",
    ["it ends at -0.6667.", "x_min = -2/3", "which is 0.785 there", "144", "the slope is 85, so"],
)
def test_a_value_that_is_shown_is_found(expected: dict[str, float], text: str) -> None:
    assert gives_away(nbformat.v4.new_markdown_cell(text), expected)


# ------------------------------------------------------------------------------------ as pages


@pytest.mark.parametrize("name", [*CONTRACT, *PRACTICE])
def test_pages_to_look_at_are_of_this_release(course: Path, name: str) -> None:
    """`make rendered` makes them anew."""
    page = (course / "docs" / "notebooks" / f"{name}.html").read_text(encoding="utf-8")
    (path,) = (course / "release").glob(f"*/{name}.ipynb")
    release = path.read_bytes()
    assert f'<meta name="made-of" content="{hashlib.sha256(release).hexdigest()}">' in page
    # One file, whose pictures are told, on which nothing has gone wrong.
    pictures = re.findall(r"<img [^>]*>", page)
    assert len(pictures) >= 3
    for picture in pictures:
        assert re.search(r'alt="[^"]{30,}', picture)
        assert 'src="data:image/' in picture
    assert "<math" in page
    assert "<script" not in page
    assert "Traceback (most recent" not in page
    assert page.count("not started") >= 4
