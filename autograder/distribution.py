"""What pip installs: names (`autograder` on PyPI is somebody else's), and the course's files."""

from __future__ import annotations

import sys
import sysconfig
from pathlib import Path

from .errors import QuickstartError

__all__ = ["CONFIG", "COURSE", "DISTRIBUTION", "SHARED", "course_files", "extra"]

DISTRIBUTION = "gradient-descent-autograder"

COURSE = "gradient-descent-autograder-course"
"""What instructors install: this package with its extra `marking`, and the source notebooks."""


def extra(name: str) -> str:
    """What to install to have one of its extras."""
    return f"{DISTRIBUTION}[{name}]"


CONFIG = "nbgrader_config.py"

SHARED = Path("share", "autograder", "course")
"""Where that distribution puts the course's files, under the prefix it is installed to."""


def course_files() -> Path:
    """The folder to copy from: the repository that this package is run from, or installed data.

    Raises:
        QuickstartError: there is neither.
    """
    repository = Path(__file__).resolve().parents[1]
    schemes = [sysconfig.get_default_scheme(), sysconfig.get_preferred_scheme("user")]
    installed = [Path(sysconfig.get_path("data", scheme)) / SHARED for scheme in schemes]
    for folder in (repository, *installed):
        if (folder / CONFIG).is_file() and any((folder / "source").glob("*/*.ipynb")):
            return folder
    raise QuickstartError(
        f"The course's files are not in {' or '.join(map(str, installed))}: install them with "
        f"`{sys.executable} -m pip install {COURSE}`, or run this from a clone of the repository."
    )
