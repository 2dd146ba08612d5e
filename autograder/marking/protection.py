"""How submissions are kept from this machine, and whether they can be where they have to be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import MarkingError
from ..isolation import Isolation

if TYPE_CHECKING:
    from ..sandbox.outside.abilities import Namespaces

__all__ = ["UNSANDBOXED_HELP", "isolation"]

UNSANDBOXED_HELP = "Run submissions with all your rights."
_WITHOUT = (
    "To mark without a sandbox, where submissions can read whatever you can: `--unsandboxed` for "
    "`autograder grade` and `autograder demo`, `--Examine.sandboxed=False` for `nbgrader "
    "autograde`."
)


def isolation(*, sandboxed: bool = True, namespaces: Namespaces = "prefer") -> Isolation:
    """How submissions are kept from this machine.

    Args:
        sandboxed: whether they have to be.
        namespaces: whether by namespaces of their own.

    Raises:
        MarkingError: not as they have to be; with the cure.
    """
    if not sandboxed:
        return Isolation.UNSANDBOXED
    # Not before: Windows has no sandbox to import, but it can mark without one.
    from ..sandbox import SandboxUnavailable, require

    try:
        return require(namespaces).isolation(namespaces)
    except SandboxUnavailable as exc:
        raise MarkingError(f"{exc} {_WITHOUT}") from exc
