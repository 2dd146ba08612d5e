"""A session as a notebook's kernel has it, in this process: cells with ids, a file, cards."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

from IPython.core.interactiveshell import InteractiveShell

from autograder.practice import progress as standing
from autograder.practice import session as practice

RELEASE = Path(__file__).parents[2] / "release" / "gradient_descent"


SETUP = "import jax\nimport jax.numpy as jnp\nfrom autograder import check, progress"


def new_shell() -> InteractiveShell:
    """A shell as a notebook's kernel has it, in place of the one before."""
    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance()
    shell.kernel = object()
    shell.showtraceback = shell.showsyntaxerror = lambda *a, **k: None  # type: ignore[method-assign]
    return shell


class Session:
    """A shell whose cells are run one by one.

    Attributes:
        shown: what was displayed, newest last.
    """

    def __init__(self, shell: InteractiveShell, shown: list[dict[str, str]]) -> None:
        self.shell, self.shown = shell, shown

    def run(self, source: str, cell: str | None = None) -> str:
        """Run a cell; what its card says, in one line, or its error."""
        before = len(self.shown)
        result = self.shell.run_cell(source, store_history=True, cell_id=cell)
        if len(self.shown) > before:
            return " ".join(self.shown[-1]["text/plain"].split())
        error = result.error_before_exec or result.error_in_exec
        return "" if error is None else f"{type(error).__name__}: {error}"

    def restart(self) -> None:
        """A new kernel: nothing that ran is known any more."""
        self.shell.history_manager.end_session()
        self.shell = new_shell()
        for kept in (
            standing._verdicts,
            standing._together,
            practice._asked,
            practice._answers,
            practice._earned,
        ):
            kept.clear()


class Notebook:
    """A released notebook in a file, in a session: cells by their ids."""

    def __init__(self, session: Session, path: Path, name: str) -> None:
        self.session, self.path = session, path
        self.content: dict[str, Any] = json.loads((RELEASE / f"{name}.ipynb").read_text("utf-8"))
        self.save(at=time.time() - 60)

    @property
    def ids(self) -> list[str]:
        return [c["id"] for c in self.content["cells"] if c["cell_type"] == "code"]

    def cell(self, name: str) -> dict[str, Any]:
        return next(c for c in self.content["cells"] if c["id"] == name)

    def save(self, at: float | None = None) -> None:
        """Write the file; `at`: the time that it bears."""
        self.path.write_text(json.dumps(self.content), encoding="utf-8")
        if at is not None:
            os.utime(self.path, (at, at))

    def type(self, name: str, source: str) -> None:
        """Type into a cell, without running or saving it."""
        self.cell(name)["source"] = source

    def add(self, name: str, source: str, *, below: str) -> None:
        """A new cell below another."""
        at = next(i for i, c in enumerate(self.content["cells"]) if c["id"] == below)
        new = {"cell_type": "code", "id": name, "metadata": {}, "source": source, "outputs": []}
        self.content["cells"].insert(at + 1, new)

    def run(self, name: str, source: str | None = None) -> str:
        """Run a cell, with a new text if there is one."""
        if source is not None:
            self.type(name, source)
        text, before = self.cell(name)["source"], len(self.session.shown)
        said = self.session.run(text if isinstance(text, str) else "".join(text), name)
        self.cell(name)["outputs"] = [
            {"output_type": "display_data", "data": dict(data), "metadata": {}}
            for data in self.session.shown[before:]
        ]
        return said
