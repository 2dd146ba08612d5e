"""The colours of cards, pictures, pages and the report, each once.

Those that carry a meaning are Okabe and Ito's (https://jfly.uni-koeln.de/color/), which people tell
apart who do not see red and green; a sign or a pattern says the same.

A card stands in JupyterLab, VS Code or Colab, in light or dark, and has no style sheet of its own:
its ground and its text are the variables of where it stands. Text in a colour is half that colour
and half the text around it, which is dark on light and light on dark; so its contrast is at least
4.5 to 1 on both (tests/feedback/test_palette.py).
"""

from __future__ import annotations

from ..checks.verdict import Outcome

__all__ = [
    "BLACK",
    "BLUE",
    "COLOURS",
    "DARK_INK",
    "DARK_PAPER",
    "EDGE",
    "GREEN",
    "GREY",
    "GROUND",
    "INK",
    "INKS",
    "ORANGE",
    "PALE",
    "PAPER",
    "PURPLE",
    "SHARE",
    "SOFT",
    "TEXT",
    "TINTS",
    "VERMILION",
    "css_variables",
]

BLUE, VERMILION, GREEN, ORANGE = "#0072B2", "#D55E00", "#009E73", "#E69F00"
PURPLE = "#CC79A7"
INK, PAPER, BLACK = "#1a1a1a", "#ffffff", "#000000"
DARK_INK, DARK_PAPER = "#e6e6e6", "#141414"
SOFT, GREY, PALE, EDGE = "#767676", "#6E6E6E", "#C8C8C8", "#404040"
TINTS = (0, 12, 24, 40)
"""Percent of blue in the ground, from none to much; text on them keeps a contrast of 9 to 1."""

# Of our own pages, JupyterLab, VS Code and Colab, in this order; elsewhere the page's own scheme.
_GROUNDS = "autograder-paper jp-layout-color1 vscode-editor-background colab-primary-surface-color"
_TEXTS = "autograder-ink jp-content-font-color0 vscode-editor-foreground colab-primary-text-color"


def _first_of(names: str, light: str, dark: str) -> str:
    found = f"light-dark({light},{dark})"
    for name in reversed(names.split()):
        found = f"var(--{name},{found})"
    return found


GROUND = _first_of(_GROUNDS, PAPER, DARK_PAPER)
TEXT = _first_of(_TEXTS, INK, DARK_INK)
"""Of a card, for a style sheet or an element's style."""

COLOURS: dict[Outcome, str] = {
    "right": GREEN,
    "partly": ORANGE,
    "wrong": VERMILION,
    "unjudged": PURPLE,
    "open": SOFT,
    "stale": ORANGE,
}
SHARE = 0.5
INKS: dict[Outcome, str] = {
    outcome: f"color-mix(in srgb,{colour} {SHARE:.0%},currentColor)"
    for outcome, colour in COLOURS.items()
}
"""Of text, where the text around it is `TEXT` on `GROUND`."""


_OF_PAGES = {
    "paper": (PAPER, DARK_PAPER),
    "ink": (INK, DARK_INK),
    "soft": ("#555555", "#b0b0b0"),
    "line": ("#c9c9c9", "#4a4a4a"),
    "hair": ("#e2e2e2", "#333333"),
    "link": ("#0a4f8f", "#8cc4f5"),
    "code": ("#f5f5f5", "#1d1f21"),
    "warn": ("#a04400", "#f0a060"),
}
"""In the light and in the dark."""


def css_variables() -> str:
    """The colours of our pages for a style sheet, `var(--ink)`; on paper they are always light."""
    always = {"blue": BLUE, "edge": EDGE, "vermilion": VERMILION}
    light = {**always, **{name: pair[0] for name, pair in _OF_PAGES.items()}}
    dark = {name: pair[1] for name, pair in _OF_PAGES.items()}

    def root(colours: dict[str, str]) -> str:
        named = " ".join(f"--{name}: {colour};" for name, colour in colours.items())
        return f":root {{ color-scheme: light dark; {named} }}"

    return f"{root(light)}\n@media screen and (prefers-color-scheme: dark) {{ {root(dark)} }}\n"
