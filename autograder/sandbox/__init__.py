"""How a student's code runs: one kernel, alone in a sandbox, within limits.

This room knows nothing of checks, answers or marks. `SandboxKernelManager` is what a notebook
client needs; `require` says whether this machine can; `Limits` says how much a kernel may use.
Not for a student's session: it is never imported by `import autograder`.
"""

from __future__ import annotations

from autograder.sandbox.abilities import Abilities, probe, require
from autograder.sandbox.client import SandboxClient, SandboxKernelManager, limited_context
from autograder.sandbox.errors import SandboxError, SandboxStartError, SandboxUnavailable
from autograder.sandbox.limits import Limits
from autograder.sandbox.provisioner import SandboxProvisioner
from autograder.sandbox.watchdog import Breach

__all__ = [
    "Abilities",
    "Breach",
    "Limits",
    "SandboxClient",
    "SandboxError",
    "SandboxKernelManager",
    "SandboxProvisioner",
    "SandboxStartError",
    "SandboxUnavailable",
    "limited_context",
    "probe",
    "require",
]
