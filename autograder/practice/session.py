"""Practice: a check run in the student's own session, with feedback at once.

What passes here passes in marking: the same check asks the same kind of questions, only the fresh
places differ, since their seed does. What a session holds beyond that, marking does not have: an
answer that marking would not see is not called right (`foresight`), and the exercise's own
functions count in both places (`given`).
"""

from __future__ import annotations

import contextvars
import os
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

from ..answers import witness
from ..answers.local import ask, ask_all, judge
from ..answers.source import lost_update
from ..checks.base import Check
from ..checks.questions import Look, Reply
from ..checks.verdict import Verdict
from ..checks.wording import never_met
from ..errors import CheckError, CheckFailed
from ..feedback import html, text
from ..feedback.marks import headline
from .foresight import foresee
from .given import Given, given_function
from .notebook import File, asked_by, exercises, find, kernel
from .progress import footer, note
from .remembered import stamp
from .runs import Log, attach, log_of
from .unanswered import explain

__all__ = ["as_marking_sees", "bind", "judge_here", "no_function", "show"]

PATIENCE = 5.0  # seconds after which a check says that it is still at work

# Names that checks of this session have asked for: not to be suggested for a missing answer.
_asked: set[str] = set()
_answers: set[str] = set()
# What answers were when a check of this session last called them right, or partly.
_earned: dict[str, Reply] = {}


def practice_seed(check: Check) -> int:
    """The same places every time, so that a second try is compared with the first."""
    return zlib.crc32("/".join(check.answers).encode())


def bind(
    make: Callable[[Any], Check], of: Any, namespace: Mapping[str, Any]
) -> tuple[Check, Given]:
    """The check of a line, for the function that the exercise gives.

    Args:
        make: makes the check for a function.
        of: what the check's line has for it; None where there is none.
        namespace: the session's.

    Raises:
        CheckError: the line itself cannot be used.
    """
    known = _guarded(lambda: given_function(of, namespace, log_of(namespace), find()))
    given = known or Given(of)
    return make(given.function), given


def no_function(of: Any, namespace: Mapping[str, Any]) -> Verdict:
    """Where the name of a given function holds none, and nobody knows which it was."""
    name = next((n for n, value in namespace.items() if value is of and n[:1] != "_"), "of")
    log = _guarded(lambda: log_of(namespace))
    version = log.versions.get(name) if log is not None else None
    by = f": {version.run.place} changed it" if version is not None else ""
    fact = f"`{name}` is not a function any more{by}."
    hint = f"Run the cell that gives `{name}` once more, then this check."
    return Verdict(name, "unjudged", 0.0, fact, hint)


def judge_here(
    check: Check,
    namespace: Mapping[str, Any],
    given: Given | None = None,
    other: Callable[[], Check] | None = None,
) -> list[Verdict]:
    """The verdicts of one check on a session's names; a fault of ours is "unjudged".

    Args:
        check: for the function that the exercise gives.
        namespace: the session's.
        given: what became of that function, if there is one.
        other: makes the same check for what now has the function's name.
    """
    began = time.monotonic()
    try:
        with _says_that_it_works(began):
            verdicts = judge(check, namespace, practice_seed(check), frozenset(_asked))
            if given is not None and given.changed:
                verdicts = _with_change(verdicts, given, other, namespace)
            verdicts = _beside_what_was_judged(check, verdicts, namespace)
    except KeyboardInterrupt:
        return [_interrupted(name, time.monotonic() - began) for name in check.answers]
    except Exception as exc:  # noqa: BLE001 - never a student's mistake, never a stack trace
        fact = f"The check itself failed ({type(exc).__name__}: {exc}). This is not your mistake."
        hint = "Tell your instructor; your answer is kept as it is."
        return [Verdict(name, "unjudged", 0.0, fact, hint) for name in check.answers]
    finally:
        _asked.update((*check.answers, *check.given))
    return verdicts


