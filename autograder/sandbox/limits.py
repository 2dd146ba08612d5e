"""How much of the machine one submission may use."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping

__all__ = ["Limits"]

MIB = 1 << 20


@dataclasses.dataclass(frozen=True)
class Limits:
    """What one kernel may take; every number is a ceiling for the kernel's whole life.

    The defaults are several times what the assignments need: a notebook with JAX and figures
    reserves 1.7 GB of address space (0.25 GB resident), runs 26 threads on two cores and takes
    a few seconds of CPU once its gradients are compiled.

    Raises:
        ValueError: if a number is not a positive integer.
    """

    memory: int = 4096 * MIB
    """Address space in bytes, besides the thread stacks that more cores bring (`RLIMIT_AS`)."""
    resident: int = 1400 * MIB
    """Memory in bytes that it has really taken (the watchdog)."""
    cpu_seconds: int = 300
    """CPU time of all threads together (the watchdog); wall time is the caller's to limit."""
    threads: int = 64
    """Threads, besides eight a core for XLA's pools (`RLIMIT_NPROC`, and the watchdog)."""
    open_files: int = 256
    """File descriptors (`RLIMIT_NOFILE`)."""
    file_bytes: int = 16 * MIB
    """Size of one file (`RLIMIT_FSIZE`)."""
    scratch_bytes: int = 128 * MIB
    """All files together: the size of the one writable file system."""
    scratch_entries: int = 4096
    """Files, directories and links together (the watchdog)."""
    message_bytes: int = 16 * MIB
    """One message from the kernel; a longer one is not received (`ZMQ_MAXMSGSIZE`), and ends it."""
    output_bytes: int = 64 * MIB
    """All messages from the kernel together (the relay)."""

    def __post_init__(self) -> None:
        for name, value in dataclasses.asdict(self).items():
            if type(value) is not int or value <= 0:
                raise ValueError(f"Limits.{name} must be a positive integer, not {value!r}")

    @classmethod
    def from_dict(cls, values: Mapping[str, int]) -> Limits:
        """The limits that a dict names; those left out keep their defaults.

        Raises:
            ValueError: for a name that is no limit, or a number that cannot be one.
        """
        unknown = sorted(set(values) - {field.name for field in dataclasses.fields(cls)})
        if unknown:
            raise ValueError(f"unknown limit: {', '.join(unknown)}")
        return cls(**values)

    def thread_limit(self) -> int:
        """The number of threads allowed on this machine: XLA sizes its pools by the cores."""
        return self.threads + 8 * (os.cpu_count() or 1)

    def address_space(self) -> int:
        """The address space allowed on this machine, in bytes: eight stacks of 8 MiB a core."""
        return self.memory + 64 * MIB * (os.cpu_count() or 1)

    def enforce(self, *, alone: bool = True) -> None:
        """Bind the calling process to these limits for good (POSIX only).

        Args:
            alone: whether no other process has its user. The number of threads is counted by
                user: else a neighbour's would count, and the grader's own.

        Raises:
            OSError, ValueError: if the kernel refuses one of them.
        """
        import resource  # absent on Windows, where this class is still importable

        ceilings = {
            resource.RLIMIT_AS: self.address_space(),
            resource.RLIMIT_NPROC: self.thread_limit(),
            resource.RLIMIT_NOFILE: self.open_files,
            resource.RLIMIT_FSIZE: self.file_bytes,
            # The watchdog's to enforce, who says so; this is for when it does not come to look.
            resource.RLIMIT_CPU: self.cpu_seconds + 5,
            # No core file, as with 0; and with 1, unlike 0, no program that /proc/sys/kernel/
            # core_pattern names is started for a kernel that crashes (fs/coredump.c).
            resource.RLIMIT_CORE: 1,
            # Nothing below is needed by a notebook, and each can be used to hold kernel memory.
            resource.RLIMIT_MEMLOCK: 0,
            resource.RLIMIT_MSGQUEUE: 0,
            resource.RLIMIT_RTPRIO: 0,
            resource.RLIMIT_SIGPENDING: 256,
        }
        if not alone:
            del ceilings[resource.RLIMIT_NPROC]
        for kind, ceiling in ceilings.items():
            hard = resource.getrlimit(kind)[1]
            if hard != resource.RLIM_INFINITY:
                ceiling = min(ceiling, hard)  # a host's own, lower limit cannot be raised
            resource.setrlimit(kind, (ceiling, ceiling))
