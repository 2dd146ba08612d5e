"""Whatever a session has been through: right in practice is right from top to bottom."""

from __future__ import annotations

import contextlib
import io
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from IPython.core.interactiveshell import InteractiveShell

from autograder.answers.local import judge
from autograder.checks.value import ExactValue
from autograder.feedback import html
from autograder.practice import session as practice
from tests.practice.sessions import Session

TEXTS = {
    "base": [
        "base = 2.0",
        "base = 1.0",
        "pass",
        "base = base + 1",
        "def helper(t):\n    return t + 1",
        "def helper(t):\n    return t + base - 1",
        "items = [3.0]",
    ],
    "one": [
        "a = 3.0",
        "a = base + 1",
        "a = 2.0",
        "print(3.0)",
        "a = 3.0\nraise ValueError('late')",
        "raise KeyboardInterrupt\na = 3.0",
        "a = helper(base)",
        "base = 2.0\na = base + 1",
        "if base > 1.5:\n    a = 3.0",
        "a = = 3",
        "%time a = 3.0",
        "exec('a = 3.0')",
        "a = items[0]",
        "a = items[-1]\nitems.append(a - 1)",
        "b = 3.0",
    ],
    "two": ["b = a", "b = helper(2.0)", "b = 3.0", "b = a\na = 0.0", "b = a + b - 3", "A = 3.0"],
    "scratch": ["a = 3.0", "base = 2.0", "del a", "for base in (2.0, 1.0):\n    pass", "b = 3.0",
                "items.append(3.0)", "def helper(t):\n    return 3.0", "%reset -f"],
}  # fmt: skip
CHECKS = {"check_one": "a", "check_two": "b"}
SETUP = "from autograder import check"


class Course:
    """A notebook of two exercises that students run, edit, move and restart."""

    def __init__(self, session: Session, path: Path) -> None:
        self.session, self.path = session, path
        self.count = 0
        self.cells = [("setup", SETUP), ("base", "base = 2.0"), ("one", "a = 3.0")]
        self.cells += [("check_one", 'check.value("a", 3.0)'), ("two", "b = a")]
        self.cells += [("check_two", 'check.value("b", 3.0)')]
        self.restart()
        self.save()

    def save(self) -> None:
        cells = [
            {"cell_type": "code", "id": name, "metadata": {}, "source": text, "outputs": []}
            for name, text in self.cells
        ]
        self.path.write_text(json.dumps({"cells": cells}))
        later = time.time() + 60
        os.utime(self.path, (later, later))

    def restart(self) -> None:
        shell = self.session.shell
        log = vars(shell).pop("_autograder_log", None)
        if log is not None:
            shell.events.unregister("pre_run_cell", log.begins)
            shell.events.unregister("post_run_cell", log.ends)
        shell.reset(new_session=False)
        shell.user_ns["In"][:] = [""]
        self.run(0)

    def run(self, index: int) -> str:
        name, text = self.cells[index]
        return self.session.run(text, name)

    def do(self, action: str, which: int, text: int) -> None:
        """One thing that a student does."""
        others = [i for i, (n, _) in enumerate(self.cells) if n not in CHECKS and n != "setup"]
        index = others[which % len(others)] if others else 0
        name = self.cells[index][0]
        kind = name.rstrip("0123456789")
        texts = TEXTS.get(kind, [SETUP])
        match action:
            case "run":
                self.run(which % len(self.cells))
            case "edit" | "type":
                self.cells[index] = (name, texts[text % len(texts)])
                self.save()
                if action == "edit":
                    self.run(index)
            case "insert":
                self.count += 1
                at = 1 + which % len(self.cells)
                new = TEXTS["scratch"][text % len(TEXTS["scratch"])]
                self.cells.insert(at, (f"scratch{self.count}", new))
                self.save()
                self.run(at)
            case "delete" if kind == "scratch":
                del self.cells[index]
                self.save()
            case "restart":
                self.restart()
            case "all":
                for at in range(len(self.cells)):
                    self.run(at)

    def marked(self, check: str) -> bool:
        """What marking finds: the cells from top to bottom, in a fresh namespace."""
        namespace: dict[str, Any] = {"check": _NoCheck()}
        for name, text in self.cells:
            if name == check:
                checked = ExactValue(CHECKS[check], 3.0, None)
                (verdict,) = judge(checked, namespace, 0)
                return verdict.right
            if name not in CHECKS and name != "setup":
                plain = text.removeprefix("%time ")
                if plain == "%reset -f":
                    namespace = {"check": _NoCheck()}
                    continue
                with contextlib.suppress(BaseException), contextlib.redirect_stdout(io.StringIO()):
                    exec(plain, namespace)
        raise AssertionError(check)


