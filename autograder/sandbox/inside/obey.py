"""Carries out an order: becomes a kernel, a zygote, or the rehearsal that fills the cache."""

from __future__ import annotations

import socket

from ..locks import seccomp
from ..orders import Enclosure, KernelOrder, RehearsalOrder, ZygoteOrder, from_json
from . import apart, confinement, rehearsal, zygote

__all__ = ["obey"]


def obey(message: bytes) -> None:
    """Be what an order says, as `orders.to_json` wrote it."""
    order = from_json(message)
    if order.enclosure is not None and order.enclosure.locked is not None:
        apart.begin(order.enclosure.locked)
    match order:
        case ZygoteOrder():
            zygote.serve(order)
        case RehearsalOrder(enclosure, cells):
            _, filters = _settle(enclosure)
            confinement.confine(enclosure, filters)
            confinement.see_packages(enclosure)
            rehearsal.rehearse(cells)
        case KernelOrder(enclosure, serving, report_fd, descriptors):
            left_out, filters = _settle(enclosure)
            channel = socket.socket(fileno=report_fd)
            listening = serving.listening(descriptors)
            confinement.serve(enclosure, serving, filters, channel, listening, left_out)


def _settle(enclosure: Enclosure) -> tuple[list[str], list[bytes]]:
    """Move in; what of the submission was left out, and the filters that are still to be added."""
    if enclosure.locked is not None:
        left_out = apart.settle(enclosure, enclosure.locked.grader, enclosure.submission)
        return left_out, apart.filters()
    return confinement.furnish(enclosure, enclosure.submission), [seccomp.inner_filter()]
