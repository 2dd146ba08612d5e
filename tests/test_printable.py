"""What a student could have written moves no terminal and is no formula."""

from __future__ import annotations

import io
import unicodedata

import pytest
from rich.console import Console

from autograder.complaint import Complaint
from autograder.errors import AutograderError
from autograder.grade import display
from autograder.grade.run import Progress, Summary
from autograder.printable import for_spreadsheet, printable

MOVING = [
    "\x1b]0;owned\x07",
    "\x1b[2J",
    "\x9b31m",
    "a\rb",
    "a\b\b",
    "\x1bP+q\x1b\\",
    "one\n[1/1] alice: 33",
    "\u202egnitirw",
    "\u2066x",
    "a\u2028b",
    "\x00\x7f",
    "\ud800",
    "\u200bx",
    "\U000e0041",
]
FORMULAS = [
    "=HYPERLINK(1)",
    "@SUM(1+1)*cmd|x",
    "+1+cmd",
    "-2+3+cmd",
    "\t=1",
    "\r=1",
    " =1",
    '"=1',
    "' =1",
    "\u00a0=1",
    "\uff1d1",
    "|calc",
]


def is_plain(text: str) -> bool:
    return all(unicodedata.category(c)[0] not in "C" or c == "\n" for c in text)


@pytest.mark.parametrize("text", MOVING, ids=ascii)
def test_what_moves_a_terminal_is_told_by_number(text: str) -> None:
    assert is_plain(printable(text))
    assert "\n" not in printable(text)
    assert "\\" in printable(text)


def test_names_in_any_script_stay() -> None:
    for name in ("Ægir Ó'Brien", "李小龍", "Zoë", "नमस्ते", "Nguye\u0302\u0303n", "محمد"):
        assert printable(name) == name


def test_marks_are_not_stacked() -> None:
    assert len(printable("a" + "\u0302" * 500)) == 4


@pytest.mark.parametrize("live", [False, True])
@pytest.mark.parametrize("text", MOVING, ids=ascii)
def test_marking_prints_nothing_that_moves(text: str, live: bool) -> None:
    out = io.StringIO()
    console = Console(file=out, highlight=False, width=200)
    shown = display._Live(console) if live else display._Lines(console)
    with shown:
        shown.tell(2)
        shown.tell(Progress(text, 1, 2, False, None, f"fault {text}", 1.0))
        shown.tell(Progress(text, 2, 2, False, 1.0, "", 1.0))
        shown.sum_up(Summary("a", faults={text: text, "x": f"no {text}"}), f"error {text}")
    assert is_plain(out.getvalue())
    assert not any(line.startswith("[1/1] alice") for line in out.getvalue().splitlines()[:2])


@pytest.mark.parametrize("text", MOVING, ids=ascii)
def test_complaints_print_nothing_that_moves(text: str) -> None:
    assert is_plain(Complaint(AutograderError(f"{text} handed in nothing.")).message)


@pytest.mark.parametrize("text", FORMULAS, ids=ascii)
def test_a_formula_begins_with_an_apostrophe(text: str) -> None:
    assert for_spreadsheet(text).startswith("'")


@pytest.mark.parametrize("text", ["-1.5", "+3", "0", "1e-05", "2.0", "", "alice", "a=b", "o-neil"])
def test_numbers_and_names_stay(text: str) -> None:
    assert for_spreadsheet(text) == text
