"""Options of a course's configuration that nobody has: traitlets leaves them without effect."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any

from nbconvert.exporters import HTMLExporter
from nbgrader.apps.nbgraderapp import NbGraderApp
from nbgrader.exchange import default
from traitlets.config import Configurable

from .examine import Examine
from .intake import SubmissionExporter

__all__ = ["unknown_options"]


def unknown_options(config: Any) -> Iterator[str]:
    """Each option that nbgrader or we would have, were it spelt otherwise; in a sentence.

    A class that is not known here may be of a plug that the course brings: it is told only where
    its name is all but that of one that is.

    Args:
        config: traitlets' configuration, as files and the command line have made it.
    """
    options: dict[str, set[str]] = {}
    more = [getattr(default, name) for name in default.__all__]  # nbgrader tells its abstract ones
    more += [Examine, SubmissionExporter, HTMLExporter]
    for known in (*NbGraderApp().all_configurable_classes(), *more):
        # What is said of a class holds for those made of it, which may have options of their own.
        names = known.class_trait_names(config=True) if issubclass(known, Configurable) else ()
        for base in known.mro():
            options.setdefault(base.__name__, set()).update(names)
    for section, given in config.items():
        if section not in options:
            if near := get_close_matches(section, options, 1, 0.85):
                yield f"c.{section} is no class of nbgrader's or ours{_meant(near, 'c.')}"
            continue
        for name in given:
            if name not in options[section] and not name[0].isupper():
                near = get_close_matches(name, options[section], 1)
                yield f"{section} has no option {name}{_meant(near, f'c.{section}.')}"


def _meant(near: list[str], before: str) -> str:
    return f"; {before}{near[0]} is one" if near else ""
