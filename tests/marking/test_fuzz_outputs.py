"""Whatever a kernel says ends no run, and is held within the budget: thousands of conversations.

Each example of hypothesis is a seed, from which a batch of them is made: a failure is found again
from its seed alone. The budget is a small one, so that small messages go beyond it.
"""

from __future__ import annotations

import json
from random import Random
from typing import Any

import nbformat
import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

from autograder.marking import budget
from autograder.marking.budget import Budget, Weight, weigh
from autograder.marking.client import Client
from autograder.marking.outputs import keep_sound, say_cut

EXAMPLES, EACH, MESSAGES = 100, 35, 12
ROOM = Weight(10_000, 150)
CELLS = 3
SPARED = Weight(4_000, 25)  # of each cell in any case

new: Any = nbformat.v4
KINDS = (
    *("stream", "display_data", "update_display_data", "execute_result", "error", "clear_output"),
    *("comm_open", "comm_msg", "status", "execute_input", "execute_reply", "no_such_kind"),
)
MIMES = (
    *("text/plain", "text/html", "text/markdown", "text/latex", "image/png", "image/svg+xml"),
    *("application/json", "application/vnd.x+json", "application/vnd.autograder.verdict+json"),
    *("application/vnd.jupyter.widget-view+json", "TEXT/HTML", "text/html;charset=x", "nothing"),
)
TEXTS = ("", "x", "MINE\n", "\x1b[31m", "\ud83d", "x" * 3_000, "é" * 500, "<b>", "\0", "1.0")


def anything(dice: Random, depth: int = 2) -> Any:
    match dice.randrange(9 if depth else 6):
        case 0 | 1 | 2:
            return dice.choice(TEXTS)
        case 3:
            return dice.choice((0, -1, 2**80, 1.5, float("nan"), float("inf")))
        case 4 | 5:
            return dice.choice((None, True, False, [], {}))
        case 6:
            return [anything(dice, depth - 1) for _ in range(dice.choice((1, 3, 40)))]
        case _:
            names = [dice.choice(TEXTS) or str(number) for number in range(dice.choice((1, 4)))]
            return {name: anything(dice, depth - 1) for name in names}


def content(dice: Random) -> dict[str, Any]:
    about: dict[str, Any] = {
        "data": {dice.choice(MIMES): anything(dice) for _ in range(dice.randrange(4))},
        "metadata": {},
        "transient": {"display_id": dice.choice("abc")} if dice.random() < 0.6 else {},
        "name": dice.choice(("stdout", "stderr", "neither")),
        "text": dice.choice(TEXTS),
        "ename": dice.choice(TEXTS),
        "evalue": dice.choice(TEXTS),
        "traceback": [dice.choice(TEXTS) for _ in range(dice.randrange(5))],
        "execution_count": dice.choice((None, 1, 2**70)),
        "wait": dice.choice((True, False)),
        "execution_state": "busy",
        "comm_id": dice.choice("abc"),
        "target_name": "jupyter.widget",
    }
    # Half of them have a fault: a field that is missing, or something else altogether.
    if dice.random() < 0.5:
        name = dice.choice(list(about))
        if dice.random() < 0.5:
            del about[name]
        else:
            about[name] = anything(dice)
    return about


def conversation(dice: Random) -> list[dict[str, Any]]:
    messages = []
    for _ in range(MESSAGES):
        kind = dice.choice(KINDS[:6] if dice.random() < 0.8 else KINDS)
        message: dict[str, Any] = {
            "msg_type": kind,
            "header": {"msg_type": kind},
            "parent_header": {"msg_id": "1"},
            "content": content(dice),
        }
        if dice.random() < 0.03:
            message["content"] = anything(dice)
        messages += [message] * dice.choice((1, 1, 1, 8))
    return messages


def held(nb: Any) -> Weight:
    return weigh([cell.outputs for cell in nb.cells])


def assert_within(nb: Any) -> None:
    found = held(nb)
    assert found.characters <= ROOM.characters + CELLS * SPARED.characters
    assert found.nodes <= ROOM.nodes + CELLS * SPARED.nodes


def talk(dice: Random) -> None:
    nb = new.new_notebook(cells=[new.new_code_cell("x") for _ in range(CELLS)])
    client: Any = Client(nb, km=None, budget=Budget())
    client.reset_execution_trackers()
    cut = []
    for index, cell in enumerate(nb.cells):
        client.clear_before_next_output, client.heard, client.cut = False, 0, False
        for message in conversation(dice):
            client.process_message(message, cell, index)
        assert_within(nb)
        cut.append(client.cut)
    kept = Budget()
    for index, cell in enumerate(nb.cells):
        if keep_sound(cell, index, kept) and cut[index]:
            say_cut(cell)
    assert_within(nb)
    nbformat.validate(nb)
    assert nbformat.reads(json.dumps(nb), as_version=4) == nb


def test_there_are_enough() -> None:
    assert EXAMPLES * EACH >= 3_500


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_whatever_is_said_is_held_within_limits(seed: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(budget, "_ALL", ROOM)
        for number in range(EACH):
            note(f"number {number}")
            talk(Random(f"{seed} {number}"))
