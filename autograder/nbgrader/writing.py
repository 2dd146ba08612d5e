"""The nbconvert exporter that writes marked copies: byte for byte as nbconvert, in less time.

nbconvert copies a notebook three times for a conversion, checks it against its schema after each
step and before and after it is written, and indents with the part of Python's `json` that is
written in Python. That was a third of what writing a class's marks took. Here it is not copied,
checked once when all steps are done, and indented by hand.

nbgrader converts each submission twice, and the second time reads what it wrote the first time.
Where nobody else's steps are between, the first hands its notebook over instead.
"""

from __future__ import annotations

import io
import json
from functools import lru_cache
from typing import Any

import nbformat
from nbconvert.exporters import Exporter, NotebookExporter
from nbformat.v4.rwbase import split_lines, strip_transient

__all__ = ["Writer", "indented", "written"]

BORROWED = {
    "nbformat.v4.rwbase:split_lines": ("nb",),
    "nbformat.v4.rwbase:strip_transient": ("nb",),
}
# Where nbconvert has moved these, its own are used.
DISPENSABLE = {
    "nbconvert.exporters:NotebookExporter._preprocess": ("nb", "resources"),
    "nbconvert.exporters:NotebookExporter._preprocessors": (),
}

_FORMAT = 4
_LEAVES = frozenset({str, int, float, bool, type(None)})
_NESTED = (dict, list, tuple)


class Writer(NotebookExporter):
    """nbconvert's, for whoever asks it for notebooks one after the other.

    Attributes:
        hands_over: whether the next conversion is the first of two, whose text nobody reads.
        handed: then, what it has made instead of a text, as it would be read from one.
    """

    hands_over = False
    handed: nbformat.NotebookNode | None = None
    _last = ""

    def from_file(
        self, file_stream: Any, resources: dict[str, Any] | None = None, **kw: Any
    ) -> tuple[Any, dict[str, Any]]:
        """As nbconvert's; what was written here last is known to be sound."""
        text = file_stream.read()
        convert: Any = self.from_notebook_node  # nbconvert's, without types
        if text == self._last:
            return convert(nbformat.v4.reads(text), resources=resources, **kw)
        return super().from_file(io.StringIO(text), resources=resources, **kw)

    def from_notebook_node(
        self, nb: nbformat.NotebookNode, resources: dict[str, Any] | None = None, **kw: Any
    ) -> tuple[Any, dict[str, Any]]:
        """The text of a notebook after all preprocessors, as nbconvert's; `nb` is used up by it."""
        if nb.nbformat != _FORMAT or self.nbformat_version != _FORMAT:
            theirs: Any = super().from_notebook_node
            return theirs(nb, resources, **kw)
        own: Any = _Own  # nbformat's, without types
        # Not its base's, which writes.
        done, found = Exporter.from_notebook_node(self, own(nb), resources, **kw)
        found["output_suffix"] = ".nbconvert"
        if self.hands_over:
            self.handed = strip_transient(done)
            return "", found
        self._last = written(done) + "\n"
        return self._last, found

    def _preprocess(
        self, nb: nbformat.NotebookNode, resources: dict[str, Any]
    ) -> tuple[nbformat.NotebookNode, dict[str, Any]]:
        for preprocessor in self._preprocessors:
            nb, resources = preprocessor(nb, resources)
        if self.hands_over:  # it is checked when the second conversion is done
            return nb, resources
        try:
            nbformat.validate(nb)
        except nbformat.ValidationError:
            nbformat.validate(nb, relax_add_props=True)  # raises, where nbconvert would
            nbformat.writes(nb)  # which says what it would be lenient about
        return nb, resources


class _Own(nbformat.NotebookNode):
    """A notebook that was read for one conversion: nbconvert's copy of it is the thing itself."""

    def __deepcopy__(self, memo: dict[int, Any]) -> nbformat.NotebookNode:
        return nbformat.NotebookNode(self)


def written(notebook: nbformat.NotebookNode) -> str:
    """What `nbformat.v4.writes` gives for a notebook, which is used up by it.

    Raises:
        TypeError: there is something in it that is no JSON.
    """
    return indented(strip_transient(split_lines(notebook)))


def indented(value: Any, depth: int = 0) -> str:
    """As `json.dumps` with an indent of 1, sorted keys and letters beyond ASCII as they are."""
    if not value or not isinstance(value, _NESTED):
        return _encoder(0)(value)
    inner, outer = "\n" + " " * (depth + 1), "\n" + " " * depth
    parts = value.values() if isinstance(value, dict) else value
    if _LEAVES.issuperset(map(type, parts)):  # at once, by the part that is written in C
        text = _encoder(depth + 1)(value)
        return f"{text[0]}{inner}{text[1:-1]}{outer}{text[-1]}"
    if isinstance(value, dict):
        if not {str}.issuperset(map(type, value)):
            raise TypeError("keys of a notebook are strings")
        key = _encoder(0)
        items = [f"{key(k)}: {indented(value[k], depth + 1)}" for k in sorted(value)]
        return f"{{{inner}{f',{inner}'.join(items)}{outer}}}"
    items = [indented(part, depth + 1) for part in value]
    return f"[{inner}{f',{inner}'.join(items)}{outer}]"


@lru_cache(maxsize=64)
def _encoder(depth: int) -> Any:
    """Encodes what has no further depth, an item on a line of its own."""
    separators = (",\n" + " " * depth, ": ")
    encoder = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=separators)
    # As `encode` makes one in each call, which takes longer than what it encodes here.
    items, key = separators
    text = json.encoder.encode_basestring
    theirs: Any = json.encoder
    try:
        encoded = theirs.c_make_encoder(
            None, encoder.default, text, None, key, items, True, False, True
        )
    except (AttributeError, TypeError):  # a Python without json's part in C, or with another
        return encoder.encode
    return lambda value: "".join(encoded(value, 0))
