"""Runs programs in this process and answers with all that could be seen of each.

    python runner.py plain|replayed|compiled|in_turn

Reads one JSON string a line, a program; answers by one line of JSON. Standard output is for the
answers: what the programs print is caught.
"""

from __future__ import annotations

import contextlib
import io
import json
import math
import sys
import traceback
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

# How many calls are replayed before one is compiled; of two plain calls in front nothing is said.
REPLAYS = {"replayed": 1_000_000, "compiled": 0, "in_turn": 1}


def seen(value: Any) -> Any:
    """All there is to see of a value, down to the bits."""
    if isinstance(value, jax.Array):
        bits = np.asarray(value)
        if bits.dtype in (np.float32, np.float64):
            # Of a NaN there is nothing to see but that it is one.
            bits = np.where(np.isnan(bits), np.nan, bits).astype(bits.dtype)
        kind = f"jax {value.dtype}{list(value.shape)}{' weak' if value.weak_type else ''}"
        return [kind, f"committed {value.committed}", bits.tobytes().hex()]
    if isinstance(value, (np.ndarray, np.generic)):
        return [type(value).__name__, str(value.dtype), list(value.shape), value.tobytes().hex()]
    if isinstance(value, (list, tuple)):
        return [type(value).__name__, [seen(item) for item in value]]
    if isinstance(value, dict):
        return ["dict", [[seen(k), seen(v)] for k, v in value.items()]]
    return [type(value).__name__, repr(value)]


def frames(exc: BaseException | None) -> Any:
    """The last frames of a traceback, and those of what it came of."""
    if exc is None:
        return None
    codes = [frame.f_code for frame, _ in traceback.walk_tb(exc.__traceback__)]
    path = [[Path(code.co_filename).name, code.co_name] for code in codes[:50]]
    return [path, frames(exc.__cause__), frames(exc.__context__)]


def run(source: str) -> list[Any]:
    """What a program shows, prints and warns of; how it ends."""
    shown: list[Any] = []

    def show(value: Any) -> None:
        shown.append(seen(value))

    def walk(function: Callable[[float], Any]) -> None:
        for i in range(6):
            show(function(0.5 + 3 * i / 8))

    def attempt(action: Callable[[], Any], words: int | None = None) -> None:
        try:
            show(action())
        except Exception as exc:  # noqa: BLE001 - whatever it is, both ways must raise it
            # `words` cuts off what differs from run to run, such as an address.
            text = " ".join(str(exc).split()[:words])
            kinds = [kind.__name__ for kind in type(exc).__mro__]
            shown.append(["raised", kinds, text, frames(exc)])

    names = {"jax": jax, "jnp": jnp, "np": np, "math": math, "grad": jax.grad}
    names |= {"show": show, "walk": walk, "attempt": attempt, "__name__": "__main__"}
    printed, complained = io.StringIO(), io.StringIO()
    with (
        contextlib.redirect_stdout(printed),
        contextlib.redirect_stderr(complained),
        warnings.catch_warnings(record=True) as warned,
    ):
        warnings.simplefilter("always")
        try:
            exec(compile(source, "<cell>", "exec", dont_inherit=True), names)
        except Exception as exc:  # noqa: BLE001 - whatever it is, both ways must raise it
            shown.append(["ended by", type(exc).__name__, str(exc)])
    said = [[w.category.__name__, str(w.message)] for w in warned]
    return [shown, printed.getvalue(), complained.getvalue(), said]


def main() -> None:
    """Answer by `{"seen": ..., "fast": calls, "made": {way: times}, "refused": {name: reason}}`."""
    from autograder import compiled

    if sys.argv[1] != "plain":
        assert compiled.install(plain_calls=2, replays=REPLAYS[sys.argv[1]])
    before = compiled.report()
    for line in sys.stdin:
        answer = {"seen": run(json.loads(line))}
        report = compiled.report()
        new = Counter(report.calls) - Counter(before.calls)
        answer["fast"] = new["fast"]
        answer["made"] = {way: new[way] for way in ("replayed", "compiled") if new[way]}
        answer["refused"] = {k: v for k, v in report.refused.items() if k not in before.refused}
        before = report
        print(json.dumps(answer), flush=True)  # noqa: T201 - to the test that asked


if __name__ == "__main__":
    main()
