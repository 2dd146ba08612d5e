"""SQL that is compiled once, and not each time nbgrader opens the gradebook."""

from __future__ import annotations

import functools

from nbgrader import api

__all__ = ["keep_compiled_statements"]

_GRADEBOOKS = 8  # at once in one process: a course's and, of a dry run, its copy


@functools.cache
def keep_compiled_statements() -> None:
    """Let all of this process's gradebooks at one address share an engine of SQLAlchemy's.

    nbgrader makes a new one in each of the dozen steps of a notebook, and what an engine has
    compiled ends with it (SQLAlchemy's manual, "SQL Compilation Caching"). `Gradebook.close`
    disposes of the connections as before. Where a later nbgrader makes engines elsewhere, nothing
    is shared.
    """
    make = getattr(api, "create_engine", None)
    if make is not None:
        api.create_engine = functools.lru_cache(_GRADEBOOKS)(make)
