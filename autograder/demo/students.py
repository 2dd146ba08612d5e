"""The sample class: one readable Python file a student, and what it becomes as a submission.

A file holds a docstring, which describes the student, and cells in the percent format that
editors know: `# %% f_derivative` begins the answer to that exercise, and `[markdown]` behind the
id says that the answer is text. Two more tags name a notebook instead of an exercise: `[cut off]`,
its file breaks off in the middle, and `[missing]`, it was not handed in.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import nbformat

from ..cells import nbgrader_of

__all__ = ["SampleStudent", "load_students"]

MARKER = re.compile(r"^# %% (?P<name>\w+)(?: \[(?P<tag>[a-z ]+)\])?$", re.MULTILINE)


@dataclass(frozen=True)
class SampleStudent:
    """One student of the sample class.

    Attributes:
        student_id: as nbgrader knows the student.
        about: one sentence on the student's way of working.
        answers: from an exercise's id to the source of the answer.
        cut_off: notebooks whose file breaks off in the middle.
        missing: notebooks that were not handed in.
    """

    student_id: str
    about: str
    answers: Mapping[str, str]
    cut_off: frozenset[str] = frozenset()
    missing: frozenset[str] = frozenset()

    @classmethod
    def read(cls, path: Path) -> SampleStudent:
        """Read a student's file; raises ValueError on a tag that is not known."""
        text = path.read_text(encoding="utf-8")
        # What a student wrote need not be valid Python, what stands before the first cell is.
        head, *pieces = re.split(r"(?=^# %% )", text, flags=re.MULTILINE)
        answers: dict[str, str] = {}
        damaged: dict[str, set[str]] = {"cut off": set(), "missing": set()}
        for piece in pieces:
            line, _, body = piece.partition("\n")
            match = MARKER.match(line)
            if match is None:
                raise ValueError(f"{path.name}: {line!r} does not begin a cell")
            name, tag = match["name"], match["tag"]
            if tag is None:
                answers[name] = body.strip()
            elif tag == "markdown":
                answers[name] = ast.literal_eval(body.strip()).strip()
            elif tag in damaged:
                damaged[tag].add(name)
            else:
                raise ValueError(f"{path.name}: the tag [{tag}] of {name} is not known")
        about = ast.get_docstring(ast.parse(head)) or ""
        return cls(
            student_id=path.stem,
            about=about,
            answers=answers,
            cut_off=frozenset(damaged["cut off"]),
            missing=frozenset(damaged["missing"]),
        )

    def solve(self, notebook: nbformat.NotebookNode) -> set[str]:
        """Write the answers into the cells of a notebook; returns the exercises answered there."""
        answered = set()
        for cell in notebook.cells:
            about = nbgrader_of(cell)
            exercise = str(about.get("grade_id", ""))
            if about.get("solution") and exercise in self.answers:
                cell.source = self.answers[exercise]
                answered.add(exercise)
        return answered

    def hand_in(self, release: Path, submission: Path) -> None:
        """Solve the released notebooks and leave them as nbgrader would have collected them.

        Args:
            release: the folder with the released notebooks of the assignment.
            submission: the folder to make; it must not be there yet.

        Raises:
            ValueError: where an answer belongs to no exercise of the release.
        """
        submission.mkdir(parents=True)
        unplaced = set(self.answers)
        for path in sorted(release.glob("*.ipynb")):
            notebook = nbformat.read(path, as_version=4)
            unplaced -= self.solve(notebook)
            text = nbformat.writes(notebook)
            if path.stem in self.cut_off:
                text = text[: len(text) // 2]
            if path.stem not in self.missing:
                (submission / path.name).write_text(text, encoding="utf-8")
        if unplaced:
            names = ", ".join(sorted(unplaced))
            raise ValueError(f"{self.student_id} answers exercises that are not there: {names}")


def load_students(folder: Path) -> list[SampleStudent]:
    """All students of a sample class, in the order of their ids.

    Args:
        folder: their files. It is not part of the package: a submission can read what it runs
            with, and these hold right answers.
    """
    return [SampleStudent.read(path) for path in sorted(folder.glob("*.py"))]
