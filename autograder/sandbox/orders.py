"""The orders that cross the wall: what the grader's side asks of a process that begins inside.

Plain data. One is written to the standard input of each new process in a sandbox (`KernelOrder`,
`ZygoteOrder`, `RehearsalOrder`); a zygote gets a `ForkOrder` for each kernel.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

from .limits import Limits

__all__ = [
    "Enclosure",
    "ForkOrder",
    "InScratch",
    "KernelOrder",
    "Locked",
    "Order",
    "RehearsalOrder",
    "Serving",
    "ZygoteOrder",
    "from_json",
    "to_json",
]


@dataclasses.dataclass(frozen=True)
class Locked:
    """What a process must know that shares this machine's namespaces.

    Attributes:
        environment: all its variables; a zygote's children have others than it has itself.
        uid: the user that it becomes, or None.
        score: how soon the system is to end it when memory is short.
        grader: the process that starts it.
    """

    environment: Mapping[str, str]
    uid: int | None
    score: int
    grader: int


class InScratch:
    """What a process finds in the one folder that it may write to, its `scratch`."""

    scratch: str

    @property
    def home(self) -> str:
        """The home directory."""
        return self.scratch + "/home"

    @property
    def work(self) -> str:
        """The working directory, a private copy of the submission's folder."""
        return self.scratch + "/work"

    @property
    def matplotlib(self) -> str:
        """Where matplotlib keeps its own."""
        return self.home + "/matplotlib"


@dataclasses.dataclass(frozen=True)
class Enclosure(InScratch):
    """Where a process lives, and what it sees and uses. Paths are as the process sees them.

    Attributes:
        scratch: the one folder that it may write to; what is in it, `InScratch` says.
        fonts: matplotlib's lists of fonts, which are copied.
        submission: the folder that is copied into `work`, or None.
        readable: what Landlock lets it read.
        writable: what it may write to besides.
        landlock: the version of Landlock, 0 for none.
        import_path: what is added to `sys.path`.
        compiled: whether repeated gradients run compiled.
        limits: what it may use.
        locked: what it needs to be apart from others without namespaces; None within them.
    """

    scratch: str
    fonts: tuple[str, ...]
    submission: str | None
    readable: tuple[str, ...]
    writable: tuple[str, ...]
    landlock: int
    import_path: tuple[str, ...]
    compiled: bool
    limits: Limits
    locked: Locked | None = None


@dataclasses.dataclass(frozen=True)
class Serving:
    """What a kernel serves: its ports by their channels' names, and the key of its messages."""

    ports: Mapping[str, int]
    key: str

    def listening(self, descriptors: tuple[int, ...]) -> dict[int, int]:
        """The sockets that listen, by port, of those that came in the order of their ports."""
        return dict(zip(sorted(self.ports.values()), descriptors, strict=True))


@dataclasses.dataclass(frozen=True)
class KernelOrder:
    """Be a kernel; say over `report_fd` when it is ready."""

    enclosure: Enclosure
    serving: Serving
    report_fd: int
    descriptors: tuple[int, ...]


@dataclasses.dataclass(frozen=True)
class ZygoteOrder:
    """Be a process from which kernels are forked, as is asked for over `control_fd`."""

    enclosure: Enclosure
    control_fd: int


@dataclasses.dataclass(frozen=True)
class RehearsalOrder:
    """Run these cells, or what is common where there are none, for what is compiled on the way."""

    enclosure: Enclosure
    cells: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class ForkOrder:
    """Fork a kernel with these limits, in an enclosure of its own or one like the zygote's."""

    serving: Serving
    limits: Limits
    enclosure: Enclosure | None = None

    def within(self, zygotes: Enclosure) -> Enclosure:
        """Where the kernel lives, if that is its zygote's enclosure."""
        return dataclasses.replace(self.enclosure or zygotes, limits=self.limits)


Order = KernelOrder | ZygoteOrder | RehearsalOrder | ForkOrder
_KINDS: dict[str, type[Any]] = {
    kind.__name__: kind for kind in (KernelOrder, ZygoteOrder, RehearsalOrder, ForkOrder)
}


def to_json(order: Order) -> bytes:
    """An order as it is sent."""
    return json.dumps({"kind": type(order).__name__, **dataclasses.asdict(order)}).encode()


def from_json(message: bytes) -> Order:
    """The order that `to_json` wrote.

    Raises:
        ValueError, LookupError, TypeError: it is none.
    """
    told = json.loads(message)
    kind = _KINDS[told.pop("kind")]
    if told.get("enclosure") is not None:
        told["enclosure"] = _enclosure(told["enclosure"])
    if "serving" in told:
        told["serving"] = Serving(**told["serving"])
    if "limits" in told:
        told["limits"] = Limits.from_dict(told["limits"])
    order: Order = kind(**{name: _frozen(value) for name, value in told.items()})
    return order


def _enclosure(told: dict[str, Any]) -> Enclosure:
    told["limits"] = Limits.from_dict(told["limits"])
    if told["locked"] is not None:
        told["locked"] = Locked(**told["locked"])
    return Enclosure(**{name: _frozen(value) for name, value in told.items()})


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
