"""What nbgrader does again and again for each cell and each step, done once."""

from __future__ import annotations

import functools
import json
import threading
from collections.abc import Callable, Hashable
from types import ModuleType
from typing import Any

from sqlalchemy import event

from . import upstream

__all__ = ["once"]

_MOST_SOUND = 10_000
_GRADEBOOKS = 8  # of one process: a course's and, of a dry run, its copy; for each who has it open


@functools.cache
def once() -> None:
    """Have this process compile SQL and check schemas once; where nbgrader has moved, nothing."""
    # It makes a new engine in each of the dozen steps of a notebook, and what an engine compiled
    # ends with it (SQLAlchemy's manual, "SQL Compilation Caching").
    upstream.make_engines_by(_Engines)
    upstream.check_schemas_by(_Checked)


class _Engines:
    """Engines, each for one gradebook at a time: `Gradebook.close` disposes of all it has.

    Of one that two had open, the connection of the one that is closed last would stay open.

    Args:
        make: as `sqlalchemy.create_engine`.
    """

    def __init__(self, make: Callable[..., Any]) -> None:
        self._make = make
        self._free: list[tuple[Hashable, Any]] = []  # the last given back is the last
        self._lock = threading.Lock()

    def __call__(self, *args: Any, **options: Any) -> Any:
        """An engine that nobody has."""
        key = (args, tuple(sorted(options.items())))
        with self._lock:
            for place, (of, engine) in enumerate(self._free):
                if of == key:
                    del self._free[place]
                    return engine
        engine = self._make(*args, **options)
        event.listen(engine, "engine_disposed", functools.partial(self._give_back, key))
        return engine

    def _give_back(self, key: Hashable, engine: Any) -> None:
        with self._lock:
            if all(engine is not other for _, other in self._free):
                self._free.append((key, engine))
                del self._free[:-_GRADEBOOKS]


class _Checked:
    """A module jsonschema that knows which schemas it has checked, and what it found sound.

    `jsonschema.validate` checks the schema itself before each use of it (its documentation says
    so), which takes ten times as long as the cell; and a class has the same cells again and again.
    """

    def __init__(self, library: ModuleType) -> None:
        self._library = library
        self._known: dict[str, Any] = {}
        self._sound: set[tuple[str, str]] = set()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._library, name)

    def validate(self, instance: Any, schema: Any) -> None:
        """As `jsonschema.validate`."""
        text, found = json.dumps(schema, sort_keys=True), _text(instance)
        if (text, found) in self._sound:
            return
        known = self._known.get(text)
        if known is None:
            self._library.validate(instance, schema)
            self._known[text] = self._library.validators.validator_for(schema)(schema)
        else:
            error = self._library.exceptions.best_match(known.iter_errors(instance))
            if error is not None:
                raise error
        if found and len(self._sound) < _MOST_SOUND:
            self._sound.add((text, found))


def _text(instance: Any) -> str:
    """The JSON of an instance; "" of what has none."""
    try:
        return json.dumps(instance, sort_keys=True)
    except (TypeError, ValueError):
        return ""
