"""What all verbs of practice share: a card, and that in marking nothing is done."""

from __future__ import annotations

import os
import sys
import textwrap
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from typing import Any, ParamSpec

from .. import check
from ..checks.verdict import Verdict
from ..feedback import html, text
from ..feedback.sentences import as_text
from ..practice.notebook import kernel

__all__ = ["FOR_PRACTICE", "Unfit", "calm", "is_practice", "name_of", "practised", "tell"]

FOR_PRACTICE = "This cell is for practice; it is not run when your work is marked."

P = ParamSpec("P")


class Unfit(Exception):
    """What a verb was handed cannot be used; the message says why, to whoever wrote it."""


def is_practice() -> bool:
    """Whether somebody is at work here: no marking, and no rubric in the making.

    nbgrader's own variable tells a notebook that it is being marked; our kernels set it, too.
    """
    return os.environ.get("NBGRADER_EXECUTION") != "autograde" and not check.is_recording()


def practised(verb: Callable[P, None]) -> Callable[P, None]:
    """A verb that does nothing in marking, and never stops a notebook that is run whole."""

    @wraps(verb)
    def run(*args: P.args, **named: P.kwargs) -> None:
        if not is_practice():
            text.say(FOR_PRACTICE)
            return
        with calm():
            verb(*args, **named)

    return run


@contextmanager
def calm() -> Iterator[None]:
    """Within, what cannot be done is told, and stops no notebook that is run whole."""
    before = set(_figures())
    try:
        yield
    except Exception as problem:  # noqa: BLE001 - a guess or a function of one's own may be anything
        for number in set(_figures()) - before:  # half a picture, which a notebook would show
            sys.modules["matplotlib.pyplot"].close(number)
        if isinstance(problem, Unfit):
            tell(f"○ {problem}")
            return
        why = f"{type(problem).__name__}: {problem}"[:200]
        tell(f"○ This did not work ({why}). It costs nothing: change the cell, run it again.")


def _figures() -> list[int]:
    """Those of Matplotlib that are open; none where it is not loaded."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    return [] if pyplot is None else list(pyplot.get_fignums())


def name_of(function: Any, otherwise: str) -> str:
    """What a function is called, or else."""
    name = getattr(function, "__name__", "")
    return name if isinstance(name, str) and name.isidentifier() else otherwise


def tell(*said: str, verdicts: Sequence[Verdict] = (), pictures: bool = True) -> None:
    """Show a card of paragraphs, and below it the cards of verdicts.

    In paragraphs, `names` are code and *words* are emphasis.
    """
    plain = [as_text(paragraph) for paragraph in said]
    lines = [textwrap.fill(paragraph, text.WIDTH) for paragraph in plain]
    message = "\n".join([*lines, *([text.render(verdicts)] if verdicts else [])])
    if kernel() is None:
        text.say(message)
        return
    from IPython.display import display

    cards = (html.note(*said) if said else "") + html.render(verdicts, pictures=pictures)
    display({"text/plain": message, "text/html": cards}, raw=True)
