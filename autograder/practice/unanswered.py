"""Why there is no answer, in a session: not begun, not run, stopped, or left without its name."""

from __future__ import annotations

import re
from dataclasses import replace

from ..answers.source import assigns, is_begun, shown
from ..checks.base import wrong
from ..checks.verdict import Verdict
from .notebook import Cell, File
from .runs import Log, Run

__all__ = ["explain"]


def explain(verdict: Verdict, log: Log, file: File | None) -> Verdict:
    """A verdict on a missing answer, with what the session's runs and the file know of it.

    A misspelt name stays where the exercise was begun, and so do an error that the check has named
    already and the points that the check gives in spite of it, as for a label.
    """
    told = _explained(verdict, log, file)
    if told.outcome == "open" or told.share >= verdict.share:
        return told
    return replace(told, outcome=verdict.outcome, share=verdict.share)


def _explained(verdict: Verdict, log: Log, file: File | None) -> Verdict:
    name, check = verdict.answer, log.current
    if verdict.misconception == "garbled":
        return verdict
    run = _newest_run(name, log, file)
    if verdict.misconception == "misspelt_name":
        # A given function of a later exercise may have a name that is much like the answer's.
        stub = _is_stub(run if run is not None else _before(log))
        return replace(wrong(name, "not_answered"), outcome="open") if stub else verdict
    if run is not None and run.ended in ("raised", "interrupted"):
        return _stopped(verdict, run)
    if verdict.misconception != "not_answered":
        return verdict
    version = log.versions.get(name)
    if version is not None:  # it is there, and empty or a stub
        source = version.run.source
        if not is_begun(source):
            # What the cell came with may stand under the name while its answer has another.
            if run is not None and run.ended == "ok" and is_begun(run.source):
                return _not_named(name, run.source)
            return replace(verdict, outcome="open")
        dots = re.search(rf"^{re.escape(name)}\s*=\s*\.\.\.", source, re.MULTILINE)
        return _not_named(name, source) if dots else verdict
    if run is not None and run.ended == "ok" and is_begun(run.source):
        return _not_named(name, run.source)
    cells = _cells_of(check, file) if check is not None and run is None else []
    if any(is_begun(cell.source) for cell in cells):
        return replace(wrong(name, "answer_not_run"), outcome="open")
    return replace(verdict, outcome="open")


def _not_named(name: str, source: str) -> Verdict:
    printed = shown(source)
    what = ": it shows its result, but does not keep it" if printed else ""
    return wrong(name, "answer_not_named", what=what, value=printed or "...")


def _is_stub(run: Run | None) -> bool:
    """Whether a run was that of an answer's cell as it was released."""
    return (
        run is not None and run.error.startswith("NotImplementedError") and not is_begun(run.source)
    )


def _before(log: Log) -> Run | None:
    """The run just before the check's."""
    return next((run for run in reversed(log.runs) if run.ended != "running"), None)


def _stopped(verdict: Verdict, run: Run) -> Verdict:
    name = verdict.answer
    if run.error.startswith("NotImplementedError"):
        if not is_begun(run.source):
            return replace(verdict, outcome="open")
        hint = (
            "Its line `raise NotImplementedError()` ends it before your answer is kept: delete it."
        )
        return Verdict(
            name, "wrong", 0.0, f"{_capital(run.place)} stopped at its last line.", hint, "raised"
        )
    if run.ended == "interrupted":
        fact = f"There is no `{name}`: you interrupted {run.place} before it had set it."
        return Verdict(
            name, "wrong", 0.0, fact, "Is there a loop that never ends?", "never_returns"
        )
    if verdict.misconception != "not_answered":
        return verdict  # the check has words for this error
    fact = f"There is no `{name}`: {run.place} stopped with {run.error.rstrip('.')}."
    return Verdict(name, "wrong", 0.0, fact, "Read the last line of that cell's error.", "raised")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _cells_of(check: Run, file: File | None) -> list[Cell]:
    """The exercise's cells in the file: those between what is given or checked before, and here."""
    cells: list[Cell] = []
    for cell in file.cells if file is not None else ():
        if (
            (cell.cell_id == check.cell)
            if check.cell
            else (cell.source.strip() == check.source.strip())
        ):
            return [c for c in cells if c.role == "answer"] or cells
        if cell.role in ("given", "check"):
            cells.clear()
        else:
            cells.append(cell)
    return []


def _newest_run(name: str, log: Log, file: File | None) -> Run | None:
    """The newest run of the exercise's cell; None where it was not run, or cannot be told."""
    check = log.current
    runs = [r for r in log.runs if r.ended != "running"]
    if check is None:
        return None
    for run in reversed(runs):
        if assigns(run.source, name):
            newer = [r for r in runs if run.cell and r.cell == run.cell]
            return newer[-1] if newer else run
    mine = _cells_of(check, file)
    ids = {c.cell_id for c in mine if c.cell_id}
    texts = {c.source.strip() for c in mine}
    found = [r for r in runs if (r.cell in ids if r.cell else r.source.strip() in texts)]
    if found:
        return found[-1]
    if mine and check.cell:
        return None
    # Without a file: the cell run just before, if it shows something and sets no given name.
    last = _before(log)
    if last is None or last.sketch.asks or not is_begun(last.source):
        return None
    # What the check itself reads are the given functions.
    return last if shown(last.source) and not last.bound & check.sketch.reads else None
