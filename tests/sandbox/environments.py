"""Python installations of one's own, wherever one likes: light, for they share their packages."""

from __future__ import annotations

import shutil
import site
import venv
from collections.abc import Callable
from pathlib import Path

import autograder

__all__ = ["Installation"]

_PACKAGE = Path(autograder.__file__).parent


class Installation:
    """A virtual environment, and a copy of this package beside it as of an editable installation.

    Args:
        root: an empty folder.
        edit: changes the copy, before anything of it is imported.
    """

    def __init__(self, root: Path, edit: Callable[[Path], None] | None = None) -> None:
        self.project = root / "project"
        self.package = self.project / "autograder"
        shutil.copytree(_PACKAGE, self.package)
        if edit is not None:
            edit(self.package)
        # In the project, as `make setup` has it.
        self.environment = self.project / ".venv"
        venv.create(self.environment, symlinks=True, with_pip=False)
        self.python = self.environment / "bin" / "python"
        (packages,) = self.environment.glob("lib/python*/site-packages")
        shared = [str(self.project), *site.getsitepackages()]
        (packages / "shared.pth").write_text("\n".join(shared) + "\n", encoding="utf-8")
