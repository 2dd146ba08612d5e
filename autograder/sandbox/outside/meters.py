"""How much a kernel has put into its scratch, and what it holds besides."""

from __future__ import annotations

import ctypes
import os
import stat
from collections.abc import Callable
from pathlib import Path

from ..limits import Limits
from .places import IN_NAMESPACES
from .task import Scratch

__all__ = ["Used", "look_as", "memory_of", "meter_of", "watches_of"]

_MAX_DEPTH = 64
_WRITTEN_AS_OFTEN = 8

Used = tuple[bool, bool]
"""Whether there are too many entries, and too many bytes."""


def _in_tmpfs(pid: int, limits: Limits) -> Used:
    """Ask the file system, whose size is limited already."""
    files = os.statvfs(f"/proc/{pid}/root{IN_NAMESPACES.scratch}")
    return files.f_files - files.f_ffree > limits.scratch_entries, False


def _in_folder(pid: int, limits: Limits, scratch: Scratch) -> Used:
    """Walk through a folder, and ask how much its owner has written in all.

    A file that was removed while it is open still takes space, and cannot be found. So what was
    written is counted too, with some patience for who writes one file over and over.
    """
    entries = used = 0
    folders = [(str(scratch.folder.path), 0)]
    while folders:
        folder, depth = folders.pop()
        try:
            found = list(os.scandir(folder))
            for entry in found:
                about = entry.stat(follow_symlinks=False)
                used += 512 * about.st_blocks
                if stat.S_ISDIR(about.st_mode):
                    folders.append((entry.path, depth + 1))
        except (FileNotFoundError, NotADirectoryError):
            continue  # it has just been removed, or put in another's place
        except OSError:
            return True, False  # what cannot be looked at, such as a path that is too long
        entries += len(found)
        if entries > limits.scratch_entries or depth > _MAX_DEPTH:
            return True, False
    ceiling = limits.scratch_bytes
    return False, used > ceiling or _written(pid) > _WRITTEN_AS_OFTEN * ceiling


def _written(pid: int) -> int:
    """Bytes on their way to a disk or there, or, where there is no disk, given to be written."""
    lines = Path(f"/proc/{pid}/io").read_text().splitlines()
    counts = {name: int(value) for name, _, value in (line.partition(":") for line in lines)}
    return max(counts["write_bytes"] - counts["cancelled_write_bytes"], counts["wchar"])


def memory_of(status: str) -> int:
    """Bytes that are a process's own, no file's such as those of libraries, by its /proc status.

    In memory, or where the system or the process itself has put them aside.
    """
    fields = (line.partition(":") for line in status.splitlines())
    counted = (value for name, _, value in fields if name in ("RssAnon", "VmSwap"))
    return sum(int(value.split()[0]) * 1024 for value in counted)


def watches_of(pid: int, enough: int) -> int:
    """How many open files a process's epolls watch, each as often as they do; to `enough` or so.

    A file that was watched under one number of a descriptor can be watched again under the next.
    """
    found = 0
    for number in os.listdir(f"/proc/{pid}/fd"):
        try:
            if os.readlink(f"/proc/{pid}/fd/{number}") != "anon_inode:[eventpoll]":
                continue
            with open(f"/proc/{pid}/fdinfo/{number}", "rb") as file:
                while found <= enough and (chunk := file.read(1 << 16)):
                    found += chunk.count(b"tfd:")
        except FileNotFoundError:
            continue  # it has just been closed
    return found


def look_as(uid: int) -> None:
    """Let the calling thread alone see files and processes as this user, as only root can.

    Raises:
        PermissionError: this process may not.
    """
    libc = ctypes.CDLL(None)
    for change in (libc.setfsgid, libc.setfsuid):
        change(ctypes.c_uint(uid))
        if change(ctypes.c_uint(0xFFFFFFFF)) != uid:  # no user: tells who it is now
            raise PermissionError(f"cannot look as user {uid}")


def meter_of(pid: int, limits: Limits, scratch: Scratch | None) -> Callable[[], Used]:
    """What tells how much is used."""
    if scratch is None:
        return lambda: _in_tmpfs(pid, limits)
    return lambda: _in_folder(pid, limits, scratch)
