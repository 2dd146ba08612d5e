"""What nbgrader does again and again for each cell and each step, done once."""

from __future__ import annotations

import functools
import json
from types import ModuleType
from typing import Any

from . import upstream

__all__ = ["once"]

_MOST_SOUND = 10_000
_GRADEBOOKS = 8  # at once in one process: a course's and, of a dry run, its copy


@functools.cache
def once() -> None:
    """Have this process compile SQL and check schemas once; where nbgrader has moved, nothing."""
    # It makes a new engine in each of the dozen steps of a notebook, and what an engine compiled
    # ends with it (SQLAlchemy's manual, "SQL Compilation Caching"). `Gradebook.close` disposes of
    # the connections as before.
    upstream.make_engines_by(functools.lru_cache(_GRADEBOOKS))
    upstream.check_schemas_by(_Checked)


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
