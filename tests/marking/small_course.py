"""A course with two short notebooks, and every way we know in which a submission comes in spoilt.

`make` sets it up with the configuration as shipped; `hand_in` writes one student's folder. A spoilt
submission starts from an honest one, so that what it lacks is what its name says. Only the first
notebook is spoilt; the second is there to show that it is marked all the same.
"""

from __future__ import annotations

import copy
import functools
import hashlib
import json
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import nbgrader.api
from nbgrader.api import Gradebook
from nbgrader.apps.api import NbGraderAPI
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from autograder.cache import cache_root

# For each new gradebook nbgrader starts alembic, to ask which version of its tables is the newest.
nbgrader.api.get_alembic_version = functools.cache(nbgrader.api.get_alembic_version)

ASSIGNMENT = "small"
COURSE_ID = "gradient_descent_course"

GIVEN = "def f(x):\n    return x**2 + 3 * x - 5"
ANSWERS = {
    "slope": "def slope(x):\n    return 2 * x + 3",
    "lowest": "lowest = -1.5 + 0 * f(0.0)",
    "why": "Because it is flat there.",
    "cubed_slope": "def cubed_slope(x):\n    return 3 * x**2",
}
POINTS = {"slope": 2.0, "lowest": 1.0, "why": 1.0, "cubed_slope": 2.0}
TESTS = {
    "slope": "from autograder import check\ncheck.gradient('slope', of=f, at=[3.0, 0.5, -2.0])",
    "lowest": "check.value('lowest', -1.5)",
    "cubed_slope": (
        "from autograder import check\n"
        "def cubed(x):\n    return x**3\n"
        "check.gradient('cubed_slope', of=cubed, at=[3.0, 0.5, -2.0])"
    ),
}
FIRST, SECOND = "slopes", "cubes"
NOTEBOOKS = {FIRST: ("slope", "lowest", "why"), SECOND: ("cubed_slope",)}


def _cell(kind: str, source: str, grade_id: str = "", **about: Any) -> nbformat.NotebookNode:
    new = {"code": nbformat.v4.new_code_cell, "markdown": nbformat.v4.new_markdown_cell}[kind]
    cell = new(source)
    if grade_id:
        cell.metadata["nbgrader"] = {
            "schema_version": 3,
            "grade": False,
            "solution": False,
            "locked": False,
            "task": False,
            "grade_id": grade_id,
            **about,
        }
    return cell


def _exercise(name: str) -> list[nbformat.NotebookNode]:
    answer = f"### BEGIN SOLUTION\n{ANSWERS[name]}\n### END SOLUTION"
    if name not in TESTS:
        return [_cell("markdown", answer, name, grade=True, solution=True, points=POINTS[name])]
    return [
        _cell("code", answer, name, solution=True),
        _cell("code", TESTS[name], f"{name}_check", grade=True, locked=True, points=POINTS[name]),
    ]


def make(root: Path, course: Path) -> None:
    """Set up the course in `root`: source, release, gradebook; `course` has the configuration."""
    shutil.copy(course / "nbgrader_config.py", root)
    folder = root / "source" / ASSIGNMENT
    folder.mkdir(parents=True)
    for name, exercises in NOTEBOOKS.items():
        notebook = nbformat.v4.new_notebook()
        notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
        notebook.cells = [
            _cell("markdown", f"# {name}"),
            _cell("code", GIVEN, "given_f", locked=True),
            *(cell for exercise in exercises for cell in _exercise(exercise)),
        ]
        nbformat.write(notebook, folder / f"{name}.ipynb")
    (folder / "data.csv").write_text("1,2\n")
    said = api(root).generate_assignment(ASSIGNMENT)
    assert said["success"], said["log"]


def api(root: Path, config: Config | None = None) -> NbGraderAPI:
    """nbgrader as the formgrader has it, with the configuration of the course in `root`."""
    found = PyFileConfigLoader("nbgrader_config.py", path=str(root)).load_config()
    found.merge(config or Config())
    return NbGraderAPI(config=found)


def gradebook(root: Path) -> Gradebook:
    return Gradebook(f"sqlite:///{root / 'gradebook.db'}", COURSE_ID)


# ------------------------------------------------------------------------------- submissions

Notebook = dict[str, Any]
"""A notebook as its JSON is: what is spoilt here, nbformat would not write."""


