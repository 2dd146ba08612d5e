"""What of a student's output is shown, and as which job of the press."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .sheet import Made, Sheet

__all__ = ["ask_for"]

# In nbconvert's order: what tells most comes first.
_KINDS = {
    "text/html": "html",
    "text/markdown": "markdown",
    "image/svg+xml": "svg",
    "text/latex": "latex",
    "image/png": "png",
    "image/jpeg": "jpeg",
    "text/plain": "text",
}


def ask_for(
    output: Mapping[str, Any], sheet: Sheet, put: Callable[[Made], None], *, hidden: bool = False
) -> bool:
    """Ask for the HTML of a cell's output; whether there is anything of it to be shown.

    Args:
        output: as a notebook has it.
        sheet: the page's.
        put: is given the HTML.
        hidden: whether the lines of the cell are not to be shown, as a traceback would.
    """
    kind = output["output_type"]
    if kind == "stream":
        sheet.ask("stderr" if output["name"] == "stderr" else "text", _text(output["text"]), put)
        return True
    if kind == "error":
        lines = [f"{output['ename']}: {output['evalue']}"] if hidden else output["traceback"]
        sheet.ask("text", "\n".join(map(str, lines)), put)
        return True
    found = _best(output.get("data", {}))
    if found is not None:
        sheet.ask(*found, put)
    return found is not None


def _best(data: Mapping[str, Any]) -> tuple[str, str] | None:
    """What of a MIME bundle is shown: the kind of job, and the content."""
    for kind, job in _KINDS.items():
        content = _text(data.get(kind))
        if content:
            return job, content
    return None


def _text(content: Any) -> str:
    """A text, which a notebook's file may hold line by line; "" for what is none."""
    if isinstance(content, list):
        return "".join(map(str, content))
    return content if isinstance(content, str) else ""
