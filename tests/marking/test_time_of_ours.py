"""A student's time begins when there is a kernel to spend it in."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import nbformat

from autograder.marking.rubric import Rubric
from autograder.marking.session import Session, SessionLimits
from autograder.marking.unsandboxed import PlainKernelManager

LIMIT = 5.0


class Sluggish(PlainKernelManager):
    """As on a machine that has fonts to list and operations to compile before its first kernel."""

    async def start_kernel(self, **kwargs: Any) -> None:
        await asyncio.sleep(LIMIT + 1)
        await super().start_kernel(**kwargs)


def test_what_a_kernel_takes_to_start_is_not_the_students(tmp_path: Path):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("print(6 * 7)")])
    session = Session(
        notebook,
        Rubric("slow", {}),
        lambda: Sluggish(tmp_path),
        lambda cell: 0,
        SessionLimits(cell=LIMIT, notebook=LIMIT),
    )
    asyncio.run(session.run())
    assert [output.get("text") for output in notebook.cells[0].outputs] == ["42\n"]
