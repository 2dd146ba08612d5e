"""Cells that only illustrate are not run in marking, and nobody's mark is another for that."""

from __future__ import annotations

import asyncio
from pathlib import Path

import nbformat
import pytest

from autograder.checks.verdict import MIME
from autograder.coach.card import FOR_PRACTICE
from autograder.doctor.notebooks import sources
from autograder.marking.illustrations import OF_THEIR_OWN, TAG, left_out
from autograder.marking.rubric import Rubric, read_rubric
from autograder.marking.session import Session
from autograder.marking.unsandboxed import PlainKernelManager
from tests.marking.small_course import _cell

REPOSITORY = Path(__file__).parents[2]
SHIPPED = sorted((REPOSITORY / "source").glob("*/*.ipynb"))

HEAD = """import jax, jax.numpy as jnp, numpy as np
import matplotlib.pyplot as plt
from autograder import check"""
GIVEN = "def f(x):\n    return x**2 + 3 * x"
PICTURE = "xs = np.linspace(-3.0, 3.0, 50)\nplt.plot(xs, f(xs))\nplt.show()"
HELPER = "def g(x):\n    return x**2\n\n\nprint('g at 3:', g(3))"
OF_HELPER = "ys = [g(x) for x in range(4)]\nprint(ys)"
ANSWER = "def df(x):\n    return 2 * x + 3"
OF_ANSWER = "print('your slope at 1:', df(1.0))"
CHECK = "check.gradient('df', of=f)"


def picture(source: str) -> nbformat.NotebookNode:
    cell = nbformat.v4.new_code_cell(source)
    cell.metadata["tags"] = [TAG]
    return cell


def notebook(*own: str, answer: str = ANSWER, given: str = GIVEN) -> nbformat.NotebookNode:
    """The notebook of these tests, with a student's own cells before the answer."""
    cells = [
        _cell("code", HEAD, "setup", locked=True),
        _cell("code", given, "given_f", locked=True),
        picture(PICTURE),
        picture(HELPER),
        picture(OF_HELPER),
        *map(nbformat.v4.new_code_cell, own),
        _cell("code", answer, "ex", solution=True),
        picture(OF_ANSWER),
        _cell("code", CHECK, "ex_check", grade=True, locked=True, points=2),
    ]
    return nbformat.v4.new_notebook(cells=cells)


@pytest.fixture(scope="module")
def rubric(tmp_path_factory: pytest.TempPathFactory) -> Rubric:
    path = tmp_path_factory.mktemp("source") / "one.ipynb"
    nbformat.write(notebook(), path)
    return read_rubric(path)


def out_of(submitted: nbformat.NotebookNode, rubric: Rubric) -> list[str]:
    places = left_out(submitted.cells, rubric.illustrations)
    return [submitted.cells[place].source for place in sorted(places)]


ALL = [PICTURE, HELPER, OF_HELPER, OF_ANSWER]


def test_what_only_illustrates_is_left_out(rubric: Rubric) -> None:
    assert out_of(notebook(), rubric) == ALL


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_all_pictures_of_the_shipped_notebooks_are_left_out(path: Path) -> None:
    rubric = read_rubric(path)
    cells = nbformat.read(path, as_version=4).cells
    tagged = [place for place, cell in enumerate(cells) if TAG in cell.metadata.get("tags", ())]
    assert len(tagged) >= 5
    assert sorted(left_out(cells, rubric.illustrations)) == tagged
    drawn = [i.source for i in rubric.illustrations.values() if ".show(" in i.source]
    shown = [i for i in rubric.illustrations.values() if i.outputs is not None]
    assert len(drawn) >= 2
    for illustration in shown:
        kinds = {kind for output in illustration.outputs for kind in output.get("data", {})}
        walk, hunt = (f"{verb}(" in illustration.source for verb in ("coach.walk", "draw.hunt"))
        draws = walk or hunt or ".show(" in illustration.source
        assert ({"image/png", "text/html"} <= kinds) == draws
        for output in illustration.outputs:
            words = output.get("metadata", {}).get("image/png", {}).get("alt")
            # Pictures that are made of what is walked say in their own words what was.
            assert words is None or walk or hunt or words.split()[0] in illustration.source
        if "coach." in illustration.source and not walk:
            assert [output["text"] for output in illustration.outputs] == [f"{FOR_PRACTICE}\n"]


