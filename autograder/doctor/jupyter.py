"""Whether JupyterLab shows nbgrader's panels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from .findings import Finding, fine, warning

__all__ = ["extensions"]

_SERVER = ("formgrader", "assignment_list", "validate_assignment", "course_list")
_LAB = "@jupyter/nbgrader"


def extensions(
    config_path: Sequence[str] | None = None, data_path: Sequence[str] | None = None
) -> Iterator[Finding]:
    """Whether nbgrader's extensions of the server and of JupyterLab are enabled.

    Args:
        config_path: folders of configuration, the first counting most; by default Jupyter's own.
        data_path: folders of data; by default Jupyter's own.
    """
    from jupyter_core.paths import jupyter_config_path, jupyter_path
    from jupyter_server.services.config import ConfigManager

    config_path = jupyter_config_path() if config_path is None else config_path
    data_path = jupyter_path() if data_path is None else data_path
    manager: Any = ConfigManager(read_config_path=list(config_path))
    server = manager.get("jupyter_server_config").get("ServerApp", {})
    enabled = server.get("jpserver_extensions", {})
    missing = [n for n in _SERVER if not enabled.get(f"nbgrader.server_extensions.{n}")]
    if missing:
        yield warning(
            "Jupyter server",
            f"nbgrader's {', '.join(missing)} not enabled: JupyterLab's panels stay empty",
            "`jupyter server extension enable --sys-prefix --py nbgrader`",
        )
    else:
        yield fine("Jupyter server", "nbgrader's extensions are enabled")

    manager = ConfigManager(read_config_path=[str(Path(p, "labconfig")) for p in config_path])
    disabled = manager.get("page_config").get("disabledExtensions", {})
    # JupyterLab writes true beside what is disabled; older ones wrote a list.
    names = disabled if isinstance(disabled, list) else [n for n, off in disabled.items() if off]
    if not any(Path(p, "labextensions", _LAB).is_dir() for p in data_path):
        yield warning(
            "JupyterLab",
            f"the extension {_LAB} is not installed: there are no panels of nbgrader",
            "install nbgrader anew in the environment that JupyterLab runs in",
        )
    elif any(name.split(":")[0] == _LAB for name in names):
        cure = f"`jupyter labextension enable {_LAB}`"
        yield warning("JupyterLab", f"the extension {_LAB} is disabled", cure)
    else:
        yield fine("JupyterLab", "nbgrader's panels are there")
