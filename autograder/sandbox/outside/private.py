"""Folders of this process alone, which go when it goes, even if it is killed.

Each lies in a folder of this user's, and is locked for as long as it is in use; whoever makes the
next removes those that nobody holds.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import secrets
import stat
import tempfile
import time
import weakref
from pathlib import Path

__all__ = ["PrivateFolder", "remove"]

_STALE_SECONDS = 60.0


class PrivateFolder:
    """A new folder, mode 0700, in the temporary directory.

    Args:
        kind: in what folder of this user's it is made.
        crossed: whether other users may go through that one, without seeing what is in it.
        name: its name; by default one that nobody can guess.

    Attributes:
        path: where it is; gone after `remove`, at the end of this process, or, if that was killed,
            when the next of its kind is made.

    Raises:
        FileExistsError: another has this name.
        OSError: it cannot be made.
    """

    def __init__(self, kind: str, *, crossed: bool = False, name: str | None = None) -> None:
        root = _root(f"{kind}-{os.getuid()}", 0o711 if crossed else 0o700)
        _sweep(root)
        self.path = root / (name or secrets.token_hex(8))
        self.path.mkdir(mode=0o700)
        # While this lock is held, the folder belongs to a living process (see _sweep).
        lock = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        fcntl.flock(lock, fcntl.LOCK_SH)
        self._finalizer = weakref.finalize(self, _remove_and_close, self.path, lock)

    def remove(self) -> None:
        """Remove it with all in it; may be called twice."""
        self._finalizer()


def remove(folder: str | os.PathLike[str]) -> None:
    """Remove a folder that an adversary filled, however deep it is; what cannot be removed, stays.

    What lies in a subfolder is moved to the top before that is removed: no recursion, no long path.
    """
    with contextlib.suppress(OSError):
        while names := os.listdir(folder):
            for name in names:
                _take_out(os.fspath(folder), name)
        os.rmdir(folder)


def _take_out(folder: str, name: str) -> None:
    path = os.path.join(folder, name)
    if not stat.S_ISDIR(os.lstat(path).st_mode):
        os.unlink(path)
        return
    for child in os.listdir(path):
        os.rename(os.path.join(path, child), os.path.join(folder, secrets.token_hex(16)))
    os.rmdir(path)


def _root(name: str, mode: int) -> Path:
    """This user's folder of such folders; a fresh one if another user took its name."""
    root = Path(tempfile.gettempdir()) / name
    with contextlib.suppress(FileExistsError):
        root.mkdir(mode=0o700)
        root.chmod(mode)
    found = root.lstat()
    if (
        stat.S_ISDIR(found.st_mode)
        and found.st_uid == os.getuid()
        and stat.S_IMODE(found.st_mode) == mode
    ):
        return root
    root = Path(tempfile.mkdtemp(prefix=f"{name}-"))
    root.chmod(mode)
    return root


def _sweep(root: Path) -> None:
    """Remove folders whose process was killed before it could."""
    for directory in root.iterdir():
        try:
            if time.time() - directory.lstat().st_mtime < _STALE_SECONDS:
                continue  # perhaps just made, and not locked yet
            descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        except OSError:
            continue
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as exc:
            os.close(descriptor)
            if exc.errno not in (errno.EWOULDBLOCK, errno.EACCES):
                raise
        else:
            _remove_and_close(directory, descriptor)


def _remove_and_close(directory: Path, descriptor: int) -> None:
    remove(directory)
    os.close(descriptor)
