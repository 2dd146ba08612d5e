"""A student's notebook, read from whatever the file holds.

nbformat reads what a notebook program wrote; a submission is written by anything. Here nothing is
taken over but what marking needs: the kind and the text of each cell, and the name by which
nbgrader knows it. Outputs, ids, tags and the notebook's own metadata stay behind, so that none can
steer the run (`skip-execution`, a kernel of the student's choice), but for the version of Python,
where it is newer than marking's. The file itself is only read.
"""

from __future__ import annotations

import json
import os
import re
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat

from ..errors import UnreadableSubmission

__all__ = ["MAX_BYTES", "read_notebook", "unreadable_notebook"]

MAX_BYTES = 64_000_000  # a notebook of 50 MB is a notebook with large outputs
MAX_CELLS = 5_000
MAX_TEXT = 2_000_000  # characters in all cells together; a chatty student needs a twentieth
MAX_PICTURES = 20_000_000  # characters of all pictures pasted into texts
# nbgrader's own facts on a cell: numbers, words, yes and no.
MAX_FACTS = 40
MAX_FACT = 1_000
# What a parsed file takes in memory grows with its objects and items: 60 MB of `{},{},` would be
# gigabytes. No notebook comes near these.
MAX_OBJECTS = 1_000_000
MAX_ITEMS = 12_000_000

_AGAIN = "Was the file damaged on its way? Open it in Jupyter, save it, and hand it in again."
_CONFLICT = re.compile(r"^(<{7}|>{7})( |\r?$)", re.MULTILINE)
_VERSION = re.compile(r"3\.(\d{1,3})(?![0-9])", re.ASCII)
_HALF_CHARACTERS = re.compile("[\ud800-\udfff]")


def read_notebook(
    path: str | os.PathLike[str], max_bytes: int = MAX_BYTES
) -> nbformat.NotebookNode:
    """The notebook in a file, as nbformat 4.4 without outputs.

    Each cell keeps `metadata.nbgrader` if that has a usable `grade_id`. `metadata.autograder.notes`
    is a list of sentences on what could not be taken over, and `metadata.autograder.python` the
    version of Python with which the notebook was written, such as "3.13", if it is newer than this.

    Raises:
        UnreadableSubmission: there is no notebook in it; the message is for its author.
    """
    return _notebook(_parse(_content(Path(path), max_bytes)))


def unreadable_notebook(reason: str, *, review: bool) -> nbformat.NotebookNode:
    """The notebook that stands in for one that cannot be read.

    Args:
        reason: why, in words for the student.
        review: whether a person is to look at what was handed in.
    """
    return _new([], {"unreadable": reason, "notes": [reason], "review": review})


def _new(cells: list[Any], about: dict[str, Any]) -> nbformat.NotebookNode:
    # 4.4, in which cells have no ids: nbformat draws missing ones at random, and then no two
    # markings of the same notebook are the same.
    metadata = nbformat.from_dict({"autograder": about})
    return nbformat.NotebookNode(nbformat=4, nbformat_minor=4, metadata=metadata, cells=cells)


# ------------------------------------------------------------------------------------ the file


def _content(path: Path, max_bytes: int) -> bytes:
    try:
        # No link is followed, and a pipe is not waited for.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise UnreadableSubmission("This notebook was not handed in.") from None
    except OSError as exc:
        if path.is_symlink():
            raise UnreadableSubmission(
                "In place of the notebook there is a link to another file. "
                "Hand in the notebook itself."
            ) from exc
        raise UnreadableSubmission(f"The file cannot be opened: {exc.strerror}.") from exc
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode):
        os.close(descriptor)
        raise UnreadableSubmission("In place of the notebook there is no ordinary file.")
    with open(descriptor, "rb") as file:
        if found.st_size > max_bytes:
            raise UnreadableSubmission(
                f"The file has {found.st_size / 1e6:.0f} MB; at most {max_bytes / 1e6:.0f} MB are "
                "read. Clear all outputs, and look for what made it so large."
            )
        return file.read(max_bytes)


def _parse(content: bytes) -> dict[str, Any]:
    if not content.strip():
        raise UnreadableSubmission(f"The file is empty. {_AGAIN}")
    text = _text(content)
    if text.count("{") + text.count("[") > MAX_OBJECTS or text.count(",") > MAX_ITEMS:
        raise UnreadableSubmission("The file holds more than any notebook does.")
    try:
        raw = json.loads(text)
    except (ValueError, RecursionError, MemoryError) as exc:
        if mark := _CONFLICT.search(text):
            line = text.count("\n", 0, mark.start()) + 1
            raise UnreadableSubmission(
                f"Git left two versions in the file: conflict marks ({mark[1]}) begin in line "
                f"{line}. Decide for one version (`git checkout --ours`, or `--theirs`), see that "
                "it opens in Jupyter, and hand it in again."
            ) from exc
        where = f", line {exc.lineno}" if isinstance(exc, json.JSONDecodeError) else ""
        raise UnreadableSubmission(f"The file is not a notebook (JSON){where}. {_AGAIN}") from exc
    if not isinstance(raw, dict):
        raise UnreadableSubmission(f"The file is not a notebook: it holds no cells. {_AGAIN}")
    return raw


