"""What this machine can do for a sandbox, and what to do where it cannot."""

from __future__ import annotations

import dataclasses
import functools
import os
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Literal

from ...isolation import Isolation
from ..errors import SandboxUnavailable
from ..locks import bpf, landlock
from . import throwaway
from .bubblewrap import ISOLATION, NO_FURTHER_NAMESPACES
from .environment import PythonEnvironment
from .locked import OLDEST_LANDLOCK
from .warm import OLDEST_LANDLOCK_TO_FORK

__all__ = ["Abilities", "Namespaces", "probe", "require"]

Namespaces = Literal["prefer", "require", "never"]
"""Whether a kernel gets namespaces of its own: where they can be had, always, or not at all."""

OLDEST_BUBBLEWRAP = (0, 8)  # the first with --disable-userns
_PROBE_SECONDS = 20
_CALLS = "clone, unshare, setns, mount, umount2 and pivot_root"


@dataclasses.dataclass(frozen=True)
class Abilities:
    """What was found.

    Attributes:
        bwrap: the path of bubblewrap, or none.
        bwrap_version: its version.
        namespaces: whether it can make the namespaces that isolate a kernel.
        proc: whether it can also mount a /proc; where not, kernels run without.
        landlock_abi: the version of Landlock, 0 for none; kernels in namespaces then have one lock
            fewer, and no /proc, and without namespaces there are none.
        seccomp: whether filters can be loaded on this machine.
        other_user: whether a kernel without namespaces can get a user of its own.
        cures: one sentence for each thing without which there are no namespaces.
    """

    bwrap: str | None = None
    bwrap_version: tuple[int, ...] = ()
    namespaces: bool = False
    proc: bool = False
    landlock_abi: int = 0
    seccomp: bool = False
    other_user: bool = False
    cures: tuple[str, ...] = ()

    @property
    def sandbox(self) -> bool:
        """Whether student code can be sandboxed, in namespaces of its own."""
        return not self.cures

    @property
    def lockable(self) -> bool:
        """Whether it can at least be locked, without namespaces."""
        return self.seccomp and self.landlock_abi >= OLDEST_LANDLOCK

    def isolation(self, namespaces: Namespaces = "prefer") -> Isolation:
        """How student code is kept apart here.

        Raises:
            SandboxUnavailable: it cannot be, with the cures.
        """
        if self.sandbox and namespaces != "never":
            return Isolation.SANDBOXED
        if self.lockable and namespaces != "require":
            return Isolation.LOCKED
        raise SandboxUnavailable((*self.cures, self._why_not_locked(namespaces)))

    def _why_not_locked(self, namespaces: Namespaces) -> str:
        if self.lockable:
            return (
                "It could be locked without namespaces, by Landlock and filters of system calls: "
                'the configuration forbids that (c.Examine.namespaces = "require").'
            )
        has = f"Landlock {self.landlock_abi}" if self.landlock_abi else "no Landlock"
        return (
            f"Without namespaces it could still be locked by Landlock {OLDEST_LANDLOCK} (Linux 6.2 "
            f"or newer, with `landlock` in the `lsm=` of its command line, and a container that "
            f"lets it through); Linux {platform.release()} here has {has}."
        )

    def can_fork(self, namespaces: Namespaces = "prefer") -> bool:
        """Whether kernels that are forked from one process can be kept apart.

        Raises:
            SandboxUnavailable: there are no kernels at all.
        """
        proc = self.proc or self.isolation(namespaces) is Isolation.LOCKED
        return proc and self.landlock_abi >= OLDEST_LANDLOCK_TO_FORK


