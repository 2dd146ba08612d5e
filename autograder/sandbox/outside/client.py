"""The grader's side of a sandboxed kernel: a manager and a client that do not trust it.

All that a kernel sends is counted on its way (relay.py). Here a single message that is too long is
refused as well, since parsing makes of it many times its size; and a kernel that can no longer be
heard is ended.

What of jupyter_client is not public is borrowed here alone.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import os
import time
import uuid
from collections.abc import Sequence
from queue import Empty
from typing import Any

import traitlets
import zmq.asyncio
from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager

from ..limits import Limits
from .abilities import Namespaces
from .provisioner import SandboxProvisioner
from .watchdog import Breach

__all__ = ["SandboxClient", "SandboxKernelManager", "limited_context"]

BORROWED = {
    # Whether the client, or the manager, closes its context.
    "jupyter_client:KernelClient._created_context": (),
    "jupyter_client:KernelManager._created_context": (),
    "jupyter_client:AsyncKernelClient.start_channels": ("shell", "iopub", "stdin", "hb", "control"),
    "jupyter_client:AsyncKernelClient.wait_for_ready": ("timeout",),
    "jupyter_client:AsyncKernelClient.is_alive": (),
    "jupyter_client:AsyncKernelManager.start_kernel": (),
    "jupyter_client:AsyncKernelManager.cleanup_resources": ("restart",),
}
"""From where a name stands to the parameters with which it is called."""

_ENDING_SECONDS = 0.2
_CONNECTING_SECONDS = 0.2
_KERNEL_SPEC = KernelSpec(argv=[], display_name="Python 3 (sandboxed)", language="python")


def limited_context(limits: Limits) -> zmq.asyncio.Context:
    """A ZeroMQ context whose sockets refuse messages that are too long."""
    context = zmq.asyncio.Context()
    context.setsockopt(zmq.MAXMSGSIZE, limits.message_bytes)
    return context


class SandboxClient(AsyncKernelClient):
    """A client whose sockets are limited as its manager says."""

    _monitors: Sequence[zmq.Socket[bytes]] = ()

    @traitlets.default("context")
    def _limited(self) -> zmq.asyncio.Context:
        self._created_context = True
        manager: Any = self.parent
        return limited_context(manager.limits)

    def start_channels(
        self,
        shell: bool = True,
        iopub: bool = True,
        stdin: bool = False,
        hb: bool = False,
        control: bool = True,
    ) -> None:
        """Connect, and watch the connections.

        Without standard input, which nobody gives; and without the heartbeat, since the sandbox
        knows better whether its kernel lives: a kernel that writes garbage to that connection
        made the thread that listens there wait for ever, and with it whoever stopped it.
        """
        super().start_channels(shell=shell, iopub=iopub, stdin=stdin, hb=hb, control=control)
        self._monitors = [
            # A plain socket, to be looked at without waiting.
            zmq.Socket.shadow(channel.socket.get_monitor_socket(zmq.EVENT_DISCONNECTED).underlying)
            for channel in (self.shell_channel, self.iopub_channel)
        ]

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """Wait until the kernel answers and can be heard.

        jupyter_client then listens until nothing was said for 0.2 s. Who reads by the request that
        a message belongs to, as nbclient does, has no need of that silence.

        Args:
            timeout: seconds to wait at most.

        Raises:
            RuntimeError: it died, or took too long.
        """
        deadline = time.monotonic() + (math.inf if timeout is None else timeout)
        while True:
            self.kernel_info()
            with contextlib.suppress(Empty):
                reply = await self.shell_channel.get_msg(timeout=1)
                if reply["msg_type"] == "kernel_info_reply":
                    # Empty where the subscription is not there yet: then it is asked again.
                    await self.iopub_channel.get_msg(timeout=_CONNECTING_SECONDS)
                    return
            if not await super().is_alive():
                raise RuntimeError("the kernel died before it was ready")
            if time.monotonic() > deadline:
                raise RuntimeError(f"the kernel was not ready within {timeout:g} s")

    def stop_channels(self) -> None:
        """Disconnect."""
        for monitor in self._monitors:
            monitor.close(linger=0)
        self._monitors = []
        super().stop_channels()

    async def is_alive(self) -> bool:
        """Whether the kernel runs and can be heard; one that cannot be heard is ended here.

        nbclient asks once a second while a cell runs. After a message that is too long ZeroMQ
        does not connect again, and the client would wait for nothing.
        """
        manager: Any = self.parent
        if await super().is_alive() and self._lost_connection():
            # A kernel that is just ending closes its sockets first.
            await asyncio.sleep(_ENDING_SECONDS)
            if await super().is_alive():
                manager.sandbox.end_for(Breach.CONNECTION)
                await manager.sandbox.kill()
        return bool(await super().is_alive())

    def _lost_connection(self) -> bool:
        return any(not monitor.closed and monitor.poll(0) for monitor in self._monitors)


class SandboxKernelManager(AsyncKernelManager):
    """Starts each kernel in a sandbox of its own; for nbclient and for any asynchronous client.

    It needs no kernel specification on this machine, and does not read the one that a notebook
    asks for.

    Args:
        folder: the submission's folder, of which the kernel gets a private copy as its working
            directory; none for an empty one. The original is not changed.
        limits: what the kernel may use.
        hidden: paths the kernel must not see even if the Python environment contains them, such as
            the course directory.
        warm: whether the kernel may be forked from a warm process.
        namespaces: whether it gets namespaces of its own: "prefer" (where they can be had, and
            else it is locked without), "require" or "never".
        compiled: whether repeated calls of `jax.grad` and its relatives run compiled.
        rehearsed: notebooks without solutions, such as the release, whose cells are run once to
            fill the compilation cache that all kernels read.
    """

    def __init__(
        self,
        folder: str | os.PathLike[str] | None = None,
        limits: Limits | None = None,
        hidden: Sequence[str | os.PathLike[str]] = (),
        warm: bool = True,
        compiled: bool = True,
        rehearsed: Sequence[str | os.PathLike[str]] = (),
        namespaces: Namespaces = "prefer",
        **kwargs: Any,
    ) -> None:
        super().__init__(transport="ipc", **kwargs)
        self.limits = limits or Limits()
        self.kernel_id = str(uuid.uuid4())
        self.client_factory = SandboxClient
        self.sandbox = SandboxProvisioner(
            parent=self,
            kernel_id=self.kernel_id,
            kernel_spec=_KERNEL_SPEC,
            folder=None if folder is None else os.fspath(folder),
            limits=self.limits,
            hidden=[os.fspath(path) for path in hidden],
            warm=warm,
            compiled=compiled,
            rehearsed=[os.fspath(path) for path in rehearsed],
            namespaces=namespaces,
        )
        self.provisioner = self.sandbox

    @property
    def kernel_spec(self) -> KernelSpec:
        """A specification of our own; its command is the provisioner's to choose."""
        return _KERNEL_SPEC

    @traitlets.default("context")
    def _limited(self) -> zmq.asyncio.Context:
        self._created_context = True
        return limited_context(self.limits)
