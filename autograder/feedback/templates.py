"""Pages are templates of Jinja's, which escapes whatever is not ours; each is compiled once."""

from __future__ import annotations

import functools
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

__all__ = ["environment"]


@functools.cache
def environment(folder: Path) -> Environment:
    """For the templates of a folder; a page adds its own filters."""
    return Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
