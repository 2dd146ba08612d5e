"""The name under which pip knows this package: `autograder` on PyPI is somebody else's."""

from __future__ import annotations

__all__ = ["COURSE", "DISTRIBUTION", "extra"]

DISTRIBUTION = "gradient-descent-autograder"

COURSE = "gradient-descent-autograder-course"
"""What instructors install: this package with its extra `marking`, and the source notebooks."""


def extra(name: str) -> str:
    """What to install to have one of its extras."""
    return f"{DISTRIBUTION}[{name}]"
