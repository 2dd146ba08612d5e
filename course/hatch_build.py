"""Puts the source notebooks and nbgrader's configuration into the distribution.

Its version is the package's, which it requires: what they are is asked of the repository, or of the
sdist that was made of it.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.metadata.plugin.interface import MetadataHookInterface

SHARED = Path("share", "autograder", "course")
CONFIG = "nbgrader_config.py"
PACKAGE = "gradient-descent-autograder"


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


class PackageVersion(MetadataHookInterface):
    """Has both distributions be of one version."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Fill in what `pyproject.toml` leaves open."""
        here = Path(self.root)
        told = here.parent / "autograder" / "__init__.py"
        line = r'^__version__ = "(.+)"$'
        if not told.is_file():
            told, line = here / "PKG-INFO", r"^Version: (.+)$"
        found = re.search(line, told.read_text(encoding="utf-8"), re.MULTILINE)
        if found is None:
            raise ValueError(f"{told} does not say of which version the package is.")
        metadata["version"] = found[1]
        metadata["dependencies"] = [f"{PACKAGE}[marking]=={found[1]}"]
