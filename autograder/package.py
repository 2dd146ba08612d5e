"""The name under which this package is installed, which need not be that of its import."""

from __future__ import annotations

__all__ = ["DISTRIBUTION", "extra"]

DISTRIBUTION = "autograder"


def extra(name: str) -> str:
    """What to install to have one of its extras."""
    return f"{DISTRIBUTION}[{name}]"
