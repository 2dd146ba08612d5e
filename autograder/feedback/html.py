"""Verdicts as an HTML card. Styles are inline, since notebook pages drop style sheets.

Everything that came from a student's session is escaped: names of types, texts, error messages.
Pictures are drawn only when asked for: while a class is marked, nobody looks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from itertools import compress

from ..checks.evidence import Evidence
from ..checks.verdict import Row, Verdict
from ..checks.wording import number
from ..printable import printable
from .hints import hints, is_told_at_once
from .marks import MARKS
from .palette import BLUE, GROUND, TEXT
from .pictures import draw
from .praise import praise
from .sentences import as_html

__all__ = ["note", "render"]

_CARD = (
    "border-left:6px solid {colour};"
    f"background-color:{GROUND};color:{TEXT};"
    "padding:.6em 1em;margin:.4em 0;font-size:14px;line-height:1.45;max-width:52em;"
    # On top of whatever is before and behind it on the page, and nothing on it gets out.
    "position:relative;isolation:isolate;contain:paint"
)
_ROW = "background:none"  # JupyterLab's style sheet has stripes
_CELL = "padding:.1em .9em .1em 0;text-align:right;border:0;background:none;color:inherit"
_HEADS = {
    "derivative": ("at", "yours", "correct", ""),
    "descent": ("from", "yours arrives at", "correct", ""),
    "place": ("place", "slope there", "correct", ""),
}


def _numbers(row: tuple[float, ...] | None, digits: int = 5) -> str:
    if row is None:
        return ""
    texts = [number(x, digits) for x in row[:9]]
    return escape(texts[0] if len(row) == 1 else "(" + ", ".join(texts) + ")")


def _table(rows: Sequence[Row], evidence: Evidence | None, *, due: bool) -> str:
    if not rows or evidence is None or evidence.kind not in _HEADS:
        return ""
    shown = [True, True, due, True]
    names = compress(_HEADS[evidence.kind], shown)
    heads = "".join(
        f'<th scope="col" style="{_CELL}">{name}</th>' if name else f'<td style="{_CELL}"></td>'
        for name in names
    )
    lines = []
    for row in rows:
        sign = "✓ right" if row.right else "✗ differs"
        cells = (_numbers(row.place), _numbers(row.yours), _numbers(row.reference), sign)
        texts = (f'<td style="{_CELL}">{c}</td>' for c in compress(cells, shown))
        lines.append(f'<tr style="{_ROW}">' + "".join(texts) + "</tr>")
    return (
        '<table style="border-collapse:collapse;margin:.4em 0 0;font-size:13px">'
        f'<thead><tr style="{_ROW}">{heads}</tr></thead>'
        f"<tbody>{''.join(lines)}</tbody></table>"
    )


def _folded(summary: str, markup: str) -> str:
    # Some pages' style sheets take the sign from a summary that says it can be opened.
    head = f'<summary style="display:list-item;cursor:pointer">{escape(summary)}</summary>'
    return f'<details style="margin-top:.3em">{head}{markup}</details>'


def _nested(sentences: Sequence[tuple[str, str]]) -> str:
    """Sentences of which each is folded into the one before."""
    if not sentences:
        return ""
    (name, sentence), *rest = sentences
    return _folded(name, f'<div style="margin-left:1.1em">{as_html(sentence)}{_nested(rest)}</div>')


def _one(verdict: Verdict, *, pictures: bool, due: bool, sections: Mapping[str, str]) -> str:
    mark = MARKS[verdict.outcome]
    answer = escape(printable(verdict.answer))
    head = (
        f'<strong style="color:{mark.ink}">{mark.sign} <code>{answer}</code>: '
        f"{mark.word}.</strong> {as_html(verdict.fact)}"
    )
    at_once = is_told_at_once(verdict)
    more = verdict.hint if at_once else praise(verdict)
    said = f'<div style="margin-top:.3em">{as_html(more)}</div>' if more else ""
    nested = "" if at_once else _nested(hints(verdict, sections))
    picture = draw(verdict) if pictures else None
    figure = f'<div style="margin-top:.5em">{picture.html()}</div>' if picture is not None else ""
    table = _table(verdict.rows, verdict.evidence, due=due)
    if table and (verdict.right or figure):
        table = _folded("the numbers", table)
    style = _CARD.format(colour=mark.colour)
    # A student's error message on it is no formula, even with dollar signs.
    classes = "autograder-card tex2jax_ignore mathjax_ignore"
    return f'<div class="{classes}" style="{style}">{head}{said}{figure}{nested}{table}</div>'


def render(
    verdicts: Sequence[Verdict],
    *,
    pictures: bool = False,
    due: bool = True,
    sections: Mapping[str, str] | None = None,
) -> str:
    """The verdicts of one exercise, a card each.

    Args:
        verdicts: what the checks of the exercise concluded.
        pictures: draw them, where a verdict has something to draw.
        due: let the tables tell what would have been right. Not on a page that students pass on.
        sections: the title of the section to read again, by answer, where that is known.
    """
    known = sections or {}
    return "".join(_one(v, pictures=pictures, due=due, sections=known) for v in verdicts)


def note(head: str, *said: str) -> str:
    """A card that judges nothing: a headline and paragraphs, with `names` and *words*."""
    more = "".join(f'<div style="margin-top:.3em">{as_html(words)}</div>' for words in said)
    style = _CARD.format(colour=BLUE)
    classes = "autograder-card tex2jax_ignore mathjax_ignore"
    return f'<div class="{classes}" style="{style}">{as_html(head)}{more}</div>'
