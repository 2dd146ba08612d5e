"""A sandboxed kernel to try things on, shared by all tests that leave it alive."""

from __future__ import annotations

import contextlib
import dataclasses
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from autograder import sandbox
from autograder.sandbox.outside.warm import why_cold
from tests.support import needs


@dataclasses.dataclass(frozen=True)
class Ran:
    """What came of one cell."""

    text: str
    error: str | None
    images: int


class Kernel:
    """A kernel behind nbclient, as marking uses it."""

    def __init__(self, manager: sandbox.SandboxKernelManager, client: NotebookClient) -> None:
        self.manager = manager
        self.client = client
        scratch = manager.sandbox.scratch
        self.scratch = "/tmp" if scratch is None else str(scratch)
        """The kernel's own folder, by the name that it knows."""

    def run(self, code: str, timeout: float = 180) -> Ran:
        cell = nbformat.v4.new_code_cell(code)
        self.client.nb.cells = [cell]
        self.client.timeout = timeout
        self.client.execute_cell(cell, 0)
        text = "".join(
            output.get("text", "") or output.get("data", {}).get("text/plain", "")
            for output in cell.outputs
        )
        errors = [output.ename for output in cell.outputs if output.output_type == "error"]
        images = sum("image/png" in output.get("data", {}) for output in cell.outputs)
        return Ran(text, errors[0] if errors else None, images)

    def value(self, expression: str) -> Any:
        """What a literal expression is worth in the kernel."""
        ran = self.run(f"print(repr({expression}))")
        assert ran.error is None, ran
        return eval(ran.text)


@pytest.fixture(scope="session")
def machine() -> sandbox.Abilities:
    """This machine, if it can sandbox; a machine of continuous integration must."""
    return needs.a_sandbox()


StartKernel = Callable[..., contextlib.AbstractContextManager[Kernel]]


@pytest.fixture(scope="session", params=["warm", "cold", "warm locked", "cold locked"])
def origin(request: pytest.FixtureRequest) -> str:
    """How kernels come to be; what holds for one that is started cold holds for a forked one.

    And what holds in namespaces holds without, but where a test says otherwise.
    """
    return str(request.param)


@pytest.fixture(scope="session")
def locked(origin: str) -> bool:
    """Whether the kernel has no namespaces of its own."""
    return origin.endswith("locked")


@pytest.fixture(scope="session")
def start_kernel(machine: sandbox.Abilities, origin: str) -> StartKernel:
    @contextlib.contextmanager
    def start(folder: Path | None = None, **limits: int) -> Iterator[Kernel]:
        manager = sandbox.SandboxKernelManager(
            folder,
            sandbox.Limits(**limits),
            warm=origin.startswith("warm"),
            namespaces="never" if origin.endswith("locked") else "require",
        )
        client = NotebookClient(
            nbformat.v4.new_notebook(),
            km=manager,
            allow_errors=True,
            interrupt_on_timeout=True,
            shutdown_kernel="immediate",
        )
        with client.setup_kernel(cleanup_kc=True):
            assert manager.sandbox.was_warm == origin.startswith("warm"), why_cold()
            yield Kernel(manager, client)

    return start


SECRET = "the-solution-is-42"


@pytest.fixture(scope="session")
def secret(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of the grader's, beside the submission."""
    path = tmp_path_factory.mktemp("course") / "gradebook.db"
    path.write_text(SECRET)
    return path


@pytest.fixture(scope="session")
def submission(tmp_path_factory: pytest.TempPathFactory, secret: Path) -> Path:
    """A folder that tries to be more than a folder."""
    folder = tmp_path_factory.mktemp("submission")
    shadow = "raise SystemExit('a file of the submission was imported')\n"
    for name in ("jax", "autograder", "sitecustomize", "usercustomize", "json", "ipykernel"):
        (folder / f"{name}.py").write_text(shadow)
    (folder / "startup.pth").write_text("import os; os._exit(3)\n")
    (folder / "helper.py").write_text("def twice(x):\n    return 2 * x\n")
    (folder / "data").mkdir()
    (folder / "data" / "points.csv").write_text("1,2\n")
    (folder / "leak").symlink_to(secret)
    (folder / "everything").symlink_to("/")
    os.mkfifo(folder / "pipe")
    return folder


@pytest.fixture(scope="session")
def kernel(start_kernel: StartKernel, submission: Path) -> Iterator[Kernel]:
    """One kernel for every test that does not hurt it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADER_TOKEN", SECRET)
        with start_kernel(submission, scratch_bytes=32 << 20, file_bytes=8 << 20) as started:
            yield started
