"""Where an assignment's source notebooks are, and which version of them something was marked by."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

from nbgrader.coursedir import CourseDirectory

from ..cells import nbgrader_of

__all__ = ["rubric_digest", "rubric_files"]


def rubric_files(course: CourseDirectory, assignment: str, notebook: str) -> tuple[Path, Path]:
    """Where the source of a notebook and its release are, or would be."""
    source = Path(course.format_path(course.source_directory, ".", assignment))
    release = Path(course.format_path(course.release_directory, ".", assignment))
    return source / f"{notebook}.ipynb", release / f"{notebook}.ipynb"


def rubric_digest(course: CourseDirectory, assignment: str, notebooks: Iterable[str]) -> str:
    """A digest of what decides marks in an assignment's source: its code, and its points."""
    digest = hashlib.blake2b(digest_size=16)
    for notebook in sorted(notebooks):
        path, _ = rubric_files(course, assignment, notebook)
        try:
            cells = json.loads(path.read_bytes())["cells"]
            decides = [
                ("".join(cell["source"]), nbgrader_of(cell).get("points"))
                for cell in cells
                if cell["cell_type"] == "code"
            ]
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return ""  # nobody is marked by it; why is said elsewhere
        digest.update(json.dumps([notebook, decides]).encode())
    return digest.hexdigest()
