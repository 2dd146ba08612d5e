"""The source notebooks: laid out for nbgrader, run from top to bottom, with pictures for all eyes.

What the release must hold and must not give away is in test_release.py.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import nbformat
import pytest
from matplotlib.collections import Collection
from matplotlib.colors import to_hex
from matplotlib.lines import Line2D

from autograder.feedback.titles import ANCHOR

SOURCE = Path(__file__).resolve().parent.parent / "source"
PATHS = {path.stem: path for path in sorted(SOURCE.glob("*/*.ipynb"))}
COURSE = ("01_derivatives", "02_minima", "03_goldfield")
MORE = ("bug_hunt", "starred")

# Okabe and Ito's colours (https://jfly.uni-koeln.de/color/) that the notebooks use, and greys.
PLAIN_COLOURS = {"#0072b2", "#d55e00", "#009e73", "#000000", "#808080", "#ffffff"}
COLOUR_MAPS = {"cividis"}  # made for colour-blind eyes: doi 10.1371/journal.pone.0199239

SOLUTION = re.compile(r"### BEGIN SOLUTION.*?### END SOLUTION", re.DOTALL)


def cells_of(name: str) -> list[Any]:
    return list(nbformat.read(PATHS[name], as_version=4).cells)


def about(cell: Any) -> dict[str, Any]:
    return dict(cell.metadata.get("nbgrader", {}))


def is_solution(cell: Any) -> bool:
    return bool(about(cell).get("solution"))


def is_test(cell: Any) -> bool:
    return bool(about(cell).get("grade")) and not is_solution(cell)


@pytest.fixture(params=PATHS)
def cells(request: pytest.FixtureRequest) -> list[Any]:
    return cells_of(request.param)


def run(cells: list[Any]) -> Iterator[tuple[int, Any]]:
    """Run the code cells in one namespace; yield (index, figure) for each figure drawn."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    with warnings.catch_warnings(), pytest.MonkeyPatch.context() as patch, plt.rc_context():
        warnings.simplefilter("error")
        # As in a notebook, where the figure is shown and does not wait for a window.
        patch.setattr(plt, "show", lambda: None)
        for index, cell in enumerate(cells):
            if cell.cell_type != "code":
                continue
            try:
                exec(compile(cell.source, f"<{cell.id}>", "exec"), namespace)
                for number in plt.get_fignums():
                    figure = plt.figure(number)
                    figure.canvas.draw()
                    yield index, figure
            finally:
                plt.close("all")


@pytest.fixture(scope="module", params=PATHS)
def drawn(request: pytest.FixtureRequest) -> list[tuple[Any, Any, Any]]:
    """(cell, the cell after it, figure): the notebook has run, checks and all."""
    cells = cells_of(request.param)
    return [(cells[i], cells[i + 1], figure) for i, figure in run(cells)]


def test_no_notebook_is_forgotten() -> None:
    assert set(PATHS) >= {*COURSE, *MORE}  # and whatever an instructor adds


def test_each_answer_is_followed_by_its_check(cells: list[Any]) -> None:
    solutions = 0
    ids = {n: {about(c).get("grade_id") for c in cells_of(n)} for n in COURSE + MORE}
    ours, more = set().union(*ids.values()), set().union(*(ids[name] for name in MORE))
    for cell, after in pairwise(cells):
        if not is_solution(cell) or cell.cell_type == "markdown":
            continue
        solutions += 1
        flags = {"schema_version": 3, "solution": True, "grade": False, "locked": False}
        assert about(cell) == {**flags, "task": False, "grade_id": cell.id}
        flags = {"schema_version": 3, "solution": False, "grade": True, "locked": True}
        points = about(after).pop("points")
        # What is for practice beyond the assignment's exercises is worth none.
        assert cell.id not in ours or (points > 0) != (cell.id in ("leaning_partials", *more))
        expected = {**flags, "task": False, "grade_id": f"{cell.id}_check", "points": points}
        assert about(after) == expected
        assert len(SOLUTION.findall(cell.source)) == 1, cell.id
    assert solutions == sum(is_test(cell) for cell in cells) > 0


def test_a_check_cell_says_what_it_asks_and_holds_verbs_only(cells: list[Any]) -> None:
    for cell in filter(is_test, cells):
        first, *rest = cell.source.splitlines()
        assert re.fullmatch(r"# .+\?", first), cell.id
        assert all(re.match(r"\s*(check\.|with check\.exercise\(\):)", line) for line in rest)


def test_no_output_is_kept(cells: list[Any]) -> None:
    code = [cell for cell in cells if cell.cell_type == "code"]
    assert all(not cell.outputs and cell.execution_count is None for cell in code)


