"""What nbgrader does again and again for each cell and each step, done once."""

from __future__ import annotations

import functools
import json
from types import ModuleType
from typing import Any

from . import upstream

__all__ = ["once"]

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
    """A module jsonschema that knows which schemas it has checked.

    `jsonschema.validate` checks the schema itself before each use of it (its documentation says
    so), which takes ten times as long as the cell.
    """

    def __init__(self, library: ModuleType) -> None:
        self._library = library
        self._known: dict[str, Any] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._library, name)

    def validate(self, instance: Any, schema: Any) -> None:
        """As `jsonschema.validate`."""
        text = json.dumps(schema, sort_keys=True)
        known = self._known.get(text)
        if known is None:
            self._library.validate(instance, schema)
            self._known[text] = self._library.validators.validator_for(schema)(schema)
            return
        error = self._library.exceptions.best_match(known.iter_errors(instance))
        if error is not None:
            raise error
