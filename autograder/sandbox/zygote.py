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
from collections.abc import Callable, Mapping
from typing import Any

from . import apart, confinement, limits, namespaces, proof, seccomp, trial
from .expendable import KERNEL, be_expendable

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
    "IPython.core.completer",
    "autograder.check",
)


def serve(config: dict[str, Any]) -> None:
    """Warm up, say over the control socket whether kernels can be forked here, and fork them.

    Ends when the other end of the socket is closed.
    """
    control = socket.socket(fileno=config["control_fd"])
    config["zygote"] = os.getpid()
    confinement.close_all_but([control.fileno()])
    try:
        _warm_up(config)
        _try_out(config)
    except BaseException as exc:  # noqa: BLE001 - whatever it is, kernels are then started cold
        control.send(json.dumps({"fault": f"{type(exc).__name__}: {exc}"}).encode())
        return
    control.send(json.dumps({}).encode())
    if config.get("locked"):
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # a child is the kernel: nobody waits for it
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, _REQUEST_BYTES, _DESCRIPTORS)
        if not message:
            return
        child = os.fork()
        if child == 0:
            control.close()
            _be_born({**config, **json.loads(message)}, descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
        if not config.get("locked"):
            os.waitpid(child, 0)  # not the kernel: who forks it in turn, and ends


def _warm_up(config: Mapping[str, Any]) -> None:
    confinement.furnish(config, None)
    confinement.see_packages(config)
    from . import kernel_app  # noqa: F401 - and with it ipykernel, without its debugger

    for name in _PRELOADED:
        with contextlib.suppress(ImportError):  # a course may have left one out
            importlib.import_module(name)
    if config["compiled"]:
        from autograder import compiled

        compiled.install()
    _stretch()
    # What is here now is for ever: a child's collector need not look at it, and so not copy it.
    gc.collect()
    gc.freeze()


def _stretch() -> None:
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


def _try_out(config: Mapping[str, Any]) -> None:
    """Confine two children that serve nothing, one after the other.

    Raises:
        RuntimeError: that fails, or what the first one wrote can be seen by the second, or here.
    """
    if confinement.thread_count() != 1:
        raise RuntimeError("a thread was started while warming up, which no fork would have")
    proof.no_memory_is_shared()
    folders, name = trial.places(config), f"planted_{os.urandom(8).hex()}"
    _ask_child(config, lambda: trial.plant(folders, name))
    found = _ask_child(config, lambda: trial.search(folders, name)) or trial.search(folders, name)
    if found:
        raise RuntimeError(f"what one kernel writes into {found[0]}, the next one would find")


def _ask_child(config: Mapping[str, Any], act: Callable[[], Any]) -> Any:
    """What `act` returns in a child that is confined as a kernel is."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            _move_in(config, None)
            confinement.confine(config, _filters(config))
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


def _filters(config: Mapping[str, Any]) -> list[bytes]:
    if config.get("locked"):
        return apart.filters()
    # The zygote itself runs under a filter that lets it make namespaces.
    return [seccomp.outer_filter(), seccomp.inner_filter()]


def _be_born(config: dict[str, Any], descriptors: list[int]) -> None:
    """Be the kernel that a request describes; never returns.

    `descriptors`: where to report, the listening sockets in the order of their ports, and, if
    there is a submission, its folder.
    """
    channel = socket.socket(fileno=descriptors[0])
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        ports = sorted(config["ports"].values())
        listening = dict(zip(ports, descriptors[1:], strict=False))
        folder = descriptors[1 + len(ports)] if len(descriptors) > 1 + len(ports) else None
        left_out = _move_in(config, folder)
        confinement.close_all_but([channel.fileno(), *listening.values()])
        _forget_the_dice()
        confinement.serve(config, _filters(config), channel, listening, left_out)
    except BaseException:  # noqa: BLE001 - to be told
        with contextlib.suppress(OSError):
            words = traceback.format_exc()[-_WORDS:]
            channel.send(json.dumps({"fault": words}).encode())
    finally:
        os._exit(1)


def _move_in(config: Mapping[str, Any], folder: int | None) -> list[str]:
    """Be alone, at home; return what was left out of the copy."""
    be_expendable(KERNEL)
    if config.get("locked"):
        return apart.settle_child(config, None if folder is None else f"/proc/self/fd/{folder}")
    return _isolate(config, folder)


def _isolate(config: Mapping[str, Any], folder: int | None) -> list[str]:
    """Be the first process of new namespaces, at home; return what was left out of the copy."""
    os.setsid()
    namespaces.isolate()
    namespaces.read_only()
    allowed = limits.Limits.from_dict(config["limits"])
    # Twice what the watchdog allows: it is the one who ends a kernel, and says why.
    namespaces.private_tmpfs(
        config["scratch"],
        allowed.scratch_bytes,
        2 * allowed.scratch_entries,
        # Python, or this package, may itself lie in there.
        [path for path in config["readable"] if path.startswith(config["scratch"] + "/")],
    )
    left_out = confinement.furnish(config, None if folder is None else f"/proc/self/fd/{folder}")
    if os.fork():
        os._exit(0)
    namespaces.drop_capabilities()
    return left_out


def _forget_the_dice() -> None:
    """New random numbers, as in a fresh process: the zygote's are the same for all its children."""
    random.seed()
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        numpy.random.seed()