def _text(content: bytes) -> str:
    """A file's text, in the encoding in which it was written, of which JSON may have several."""
    try:
        # By a mark at its begin, or the zeros among its first bytes: UTF-8, UTF-16, UTF-32.
        return content.decode(json.detect_encoding(content)).removeprefix("\ufeff")
    except UnicodeDecodeError as exc:
        # What an old editor on Windows writes. All but letters beyond ASCII is as it was.
        text = content.decode("cp1252", "replace")
        if not text.lstrip().startswith("{") or not text.rstrip().endswith("}"):
            raise UnreadableSubmission(f"The file is not UTF-8 text. {_AGAIN}") from exc
        return text


# ------------------------------------------------------------------------------------ the cells


def _notebook(raw: dict[str, Any]) -> nbformat.NotebookNode:
    raw_cells = _raw_cells(raw)
    if len(raw_cells) > MAX_CELLS:
        raise UnreadableSubmission(
            f"The notebook has {len(raw_cells)} cells; at most {MAX_CELLS} are read."
        )
    notes: list[str] = []
    cells = [_cell(number, cell, notes) for number, cell in enumerate(raw_cells, start=1)]
    _limit_pictures(cells, notes)
    if sum(len(cell.source) for cell in cells) > MAX_TEXT:
        raise UnreadableSubmission(
            f"The notebook's cells have more than {MAX_TEXT} characters in all."
        )
    return _new(cells, {"notes": notes, **_newer_python(raw)})


def _newer_python(raw: dict[str, Any]) -> dict[str, str]:
    """By "python", the version that a notebook says it was written with, if it is newer than this.

    Whoever forges it has a person look at what does not run, and earns nothing by it.
    """
    metadata = raw.get("metadata")
    language = metadata.get("language_info") if isinstance(metadata, dict) else None
    version = language.get("version") if isinstance(language, dict) else None
    found = _VERSION.match(version) if isinstance(version, str) else None
    if found is None or (3, int(found[1])) <= sys.version_info[:2]:
        return {}
    return {"python": found[0]}


def _limit_pictures(cells: list[nbformat.NotebookNode], notes: list[str]) -> None:
    left = MAX_PICTURES
    for number, cell in enumerate(cells, start=1):
        pictures = cell.get("attachments", {})
        left -= sum(len(text) for kinds in pictures.values() for text in kinds.values())
        if left < 0 and pictures:
            del cell["attachments"]
            notes.append(f"The pictures of cell {number} were left out: they are too large.")


def _raw_cells(raw: dict[str, Any]) -> list[Any]:
    """The cells of nbformat 4, or of 2 and 3, which had them in worksheets."""
    if isinstance(raw.get("cells"), list):
        return raw["cells"]
    sheets = raw.get("worksheets")
    if isinstance(sheets, list):
        found = [sheet.get("cells") for sheet in sheets if isinstance(sheet, dict)]
        return [cell for cells in found if isinstance(cells, list) for cell in cells]
    raise UnreadableSubmission(f"The file is not a notebook: it holds no cells. {_AGAIN}")


def _cell(number: int, raw: Any, notes: list[str]) -> nbformat.NotebookNode:
    """One cell, of whatever the student's file has in its place."""
    if not isinstance(raw, dict):
        notes.append(f"Cell {number} was no cell; it is left empty.")
        raw = {}
    kind = raw.get("cell_type")
    source = _source(raw.get("input" if "source" not in raw else "source"))
    if source is None:
        notes.append(f"Cell {number} had no text; it is left empty.")
        source = ""
    if kind == "heading":  # nbformat 3
        kind, source = "markdown", f"# {source}"
    if kind not in ("code", "markdown"):
        kind = "raw"
    cell = nbformat.NotebookNode(cell_type=kind, metadata=nbformat.NotebookNode(), source=source)
    if kind == "code":
        cell.outputs, cell.execution_count = [], None
    metadata = raw.get("metadata")
    about = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    grade_id = about.get("grade_id") if isinstance(about, dict) else None
    if isinstance(about, dict) and isinstance(grade_id, str) and 0 < len(grade_id) <= MAX_FACT:
        cell.metadata["nbgrader"] = nbformat.from_dict(dict(_facts(about)))
    if kind == "markdown":
        attachments = dict(_attachments(raw.get("attachments")))
        if attachments:
            cell["attachments"] = nbformat.from_dict(attachments)
    return cell


def _facts(about: dict[Any, Any]) -> Iterator[tuple[str, Any]]:
    """What nbgrader may want to know of a cell, without what it never wrote."""
    for name, fact in list(about.items())[:MAX_FACTS]:
        plain = fact is None or isinstance(fact, bool | int | float | str)
        if plain and len(f"{name}{fact}") <= 2 * MAX_FACT:
            yield name, fact


def _source(raw: Any) -> str | None:
    """A cell's text, which JSON may hold in lines, fit to be written as UTF-8 again."""
    if isinstance(raw, list) and all(isinstance(line, str) for line in raw):
        raw = "".join(raw)
    if not isinstance(raw, str):
        return None
    return _HALF_CHARACTERS.sub("\N{REPLACEMENT CHARACTER}", raw)


def _attachments(raw: Any) -> Iterator[tuple[str, dict[str, str]]]:
    """Pictures that a student pasted into a text."""
    for name, data in raw.items() if isinstance(raw, dict) else ():
        if not isinstance(data, dict):
            continue
        clean = {
            kind: content
            for kind, content in data.items()
            if isinstance(content, str)
            and kind.startswith("image/")
            and not _HALF_CHARACTERS.search(kind + content)
        }
        if clean and not _HALF_CHARACTERS.search(name):
            yield name, clean
