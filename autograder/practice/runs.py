"""What this session ran: each run of a cell, how it ended, and which names it gave a value.

IPython tells us before and after each cell (`pre_run_cell`, `post_run_cell`), from the moment that
autograder is imported in a notebook; of the cells before, the In history has the text. Nothing here
judges: see `foresight`.

A name's *version* says what its value was made from: the text of the cell that set it and the
versions of all that this cell read. The same text on the same versions is the same version, however
often it is run.
"""

from __future__ import annotations

import hashlib
import sys
import time
import weakref
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..answers.source import Sketch, sketch

__all__ = ["Log", "Run", "Version", "Versions", "attach", "log_of"]

_KEPT = 5000  # runs; beyond them, the oldest are forgotten


@dataclass(eq=False)
class Run:
    """One run of one cell.

    Attributes:
        number: as in `In [number]`, or 0.
        cell: the cell's id, where the front end tells it, or "".
        source: its text.
        began: in seconds, as `time.time()` has it; 0 where it was before we looked.
        ended: "ok", "raised", "interrupted", "running", or "unknown".
        error: of a run that raised: "TypeError: ...".
        bound: names that it gave a value.
        fresh: those of them that no run before had set.
        deleted: names that it took away.
        read: the versions of what it read; None for a cell that was not run.
    """

    number: int
    cell: str
    source: str
    began: float
    ended: str = "running"
    error: str = ""
    bound: frozenset[str] = frozenset()
    fresh: frozenset[str] = frozenset()
    deleted: frozenset[str] = frozenset()
    read: Mapping[str, str] | None = None
    sketch: Sketch = field(init=False)

    def __post_init__(self) -> None:
        """Read its text."""
        self.sketch = sketch(self.source)

    @property
    def place(self) -> str:
        """How a student finds it: "cell [7]", or by its first line."""
        first = next((line.strip() for line in self.source.splitlines() if line.strip()), "")
        short = first if len(first) <= 40 else f"{first[:37]}..."
        number = f"cell [{self.number}]" if self.number else "a cell"
        return f"{number} (`{short}`)" if short and "`" not in short else number


@dataclass(frozen=True)
class Version:
    """What a name's value was made from, and by which run; `late`: what it looks up when called."""

    digest: str
    run: Run
    late: frozenset[str] = frozenset()
    read: Mapping[str, str] = field(default_factory=dict)


class Versions(dict[str, Version]):
    """The version of each name, as of some moment."""

    def of(self, name: str, seen: frozenset[str] = frozenset()) -> str:
        """A digest of all that the name's value depends on; "" for a name that no run has set."""
        version = self.get(name)
        if version is None or name in seen:
            return ""
        if not version.late:
            return version.digest
        seen |= {name}
        return _digest(version.digest, *(f"{n}={self.of(n, seen)}" for n in sorted(version.late)))

    def read_by(self, run: Run) -> dict[str, str]:
        """What a run that begins now would find under the names that it reads."""
        seen = run.sketch
        return {name: self.of(name) for name in seen.reads | seen.changes | seen.deletes}

    def after(self, run: Run, read: Mapping[str, str], callables: Iterable[str]) -> None:
        """Take what a run has set, which found `read`."""
        parts = [f"{name}={digest}" for name, digest in sorted(read.items())]
        # An interrupt comes where it comes: no other run is like it.
        when = str(id(run)) if run.ended == "interrupted" else ""
        digest = _digest(run.sketch.digest, when, *parts)
        bound, deleted = run.bound, run.deleted
        if run.read != read:  # it would do something else: what its text may do
            bound, deleted = bound | run.sketch.stores, deleted | run.sketch.deletes
        if run.sketch.clears:
            self.clear()
        for name in deleted:
            self.pop(name, None)
        late = run.sketch.late
        kept = frozenset(callables)
        for name in bound - deleted:
            self[name] = Version(digest, run, late if name in kept else frozenset(), read)


def _digest(*parts: str) -> str:
    text = "\0".join(parts).encode("utf-8", "replace")
    return hashlib.blake2b(text, digest_size=12).hexdigest()


