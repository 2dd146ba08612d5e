"""A Jupyter kernel provisioner that starts each kernel in a sandbox of its own."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import select
import signal
import socket
import sys
import threading
import time
import weakref
from pathlib import Path
from typing import Any

import traitlets
from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.provisioner_base import KernelProvisionerBase

from ..errors import SandboxError, SandboxStartError
from ..limits import Limits
from ..orders import Serving
from . import abilities
from .channels import PORTS, Channels
from .processes import ColdProcess, WarmProcess
from .processor import Processor, used_by
from .recipe import Recipe
from .warm import Refused, Zygote, went_cold, zygote_for
from .watchdog import Breach, Watchdog

__all__ = ["SandboxProvisioner"]

_POLL_SECONDS = 0.005
_REPORT_BYTES = 1 << 18
_DEATH_SECONDS = 10.0


class SandboxProvisioner(KernelProvisionerBase):
    """Runs one kernel in a sandbox, over ipc, with a private copy of one folder.

    The kernel specification's command, and the environment variables and the working directory
    that a client passes, are not used: they are the host's. The kernel dies with the thread that
    started it, so start kernels from a thread that lives on.

    Attributes:
        breach: the limit for which the kernel was ended, if one was.
        left_out: names of what did not fit into the private copy; at most fifty of them.
    """

    folder = traitlets.Unicode(
        None,
        allow_none=True,
        help="The folder of which the kernel gets a private copy as its working directory. "
        "None, the default, for an empty one.",
    ).tag(config=True)
    limits = traitlets.Union(
        [traitlets.Instance(Limits), traitlets.Dict()],
        help="What the kernel may use: a Limits, or a dict of those that differ from the default.",
    ).tag(config=True)
    hidden = traitlets.List(
        traitlets.Unicode(),
        help="Paths that stay unseen even if the Python environment contains them.",
    ).tag(config=True)
    also_readable = traitlets.List(
        traitlets.Unicode(),
        help="Further paths to show, read-only, under their own names.",
    ).tag(config=True)
    warm = traitlets.Bool(
        True,
        help="Whether the kernel is forked from a warm process, where the system can keep such "
        "kernels apart; else it is started cold, which takes some seconds longer.",
    ).tag(config=True)
    compiled = traitlets.Bool(
        True, help="Whether repeated calls of jax.grad and its relatives run compiled."
    ).tag(config=True)
    rehearsed = traitlets.List(
        traitlets.Unicode(),
        help="Notebooks without solutions, whose cells are run to fill the compilation cache.",
    ).tag(config=True)
    namespaces: Any = traitlets.Enum(
        ["prefer", "require", "never"],
        "prefer",
        help="Whether the kernel gets namespaces of its own: where they can be had, always, or not "
        "at all. Without them it is locked (autograder.sandbox.outside.locked).",
    ).tag(config=True)
    start_timeout = traitlets.Float(
        60.0, help="Seconds that a kernel may take to be ready for its first cell."
    ).tag(config=True)

    breach: Breach | None = None
    left_out: tuple[str, ...] = ()

    _process: ColdProcess | WarmProcess | None = None
    _pidfd: int | None = None
    _channels: Channels | None = None
    _watchdog: Watchdog | None = None

    @traitlets.default("limits")
    def _default_limits(self) -> Limits:
        return Limits()

    @traitlets.validate("limits")
    def _limits_of_dict(self, proposal: Any) -> Limits:
        value = proposal["value"]
        return Limits.from_dict(value) if isinstance(value, dict) else value

    @property
    def has_process(self) -> bool:
        """Whether a kernel is being managed, dead or alive."""
        return self._process is not None

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Make the channels, and tell the manager where they are.

        Raises:
            SandboxUnavailable: if this machine cannot sandbox.
        """
        abilities.require(self.namespaces)
        self._forget_channels()
        self.breach, self.left_out = None, ()
        self._channels = Channels()
        manager: Any = self.parent
        manager.transport = "ipc"
        manager.ip = self._channels.ip
        manager.connection_file = str(self._channels.directory / "connection.json")
        for channel, port in PORTS.items():
            setattr(manager, f"{channel}_port", port)
        manager.write_connection_file()
        self.connection_info = manager.get_connection_info()
        kwargs = await super().pre_launch(**kwargs)
        return {"cmd": ["sandboxed kernel"]} | {
            name: value for name, value in kwargs.items() if name != "cmd"
        }

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Start the kernel, and wait until it serves its channels.

        Raises:
            SandboxStartError: if it does not come up, with what it wrote to stderr.
        """
        assert self._channels is not None, "pre_launch comes first"
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with ours, theirs:
            try:
                self._begin(theirs)
                theirs.close()
                self._channels.hand_over(
                    self.limits.output_bytes, lambda: self.end_for(Breach.OUTPUT)
                )
                await self._await_report(ours)
                self._watch()
            except BaseException:
                await self.cleanup()
                raise
        return self.connection_info

    def _begin(self, report: socket.socket) -> None:
        """Let a process begin that will report over `report`: forked if that can be, else cold."""
        assert self._channels is not None
        manager: Any = self.parent
        serving = Serving(PORTS, manager.session.key.decode())
        by_port = self._channels.descriptors()
        descriptors = tuple(by_port[port] for port in sorted(by_port))
        if self.warm:
            try:
                self._process = self._fork(serving, [report.fileno(), *descriptors])
            except Refused as reason:
                went_cold(reason)
            except OSError as exc:
                raise SandboxStartError(f"No kernel can be asked for: {exc}.") from exc
        if self._process is None:
            self._process = self._start_cold(serving, report.fileno(), descriptors)
        # A client that forgets to shut down leaves no kernel behind, not even until it exits.
        self._finalizer = weakref.finalize(self, self._process.end)

    def begin_warming(self) -> None:
        """Let the process warm up from which kernels like this one are forked; do not wait for it.

        If that fails, the first kernel will say so.
        """
        if self.warm:
            # The path as it is now: whoever calls may run code with another meanwhile.
            path = tuple(sys.path)
            threading.Thread(
                target=self._warm_up, args=(path,), name="warming", daemon=True
            ).start()

    def _warm_up(self, path: tuple[str, ...]) -> None:
        with contextlib.suppress(Refused, SandboxError, OSError):
            self._zygote(path)

    def _zygote(self, path: tuple[str, ...]) -> Zygote:
        """The warm process for what this kernel is to see, if `path` is where Python imports from.

        Raises:
            Refused: there can be none.
            SandboxUnavailable: this machine cannot sandbox.
        """
        found = abilities.require(self.namespaces)
        recipe = self._recipe()
        if not found.can_fork(self.namespaces):
            raise Refused("this system has no Landlock that keeps forked kernels apart")
        return zygote_for((recipe, path), recipe.spawn_zygote)

    def _fork(self, serving: Serving, descriptors: list[int]) -> WarmProcess:
        zygote = self._zygote(tuple(sys.path))
        with contextlib.ExitStack() as stack:
            if self.folder is not None:
                folder = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
                stack.callback(os.close, folder)
                descriptors = [*descriptors, folder]
            order, scratch = self._recipe().for_child(serving, self.limits)
            process = WarmProcess(zygote, scratch)
            try:
                zygote.fork_kernel(order, descriptors)
            except BaseException:
                process.end()
                raise
        return process

    def _recipe(self) -> Recipe:
        return Recipe(
            tuple(self.also_readable),
            tuple(self.hidden),
            self.compiled,
            tuple(self.rehearsed),
            self.namespaces,
        )

    def _start_cold(
        self, serving: Serving, report_fd: int, descriptors: tuple[int, ...]
    ) -> ColdProcess:
        folder = None if self.folder is None else os.path.abspath(self.folder)
        try:
            started = self._recipe().spawn_kernel(
                serving, report_fd, descriptors, folder, self.limits
            )
        except OSError as exc:
            raise SandboxStartError(f"No kernel can be started: {exc}.") from exc
        return ColdProcess(started)

    async def _await_report(self, report: socket.socket) -> None:
        assert self._process is not None
        report.setblocking(False)
        deadline = time.monotonic() + self.start_timeout
        while True:
            try:
                message, descriptors, _, _ = socket.recv_fds(report, _REPORT_BYTES, 1)
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise SandboxStartError(
                        f"The kernel was not ready within {self.start_timeout:g} s.",
                        self._process.last_words(),
                    ) from None
                await asyncio.sleep(_POLL_SECONDS)
                continue
            if descriptors and self._pidfd is None:
                self._pidfd = descriptors[0]  # who it is; that it is ready comes later
                continue
            said = json.loads(message) if message else {}
            if "left_out" not in said or self._pidfd is None:
                words = said.get("fault") or self._process.last_words()
                raise SandboxStartError("The kernel ended before it was ready.", words)
            break
        self.left_out = tuple(said["left_out"])
        self._process.is_ready(self._pidfd)

    def _watch(self) -> None:
        assert self._pidfd is not None
        try:
            assert self._process is not None
            self._watchdog = Watchdog(
                _pid_of(self._pidfd), self.limits, self.end_for, self._process.scratch
            )
            self._watchdog.start()
        except OSError as exc:
            raise SandboxStartError(f"The kernel cannot be watched: {exc}.") from exc

    def end_for(self, breach: Breach) -> None:
        """End the kernel because it went beyond a limit; from any thread, more than once."""
        if self.breach is None:
            self.breach = breach
        self._kill()

    def _kill(self) -> None:
        # Bubblewrap's death is the death of all in its pid namespace, and cannot be refused.
        if self._pidfd is not None:
            with contextlib.suppress(ProcessLookupError, OSError):
                signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
        if self._process is not None and self._process.poll() is None:
            self._process.kill()

    @property
    def scratch(self) -> Path | None:
        """The kernel's scratch, where that is a folder of this machine's; not in namespaces."""
        scratch = None if self._process is None else self._process.scratch
        return None if scratch is None else scratch.folder.path

    def processor(self) -> Processor | None:
        """What the kernel had of the processor so far; None if it has ended."""
        if self._pidfd is None:
            return None
        try:
            return used_by(_pid_of(self._pidfd), time.monotonic())
        except OSError:
            return None

    @property
    def was_warm(self) -> bool:
        """Whether the kernel that is managed was forked from a warm process."""
        return isinstance(self._process, WarmProcess)

    async def poll(self) -> int | None:
        """The exit status of the sandbox, or none while it runs."""
        return 0 if self._process is None else self._process.poll()

    async def wait(self) -> int | None:
        """Wait for the sandbox to end; the kernel's exit status, 128 + n for signal n."""
        if self._process is None:
            return 0
        while (status := self._process.poll()) is None:
            await asyncio.sleep(_POLL_SECONDS)
        await self._until_gone()
        self._forget_process()
        return status

    async def send_signal(self, signum: int) -> None:
        """Signal the kernel's own process, and nothing else in its sandbox."""
        if signum == signal.SIGKILL:
            await self.kill()
        elif self._pidfd is not None:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._pidfd, signum)

    async def kill(self, restart: bool = False) -> None:
        """End the kernel and everything in its sandbox, whatever it does, and wait for it."""
        self._kill()
        deadline = time.monotonic() + _DEATH_SECONDS
        while await self.poll() is None and time.monotonic() < deadline:
            await asyncio.sleep(_POLL_SECONDS)
        await self._until_gone()

    async def terminate(self, restart: bool = False) -> None:
        """As `kill`: nothing in a sandbox is worth a graceful end."""
        await self.kill(restart)

    async def cleanup(self, restart: bool = False) -> None:
        """Leave nothing behind: no process, no run directory."""
        await self.kill()
        self._forget_process()
        self._forget_channels()

    async def _until_gone(self) -> None:
        """Wait until the kernel's own process is dead: bubblewrap ends a moment before it."""
        deadline = time.monotonic() + _DEATH_SECONDS
        while self._pidfd is not None and time.monotonic() < deadline:
            if select.select([self._pidfd], [], [], 0)[0]:
                break
            await asyncio.sleep(_POLL_SECONDS)

    def _forget_process(self) -> None:
        if self._watchdog is not None:
            self._watchdog.stop()
            self._watchdog = None
        if self._pidfd is not None:
            pidfd, self._pidfd = self._pidfd, None
            os.close(pidfd)
        if self._process is not None and self._process.poll() is not None:
            self._finalizer()
            self._process = None

    def _forget_channels(self) -> None:
        if self._channels is not None:
            self._channels.close()
            self._channels = None


def _pid_of(pidfd: int) -> int:
    """The process behind a pidfd, as this process numbers it.

    Raises:
        ProcessLookupError: if it has ended.
    """
    for line in Path(f"/proc/self/fdinfo/{pidfd}").read_text().splitlines():
        name, _, value = line.partition(":")
        if name == "Pid" and int(value) > 0:
            return int(value)
    raise ProcessLookupError("the process has ended")
