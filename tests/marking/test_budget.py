"""What the outputs of a notebook hold has a limit, however it came to be there.

Messages go straight to the client, as a kernel of a student's making would send them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from autograder.errors import MarkingError
from autograder.marking.budget import CUT, Budget, sparing, weigh
from autograder.marking.client import MAX_MESSAGES, Client
from autograder.marking.outputs import keep_sound, say_cut
from autograder.marking.reading import read_notebook
from autograder.marking.results import MAX_RESULT, Results, as_kept

new: Any = nbformat.v4
Message = dict[str, Any]
MOST_CHARACTERS, MOST_NODES = 20_000_000, 100_000  # as docs/security.md says
SPARED = 4_000  # of each cell in any case

MB = "x" * 1_000_000
MB_SHOWN = {"text/plain": MB}
SMALL = {"text/plain": "x"}


def message(kind: str, **content: Any) -> Message:
    return {
        "msg_type": kind,
        "header": {"msg_type": kind},
        "parent_header": {"msg_id": "1"},
        "content": content,
    }


def shown(data: Any, name: str = "", **content: Any) -> Message:
    transient = {"display_id": name} if name else {}
    return message("display_data", data=data, metadata={}, transient=transient) | {
        "content": {"data": data, "metadata": {}, "transient": transient, **content}
    }


def changed(data: Any, name: str) -> Message:
    about = {"display_id": name}
    return message("update_display_data", data=data, metadata={}, transient=about)


def one_change_to_many_displays() -> Iterator[Message]:
    for _ in range(100):
        yield shown(SMALL, "a")
    yield changed({"image/png": "A" * 4_000_000}, "a")


def one_change_to_a_few_displays() -> Iterator[Message]:
    for _ in range(40):
        yield shown(SMALL, "a")
    yield changed({"image/png": "A" * 4_000_000}, "a")


def many_changes_to_pairs_of_displays() -> Iterator[Message]:
    for name in map(str, range(40)):
        yield from (shown(SMALL, name), shown(SMALL, name), changed({"text/html": MB}, name))


def a_display_that_names_itself_again() -> Iterator[Message]:
    """A display by a known name is also a change of all the others of that name."""
    for _ in range(60):
        yield shown({"text/html": MB}, "a")


def many_large_outputs() -> Iterator[Message]:
    for _ in range(60):
        yield shown({"image/png": MB})


def many_small_outputs() -> Iterator[Message]:
    for _ in range(MAX_MESSAGES):
        yield shown({f"text/x-{i}": "" for i in range(12)})


def a_text_in_pieces() -> Iterator[Message]:
    for _ in range(MAX_MESSAGES):
        yield message("stream", name="stdout", text="x" * 10_000)


def large_metadata() -> Iterator[Message]:
    for _ in range(60):
        yield shown(SMALL, metadata={"image/png": {"alt": MB}})


def many_kinds_of_the_same() -> Iterator[Message]:
    for _ in range(3):
        yield shown({f"text/x-{i}": "x" * 10_000 for i in range(10_000)})


def long_names_of_kinds() -> Iterator[Message]:
    for _ in range(60):
        yield shown({f"text/{MB}": "x"})


def tracebacks_without_end() -> Iterator[Message]:
    for _ in range(60):
        yield message("error", ename="E" * 1000, evalue="v", traceback=[MB] * 100)


def tracebacks_of_many_lines() -> Iterator[Message]:
    for _ in range(60):
        yield message("error", ename="E", evalue=MB, traceback=[""] * 100_000)


def results_beside_displays() -> Iterator[Message]:
    for number in range(60):
        yield message("execute_result", data=MB_SHOWN, metadata={}, execution_count=number)


def small_json() -> Iterator[Message]:
    for kind in ("application/json", "application/geo+json", "application/x-ndjson; a=b"):
        yield shown({kind: [{}] * 80_000})


def deep_json() -> Iterator[Message]:
    deep: Any = []
    for _ in range(400):
        deep = [deep]
    yield shown({"application/json": deep})
    yield shown({"text/plain": deep, "image/png": {"a": deep}})


def cleared_and_said_again() -> Iterator[Message]:
    """What a cell clears makes room, once; what it clears later does not."""
    for _ in range(20):
        yield shown({"image/png": MB}, "a")
        yield message("clear_output", wait=True)
    for _ in range(60):
        yield shown({"image/png": MB}, "a")


def widgets() -> Iterator[Message]:
    state = {"_model_module": "@jupyter-widgets/output", "_model_name": "OutputModel"}
    yield message("comm_open", comm_id="w", target_name="jupyter.widget", data={"state": state})
    for _ in range(60):
        yield message("comm_msg", comm_id="w", data={"state": {"msg_id": "1", "outputs": [MB]}})
        yield shown({"application/vnd.jupyter.widget-view+json": {"model_id": MB}})


ATTACKS: list[Callable[[], Iterator[Message]]] = [
    one_change_to_many_displays,
    one_change_to_a_few_displays,
    many_changes_to_pairs_of_displays,
    a_display_that_names_itself_again,
    many_large_outputs,
    many_small_outputs,
    a_text_in_pieces,
    large_metadata,
    many_kinds_of_the_same,
    long_names_of_kinds,
    tracebacks_without_end,
    tracebacks_of_many_lines,
    results_beside_displays,
    small_json,
    deep_json,
    cleared_and_said_again,
    widgets,
]


def notebook(cells: int) -> Any:
    return new.new_notebook(cells=[new.new_code_cell("x") for _ in range(cells)])


def run(nb: Any, index: int, messages: Iterator[Message], client: Any) -> None:
    client.heard, client.cut = 0, False
    for sent in messages:
        client.process_message(sent, nb.cells[index], index)


def client_of(nb: Any) -> Client:
    return ready(Client(nb, km=None, budget=Budget()))


def ready(client: Any) -> Any:
    client.reset_execution_trackers()
    client.clear_before_next_output = False  # as where it begins a cell
    return client


def held(nb: Any) -> Any:
    return weigh([cell.outputs for cell in nb.cells])


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
def test_what_a_notebook_holds_has_a_limit(attack: Callable[[], Iterator[Message]]) -> None:
    nb = notebook(2)
    client = client_of(nb)
    room = len(nb.cells) * SPARED
    for index in range(2):
        run(nb, index, attack(), client)
        assert len(nb.cells[index].outputs) > 0 or client.cut
        found = held(nb)
        assert found.characters <= MOST_CHARACTERS + room
        assert found.nodes <= MOST_NODES + room
    kept = Budget()
    for index, cell in enumerate(nb.cells):
        if keep_sound(cell, index, kept) and client.cut:
            say_cut(cell)  # as the session does
    assert all(cell.outputs for cell in nb.cells), "nothing, and not a word on it"
    found = held(nb)
    assert found.characters <= MOST_CHARACTERS + room
    assert found.nodes <= MOST_NODES + room
    assert len(json.dumps(nb)) < 2 * MOST_CHARACTERS


@pytest.mark.parametrize(
    "attack",
    ATTACKS[:8],
    ids=lambda attack: attack.__name__,
)
def test_stock_nbclient_would_hold_more(attack: Callable[[], Iterator[Message]]) -> None:
    nb = notebook(2)
    client = ready(NotebookClient(nb, km=None, coalesce_streams=False))
    for index in range(2):
        run(nb, index, attack(), client)
    found = held(nb)
    assert found.characters > 1.5 * MOST_CHARACTERS or found.nodes > 1.5 * MOST_NODES


def test_what_is_within_the_limits_stays_as_it_came() -> None:
    nb = notebook(1)
    client = client_of(nb)
    picture = {"text/plain": "<Figure>", "image/png": "A" * 60_000}
    table = {"text/plain": "x", "text/html": "<table></table>", "text/latex": "$x$"}
    messages = [
        shown(picture, metadata={"image/png": {"width": 640, "height": 480}}),
        shown(SMALL, "bar"),
        *(changed({"text/plain": f"{n} of 500"}, "bar") for n in range(501)),
        message("stream", name="stdout", text="one\n"),
        message("execute_result", data=table, metadata={}, execution_count=3),
    ]
    run(nb, 0, iter(messages), client)
    assert not client.cut
    assert keep_sound(nb.cells[0], 0, Budget())
    one, bar, said, result = nb.cells[0].outputs
    assert one.data == picture
    assert one.metadata == {"image/png": {"width": 640, "height": 480}}
    assert bar.data == {"text/plain": "500 of 500"}
    assert said.text == "one\n"
    assert result.data == table


def test_a_display_that_is_changed_ten_thousand_times_costs_its_last_form() -> None:
    nb = notebook(3)
    client = client_of(nb)
    for index in range(3):
        frames = (changed({"image/png": "A" * 50_000}, "film") for _ in range(4000))
        run(nb, index, iter([shown(SMALL, "film"), *frames]), client)
        assert not client.cut
    assert all(len(cell.outputs[0].data["image/png"]) == 50_000 for cell in nb.cells)


def test_an_error_is_seen_and_a_value_read_whatever_came_before() -> None:
    nb = notebook(3)
    client = client_of(nb)
    run(nb, 0, many_large_outputs(), client)
    assert client.cut
    error = message("error", ename="ValueError", evalue="no", traceback=["line", "ValueError: no"])
    result = message("execute_result", data={"text/plain": "1.0"}, metadata={}, execution_count=2)
    run(nb, 1, iter([error]), client)
    run(nb, 2, iter([result]), client)
    kept = Budget()
    for index, cell in enumerate(nb.cells):
        keep_sound(cell, index, kept)
    assert nb.cells[1].outputs[0].evalue == "no"
    assert nb.cells[2].outputs[0].data["text/plain"] == "1.0"


def test_what_is_cut_when_it_is_kept_has_a_sentence_in_its_place() -> None:
    """As an earlier version would have left it: larger than it may be."""
    nb = notebook(1)
    nb.cells[0].outputs = [new.new_output("display_data", {"image/png": MB}) for _ in range(60)]
    assert not keep_sound(nb.cells[0], 0, Budget())
    assert len(nb.cells[0].outputs) < 30
    assert CUT in nb.cells[0].outputs[-1].text


def test_data_that_no_page_shows_is_a_sentence() -> None:
    nb = notebook(1)
    run(nb, 0, small_json(), client_of(nb))
    assert keep_sound(nb.cells[0], 0, Budget())
    assert all("left out" in o.data["text/plain"] for o in nb.cells[0].outputs)
    assert "json" not in str([list(o.data) for o in nb.cells[0].outputs])


@pytest.mark.parametrize(
    "part",
    [
        b'{"data": [' + b"{}," * 200_000 + b"{}]}",
        b'{"data": ' + b"[" * 200_000 + b"]" * 200_000 + b"}",
        b'{"data": {' + b'"":0,' * 200_000 + b'"a": 0}}',
        b'{"data": ["\\",' + b'","' * 200_000 + b'"]}',
    ],
)
def test_a_message_of_small_objects_is_never_made_of_objects(part: bytes) -> None:
    asked = []
    assert CUT in str(sparing(asked.append)(part))
    assert not asked


def test_a_text_full_of_commas_is_read() -> None:
    part = json.dumps({"name": "stdout", "text": '1, {"2": [3]}\\ ' * 100_000}).encode()
    assert sparing(json.loads)(part) == json.loads(part)


def test_a_result_that_is_too_large_is_not_written(tmp_path: Any) -> None:
    nb = notebook(1)
    nb.cells[0].outputs = [new.new_output("stream", text="x" * MAX_RESULT)]
    results = Results(tmp_path)
    with pytest.raises(MarkingError, match="at most"):
        results.keep("s", "n", "key", as_kept(nb))
    assert not list(tmp_path.rglob("*.gz"))


def test_what_the_handed_in_notebook_carries_has_limits_too(tmp_path: Any) -> None:
    picture = {"image/png": "A" * 9_000_000}
    about = {"grade_id": "a", "points": 1, "odd": ["x"] * 100_000, "long": MB}
    nb = {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {"widgets": {"x": [{}] * 100_000}},
        "cells": [
            *(
                {
                    "cell_type": "markdown",
                    "source": "![a](attachment:a)",
                    "metadata": {"nbgrader": about | {"grade_id": str(i)}, "junk": MB},
                    "attachments": {"a": picture},
                }
                for i in range(4)
            ),
            {"cell_type": "code", "source": "1", "metadata": {}, "outputs": [{"data": MB}]},
        ],
    }
    path = tmp_path / "n.ipynb"
    path.write_text(json.dumps(nb))
    found = read_notebook(path)
    assert len(json.dumps(found)) < 20_000_000
    assert [("attachments" in cell) for cell in found.cells[:4]] == [True, True, False, False]
    assert "left out" in str(found.metadata.autograder.notes)
    assert found.cells[0].metadata.nbgrader == {"grade_id": "0", "points": 1}
