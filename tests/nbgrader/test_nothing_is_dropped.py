"""What a student handed in is run, or read by a person: nothing is dropped, or silently worth 0."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest

from autograder.demo.students import SampleStudent, load_students
from autograder.errors import UnreadableSubmission
from autograder.marking.given import Given, name_of
from autograder.marking.reading import read_notebook
from autograder.marking.statements import read_code, same_text
from autograder.nbgrader.mend import mend
from tests.marking.handed_in import (
    ANSWERS,
    GIVEN,
    GIVEN_F,
    TEXTS,
    Notebook,
    assignment,
    index_of,
    mended,
    right,
)

RELEASE = Path(__file__).parents[2] / "release" / "gradient_descent"
EXERCISES = tuple(ANSWERS)
STUBS = {cell.name: cell.text for cell in GIVEN if cell.answer}


def cell(notebook: Notebook, name: str) -> dict:
    return notebook["cells"][index_of(notebook, name)]


def code(text: str) -> dict:
    return {
        "cell_type": "code", "metadata": {}, "source": text, "outputs": [], "execution_count": None,
    }  # fmt: skip


def words(text: str, kind: str = "markdown") -> dict:
    return {"cell_type": kind, "metadata": {}, "source": text}


def strip(notebook: Notebook) -> None:
    for one in notebook["cells"]:
        one["metadata"] = {}


def blank(notebook: Notebook, *names: str) -> None:
    for name in names:
        cell(notebook, name)["source"] = STUBS[name]


def each_text(notebook: Notebook, change: Callable[[str], str]) -> None:
    for one in notebook["cells"]:
        one["source"] = change(one["source"])


def all_right(found) -> bool:
    found.run()
    return all(found.is_right(exercise) for exercise in EXERCISES)


def test_a_right_notebook_is_right_and_nothing_is_said(tmp_path: Path) -> None:
    found = mended(right(), tmp_path)
    assert all_right(found)
    assert found.notes == []
    assert found.ask == {}
    assert len(found.notebook.cells) == len(GIVEN)


# ------------------------------------------------------------------------------ layout


def as_black_does(text: str) -> str:
    return (
        text.replace('"', "'").replace("x**2", "x ** 2").replace("3 * x", "3*x")
        .replace("# ", "#").replace("\n    ", "\n  ")
    )  # fmt: skip


LAYOUTS: dict[str, Callable[[str], str]] = {
    "crlf": lambda text: text.replace("\n", "\r\n"),
    "cr": lambda text: text.replace("\n", "\r"),
    "final newline": lambda text: text + "\n",
    "blanks at the ends": lambda text: text.replace("\n", "  \n") + "\t",
    "blank lines around": lambda text: f"\n\n{text}\n\n",
    "a byte order mark": lambda text: "\ufeff" + text,
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_layout_is_no_difference(tmp_path: Path, layout: str) -> None:
    notebook = right()
    each_text(notebook, LAYOUTS[layout])
    found = mended(notebook, tmp_path)
    assert found.notes == []
    assert found.ask == {}
    for given in GIVEN:
        if given.kept:
            assert found.cell(given.name).source == given.source


def test_a_formatter_is_no_difference(tmp_path: Path) -> None:
    notebook = right()
    for one in notebook["cells"]:
        if one["cell_type"] == "code":
            one["source"] = as_black_does(one["source"])
    found = mended(notebook, tmp_path)
    assert found.notes == []
    assert all_right(found)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("import b, a\nx=1", "import a\nimport b\n\nx = 1", True),
        ("from m import b, a", "from m import (\n    a,\n    b,\n)", True),
        ('def f():\n    """One.\n\n    Two."""', 'def f():\n  """\n  One.\n\n  Two.\n  """', True),
        ("x = 'a'; y = 2", 'x = "a"\ny = 2', True),
        ("%matplotlib inline\nx=1", "%matplotlib inline\nx = 1", True),
        ("x = 1", "x = 1.0", False),
        ("x = 1", "x = 1  # why?", False),
        ("x = 1", "x = 2", False),
    ],
)
def test_what_is_the_same_code(one: str, other: str, same: bool) -> None:
    assert same_text("code", one, other) is same


def test_a_blank_text_with_another_end_is_as_released(tmp_path: Path) -> None:
    notebook = right()
    cell(notebook, "why")["source"] = "YOUR ANSWER HERE\r\n"
    assert mended(notebook, tmp_path).cell("why").source == "YOUR ANSWER HERE"


# ---------------------------------------------------------------- lines in given cells


def test_an_import_put_before_a_given_text_is_run(tmp_path: Path) -> None:
    notebook = right()
    given = cell(notebook, "setup")
    given["source"] = "import cmath as np\n" + given["source"]
    cell(notebook, "slope")["source"] = "def f_prime(x): return (2 * x + 3) * np.cos(0).real"
    found = mended(notebook, tmp_path)
    assert all_right(found)
    assert found.notebook.cells[found.place("setup") - 1].source.endswith("import cmath as np")
    assert found.cell("setup").source == GIVEN[1].source
    assert [note for note in found.notes if "`setup`" in note and "cell of its own" in note]


def test_an_import_put_into_a_given_block_is_run(tmp_path: Path) -> None:
    notebook = right()
    given = cell(notebook, "setup")
    given["source"] = given["source"].replace(
        "    import math", "    import math\n    import cmath"
    )
    cell(notebook, "slope")["source"] = "def f_prime(x): return (2 * x + 3) * cmath.cos(0).real"
    assert all_right(mended(notebook, tmp_path))


def test_lines_that_use_what_is_given_are_run_behind_it(tmp_path: Path) -> None:
    notebook = right()
    given = cell(notebook, "given_f")
    given["source"] = f"{GIVEN_F}\n\n# mine\nheight = f(0.0)  # used below"
    cell(notebook, "lowest")["source"] = "x_lowest = -1.5 + 0 * height"
    found = mended(notebook, tmp_path)
    assert all_right(found)
    behind = found.notebook.cells[found.place("given_f") + 1]
    assert "# mine\nheight = f(0.0)  # used below" in behind.source
    assert "nbgrader" not in behind.metadata


def test_a_given_function_that_was_edited_is_as_given_and_what_stood_there_is_shown(tmp_path):
    notebook = right()
    edited = "def f(x):\n    return 7.0 * x  # ```easier"
    cell(notebook, "given_f")["source"] = edited + "\n\ntwice = lambda x: 2 * f(x)"
    cell(notebook, "lowest")["source"] = "x_lowest = -1.5 if twice(1.0) == -2.0 else 0.0"
    found = mended(notebook, tmp_path)
    assert all_right(found)
    shown = found.notebook.cells[found.place("given_f") - 1]
    assert shown.cell_type == "markdown"
    assert f"````python\n{edited}\n````" in shown.source


def test_a_given_name_that_gets_another_value_in_its_cell_keeps_the_given_one(tmp_path: Path):
    notebook = right()
    cell(notebook, "given_f")["source"] = f"{GIVEN_F}\n\ng = f\nf = lambda x: 0.0\nh = f(1.0)"
    cell(notebook, "lowest")["source"] = "x_lowest = -1.5 if f(0.0) == g(0.0) == -5 else h"
    assert all_right(mended(notebook, tmp_path))


def test_what_is_no_python_is_shown_and_a_person_is_asked(tmp_path: Path) -> None:
    notebook = right()
    blank(notebook, "slope")
    broken = f"{GIVEN_F}\n\ndef f_prime(x:\n    return 2 * x + 3"
    cell(notebook, "given_f")["source"] = broken
    found = mended(notebook, tmp_path).run()
    assert not found.is_right("slope")
    assert found.is_right("descent")
    assert "slope_check" in found.ask
    assert "def f_prime(x:\n    return 2 * x + 3" in found.text
    assert found.ask["slope_check"] in found.notes


def test_a_paragraph_added_to_a_given_text_stands_behind_it(tmp_path: Path) -> None:
    notebook = right()
    cell(notebook, "note")["source"] += "\n\nI think it is a *saddle*, too."
    found = mended(notebook, tmp_path)
    assert found.notebook.cells[found.place("note") + 1].source == "I think it is a *saddle*, too."
    assert found.cell("note").source == GIVEN[13].source


def test_text_that_a_formatter_wrapped_is_no_addition(tmp_path: Path) -> None:
    notebook = right()
    cell(notebook, "note")["source"] = "**Remember.** A slope of zero\nis level ground.\n"
    assert mended(notebook, tmp_path).notes == []


# ------------------------------------------------------- answers in the check's cell

CHECK = '# Is f_prime the slope of f?\ncheck.gradient("f_prime", of=f)'


@pytest.mark.parametrize(
    "text",
    [
        f"{ANSWERS['slope']}\n\n{CHECK}",
        f"{CHECK}\n\n{ANSWERS['slope']}",
        f"{ANSWERS['slope']}\n{CHECK}\n{CHECK}\nprint(f_prime(3.0))",
        "check.gradient('f_prime', of=f); f_prime = lambda x: 2 * x + 3",
        f"check.gradient('f_prime', of=f, see='2')\n{ANSWERS['slope']}",
        ANSWERS["slope"],
        f"%%time\n{ANSWERS['slope']}\n{CHECK}",
    ],
    ids=["above", "below", "twice", "in one line", "check changed", "instead", "timed"],
)
def test_an_answer_in_the_cell_of_its_check_counts(tmp_path: Path, text: str) -> None:
    notebook = right()
    blank(notebook, "slope")
    cell(notebook, "slope_check")["source"] = text
    found = mended(notebook, tmp_path)
    assert all_right(found)
    assert found.cell("slope_check").source == CHECK
    # What is run is the student's alone: no line of the check.
    assert "check." not in found.notebook.cells[found.place("slope_check") - 1].source
    assert found.ask == {}


@pytest.mark.parametrize("kept", ["slope", "slope_check"])
def test_an_answer_merged_with_its_check_counts(tmp_path: Path, kept: str) -> None:
    notebook = right()
    lost = "slope" if kept == "slope_check" else "slope_check"
    both = f"{cell(notebook, 'slope')['source']}\n\n{CHECK}"
    cell(notebook, kept)["source"] = both
    del notebook["cells"][index_of(notebook, lost)]
    found = mended(notebook, tmp_path)
    assert all_right(found)
    assert not [note for note in found.notes if "for an answer, is missing" in note]


def test_a_stub_merged_with_its_check_is_not_the_students(tmp_path: Path) -> None:
    notebook = right()
    cell(notebook, "slope_check")["source"] = f"{STUBS['slope']}\n\n{CHECK}"
    found = mended(notebook, tmp_path)
    assert len(found.notebook.cells) == len(GIVEN)
    assert all_right(found)


def test_three_cells_merged_into_one_given_cell_count(tmp_path: Path) -> None:
    notebook = right()
    cell(notebook, "given_f")["source"] = f"{GIVEN_F}\n\n{ANSWERS['slope']}\n\n{CHECK}"
    for name in ("slope", "slope_check"):
        del notebook["cells"][index_of(notebook, name)]
    found = mended(notebook, tmp_path)
    assert all_right(found)
    assert found.place("given_f") < found.place("slope_check") < found.place("lowest_check")


@pytest.mark.parametrize("kind", ["markdown", "raw"])
def test_an_answer_that_became_a_text_counts(tmp_path: Path, kind: str) -> None:
    notebook = right()
    one = cell(notebook, "slope")
    one["cell_type"] = kind
    del one["outputs"], one["execution_count"]
    assert all_right(mended(notebook, tmp_path))


FENCED = "Here it is:\n\n```python\ndef f_prime(x):\n    return 2 * x + 3\n```"


@pytest.mark.parametrize("kind", ["markdown", "raw"])
@pytest.mark.parametrize("text", [FENCED, "The slope is 2x + 3.", "# f_prime: 2 * x + 3"])
def test_an_answer_that_became_a_text_and_is_no_python_waits_for_a_person(
    tmp_path: Path, text: str, kind: str
) -> None:
    notebook = right()
    cell(notebook, "slope").update(cell_type=kind, source=text)
    found = mended(notebook, tmp_path)
    assert set(found.ask) == {"slope_check"}
    assert "What you wrote in the cell `slope` could not be run" in found.text
    assert text in found.text
    # As it was given, there is nothing to be read in it; nor is a slip in a cell of code a text.
    cell(notebook, "slope").update(source=STUBS["slope"])
    assert mended(notebook, tmp_path).ask == {}
    cell(notebook, "slope").update(
        code("def f_prime(x)\n    return 2 * x"), metadata=cell(right(), "slope")["metadata"]
    )
    assert mended(notebook, tmp_path).ask == {}


def test_an_answer_split_in_two_with_its_name_in_both_counts(tmp_path: Path) -> None:
    notebook = right()
    one = cell(notebook, "descent")
    head, tail = "import itertools", ANSWERS["descent"].replace("range(", "itertools.islice(it(), ")
    one["source"] = f"{head}\n"
    twin = {**one, "source": "it = itertools.count\n" + tail}
    notebook["cells"].insert(notebook["cells"].index(one) + 1, twin)
    assert all_right(mended(notebook, tmp_path))


def test_what_replaces_a_check_is_no_check(tmp_path: Path) -> None:
    notebook = right()
    blank(notebook, *EXERCISES)
    for exercise in EXERCISES:
        cell(notebook, f"{exercise}_check")["source"] = "1.0"
    found = mended(notebook, tmp_path).run()
    assert not any(found.is_right(exercise) for exercise in EXERCISES)
    for given in GIVEN:
        if given.kept:
            assert found.cell(given.name).source == given.source


def test_no_hidden_test_gets_into_a_cell_that_is_run(tmp_path: Path) -> None:
    hidden = "helper = 2\n### BEGIN HIDDEN TESTS\nsecret = 41\n### END HIDDEN TESTS\n"
    given = [
        g if g.name != "lowest_check" else type(g)(g.name, g.kind, hidden + g.source, g.about)
        for g in GIVEN
    ]
    notebook = right(tuple(given))
    text = 'helper = 2\nx_lowest = -1.5 * helper / 2\ncheck.minimum("x_lowest", of=f)'
    blank(notebook, "lowest")
    cell(notebook, "lowest_check")["source"] = text
    found = mended(notebook, tmp_path, given).run()
    assert found.is_right("lowest")
    others = [c for c in found.notebook.cells if c is not found.cell("lowest_check")]
    assert not [c for c in others if "secret" in c.source]
    # And who has the cell as it was released has changed nothing.
    cell(notebook, "lowest_check")["source"] = 'helper = 2\ncheck.minimum("x_lowest", of=f)'
    assert mended(notebook, tmp_path, given).notes == []


# ---------------------------------------------------------------- cells without names


def test_a_notebook_without_metadata_is_recognised(tmp_path: Path) -> None:
    notebook = right()
    strip(notebook)
    found = mended(notebook, tmp_path)
    assert all_right(found)
    assert {name: found.cell(name).source for name in TEXTS} == TEXTS
    assert len(found.notes) == 1
    assert len(found.notebook.cells) == len(GIVEN)


@pytest.mark.parametrize("name", ["01_derivatives", "02_minima", "03_goldfield"])
def test_a_notebook_of_the_assignment_without_metadata_is_recognised(tmp_path, name: str) -> None:
    given = assignment(RELEASE / f"{name}.ipynb")
    notebook = right(tuple(given), {g.name: f"mine_{g.name} = 1" for g in given if g.answer})
    strip(notebook)
    found = mended(notebook, tmp_path, given)
    assert len(found.notes) == 1
    for number, one in enumerate(given):
        if one.name:
            assert found.place(one.name) == number
            text = f"mine_{one.name} = 1" if one.answer else one.source
            assert found.cell(one.name).source == text


def test_the_code_cells_alone_in_a_new_notebook_are_recognised(tmp_path: Path) -> None:
    notebook = right()
    strip(notebook)
    notebook["cells"] = [c for c in notebook["cells"] if c["cell_type"] == "code"]
    notebook["cells"].insert(1, words(TEXTS["why"]))
    found = mended(notebook, tmp_path)
    assert all_right(found)
    assert found.cell("why").source == TEXTS["why"] or "why" in found.ask


def test_all_code_in_one_cell_without_a_name_counts(tmp_path: Path) -> None:
    notebook = right()
    text = "\n\n".join(c["source"] for c in notebook["cells"] if c["cell_type"] == "code")
    text = "\n".join(line for line in text.split("\n") if not line.startswith("check."))
    notebook["cells"] = [code(text)]
    assert all_right(mended(notebook, tmp_path))


def test_answers_without_names_beside_stubs_count(tmp_path: Path) -> None:
    notebook = right()
    blank(notebook, "slope")
    notebook["cells"].insert(index_of(notebook, "slope") + 1, code(ANSWERS["slope"]))
    found = mended(notebook, tmp_path)
    assert all_right(found)
    assert found.notes == []


def test_one_cell_without_a_name_is_recognised(tmp_path: Path) -> None:
    notebook = right()
    cell(notebook, "slope")["metadata"] = {}
    found = mended(notebook, tmp_path)
    assert all_right(found)
    assert found.notes == [
        "The cell `slope` had lost its name; it was recognised by its text and place."
    ]


# ------------------------------------------------------------------------- texts for a person


NEAR_WHY = {
    "a new text": lambda n: n["cells"].insert(index_of(n, "why") + 1, words(TEXTS["why"])),
    "above": lambda n: n["cells"].insert(index_of(n, "why"), words(TEXTS["why"])),
    "raw": lambda n: n["cells"].insert(index_of(n, "why") + 1, words(TEXTS["why"], "raw")),
    "comments": lambda n: n["cells"].insert(
        index_of(n, "why") + 1, code(f"# {TEXTS['why']}\n# So it is.")
    ),
    "a string": lambda n: n["cells"].insert(index_of(n, "why") + 1, code(f'"""{TEXTS["why"]}"""')),
    "prose in a code cell": lambda n: n["cells"].insert(index_of(n, "why"), code(TEXTS["why"])),
    "printed": lambda n: n["cells"].insert(index_of(n, "why"), code(f"print('{TEXTS['why']}')")),
    "in the question": lambda n: n["cells"][index_of(n, "why") - 1].update(
        source=n["cells"][index_of(n, "why") - 1]["source"] + f"\n\n{TEXTS['why']}"
    ),
    "at the end": lambda n: n["cells"].append(words(f"Answers: {TEXTS['why']}")),
    "the cell deleted": lambda n: n["cells"].__setitem__(index_of(n, "why"), words(TEXTS["why"])),
}


@pytest.mark.parametrize("way", NEAR_WHY)
@pytest.mark.parametrize("names", ["with names", "without"])
def test_words_near_a_blank_text_wait_for_a_person(tmp_path: Path, way: str, names: str) -> None:
    notebook = right()
    blank(notebook, "why")
    NEAR_WHY[way](notebook)
    if names == "without":
        strip(notebook)
    found = mended(notebook, tmp_path)
    assert TEXTS["why"] in found.text
    if found.cell("why").source == STUBS["why"]:
        assert found.ask.get("why") in found.notes


def test_words_in_a_given_text_beside_a_blank_one_wait_for_a_person(tmp_path: Path) -> None:
    given = list(GIVEN)
    given[18] = type(given[18])("ask_knobs", "markdown", given[18].text, {
        **GIVEN[13].about, "grade_id": "ask_knobs",
    })  # fmt: skip
    notebook = right(tuple(given))
    blank(notebook, "knobs")
    cell(notebook, "ask_knobs")["source"] += f"\n{TEXTS['knobs']}"
    found = mended(notebook, tmp_path, given)
    assert "knobs" in found.ask
    assert TEXTS["knobs"] in found.notebook.cells[found.place("ask_knobs") + 1].source


def test_a_blank_text_with_nothing_near_waits_for_nobody(tmp_path: Path) -> None:
    notebook = right()
    blank(notebook, "why", "knobs")
    notebook["cells"].insert(index_of(notebook, "lowest"), words("I do this one by hand first."))
    notebook["cells"].insert(index_of(notebook, "why") + 1, code("x = 1"))
    notebook["cells"].insert(index_of(notebook, "why") + 1, words("  \n"))
    found = mended(notebook, tmp_path)
    assert found.ask == {}
    assert found.notes == []


def test_an_answered_text_needs_no_asking(tmp_path: Path) -> None:
    notebook = right()
    notebook["cells"].insert(index_of(notebook, "why") + 1, words("And another thing."))
    assert mended(notebook, tmp_path).ask == {}


def test_a_text_for_a_code_exercise_waits_for_a_person(tmp_path: Path) -> None:
    notebook = right()
    blank(notebook, "slope")
    notebook["cells"].insert(index_of(notebook, "slope") + 1, words("f'(x) = 2x + 3, by hand."))
    found = mended(notebook, tmp_path)
    assert list(found.ask) == ["slope_check"]


# ---------------------------------------------------------------------- below its check


def test_an_answer_below_its_check_is_told_and_a_person_asked(tmp_path: Path) -> None:
    notebook = right()
    blank(notebook, "slope")
    notebook["cells"].insert(index_of(notebook, "slope_check") + 1, code(ANSWERS["slope"]))
    found = mended(notebook, tmp_path)
    assert list(found.ask) == ["slope_check"]
    (note,) = found.notes
    assert "`f_prime` is defined again further down, after this check" in note


def test_an_answer_above_a_stub_that_takes_its_name_waits_for_a_person(tmp_path: Path) -> None:
    notebook = right()
    blank(notebook, "slope")
    notebook["cells"].insert(index_of(notebook, "slope"), code(ANSWERS["slope"]))
    found = mended(notebook, tmp_path)
    assert list(found.ask) == ["slope_check"]
    assert "Lines that were there for you to replace still stand" in found.notes[0]


def test_an_answer_below_the_raise_of_its_stub_waits_for_a_person(tmp_path: Path) -> None:
    notebook = right()
    cell(notebook, "lowest")["source"] = f"{STUBS['lowest']}\n{ANSWERS['lowest']}"
    assert list(mended(notebook, tmp_path).ask) == ["lowest_check"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("lowest", f"{ANSWERS['lowest']}\nx_lowest = ...\n# YOUR CODE HERE"),
        ("slope", "def f_prime(x):\n    slope = 2 * x + 3\n    slope = ...\n    return slope"),
    ],
)
def test_an_answer_above_the_dots_of_its_stub_waits_for_a_person(
    tmp_path: Path, name: str, text: str
) -> None:
    notebook = right()
    cell(notebook, name)["source"] = text
    assert list(mended(notebook, tmp_path).ask) == [f"{name}_check"]
    below = "\n".join(reversed(text.splitlines())) if name == "lowest" else None
    if below is not None:
        cell(notebook, name)["source"] = below
        assert mended(notebook, tmp_path).ask == {}


def test_an_answer_that_is_used_again_below_is_none_of_it(tmp_path: Path) -> None:
    notebook = right()
    notebook["cells"].append(code("x_lowest = 3\nf_prime = None"))
    assert mended(notebook, tmp_path).ask == {}


# ------------------------------------------------------------------------------ files


@pytest.mark.parametrize(
    "encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"]
)
def test_other_encodings_are_read(tmp_path: Path, encoding: str) -> None:
    notebook = right()
    cell(notebook, "why")["source"] = "Weil es dort eben ist: schön."
    content = json.dumps(notebook, ensure_ascii=False).encode(encoding)
    found = mended(content, tmp_path)
    assert all_right(found)
    assert found.cell("why").source == "Weil es dort eben ist: schön."
    assert found.notes == []


def test_conflict_marks_of_git_are_named_with_their_line(tmp_path: Path) -> None:
    lines = json.dumps(right(), indent=1).split("\n")
    lines[41:42] = ["<<<<<<< HEAD", lines[41], "=======", lines[41], ">>>>>>> theirs"]
    path = tmp_path / "notebook.ipynb"
    path.write_text("\r\n".join(lines))
    with pytest.raises(UnreadableSubmission, match=r"(?s)Git.*conflict marks.*line 42\."):
        read_notebook(path)


def test_conflict_marks_in_a_cell_are_named_and_a_person_is_asked(tmp_path: Path) -> None:
    notebook = right()
    text = f"<<<<<<< local\n{ANSWERS['slope']}\n=======\nx = 1\n>>>>>>> remote"
    cell(notebook, "slope")["source"] = text
    found = mended(notebook, tmp_path)
    assert list(found.ask) == ["slope_check"]
    assert "The cell `slope` has conflict marks of Git in it (<<<<<<<, line 1)" in found.notes[0]


@pytest.mark.parametrize(
    "text",
    ["x" + "+x" * 20_000, "-" * 50_000 + "1", "(" * 5_000, "\0", "x" * 300_000, "\ud800", "%%"],
)
def test_a_text_that_nobody_can_read_breaks_nothing(tmp_path: Path, text: str) -> None:
    notebook = right()
    for name in ("setup", "slope", "slope_check", "note", "knobs"):
        cell(notebook, name)["source"] = text
    strip(notebook)
    found = mended(notebook, tmp_path)
    assert [found.cell(g.name).source for g in GIVEN if g.kept] == [
        g.source for g in GIVEN if g.kept
    ]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("def f(x, y=z):\n    return x + w", {"z", "w"}),
        ("g = lambda x: x * scale", {"scale"}),
        ("x = x - rate * df(x)", {"x", "rate", "df"}),
        ("squares = [k**2 for k in places]", {"places"}),
        ("def outer(a):\n    def inner(b):\n        return a + b + c\n    return inner", {"c"}),
    ],
)
def test_what_a_statement_uses_of_the_notebook(text: str, names: set[str]) -> None:
    code = read_code(text)
    assert code is not None
    assert {name for s in code.statements for name in s.reads} == names


SAMPLE = load_students(Path(__file__).parents[2] / "sample_class")
RELEASED = sorted((Path(__file__).parents[2] / "release" / "gradient_descent").glob("*.ipynb"))


@pytest.mark.parametrize("student", SAMPLE, ids=lambda student: student.student_id)
def test_nothing_is_said_of_work_in_its_place(student: SampleStudent) -> None:
    """Right or wrong: there is nothing odd about how it was handed in."""
    for path in RELEASED:
        notebook = nbformat.read(path, as_version=4)
        given = [
            Given(
                name_of(cell),
                cell.cell_type,
                cell.source,
                {**about, "cell_type": cell.cell_type} if about else {},
                cell.source,
            )
            for cell in notebook.cells
            for about in [dict(cell.metadata.get("nbgrader", {}))]
        ]
        student.solve(notebook)
        assert mend(notebook, given) == []
        assert not notebook.metadata.get("autograder", {}).get("ask")


# ------------------------------------------------------------------------------ split


@pytest.mark.parametrize("parts", [("All of it.", ""), ("Half of it,", "and half.")])
def test_a_text_that_was_split_is_read_whole(tmp_path: Path, parts: tuple[str, str]) -> None:
    """JupyterLab gives both halves of a cell its name."""
    notebook = right()
    here = index_of(notebook, "why")
    first, second = (copy.deepcopy(notebook["cells"][here]) for _ in parts)
    first["source"], second["source"] = parts
    notebook["cells"][here : here + 1] = [first, second]
    found = mended(notebook, tmp_path)
    for part in parts:
        assert part in found.cell("why").source
