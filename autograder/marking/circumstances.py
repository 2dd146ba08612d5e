"""What a submission's run tells beside the answers: why one is missing, what stopped its cell.

Marking has run the cells, so the facts are known: the text of each, and the error that ended it.
The words are in the past tense: whoever reads them can no longer run anything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..answers.source import assigns, is_begun, lost_update, shown
from ..cells import is_given, nbgrader_of
from ..checks.base import wrong
from ..checks.misconceptions.raised import classify
from ..checks.questions import Error, Found, Missing, Question, Reply
from ..checks.verdict import Verdict
from ..checks.wording import explain, name_error, never_met

__all__ = ["mark_late", "say_changed", "with_circumstances"]

LATE = "CellTimeoutError"


def mark_late(cell: Any, seconds: float) -> None:
    """Say in a cell that ran into the limit that it did: it shows an interrupt of nobody's."""
    words = f"this cell was stopped after {seconds:.3g} s; is there a loop that never ends?"
    for output in cell.get("outputs", []):
        if output.get("output_type") == "error" and output.get("ename") in (
            "KeyboardInterrupt",
            LATE,
        ):
            output.update(ename=LATE, evalue=words, traceback=[f"{LATE}: {words}"])


def with_circumstances(
    verdicts: Sequence[Verdict],
    questions: Sequence[Question],
    replies: Sequence[Reply],
    before: Sequence[Mapping[str, Any]],
    late: Mapping[int, float],
) -> list[Verdict]:
    """The verdicts of one check, with what its cells had to do with them.

    Args:
        verdicts: what the check concluded from the replies.
        questions: what it asked.
        replies: what came back.
        before: the notebook's cells above the check, run.
        late: the cells that ran into a limit of time, by their place, with its seconds.
    """
    found = {q.name: r for q, r in zip(questions, replies, strict=True) if not _is_call(r)}
    told = [_one(v, found.get(v.answer), before, late) for v in verdicts]
    # Circumstances explain a verdict; points are the check's to give, and it has given them.
    return [
        new if new.share >= old.share else replace(new, outcome=old.outcome, share=old.share)
        for old, new in zip(verdicts, told, strict=True)
    ]


def _is_call(reply: Reply) -> bool:
    return not isinstance(reply, (Found, Missing))


def _one(
    verdict: Verdict,
    reply: Reply | None,
    before: Sequence[Mapping[str, Any]],
    late: Mapping[int, float],
) -> Verdict:
    name = verdict.answer
    missing = isinstance(reply, Missing)
    if verdict.misconception == "misspelt_name" or not (missing or isinstance(reply, Found)):
        return verdict
    index = _cell_of(name, before, missing=missing)
    error = _error_of(index, before, late) if index is not None else None
    if error is not None and classify(error) != "not_answered":
        return _stopped(verdict, error, reply)
    if verdict.misconception == "start_returned":
        code = [_source(cell) for cell in before if cell["cell_type"] == "code"]
        cause = lost_update(code[-4:])
        return replace(verdict, hint=f"{verdict.hint} {cause}".strip())
    source = _source(before[index]) if index is not None else ""
    if verdict.misconception == "not_answered" and not is_begun(source):
        return replace(verdict, fact="The exercise was left as it was.", hint="")
    if not missing:
        empty = verdict.misconception == "not_answered"
        return replace(verdict, fact=f"`{name}` held no answer.", hint="") if empty else verdict
    if error is not None and is_begun(source):
        fact = f"There is no `{name}`: the line `raise NotImplementedError()` was left in its cell."
        hint = "That line ends the cell before the answer is kept."
        return Verdict(name, "wrong", 0.0, fact, hint, "raised")
    if error is None and is_begun(source):
        printed = shown(source)
        what = ": it showed its result, but did not keep it" if printed else ""
        fact, hint = explain("answer_not_named", name=name, what=what, value=printed or "...")
        return Verdict(name, "wrong", 0.0, fact.replace("leaves", "left"), hint, "answer_not_named")
    return verdict


def _stopped(verdict: Verdict, error: Error, reply: Reply | None) -> Verdict:
    name, said = verdict.answer, _said(error)
    if isinstance(reply, Missing):
        mistake = classify(error)
        fact = f"There is no `{name}`: {said}."
    elif verdict.right or (isinstance(reply, Found) and reply.value.kind == "function"):
        # A function is whole once it is defined, whatever came after it.
        why = never_met(verdict.evidence) if error.type in (LATE, "KeyboardInterrupt") else ""
        return replace(verdict, fact=f"{verdict.fact} After it, {said}. {why}".rstrip())
    else:
        mistake = classify(error)
        fact = f"`{name}` is what was left when {said}: not a result yet."
    parts = wrong(name, mistake, what=name_error(error), called="what it needs")
    return replace(parts, fact=fact)


def _said(error: Error) -> str:
    if error.type == LATE:
        return error.message.partition(";")[0].replace("this cell", "its cell")
    return f"its cell stopped with {name_error(error)}"


def _cell_of(name: str, before: Sequence[Mapping[str, Any]], *, missing: bool) -> int | None:
    """The cell that was to set a name: of the exercise's own, else of those above.

    `missing`: nothing has set it; then one that was begun and is silent about it counts as well.
    """
    code = [i for i, cell in enumerate(before) if cell["cell_type"] == "code"]
    own = []
    for i in reversed(code):
        if is_given(before[i]):
            break
        own.append(i)
    setting = [i for i in own if assigns(_source(before[i]), name)]
    if not setting and missing:
        begun = [i for i in own if is_begun(_source(before[i]))]
        # The exercise's cell, sooner than one that a student put beside it.
        setting = sorted(begun, key=lambda i: not nbgrader_of(before[i]).get("solution"))
    if not setting:
        setting = [i for i in reversed(code) if assigns(_source(before[i]), name)]
    return setting[0] if setting else None


def _source(cell: Mapping[str, Any]) -> str:
    return str(cell["source"])


def _error_of(
    index: int, before: Sequence[Mapping[str, Any]], late: Mapping[int, float]
) -> Error | None:
    """In what a cell ended."""
    if index in late:
        words = f"this cell was stopped after {late[index]:.3g} s"
        return Error(LATE, (LATE,), words)
    for output in reversed(before[index].get("outputs", [])):
        if isinstance(output, Mapping) and output.get("output_type") == "error":
            kind, words = str(output.get("ename"))[:80], str(output.get("evalue"))[:600]
            # Its bases stay in the kernel; a subclass of our interest goes by its own name.
            return Error(_plain(kind), (_plain(kind),), _plain(words))
    return None


def _plain(text: str) -> str:
    return "".join(c if c.isprintable() or c == "\n" else " " for c in text)


def say_changed(
    verdicts: Sequence[Verdict], name: str, before: Sequence[Mapping[str, Any]]
) -> list[Verdict]:
    """The verdicts of a check whose given function was another one when it was asked."""
    by = ""
    for cell in reversed(before):
        if cell["cell_type"] == "code" and not is_given(cell) and assigns(_source(cell), name):
            lines = (line.strip() for line in _source(cell).splitlines())
            first = next((line for line in lines if line and not line.startswith("#")), "")
            by = f": the cell `{first[:40]}` had changed it" if "`" not in first else ""
            break
    fact = f"`{name}` was not the given function any more{by}. The exercise's own `{name}` counted."
    return [replace(v, fact=f"{v.fact} {fact}") for v in verdicts]
