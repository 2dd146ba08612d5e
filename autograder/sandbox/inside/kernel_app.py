"""IPython's kernel application on sockets that are already listening.

Runs inside the sandbox, after the process has been confined: nothing here may need a socket, a
process or a path that the sandbox does not have.

What of ipykernel is not public, and of what shows its figures, is borrowed here alone.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from typing import Any

# The debugger binds a TCP port. Marked absent before ipykernel looks for it.
sys.modules["debugpy"] = None  # type: ignore[assignment]

import zmq  # noqa: E402
from ipykernel.heartbeat import Heartbeat  # noqa: E402
from ipykernel.iostream import IOPubThread  # noqa: E402
from ipykernel.kernelapp import IPKernelApp  # noqa: E402
from traitlets.config import Config  # noqa: E402

__all__ = ["run"]

BORROWED = {
    "ipykernel.kernelapp:IPKernelApp._try_bind_socket": ("s", "port"),
    "ipykernel.kernelapp:IPKernelApp.init_heartbeat": (),
    "ipykernel.kernelapp:IPKernelApp.init_control": ("context",),
    "ipykernel.kernelapp:IPKernelApp.shell_socket": (),
    "ipykernel.kernelapp:IPKernelApp.debug_shell_socket": (),
    "ipykernel.heartbeat:Heartbeat._try_bind_socket": (),
    "ipykernel.iostream:IOPubThread._setup_pipe_in": ("self",),
    # Without it a warm kernel shows no figures, and no mark depends on one.
    "matplotlib_inline.backend_inline:_enable_matplotlib_integration": (),
}
"""From where a name stands to the parameters with which it is called."""


def _take_over(socket: zmq.Socket[bytes], descriptors: Mapping[int, int], port: int) -> None:
    socket.setsockopt(zmq.USE_FD, descriptors[port])
    # No ceiling for what waits to be sent: beyond one (a thousand, by default) ZeroMQ drops a fast
    # cell's outputs, and with them the word that it is done. What waits is in this process's own,
    # limited memory.
    socket.setsockopt(zmq.SNDHWM, 0)
    socket.bind(f"ipc://kernel-{port}")  # only the shape of the name matters: no file is made


class _Heartbeat(Heartbeat):
    descriptors: Mapping[int, int]

    def _try_bind_socket(self) -> None:
        _take_over(self.socket, self.descriptors, self.port)


class _KernelApp(IPKernelApp):
    descriptors: Mapping[int, int]

    def _try_bind_socket(self, s: zmq.Socket[bytes], port: int) -> int:
        _take_over(s, self.descriptors, port)
        return port

    def init_heartbeat(self) -> None:
        self.heartbeat = _Heartbeat(  # type: ignore[no-untyped-call]
            zmq.Context(), (self.transport, self.ip, self.hb_port)
        )
        self.heartbeat.descriptors = self.descriptors
        self.heartbeat.start()

    def init_control(self, context: zmq.Context[Any]) -> None:
        super().init_control(context)  # type: ignore[no-untyped-call]
        # A client of the kernel's own shell, for the debugger. No socket can be made to connect
        # it, and ZeroMQ would go on trying, ten times a second.
        endpoint = self.shell_socket.getsockopt(zmq.LAST_ENDPOINT)
        if endpoint:
            self.debug_shell_socket.disconnect(endpoint)


def run(
    *,
    descriptors: Mapping[int, int],
    ports: Mapping[str, int],
    key: str,
    work: str,
    compiled: bool,
    ready: Callable[[], None],
) -> None:
    """Be a kernel until it is shut down.

    Args:
        descriptors: the listening socket of each port.
        ports: the port of each channel.
        key: the key with which messages are signed.
        work: the student's folder. It comes last on `sys.path`, so that a `jax.py` in it does not
            take the place of JAX while a `helper.py` is still found.
        compiled: whether repeated gradients run compiled.
        ready: called once all channels are served.
    """
    # A TCP socket for the output of subprocesses, which cannot exist here.
    IOPubThread._setup_pipe_in = lambda self: None  # type: ignore[method-assign]
    if compiled:
        from ... import compiled as gradients

        gradients.install()
    os.chdir(work)
    sys.argv = ["kernel"]
    config = Config()
    config.IPKernelApp.transport = "ipc"
    config.IPKernelApp.ip = "kernel"
    for channel, port in ports.items():
        setattr(config.IPKernelApp, f"{channel}_port", port)
    config.IPKernelApp.connection_file = os.path.join(os.environ["HOME"], "kernel.json")
    config.IPKernelApp.ignore_cwd = True
    config.Session.key = key.encode()
    config.HistoryManager.enabled = False
    _KernelApp.descriptors = descriptors
    app = _KernelApp.instance(config=config)
    app.initialize([])  # type: ignore[no-untyped-call]
    # `exit()` would end the kernel a moment later, in whichever cell runs by then.
    assert app.shell is not None
    app.shell.ask_exit = lambda: None
    if work not in sys.path:
        sys.path.append(work)
    inline = sys.modules.get("matplotlib_inline.backend_inline")
    # Imported before there was a shell, it has not registered the hook that shows figures.
    register = getattr(inline, "_enable_matplotlib_integration", None)
    if register is not None:  # no mark depends on a figure
        register()
    ready()
    app.start()  # type: ignore[no-untyped-call]