# What keeps the picture of f running: it sets xs.
NEEDS_XS = {
    "reads it": "print(xs[0])",
    "in a function": "def look():\n    return xs[0]",
    "in a function with a parameter of that name elsewhere":
        "def one(xs):\n    return xs\ndef two():\n    return xs[0]",
    "in a default": "def look(places=xs):\n    return places",
    "in a lambda": "look = lambda: xs[0]",
    "in a comprehension": "squares = [x**2 for x in xs]",
    "in an f-string": "print(f'{xs[0]:.1f}')",
    "in a class": "class Grid:\n    first = xs[0]",
    "adds to it": "xs += 1",
    "takes it away": "del xs",
    "sets it only perhaps": "if np.random.rand() > 2:\n    xs = [1]\nprint(xs)",
    "sets it in a loop that may not run": "for xs in []:\n    pass\nprint(xs)",
    "sets it in what may stop": "try:\n    xs = int('')\nexcept ValueError:\n    pass\nprint(xs)",
    "sets it in what may hide an error":
        "import contextlib\nwith contextlib.suppress(ValueError):\n    xs = float('x')\nprint(xs)",
    "sets it, and a function looks it up later": "xs = 2.0\ndef look():\n    return xs",
    "reads, then sets it": "first = xs[0]\nxs = 1",
    "stores into it": "xs[0] = 5",
    "while": "while len(xs) > 60:\n    pass",
    "match": "match xs[0]:\n    case _:\n        pass",
    "timed": "%%time\nprint(xs)",
}  # fmt: skip
# What keeps all of them running: nobody can tell by the text.
NEEDS_ALL = {
    "globals": "print(globals()['x' + 's'])",
    "vars": "print(vars()['x' + 's'])",
    "exec": "exec('print(x' + 's)')",
    "eval": "print(eval('x' + 's'))",
    "history": "print(In[3])",
    "the last value": "print(_)",
    "the last text": "print(_i)",
    "a numbered value": "print(_3)",
    "main": "import __main__ as here\nprint(getattr(here, 'x' + 's'))",
    "a function's names": "print(f.__globals__['x' + 's'])",
    "modules": "import sys\nprint(len(sys.modules))",
    "a magic": "%time print(xs)",
    "a shell line": "!echo {xs}",
    "another magic": "%who",
    "a question": "xs?",
    "an indented cell": "  print(xs)",
    "global": "def change():\n    global xs\n    xs = 1",
    "a star": "from math import *",
    "the shell": "get_ipython().user_ns",
    "the shell by its module": "import IPython\nprint(IPython.get_ipython().user_module)",
}  # fmt: skip
NEEDS_NONE = {
    "a comment": "# xs and g are nice",
    "a text": "print('xs')",
    "names of its own": "zs = [1, 2]\nfor z in zs:\n    print(z)",
    "the same name, set first": "xs = np.zeros(3)\nprint(xs.sum())",
    "a loop over that name": "for xs in range(3):\n    print(xs)",
    "a parameter of that name": "def look(xs, g):\n    return g(xs)",
    "set either way": "if f(1) > 0:\n    xs = 1\nelse:\n    xs = 2\nprint(xs)",
    "a file": "with open('/dev/null') as xs:\n    print(xs.read())",
    "a comprehension's own": "print([xs for xs in range(3)])",
    "a syntax error": "print(xs",
    "drawing": "plt.plot([1, 2])\nplt.show()",
    "magic for pictures": "%matplotlib inline\n%config InlineBackend.figure_format = 'retina'",
    "timing": "%%timeit\nf(2.0)",
    "an underscore of its own": "for _ in range(3):\n    print(_)",
    "a given function": "print(f(2.0))",
    "nothing": "",
}


@pytest.mark.parametrize("case", NEEDS_XS)
def test_a_cell_whose_name_is_read_is_run(rubric: Rubric, case: str) -> None:
    out = out_of(notebook(NEEDS_XS[case]), rubric)
    assert PICTURE not in out
    assert HELPER in out


@pytest.mark.parametrize("case", NEEDS_ALL)
def test_in_doubt_all_cells_are_run(rubric: Rubric, case: str) -> None:
    assert out_of(notebook(NEEDS_ALL[case]), rubric) == []


@pytest.mark.parametrize("case", NEEDS_NONE)
def test_what_reads_no_such_name_costs_nothing(rubric: Rubric, case: str) -> None:
    assert out_of(notebook(NEEDS_NONE[case]), rubric) == ALL


def test_what_a_needed_cell_needs_is_run_as_well(rubric: Rubric) -> None:
    assert out_of(notebook("print(ys)"), rubric) == [PICTURE, OF_ANSWER]


