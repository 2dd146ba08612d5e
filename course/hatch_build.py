"""Puts the source notebooks and nbgrader's configuration into the distribution."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SHARED = Path("share", "autograder", "course")
CONFIG = "nbgrader_config.py"


class CourseFiles(BuildHookInterface):
    """Takes them from the repository, or from the sdist that was made of it."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Name the files and where each goes."""
        here = Path(self.root)
        origin = here if (here / CONFIG).is_file() else here.parent
        kind, folder = ("shared_data", SHARED)
        if self.target_name == "sdist":
            kind, folder = ("force_include", Path())
        for path in [origin / CONFIG, *sorted(origin.glob("source/*/*.ipynb"))]:
            build_data[kind][str(path)] = str(folder / path.relative_to(origin))
