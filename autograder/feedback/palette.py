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
TINTS = ("#ffffff", "#e3f0f9", "#c6e1f3", "#9fcdea")
"""Of blue, from none to much; dark text on them keeps a contrast of 9 to 1."""

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


def css_variables() -> str:
    """The colours for a style sheet: `var(--blue)`."""
    named = {
        "blue": BLUE,
        "edge": EDGE,
        "ink": INK,
        "paper": PAPER,
        "vermilion": VERMILION,
    }
    return f":root {{ {' '.join(f'--{name}: {colour};' for name, colour in named.items())} }}\n"
