"""The bubblewrap command line, as data.

Every namespace is new, the root is an empty file system that is read-only in the end, and what is
shown in it is listed here. There is one writable place, a tmpfs of limited size; no host directory
is writable from inside, not even for the kernel's sockets (see channels.py).
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping, Sequence

from .environment import PythonEnvironment
from .places import IN_NAMESPACES

__all__ = ["ISOLATION", "NO_FURTHER_NAMESPACES", "View", "command"]

ISOLATION = (
    "--unshare-all",
    "--unshare-user",  # also for root, who would otherwise keep the host's user namespace
    "--die-with-parent",
    "--new-session",
    "--uid",
    "1000",
    "--gid",
    "1000",
    "--hostname",
    "sandbox",
    "--cap-drop",
    "ALL",
    "--clearenv",
)
"""What makes a process alone, whatever it is shown."""

NO_FURTHER_NAMESPACES = "--disable-userns"
"""Not for a zygote, whose children make their own before they give up the right to."""

_DEVICES = ("null", "zero", "full", "random", "urandom")


@dataclasses.dataclass(frozen=True)
class View:
    """What a sandbox sees of this machine.

    Attributes:
        python: the Python installation.
        scratch_bytes: the size of the one writable file system.
        submission: a folder to show, read-only, to be copied from; or none.
        binds: further paths, outside to inside; read-only but for those in `writable`.
        writable: paths inside that may be written to, by trusted code only.
        hidden: paths that must stay unseen even if they lie in one that is shown.
        proc: whether to mount a /proc; some containers forbid it.
    """

    python: PythonEnvironment
    scratch_bytes: int
    submission: str | None = None
    binds: Mapping[str, str] = dataclasses.field(default_factory=dict)
    writable: Sequence[str] = ()
    hidden: Sequence[str] = ()
    proc: bool = True

    def readable(self) -> list[str]:
        """The paths inside that the kernel's process may read: all shown but the submission."""
        return [*self.python.paths, *self.python.import_path, *self.binds.values()]


def command(
    bwrap: str,
    view: View,
    variables: Mapping[str, str],
    program: Sequence[str],
    *,
    seccomp_fd: int,
    for_zygote: bool = False,
) -> list[str]:
    """The command line that runs `program` in a sandbox of its own.

    Args:
        bwrap: the bubblewrap to run.
        view: what the program sees.
        variables: the whole environment of the program.
        program: the program and its arguments.
        seccomp_fd: a file descriptor from which bubblewrap reads its filter.
        for_zygote: whether the program may make user namespaces.
    """
    line = [bwrap, *ISOLATION, "--seccomp", str(seccomp_fd)]
    if not for_zygote:
        line.append(NO_FURTHER_NAMESPACES)
    for name, value in variables.items():
        line += ["--setenv", name, value]
    line += _linked_directories()
    # Not bubblewrap's own --dev: that is a second writable tmpfs, without a size.
    for device in _DEVICES:
        line += ["--dev-bind", f"/dev/{device}", f"/dev/{device}"]
    line += ["--symlink", "/proc/self/fd", "/dev/fd"]
    if view.proc:
        # Read-only: when root marks, uid 1000 in here is the host's root, to whom the kernel gives
        # all of /proc/sys to write (core_pattern, say), whatever namespaces it is in. A zygote's
        # children write their maps of ids to it, and then make it read-only for themselves.
        line += ["--proc", "/proc"] if for_zygote else ["--proc", "/proc", "--remount-ro", "/proc"]
    # Before the binds: a Python environment may itself lie under /tmp.
    line += ["--perms", "0700", "--size", str(view.scratch_bytes), "--tmpfs"]
    line.append(IN_NAMESPACES.scratch)
    for path in view.python.paths:
        line += ["--ro-bind", path, path]
    for outside, inside in view.binds.items():
        line += ["--bind" if inside in view.writable else "--ro-bind", outside, inside]
    if view.submission is not None:
        line += ["--ro-bind", view.submission, IN_NAMESPACES.submission]
    for path in _covered(view):
        line += ["--perms", "0000", "--size", "4096", "--tmpfs", path, "--remount-ro", path]
    return [*line, "--remount-ro", "/", "--chdir", IN_NAMESPACES.scratch, "--", *program]


def _covered(view: View) -> list[str]:
    """Where, inside, the hidden paths would be seen: by no name but those of what is shown.

    A link outside is none inside, so what counts is where things really lie.
    """
    found = []
    for path in map(os.path.realpath, view.hidden):
        for shown in view.python.paths:
            real = os.path.realpath(shown)
            if os.path.commonpath([path, real]) == real:
                found.append(os.path.normpath(os.path.join(shown, os.path.relpath(path, real))))
    return list(dict.fromkeys(found))


def _linked_directories() -> list[str]:
    """/lib and its kin, which are links into /usr on most systems and directories on others."""
    line: list[str] = []
    for name in ("lib", "lib32", "lib64"):
        path = f"/{name}"
        if os.path.islink(path):
            line += ["--symlink", os.readlink(path), path]
        elif os.path.isdir(path):
            line += ["--ro-bind", path, path]
    return line
