"""A new course directory: the assignment, the configuration, and what to do next.

What is copied holds the solutions, and students install this package. So none of it lies here: a
distribution of its own, made from `course/`, installs it as data, where no sandbox shows it.
"""

from __future__ import annotations

import contextlib
import shutil
from importlib.resources import files
from pathlib import Path

from ..access import require_fit, require_readable, require_writable, translated
from ..distribution import CONFIG, course_files
from ..errors import QuickstartError

__all__ = ["make_course"]


def make_course(folder: Path) -> list[Path]:
    """Make `folder` a course directory; returns the files made, as paths in it.

    Raises:
        QuickstartError: `folder` holds something already, or cannot be written.
        CourseError: this user may not write there, there is no room, or nbgrader could not find it
            by that name; nothing is left behind.
    """
    require_fit(folder)
    origin = course_files()
    require_readable(folder, *origin.glob("source/*/*.ipynb"), origin / CONFIG)
    require_writable(folder)
    was_there = folder.exists()
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
        _take_back(folder, was_there=was_there)
        told = translated(error)
        if told is not None:
            raise told from error
        raise QuickstartError(f"{folder} cannot be made a course directory: {error}") from error
    return [*made, Path("README.md")]


def _take_back(folder: Path, *, was_there: bool) -> None:
    """Remove what was made of a course directory that was empty, or not there, before."""
    with contextlib.suppress(OSError):
        for path in folder.iterdir() if was_there else [folder]:
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink()
