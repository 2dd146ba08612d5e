"""Where the formgrader looks for a course when Jupyter is not started in it, as on a hub."""

from __future__ import annotations

from pathlib import Path

from jupyter_core.paths import jupyter_config_dir

from ..errors import QuickstartError

__all__ = ["config_file", "lines", "name_course"]


def config_file() -> Path:
    """Where nbgrader has its configuration for this user, wherever Jupyter is started."""
    return Path(jupyter_config_dir()) / "nbgrader_config.py"


def lines(course: Path) -> str:
    """What names a course there."""
    return f"c = get_config()\nc.CourseDirectory.root = {str(course.resolve())!r}\n"


def name_course(course: Path) -> Path:
    """Name the course in this user's configuration; returns the file.

    Raises:
        QuickstartError: there is one already, and it is left alone; or it cannot be written.
    """
    file = config_file()
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with file.open("x", encoding="utf-8") as new:
            new.write(lines(course))
    except FileExistsError as error:
        last = lines(course).splitlines()[-1]
        raise QuickstartError(
            f"{course} is made, but {file} is there already and was left alone: for the formgrader "
            f"to find the course, put this line into it: {last}"
        ) from error
    except OSError as error:
        raise QuickstartError(f"{course} is made, but {file} cannot be written: {error}") from error
    return file
