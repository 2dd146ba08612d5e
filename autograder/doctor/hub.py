"""A server on a JupyterHub: a student's, or a grader's whose formgrader finds the course."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from .findings import Finding, fine, warning

__all__ = ["configured_course", "grader", "on_a_hub", "student"]


def on_a_hub() -> bool:
    """Whether a hub has started this server."""
    return bool(os.environ.get("JUPYTERHUB_USER"))


def configured_course() -> Path | None:
    """The course that nbgrader is configured for wherever it is started, as the formgrader is."""
    from jupyter_core.paths import jupyter_config_path
    from nbgrader.apps.baseapp import NbGrader
    from traitlets.config import Application

    app = NbGrader(log_level="CRITICAL")
    # Not its own way to its files, which begins with the folder one is in.
    Application.load_config_file(app, "nbgrader_config", path=jupyter_config_path())
    root = app.config.CourseDirectory.get("root")
    return Path(str(root)) if root else None


def student(
    config_path: Sequence[str] | None = None, solutions: Path | None = None
) -> Iterator[Finding]:
    """Whether a server without a course shows what is for instructors.

    Args:
        config_path: folders of Jupyter's configuration; by default its own.
        solutions: where the environment has source notebooks, or None.
    """
    from .jupyter import INSTRUCTORS, LAB, PANELS, panels_off, server_extensions

    enabled, off = server_extensions(config_path), panels_off(config_path)
    on = [f"nbgrader.server_extensions.{name}" for name in INSTRUCTORS if name in enabled]
    panels = [f"{LAB}:{panel}" for panel in PANELS if not off & {LAB, f"{LAB}:{panel}"}]
    cures = []
    if on:
        cures.append(f"`jupyter server extension disable --sys-prefix {' '.join(on)}`")
    if panels:
        cures.append(f"`jupyter labextension disable --level=sys_prefix {' '.join(panels)}`")
    otherwise = "if it is a grader's, make a course: `autograder quickstart DIR --formgrader`"
    if cures:
        yield warning(
            "hub",
            "this server has no course, and nbgrader's panels for instructors are on",
            f"if it is a student's, {' and '.join(cures)}; {otherwise}",
        )
    else:
        yield fine("hub", "a student's server: nbgrader's panels for instructors are off")
    if solutions is not None:
        yield warning(
            "solutions",
            f"this server has no course, and {solutions} in its environment has the solutions",
            f"if it is a student's, give students an environment without them; {otherwise}",
        )


def grader(course: Path, configured: Path | None) -> Iterator[Finding]:
    """Whether the formgrader, which a hub starts at home, finds the course.

    Args:
        course: the course directory.
        configured: the course that nbgrader is configured for there.
    """
    from ..nbgrader.formgrader import config_file, lines

    if configured is not None and configured.resolve() == course.resolve():
        yield fine("hub", f"the formgrader finds the course by {config_file()}")
        return
    which = f"looks in {configured}" if configured else "looks for a course where the server starts"
    yield warning(
        "hub",
        f"the formgrader {which}, and not in {course}",
        f"write into {config_file()}: {'; '.join(lines(course).splitlines())}; then stop the "
        "server and start it again",
    )