def honest(root: Path, name: str) -> Notebook:
    """The released notebook with every exercise answered."""
    path = root / "release" / ASSIGNMENT / f"{name}.ipynb"
    notebook: Notebook = json.loads(path.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        grade_id = cell["metadata"].get("nbgrader", {}).get("grade_id")
        if grade_id in ANSWERS:
            cell["source"] = ANSWERS[grade_id]
    return notebook


def cell_of(notebook: Notebook, grade_id: str) -> dict[str, Any]:
    return notebook["cells"][index_of(notebook, grade_id)]


def index_of(notebook: Notebook, grade_id: str) -> int:
    for index, cell in enumerate(notebook["cells"]):
        if cell["metadata"].get("nbgrader", {}).get("grade_id") == grade_id:
            return index
    raise LookupError(grade_id)


@dataclass(frozen=True)
class Submission:
    """One student's folder.

    Attributes:
        student: the student's id, which says how the submission is spoilt.
        change: spoils the first notebook's JSON in place, or returns what else to write for it.
        more: does something to the folder after the notebooks are written.
    """

    student: str
    change: Callable[[Notebook], Any] = lambda notebook: None
    more: Callable[[Path], Any] = lambda folder: None


def hand_in(root: Path, submission: Submission, *, second: bool = True) -> Path:
    """Write a student's folder; without the `second` notebook, a marking takes half the time."""
    folder = root / "submitted" / submission.student / ASSIGNMENT
    folder.mkdir(parents=True)
    notebook = honest(root, FIRST)
    changed = submission.change(notebook)
    content = changed if isinstance(changed, (bytes, str)) else json.dumps(notebook)
    path = folder / f"{FIRST}.ipynb"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    if second:
        (folder / f"{SECOND}.ipynb").write_text(json.dumps(honest(root, SECOND)), encoding="utf-8")
    (folder / "data.csv").write_text("1,2\n")
    submission.more(folder)
    return folder


def _delete(*ids: str) -> Callable[[Notebook], None]:
    def change(notebook: Notebook) -> None:
        for grade_id in ids:
            del notebook["cells"][index_of(notebook, grade_id)]

    return change


def _twice(grade_id: str, source: str | None = None) -> Callable[[Notebook], None]:
    def change(notebook: Notebook) -> None:
        index = index_of(notebook, grade_id)
        twin = copy.deepcopy(notebook["cells"][index])
        if source is not None:
            twin["source"] = source
        notebook["cells"].insert(index + 1, twin)

    return change


def _set(cell_id: str, **values: Any) -> Callable[[Notebook], None]:
    def change(notebook: Notebook) -> None:
        cell_of(notebook, cell_id).update(values)

    return change


def _about(cell_id: str, **values: Any) -> Callable[[Notebook], None]:
    def change(notebook: Notebook) -> None:
        cell_of(notebook, cell_id)["metadata"]["nbgrader"].update(values)

    return change


def _all(*changes: Callable[[Notebook], None]) -> Callable[[Notebook], None]:
    def change(notebook: Notebook) -> None:
        for one in changes:
            one(notebook)

    return change


def _retype(grade_id: str, kind: str) -> Callable[[Notebook], None]:
    def change(notebook: Notebook) -> None:
        cell = cell_of(notebook, grade_id)
        cell["cell_type"] = kind
        for key in ("outputs", "execution_count"):
            cell.pop(key, None)
        if kind == "code":
            cell.update(outputs=[], execution_count=None)

    return change


def _reorder(notebook: Notebook) -> None:
    notebook["cells"].reverse()


def _check_first(notebook: Notebook) -> None:
    moved = notebook["cells"].pop(index_of(notebook, "slope_check"))
    notebook["cells"].insert(index_of(notebook, "slope"), moved)


def _as_version_3(notebook: Notebook) -> str:
    # Through `reads`: the converter wants sources in one piece.
    return json.dumps(nbformat.convert(nbformat.reads(json.dumps(notebook), 4), 3))


def _foreign_kernel(notebook: Notebook) -> None:
    notebook["metadata"] = {
        "kernelspec": {"name": "ir", "display_name": "R", "language": "R"},
        "language_info": {"name": "R", "codemirror_mode": "\n<script>"},
    }


def _minor(number: int) -> Callable[[Notebook], None]:
    def change(notebook: Notebook) -> None:
        notebook["nbformat_minor"] = number
        if number < 5:
            for cell in notebook["cells"]:
                cell.pop("id", None)

    return change


def _update(**values: Any) -> Callable[[Notebook], None]:
    return lambda notebook: notebook.update(values)


def _big(notebook: Notebook) -> None:
    cell_of(notebook, "slope")["outputs"] = [
        {"output_type": "stream", "name": "stdout", "text": "x" * 50_000_000}
    ]


def _surrogate(notebook: Notebook) -> None:
    cell_of(notebook, "why")["source"] = "half a character: \ud83d"


def _add(*cells: Any) -> Callable[[Notebook], None]:
    return lambda notebook: notebook["cells"].extend(cells)


def _code(source: str, **metadata: Any) -> dict[str, Any]:
    cell = {"cell_type": "code", "source": source, "metadata": metadata}
    return {**cell, "outputs": [], "execution_count": None}


def _import_in_a_given_cell(notebook: Notebook) -> None:
    given = cell_of(notebook, "given_f")
    given["source"] = f"import numpy as mine\n{given['source']}"
    cell_of(notebook, "slope")["source"] = "def slope(x):\n    return mine.asarray(2 * x + 3)"


def _blank(name: str) -> str:
    return (
        "YOUR ANSWER HERE" if name not in TESTS else "# YOUR CODE HERE\nraise NotImplementedError()"
    )


def _answer_in_its_check(notebook: Notebook) -> None:
    answer, check = cell_of(notebook, "slope"), cell_of(notebook, "slope_check")
    check["source"] = f"{answer['source']}\n\n{check['source']}"
    answer["source"] = _blank("slope")


def _answer_below_its_check(notebook: Notebook) -> None:
    answer = cell_of(notebook, "slope")
    below = index_of(notebook, "slope_check") + 1
    notebook["cells"].insert(below, _code(answer["source"]))
    answer["source"] = _blank("slope")


def _text_in_a_new_cell(notebook: Notebook) -> None:
    text = {"cell_type": "markdown", "metadata": {}, "source": cell_of(notebook, "why")["source"]}
    notebook["cells"].insert(index_of(notebook, "why") + 1, text)
    cell_of(notebook, "why")["source"] = _blank("why")


def _carriage_returns(notebook: Notebook) -> None:
    for cell in notebook["cells"]:
        cell["source"] = "".join(cell["source"]).replace("\n", "\r\n") + "\r\n"


def _strip(notebook: Notebook) -> None:
    for cell in notebook["cells"]:
        cell["metadata"] = {}


def _from_colab(notebook: Notebook, *, names: bool = True) -> None:
    """As Colab writes it: version 4.0, ids among a cell's metadata, marks of its own, new cells."""
    notebook["nbformat_minor"] = 0
    notebook["metadata"] = {
        "colab": {"provenance": [], "toc_visible": True},
        "kernelspec": {"name": "python3", "display_name": "Python 3"},
        "language_info": {"name": "python"},
    }
    install = _code("%pip install -q --no-deps --dry-run numpy")
    notebook["cells"] = [install, *notebook["cells"], _code("")]
    for number, cell in enumerate(notebook["cells"]):
        cell.pop("id", None)
        kept = {k: v for k, v in cell["metadata"].items() if names and k == "nbgrader"}
        cell["metadata"] = {"id": f"pS0cE11{number:05}", **kept}
        cell["source"] = "".join(cell["source"]).splitlines(keepends=True)
        if cell["cell_type"] == "code":
            cell["metadata"] |= {"colab": {"base_uri": "https://localhost:8080/", "height": 34}}
            cell["metadata"] |= {"outputId": "0d6f1b2a-1111-4222-8333-444455556666"}
            own = "application/vnd.google.colaboratory.intrinsic+json"
            data = {"text/plain": ["3"], own: {"type": "string"}}
            output = {"output_type": "execute_result", "data": data, "metadata": {}}
            cell["outputs"] = [{**output, "execution_count": number + 1}]
            cell["execution_count"] = number + 1


def _copy_of(folder: Path) -> None:
    folder.joinpath(f"{FIRST}.ipynb").rename(folder / f"Copy of {FIRST}.ipynb")


def _rename(folder: Path) -> None:
    (folder / f"{FIRST}.ipynb").rename(folder / f"{FIRST} (1).ipynb")


def _remove_notebooks(folder: Path) -> None:
    for path in folder.glob("*.ipynb"):
        path.unlink()


def _linked_notebook(folder: Path) -> None:
    (folder / f"{FIRST}.ipynb").unlink()
    (folder / f"{FIRST}.ipynb").symlink_to(
        folder.parents[2] / "source" / ASSIGNMENT / f"{FIRST}.ipynb"
    )


def _a_folder_for_a_notebook(folder: Path) -> None:
    (folder / f"{FIRST}.ipynb").unlink()
    (folder / f"{FIRST}.ipynb").mkdir()


def _a_pipe_for_a_notebook(folder: Path) -> None:
    (folder / f"{FIRST}.ipynb").unlink()
    os.mkfifo(folder / f"{FIRST}.ipynb")


def _links(folder: Path) -> None:
    (folder / "gradebook.csv").symlink_to(folder.parents[2] / "gradebook.db")
    (folder / "solution.txt").symlink_to(f"../../../source/{ASSIGNMENT}/{FIRST}.ipynb")
    (folder / "everything").symlink_to("/")
    (folder / "nowhere").symlink_to("/nonexistent")
    (folder / "own").symlink_to("data.csv")


def _pipe(folder: Path) -> None:
    os.mkfifo(folder / "pipe")


def _modules(folder: Path) -> None:
    for name in ("jax", "autograder", "sitecustomize", "usercustomize", "nbgrader", "json"):
        (folder / f"{name}.py").write_text("raise SystemExit('imported from the submission')\n")


UNREADABLE = [
    Submission("not JSON", lambda notebook: '{"cells": [oh no'),
    Submission("not UTF-8", lambda notebook: b"\xff" + json.dumps(notebook).encode()),
    Submission("empty file", lambda notebook: b""),
    Submission("a number", lambda notebook: b"7"),
    Submission("a list", lambda notebook: b"[]"),
    Submission("no cells", lambda notebook: b'{"nbformat": 4, "nbformat_minor": 5}'),
    Submission("cells no list", _update(cells={"0": "x"})),
    Submission("nested", lambda notebook: b"[" * 200_000),
    Submission("a million lists", lambda notebook: b"[" + b"[]," * 1_500_000 + b"[]]"),
    Submission("70 MB", lambda notebook: json.dumps(notebook).encode() + b" " * 70_000_000),
    Submission("a linked notebook", more=_linked_notebook),
    Submission("a folder for a notebook", more=_a_folder_for_a_notebook),
    Submission("a pipe for a notebook", more=_a_pipe_for_a_notebook),
]
"""The first notebook cannot be read: nothing for it, in words; the second has its marks."""

HARMLESS = [
    Submission("honest"),
    Submission("Анна Каренина"),
    Submission("o'brien [2] & co"),
    Submission("with a byte order mark", lambda n: b"\xef\xbb\xbf" + json.dumps(n).encode()),
    Submission("UTF-16", lambda n: json.dumps(n).encode("utf-16")),
    Submission("nbformat 3", _as_version_3),
    Submission("nbformat 4.0", _minor(0)),
    Submission("nbformat 4.99", _minor(99)),
    Submission("nbformat 5", _update(nbformat=5)),
    Submission("another kernel", _foreign_kernel),
    Submission("no metadata", _update(metadata=None)),
    Submission("check deleted", _delete("slope_check")),
    Submission("checks deleted", _delete("slope_check", "lowest_check")),
    Submission("given deleted", _delete("given_f")),
    Submission("given edited", _set("given_f", source="def f(x):\n    return 0 * x")),
    Submission("check edited", _set("slope_check", source="2.0")),
    Submission("check twice", _twice("slope_check", "100.0")),
    Submission("given twice", _twice("given_f")),
    Submission("answer twice", _twice("slope")),
    Submission("manual twice", _twice("why")),
    Submission("check retyped", _retype("slope_check", "markdown")),
    Submission("check of no type", _set("slope_check", cell_type="hologram")),
    Submission(
        "all retyped",
        _all(
            _retype("slope_check", "raw"),
            _retype("slope", "markdown"),
            _retype("why", "code"),
            _retype("given_f", "markdown"),
        ),
    ),
    Submission(
        "wild points",
        _all(
            _about("slope_check", points="all"),
            _about("lowest_check", points=-1),
            _about("why", points=float("nan")),
        ),
    ),
    Submission(
        "wild flags",
        _all(
            _about("slope_check", grade=False),
            _about("lowest_check", solution=True),
            _about("slope", grade=True, locked="yes"),
        ),
    ),
    Submission(
        "wild schemas",
        _all(
            _about("slope_check", schema_version=None),
            _about("lowest_check", schema_version=1),
            _about("lowest", schema_version=99),
        ),
    ),
    Submission("more points", _about("slope_check", points=1000)),
    Submission("id changed", _about("slope_check", grade_id="my_check")),
    Submission("id a list", _about("slope_check", grade_id=["slope_check"])),
    Submission("id of the next", _about("slope_check", grade_id="lowest_check")),
    Submission("metadata a list", _set("slope_check", metadata=["x"])),
    Submission("nbgrader a text", lambda n: cell_of(n, "slope")["metadata"].update(nbgrader="x")),
    Submission("half a character", _surrogate),
    Submission("a cell of nothing", _add(None, 7, "text", {}, {"cell_type": "code"})),
    Submission("source in lines", _set("slope", source=["def slope(x):\n", "    return 2*x + 3"])),
    Submission(
        "skipped",
        lambda n: cell_of(n, "slope_check")["metadata"].update(
            tags=["skip-execution", "remove-cell", "raises-exception"]
        ),
    ),
    Submission(
        "new graded cell",
        _add(
            _code(
                "1.0",
                nbgrader={
                    "schema_version": 3,
                    "grade": True,
                    "solution": False,
                    "locked": True,
                    "task": False,
                    "grade_id": "bonus",
                    "points": 50,
                },
            )
        ),
    ),
    Submission(
        "ids swapped",
        lambda n: (
            _about("slope", grade_id="x")(n),
            _about("slope_check", grade_id="slope")(n),
            _about("x", grade_id="slope_check")(n),
        ),
    ),
    Submission("renamed notebook", more=_rename),
    Submission("renamed, without metadata", _strip, more=_rename),
    Submission("import in a given cell", _import_in_a_given_cell),
    Submission("answer in its check", _answer_in_its_check),
    Submission("carriage returns", _carriage_returns),
    Submission("without metadata", _strip),
    Submission("links", more=_links),
    Submission("pipe", more=_pipe),
    Submission("modules", more=_modules),
    Submission("50 MB", _big),
    Submission("extra notebook", more=lambda f: (f / "notes.ipynb").write_text("{")),
    Submission("from Colab", _from_colab),
    Submission("a copy in Colab", _from_colab, _copy_of),
    Submission("from Colab without names", lambda n: _from_colab(n, names=False)),
    Submission("a copy in Colab without names", lambda n: _from_colab(n, names=False), _copy_of),
]
"""What a student or an editor did, and what costs nothing: the answers are all there."""

COSTLY = [
    Submission("answer deleted", _delete("slope")),
    Submission("answer and check deleted", _delete("slope", "slope_check")),
    Submission("first cells deleted", _delete("given_f", "slope", "slope_check")),
    Submission("manual deleted", _delete("why")),
    Submission("all deleted", _update(cells=[])),
    Submission("reordered", _reorder),
    Submission("check first", _check_first),
    Submission("source a number", _set("slope", source=7)),
    Submission("missing notebook", more=lambda folder: (folder / f"{FIRST}.ipynb").unlink()),
    Submission("no notebook", more=_remove_notebooks),
    Submission("answer below its check", _answer_below_its_check),
    Submission("text in a new cell", _text_in_a_new_cell),
]
"""What is missing is missing; the rest has its marks."""


def typed(root: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """What a grader with an empty home types in the course, and what came of it."""
    return subprocess.run(
        [sys.executable, "-m", *command],
        cwd=root,
        env={**os.environ, "HOME": str(root), "XDG_CACHE_HOME": str(cache_root().parent)},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )


def marks(root: Path, student: str) -> dict[str, tuple[float | None, bool]]:
    """By the name of the exercise: the automatic mark, and whether a person is to look."""
    with gradebook(root) as book:
        submission = book.find_submission(ASSIGNMENT, student)
        return {
            grade.name.removesuffix("_check"): (grade.auto_score, grade.needs_manual_grade)
            for notebook in submission.notebooks
            for grade in notebook.grades
        }


def autograded(root: Path, student: str, name: str = FIRST) -> nbformat.NotebookNode:
    return nbformat.read(root / "autograded" / student / ASSIGNMENT / f"{name}.ipynb", as_version=4)


def fingerprint(folder: Path) -> dict[str, str]:
    """What lies in a folder and below: hashes of files, targets of links."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_symlink():
            found[str(path.relative_to(folder))] = f"-> {os.readlink(path)}"
        elif path.is_file():
            found[str(path.relative_to(folder))] = hashlib.sha256(path.read_bytes()).hexdigest()
        else:
            found[str(path.relative_to(folder))] = str(stat.S_IFMT(path.lstat().st_mode))
    return found