def as_marking_sees(
    check: Check, verdicts: list[Verdict], namespace: Mapping[str, Any]
) -> list[Verdict]:
    """The verdicts of one check, where marking will not see what this session holds."""
    _answers.update(check.answers)
    log, file = _guarded(lambda: log_of(namespace)), _guarded(find)
    return _guarded(lambda: _foreseen(check, verdicts, namespace, log, file)) or verdicts


def _guarded(known: Callable[[], Any]) -> Any:
    """What is known beside the answer itself; None where finding out fails, as if it were not."""
    try:
        return known()
    except Exception:  # noqa: BLE001 - a student's names and files may be anything
        return None


def _with_change(
    verdicts: list[Verdict],
    given: Given,
    other: Callable[[], Check] | None,
    namespace: Mapping[str, Any],
) -> list[Verdict]:
    """The verdicts, where the given function's name holds another one now.

    Where it is not sure which of the two is the exercise's, an answer is right only by the first.
    """
    others: Sequence[Verdict] = []
    if given.whose == "first" and other is not None:
        with suppress(CheckError):  # what has the name now is no function
            check = other()
            others = judge(check, namespace, practice_seed(check), frozenset(_asked))
    by_it = {v.answer for v in others if v.right}
    out = []
    for verdict in verdicts:
        only_by_it = verdict.answer in by_it and not verdict.right
        if only_by_it or (verdict.right and given.whose == "unknown"):
            fact = f"It would be right, but {given.changed[0].lower()}{given.changed[1:]}"
            hint = "Run the cell that gives it as it was released, then this check."
            out.append(Verdict(verdict.answer, "stale", 0.0, fact, hint, "changed_given"))
        else:
            out.append(replace(verdict, fact=f"{verdict.fact} {given.changed}"))
    return out


def _beside_what_was_judged(
    check: Check, verdicts: list[Verdict], namespace: Mapping[str, Any]
) -> list[Verdict]:
    """The verdicts, where the answer on which they depend is not what its own check saw.

    Marking compares with that. Which of the two a run from top to bottom would have there, nobody
    knows: so an answer is right only beside both.
    """
    replies = ask([Look(name) for name in check.answers], namespace)
    _earned.update(check.earned(replies, verdicts))
    if not check.refers or not any(v.right for v in verdicts):
        return verdicts
    seed = practice_seed(check)
    then = check.judge(
        seed, check.as_judged(ask_all(check, seed, namespace), _earned), frozenset(_asked)
    )
    names = " and ".join(f"`{name}`" for name in check.refers)
    fact = f"It would be right, but {names} is not what it was when its own check was run."
    hint = f"Run the cell of {names} and its check once more, then this cell and its check."
    return [
        Verdict(now.answer, "stale", 0.0, fact, hint, "stale") if now.right > old.right else now
        for now, old in zip(verdicts, then, strict=True)
    ]


def _foreseen(
    check: Check,
    verdicts: list[Verdict],
    namespace: Mapping[str, Any],
    log: Log | None,
    file: File | None,
) -> list[Verdict]:
    """The verdicts, as far as marking will come to the same."""
    if log is None:
        return [_not_begun(v) for v in verdicts]
    sources = [log.current.source if log.current else ""]
    sources += [cell.source for cell in file.cells if cell.role == "check"] if file else []
    for source in sources:
        _answers.update(asked_by(source))
    # Answers on which the others depend, as a second minimum does on the first.
    beside = {q.name for q in check.questions(practice_seed(check))} - set(check.answers)
    linked = beside if len(check.answers) == 1 else {*beside, *check.answers}
    return [_one_foreseen(v, linked, namespace, log, file) for v in verdicts]


