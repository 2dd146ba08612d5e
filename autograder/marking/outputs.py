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

__all__ = ["keep_sound"]

MAX_TEXT = 1_000_000  # characters of one text; an honest cell's are a few thousand
MAX_DATA = 16_000_000  # characters of one picture, film or table
MAX_LEVELS = 20  # of nesting; json and copy recurse, and give up at some hundreds
OURS = "application/vnd.autograder"
_CUT = "\n... the rest of this output was left out ..."


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
    return raw.encode("utf-8", "replace").decode()


def _plain(raw: Any, level: int = 0) -> Any:
    """JSON data without what files and databases cannot hold."""
    if level > MAX_LEVELS:
        raise _Unsound("nested too deeply")
    if isinstance(raw, str):
        return _text(raw, MAX_DATA)
    if isinstance(raw, dict):
        return {_text(k): _plain(v, level + 1) for k, v in raw.items()}
    if isinstance(raw, list):
        return [_plain(v, level + 1) for v in raw]
    return raw


def _bundle(raw: Any) -> dict[str, Any]:
    """A MIME bundle; what claims to be a verdict is no output of a student's."""
    if not isinstance(raw, dict):
        raise _Unsound("MIME bundle expected")
    kept = {}
    for kind, content in raw.items():
        kind = _text(kind)
        if kind.lower().startswith(OURS):
            continue
        is_json = kind.endswith("json")
        short = kind.startswith("text/plain")
        limit = MAX_TEXT if short else MAX_DATA
        kept[kind] = _plain(content) if is_json else _text(content, limit)
    return kept


def _metadata(raw: Any) -> dict[str, Any]:
    return _plain(raw) if isinstance(raw, dict) else {}


def _sound(raw: Any) -> nbformat.NotebookNode:
    new: Any = nbformat.v4.new_output
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
                traceback=[_text(x) for x in lines] if isinstance(lines, list) else [],
            )
        case "display_data" | "execute_result" as kind:
            content: dict[str, Any] = {"metadata": _metadata(raw.get("metadata"))}
            if kind == "execute_result":
                content["execution_count"] = _count(raw.get("execution_count"))
            return new(kind, _bundle(raw.get("data")), **content)
    raise _Unsound("unknown kind of output")


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


def keep_sound(cell: nbformat.NotebookNode) -> bool:
    """Mend or drop each output of a code cell, in place; whether none had to be dropped.

    Gone is also what claims to be a verdict, whenever it came: a later cell can change what an
    earlier one displays.
    """
    outputs, all_kept = [], True
    for output in cell.get("outputs", []):
        try:
            outputs.append(_sound(output))
        except (_Unsound, RecursionError):
            all_kept = False
            words = "an output of this cell was left out: no notebook can hold it"
            outputs.append(nbformat.v4.new_output("display_data", {"text/plain": words}))
    cell.outputs = _joined(outputs)
    cell.execution_count = _count(cell.get("execution_count"))
    return all_kept
