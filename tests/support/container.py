"""Runs a command as in a container: without what Docker's default takes away.

    python -m tests.support.container [--user UID] [--capabilities docker|none] [--show PATH]...
        [--profile FILE] COMMAND...

A seccomp filter refuses namespaces and mounts, as Docker's default profile does; the capabilities
are those that Docker gives to root, or none. A container also has files of its own, which all its
users can read: what is to be shown of this machine, and lies in folders that are closed to others
(a home, say), is shown in folders that are not. Without root there is the filter alone.
"""

from __future__ import annotations

import argparse
import ctypes
import dataclasses
import errno
import json
import os
import platform
import stat
import struct
import subprocess
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from autograder.sandbox.locks import bpf

__all__ = ["DOCKER", "Container"]

DOCKER = 0xA80425FB
"""The mask of the capabilities that Docker leaves to root."""

_REFUSED: bpf.Calls = {
    "unshare": (272, 97),
    "setns": (308, 268),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "keyctl": (250, 219),
    "add_key": (248, 217),
    "request_key": (249, 218),
}
_PROJECT = Path(__file__).resolve().parents[2]
_CLONE, _CLONE3 = (56, 220), (435, 435)
_NEW_NAMESPACES = 0x7E020000
_NEWNS, _MS_BIND, _MS_REC, _MS_PRIVATE = 0x00020000, 1 << 12, 1 << 14, 1 << 18
_PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS = 24, 38
_LIBC = ctypes.CDLL(None, use_errno=True)


@dataclasses.dataclass(frozen=True)
class Container:
    """How commands run in one.

    Attributes:
        user: by what number, if not as who runs the tests.
        capabilities: "docker" or "none"; without effect on who is not root.
        shows: paths that its users can read, besides this Python and this project.
        profile: a seccomp profile as engines read it, in the place of what Docker's refuses.
    """

    user: int | None = None
    capabilities: str = "none"
    shows: tuple[str, ...] = ()
    profile: str | None = None

    def give(self, folder: str | os.PathLike[str]) -> None:
        """Let a folder and all in it be the user's."""
        if self.user is not None:
            subprocess.run(["chown", "-R", f"{self.user}:{self.user}", folder], check=True)

    def command(self, *arguments: str) -> list[str]:
        """The command line that runs another in a container."""
        line = [
            sys.executable,
            "-m",
            "tests.support.container",
            "--capabilities",
            self.capabilities,
        ]
        if self.user is not None:
            line += ["--user", str(self.user)]
        if self.profile is not None:
            line += ["--profile", self.profile]
        shown = (*{sys.prefix, sys.base_prefix}, str(_PROJECT), *self.shows)
        for path in shown:
            line += ["--show", path]
        return [*line, "--", *arguments]


def _check(result: int, what: str) -> None:
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")


def _filter() -> bytes:
    machine = platform.machine()
    column = bpf.column(machine)
    no_namespaces = [
        bpf.step(bpf.LOAD, bpf.ARGUMENTS[0]),
        bpf.step(bpf.ANY_BIT, _NEW_NAMESPACES, 0, 1),
        bpf.refuse(errno.EPERM),
        bpf.ALLOW,
    ]
    return b"".join(
        [
            *bpf.preamble(machine),
            *bpf.denials(_REFUSED, machine),
            *bpf.when(_CLONE[column], no_namespaces),
            *bpf.when(_CLONE3[column], [bpf.refuse(errno.ENOSYS)]),
            bpf.ALLOW,
        ]
    )


def _profiled(path: str) -> bytes:
    """What an engine makes of a profile; libseccomp, which apt needs, knows the names."""
    rules = json.loads(Path(path).read_bytes())
    resolve = ctypes.CDLL("libseccomp.so.2").seccomp_syscall_resolve_name
    steps = [*bpf.preamble(platform.machine())]
    for rule in rules["syscalls"]:
        allowed = rule["action"] == "SCMP_ACT_ALLOW"
        outcome = bpf.ALLOW if allowed else bpf.refuse(rule["errnoRet"])
        for name in rule["names"]:
            number = resolve(name.encode())
            if number >= 0:  # else another architecture's
                steps += bpf.when(number, [outcome])
    return b"".join([*steps, bpf.refuse(rules["defaultErrnoRet"])])


def _mount(source: str, target: str, kind: str | None, flags: int, options: str | None) -> None:
    texts = [
        None if text is None else os.fsencode(text) for text in (source, target, kind, options)
    ]
    result = _LIBC.mount(texts[0], texts[1], texts[2], ctypes.c_ulong(flags), texts[3])
    _check(result, f"mounting {target}")


def _show(paths: Sequence[str]) -> None:
    """Show paths to all users of this process's own view of files."""
    closed: defaultdict[Path, list[Path]] = defaultdict(list)
    for path in {
        Path(p) for name in paths for p in (os.path.abspath(name), os.path.realpath(name))
    }:
        for parent in reversed(path.parents):
            if not parent.stat().st_mode & stat.S_IXOTH:
                closed[parent].append(path)
                break
    _check(_LIBC.unshare(_NEWNS), "unshare")
    _mount("none", "/", None, _MS_REC | _MS_PRIVATE, None)
    for parent, shown in closed.items():
        held = [(path, os.open(path, os.O_PATH)) for path in sorted(shown)]
        _mount("tmpfs", str(parent), "tmpfs", 0, "mode=0755")
        for path, descriptor in held:
            source = f"/proc/self/fd/{descriptor}"
            if path.exists():
                continue  # it lies in one that is shown
            if os.path.isdir(source):
                path.mkdir(parents=True)
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.touch()
            _mount(source, str(path), None, _MS_BIND | _MS_REC, None)
            os.close(descriptor)


def _keep(mask: int, user: int | None) -> None:
    """Be this user, or root with these capabilities, for good."""
    for capability in range(64):
        if not mask >> capability & 1:
            _LIBC.prctl(_PR_CAPBSET_DROP, *(ctypes.c_ulong(n) for n in (capability, 0, 0, 0)))
    if user is not None:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
        return
    low, high = mask & 0xFFFFFFFF, mask >> 32
    header = struct.pack("=Ii", 0x20080522, 0)
    _check(_LIBC.capset(header, struct.pack("=6I", low, low, 0, high, high, 0)), "capset")


def main() -> None:
    """Become what is asked for, then run the command in this process's place."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--user", type=int)
    parser.add_argument("--capabilities", choices=["docker", "none"], default="none")
    parser.add_argument("--profile")
    parser.add_argument("--show", action="append", default=[])
    parser.add_argument("command", nargs="+")
    asked = parser.parse_args()

    if os.geteuid() == 0:
        _show(asked.show)
    else:
        _check(_LIBC.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")
    bpf.load(_filter() if asked.profile is None else _profiled(asked.profile))
    if os.geteuid() == 0:
        _keep(DOCKER if asked.capabilities == "docker" else 0, asked.user)
    os.execvp(asked.command[0], asked.command)


if __name__ == "__main__":
    main()
