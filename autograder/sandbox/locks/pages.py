"""Memory in small pages alone: of a large one, what is counted is only the part that is mapped.

Who takes 2 MiB as one page, and gives back all but 4 KiB of it, holds 2 MiB until the system runs
short of memory and looks for such pages. Neither the address space nor what is resident knows.
"""

from __future__ import annotations

import ctypes

__all__ = ["no_huge_pages"]

_PR_SET_THP_DISABLE = 41


def no_huge_pages() -> None:
    """Have the calling process take no huge page from now on, whatever it asks for.

    The inner filter keeps it from being taken back.

    Raises:
        OSError: the system refuses.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_THP_DISABLE, *(ctypes.c_ulong(n) for n in (1, 0, 0, 0))) != 0:
        raise OSError(ctypes.get_errno(), "huge pages cannot be given up")
