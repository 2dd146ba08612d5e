"""The two environments of a hub, with the software as its users install it.

The folder of the tests may lie where no other user gets to, and so may the Python that runs them.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from autograder.distribution import COURSE, DISTRIBUTION

__all__ = ["FOR_GRADERS", "FOR_STUDENTS", "SYSTEM_PYTHON", "build_wheels", "install"]

SYSTEM_PYTHON = "/usr/bin/python3"  # one that every user may run
FOR_STUDENTS = f"{DISTRIBUTION}[classroom]"
FOR_GRADERS = COURSE


def build_wheels(repository: Path, folder: Path) -> Path:
    """What is handed out, in a folder: the students' package and the instructors'."""
    line = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder)]
    for project in (repository, repository / "course"):
        _run([*line, str(project)])
    return folder


def install(folder: Path, wheels: Path, lock: Path, package: str) -> None:
    """Make an environment in `folder`, with the versions of the lock.

    Args:
        folder: where.
        wheels: the folder of what was built.
        lock: holds the versions.
        package: what to install into it, beside JupyterHub.
    """
    uv = Path(sys.executable).with_name("uv")
    python = folder / "bin" / "python"
    _run([uv, "venv", "--quiet", "--no-config", f"--python={SYSTEM_PYTHON}", folder])
    # Copies: what is linked to uv's cache would change there when a panel is switched off here.
    options = ["--quiet", "--link-mode=copy", f"--python={python}", f"--constraint={lock}"]
    # Compiled, since those who will import it may not write there.
    options.append("--compile-bytecode")
    _run([uv, "pip", "install", *options, f"--find-links={wheels}", package, "jupyterhub"])


def _run(line: Sequence[str | Path]) -> None:
    done = subprocess.run(list(map(str, line)), check=False, capture_output=True, text=True)
    assert done.returncode == 0, f"{' '.join(map(str, line))}:\n{done.stderr[-3000:]}"
