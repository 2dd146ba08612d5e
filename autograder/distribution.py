"""The name under which pip knows this package: `autograder` on PyPI is somebody else's."""

from __future__ import annotations

__all__ = ["COURSE", "DISTRIBUTION"]

DISTRIBUTION = "gradient-descent-autograder"

COURSE = "gradient-descent-autograder-course"
"""What instructors install: this package with its extra `marking`, and the source notebooks."""
