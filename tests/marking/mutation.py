"""Mutations of JSON, of its text and of its structure, from a seed."""

from __future__ import annotations

import copy
import json
from random import Random
from typing import Any

__all__ = ["mutate"]

# What a reader may stumble over: numbers beyond float and beyond int64, non-finite ones as JSON
# has them and as it has not, half a character, controls, markup, depth.
TOKENS = (
    b"NaN", b"-Infinity", b"1e999", b"-0", b"1e-400", b"9" * 400, b"9" * 5000, b"0.1", b"null",
    b"true", b'"nan"', b'"inf"', b'"\\ud800"', b'"\\u0000"', b"\xff\xfe", b"\xef\xbb\xbf", b"[",
    b"]", b"{", b"}", b",", b":", b'"', b"\\", b"[" * 60, b"[" * 20_000, b'"</script><b>"', b"\n",
)  # fmt: skip
VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2, 0.5, -0.0, 1e308, -1e308, 1e-320, 2**53, 2**64, 10**400,
    "nan", "inf", "-inf", "NaN", "", "x", "x" * 5000, "\ud800", "\x00\x1b[2J", "<b>&", "`", "${x}",
    "{0}", "%s", [], {}, [[]], [None], [0] * 5000, {"": 0}, {"kind": "number"}, "number", "array",
    "sequence", "mapping", "function", "nothing", "other", "text", "truth", [1.0, 2.0],
)  # fmt: skip


def mutate(text: str, random: Random) -> str:
    """`text`, which is JSON, changed in one to four places; not always JSON any more."""
    for _ in range(random.randint(1, 4)):
        text = random.choice((_bytes, _structure, _structure, _structure))(text, random)
    return text


def _bytes(text: str, random: Random) -> str:
    raw = bytearray(text.encode("utf-8", "surrogatepass"))
    place = random.randrange(len(raw) + 1)
    match random.randrange(5):
        case 0:
            raw[place:place] = random.choice(TOKENS)
        case 1:
            del raw[place : place + random.choice((1, 2, 10, len(raw)))]
        case 2 if raw:
            raw[place % len(raw)] = random.randrange(256)
        case 3:
            end = place + random.randrange(200)
            raw[place:place] = raw[place:end]
        case _:
            raw[place : place + 1] = random.choice(TOKENS)
    return raw.decode("utf-8", "replace")


def _structure(text: str, random: Random) -> str:
    try:
        tree = json.loads(text)
    except (ValueError, RecursionError):
        return _bytes(text, random)
    places = list(_places(tree))
    if not places:
        return json.dumps(random.choice(VALUES))
    holder, key = random.choice(places)
    match random.randrange(6):
        case 0:
            del holder[key]
        case 1:
            other, at = random.choice(places)
            holder[key] = copy.deepcopy(other[at]) if at in range(len(other)) or at in other else 0
        case 2 if isinstance(holder, list):
            holder.insert(key, copy.deepcopy(holder[key]))
        case 3 if isinstance(holder, dict):
            holder[random.choice(("kind", "data", "shape", "metadata", "x"))] = holder.pop(key)
        case 4:
            for _ in range(random.choice((1, 3, 40))):
                holder[key] = random.choice(({"items": [holder[key]]}, [holder[key]]))
        case _:
            holder[key] = copy.deepcopy(random.choice(VALUES))
    return json.dumps(tree)


def _places(tree: Any) -> Any:
    """Every place in a tree, as its holder and key."""
    if isinstance(tree, dict):
        items = list(tree.items())
    elif isinstance(tree, list):
        items = list(enumerate(tree))
    else:
        return
    for key, value in items:
        yield tree, key
        yield from _places(value)
