"""The private copy of a submission's folder, made inside the sandbox."""

from __future__ import annotations

import os
import shutil
import stat

__all__ = ["fill"]


def fill(source: str, target: str, *, max_bytes: int, max_entries: int) -> list[str]:
    """Copy a folder, and say what was left out.

    Directories and symbolic links come first, then files from the smallest up for as long as they
    fit, so that a student's `helper.py` is there even if a film lies beside it. Links are copied
    as links: inside the sandbox they lead to nothing that the sandbox does not show. Pipes,
    sockets, devices and what cannot be read are left out.

    Args:
        source: the folder.
        target: an existing, empty directory.
        max_bytes: how much the files may have together.
        max_entries: how many files, directories and links there may be.

    Returns:
        the paths, relative to `source`, of what was not copied.
    """
    left_out: list[str] = []
    files: list[tuple[int, str]] = []
    entries = 0
    for folder, directories, names in os.walk(source):
        for name in [*directories, *names]:
            path = os.path.join(folder, name)
            relative = os.path.relpath(path, source)
            entries += 1
            if entries > max_entries:
                # What a million further files are called is of no use to anyone.
                return [*left_out, relative, *_copy(files, source, target, max_bytes)]
            try:
                found = os.lstat(path)
                if stat.S_ISDIR(found.st_mode):
                    os.mkdir(os.path.join(target, relative), 0o700)
                elif stat.S_ISLNK(found.st_mode):
                    os.symlink(os.readlink(path), os.path.join(target, relative))
                elif stat.S_ISREG(found.st_mode):
                    files.append((found.st_size, relative))
                else:
                    left_out.append(relative)
            except OSError:
                left_out.append(relative)
    return left_out + _copy(files, source, target, max_bytes)


def _copy(files: list[tuple[int, str]], source: str, target: str, max_bytes: int) -> list[str]:
    left_out = []
    used = 0
    for size, relative in sorted(files):
        used += size
        copy = os.path.join(target, relative)
        try:
            if used > max_bytes:
                left_out.append(relative)
                continue
            shutil.copyfile(os.path.join(source, relative), copy, follow_symlinks=False)
            os.chmod(copy, 0o600)
        except OSError:
            left_out.append(relative)
    return left_out
