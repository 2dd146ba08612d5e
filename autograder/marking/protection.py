"""Whether submissions can be run in a sandbox, where they have to be."""

from __future__ import annotations

from ..errors import MarkingError

__all__ = ["UNSANDBOXED_HELP", "require_sandbox"]

UNSANDBOXED_HELP = "Run submissions with all your rights."
_WITHOUT = (
    "To mark without a sandbox, where submissions can read whatever you can: `--unsandboxed` for "
    "`autograder grade` and `autograder demo`, `--Examine.sandboxed=False` for `nbgrader "
    "autograde`."
)


def require_sandbox(*, sandboxed: bool = True) -> None:
    """Raise MarkingError, with the cure, where there has to be a sandbox and is none.

    Args:
        sandboxed: whether there has to be one.
    """
    if not sandboxed:
        return
    # Not before: Windows has no sandbox to import, but it can mark without one.
    from ..sandbox import SandboxUnavailable, require

    try:
        require()
    except SandboxUnavailable as exc:
        raise MarkingError(f"{exc} {_WITHOUT}") from exc
