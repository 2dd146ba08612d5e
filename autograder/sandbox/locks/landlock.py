"""Landlock: a process gives up, for good, every path but those it names.

Inside bubblewrap's mount namespace there is little left to take away; this is the second lock on
the same door, and it closes what a mount namespace leaves open: /proc of other processes, and
listing the root. Documented in the kernel's Documentation/userspace-api/landlock.rst.
"""

from __future__ import annotations

import ctypes
import enum
import errno
import os
import struct
from collections.abc import Iterable

__all__ = ["abi", "restrict"]

# The three system calls have these numbers on every architecture.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_CREATE_RULESET_VERSION = 1
_RULE_PATH_BENEATH = 1
_PR_SET_NO_NEW_PRIVS = 38


class _Right(enum.IntFlag):
    EXECUTE = 1 << 0
    WRITE_FILE = 1 << 1
    READ_FILE = 1 << 2
    READ_DIR = 1 << 3
    REMOVE_DIR = 1 << 4
    REMOVE_FILE = 1 << 5
    MAKE_DIR = 1 << 7
    MAKE_REG = 1 << 8
    MAKE_SYM = 1 << 12
    REFER = 1 << 13
    TRUNCATE = 1 << 14


_READ = _Right.READ_FILE | _Right.READ_DIR
_WRITE = (
    _READ
    | _Right.WRITE_FILE
    | _Right.TRUNCATE
    | _Right.REMOVE_DIR
    | _Right.REMOVE_FILE
    | _Right.MAKE_DIR
    | _Right.MAKE_REG
    | _Right.MAKE_SYM
    | _Right.REFER
)
_OF_A_FILE = _Right.EXECUTE | _Right.WRITE_FILE | _Right.READ_FILE | _Right.TRUNCATE


def _handled(version: int) -> tuple[int, int, int]:
    """The file, network and scope rights that this version of the interface can refuse."""
    file_rights = {1: 13, 2: 14, 3: 15, 4: 15}.get(version, 16)
    return (1 << file_rights) - 1, 3 if version >= 4 else 0, 3 if version >= 6 else 0


def _syscall(number: int, *arguments: object) -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    result = int(libc.syscall(ctypes.c_long(number), *arguments))
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result


def abi() -> int:
    """The version of Landlock that the running kernel offers; 0 if it has none."""
    try:
        return _syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), _CREATE_RULESET_VERSION)
    except OSError as exc:
        if exc.errno in (errno.ENOSYS, errno.EOPNOTSUPP, errno.EPERM):
            return 0
        raise


def restrict(version: int, *, readable: Iterable[str], writable: Iterable[str]) -> None:
    """Leave the calling thread, and all it starts, nothing but the named paths.

    Also refused, as far as `version` can: TCP, and signals and abstract sockets to processes
    outside. Paths that do not exist are passed over.

    Args:
        version: the interface version to rely on, at most `abi()`.
        readable: files, or directories with all in them, that may be read.
        writable: the same, that may also be written, made and removed.

    Raises:
        OSError: if the kernel refuses; nothing is restricted then.
    """
    file_rights, net_rights, scopes = _handled(version)
    attributes = struct.pack("=QQQ", file_rights, net_rights, scopes)
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    ruleset = _syscall(_CREATE_RULESET, attributes, ctypes.c_size_t(size), 0)
    try:
        for paths, rights in ((readable, _READ), (writable, _WRITE)):
            for path in paths:
                _allow(ruleset, path, rights & file_rights)
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(_PR_SET_NO_NEW_PRIVS, *(ctypes.c_ulong(n) for n in (1, 0, 0, 0))) != 0:
            raise OSError(ctypes.get_errno(), "no_new_privs was refused")
        _syscall(_RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)


def _allow(ruleset: int, path: str, rights: int) -> None:
    try:
        beneath = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        if not os.path.isdir(path):
            rights &= _OF_A_FILE
        rule = struct.pack("=Qi", rights, beneath)
        _syscall(_ADD_RULE, ruleset, _RULE_PATH_BENEATH, rule, 0)
    finally:
        os.close(beneath)
