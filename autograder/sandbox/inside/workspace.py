"""The private copy of a submission's folder, made inside the sandbox."""

from __future__ import annotations

from .. import tree

__all__ = ["fill"]


def fill(source: str, target: str, *, max_bytes: int, max_entries: int) -> list[str]:
    """Copy a folder, and say what was left out.

    Links are copied as links: inside the sandbox they lead to nothing that the sandbox does not
    show. Pipes, sockets, devices and what cannot be read are left out.

    Args:
        source: the folder.
        target: an existing, empty directory.
        max_bytes: how much the files may have together.
        max_entries: how many files, directories and links there may be.

    Returns:
        the paths, relative to `source`, of what was not copied.
    """
    bounds = tree.Bounds(file_bytes=max_bytes, total_bytes=max_bytes, entries=max_entries)
    return list(tree.copy(source, target, tree.look(source, bounds)))
