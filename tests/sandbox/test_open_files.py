"""A file that all kernels see is no wire between them, nor to the grader; and SQLite works."""

from __future__ import annotations

import fcntl
import struct
import subprocess
import sys
from pathlib import Path

import pytest

import autograder

SHARED = Path(autograder.__file__).with_name("check.py")
LOCK = struct.Struct("hhqqi4x")
OPEN = f"import fcntl, os, struct\nfd = os.open({str(SHARED)!r}, os.O_RDONLY)\n"
FOLDER = f"import fcntl, os\nfd = os.open({str(SHARED.parent)!r}, os.O_RDONLY)\n"


@pytest.mark.parametrize(
    "code",
    [
        FOLDER + "fcntl.fcntl(fd, 1026, 0x80000001)",  # F_NOTIFY, DN_ACCESS | DN_MULTISHOT
        FOLDER + "fcntl.fcntl(fd, 1026, 0x8000003F)",
        OPEN + "fcntl.fcntl(fd, 1024, fcntl.F_RDLCK)",  # F_SETLEASE
        "import os, fcntl\n"
        "fd = os.open('own', os.O_CREAT | os.O_RDWR)\n"
        "fcntl.fcntl(fd, 1024, fcntl.F_WRLCK)",
        OPEN + "fcntl.fcntl(fd, 8, os.getpid())",  # F_SETOWN
        OPEN + "fcntl.fcntl(fd, 10, 10)",  # F_SETSIG
        OPEN + "fcntl.fcntl(fd, 15, struct.pack('ii', 1, os.getpid()))",  # F_SETOWN_EX
        OPEN + "fcntl.fcntl(fd, 1036, struct.pack('Q', 3))",  # F_SET_RW_HINT, of the file itself
        OPEN + "fcntl.flock(fd, fcntl.LOCK_SH)",
        OPEN + "fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)",
        "import fcntl\nfcntl.flock(open('/dev/null'), fcntl.LOCK_EX | fcntl.LOCK_NB)",
        OPEN + "fcntl.fcntl(fd, 37, struct.pack('hhqqi4x', 0, 0, 7, 1, 0))",  # F_OFD_SETLK
        OPEN + "fcntl.fcntl(fd, 38, struct.pack('hhqqi4x', 0, 0, 7, 1, 0))",  # F_OFD_SETLKW
    ],
)
def test_a_file_cannot_be_watched_leased_or_locked(kernel, code: str):
    assert kernel.run(code).error == "PermissionError"


def seen_outside(first: int) -> bool:
    """Whether someone else holds a lock on this byte of the shared file."""
    with SHARED.open("rb") as file:
        asked = LOCK.pack(fcntl.F_WRLCK, 0, first, 1, 0)
        return LOCK.unpack(fcntl.fcntl(file, fcntl.F_GETLK, asked))[0] != fcntl.F_UNLCK


@pytest.mark.parametrize(
    "kind",
    [
        "fcntl.lockf(f, fcntl.LOCK_SH, 1, 7)",
        "fcntl.fcntl(f, 6, struct.pack('hhqqi4x', 0, 0, 7, 1, 0))",
        "fcntl.fcntl(f, 7, struct.pack('hhqqi4x', 0, 0, 7, 1, 0))",
    ],
)
def test_a_lock_that_is_not_refused_is_not_seen_by_anyone(kernel, kind: str):
    ran = kernel.run(f"import fcntl, struct\nf = open({str(SHARED)!r}, 'rb')\n{kind}\n")
    assert ran.error is None
    assert not seen_outside(7)


def test_this_way_a_lock_would_be_seen():
    code = f"""
import fcntl, sys
file = open({str(SHARED)!r}, "rb")
fcntl.lockf(file, fcntl.LOCK_SH, 1, 7)
print("held", flush=True)
sys.stdin.read()
"""
    # Not forked: where JAX is imported, it has threads.
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        assert seen_outside(7)
        holder.kill()


@pytest.mark.parametrize("journal", ["delete", "wal", "memory"])
def test_sqlite_keeps_its_own_files(kernel, journal: str):
    code = (
        "import sqlite3\n"
        f"book = sqlite3.connect('{journal}.db')\n"
        f"book.execute('pragma journal_mode={journal}')\n"
        "book.execute('create table t (x)')\n"
        "book.executemany('insert into t values (?)', [(i,) for i in range(100)])\n"
        "book.commit(); book.close()\n"
        f"print(sqlite3.connect('{journal}.db').execute('select sum(x) from t').fetchone()[0])"
    )
    assert kernel.run(code).text.strip() == "4950"
