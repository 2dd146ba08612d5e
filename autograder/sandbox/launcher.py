"""The first Python in a sandbox: becomes the kernel, or the zygote from which kernels are forked.

Run as a file, `python -P -s launcher.py`, with its configuration on standard input. Its siblings
are imported from a package made here and not as `autograder.sandbox.…`, because that would import
whatever the front door of `autograder` needs (JAX, say), and with it threads and time.
"""

from __future__ import annotations

import json
import socket
import sys
import types
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autograder.sandbox import apart, confinement, rehearsal, seccomp, zygote
else:
    package = types.ModuleType("_sandbox")
    package.__path__ = [str(Path(__file__).parent)]
    sys.modules["_sandbox"] = package
    from _sandbox import apart, confinement, rehearsal, seccomp, zygote


def main() -> None:
    """Read the configuration and be what it says."""
    config = json.loads(sys.stdin.buffer.read())
    if config.get("locked"):
        apart.begin(config)
    if "control_fd" in config:
        zygote.serve(config)
        return
    left_out, filters = _settle(config)
    if "rehearse" in config:
        confinement.confine(config, filters)
        confinement.see_packages(config)
        rehearsal.rehearse(config["rehearse"])
        return
    channel = socket.socket(fileno=config["report_fd"])
    descriptors = {int(port): fd for port, fd in config["descriptors"].items()}
    confinement.serve(config, filters, channel, descriptors, left_out)


def _settle(config: dict[str, Any]) -> tuple[list[str], list[bytes]]:
    """Move in; what of the submission was left out, and the filters that are still to be added."""
    if config.get("locked"):
        return apart.settle(config, config["grader"], config["submission"]), apart.filters()
    return confinement.furnish(config, config["submission"]), [seccomp.inner_filter()]


if __name__ == "__main__":
    main()