def test_headings_go_down_one_level_at_a_time(cells: list[Any]) -> None:
    text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    levels = [len(marks) for marks in re.findall(r"^(#+) ", text, re.MULTILINE)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_pictures_have_words_and_labels(drawn: list[tuple[Any, Any, Any]]) -> None:
    assert len(drawn) >= 4
    for cell, _, figure in drawn:
        assert re.fullmatch(r"[\w−].{40,}\.", figure.get_label()), cell.id
        for ax in figure.axes:
            if ax.get_label() == "<colorbar>":
                assert ax.get_ylabel(), cell.id
                continue
            assert ax.get_xlabel(), cell.id
            assert ax.get_ylabel(), cell.id
            assert ax.get_title(), cell.id


MOST_LINES_THAT_DRAW = 258 // 3  # a third of what they were before `draw`


def test_the_notebooks_are_about_mathematics() -> None:
    """Drawing is `draw`'s business: few lines, and none of Matplotlib's own.

    Of the cells that draw, all lines count but comments and those that hold words alone.
    """
    code = [c.source for name in COURSE for c in cells_of(name) if c.cell_type == "code"]
    assert not [source for source in code if re.search(r"\b(plt|ax|fig)\.", source)]
    lines = [
        line
        for source in code
        if ".show(" in source
        for line in source.splitlines()
        if line.strip() and not line.lstrip().startswith(("#", '"'))
    ]
    assert 40 < len(lines) <= MOST_LINES_THAT_DRAW


def test_every_exercise_is_seen_at_a_glance(cells: list[Any]) -> None:
    text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    headings = re.findall(r"^### (?!Practice: ).*", text, re.MULTILINE)
    worth = r"(1 point|[2-9] points|for practice, no points)"
    assert all(re.fullmatch(rf"### ✎ Exercise: .+ · {worth}", ANCHOR.sub("", h)) for h in headings)
    assert len(headings) == sum(is_solution(cell) for cell in cells)


TERMS = {
    "01_derivatives": ("loss function", "gradient descent", "at random", "scalar"),
    "02_minima": (
        *("local minimum", "global minimum", "converges", "diverges", "hyperparameters"),
        "random",
    ),
    "03_goldfield": ("partial derivative", "gradient", "saddles", "loss function"),
    "starred": ("loss function", "mean squared error", "heavy ball"),
}


@pytest.mark.parametrize("name", TERMS)
def test_the_words_of_the_trade_are_said(name: str) -> None:
    text = "\n".join(c.source for c in cells_of(name) if c.cell_type == "markdown")
    assert [term for term in TERMS[name] if term not in text] == []


def colours(figure: Any) -> set[str]:
    """The colours of all marks, but for those that a colour map gives."""
    data = [artist for ax in figure.axes for artist in (*ax.lines, *ax.collections, *ax.texts)]
    found: set[str] = set()
    for artist in data:
        if isinstance(artist, Line2D):
            found |= {to_hex(artist.get_color()), to_hex(artist.get_markerfacecolor())}
        elif not isinstance(artist, Collection):
            found.add(to_hex(artist.get_color()))
            arrow = getattr(artist, "arrow_patch", None)
            found |= {to_hex(arrow.get_edgecolor())} if arrow else set()
        elif artist.get_array() is None or artist.get_cmap().name not in COLOUR_MAPS:
            found |= {to_hex(c) for c in (*artist.get_edgecolor(), *artist.get_facecolor())}
    return found


def test_colours_can_be_told_apart_by_everyone(drawn: list[tuple[Any, Any, Any]]) -> None:
    for cell, _, figure in drawn:
        assert colours(figure) <= PLAIN_COLOURS, cell.id


def test_the_colours_of_a_default_plot_are_refused() -> None:
    figure, (left, right) = plt.subplots(1, 2)
    left.plot([0, 1], [0, 1])
    assert not colours(figure) <= PLAIN_COLOURS
    left.lines[0].remove()
    assert colours(figure) <= PLAIN_COLOURS
    right.contour([[0, 1], [1, 2]], cmap="jet")
    assert not colours(figure) <= PLAIN_COLOURS
    plt.close(figure)


def practice(cells: list[Any]) -> list[Any]:
    return [cell for cell in cells if "coach." in cell.source and cell.cell_type == "code"]


@pytest.mark.parametrize("name", COURSE)
def test_practice_is_neither_marked_nor_run_in_marking(name: str) -> None:
    cells = cells_of(name)
    assert any("coach.predict_" in cell.source for cell in practice(cells))
    for cell in practice(cells):
        assert not about(cell)
        assert cell.metadata["tags"] == ["illustration"]


# What a right guess and right answers are, by the notebook: all with which its cells are filled.
FILLED = {
    "01_derivatives": {
        "my_guess = ...": 'my_guess = "right"',
        "return ...  # by hand": "return 3 * x**2 - 2",
    },
    "02_minima": {
        'my_guess = ...  # "left"': 'my_guess = "left"  #',
        "my_guess = ...  # 0.05": "my_guess = 0.25  #",
        "x, steps = ..., ...": (
            "x, steps = start, 0\n"
            "    while abs(df(x)) >= tolerance:\n"
            "        x, steps = x - step_size * df(x), steps + 1"
        ),
    },
    "03_goldfield": {"my_guess = ...": 'my_guess = "saddle"'},
}


@pytest.mark.parametrize("name", COURSE)
def test_practice_that_is_done_is_said_to_be_right(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    cells = cells_of(name)
    given = [cell for cell in cells if about(cell).get("locked") and not is_test(cell)]
    free = re.compile(r"coach\.(walk|recall)\(")  # no right answer, or with numbers of one's own
    mine = [cell for cell in practice(cells) if not free.search(cell.source)]
    examples = [cell for cell in cells if cell.id == "example-g"]
    for cell in mine:
        (dots, done), *others = [(d, f) for d, f in FILLED[name].items() if d in cell.source]
        assert not others
        cell.source = cell.source.replace(dots, done)
    drawn = [figure for _, figure in run([*given, *examples, *mine])]
    said = capsys.readouterr().out
    assert said.count("✓") == len(mine)
    assert len(drawn) == sum("stops_when" not in cell.source for cell in mine)
    for figure in drawn:
        assert colours(figure) <= PLAIN_COLOURS
        assert re.fullmatch(r"\w.{40,}\.", figure.get_label())


@pytest.mark.parametrize(("name", "topic"), [(COURSE[1], "derivatives"), (COURSE[2], "descent")])
def test_a_notebook_begins_with_two_questions_on_the_one_before(name: str, topic: str) -> None:
    first, second = [cell for cell in cells_of(name) if cell.cell_type == "code"][:2]
    assert first.id == "setup"
    assert re.fullmatch(rf'coach\.recall\("{topic}", \w+=\.\.\., \w+=\.\.\.\)', second.source)


# Minutes: for reading mathematics in a foreign language, a line of code that is given, a picture,
# an exercise (and each of its points), and a piece of practice. Estimates of ours, and measured on
# nobody; they keep a notebook from growing.
WORDS_A_MINUTE, LINE, PICTURE, EXERCISE, POINT, PRACTICE = 130, 0.08, 0.5, 1.5, 1.0, 1.5


def minutes(cells: list[Any]) -> float:
    words = sum(len(c.source.split()) for c in cells if c.cell_type == "markdown")
    given = [c.source for c in cells if c.cell_type == "code" and not is_solution(c)]
    points = [about(c)["points"] for c in cells if about(c).get("grade")]
    marked = [p for p in points if p]
    return (
        words / WORDS_A_MINUTE
        + LINE * sum(len(source.splitlines()) for source in given)
        + PICTURE * sum(".show(" in source for source in given)
        + EXERCISE * len(marked)
        + POINT * sum(marked)
        + PRACTICE * len(practice(cells))
    )


@pytest.mark.parametrize("name", COURSE)
def test_a_notebook_takes_an_hour_at_most(name: str) -> None:
    assert 40 <= minutes(cells_of(name)) <= 60


def test_reading_goes_on_without_answers(
    cells: list[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """A student who has run no answer's cell yet can run every other cell."""
    reading = [cell for cell in cells if not is_solution(cell) and not is_test(cell)]
    assert list(run(reading))
    assert "You will see a picture here once `" in capsys.readouterr().out


def test_reading_goes_on_with_wrong_answers(cells: list[Any]) -> None:
    """The pictures that use a student's answers do not fall over what they find."""
    names = re.findall(r'check\.\w+\("(\w+)"', "\n".join(c.source for c in filter(is_test, cells)))
    assert names
    setup, *given = (cell for cell in cells if about(cell).get("locked") and not is_test(cell))
    pictures = [cell for cell in cells if "draw.waiting_for" in cell.source]
    assert pictures
    for junk in ("...", "None", "float('nan')", "lambda *args: None", "lambda *args: float('inf')"):
        answers = nbformat.v4.new_code_cell("\n".join(f"{name} = {junk}" for name in names))
        list(run([setup, *given, answers, *pictures]))


def test_each_exercise_has_an_anchor_of_its_name(cells: list[Any]) -> None:
    found = [name for cell in cells for name in ANCHOR.findall(cell.source)]
    graded = [about(cell)["grade_id"] for cell in cells if about(cell).get("grade")]
    assert found == [name.removesuffix("_check") for name in graded]