def test_a_cell_that_was_changed_is_run(rubric: Rubric) -> None:
    changed = notebook()
    changed.cells[2].source += "\nprint('and a word of mine')"
    assert out_of(changed, rubric) == [HELPER, OF_HELPER, OF_ANSWER]
    blanks = notebook()
    blanks.cells[2].source = PICTURE.replace("\n", "  \r\n") + "\n\n"
    assert len(out_of(blanks, rubric)) == len(ALL)


def run(submitted: nbformat.NotebookNode, rubric: Rubric, folder: Path) -> Session:
    without = left_out(submitted.cells, rubric.illustrations, rubric.given)
    session = Session(
        submitted, rubric, lambda: PlainKernelManager(folder), lambda cell: 1, left_out=without
    )
    asyncio.run(session.run())
    return session


def shares(submitted: nbformat.NotebookNode) -> list[float]:
    records = [
        o.data[MIME]
        for c in submitted.cells
        for o in c.get("outputs", [])
        if MIME in o.get("data", {})
    ]
    return [verdict["share"] for record in records for verdict in record["verdicts"]]


def test_the_page_shows_what_the_cell_would_have_shown(rubric: Rubric, tmp_path: Path) -> None:
    # A student who draws otherwise draws otherwise in cells of their own alone.
    submitted = notebook("class plt:\n    show = plot = staticmethod(lambda *a: print('mine'))")
    session = run(submitted, rubric, tmp_path)
    assert not session.missed
    assert shares(submitted) == [1.0]
    drawn, helper, listed, of_answer = (submitted.cells[place].outputs for place in (2, 3, 4, 7))
    assert [list(output.data) for output in drawn] == [["image/png", "text/plain"]]
    assert [output.text for output in (*helper, *listed)] == ["g at 3: 9\n", "[0, 1, 4, 9]\n"]
    assert [output.text.strip() for output in of_answer] == [OF_THEIR_OWN]
    assert submitted.cells[2].execution_count is None


def test_what_a_student_changed_is_not_shown_as_released(rubric: Rubric, tmp_path: Path) -> None:
    submitted = notebook()
    submitted.cells[3].source = HELPER.replace("x**2", "x**3")
    run(submitted, rubric, tmp_path)
    drawn, helper, listed = (submitted.cells[place].outputs for place in (2, 3, 4))
    assert [output.text.strip() for output in (*helper, *listed)] == ["g at 3: 27", OF_THEIR_OWN]
    assert "image/png" in drawn[0].data
    before = notebook()
    own = "import numpy as np\nfrom matplotlib import pyplot as other\ndef f(x):\n    return -x"
    before.cells.insert(2, nbformat.v4.new_code_cell(own))
    run(before, rubric, tmp_path)
    assert [output.text.strip() for output in before.cells[3].outputs] == [OF_THEIR_OWN]
    assert [output.text for output in before.cells[4].outputs] == ["g at 3: 9\n"]
    again = notebook()
    again.cells.insert(2, nbformat.v4.new_code_cell("import numpy as np"))
    run(again, rubric, tmp_path)
    assert "image/png" in again.cells[3].outputs[0].data


def test_a_name_that_was_looked_up_unseen_is_told(rubric: Rubric, tmp_path: Path) -> None:
    (tmp_path / "helper.py").write_text(
        "import types\ndef look(fn):\n"
        "    return types.FunctionType(compile('xs[0]', '', 'eval'), fn.__globals__)()\n"
    )
    in_a_cell = notebook("import helper\nfirst = helper.look(f)")
    assert len(out_of(in_a_cell, rubric)) == len(ALL), "no word of it is in the notebook"
    assert run(in_a_cell, rubric, tmp_path).missed
    later = notebook("import helper", answer=f"{ANSWER} + 0 * helper.look(f)")
    assert run(later, rubric, tmp_path).missed
    at_last = (
        "calls = []\ndef df(x):\n    calls.append(x)\n"
        "    return 2 * x + 3.01 + (0 * helper.look(f) if len(calls) > 8 else 0)"
    )
    assert run(notebook("import helper", answer=at_last), rubric, tmp_path).missed
    (tmp_path / "mine.py").write_text("from __main__ import xs\n")
    assert run(notebook("import mine"), rubric, tmp_path).missed
    (tmp_path / "main.py").write_text("import __main__\nfirst = __main__.xs[0]\n")
    assert run(notebook("import main"), rubric, tmp_path).missed
    own_typo = notebook("print(zs)")
    assert not run(own_typo, rubric, tmp_path).missed


