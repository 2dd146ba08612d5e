"""A process that has imported what notebooks import, and forks a kernel whenever it is asked.

It runs in one bubblewrap for all its kernels, and holds nothing of any submission: what it ever
held, each of its children could read. A child is alone before a student's first line runs: it has
user, mount, pid, network, ipc, uts and cgroup namespaces of its own, a scratch of its own, no
capability, and the same limits, Landlock rules and filters as a kernel that is started cold.

The grader speaks to it over one socket that it inherits; there is none to which anyone else could
connect. JAX's backend must not start here: its threads do not survive a fork.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import io
import json
import os
import random
import signal
import socket
import sys
import traceback
from collections.abc import Callable
from typing import Any

from ..locks import namespaces, seccomp
from ..locks.expendable import KERNEL, be_expendable
from ..orders import Enclosure, ForkOrder, ZygoteOrder, from_json
from . import apart, confinement, lowering, proof, trial

__all__ = ["serve"]

_REQUEST_BYTES = 1 << 18
_DESCRIPTORS = 8
_WORDS = 4000

_PRELOADED = (
    "jax",
    "jax.numpy",
    "jax.scipy",
    "jax.random",
    "matplotlib.pyplot",
    "matplotlib.backends.backend_agg",
    "matplotlib_inline.backend_inline",
    "mpl_toolkits.mplot3d",
    "jaxlib.mlir.dialects.builtin",
    # What a kernel imports as it begins.
    "IPython.core.completer",
    "IPython.core.completerlib",
    "IPython.core.debugger",
    "IPython.core.logger",
    "IPython.core.oinspect",
    "IPython.extensions.storemagic",
    "ipykernel.debugger",
    "tornado.platform.asyncio",
    "tornado.queues",
    # For a traceback.
    "pygments.formatters.terminal256",
    "pygments.lexers.python",
    "stack_data",
    "autograder.check",
    "autograder.coach",
    "autograder.draw.panels",
)


def serve(order: ZygoteOrder) -> None:
    """Warm up, say over the control socket whether kernels can be forked here, and fork them.

    Ends when the other end of the socket is closed.
    """
    control, enclosure = socket.socket(fileno=order.control_fd), order.enclosure
    confinement.close_all_but([control.fileno()])
    try:
        _warm_up(enclosure)
        _try_confinement(enclosure)
    except BaseException as exc:  # noqa: BLE001 - whatever it is, kernels are then started cold
        control.send(json.dumps({"fault": f"{type(exc).__name__}: {exc}"}).encode())
        return
    control.send(json.dumps({}).encode())
    if enclosure.locked is not None:
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # a child is the kernel: nobody waits for it
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, _REQUEST_BYTES, _DESCRIPTORS)
        if not message:
            return
        myself, child = os.getpid(), os.fork()
        if child == 0:
            control.close()
            _become_kernel(message, enclosure, myself, descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
        if enclosure.locked is None:
            os.waitpid(child, 0)  # not the kernel: who forks it in turn, and ends


def _warm_up(enclosure: Enclosure) -> None:
    confinement.furnish(enclosure, None)
    confinement.see_packages(enclosure)
    from . import kernel_app  # noqa: F401 - and with it ipykernel, without its debugger

    with lowering.without_file_locks():
        for name in _PRELOADED:
            with contextlib.suppress(ImportError):  # a course may have left one out
                importlib.import_module(name)
    if enclosure.compiled:
        from ... import compiled

        compiled.install()
    lowering.share_context()
    lowering.discover_plugins()
    _touch_slow_paths()
    # What is here now is for ever: a child's collector need not look at it, and so not copy it.
    gc.collect()
    gc.freeze()


def _touch_slow_paths() -> None:
    """Do once what is slow the first time only: fonts, the grammar of formulas, JAX's own tracing.

    Nothing of it starts a thread, or JAX's backend, which no fork would survive.
    """
    import jax
    import jax.numpy as jnp
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure()
    left, right = figure.subplots(1, 2)
    left.plot([0.0, 1.0], [0.0, 1.0], "o-", label="$x^2$ and text")
    left.scatter([0.0], [1.0])
    left.annotate("here", (0.0, 1.0), (0.5, 0.5), arrowprops={"arrowstyle": "->"})
    left.set(xlabel="$x$", ylabel="$f'(x)$", title="A title")
    left.legend()
    figure.colorbar(right.contourf([[0.0, 1.0], [1.0, 2.0]]))
    right.contour([[0.0, 1.0], [1.0, 2.0]])
    FigureCanvasAgg(figure).print_figure(io.BytesIO(), format="png", bbox_inches="tight")

    def line(x: Any) -> Any:
        return jnp.sin(x) * x**2 / 3.0 - jnp.exp(-x) + jnp.arctan(x)

    for shape in ((), (2,)):
        place = jax.ShapeDtypeStruct(shape, jnp.float32)
        jax.eval_shape(jax.grad(lambda x: line(x).sum()), place)
        jax.eval_shape(jax.hessian(lambda x: line(x).sum()), place)


def _try_confinement(enclosure: Enclosure) -> None:
    """Confine two children that serve nothing, one after the other.

    Raises:
        RuntimeError: that fails, or what the first one wrote can be seen by the second, or here.
    """
    if confinement.thread_count() != 1:
        raise RuntimeError("a thread was started while warming up, which no fork would have")
    proof.no_memory_is_shared()
    folders, name = trial.places(enclosure), f"planted_{os.urandom(8).hex()}"
    _ask_child(enclosure, lambda: trial.plant(folders, name))
    found = _ask_child(enclosure, lambda: trial.search(folders, name))
    found = found or trial.search(folders, name)
    if found:
        raise RuntimeError(f"what one kernel writes into {found[0]}, the next one would find")


def _ask_child(enclosure: Enclosure, act: Callable[[], Any]) -> Any:
    """What `act` returns in a child that is confined as a kernel is."""
    reading, writing = os.pipe()
    myself, pid = os.getpid(), os.fork()
    if pid == 0:
        try:
            _move_in(enclosure, myself, None)
            confinement.confine(enclosure, _filters(enclosure))
            said = {"returned": act()}
        except BaseException:  # noqa: BLE001 - to be told
            said = {"words": traceback.format_exc()[-_WORDS:]}
        try:
            with os.fdopen(writing, "w") as pipe:
                json.dump(said, pipe)
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        answer = pipe.read()
    os.waitpid(pid, 0)
    said = json.loads(answer) if answer else {}
    if "returned" not in said:
        raise RuntimeError(f"a child could not be confined: {said.get('words', 'it ended')}")
    return said["returned"]


def _filters(enclosure: Enclosure) -> list[bytes]:
    if enclosure.locked is not None:
        return apart.filters()
    # The zygote itself runs under a filter that lets it make namespaces.
    return [seccomp.outer_filter(), seccomp.inner_filter()]


def _become_kernel(message: bytes, zygotes: Enclosure, parent: int, descriptors: list[int]) -> None:
    """Be the kernel that a message asks for; never returns.

    `descriptors`: where to report, the listening sockets in the order of their ports, and, if
    there is a submission, its folder.
    """
    channel = socket.socket(fileno=descriptors[0])
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        order = from_json(message)
        assert isinstance(order, ForkOrder)
        enclosure, serving = order.within(zygotes), order.serving
        end = 1 + len(serving.ports)
        listening = serving.listening(tuple(descriptors[1:end]))
        left_out = _move_in(enclosure, parent, next(iter(descriptors[end:]), None))
        confinement.close_all_but([channel.fileno(), *listening.values()])
        _reseed()
        confinement.serve(enclosure, serving, _filters(enclosure), channel, listening, left_out)
    except BaseException:  # noqa: BLE001 - to be told
        with contextlib.suppress(OSError):
            words = traceback.format_exc()[-_WORDS:]
            channel.send(json.dumps({"fault": words}).encode())
    finally:
        os._exit(1)


def _move_in(enclosure: Enclosure, parent: int, folder: int | None) -> list[str]:
    """Be alone, at home; return what was left out of the copy."""
    be_expendable(KERNEL)
    submission = None if folder is None else f"/proc/self/fd/{folder}"
    if enclosure.locked is not None:
        return apart.settle_child(enclosure, parent, submission)
    return _isolate(enclosure, submission)


def _isolate(enclosure: Enclosure, submission: str | None) -> list[str]:
    """Be the first process of new namespaces, at home; return what was left out of the copy."""
    os.setsid()
    namespaces.isolate()
    namespaces.read_only()
    allowed, scratch = enclosure.limits, enclosure.scratch
    # Twice what the watchdog allows: it is the one who ends a kernel, and says why.
    namespaces.private_tmpfs(
        scratch,
        allowed.scratch_bytes,
        2 * allowed.scratch_entries,
        # Python, or this package, may itself lie in there.
        [path for path in enclosure.readable if path.startswith(scratch + "/")],
    )
    left_out = confinement.furnish(enclosure, submission)
    if os.fork():
        os._exit(0)
    namespaces.drop_capabilities()
    return left_out


def _reseed() -> None:
    """New random numbers, as in a fresh process: the zygote's are the same for all its children."""
    random.seed()
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        numpy.random.seed()
