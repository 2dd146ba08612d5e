"""How a student's code runs: one kernel, alone in a sandbox, within limits.

This room knows nothing of checks, answers or marks. Its wall is in the tree: `outside` is the
grader's side, `inside` is what runs in the sandbox, `locks` is what keeps it there, and only
`orders` cross. `SandboxKernelManager` is what a notebook client needs; `require` says whether this
machine can; `Limits` says how much a kernel may use. Not for a student's session: it is never
imported by `import autograder`.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .errors import SandboxError, SandboxStartError, SandboxUnavailable
    from .limits import Limits
    from .outside.abilities import Abilities, probe, require
    from .outside.client import SandboxClient, SandboxKernelManager, limited_context
    from .outside.provisioner import SandboxProvisioner
    from .outside.watchdog import Breach

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

_HOMES = {
    "errors": ("SandboxError", "SandboxStartError", "SandboxUnavailable"),
    "limits": ("Limits",),
    "outside.abilities": ("Abilities", "probe", "require"),
    "outside.client": ("SandboxClient", "SandboxKernelManager", "limited_context"),
    "outside.provisioner": ("SandboxProvisioner",),
    "outside.watchdog": ("Breach",),
}


def __getattr__(name: str) -> Any:
    """Load what is asked for: what runs inside asks for none of it, and must not have it."""
    for module, names in _HOMES.items():
        if name in names:
            return getattr(importlib.import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
