"""Runs a command, and says which of its descendants outlived it, in a line of JSON at the end.

`python alone.py COMMAND...`. A process of its own, since whoever is to inherit orphans inherits
those of all its children, and several courses are marked at once.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import subprocess
import sys
import time
from pathlib import Path

_PR_SET_CHILD_SUBREAPER = 36
_DYING_SECONDS = 2.0  # what was killed with its parent is gone by then


def _orphans() -> list[str]:
    """Command lines of the living processes whose parent is this one."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            fields = (folder / "stat").read_text(errors="replace").rpartition(")")[2].split()
            if fields[0] != "Z" and int(fields[1]) == os.getpid():
                line = (folder / "cmdline").read_bytes().replace(b"\0", b" ")
                found.append(line.decode(errors="replace")[:200])
    return found


def main() -> int:
    """Run the command; its exit status is ours."""
    if ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError("orphans cannot be inherited")
    status = subprocess.run(sys.argv[1:], check=False).returncode
    deadline = time.monotonic() + _DYING_SECONDS
    while (found := _orphans()) and time.monotonic() < deadline:
        time.sleep(0.05)
    sys.stdout.write("\n" + json.dumps(found) + "\n")
    return status


if __name__ == "__main__":
    sys.exit(main())
