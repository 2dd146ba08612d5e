"""What is made once, outside, from trusted code, so that no kernel has to: matplotlib's fonts.

At its first import on a machine matplotlib searches it for fonts, which takes seconds, and keeps
the list. A sandbox is always a new machine.
"""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

__all__ = ["font_lists"]

_SEARCH_SECONDS = 120


def font_lists() -> list[Path]:
    """The font lists for this matplotlib, made now if there are none yet.

    Empty when there is no matplotlib or its fonts cannot be listed: then kernels are slower,
    not wrong.
    """
    try:
        version = importlib.metadata.version("matplotlib")
    except importlib.metadata.PackageNotFoundError:
        return []
    directory = _cache_root() / f"matplotlib-{version}-python{sys.version_info[1]}"
    if not directory.is_dir():
        _search(directory)
    return sorted(directory.glob("fontlist-*.json"))


def _cache_root() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return Path(base) / "autograder"


def _search(directory: Path) -> None:
    """Let matplotlib search, and move its list into place in one step.

    With another HOME, so that no font of the grader's own, which a sandbox cannot see, is listed.
    """
    try:
        directory.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=directory.parent) as temporary:
            made = Path(temporary) / "made"
            made.mkdir()
            subprocess.run(
                [sys.executable, "-P", "-s", "-c", "import matplotlib.font_manager"],
                env={"PATH": "/usr/bin:/bin", "HOME": temporary, "MPLCONFIGDIR": str(made)},
                cwd=temporary,
                check=True,
                capture_output=True,
                timeout=_SEARCH_SECONDS,
            )
            if not list(made.glob("fontlist-*.json")):
                return
            shutil.rmtree(directory, ignore_errors=True)
            made.rename(directory)
    except (OSError, subprocess.SubprocessError):
        return  # no cache directory, a race with another grader: not worth a failure
