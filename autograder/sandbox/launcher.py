"""The first Python in a sandbox: makes the kernel's home, locks the doors, becomes the kernel.

Run as a file, `python -P -s launcher.py`, with its configuration on standard input. Its siblings
are loaded by path and not as `autograder.sandbox.…`, because importing the package would import
whatever its front door needs (JAX, say), and both Landlock and seccomp bind only the calling
thread and those it starts: until they are in force there must be no second thread.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autograder.sandbox import landlock, limits, seccomp, workspace

_MAX_NAMES = 50


def _sibling(name: str) -> Any:
    spec = importlib.util.spec_from_file_location(
        f"_sandbox_{name}", Path(__file__).with_name(f"{name}.py")
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up by name
    spec.loader.exec_module(module)
    return module


if not TYPE_CHECKING:
    landlock, limits, seccomp, workspace = map(
        _sibling, ("landlock", "limits", "seccomp", "workspace")
    )


def _furnish(config: dict[str, Any], allowed: limits.Limits) -> list[str]:
    """Make the home and the working directory; return what of the submission was left out."""
    for folder in (config["home"], config["work"], config["matplotlib"]):
        os.makedirs(folder, mode=0o700, exist_ok=True)
    for prepared in config["fonts"]:
        shutil.copy(prepared, config["matplotlib"])
    if config["submission"] is None:
        return []
    # Half of the scratch at most: the student's own work needs room too.
    return workspace.fill(
        config["submission"],
        config["work"],
        max_bytes=allowed.scratch_bytes // 2,
        max_entries=allowed.scratch_entries // 2,
    )


def _confine(config: dict[str, Any], allowed: limits.Limits) -> None:
    if os.path.isdir("/proc/self/task") and len(os.listdir("/proc/self/task")) != 1:
        raise RuntimeError("a second thread is running, which would escape confinement")
    allowed.enforce()
    if config["landlock"]:
        landlock.restrict(
            config["landlock"],
            readable=[
                *config["readable"],
                "/dev/zero",
                "/dev/random",
                "/dev/urandom",
                "/proc/self",
                "/proc/cpuinfo",
                "/proc/meminfo",
                "/proc/stat",
                "/proc/sys/kernel/osrelease",
                "/proc/sys/vm/overcommit_memory",
            ],
            writable=[config["scratch"], "/dev/null", "/dev/full"],
        )
    seccomp.load(seccomp.inner_filter())


def _no_privilege_is_left() -> None:
    """Ask the kernel, rather than trust the lines above."""
    try:
        os.execv("/nonexistent", ["/nonexistent"])
    except PermissionError:
        pass
    except OSError as exc:
        raise RuntimeError("the filter of system calls is not in force") from exc
    if os.path.exists("/proc/self/status"):
        status = dict(
            line.split(":\t", 1) for line in Path("/proc/self/status").read_text().splitlines()
        )
        held = {name: status[name].strip() for name in ("CapEff", "CapPrm", "CapInh")}
        if any(int(mask, 16) for mask in held.values()) or status["NoNewPrivs"].strip() != "1":
            raise RuntimeError(f"privileges are left: {held}")


def main() -> None:
    """Read the configuration, report over the channel it names, and serve the kernel."""
    config = json.loads(sys.stdin.buffer.read())
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    channel = socket.socket(fileno=config["report_fd"])
    # The grader signals this process through its pidfd: a number could be another's by then.
    myself = os.pidfd_open(os.getpid())
    allowed = limits.Limits.from_dict(config["limits"])
    left_out = _furnish(config, allowed)
    _confine(config, allowed)
    _no_privilege_is_left()
    for entry in config["import_path"]:
        if entry not in sys.path:
            sys.path.append(entry)

    def ready() -> None:
        report = {"left_out": left_out[:_MAX_NAMES], "left_out_count": len(left_out)}
        socket.send_fds(channel, [json.dumps(report).encode()], [myself])
        os.close(myself)
        channel.close()

    # Only now: the kernel has threads.
    _sibling("kernel_app").run(
        descriptors={int(port): fd for port, fd in config["descriptors"].items()},
        ports=config["ports"],
        key=config["key"],
        work=config["work"],
        ready=ready,
    )


if __name__ == "__main__":
    main()
