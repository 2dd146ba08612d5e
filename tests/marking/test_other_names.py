"""A notebook under another name is that notebook; where two could be meant, a person is asked."""

from __future__ import annotations

import contextlib
import copy
import itertools
import json
import os
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook

from autograder.grade.worker import Worker
from autograder.nbgrader.review import Review
from autograder.nbgrader.upstream import sanitized
from tests.marking import small_course as small
from tests.marking.small_course import ANSWERS, ASSIGNMENT, FIRST, SECOND, Notebook

Folder = Path
NUMBERS = itertools.count()


@pytest.fixture(scope="module")
def root(course: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("names")
    small.make(made, course)
    return made


@pytest.fixture(scope="module")
def worker(root: Path) -> Iterator[Worker]:
    with contextlib.chdir(root):
        yield Worker([ASSIGNMENT], f"sqlite:///{root / 'gradebook.db'}", "run", fresh=True)


@pytest.fixture
def folder(root: Path) -> Folder:
    """A submission, with nothing in it yet but the second notebook."""
    made = root / "submitted" / f"student {next(NUMBERS)}" / ASSIGNMENT
    made.mkdir(parents=True)
    write(made, f"{SECOND}.ipynb", small.honest(root, SECOND))
    return made


def write(folder: Folder, name: str, notebook: Notebook) -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(json.dumps(notebook), encoding="utf-8")


def released(root: Path) -> Notebook:
    path = root / "release" / ASSIGNMENT / f"{FIRST}.ipynb"
    made: Notebook = json.loads(path.read_text(encoding="utf-8"))
    return made


def read(worker: Worker, folder: Folder, name: str = FIRST) -> nbformat.NotebookNode:
    """What marking is about to run; no link is followed, and no name leads out of the folder."""
    return sanitized(worker._submissions._converter, os.fspath(folder / f"{name}.ipynb"))


def answer(notebook: nbformat.NotebookNode, name: str = "slope") -> str:
    (found,) = [c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") == name]
    return str(found.source)


def strip(notebook: Notebook) -> Notebook:
    stripped = copy.deepcopy(notebook)
    for cell in stripped["cells"]:
        cell["metadata"] = {}
    return stripped


NAMES = (
    f"Copy of {FIRST}.ipynb", f"{FIRST} (1).ipynb", f"smith_12345_{FIRST}.ipynb", f"{FIRST}.IPYNB",
    f"{FIRST}.ipynb.txt", f"{FIRST}.ipynb.json", "Untitled.ipynb", f"{FIRST}/{FIRST}.ipynb",
    f"{FIRST}.ipynb ",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("how", ["as it is", "without metadata"])
def test_another_name(root: Path, worker: Worker, folder: Folder, name: str, how: str) -> None:
    notebook = small.honest(root, FIRST)
    write(folder, name, notebook if how == "as it is" else strip(notebook))
    found = read(worker, folder)
    assert answer(found) == ANSWERS["slope"]
    assert answer(found, "why") == ANSWERS["why"]
    assert f"`{name}`" in found.metadata.autograder.notes[0]
    assert not found.metadata.autograder.get("review")
    assert answer(read(worker, folder, SECOND), "cubed_slope") == ANSWERS["cubed_slope"]


def test_the_right_name_counts(root: Path, worker: Worker, folder: Folder):
    notebook = small.honest(root, FIRST)
    write(folder, f"{FIRST}.ipynb", notebook)
    small.cell_of(notebook, "slope")["source"] = "slope = 0"
    write(folder, f"{FIRST} (1).ipynb", notebook)
    found = read(worker, folder)
    assert answer(found) == ANSWERS["slope"]
    assert not found.metadata.autograder.get("review")
    assert f"There is also `{FIRST} (1).ipynb`" in found.metadata.autograder.notes[0]


def test_a_person_looks_at_what_another_copy_answers(root: Path, worker: Worker, folder: Folder):
    blank = released(root)
    first, last = small.honest(root, FIRST), small.honest(root, FIRST)
    for name in ("lowest", "why"):
        small.cell_of(first, name)["source"] = small.cell_of(blank, name)["source"]
    small.cell_of(last, "slope")["source"] = small.cell_of(blank, "slope")["source"]
    write(folder, f"{FIRST}.ipynb", first)
    write(folder, f"{FIRST} (1).ipynb", last)
    about = read(worker, folder).metadata.autograder
    assert set(about.ask) == {"lowest_check", "why"}
    assert f"In `{FIRST} (1).ipynb` there is something else for `lowest`, `why`" in about.notes[1]


def test_a_person_looks_at_what_another_copy_answers_otherwise(
    root: Path, worker: Worker, folder: Folder
) -> None:
    older, final = small.honest(root, FIRST), small.honest(root, FIRST)
    small.cell_of(older, "slope")["source"] = "def slope(x):\n    return 2 * x"
    write(folder, f"{FIRST}.ipynb", older)
    write(folder, f"{FIRST}_final.ipynb", final)
    assert set(read(worker, folder).metadata.autograder.ask) == {"slope_check"}
    # Also where it stands in a cell of its own there.
    small.cell_of(final, "slope")["source"] = small.cell_of(released(root), "slope")["source"]
    own = {"cell_type": "code", "metadata": {}, "source": ANSWERS["slope"], "outputs": []}
    final["cells"].insert(small.index_of(final, "slope") + 1, {**own, "execution_count": None})
    write(folder, f"{FIRST}_final.ipynb", final)
    assert set(read(worker, folder).metadata.autograder.ask) == {"slope_check"}


@pytest.mark.parametrize("there", ["blank", "nothing", "half", "all"])
def test_what_jupyter_kept_is_for_a_person_where_there_is_no_answer(
    root: Path, worker: Worker, folder: Folder, there: str
) -> None:
    full, blank = small.honest(root, FIRST), released(root)
    write(folder, f".ipynb_checkpoints/{FIRST}-checkpoint.ipynb", full)
    if there == "half":
        blank["cells"] = [
            c if c is not small.cell_of(blank, "slope") else small.cell_of(full, "slope")
            for c in blank["cells"]
        ]
    if there == "all":
        blank = small.honest(root, FIRST)
        small.cell_of(blank, "slope")["source"] = "def slope(x):\n    return 2 * x"
    if there != "nothing":
        write(folder, f"{FIRST}.ipynb", blank)
    about = read(worker, folder).metadata.autograder
    asked = {"half": {"lowest_check", "why"}}
    assert bool(about.get("review")) == (there in ("blank", "nothing"))
    assert set(about.get("ask", {})) == asked.get(there, set())
    assert any("-checkpoint.ipynb`" in note for note in about.notes) == (there != "all")


def test_a_second_copy_of_one_notebook_says_nothing_of_the_other(
    root: Path, worker: Worker, folder: Folder
) -> None:
    (folder / f"{SECOND}.ipynb").unlink()
    notebook = small.honest(root, FIRST)
    write(folder, f"{FIRST}.ipynb", notebook)
    small.cell_of(notebook, "slope")["source"] = "slope = 0"
    write(folder, f"{FIRST} (1).ipynb", notebook)
    about = read(worker, folder, SECOND).metadata.autograder
    assert not about.review
    assert about.unreadable == "This notebook was not handed in."
    # Unless cells of the other were put into it.
    notebook["cells"].append(small.cell_of(small.honest(root, SECOND), "cubed_slope"))
    write(folder, f"{FIRST} (1).ipynb", notebook)
    assert read(worker, folder, SECOND).metadata.autograder.review
    write(folder, f"{SECOND}.ipynb", json.loads(
        (root / "release" / ASSIGNMENT / f"{SECOND}.ipynb").read_text(encoding="utf-8")
    ))  # fmt: skip
    assert read(worker, folder, SECOND).metadata.autograder.review


def test_a_copy_that_is_the_same_is_not_worth_a_word(root: Path, worker: Worker, folder: Folder):
    write(folder, f"{FIRST}.ipynb", small.honest(root, FIRST))
    write(folder, f"{FIRST} (1).ipynb", small.honest(root, FIRST))
    assert read(worker, folder).metadata.autograder == {"notes": []}


def test_the_right_name_without_an_answer_gives_way(
    root: Path, worker: Worker, folder: Folder
) -> None:
    write(folder, f"{FIRST}.ipynb", released(root))
    write(folder, f"{FIRST} (1).ipynb", small.honest(root, FIRST))
    found = read(worker, folder)
    assert answer(found) == ANSWERS["slope"]
    assert not found.metadata.autograder.get("review")


def test_a_blank_copy_beside_a_blank_one_is_nothing(
    root: Path, worker: Worker, folder: Folder
) -> None:
    write(folder, f"{FIRST}.ipynb", released(root))
    write(folder, f"{FIRST} (1).ipynb", released(root))
    assert read(worker, folder).metadata.autograder.notes == []


def test_of_two_that_differ_one_counts_and_a_person_is_asked(
    root: Path, worker: Worker, folder
) -> None:
    notebook = small.honest(root, FIRST)
    write(folder, f"Copy of {FIRST}.ipynb", notebook)
    small.cell_of(notebook, "slope")["source"] = small.cell_of(released(root), "slope")["source"]
    write(folder, f"{FIRST} (1).ipynb", notebook)
    found = read(worker, folder)
    assert answer(found) == ANSWERS["slope"]  # of more answers
    assert found.metadata.autograder.review
    assert f"It could also be `{FIRST} (1).ipynb`" in found.metadata.autograder.notes[1]


def test_a_broken_file_gives_way_and_a_person_is_asked(root: Path, worker: Worker, folder: Folder):
    (folder / f"{FIRST}.ipynb").write_text("<<<<<<< HEAD\n")
    write(folder, f"{FIRST} (1).ipynb", small.honest(root, FIRST))
    found = read(worker, folder)
    assert answer(found) == ANSWERS["slope"]
    assert found.metadata.autograder.review


def test_two_names_that_were_exchanged(root: Path, worker: Worker, folder: Folder):
    write(folder, f"{FIRST}.ipynb", small.honest(root, SECOND))
    write(folder, f"{SECOND}.ipynb", small.honest(root, FIRST))
    assert answer(read(worker, folder)) == ANSWERS["slope"]
    assert answer(read(worker, folder, SECOND), "cubed_slope") == ANSWERS["cubed_slope"]


def test_no_link_is_followed(root: Path, worker: Worker, folder: Folder):
    write(root / "elsewhere", "secret.ipynb", small.honest(root, FIRST))
    (folder / f"Copy of {FIRST}.ipynb").symlink_to(root / "elsewhere" / "secret.ipynb")
    (folder / "more").symlink_to(root / "elsewhere")
    found = read(worker, folder)
    assert found.metadata.autograder.unreadable.startswith("This notebook was not handed in.")
    assert found.metadata.autograder.review


def test_a_notebook_of_something_else_is_none(worker: Worker, folder: Folder) -> None:
    write(folder, "notes.ipynb", {"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": [
        {"cell_type": "markdown", "metadata": {}, "source": "# slopes"},
    ]})  # fmt: skip
    (folder / "data.json").write_text('{"cells": 3}')
    found = read(worker, folder)
    assert found.metadata.autograder.review
    assert "a person will look whether it is among them" in found.metadata.autograder.unreadable


FORMS = (
    f"{FIRST}.py", f"{FIRST}.html", "all.zip", "answers.PDF", f"{FIRST}.qmd", f"{FIRST}.Rmd",
    "answers.rtf", "answers.docx", "IMG_2034.jpg", "IMG_2034.heic", "answers.pages",
    f"{FIRST}.mhtml", f"{FIRST}.ipynb.xz", f"{FIRST}.m", f"{FIRST}.url", f"{FIRST}.gdoc", FIRST,
    f"{FIRST}.py ", f"hand in/{FIRST}.qmd", f".{FIRST}.ipynb",
)  # fmt: skip


@pytest.mark.parametrize("there", ["nothing", "blank"])
@pytest.mark.parametrize("name", FORMS)
def test_work_in_another_form_is_for_a_person(
    root: Path, worker: Worker, folder: Folder, name: str, there: str
) -> None:
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_bytes(b"x")
    (folder / "data.csv").write_text("1,2\n")  # given, and nobody's work
    if there == "blank":
        write(folder, f"{FIRST}.ipynb", released(root))
    about = read(worker, folder).metadata.autograder
    assert about.review
    assert any(f"other files, such as `{name}`" in note for note in about.notes)
    assert any("erson will look" in note for note in about.notes)


CLUTTER = (
    "timestamp.txt", "submission_secret.txt", ".DS_Store", "Thumbs.db", "Desktop.ini",
    f"__MACOSX/._{FIRST}.ipynb", f"._{FIRST}.ipynb", ".git/HEAD", "__pycache__/helper.pyc",
    "helper.pyc", "~$answers.docx",
    ".ipynb_checkpoints/notes.txt", "Icon\r", "data.csv",
)  # fmt: skip


@pytest.mark.parametrize("there", ["nothing", "blank"])
def test_what_nobody_wrote_is_for_nobody(
    root: Path, worker: Worker, folder: Folder, there: str
) -> None:
    for name in CLUTTER:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(b"x")
    (folder / "empty.pdf").touch()
    if there == "blank":
        write(folder, f"{FIRST}.ipynb", released(root))
        write(folder, f"{FIRST} (1).ipynb", released(root))
    about = read(worker, folder).metadata.autograder
    assert not about.get("review")
    assert about.notes == ([] if there == "blank" else ["This notebook was not handed in."])


def test_both_notebooks_in_one_file_are_for_a_person(root: Path, worker: Worker, folder: Folder):
    both = small.honest(root, SECOND)
    both["cells"] += small.honest(root, FIRST)["cells"][2:4]
    write(folder, f"{SECOND}.ipynb", both)
    about = read(worker, folder).metadata.autograder
    assert about.review
    assert f"`{SECOND}.ipynb`" in about.unreadable
    assert answer(read(worker, folder, SECOND), "cubed_slope") == ANSWERS["cubed_slope"]


def test_a_notebook_that_is_not_there_is_for_nobody(worker: Worker, folder: Folder) -> None:
    (folder / "data.csv").write_text("1,2\n")
    (folder / "timestamp.txt").write_text("2026-01-01 00:00:00 UTC")
    about = read(worker, folder).metadata.autograder
    assert not about.review
    assert about.unreadable == "This notebook was not handed in."


def test_a_name_of_the_students_is_no_markup(root: Path, worker: Worker, folder: Folder):
    write(folder, "`a` <b>\n# x.ipynb", small.honest(root, FIRST))
    (note,) = read(worker, folder).metadata.autograder.notes
    assert "`'a' <b>\\n# x.ipynb`" in note


# ------------------------------------------------------------------------------------ review


# nbgrader looks at a new submission before it adds it to its session (nbgrader_config.py).
@pytest.mark.filterwarnings("ignore:Object of type <Submitted.*not in session")
@pytest.mark.parametrize(
    ("asked", "auto", "expected"),
    [
        ("slope_check", 0.0, (None, True)),
        ("slope_check", 2.0, (2.0, False)),
        ("why", 0.0, (None, True)),
    ],
)
def test_a_person_is_asked_unless_there_are_all_points(
    root: Path, asked: str, auto: float, expected: tuple[float | None, bool]
) -> None:
    url = f"sqlite:///{root / 'gradebook.db'}"
    with Gradebook(url, small.COURSE_ID) as book:
        book.update_or_create_student("reviewed")
        book.update_or_create_submission(ASSIGNMENT, "reviewed")
        for grade in book.find_submission_notebook(FIRST, ASSIGNMENT, "reviewed").grades:
            grade.auto_score = auto if grade.name == asked else 0.0
            grade.needs_manual_grade = False
        book.db.commit()
    notebook = nbformat.from_dict(released(root))
    notebook.metadata["autograder"] = {"ask": {asked: "A person will look."}}
    names = {
        "notebook": FIRST, "assignment": ASSIGNMENT, "student": "reviewed", "db_url": url,
    }  # fmt: skip
    Review().preprocess(notebook, {"nbgrader": names})
    found = small.marks(root, "reviewed")
    assert found.pop(asked.removesuffix("_check")) == expected
    assert all(found[name] == (0.0, False) for name in small.NOTEBOOKS[FIRST] if name in found)


def test_answers_that_stand_in_another_notebook_are_shown_to_a_person(
    root: Path, worker: Worker, folder: Folder
) -> None:
    """The notebook itself was handed in as it was released."""
    write(folder, f"{FIRST}.ipynb", released(root))
    assert not read(worker, folder).metadata.autograder.get("review")
    second = small.honest(root, SECOND)
    first = small.honest(root, FIRST)
    second["cells"] += [small.cell_of(first, name) for name in ("slope", "slope_check")]
    write(folder, f"{SECOND}.ipynb", second)
    about = read(worker, folder).metadata.autograder
    assert about.review
    assert any(SECOND in note and "A person will look" in note for note in about.notes)
