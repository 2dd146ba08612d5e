"""Marked copies are written byte for byte as nbformat and nbconvert write them."""

from __future__ import annotations

import copy
import io
import json
import random
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbconvert.exporters import NotebookExporter
from nbconvert.writers import FilesWriter
from nbgrader.coursedir import CourseDirectory
from traitlets.config.loader import PyFileConfigLoader

from autograder.nbgrader.converter import Autograde
from autograder.nbgrader.writing import Writer, _encoder, indented, written
from tests.marking import small_course as small

REPOSITORY = Path(__file__).parents[2]
NOTEBOOKS = sorted((REPOSITORY / "release").rglob("*.ipynb"))
LEAVES = ("", 'ein Über\n"text"\u2028', "\ud83d\ude00", 0, -7, 2**70, 0.1, 1e300, -0.0, True, None)


def some(dice: random.Random, depth: int) -> Any:
    """A piece of JSON."""
    kind = dice.choice(("leaf", "list", "dict")) if depth else "leaf"
    size = dice.randrange(4)
    if kind == "list":
        return [some(dice, depth - 1) for _ in range(size)]
    if kind == "dict":
        return {f"{dice.choice('bäz')}{n}": some(dice, depth - 1) for n in range(size)}
    return dice.choice((*LEAVES, float("nan"), float("inf")))


@pytest.mark.parametrize("seed", range(200))
def test_text_is_that_of_json(seed: int) -> None:
    value = some(random.Random(seed), 5)
    theirs = json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False, separators=(",", ": "))
    assert indented(value) == theirs


def test_without_the_part_of_json_that_is_written_in_c_text_is_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    value = some(random.Random(7), 5)
    usual = indented(value)
    _encoder.cache_clear()
    monkeypatch.setattr(json.encoder, "c_make_encoder", None)
    assert _encoder(1)([1, "ä"]) == '[1,\n "ä"]'
    monkeypatch.undo()
    _encoder.cache_clear()
    assert indented(value) == usual


def test_what_is_no_json_is_refused() -> None:
    for value in ({1: [2]}, {"a": {1: [2]}}, [[{1, 2}]], {"a": [object()]}):
        with pytest.raises(TypeError):
            indented(value)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_written_as_nbformat_does(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[0].metadata["trusted"] = True  # which is never written
    picture = {"image/svg+xml": "<svg>\n</svg>", "text/plain": "1\n2", "application/json": [1, {}]}
    outputs = [
        nbformat.v4.new_output("display_data", picture),
        nbformat.v4.new_output("stream", name="stdout", text="a\nb\n"),
    ]
    notebook.cells.append(nbformat.v4.new_code_cell("x\ny", outputs=outputs))
    assert written(copy.deepcopy(notebook)) == nbformat.v4.writes(notebook)


class Spoil:
    """A step that leaves what no notebook may have."""

    def __init__(self, **fields: Any) -> None:
        self.fields = fields

    def __call__(self, notebook: Any, resources: Any) -> Any:
        notebook.cells[0].update(self.fields)
        return notebook, resources


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_an_exporter_gives_what_nbconverts_gives(path: Path) -> None:
    text, writer = path.read_text(encoding="utf-8"), Writer()
    theirs, about = NotebookExporter().from_file(io.StringIO(text))
    for _ in range(2):  # the second time it is what was written last
        ours, found = writer.from_file(io.StringIO(text))
        assert (ours, dict(found)) == (theirs, dict(about))
        text = ours


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_what_is_handed_over_is_what_would_be_read_again(path: Path) -> None:
    text, writer = path.read_text(encoding="utf-8"), Writer()
    usual, _ = writer.from_file(io.StringIO(text))
    assert writer.handed is None
    writer.hands_over = True
    nothing, _ = writer.from_file(io.StringIO(text))
    assert (nothing, writer.handed) == ("", nbformat.reads(usual, as_version=4))


@pytest.mark.parametrize("version", [3, 4])
def test_a_submission_is_written_once_where_all_steps_are_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: int
) -> None:
    small.make(tmp_path, REPOSITORY)
    small.hand_in(tmp_path, small.HARMLESS[0])
    config = PyFileConfigLoader("nbgrader_config.py", path=str(tmp_path)).load_config()
    config.NotebookExporter.nbformat_version = version  # in which our writer leaves all to theirs
    config.CourseDirectory.root = str(tmp_path)
    config.CourseDirectory.assignment_id = small.ASSIGNMENT
    course = CourseDirectory(config=config)
    wrote = []
    write = FilesWriter.write
    monkeypatch.setattr(
        FilesWriter,
        "write",
        lambda self, text, *more, **named: wrote.append(text) or write(self, text, *more, **named),
    )
    copies = []
    for kept in (False, True):
        converter = Autograde(coursedir=course, config=config, force=True)
        converter.keep_steps(kept)
        converter.start()
        copies.append(
            [path.read_text() for path in sorted(tmp_path.glob("autograded/*/*/*.ipynb"))]
        )
    assert len(wrote) == (4 + 2 if version == 4 else 4 + 4)
    assert copies[0] == copies[1]
    assert len(copies[0]) == len(small.NOTEBOOKS)


@pytest.mark.parametrize("fields", [{"source": 7}, {"cell_type": "hologram"}])
def test_what_a_step_spoils_is_refused_as_by_nbconvert(fields: dict[str, Any]) -> None:
    for kind in (NotebookExporter, Writer):
        exporter = kind()
        exporter.register_preprocessor(Spoil(**fields), enabled=True)
        with pytest.raises(nbformat.ValidationError):
            exporter.from_filename(str(NOTEBOOKS[0]))


def test_what_nbconvert_is_lenient_about_is_written() -> None:
    texts = []
    for kind in (NotebookExporter, Writer):
        exporter = kind()
        exporter.register_preprocessor(Spoil(colour="red"), enabled=True)
        texts.append(exporter.from_filename(str(NOTEBOOKS[0]))[0])
    assert texts[0] == texts[1]
    assert '"colour": "red"' in texts[0]
