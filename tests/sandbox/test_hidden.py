"""A course in what every kernel sees stays unseen, by whatever name its root was given."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from autograder import sandbox


@pytest.mark.parametrize("shown", ["inst", "to inst"])
@pytest.mark.parametrize("hidden", ["inst/lib/course", "to course"])
@pytest.mark.parametrize("warm", [True, False], ids=["warm", "cold"])
def test_a_hidden_course_cannot_be_read(
    machine, tmp_path: Path, shown: str, hidden: str, warm: bool
) -> None:
    if not machine.namespaces:
        pytest.skip("without namespaces, nothing can be hidden in what is shown")
    course = tmp_path / "inst" / "lib" / "course"
    course.mkdir(parents=True)
    (course / "gradebook.db").write_text("marks")
    (course.parent / "code.py").write_text("code")
    (tmp_path / "to course").symlink_to(course)
    (tmp_path / "to inst").symlink_to(tmp_path / "inst")
    manager = sandbox.SandboxKernelManager(warm=warm, namespaces="require")
    manager.sandbox.also_readable = [str(tmp_path / shown)]
    manager.sandbox.hidden = [str(tmp_path / hidden)]
    ways = [tmp_path / "inst/lib", tmp_path / "to inst/lib"]
    cell = nbformat.v4.new_code_cell(f"""
for path in {[str(way) for way in ways]} + [{str(tmp_path / "to course")!r}]:
    for name in ("course/gradebook.db", "gradebook.db", "code.py"):
        try:
            print(open(f"{{path}}/{{name}}").read())
        except OSError:
            pass
""")
    client = NotebookClient(
        nbformat.v4.new_notebook(cells=[cell]), km=manager, shutdown_kernel="immediate"
    )
    with client.setup_kernel(cleanup_kc=True):
        client.execute_cell(cell, 0)
    assert {line for output in cell.outputs for line in output.text.split()} == {"code"}
