"""The demonstration: a sample class, marked through nbgrader from release to feedback."""

from __future__ import annotations

from .classroom import Classroom, DemoError
from .students import SampleStudent, load_students

__all__ = ["Classroom", "DemoError", "SampleStudent", "load_students"]
