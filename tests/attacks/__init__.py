"""Attacks on the marking: what a student could write into a notebook to get more than is due.

`cases/*.txt` hold code, one file a family; `edits.py` holds what is done to the notebook's file
instead. A case is a header line and the code, verbatim:

    # %% gradebook_by_path: the gradebook, where it lies
    # at slope
    # earns nothing

The lines after the header are optional. `at` names the exercise in whose answer the code stands;
without it the code is a cell of its own before all exercises. `earns` names the exercises that the
submission deserves; without it these are all that it answers honestly: none of a forger's, who
answers wrongly throughout, and those in `HONEST` of all others. `ends` says how the attack goes
out: `killed` with its kernel, `stopped` by a time limit, `silent` without a word, `anyhow`; without
it, it runs through, and says so. `as markdown`: it is no code, but a text behind the first check.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__all__ = [
    "ANSWERS",
    "FAMILIES",
    "GIVEN",
    "HONEST",
    "POINTS",
    "STOCK_TESTS",
    "TESTS",
    "WRONG",
    "Attack",
    "load",
]

FAMILIES = ("forging", "editing", "escaping", "exhausting", "persisting")
THROUGH = "the attack ran through"

GIVEN = "def f(x):\n    return x**2 - 3 * x + 1"
POINTS = {"slope": 2.0, "lowest": 2.0, "descend": 3.0, "twice": 1.0}
ANSWERS = {
    "slope": "def slope(x):\n    return 2 * x - 3",
    "lowest": "lowest = 1.5",
    "descend": (
        "def descend(df, start, step_size, num_steps):\n"
        "    for _ in range(num_steps):\n"
        "        start = start - step_size * df(start)\n"
        "    return start"
    ),
    "twice": "def twice(x):\n    return 2 * x",
}
WRONG = {"slope": "def slope(x):\n    return 7.0", "lowest": "lowest = -4.0"}
HONEST = ("slope", "lowest")
"""What all but forgers answer. The rest is left blank: to try a descent, a kernel imports JAX."""

TESTS = {
    "slope": "from autograder import check\ncheck.gradient('slope', of=f, at=[3.0, 0.5, -2.0])",
    "lowest": "from autograder import check\ncheck.minimum('lowest', of=f)",
    "descend": "from autograder import check\ncheck.descent('descend')",
    # One without a check of ours, with partial credit, as in stock nbgrader.
    "twice": "float(twice(2.0) == 4.0)",
}
STOCK_TESTS = {
    "slope": (
        "import numpy as np\n"
        "assert np.allclose([slope(x) for x in (3.0, 0.5, -2.0)], [3.0, -2.0, -7.0])\n"
        "assert abs(slope(10.0) - 17.0) < 1e-6"
    ),
    "lowest": "assert abs(lowest - 1.5) < 1e-2",
    "descend": (
        "df = lambda x: 2 * x - 3\n"
        "assert abs(descend(df, 4.0, 0.1, 1) - 3.5) < 1e-6\n"
        "assert abs(descend(df, 4.0, 0.1, 200) - 1.5) < 1e-2"
    ),
    "twice": TESTS["twice"],
}
"""The same exercises as users of stock nbgrader test them."""


@dataclass(frozen=True)
class Attack:
    """One submission that wants more than is due.

    Attributes:
        name: also the student's id.
        family: one of `FAMILIES`.
        title: what it tries.
        answers: from exercises to what stands in their cells.
        before: a cell of its own before all exercises, or "".
        earns: the exercises that it deserves.
        ends: how it goes out; see above.
        edit: done to the notebook's JSON, in place.
    """

    name: str
    family: str
    title: str
    answers: Mapping[str, str] = field(default_factory=dict)
    before: str = ""
    earns: frozenset[str] = frozenset()
    ends: str = ""
    edit: Callable[[dict[str, Any]], None] = lambda notebook: None

    @property
    def due(self) -> float:
        """The points that it deserves."""
        return sum(POINTS[exercise] for exercise in self.earns)


_HEADER = re.compile(
    r"^# %% (?P<name>\w+): (?P<title>.+)\n(?P<options>(?:# (?:at|as|earns|ends) .+\n)*)"
)


def _read(family: str, text: str) -> Attack:
    header = _HEADER.match(text)
    if header is None:
        raise ValueError(f"{family}: {text.splitlines()[0]!r} is no header")
    options = dict(line[2:].split(" ", 1) for line in header["options"].splitlines())
    honest = () if family == "forging" else HONEST
    answers = WRONG if family == "forging" else {name: ANSWERS[name] for name in HONEST}
    answers = dict(answers)
    code = text[header.end() :].strip()
    if options.get("as") == "markdown":
        return Attack(
            header["name"], family, header["title"], answers, "", frozenset(honest), "silent",
            _text_behind_the_first_check(code),
        )  # fmt: skip
    ends = options.get("ends", "")
    if not ends:
        code += f"\nprint({THROUGH!r})"
    place = options.get("at", "")
    if place:
        answers[place] = code
        honest = tuple(name for name in honest if name != place)
    earns = options.get("earns")
    deserved = honest if earns is None else () if earns == "nothing" else tuple(earns.split())
    for name in deserved:
        if name != place:
            answers[name] = ANSWERS[name]
    return Attack(
        name=header["name"],
        family=family,
        title=header["title"],
        answers=answers,
        before="" if place else code,
        earns=frozenset(deserved),
        ends=ends,
    )


def _text_behind_the_first_check(text: str) -> Callable[[dict[str, Any]], None]:
    def edit(notebook: dict[str, Any]) -> None:
        ids = [cell["metadata"].get("nbgrader", {}).get("grade_id") for cell in notebook["cells"]]
        cell = {"cell_type": "markdown", "metadata": {}, "source": text}
        if "id" in notebook["cells"][0]:
            cell["id"] = "written"
        notebook["cells"].insert(ids.index("slope_check") + 1, cell)

    return edit


def load(family: str) -> list[Attack]:
    """The attacks of one family, in the order of its file.

    Raises:
        ValueError: a header cannot be read.
    """
    if family == "editing":
        from tests.attacks.edits import EDITS

        return list(EDITS)
    text = (Path(__file__).parent / "cases" / f"{family}.txt").read_text(encoding="utf-8")
    _, *pieces = re.split(r"^(?=# %% )", text, flags=re.MULTILINE)
    return [_read(family, piece) for piece in pieces]
