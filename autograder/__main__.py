"""Starts the command line, and says what it lacks where only what practice needs is installed."""

from __future__ import annotations

import re
import sys
from importlib import metadata

from .distribution import DISTRIBUTION

__all__ = ["main"]

EXTRA = "marking"


def main() -> None:
    """The `autograder` command."""
    try:
        from .cli import main as command

        command()
    except ModuleNotFoundError as error:
        if all(map(_installed, _asked())):
            raise  # a fault of ours, or of a course's configuration
        sys.exit(
            f"The `autograder` command is for those who mark, and what it needs is not installed "
            f"here ({error}): `pip install '{DISTRIBUTION}[{EXTRA}]'`. "
            "Notebooks and their checks need none of it."
        )


def _asked() -> list[str]:
    """The names of what the extra asks for, by the metadata alone."""
    try:
        requirements = metadata.requires(DISTRIBUTION) or []
    except metadata.PackageNotFoundError:  # a folder on the path, not an installation
        return []
    # Of what reads requirements properly, nothing may be there.
    marked = [r for r in requirements if re.search(rf"extra *== *['\"]{EXTRA}['\"]", r)]
    return [re.split(r"[^\w.-]", r, maxsplit=1)[0] for r in marked]


def _installed(name: str) -> bool:
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True


if __name__ == "__main__":
    main()