def _one_foreseen(
    verdict: Verdict, linked: set[str], namespace: Mapping[str, Any], log: Log, file: File | None
) -> Verdict:
    if verdict.outcome in ("unjudged", "stale"):
        return verdict
    if verdict.answer not in namespace or verdict.misconception == "not_answered":
        return explain(verdict, log, file)
    for name in (verdict.answer, *sorted(linked - {verdict.answer})):
        trouble = foresee(log, file, name, _answers) if name in namespace else None
        if trouble is not None and (verdict.share or (trouble.gone and name == verdict.answer)):
            why = never_met(verdict.evidence) if trouble.interrupted and verdict.right else ""
            fact = f"{trouble.why} {why}".rstrip()
            return Verdict(verdict.answer, "stale", 0.0, fact, trouble.cure, "stale")
    if verdict.misconception == "start_returned":
        cause = lost_update([run.source for run in log.runs[-5:]])
        return replace(verdict, hint=f"{verdict.hint} {cause}".strip())
    return verdict


def _not_begun(verdict: Verdict) -> Verdict:
    known = verdict.misconception == "not_answered"
    return replace(verdict, outcome="open") if known else verdict


@contextmanager
def _says_that_it_works(began: float) -> Iterator[None]:
    """Say so once, if what is inside takes long: a student's loop may have no end."""

    def say() -> None:
        at = dict(witness.asking)
        where = f": `{at['name']}`, call {at['number']} of {at['count']}" if at else ""
        message = (
            f"Still asking your answer after {time.monotonic() - began:.0f} s{where}. "
            "You can wait, or interrupt with the stop button."
        )
        # What the answer prints goes nowhere meanwhile, standard output included.
        from IPython.display import display

        display({"text/plain": message}, raw=True)

    witness.asking.clear()
    timer = None
    if kernel() is not None and not _validating():
        timer = threading.Timer(PATIENCE, contextvars.copy_context().run, (say,))
        timer.daemon = True
        timer.start()
    try:
        yield
    finally:
        if timer is not None:
            timer.cancel()


def _interrupted(name: str, seconds: float) -> Verdict:
    at = dict(witness.asking)
    where = f"`{name}` had not been asked yet."
    if at:
        where = f"`{at['name']}` had not returned from call {at['number']} of {at['count']}."
    return Verdict(
        name,
        "unjudged",
        0.0,
        f"You stopped this check after {seconds:.3g} s: {where}",
        "What ends your loop? Call the function yourself in a new cell, with few steps.",
        "interrupted",
    )


def _validating() -> bool:
    """Whether nbgrader runs the notebook: it shows its users the error text alone."""
    return "NBGRADER_EXECUTION" in os.environ


def show(verdicts: Sequence[Verdict], see: Mapping[str, str] | None = None) -> None:
    """Show the verdicts of one exercise.

    Args:
        verdicts: of all its checks.
        see: the title of the section to read again, by answer, where its author names one.

    Raises:
        CheckFailed: unless all are right. This is what makes the cell fail, for the student's eye
            and for `nbgrader validate`. In a notebook, an exercise not begun is no failure.
    """
    note(verdicts)
    judged = verdicts
    names = [v.answer for v in verdicts]
    right = all(v.right for v in verdicts)
    begun = any(v.outcome != "open" for v in verdicts)
    if verdicts and not begun:
        verdicts = [replace(verdicts[0], answer=", ".join(v.answer for v in verdicts))]
    message = text.render(verdicts)
    if kernel() is not None and not _validating():
        from IPython.display import display

        known = exercises()
        sections = {name: e.section for e in known for name in e.names if e.section}
        sections |= {name: title for name, title in (see or {}).items() if title}
        card = html.render(verdicts, pictures=True, sections=sections) + footer(known, names)
        card += _guarded(lambda: stamp(judged, attach())) or ""
        display({"text/plain": message, "text/html": card}, raw=True)
        if begun and not right:
            raise CheckFailed(message, [headline(verdicts)])
        return
    if right:
        text.say(message)
    else:
        raise CheckFailed(message, message.splitlines())
