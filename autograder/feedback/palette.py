"""The colours of cards, pictures, pages and the report, each once.

Those that carry a meaning are Okabe and Ito's (https://jfly.uni-koeln.de/color/), which people tell
apart who do not see red and green; a sign or a pattern says the same. Text that is set in them is
darker, with a contrast of at least 4.5 to 1 on paper.
"""

from __future__ import annotations

from ..checks.verdict import Outcome

__all__ = [
    "BLACK",
    "BLUE",
    "COLOURS",
    "EDGE",
    "GREEN",
    "GREY",
    "INK",
    "INKS",
    "ORANGE",
    "PALE",
    "PAPER",
    "SOFT",
    "TINTS",
    "VERMILION",
    "css_variables",
]

BLUE, VERMILION, GREEN, ORANGE = "#0072B2", "#D55E00", "#009E73", "#E69F00"
INK, PAPER, BLACK = "#1a1a1a", "#fff", "#000000"
SOFT, GREY, PALE, EDGE = "#767676", "#6E6E6E", "#C8C8C8", "#404040"
TINTS = ("#ffffff", "#e3f0f9", "#c6e1f3", "#9fcdea")
"""Of blue, from none to much; dark text on them keeps a contrast of 9 to 1."""

COLOURS: dict[Outcome, str] = {
    "right": GREEN,
    "partly": ORANGE,
    "wrong": VERMILION,
    "unjudged": SOFT,
    "open": SOFT,
    "stale": ORANGE,
}
INKS: dict[Outcome, str] = {
    "right": "#00694D",
    "partly": "#7A5400",
    "wrong": "#A34700",
    "unjudged": "#5E5E5E",
    "open": "#5E5E5E",
    "stale": "#7A5400",
}


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
