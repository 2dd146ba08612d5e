"""A student's outputs, brought into the form in which a notebook may hold them.

What a kernel sends is whatever its code wants it to be, and nbclient copies it into the notebook as
it comes: a text that is a number, a traceback of lists, half a character, a thousand levels of
JSON. nbgrader's next steps and whoever reads the file later rely on nbformat's schema, and one such
value would keep the whole submission from being marked. So it is mended here, or dropped.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import nbformat

from .budget import CUT, Budget, weigh
from .places import only_ours, without_places

__all__ = ["keep_sound", "lighten", "say_cut"]

MAX_TEXT = 1_000_000  # characters of one text; an honest cell's are a few thousand
MAX_DATA = 8_000_000  # characters of one picture, film or table
MAX_KINDS = 12  # ways of showing one output; rich displays have three
MAX_LINES = 300  # of a traceback, which ends with what happened; nbgrader keeps 100
MAX_METADATA = 1_000  # characters and nodes: the size of a picture, in a browser
OURS = "application/vnd.autograder"
_CUT = "\n... the rest of this output was left out ..."
_UNSHOWN = "an output of this cell was left out: it is data, or a widget, and no page shows it"


class _Unsound(ValueError):
    """A value that no notebook may hold."""


def _text(raw: Any, limit: int = MAX_TEXT) -> str:
    if isinstance(raw, list):
        raw = "".join(line for line in raw if isinstance(line, str))
    if not isinstance(raw, str):
        raise _Unsound("text expected")
    if len(raw) > limit:
        raw = raw[:limit] + _CUT
    # Half of a surrogate pair is no character: the file could not be written.
    return without_places(raw.encode("utf-8", "replace").decode())


def _is_kept(kind: Any) -> bool:
    """Whether an output of this MIME type is kept.

    JSON is shown on no page, and costs a hundred times its length where it is read. What claims to
    be a verdict is JSON as well, and no output of a student's.
    """
    if not isinstance(kind, str) or len(kind) > 100:
        return False
    return "json" not in kind.lower() and not kind.lower().startswith(OURS)


def lighten(content: Any) -> None:
    """Take out of a message's content, in place, what is not kept in any case."""
    if isinstance(content.get("data"), dict):
        kept = {kind: x for kind, x in content["data"].items() if _is_kept(kind)}
        lost = len(kept) < len(content["data"])
        content["data"] = dict(list(kept.items())[:MAX_KINDS])
        if lost and not kept:
            content["data"] = {"text/plain": _UNSHOWN}
    if "metadata" in content:
        content["metadata"] = _metadata(content["metadata"])
    if isinstance(content.get("traceback"), list):
        content["traceback"] = _lines([x for x in content["traceback"] if isinstance(x, str)])


def _bundle(raw: Any) -> dict[str, Any]:
    """A MIME bundle."""
    if not isinstance(raw, dict):
        raise _Unsound("MIME bundle expected")
    return {
        _text(kind): _text(x, MAX_TEXT if kind.startswith("text/plain") else MAX_DATA)
        for kind, x in raw.items()
    }


def _metadata(raw: Any) -> dict[str, Any]:
    """Metadata of one level, such as a picture's width; of what is more, nothing has any use."""
    if not isinstance(raw, dict) or max(weigh(raw)) > MAX_METADATA:
        return {}
    return {
        _text(kind): {_text(k): v for k, v in about.items() if type(v) in (int, bool)}
        for kind, about in raw.items()
        if isinstance(about, dict)
    }


def _sound(raw: Any) -> nbformat.NotebookNode:
    new: Any = nbformat.v4.new_output
    lighten(raw)
    match raw.get("output_type"):
        case "stream":
            name = "stderr" if raw.get("name") == "stderr" else "stdout"
            return new("stream", name=name, text=_text(raw.get("text")))
        case "error":
            lines = raw.get("traceback")
            return new(
                "error",
                ename=_text(raw.get("ename")),
                evalue=_text(raw.get("evalue")),
                traceback=_lines(lines) if isinstance(lines, list) else [],
            )
        case "display_data" | "execute_result" as kind:
            content: dict[str, Any] = {"metadata": _metadata(raw.get("metadata"))}
            if kind == "execute_result":
                content["execution_count"] = _count(raw.get("execution_count"))
            return new(kind, _bundle(raw.get("data")), **content)
    raise _Unsound("unknown kind of output")


def _lines(raw: list[Any]) -> list[str]:
    """The last lines of a traceback, as many as one text may have characters."""
    kept: list[str] = []
    left = MAX_TEXT
    for line in raw[: -MAX_LINES - 1 : -1]:
        text = only_ours(_text(line))
        left -= len(text)
        if left < 0:
            return [_CUT.strip(), *reversed(kept)]
        kept.append(text)
    return kept[::-1]


def _count(raw: Any) -> int | None:
    return raw if type(raw) is int and 0 <= raw < 2**31 else None


def _joined(outputs: list[nbformat.NotebookNode]) -> list[nbformat.NotebookNode]:
    """Text that came in pieces as one; stdout before stderr, since their order is chance.

    nbclient's own `coalesce_streams` takes time in the square of a line's length: one printed line
    of a few megabytes would keep the grader for days.
    """
    pieces: dict[str, list[str]] = {}
    kept = []
    for output in outputs:
        if output.output_type != "stream":
            kept.append(output)
        elif output.name in pieces:
            pieces[output.name].append(output.text)
        else:
            pieces[output.name] = [output.text]
            kept.append(output)
    for output in kept:
        if output.output_type == "stream":
            output.text = _text("".join(pieces[output.name]))
    for place, (one, other) in enumerate(pairwise(kept)):
        if (one.get("name"), other.get("name")) == ("stderr", "stdout"):
            kept[place : place + 2] = [other, one]
    return kept


def keep_sound(cell: nbformat.NotebookNode, number: int, budget: Budget) -> bool:
    """Mend or drop each output of a code cell, in place; whether none had to be dropped.

    Gone is also what claims to be a verdict, whenever it came: a later cell can change what an
    earlier one displays.

    Args:
        cell: whose outputs are as they came.
        number: its place in the notebook.
        budget: that of the notebook's outputs which are kept.
    """
    outputs, all_kept = [], True
    for output in cell.get("outputs", []):
        try:
            outputs.append(_sound(output))
        except (_Unsound, RecursionError):
            all_kept = False
            words = "an output of this cell was left out: no notebook can hold it"
            outputs.append(nbformat.v4.new_output("display_data", {"text/plain": words}))
    outputs = _joined(outputs)
    cell.outputs = [
        output
        for place, output in enumerate(outputs)
        if budget.take(weigh(output), (number, place))
    ]
    if len(cell.outputs) < len(outputs):
        all_kept = False
        say_cut(cell)
    cell.execution_count = _count(cell.get("execution_count"))
    return all_kept


def say_cut(cell: nbformat.NotebookNode) -> None:
    """Say, below what is left of a cell's outputs, that it is not all."""
    cell.outputs.append(nbformat.v4.new_output("stream", name="stderr", text=CUT + "\n"))
