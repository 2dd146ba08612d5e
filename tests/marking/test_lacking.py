"""What marking lacks is no fault of a student's: a person is asked; after the cure it is marked."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat import v4

from autograder.checks.questions import Calls, Error, Found, Missing, Raised, Value
from autograder.checks.verdict import Verdict
from autograder.marking.lacking import LACKING, Lacking, assigned, lacks
from autograder.marking.magics import tolerant
from autograder.marking.reading import read_notebook
from autograder.marking.record import read_record
from autograder.report.gather import gather
from tests.marking import small_course as small
from tests.marking.small_course import FIRST, Submission
from tests.support import needs

WRONG = Verdict("slope", "wrong", 0.0, "There is no answer yet.", "", "not_answered")
FUNCTION = Found(Value("function", "function"))


@pytest.mark.parametrize(
    ("kind", "message", "expected"),
    [
        ("ModuleNotFoundError", "No module named 'torch'", "package torch"),
        ("ModuleNotFoundError", "No module named 'jax.experimental.stax'", "package jax.exper"),
        ("ImportError", "cannot import name 'trapz' from 'scipy.integrate' (/x)", "scipy.integr"),
        ("ImportError", "libGL.so.1: cannot open shared object file", "library libGL.so.1"),
        ("FileNotFoundError", "[Errno 2] No such file or directory: 'my data.csv'", "my data.csv"),
        ("FileNotFoundError", "points.txt not found.", "file points.txt"),
        # Of %run and %load.
        ("Exception", "File `'helper.ipynb.py'` not found.", "file helper.ipynb"),
        ("Exception", "File './helper.py' not found", "file ./helper.py"),
        ("OSError", "File `'my helper.py'` not found.", "file my helper.py"),
        (
            "ValueError",
            "'more.py' was not found in history, as a file, url, nor in the user namespace.",
            "file more.py",
        ),
        ("FileNotFoundError", "[Errno 2] No such file or directory", "start other programs"),
        ("UsageError", "Line magic function `%skip` not found.", "magic %skip"),
        ("UsageError", "Cell magic `%%R` not found.", "magic %%R"),
        ("RuntimeError", "Unknown backend: 'gpu' requested, but no platforms", "backend gpu"),
        ("RuntimeError", "Unable to initialize backend 'cuda': ...", "backend cuda"),
        ("RuntimeError", "Found no NVIDIA driver; there is no CUDA device", "GPU"),
        ("URLError", "<urlopen error [Errno -3] Temporary failure>", "network"),
        ("MemoryError", "", "memory"),
        ("KernelLost", "the kernel died: it took too much memory; it is left out", "memory"),
        ("KernelLost", "the kernel died: it used up its processor time", ""),
        ("XlaRuntimeError", "RESOURCE_EXHAUSTED: Out of memory allocating", "memory"),
        ("OSError", '"sh" shell not found', "shell"),
        ("PermissionError", "[Errno 1] Operation not permitted", "start other programs"),
        ("PermissionError", "[Errno 1] Operation not permitted: '/etc/passwd'", ""),
        ("ImportError", "Cannot load backend 'TkAgg' which requires the 'tk'", "screen"),
        ("ImportError", "Failed to import any of the following Qt binding modules", "screen"),
        # A package of its own is no slip, however near its name is to another's.
        ("ModuleNotFoundError", "No module named 'autograd'", "package autograd"),
        ("ModuleNotFoundError", "No module named 'numpyro.infer'", "package numpyro.infer"),
        ("ModuleNotFoundError", "No module named 'simpy'", "package simpy"),
        ("ModuleNotFoundError", "No module named 'matplotlib_venn'", "package matplotlib_venn"),
        # A slip is a slip wherever it is made.
        ("ModuleNotFoundError", "No module named 'autogradr'", ""),
        ("ModuleNotFoundError", "No module named 'nummpy'", ""),
        ("ModuleNotFoundError", "No module named 'matplolib.pyplot'", ""),
        ("NameError", "name 'sympy' is not defined", ""),
        ("ValueError", "there is no minimum here", ""),
        ("XlaRuntimeError", "INTERNAL: something", ""),
        ("TypeError", "slope() missing 1 required positional argument", ""),
    ],
)
def test_what_an_error_says_is_missing(kind: str, message: str, expected: str) -> None:
    found = lacks(Error(kind, (kind,), message))
    assert expected in found
    assert bool(found) == bool(expected)


def test_names_that_a_cell_assigns() -> None:
    source = "%matplotlib inline\nimport sympy as sp\nfor k in range(3):\n    x = y = k\n"
    assert assigned(source + "def f(a):\n    inside = 1\n    return a") == {
        "sp",
        "k",
        "x",
        "y",
        "f",
    }
    assert assigned("x = = 3") == set()


def _stopped(lacking: Lacking, source: str, kind: str, message: str) -> None:
    lacking.saw(source, [v4.new_output("error", ename=kind, evalue=message, traceback=[])])


def test_a_cell_that_needs_one_that_stopped_is_excused_with_it() -> None:
    lacking = Lacking()
    _stopped(lacking, "import torch\nhelp = 1", "ModuleNotFoundError", "No module named 'torch'")
    _stopped(lacking, "slope = torch.grad", "NameError", "name 'torch' is not defined")
    (verdict,) = lacking.excused([Missing((), None)], [WRONG])
    assert (verdict.outcome, verdict.misconception) == ("unjudged", LACKING)
    assert "torch" in verdict.fact
    # A function that was defined, and meets the same when it is called.
    raised = Raised(Error("NameError", ("NameError",), "name 'help' is not defined"))
    (other,) = lacking.excused(
        [FUNCTION, Calls((raised,))], [Verdict("lowest", "wrong", 0.0, "It raised.")]
    )
    assert other.outcome == "unjudged"


def test_what_was_defined_in_the_end_is_judged_as_usual() -> None:
    lacking = Lacking()
    _stopped(lacking, "import torch\nslope = 1", "ModuleNotFoundError", "No module named 'torch'")
    lacking.saw("slope = 2", [])
    assert lacking.excused([FUNCTION], [WRONG]) == [WRONG]
    # Nor is any other mistake excused by a cell that has nothing to do with it.
    undefined = Raised(Error("NameError", ("NameError",), "name 'nothing' is not defined"))
    assert lacking.excused([FUNCTION, Calls((undefined,))], [WRONG]) == [WRONG]


def test_of_a_cell_that_stopped_nobody_knows_what_it_would_have_defined() -> None:
    lacking = Lacking()
    _stopped(lacking, "from torch import slope", "ModuleNotFoundError", "No module named 'torch'")
    lacking.saw("", [])
    (verdict,) = lacking.excused([Missing(("tilt",))], [WRONG])
    assert verdict.outcome == "unjudged"
    # The next exercise has nothing to do with it.
    other = Verdict("lowest", "wrong", 0.0, "There is no answer yet.")
    assert lacking.excused([Missing()], [other]) == [other]


def test_a_right_answer_stays_right_whatever_else_is_missing() -> None:
    lacking = Lacking()
    _stopped(lacking, "slope = 1\nimport torch", "ModuleNotFoundError", "No module named 'torch'")
    right = Verdict("slope", "right", 1.0, "Right.")
    assert lacking.excused([FUNCTION], [right]) == [right]


NEWER = f"3.{sys.version_info.minor + 1}"


@pytest.mark.parametrize(
    ("python", "kind", "message", "expected"),
    [
        (NEWER, "SyntaxError", "f-string: expecting '}' (1234.py, line 1)", f"no Python {NEWER}"),
        (NEWER, "AttributeError", "module 'math' has no attribute 'fma'", f"no Python {NEWER}"),
        (NEWER, "AttributeError", "module 'helper' has no attribute 'fma'", ""),
        (NEWER, "IndentationError", "unexpected indent (1234.py, line 1)", ""),
        ("", "SyntaxError", "invalid syntax (1234.py, line 1)", ""),
        ("", "AttributeError", "module 'math' has no attribute 'fma'", ""),
    ],
)
def test_what_a_newer_python_may_have_understood_is_not_judged(
    python: str, kind: str, message: str, expected: str
) -> None:
    lacking = Lacking(python)
    _stopped(lacking, 'def f[T](x: T):\n    print(f"{d["a"]}")', kind, message)
    (verdict,) = lacking.excused([Missing()], [WRONG])
    assert (verdict.outcome == "unjudged") == bool(expected)
    assert expected in verdict.fact


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ({"name": "python", "version": f"{NEWER}.1"}, NEWER),
        ({"version": NEWER + ".0rc1+" + "x" * 9000}, NEWER),
        ({"version": "3.8.10"}, None),
        ({"version": f"{sys.version_info.major}.{sys.version_info.minor}.99"}, None),
        ({"version": "3." + "9" * 5000}, None),
        ({"version": "3.\u0669\u0669"}, None),
        ({"version": ["3.99"]}, None),
        ("3.99", None),
        (None, None),
    ],
)
def test_of_a_newer_python_its_version_alone_is_read(
    tmp_path: Path, language: object, expected: str | None
) -> None:
    raw = {"nbformat": 4, "metadata": {"language_info": language}, "cells": []}
    (tmp_path / "any.ipynb").write_text(json.dumps(raw))
    assert read_notebook(tmp_path / "any.ipynb").metadata.autograder.get("python") == expected


def test_nobody_knows_which_names_a_file_that_is_not_there_would_have_set() -> None:
    lacking = Lacking()
    _stopped(lacking, "%run helper.py", "Exception", "File `'helper.py'` not found.")
    raised = Raised(Error("NameError", ("NameError",), "name 'helper' is not defined"))
    other = Verdict("lowest", "wrong", 0.0, "It raised.")
    for verdict in (WRONG, other):
        (found,) = lacking.excused([FUNCTION, Calls((raised,))], [verdict])
        assert found.outcome == "unjudged"
        assert "file helper.py" in found.fact
    # What was given below it for its answer was not replaced.
    _stopped(lacking, "%run helper.py", "Exception", "File `'helper.py'` not found.")
    assert lacking.excused([FUNCTION], [WRONG])[0].outcome == "unjudged"
    assert lacking.excused([FUNCTION], [WRONG]) == [WRONG]


def test_a_variable_that_nobody_stored_is_lacking() -> None:
    lacking = Lacking()
    said = v4.new_output("stream", name="stdout", text="no stored variable or alias slope\n")
    lacking.saw("%store -r slope", [said])
    (verdict,) = lacking.excused([Missing()], [WRONG])
    assert verdict.outcome == "unjudged"
    assert "stored variable slope" in verdict.fact


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("%load_ext nb_black\nimport numpy as np", {0}),
        ("x = 1\n%matplotlib widget\ny = 2\n", {1}),
        ("if True:\n    %config InlineBackend.figure_format = 'retina'\n    z = 3", {1}),
        ("!pip install -q tqdm\nimport tqdm", {0}),
        ("%pip install -q tqdm\nif True:\n    !ls -l\nx = 1", {0, 2}),
        ("files = !ls\nprint('wow!')", set()),
        ("%time x = 3\n%run helper.py", set()),
        ("%%time\n%load_ext a", set()),
        ("text = '''\n%load_ext a\n'''", set()),
        ("x = 7 % 3", set()),
        ("not python %", set()),
    ],
)
def test_some_magics_may_fail_and_no_other_line_changes(source: str, lines: set[int]) -> None:
    before, after = source.splitlines(), tolerant(source).splitlines()
    changed = {n for n, (a, b) in enumerate(zip(before, after, strict=True)) if a != b}
    assert changed == lines
    assert all("suppress(Exception)" in after[n] for n in lines)


def _first(text: str) -> small.Submission:
    def change(notebook: small.Notebook) -> None:
        notebook["cells"].insert(1, small._code(text))

    return change


def _answer(text: str):
    return lambda notebook: small.cell_of(notebook, "slope").update(source=text)


def _in_newer_python(text: str):
    """Any text that this Python does not understand will do for one that a newer one does."""

    def change(notebook: small.Notebook) -> None:
        small.cell_of(notebook, "slope").update(source=f"{text}\ntype newer still")
        notebook["metadata"]["language_info"] = {"name": "python", "version": f"{NEWER}.0"}

    return change


def _helper(folder: Path) -> None:
    cells = [v4.new_code_cell("def slope(x):\n    return 2 * x + 3")]
    (folder / "helper.ipynb").write_text(nbformat.writes(v4.new_notebook(cells=cells)))


TAKES = "held = [bytearray(b'x') * (1 << 26) for _ in range(40)]"  # 2.7 GB: not reserved, taken
CLASS = [
    Submission("honest"),
    Submission("package", _answer("import torch\ndef slope(x):\n    return 2 * x + 3")),
    Submission("inside", _answer("def slope(x):\n    import torch\n    return 2 * x + 3")),
    Submission("file", _answer("a, b = open('more.txt').read().split()\ndef slope(x):\n"
                               "    return float(a) * x + float(b)")),
    Submission("gpu", _answer("import jax\nd = jax.devices('gpu')\ndef slope(x):\n    return 3")),
    Submission("magic", _answer("%%no_such_magic\ndef slope(x):\n    return 2 * x + 3")),
    Submission("cosmetic", _first("%load_ext nb_black\n%matplotlib widget\nimport numpy as np")),
    Submission("shell", _answer("!pip install -q tqdm\n%conda install tqdm\nfor line in '!!':\n"
                                "    !ls {line}\ndef slope(x):\n    return 2 * x + 3")),
    Submission("leaves", _first("exit()")),
    Submission("leaves_twice", _first("quit\nexit()\nimport time\ntime.sleep(1)")),
    Submission("listing", _answer("names = !ls\ndef slope(x):\n    return 2 * x + 3")),
    Submission("program", _answer("import subprocess\nsubprocess.run(['ls'])\n"
                                  "def slope(x):\n    return 2 * x + 3")),
    Submission("spawned", _answer("import os\nos.posix_spawn('/bin/ls', ['ls'], {})\n"
                                  "def slope(x):\n    return 2 * x + 3")),
    Submission("typed", _answer("shift = float(input('shift: '))\n"
                                "def slope(x):\n    return 2 * x + 3 + shift")),
    Submission("typed_asked", _answer("from getpass import getpass\ndef slope(x):\n"
                                      "    return 2 * x + float(getpass())")),
    Submission("pool", _answer("import multiprocessing\nwith multiprocessing.Pool(2) as pool:\n"
                               "    pool.map(abs, [1])\ndef slope(x):\n    return 2 * x + 3")),
    Submission("executor", _answer(
        "from concurrent.futures import ProcessPoolExecutor\ndef slope(x):\n"
        "    with ProcessPoolExecutor() as it:\n        return it.submit(abs, 2 * x + 3).result()"
    )),
    Submission("run", _answer("%run helper.ipynb\nprint(slope(2))"), more=_helper),
    Submission("run_alone", _answer("%run ./helper.ipynb"), more=_helper),
    Submission("run_python", _answer("%run helper.py")),
    Submission("load", _answer("%load helper.py")),
    Submission("stored", _answer("%store -r slope")),
    Submission("own_package", _answer("from autograd import grad\nslope = grad(lambda x: x**2)")),
    Submission("newer", _in_newer_python(
        "def slope(x):\n    return 2 * x + 3"
    )),
    Submission("screen", _answer("import matplotlib\nmatplotlib.use('TkAgg')\n"
                                 "def slope(x):\n    return 2 * x + 3")),
    Submission("memory", _answer(f"{TAKES}\ndef slope(x):\n    return 2 * x + 3")),
    Submission("memory_asked", _answer(f"def slope(x):\n    {TAKES}\n    return 2 * x + 3")),
    Submission("slip", _answer("import nummpy as np\ndef slope(x):\n    return 2 * x + 3")),
    Submission("wrong", _answer("import torch\ndef tilt(x):\n    return 1")),
]  # fmt: skip
FULL = ("honest", "cosmetic", "shell", "leaves", "leaves_twice")
JUDGED = {**dict.fromkeys(FULL, 2.0), "slip": 0.0}


def _grade(root: Path) -> str:
    done = small.typed(root, "autograder", "grade", small.ASSIGNMENT)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def root(course: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    needs.a_sandbox()
    root = tmp_path_factory.mktemp("lacking")
    small.make(root, course)
    for submission in CLASS:
        small.hand_in(root, submission, second=False)
    _grade(root)
    return root


@pytest.mark.parametrize("student", [submission.student for submission in CLASS])
def test_who_needs_what_is_not_there_waits_for_a_person(root: Path, student: str) -> None:
    marks = small.marks(root, student)
    expected = (JUDGED[student], False) if student in JUDGED else (None, True)
    assert marks["slope"] == expected
    assert marks["lowest"] == (1.0, False)


def test_the_report_says_what_is_missing_and_the_copy_asks(root: Path) -> None:
    data = gather(small.api(root).coursedir, small.ASSIGNMENT)
    said = {fault.student: fault.detail for fault in data.faults if fault.kind == LACKING}
    assert set(said) == {s.student for s in CLASS} - set(JUDGED)
    assert "torch" in said["package"]
    assert "more.txt" in said["file"]
    (record,) = [
        found
        for cell in small.autograded(root, "package", FIRST).cells
        if (found := read_record(cell)) and found["verdicts"][0].answer == "slope"
    ]
    assert record["verdicts"][0].outcome == "unjudged"


def test_after_the_cure_exactly_those_are_marked_again(root: Path, tmp_path: Path) -> None:
    root = shutil.copytree(root, tmp_path / "cured")
    (root / "source" / small.ASSIGNMENT / "more.txt").write_text("2 3")
    said = _grade(root)
    assert small.marks(root, "file")["slope"] == (2.0, False)
    assert small.marks(root, "package")["slope"] == (None, True)
    assert f"{len(CLASS) - len(JUDGED)} submission(s) to mark" in said
