"""A Jupyter kernel provisioner that starts each kernel in a sandbox of its own."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import time
import weakref
from pathlib import Path
from typing import Any

import traitlets
from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.provisioner_base import KernelProvisionerBase

from autograder.sandbox import abilities, prepared, seccomp
from autograder.sandbox.bubblewrap import SUBMISSION, View, command
from autograder.sandbox.channels import PORTS, Channels
from autograder.sandbox.environment import (
    HOME,
    MATPLOTLIB,
    SCRATCH,
    WORK,
    PythonEnvironment,
    variables,
)
from autograder.sandbox.errors import SandboxStartError
from autograder.sandbox.limits import Limits
from autograder.sandbox.watchdog import Breach, Watchdog

__all__ = ["SandboxProvisioner"]

_LAUNCHER = str(Path(__file__).with_name("launcher.py").resolve())
_FONTS = "/opt/matplotlib"
_POLL_SECONDS = 0.005
_LAST_WORDS_BYTES = 4096
_REPORT_BYTES = 1 << 18
_DEATH_SECONDS = 10.0


class SandboxProvisioner(KernelProvisionerBase):
    """Runs one kernel under bubblewrap, over ipc, with a private copy of one folder.

    The kernel specification's command, and the environment variables and the working directory
    that a client passes, are not used: they are the host's. The kernel dies with the thread that
    started it (bubblewrap's --die-with-parent), so start kernels from a thread that lives on.

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
    start_timeout = traitlets.Float(
        60.0, help="Seconds that a kernel may take to be ready for its first cell."
    ).tag(config=True)

    breach: Breach | None = None
    left_out: tuple[str, ...] = ()

    _process: subprocess.Popen[bytes] | None = None
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
        abilities.require()
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
            self._spawn(theirs)
            theirs.close()
            self._channels.hand_over(self.limits.output_bytes, lambda: self.end_for(Breach.OUTPUT))
            try:
                await self._await_report(ours)
                self._watch()
            except BaseException:
                await self.cleanup()
                raise
        return self.connection_info

    def _spawn(self, report: socket.socket) -> None:
        found = abilities.require()
        assert found.bwrap is not None
        assert self._channels is not None
        fonts = prepared.font_lists()
        python = PythonEnvironment.current(also=self.also_readable)
        view = View(
            python=python,
            scratch_bytes=self.limits.scratch_bytes,
            submission=None if self.folder is None else os.path.abspath(self.folder),
            binds={str(path.parent): _FONTS for path in fonts[:1]},
            hidden=[os.path.abspath(path) for path in self.hidden],
            # Without Landlock, /proc/1/mem would be a way into bubblewrap's own process, which has
            # neither our filters nor our limits.
            proc=found.proc and found.landlock_abi > 0,
        )
        descriptors = self._channels.descriptors()
        manager: Any = self.parent
        config = {
            "report_fd": report.fileno(),
            "descriptors": descriptors,
            "ports": PORTS,
            "key": manager.session.key.decode(),
            "limits": self.limits.as_dict(),
            "landlock": found.landlock_abi,
            "readable": view.readable(),
            "import_path": python.import_path,
            "scratch": SCRATCH,
            "home": HOME,
            "work": WORK,
            "matplotlib": MATPLOTLIB,
            "fonts": [f"{_FONTS}/{path.name}" for path in fonts],
            "submission": None if self.folder is None else SUBMISSION,
        }
        filter_fd = _readable_pipe(seccomp.outer_filter())
        try:
            self._process = subprocess.Popen(
                command(
                    found.bwrap,
                    view,
                    variables(),
                    [python.executable, "-P", "-s", _LAUNCHER],
                    seccomp_fd=filter_fd,
                ),
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                pass_fds=[filter_fd, report.fileno(), *descriptors.values()],
                env={},
                cwd="/",
                # Ctrl-C in the grader's terminal is for the grader, who then ends its kernels.
                start_new_session=True,
            )
        finally:
            os.close(filter_fd)
        # A client that forgets to shut down leaves no kernel behind, not even until it exits.
        self._finalizer = weakref.finalize(self, _end, self._process)
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError), self._process.stdin as stdin:
            stdin.write(json.dumps(config).encode())

    async def _await_report(self, report: socket.socket) -> None:
        report.setblocking(False)
        deadline = time.monotonic() + self.start_timeout
        while True:
            try:
                message, descriptors, _, _ = socket.recv_fds(report, _REPORT_BYTES, 1)
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise SandboxStartError(
                        f"The kernel was not ready within {self.start_timeout:g} s.",
                        self._last_words(),
                    ) from None
                await asyncio.sleep(_POLL_SECONDS)
                continue
            if not message or not descriptors:
                raise SandboxStartError("The kernel ended before it was ready.", self._last_words())
            break
        self._pidfd = descriptors[0]
        self.left_out = tuple(json.loads(message)["left_out"])
        assert self._process is not None
        assert self._process.stderr is not None
        # From here on it is the student's to write to.
        self._process.stderr.close()

    def _last_words(self) -> str:
        assert self._process is not None
        assert self._process.stderr is not None
        self._process.kill()
        self._process.wait()
        os.set_blocking(self._process.stderr.fileno(), False)
        words = self._process.stderr.read(1 << 16) or b""
        return words[-_LAST_WORDS_BYTES:].decode(errors="replace").strip()

    def _watch(self) -> None:
        assert self._pidfd is not None
        try:
            self._watchdog = Watchdog(_pid_of(self._pidfd), self.limits, self.end_for)
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


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    if process.stderr is not None:
        process.stderr.close()


def _readable_pipe(content: bytes) -> int:
    """The reading end of a pipe that holds `content`, which must fit into a pipe (64 KiB)."""
    reading, writing = os.pipe()
    with os.fdopen(writing, "wb") as pipe:
        pipe.write(content)
    return reading


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
