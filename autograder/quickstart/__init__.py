"""A new course directory: the assignment, the configuration, and what to do next.

What is copied holds the solutions, and a submission can read the package that it runs with. So
none of it lies in the package: a wheel installs it as data, in a folder that no sandbox shows.
"""

from __future__ import annotations

import sysconfig
from importlib.resources import files
from pathlib import Path

from ..errors import QuickstartError

__all__ = ["CONFIG", "SHARED", "QuickstartError", "course_files", "make_course"]

CONFIG = "nbgrader_config.py"
SHARED = Path("share", "autograder", "course")
"""Where a wheel puts the course's files, under the prefix it is installed to."""


def course_files() -> Path:
    """The folder to copy from: the repository that this package is run from, or installed data.

    Raises:
        QuickstartError: there is neither.
    """
    repository = Path(__file__).resolve().parents[2]
    schemes = [sysconfig.get_default_scheme(), sysconfig.get_preferred_scheme("user")]
    installed = [Path(sysconfig.get_path("data", scheme)) / SHARED for scheme in schemes]
    for folder in (repository, *installed):
        if (folder / CONFIG).is_file() and any((folder / "source").glob("*/*.ipynb")):
            return folder
    raise QuickstartError(
        f"The course's files are not in {' or '.join(map(str, installed))}: install the package "
        "from its wheel, or from a clone of its repository."
    )


def make_course(folder: Path) -> list[Path]:
    """Make `folder` a course directory; returns the files made, as paths in it.

    Raises:
        QuickstartError: `folder` holds something already, or cannot be written.
    """
    origin = course_files()
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise QuickstartError(
                f"{folder} holds something already, and nothing of it was touched: "
                "name a folder that is empty or not there yet."
            )
        # Solutions, marks and work: other users of this machine may be the students.
        if not folder.exists():
            folder.mkdir(parents=True)
            folder.chmod(0o700)
        (folder / "source").mkdir()
        (folder / "source").chmod(0o700)
        made = [path.relative_to(origin) for path in sorted(origin.glob("source/*/*.ipynb"))]
        made.append(Path(CONFIG))
        for path in made:
            (folder / path).parent.mkdir(exist_ok=True)
            (folder / path).write_bytes((origin / path).read_bytes())
        steps = files(__package__).joinpath("next_steps.md").read_text(encoding="utf-8")
        (folder / "README.md").write_text(steps, encoding="utf-8")
    except OSError as error:
        raise QuickstartError(f"{folder} cannot be made a course directory: {error}") from error
    return [*made, Path("README.md")]
