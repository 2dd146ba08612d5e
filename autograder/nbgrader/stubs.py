"""What the release has in the place of a solution.

nbgrader's stub raises NotImplementedError, so that a notebook that is run before it is worked on is
full of tracebacks. Where an author leaves dots for the answer (`x_final = ...`), the cell runs as
it is: the name is there, and checks know that dots are no answer. There the stub is its comment.
"""

from __future__ import annotations

import re

from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode
from nbgrader.preprocessors import ClearSolutions as NbgraderClearSolutions
from nbgrader.utils import is_solution

from ..answers.source import is_begun, leaves_dots

__all__ = ["ClearSolutions"]

_RAISING = re.compile(r"^[ \t]*raise NotImplementedError\(\)\n?", re.MULTILINE)


class ClearSolutions(NbgraderClearSolutions):
    """nbgrader's own, whose stub raises nothing where dots stand for the answer."""

    def preprocess_cell(
        self, cell: NotebookNode, resources: ResourcesDict, cell_index: int
    ) -> tuple[NotebookNode, ResourcesDict]:
        """Put the stub in the place of the solution."""
        cell, resources = super().preprocess_cell(cell, resources, cell_index)
        if is_solution(cell) and cell.cell_type == "code":
            quiet = _RAISING.sub("", cell.source).rstrip("\n")
            if leaves_dots(quiet) and not is_begun(quiet):
                cell.source = quiet
        return cell, resources
