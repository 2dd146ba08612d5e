"""nbclient, but strict: what a kernel sends can neither raise out of a run nor outgrow it.

What of nbclient is not public is borrowed here alone; nor are these methods documented as places to
do otherwise.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionComplete

from .budget import Budget, Weight, sparing, weigh
from .magics import tolerant
from .outputs import lighten

__all__ = ["MAX_MESSAGES", "Client"]

BORROWED = {
    "nbclient:NotebookClient.async_start_new_kernel": (),
    "nbclient:NotebookClient.async_start_new_kernel_client": (),
    "nbclient:NotebookClient.async_execute_cell": ("cell", "cell_index", "store_history"),
    "nbclient:NotebookClient.reset_execution_trackers": (),
    "nbclient:NotebookClient.process_message": ("msg", "cell", "cell_index"),
    "nbclient:NotebookClient.output": ("outs", "msg", "display_id", "cell_index"),
    "nbclient:NotebookClient.clear_display_id_mapping": ("cell_index",),
    "nbclient:NotebookClient.clear_before_next_output": (),
    "nbclient:NotebookClient._update_display_id": ("display_id", "msg"),
    "nbclient:NotebookClient._display_id_map": (),
    "nbclient:NotebookClient._async_handle_timeout": ("timeout", "cell"),
    "nbclient:NotebookClient._async_check_alive": (),
    "nbclient.client:NotebookClient.kc": (),
    "jupyter_client.session:Session.unpack": (),
}
"""From where a name stands to the parameters with which it is called."""

MAX_MESSAGES = 5000  # of one cell; each may make work that grows with those before it


class Client(NotebookClient):
    """Runs cells; keeps of what they send what the notebook has room for.

    Attributes:
        heard: messages of the cell that is running.
        cut: whether something that this cell sent was left out for want of room.
        budget: what the notebook's outputs hold.
        left: seconds that the cell which is running still has, once it met its limit.
    """

    heard = 0
    cut = False
    left: Callable[[], float] = staticmethod(lambda: 0.0)

    def __init__(self, *args: Any, budget: Budget, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.budget = budget

    async def async_start_new_kernel_client(self, **kwargs: Any) -> Any:
        """Connect to the kernel."""
        client = await super().async_start_new_kernel_client(**kwargs)
        client.session.unpack = sparing(client.session.unpack)
        plainly = client.execute
        vars(client)["execute"] = lambda code, **options: plainly(tolerant(code), **options)
        return client

    async def _async_handle_timeout(self, timeout: int, cell: Any = None) -> Any:
        """Stop a cell, once it has had what others took of its time."""
        while (left := self.left()) > 0:
            await self._async_check_alive()
            assert self.kc is not None
            if await self.kc.shell_channel.socket.poll(1000 * min(left, 1.0)):
                return None  # and the answer is taken in
        return await super()._async_handle_timeout(timeout, cell)

    def process_message(self, msg: Any, cell: Any, cell_index: int) -> Any:
        """Take in one message."""
        self.heard += 1
        kind = msg.get("msg_type")
        if self.heard > MAX_MESSAGES and kind != "status":
            return None
        if str(kind).startswith("comm"):
            # Widgets are shown nowhere; nbclient would keep what an Output widget catches.
            return None
        try:
            lighten(msg["content"])
            return super().process_message(msg, cell, cell_index)
        except CellExecutionComplete:
            raise
        except Exception:  # noqa: BLE001 - a forged message with missing fields says nothing
            return None

    def output(self, outs: list[Any], msg: Any, display_id: str | None, cell_index: int) -> Any:
        """Add an output, if there is room for it."""
        if self.clear_before_next_output:
            # As nbclient does next; the account has to know before.
            outs[:] = []
            self.clear_display_id_mapping(cell_index)
            self.clear_before_next_output = False
        if not self._fits(msg, (cell_index, len(outs))):
            return None
        return super().output(outs, msg, display_id, cell_index)

    def clear_display_id_mapping(self, cell_index: int) -> None:
        """Forget a cell's displays: nbclient does so wherever it clears a cell's outputs."""
        self.budget.forget(cell_index)
        super().clear_display_id_mapping(cell_index)

    def _update_display_id(self, display_id: str, msg: Any) -> None:
        """Change a display, wherever it is; each of the places is counted."""
        found = self._display_id_map.get(display_id, {})
        places = [(cell, place) for cell, places in found.items() for place in places]
        if not places or self._fits(msg, *places):
            super()._update_display_id(display_id, msg)

    def _fits(self, msg: Any, *places: tuple[int, int]) -> bool:
        # An output has keys of its own around what was sent.
        weight = weigh(msg["content"])
        fits = self.budget.take(Weight(weight.characters + 100, weight.nodes + 8), *places)
        self.cut |= not fits
        return fits
