"""When memory is short, the system ends a kernel first, then who bears them, and not the grader.

By oom_score_adj (proc_pid_oom_score_adj(5)), which a process inherits. To raise it needs no right;
to lower it again needs none either, unless root raised it. But a kernel cannot write to it: its
/proc is read-only in namespaces, and by Landlock without.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path

__all__ = ["KERNEL", "ZYGOTE", "be_expendable", "expendable"]

KERNEL, ZYGOTE = 1000, 900

# Bubblewrap takes no such wish, and has forked before anyone outside could write it.
_SCRIPT = 'echo "$0" 2>/dev/null >/proc/self/oom_score_adj; exec "$@"'


def be_expendable(score: int) -> None:
    """Let this process, and what it starts, be ended before those with a lower score."""
    # Without a /proc that can be written to, kernels are ended in the order of their size.
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(str(score))


def expendable(score: int, command: Sequence[str]) -> list[str]:
    """A command that does so, and then is `command`, under the same number."""
    return ["/bin/sh", "-c", _SCRIPT, str(score), *command]
