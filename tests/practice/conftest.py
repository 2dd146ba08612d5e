"""Sessions of notebooks' kernels, in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell

from autograder.feedback import html
from autograder.practice import progress as standing
from autograder.practice import session as practice
from tests.practice.sessions import SETUP, Notebook, Session, new_shell


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    for variable in ("NBGRADER_EXECUTION", "JPY_SESSION_NAME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(standing, "_verdicts", {})
    monkeypatch.setattr(standing, "_together", {})
    monkeypatch.setattr(practice, "_asked", set())
    monkeypatch.setattr(practice, "_answers", set())
    monkeypatch.setattr(practice, "_earned", {})
    shown: list[dict[str, str]] = []
    monkeypatch.setattr("IPython.display.display", lambda data, raw: shown.append(data))
    monkeypatch.setattr(html, "draw", lambda verdict: None)  # pictures have tests of their own
    session = Session(new_shell(), shown)
    session.run(SETUP)
    session.run("progress()")
    yield session
    session.shell.history_manager.end_session()
    InteractiveShell.clear_instance()


@pytest.fixture
def notebook(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], Notebook]:
    def opened(name: str) -> Notebook:
        path = tmp_path / f"{name}.ipynb"
        made = Notebook(session, path, name)
        monkeypatch.setenv("JPY_SESSION_NAME", str(path))
        return made

    return opened
