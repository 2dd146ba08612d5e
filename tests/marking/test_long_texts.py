"""What reads a student's text takes time as its length, and not as the square of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from autograder.answers.source import assigns, is_begun, sketch
from autograder.marking.asking import _WORDS
from autograder.marking.places import only_ours, without_places
from autograder.marking.statements import plain, read_code
from autograder.practice.notebook import _read
from autograder.printable import printable

LONG = 300_000
READERS: dict[str, Callable[[str], object]] = {
    "places": lambda text: without_places(f"site-packages {text} .py"),
    "frames": lambda text: only_ours(f"python3 {text}"),
    "statements": read_code,
    "plain": plain,
    "sketch": sketch,
    "names": lambda text: assigns(text, "f_prime"),
    "begun": is_begun,
    "words": _WORDS.search,
    "headings": lambda text: list(
        _read({"cells": [{"cell_type": "markdown", "source": text, "metadata": {}}]})
    ),
    "printable": printable,
}
PIECES = [
    *("/a", "/", "a", "<a", "a:", "/lib/python3", "/site-packages/9", "~/", "\\", "a,/b", "(/"),
    *(
        "\n",
        " ",
        "\t",
        "a ",
        "1 ",
        "## a  ",
        "%",
        "?",
        "a=",
        "check ",
        "\n\n## ",
        "`",
        "*a",
        "\x1b[",
    ),
]


@pytest.mark.timeout(60)  # in time of the square of its length, each of these would take hours
@pytest.mark.parametrize("piece", PIECES)
@pytest.mark.parametrize("reader", READERS)
def test_a_long_text_takes_time_as_its_length(reader: str, piece: str) -> None:
    for text in (piece * (LONG // len(piece)), f"<## {piece * 50_000} b) x"):
        READERS[reader](text)
