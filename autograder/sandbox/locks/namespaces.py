"""Linux namespaces for a forked process: what bubblewrap does for a program, for one that is warm.

The calls and their flags are those of unshare(2), mount(2), user_namespaces(7), capabilities(7).
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
from collections.abc import Iterable
from pathlib import Path

__all__ = ["drop_capabilities", "isolate", "private_tmpfs", "read_only"]

_NEWNS, _NEWCGROUP, _NEWUTS, _NEWIPC = 0x00020000, 0x02000000, 0x04000000, 0x08000000
_NEWUSER, _NEWPID, _NEWNET = 0x10000000, 0x20000000, 0x40000000
_MS_NOSUID, _MS_NODEV, _MS_BIND, _MS_REC, _MS_PRIVATE = 2, 4, 1 << 12, 1 << 14, 1 << 18
_MOUNT_SETATTR, _MOUNT_ATTR_RDONLY, _AT_RECURSIVE = 442, 1, 0x8000  # on every architecture
_PR_CAPBSET_DROP, _PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL = 24, 47, 4
_CAPABILITY_VERSION_3 = 0x20080522


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _check(result: int, what: str) -> None:
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")


def isolate() -> None:
    """Leave all namespaces of this process for new ones; its next child is the first in a pid one.

    It keeps its user and group id, and has every capability over the new namespaces: give them up.

    Raises:
        OSError: the system forbids it.
    """
    uid, gid = os.getuid(), os.getgid()
    flags = _NEWUSER | _NEWNS | _NEWPID | _NEWNET | _NEWIPC | _NEWUTS | _NEWCGROUP
    _check(_libc().unshare(ctypes.c_int(flags)), "unshare")
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1\n")
    Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1\n")
    _mount("none", "/", None, _MS_REC | _MS_PRIVATE, None)


def read_only() -> None:
    """Make every mount read-only, for this mount namespace alone.

    Whatever of it this process shares with others, it changes nothing any more: not the folders
    around what is mounted, wherever Python lies; nor /proc/sys, which is open to whom is root
    outside.

    Raises:
        OSError: the system forbids it.
    """
    attributes = struct.pack("=4Q", _MOUNT_ATTR_RDONLY, 0, 0, 0)
    here = ctypes.c_int(-100)  # AT_FDCWD, which an absolute path does not need
    size = ctypes.c_size_t(len(attributes))
    flags = ctypes.c_uint(_AT_RECURSIVE)
    number = ctypes.c_long(_MOUNT_SETATTR)
    _check(_libc().syscall(number, here, b"/", flags, attributes, size), "mount_setattr")


def private_tmpfs(path: str, size: int, entries: int, kept: Iterable[str] = ()) -> None:
    """Mount an empty file system of limited size over `path`, in this mount namespace alone.

    Args:
        path: an existing directory.
        size: bytes that all its files may have together.
        entries: how many files, directories and links it may hold.
        kept: files and directories in it that are to be seen as before, with the flags of the
            mounts that they lie in: make those read-only first.

    Raises:
        OSError: the system forbids it.
    """
    options = f"size={size},nr_inodes={entries},mode=0700"
    held = [(name, os.open(name, os.O_PATH | os.O_CLOEXEC)) for name in kept]
    _mount("tmpfs", path, "tmpfs", _MS_NOSUID | _MS_NODEV, options)
    for name, descriptor in held:
        source = f"/proc/self/fd/{descriptor}"
        if os.path.isdir(source):
            os.makedirs(name, exist_ok=True)
        else:
            os.makedirs(os.path.dirname(name), exist_ok=True)
            Path(name).touch()
        # With the flags of the mount that it is taken from.
        _mount(source, name, None, _MS_BIND | _MS_REC, None)
        os.close(descriptor)


def _mount(source: str, path: str, kind: str | None, flags: int, options: str | None) -> None:
    texts = [None if text is None else os.fsencode(text) for text in (source, path, kind, options)]
    result = _libc().mount(texts[0], texts[1], texts[2], ctypes.c_ulong(flags), texts[3])
    _check(result, f"mounting {path}")


def drop_capabilities() -> None:
    """Give up every capability for good.

    Raises:
        OSError: the system refuses.
    """
    libc = _libc()
    for capability in range(64):
        arguments = (ctypes.c_ulong(n) for n in (capability, 0, 0, 0))
        if libc.prctl(_PR_CAPBSET_DROP, *arguments) < 0 and ctypes.get_errno() == errno.EINVAL:
            break  # the first number that the system does not know
    arguments = (ctypes.c_ulong(n) for n in (_PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0))
    _check(libc.prctl(_PR_CAP_AMBIENT, *arguments), "clearing ambient capabilities")
    header = struct.pack("=Ii", _CAPABILITY_VERSION_3, 0)
    _check(libc.capset(header, struct.pack("=6I", *[0] * 6)), "dropping capabilities")
