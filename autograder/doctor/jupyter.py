"""Whether JupyterLab shows nbgrader's panels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from .findings import Finding, fine, warning

__all__ = ["extensions", "panels_off", "server_extensions"]

STUDENTS = ("assignment_list", "validate_assignment")
INSTRUCTORS = ("formgrader", "course_list")
"""nbgrader's extensions of the server: everybody's, and those of instructors."""
PANELS = ("formgrader", "course-list", "create-assignment")
"""nbgrader's panels in JupyterLab that are for instructors."""
LAB = "@jupyter/nbgrader"


def extensions(
    config_path: Sequence[str] | None = None,
    data_path: Sequence[str] | None = None,
    *,
    student: bool = False,
) -> Iterator[Finding]:
    """Whether nbgrader's extensions of the server and of JupyterLab are enabled.

    Args:
        config_path: folders of configuration, the first counting most; by default Jupyter's own.
        data_path: folders of data; by default Jupyter's own.
        student: whether those for instructors need not be.
    """
    from jupyter_core.paths import jupyter_path

    data_path = jupyter_path() if data_path is None else data_path
    enabled = server_extensions(config_path)
    missing = [n for n in (*STUDENTS, *(() if student else INSTRUCTORS)) if n not in enabled]
    if missing:
        yield warning(
            "Jupyter server",
            f"nbgrader's {', '.join(missing)} not enabled: JupyterLab's panels stay empty",
            "`jupyter server extension enable --sys-prefix --py nbgrader`",
        )
    else:
        yield fine("Jupyter server", "nbgrader's extensions are enabled")

    off = panels_off(config_path)
    if student:
        off -= {f"{LAB}:{panel}" for panel in PANELS}
    if not any(Path(p, "labextensions", LAB).is_dir() for p in data_path):
        yield warning(
            "JupyterLab",
            f"the extension {LAB} is not installed: there are no panels of nbgrader",
            "install nbgrader anew in the environment that JupyterLab runs in",
        )
    elif off:
        says = f"the extension {', '.join(sorted(off))} is disabled"
        cure = " && ".join(f"jupyter labextension enable {name}" for name in sorted(off))
        yield warning("JupyterLab", says, f"`{cure}`")
    else:
        yield fine("JupyterLab", "nbgrader's panels are there")


def server_extensions(config_path: Sequence[str] | None = None) -> set[str]:
    """Which of nbgrader's extensions of the server are enabled, by their last names."""
    server = _configured("jupyter_server_config", config_path).get("ServerApp", {})
    enabled = server.get("jpserver_extensions", {})
    return {n for n in (*STUDENTS, *INSTRUCTORS) if enabled.get(f"nbgrader.server_extensions.{n}")}


def panels_off(config_path: Sequence[str] | None = None) -> set[str]:
    """Which of nbgrader's extensions of JupyterLab are disabled: all of it, or a panel."""
    disabled = _configured("page_config", config_path, "labconfig").get("disabledExtensions", {})
    # JupyterLab writes true beside what is disabled; older ones wrote a list.
    names = disabled if isinstance(disabled, list) else [n for n, off in disabled.items() if off]
    return {name for name in names if name.split(":")[0] == LAB}


def _configured(section: str, config_path: Sequence[str] | None, folder: str = "") -> Any:
    from jupyter_core.paths import jupyter_config_path
    from jupyter_server.services.config import ConfigManager

    config_path = jupyter_config_path() if config_path is None else config_path
    manager: Any = ConfigManager(read_config_path=[str(Path(p, folder)) for p in config_path])
    return manager.get(section)
