"""Someone at a terminal, with a home folder and the course's configuration, and nothing of ours."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from autograder.cache import cache_root

__all__ = ["Person"]


@dataclass(frozen=True)
class Person:
    """Someone at a terminal.

    Attributes:
        home: where they work.
        course: the course directory, whose configuration an administrator has put in place for all.
        patience: seconds that a command may take.
    """

    home: Path
    course: Path
    patience: int = 600

    @property
    def environment(self) -> dict[str, str]:
        bare = {k: v for k, v in os.environ.items() if not k.startswith(("JUPYTER", "IPYTHON"))}
        return {
            **bare,
            "HOME": str(self.home),
            # What takes a minute the first time on a machine is no concern of a person's test.
            "XDG_CACHE_HOME": str(cache_root().parent),
            "JUPYTER_CONFIG_DIR": str(self.home / ".jupyter"),
            "JUPYTER_DATA_DIR": str(self.home / ".local/share/jupyter"),
            "JUPYTER_RUNTIME_DIR": str(self.home / ".local/share/jupyter/runtime"),
            "JUPYTER_CONFIG_PATH": str(self.course),
        }

    def nbgrader(self, *command: str) -> str:
        """Type a nbgrader command at home; returns what it says, fails where it fails."""
        return self._run([sys.executable, "-m", "nbgrader", *command])

    def type(self, line: str) -> str:
        """Type a line in a shell at home, with this environment activated as the guides say."""
        activate = Path(sys.prefix) / "bin" / "activate"
        return self._run(["bash", "-c", f'source "{activate}" && {line}'])

    def _run(self, command: list[str]) -> str:
        done = subprocess.run(
            command,
            cwd=self.home,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=self.patience,
        )
        said = done.stdout + done.stderr
        assert done.returncode == 0, f"{' '.join(command)}:\n{said}"
        return said
