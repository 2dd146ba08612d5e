"""A user of its own for one kernel, where marking runs as root and there are no namespaces.

Then what a kernel could still do to files and processes of its own user is nothing to anybody's.
"""

from __future__ import annotations

import functools
import json
import os
import random
import subprocess
from collections.abc import Iterable
from pathlib import Path

from .private import PrivateFolder
from .task import Scratch

__all__ = ["available", "scratch", "showcase"]

# Users that systemd makes for a service and forgets; within what a container maps, too.
_USERS = range(61184, 65520)
_ATTEMPTS = 200
_NEEDED = {"CAP_CHOWN": 0, "CAP_DAC_OVERRIDE": 1, "CAP_KILL": 5, "CAP_SETGID": 6, "CAP_SETUID": 7}
_KIND = "autograder-users"
_LOOK = """
import json, os, sys
paths = json.load(sys.stdin)
for path in paths[:]:
    if os.path.isdir(path):
        paths += [entry.path for entry in os.scandir(path)]
def closed(path):
    return os.path.exists(path) and not os.access(path, os.R_OK | os.X_OK * os.path.isdir(path))
sys.exit(any(map(closed, paths)))
"""
_LOOK_SECONDS = 30


def available(executable: str, paths: Iterable[str]) -> bool:
    """Whether kernels can have users of their own who can run this Python and read these paths."""
    if os.geteuid() != 0 or not _capable():
        return False
    user = random.choice(_USERS)
    shown = [path for path in paths if os.path.exists(path)]
    try:
        folder = PrivateFolder(_KIND, crossed=True)
        os.chown(folder.path, user, user)
        done = subprocess.run(
            [executable, "-I", "-S", "-c", _LOOK],
            input=json.dumps([*shown, str(folder.path)]),
            text=True,
            capture_output=True,
            env={},
            cwd="/",
            user=user,
            group=user,
            extra_groups=[],
            timeout=_LOOK_SECONDS,
        )
        folder.remove()
    except (OSError, ValueError, subprocess.SubprocessError):
        return False
    return done.returncode == 0


def _capable() -> bool:
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
        held = int(next(line.split()[1] for line in lines if line.startswith("CapEff:")), 16)
    except (OSError, StopIteration, ValueError):
        return False
    return all(held >> bit & 1 for bit in _NEEDED.values())


def scratch() -> Scratch:
    """A scratch, and a user to whom it is given; nobody else has him while it is there."""
    for _ in range(_ATTEMPTS):
        uid = random.SystemRandom().choice(_USERS)
        try:
            # The name is the lock: two kernels cannot have one user.
            return Scratch(PrivateFolder(_KIND, crossed=True, name=str(uid)), uid)
        except FileExistsError:
            continue
    raise OSError(f"all users from {_USERS.start} to {_USERS.stop - 1} seem to be taken")


@functools.cache
def _showcase() -> PrivateFolder:
    folder = PrivateFolder(_KIND, crossed=True)
    folder.path.chmod(0o711)
    return folder


def showcase() -> Path:
    """A folder of this process alone in which every user can read."""
    return _showcase().path
