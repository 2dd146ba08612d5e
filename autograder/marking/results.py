"""What was found out about a notebook, kept so that it need not be found out twice.

A result is the outputs of every cell as marking left them. It is kept under what it depends on:
the cells as they were run, the files beside them, the rubric, the seed, the settings and the
versions of what computed it. A run that is killed leaves its results behind, and the next one goes
on from there; a notebook that is marked again in the same circumstances costs no kernel.
"""

from __future__ import annotations

import functools
import gzip
import hashlib
import importlib.metadata
import json
import os
import platform
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbformat

from ..distribution import DISTRIBUTION
from ..errors import MarkingError

__all__ = [
    "MAX_RESULT",
    "STATE",
    "Results",
    "as_kept",
    "contents",
    "environment",
    "fingerprint",
    "own_code",
    "state_folder",
    "write_whole",
]

STATE = ".autograder"
"""What marking remembers, in the course directory."""

MAX_RESULT = 200_000_000
"""Characters of a result: outputs within their limits, each character written as six at worst."""

_VERSION = 1
_PACKAGES = (DISTRIBUTION, "jax", "jaxlib", "numpy", "matplotlib", "ipykernel", "nbclient")
_PACKAGE = Path(__file__).resolve().parents[1]
# No mark depends on these; on all else of ours it may.
_ASIDE = ("report", "doctor", "demo", "quickstart")


def state_folder(root: str | os.PathLike[str], assignment: str) -> Path:
    """Where marking keeps what it has to remember of an assignment, in the course directory."""
    return Path(root) / STATE / assignment


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that it has all of this content, whatever happens meanwhile, or its old one.

    Raises:
        OSError: it cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with draft.open("wb") as file:
            file.write(content)
            if content:  # of an empty file there is nothing to lose but its name
                file.flush()
                os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


@functools.cache
def own_code() -> str:
    """A digest of all code of ours on which a mark may depend."""
    digest = hashlib.blake2b(digest_size=16)
    for path in sorted(_PACKAGE.rglob("*.py")):
        name = path.relative_to(_PACKAGE)
        if name.parts[0] not in _ASIDE:
            digest.update(name.as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def environment() -> dict[str, str]:
    """By names for a grader, the versions of all by which results are found out here."""
    versions = {"Python": platform.python_version(), "the processor's kind": platform.machine()}
    versions |= {name: _version(name) for name in _PACKAGES}
    return {**versions, "autograder's own code": own_code()}


@functools.cache
def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""


def fingerprint(settings: Mapping[str, Any], *files: Path) -> str:
    """A digest of what all results of a run have in common.

    Args:
        settings: plain data.
        files: those by which it is marked, such as the source notebook.
    """
    common = [_VERSION, environment(), dict(settings)]
    digest = hashlib.blake2b(json.dumps(common, sort_keys=True).encode())
    for path in files:
        digest.update(path.read_bytes() if path.is_file() else b"\0")
    return digest.hexdigest()


def contents(notebook: nbformat.NotebookNode, names: Mapping[str, str], files: str) -> str:
    """A digest of all that a student has in hand on which the result of a notebook depends.

    Args:
        notebook: as it is to be run.
        names: "student", "assignment" and "notebook".
        files: a digest of the files beside it.
    """
    cells = [
        (cell.cell_type, cell.source, cell.metadata.get("nbgrader"), cell.metadata.get("tags"))
        for cell in notebook.cells
    ]
    about = notebook.metadata.get("autograder")
    who = [names["assignment"], names["notebook"], names["student"]]
    text = json.dumps([files, who, about, cells], sort_keys=True, ensure_ascii=True)
    return hashlib.blake2b(text.encode()).hexdigest()


def as_kept(marked: nbformat.NotebookNode) -> list[dict[str, Any]]:
    """A notebook's result as plain data: what marking left of each cell."""
    return [
        {
            "outputs": cell.get("outputs"),
            "execution_count": cell.get("execution_count"),
            "metadata": cell.metadata,
        }
        for cell in marked.cells
    ]


class Results:
    """The results of one assignment, the last of each student's notebook.

    Args:
        folder: where they are kept.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def key(self, contents: str, common: str, seed: str) -> str:
        """What the result of a notebook depends on, as a digest.

        Args:
            contents: the student's part.
            common: the `fingerprint`.
            seed: from which its places are drawn; only its digest is kept.
        """
        return hashlib.blake2b("\0".join([common, seed, contents]).encode()).hexdigest()

    def _path(self, student: str, notebook: str) -> Path:
        return self._folder / "results" / student / f"{notebook}.json.gz"

    def keep(self, student: str, notebook: str, key: str, cells: list[dict[str, Any]]) -> None:
        """Keep the result of a notebook, in place of an older one.

        Args:
            student: whose it is.
            notebook: its name.
            key: what it depends on.
            cells: the result, `as_kept`.

        Raises:
            OSError: it cannot be written.
            MarkingError: it is larger than what a notebook may hold.
        """
        text = json.dumps({"key": key, "cells": cells})
        if len(text) > MAX_RESULT:
            raise MarkingError(
                f"The result of {notebook} has {len(text) / 1e6:.0f} million characters, of which "
                f"at most {MAX_RESULT / 1e6:.0f} are kept: its outputs should have been cut."
            )
        write_whole(self._path(student, notebook), gzip.compress(text.encode(), 1, mtime=0))

    def has(self, student: str, notebook: str, key: str) -> bool:
        """Whether there is a result for this key."""
        return self._read(student, notebook, key) is not None

    def put(self, student: str, name: str, key: str, notebook: nbformat.NotebookNode) -> bool:
        """Put a result into a notebook that has not been run; False if there is none."""
        cells = self._read(student, name, key)
        if cells is None or len(cells) != len(notebook.cells):
            return False
        for cell, result in zip(notebook.cells, cells, strict=True):
            cell.metadata = nbformat.from_dict(result["metadata"])
            if cell.cell_type == "code":
                cell.outputs = nbformat.from_dict(result["outputs"])
                cell.execution_count = result["execution_count"]
        return True

    def _read(self, student: str, notebook: str, key: str) -> list[Any] | None:
        try:
            found = json.loads(gzip.decompress(self._path(student, notebook).read_bytes()))
        except (OSError, ValueError, EOFError, zlib.error):
            return None  # none, or half of one: it is then made again
        return found["cells"] if isinstance(found, dict) and found.get("key") == key else None