class _NoCheck:
    pass


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Session, Path]]:
    shown: list[dict[str, str]] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("IPython.display.display", lambda data, raw: shown.append(data))
        patch.setattr(html, "draw", lambda verdict: None)
        patch.setattr(practice, "PATIENCE", 1e6)
        patch.delenv("NBGRADER_EXECUTION", raising=False)
        path = tmp_path_factory.mktemp("work") / "work.ipynb"
        patch.setenv("JPY_SESSION_NAME", str(path))
        InteractiveShell.clear_instance()
        shell = InteractiveShell.instance()
        shell.kernel = object()
        shell.showtraceback = shell.showsyntaxerror = lambda *a, **k: None  # type: ignore[method-assign]
        yield Session(shell, shown), path
        shell.history_manager.end_session()
        InteractiveShell.clear_instance()


ACTIONS = st.lists(
    st.tuples(
        st.sampled_from(
            ["run", "run", "edit", "edit", "edit", "type", "insert", "delete", "all", "restart"]
        ),
        st.integers(0, 11),
        st.integers(0, 14),
    ),
    min_size=1,
    max_size=9,
)


@settings(
    max_examples=250,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(actions=ACTIONS)
def test_right_in_practice_is_right_from_top_to_bottom(
    actions: list[tuple[str, int, int]], shell: tuple[Session, Path]
) -> None:
    course = Course(*shell)
    for action in actions:
        course.do(*action)
        for index, (name, _) in enumerate(course.cells):
            if name in CHECKS:
                said = course.run(index)
                if said.startswith("✓"):
                    assert course.marked(name), (action, course.cells, said)


def test_what_was_run_from_top_to_bottom_is_right_in_both(shell: tuple[Session, Path]) -> None:
    """The test above is not passed by never calling anything right."""
    course = Course(*shell)
    for text in ("a = 3.0", "a = base + 1", "if base > 1.5:\n    a = 3.0", "%time a = 3.0"):
        course.cells[2] = ("one", text)
        course.save()
        course.do("all", 0, 0)
        assert course.run(3).startswith("✓"), text
        assert course.run(5).startswith("✓"), text
        assert course.marked("check_two")


@pytest.mark.parametrize(
    "text",
    ["%reset -f", "  %reset -s -f  # all of it", "get_ipython().run_line_magic('reset', '-f')"],
)
def test_what_a_reset_takes_away_is_not_right(text: str, shell: tuple[Session, Path]) -> None:
    """The name has its value in the session; from top to bottom the reset comes after it."""
    course = Course(*shell)
    course.cells.insert(1, ("scratch1", text))
    course.save()
    course.run(1)
    course.run(0)
    course.cells.insert(1, ("scratch2", "a = 3.0"))
    course.cells[4] = ("one", "a = items[0]")
    course.save()
    for index in (1, 4):
        course.run(index)
    assert not course.run(5).startswith("✓")


def test_a_reset_of_something_else_takes_no_names(shell: tuple[Session, Path]) -> None:
    course = Course(*shell)
    course.cells.insert(1, ("scratch1", "a = 3.0"))
    course.cells.insert(2, ("scratch2", "%reset -f out"))
    course.cells[4] = ("one", "# see above")
    course.save()
    course.do("all", 0, 0)
    assert course.run(5).startswith("✓")
