"""Which names of folders in `submitted/` are students' ids."""

from __future__ import annotations

__all__ = ["CURE", "why_refused"]

_MAX_BYTES = 200
"""Of 255 that a file name may have; what is written down of a student has a little more around."""
CURE = "Nothing is lost: rename the folder in submitted/ to the student's id, and mark again."


def why_refused(student: str) -> str:
    """Why a submission cannot be marked under this id, or ""."""
    try:
        size = len(student.encode())
    except UnicodeEncodeError:
        return "The name of its folder is no UTF-8."
    if size > _MAX_BYTES:
        return f"The name of its folder has {size} bytes, more than {_MAX_BYTES}."
    if not student.isprintable():
        return "In the name of its folder there are characters that cannot be printed."
    return ""