@functools.cache
def probe() -> Abilities:
    """Find out what this machine can do; asked once in the life of the process."""
    if sys.platform != "linux":
        return Abilities(
            cures=(
                "The sandbox needs Linux: mark in a Linux virtual machine (on Windows, in WSL 2), "
                "or run student code without protection with --unsandboxed.",
            )
        )
    cures: list[str] = []
    filters = _can_filter()
    if not filters:
        cures.append(
            f"The kernel must support seccomp filters on x86_64 or aarch64 (this is "
            f"{platform.machine()}): use such a machine."
        )
    bwrap = shutil.which("bwrap")
    version = _version(bwrap) if bwrap else ()
    namespaces = proc = False
    if bwrap is None:
        cures.append(
            "bubblewrap is not installed: install it with `apt install bubblewrap` or "
            "`dnf install bubblewrap`."
        )
    elif version < OLDEST_BUBBLEWRAP:
        found = ".".join(map(str, version)) or "of unknown version"
        oldest = ".".join(map(str, OLDEST_BUBBLEWRAP))
        cures.append(f"{bwrap} is {found}: install bubblewrap {oldest} or newer.")
    else:
        complaint = _complaint(bwrap, proc=True)
        namespaces = proc = complaint is None
        if not proc:
            complaint = _complaint(bwrap, proc=False)
            namespaces = complaint is None
        if complaint is not None:
            cures.append(_cure(complaint))
    return Abilities(
        bwrap=bwrap,
        bwrap_version=version,
        namespaces=namespaces,
        proc=proc,
        landlock_abi=landlock.abi(),
        seccomp=filters,
        other_user=bool(cures) and _other_user(),
        cures=tuple(cures),
    )


def require(namespaces: Namespaces = "prefer") -> Abilities:
    """What this machine can do.

    Raises:
        SandboxUnavailable: if that is not enough, with the cures.
    """
    abilities = probe()
    abilities.isolation(namespaces)
    return abilities


def _other_user() -> bool:
    python = PythonEnvironment.current()
    return throwaway.available(python.executable, (*python.paths, *python.import_path))


def _can_filter() -> bool:
    actions = Path("/proc/sys/kernel/seccomp/actions_avail")
    try:
        return platform.machine() in bpf.MACHINES and "errno" in actions.read_text()
    except OSError:
        return False


def _version(bwrap: str) -> tuple[int, ...]:
    try:
        said = subprocess.run(
            [bwrap, "--version"], capture_output=True, text=True, timeout=_PROBE_SECONDS
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return ()
    numbers = re.search(r"\d+(?:\.\d+)+", said)
    return tuple(int(part) for part in numbers.group().split(".")) if numbers else ()


def _complaint(bwrap: str, *, proc: bool) -> str | None:
    """What bubblewrap says against isolating a program that does nothing; none if it did it."""
    line = [bwrap, *ISOLATION, NO_FURTHER_NAMESPACES, "--ro-bind", "/", "/"]
    if proc:
        line += ["--proc", "/proc"]
    # A program that every bubblewrap has at hand, statically known not to touch anything.
    line += ["--", bwrap, "--version"]
    try:
        done = subprocess.run(
            line, capture_output=True, text=True, errors="replace", timeout=_PROBE_SECONDS
        )
    except (OSError, subprocess.SubprocessError) as exc:
        return str(exc)
    if done.returncode == 0:
        return None
    return done.stderr.strip() or f"exit status {done.returncode}"


def _cure(complaint: str) -> str:
    restricted = Path("/proc/sys/kernel/apparmor_restrict_unprivileged_userns")
    switched_off = Path("/proc/sys/kernel/unprivileged_userns_clone")
    if _reads(restricted, "1"):
        cure = (
            "AppArmor keeps bubblewrap from making user namespaces: install an AppArmor profile "
            "for it (Ubuntu: `apt install apparmor-profiles` and enable bwrap-userns-restrict), "
            "or `sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0`."
        )
    elif _reads(switched_off, "0"):
        cure = (
            "User namespaces are switched off: `sudo sysctl -w kernel.unprivileged_userns_clone=1`."
        )
    elif _reads(Path("/proc/sys/user/max_user_namespaces"), "0"):
        cure = "No user namespaces are allowed: `sudo sysctl -w user.max_user_namespaces=15000`."
    elif os.environ.get("KUBERNETES_SERVICE_HOST"):
        cure = (
            "The pod forbids user namespaces: in the grader's securityContext, give a "
            f"seccompProfile of type Localhost that also allows {_CALLS}, and `procMount: "
            "Unmasked` with `hostUsers: false` in the pod, so that /proc can be mounted."
        )
    elif Path("/.dockerenv").exists() or Path("/run/.containerenv").exists():
        cure = (
            "The container forbids user namespaces: start it with `--security-opt "
            f"seccomp=PROFILE.json`, a copy of the engine's profile that also allows {_CALLS}, "
            "and with `--security-opt apparmor=unconfined` where AppArmor forbids mounts."
        )
    else:
        cure = "Allow unprivileged user namespaces on this machine."
    return f"{cure} (bubblewrap said: {complaint})"


def _reads(path: Path, value: str) -> bool:
    try:
        return path.read_text().strip() == value
    except OSError:
        return False
