"""What the outputs of one notebook may hold, counted as they are held and not as they came.

One message of a kernel's can end in a thousand outputs, and a megabyte of JSON in a gigabyte of
objects: so both characters and nodes are counted, of what is there. Whoever is over is cut, with a
sentence in the place of the rest; nobody's neighbour pays for it, and no machine.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable
from typing import Any, NamedTuple

__all__ = ["CUT", "MAX_PLACES", "Budget", "Weight", "sparing", "weigh"]

CUT = (
    "The rest of this cell's output was left out: all outputs of a notebook together have a limit."
)
MAX_PLACES = 50  # outputs that one message may change; a display has one place, seldom two
MAX_MARKS = 100_000  # commas and brackets in one message; without JSON displays, a dozen


class Weight(NamedTuple):
    """Characters of texts, and nodes: each text, number, list, object and key is one."""

    characters: int
    nodes: int


# Pictures and tables of a long notebook are some 3 million characters, its outputs some hundreds.
_ALL = Weight(20_000_000, 100_000)
# Of each cell in any case, so that an error is seen and a score is read whatever came before.
_EACH = Weight(4_000, 25)


def weigh(raw: Any) -> Weight:
    """The weight of JSON data, however deeply nested."""
    characters = nodes = 0
    waiting = [raw]
    while waiting:
        item = waiting.pop()
        nodes += 1
        if isinstance(item, str):
            characters += len(item)
        elif isinstance(item, dict):
            waiting += item.keys()
            waiting += item.values()
        elif isinstance(item, list):
            waiting += item
    return Weight(characters, nodes)


class Budget:
    """Keeps account of the outputs of one notebook.

    An output has a cell and a place in it; what comes to the same place replaces what was there.
    """

    def __init__(self) -> None:
        self._held: defaultdict[int, dict[int, Weight]] = defaultdict(dict)
        self._all = Weight(0, 0)

    def take(self, weight: Weight, *places: tuple[int, int]) -> bool:
        """Enter an output at these places, each a cell and a number; False if it is too much.

        What is too much is not entered, and what was there stays.
        """
        if len(places) > MAX_PLACES:
            return False
        before = [self._held[cell].get(place, Weight(0, 0)) for cell, place in places]
        whole = _sum(self._all, *([weight] * len(places)), *map(_minus, before))
        if not _within(whole, _ALL) and not self._spared(weight, *places):
            return False
        for cell, place in places:
            self._held[cell][place] = weight
        self._all = whole
        return True

    def _spared(self, weight: Weight, *places: tuple[int, int]) -> bool:
        if len(places) != 1:
            return False
        held = self._held[places[0][0]]
        return len(held) < _EACH.nodes and _within(_sum(weight, *held.values()), _EACH)

    def forget(self, cell: int) -> None:
        """A cell's outputs are gone."""
        self._all = _sum(self._all, *map(_minus, self._held.pop(cell, {}).values()))


def _sum(*weights: Weight) -> Weight:
    return Weight(sum(w.characters for w in weights), sum(w.nodes for w in weights))


def _minus(weight: Weight) -> Weight:
    return Weight(-weight.characters, -weight.nodes)


def _within(weight: Weight, most: Weight) -> bool:
    return weight.characters <= most.characters and weight.nodes <= most.nodes


# Possessive: an ordinary star remembers a way back for each of sixteen million characters.
_STRINGS = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)


def _marks(message: bytes) -> int:
    return sum(message.count(mark) for mark in (b",", b"{", b"["))


def sparing(unpack: Callable[[bytes], Any]) -> Callable[[bytes], Any]:
    """A reader of a message's parts that makes no more objects than a message has any use for.

    Args:
        unpack: reads JSON; in the place of what is too much comes an output that says so.
    """

    def read(part: bytes) -> Any:
        raw = bytes(part)
        if _marks(raw) > MAX_MARKS and _marks(_STRINGS.sub(b"", raw)) > MAX_MARKS:
            return {"data": {"text/plain": CUT}, "metadata": {}, "name": "stderr", "text": CUT}
        return unpack(part)

    return read
