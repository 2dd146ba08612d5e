"""A kernel without a sandbox, for a machine that has none and code that is trusted."""

from __future__ import annotations

import os
import shutil
import tempfile
from typing import Any

from jupyter_client.manager import AsyncKernelManager

__all__ = ["PlainKernelManager"]


class PlainKernelManager(AsyncKernelManager):
    """Starts this Python's own kernel in a copy of a folder, which goes when the kernel goes.

    Args:
        folder: the submission's folder; it is not changed.
    """

    def __init__(self, folder: str | os.PathLike[str], **kwargs: Any) -> None:
        super().__init__(kernel_name="python3", **kwargs)
        self._folder = os.fspath(folder)
        self._copy: tempfile.TemporaryDirectory[str] | None = None

    # Not as the synchronous manager's, as which jupyter_client declares them too.
    async def start_kernel(self, **kwargs: Any) -> None:  # type: ignore[override]
        """Start it, in the copy."""
        if self._copy is None:
            # A kernel may hold files open that Windows then cannot remove.
            self._copy = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
            work = os.path.join(self._copy.name, "work")
            # Without the modes: nbgrader's own copy is read-only.
            shutil.copytree(self._folder, work, symlinks=True, copy_function=shutil.copyfile)
            if os.name == "posix":
                # Sockets in a folder of our own: nobody else on the machine can talk to the kernel,
                # and it does not warn of TCP. Beside the connection file, by a short path.
                self.transport = "ipc"
                self.connection_file = os.path.join(self._copy.name, "kernel.json")
        kwargs["cwd"] = os.path.join(self._copy.name, "work")
        # As in the sandbox, and as nbgrader has it.
        kwargs["env"] = {**os.environ, **kwargs.get("env", {}), "NBGRADER_EXECUTION": "autograde"}
        # As in the sandbox: `exit()` would end the kernel in whichever cell runs by then.
        stay = "--IPKernelApp.exec_lines=get_ipython().ask_exit = lambda: None"
        kwargs["extra_arguments"] = [*kwargs.get("extra_arguments", []), stay]
        await super().start_kernel(**kwargs)

    async def cleanup_resources(self, restart: bool = False) -> None:  # type: ignore[override]
        """Remove the copy, unless the kernel is started again."""
        await super().cleanup_resources(restart=restart)
        if self._copy is not None and not restart:
            self._copy.cleanup()
            self._copy = None