AUTHORS = {
    "it sets what is asked": (["df = 3\nprint(df)"], GIVEN, "`df`"),
    "it changes a given object": (
        ["settings['k'] = 3.0\nprint(settings)"],
        "settings = {'k': 1.0}\ndef f(x):\n    return settings['k'] * x**2 + 3 * x",
        "`settings`",
    ),
    "the given function reads it": (
        ["k = 1.0\nprint(k)"], "k = 1.0\ndef f(x):\n    return k * x**2 + 3 * x", "another cell",
    ),
    "what is drawn depends on it": (
        ["seeded(1)\nprint('seeded')"],
        "def seeded(number):\n    np.random.seed(number)\nseeded(0)\n"
        "def f(x):\n    return x**2 + 3 * x + noise[0] * x",
        "reply otherwise",
    ),
    "a value of the last line": (["f(2.0)"], GIVEN, "otherwise than by"),
    "it displays": (["display(f(2.0))"], GIVEN, "otherwise than by"),
    "it sets a seed": (["np.random.seed(1)\nprint('seeded')"], GIVEN, "`np.random.seed`"),
    "it draws a number": (["print(np.random.rand())"], GIVEN, "`np.random.rand`"),
    "it draws from a generator that goes on":
        (["print(rng.normal())"], f"rng = np.random.default_rng(0)\n{GIVEN}", "`rng.normal`"),
    "it turns on float64":
        (["jax.config.update('jax_enable_x64', False)"], GIVEN, "`jax.config.update`"),
    "it turns on float64 by a name of its own": (
        ["from jax import config\nconfig.update('jax_enable_x64', False)"], GIVEN, "`config`",
    ),
    "it writes a file":
        (["with open('/dev/null', 'w') as file:\n    print(2, file=file)"], GIVEN, "`open`"),
    "it saves an array": (["np.savetxt('/dev/null', [2.0])"], GIVEN, "`np.savetxt`"),
    "it has errors raised": (["np.seterr(under='ignore')\nprint(1)"], GIVEN, "`np.seterr`"),
    "it changes a module": (["import string\nstring.mine = 2"], GIVEN, "`string`"),
    "it looks around": (["print(len(globals()))"], GIVEN, "does not tell"),
}  # fmt: skip


@pytest.mark.parametrize("case", AUTHORS)
def test_what_an_answer_may_depend_on_is_run_and_the_doctor_says_why(
    tmp_path: Path, case: str
) -> None:
    (source,), given, words = AUTHORS[case]
    made = notebook(given=given, answer="df = jax.grad(lambda x: f(x))")
    made.cells.insert(2, picture(source))
    made.cells.insert(3, _cell("code", "noise = np.random.rand(3)", "given_noise", locked=True))
    path = tmp_path / "source" / "small" / "one.ipynb"
    path.parent.mkdir(parents=True)
    nbformat.write(made, path)
    rubric = read_rubric(path)
    assert source not in out_of(made, rubric)
    findings = [
        f for f in sources(tmp_path / "source", tmp_path / "release") if f.level == "warning"
    ]
    said = [finding.says for finding in findings if source.splitlines()[0] in finding.says]
    assert said
    assert words in said[0]


def test_what_a_module_keeps_does_not_hide_that_an_answer_needs_it(tmp_path: Path) -> None:
    (tmp_path / "kept_by_module.py").write_text(
        "K = 1.0\ndef twice():\n    global K\n    K = 2.0\ndef f(x):\n    return K * x**2\n"
    )
    doubles = "import kept_by_module\nkept_by_module.twice()\nprint('doubled')"
    made = notebook(given="from kept_by_module import f", answer="df = jax.grad(f)")
    made.cells.insert(2, picture(doubles))
    path = tmp_path / "one.ipynb"
    nbformat.write(made, path)
    assert doubles not in out_of(made, read_rubric(path))


def test_it_is_found_out_once(tmp_path: Path) -> None:
    log = tmp_path / "log"
    path = tmp_path / "source" / "one.ipynb"
    path.parent.mkdir()
    made = notebook()
    note = (
        f"def note():\n    with open({str(log)!r}, 'a') as file:\n        print('run', file=file)"
    )
    made.cells.insert(2, nbformat.v4.new_code_cell(note))
    made.cells.insert(3, picture("note()\nprint('noted')"))
    nbformat.write(made, path)
    for _ in range(3):
        rubric = read_rubric(path)
        assert made.cells[3].source in out_of(made, rubric)
    assert log.read_text().count("run") == 1
    made.cells[-1].source += "\n# another text"
    nbformat.write(made, path)
    read_rubric(path)
    assert log.read_text().count("run") == 2
