"""The two environments of a hub, with the software as its users install it.

The folder of the tests may lie where no other user gets to, and so may the Python that runs them.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from autograder.quickstart import SHARED

__all__ = ["SYSTEM_PYTHON", "build_wheels", "install"]

SYSTEM_PYTHON = "/usr/bin/python3"  # one that every user may run


def build_wheels(repository: Path, folder: Path) -> list[Path]:
    """The package as it is handed out."""
    line = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder)]
    subprocess.run([*line, str(repository)], check=True, capture_output=True)
    return sorted(folder.glob("*.whl"))


def install(folder: Path, wheels: Sequence[Path], lock: Path, *, solutions: bool) -> None:
    """Make an environment in `folder`, with the versions of the lock.

    Args:
        folder: where.
        wheels: what to install into it, beside JupyterHub.
        lock: holds the versions.
        solutions: whether the course's files come along, with their solutions.
    """
    uv = Path(sys.executable).with_name("uv")
    python = folder / "bin" / "python"
    _run([uv, "venv", "--quiet", "--no-config", f"--python={SYSTEM_PYTHON}", folder])
    # Copies: what is linked to uv's cache would change there when a panel is switched off here.
    options = ["--quiet", "--link-mode=copy", f"--python={python}", f"--constraint={lock}"]
    _run([uv, "pip", "install", *options, *wheels, "jupyterhub"])
    if not solutions:
        shutil.rmtree(folder / SHARED)


def _run(line: Sequence[str | Path]) -> None:
    done = subprocess.run(list(map(str, line)), check=False, capture_output=True, text=True)
    assert done.returncode == 0, f"{' '.join(map(str, line))}:\n{done.stderr[-3000:]}"