class Log:
    """The runs of one shell, oldest first.

    Attributes:
        runs: all of them.
        versions: of the names, now.
        functions: the first function that each name had, and the run that gave it.
        callables: names that held a function when they were last set.
    """

    def __init__(self, shell: Any) -> None:
        self.runs: list[Run] = []
        self.versions = Versions()
        self.functions: dict[str, tuple[Any, Run]] = {}
        self.callables: set[str] = set()
        # Cells may run cells: `%run`, `get_ipython().run_cell`.
        self._open: list[tuple[Run, dict[str, Any], dict[str, str]]] = []
        self._shell = weakref.ref(shell)
        self._recall(shell)

    @property
    def current(self) -> Run | None:
        """The run that is under way: of a check, its cell's."""
        return self._open[-1][0] if self._open else None

    def _recall(self, shell: Any) -> None:
        """What was run before we looked: its text is known, not how it ended."""
        texts = [text for text in shell.user_ns.get("In", []) if isinstance(text, str)]
        for number, text in enumerate(texts):
            if not number or not text.strip():
                continue
            run = Run(number, "", text, 0.0, "unknown")
            if number == len(texts) - 1:  # the cell in which we are imported: its end will be told
                self._open.append((run, dict(shell.user_ns), self.versions.read_by(run)))
                self.runs.append(run)
                continue
            run.bound = frozenset(n for n in run.sketch.stores if n in shell.user_ns)
            self._take(run, self.versions.read_by(run), shell.user_ns)

    def _take(self, run: Run, read: Mapping[str, str], namespace: Mapping[str, Any]) -> None:
        if run not in self.runs:
            self.runs.append(run)
            del self.runs[:-_KEPT]
        run.fresh = run.bound - self.versions.keys()
        functions = {n for n in run.bound if callable(namespace.get(n))}
        self.callables = (self.callables - run.bound) | functions
        for name in functions:
            self.functions.setdefault(name, (namespace[name], run))
        run.read = read
        self.versions.after(run, read, functions)

    def begins(self, info: Any = None) -> None:
        """IPython's `pre_run_cell`."""
        shell = self._shell()
        if shell is None or info is None:
            return
        source = info.raw_cell if isinstance(info.raw_cell, str) else ""
        cell = getattr(info, "cell_id", None)
        run = Run(0, cell if isinstance(cell, str) else "", source, time.time())
        self.runs.append(run)
        self._open.append((run, dict(shell.user_ns), self.versions.read_by(run)))

    def ends(self, result: Any = None) -> None:
        """IPython's `post_run_cell`."""
        shell = self._shell()
        if shell is None or not self._open:
            return
        run, before, read = self._open.pop()
        number = getattr(result, "execution_count", None)
        run.number = number if isinstance(number, int) else run.number
        error = result and (result.error_before_exec or result.error_in_exec)
        if isinstance(error, KeyboardInterrupt):
            run.ended = "interrupted"
        elif error is not None:
            run.ended, run.error = "raised", _words(error)
        else:
            run.ended = "ok"
        after = shell.user_ns
        changed = {n for n, value in after.items() if n not in before or before[n] is not value}
        # The same small number or text once more is the same object: the text says that it was set.
        if run.ended == "ok":
            changed |= {n for n in run.sketch.stores if n in after}
        elif type(error).__name__ == "CheckFailed":  # an answer and its check in one cell
            run.ended = "ok"
        changed |= {n for n in run.sketch.changes if n in after}
        run.bound = frozenset(n for n in changed if not _is_shells(n))
        run.deleted = frozenset(n for n in before if n not in after)
        self._take(run, read, after)


def _words(error: BaseException) -> str:
    first = (str(error).strip().splitlines() or [""])[0][:160]
    name = type(error).__name__
    return f"{name}: {first}" if first else name


def _is_shells(name: str) -> bool:
    """Whether IPython sets it by itself: In, Out, _, __, _i3."""
    return name in ("In", "Out", "exit", "quit", "get_ipython", "open") or name.startswith("_")


def attach(shell: Any = None) -> Log | None:
    """Begin to listen to a notebook's shell, once; None where there is none."""
    if shell is None:
        ipython = sys.modules.get("IPython")
        shell = ipython.get_ipython() if ipython is not None else None
    events = getattr(shell, "events", None)
    if events is None or not isinstance(getattr(shell, "user_ns", None), dict):
        return None
    # Kept with the shell: it outlives a reload of this module, and there is one for each shell.
    log = vars(shell).get("_autograder_log")
    if log is None:
        log = Log(shell)
        vars(shell)["_autograder_log"] = log
        events.register("pre_run_cell", log.begins)
        events.register("post_run_cell", log.ends)
    return log


def log_of(namespace: Mapping[str, Any]) -> Log | None:
    """The log of the shell whose names these are; None in a plain interpreter."""
    try:
        shell = namespace["get_ipython"]()
        if shell.user_ns is not namespace:
            shell = None
    except Exception:  # noqa: BLE001 - a student may use the name for anything
        shell = None
    return attach(shell) if shell is not None else None
