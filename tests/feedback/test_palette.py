"""Text on cards has a contrast of at least 4.5 to 1, on light and on dark.

The measure is WCAG's (https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio).
"""

from __future__ import annotations

import re

import pytest

from autograder.checks.verdict import Verdict
from autograder.feedback import html, overview
from autograder.feedback.overview import Line
from autograder.feedback.palette import (
    COLOURS,
    DARK_INK,
    DARK_PAPER,
    GROUND,
    INK,
    INKS,
    PAPER,
    SHARE,
    TEXT,
)

# Text and ground, as each sets its variables: their default themes, in 2026.
PLACES = {
    "a page of ours": (INK, PAPER),
    "a page of ours in the dark": (DARK_INK, DARK_PAPER),
    "JupyterLab": ("#000000", "#ffffff"),
    "JupyterLab in the dark": ("#ffffff", "#212121"),
    "JupyterLab, high contrast": ("#ffffff", "#111111"),
    "VS Code": ("#3b3b3b", "#ffffff"),
    "VS Code in the dark": ("#cccccc", "#1f1f1f"),
    "Colab in the dark": ("#e3e3e3", "#383838"),
}
LEAST = 4.5


def channels(colour: str) -> list[float]:
    return [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]


def luminance(colour: list[float]) -> float:
    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in colour]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: list[float], other: list[float]) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_the_measure_is_the_right_one() -> None:
    assert contrast(channels("#000000"), channels("#ffffff")) == pytest.approx(21)
    assert contrast(channels("#767676"), channels("#ffffff")) == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("place", PLACES)
def test_words_can_be_read(place: str) -> None:
    ink, ground = (channels(colour) for colour in PLACES[place])
    assert contrast(ink, ground) >= LEAST
    for outcome, colour in COLOURS.items():
        mixed = [SHARE * c + (1 - SHARE) * i for c, i in zip(channels(colour), ink, strict=True)]
        assert contrast(mixed, ground) >= LEAST, outcome
        assert INKS[outcome] == f"color-mix(in srgb,{colour} 50%,currentColor)"


def test_without_the_mixture_it_could_not() -> None:
    assert contrast(channels(COLOURS["partly"]), channels(PAPER)) < LEAST


@pytest.mark.parametrize("style", [GROUND, TEXT])
def test_a_card_takes_the_colours_of_where_it_stands(style: str) -> None:
    names = re.findall(r"--(\w+)-", style)
    assert names == ["autograder", "jp", "vscode", "colab"]
    assert re.search(r"light-dark\(#[0-9a-f]{6},#[0-9a-f]{6}\)", style)


def test_cards_have_no_ground_of_their_own() -> None:
    card = html.render([Verdict("x", "wrong", 0.0, "It is so.", "Why?")])
    lines = [Line("f_derivative", "right", 1.0, 1.0)]
    for made in (card, overview.html(lines, whole=True)):
        grounds = re.findall(r"background(?:-color)?:([^;\"]+)", made)
        assert grounds[0] == GROUND
        assert set(grounds[1:]) <= {"none"}
        assert f";color:{TEXT}" in made


def test_what_could_not_be_judged_has_a_colour_of_its_own() -> None:
    others = {colour for outcome, colour in COLOURS.items() if outcome != "unjudged"}
    assert COLOURS["unjudged"] not in others
