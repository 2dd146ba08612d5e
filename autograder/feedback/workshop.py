"""The process in which a student's texts become HTML: `python -m autograder.feedback.workshop`.

It reads a job a line and answers with a line. Lexers and parsers have patterns whose time grows
with the square of a text, and each release has others; so each job has seconds of processor time,
and whatever takes more ends the process there and then, wherever it is stuck.
"""

from __future__ import annotations

import json
import re
import resource
import secrets
import signal
import sys
import time
from collections.abc import Callable
from html import escape
from typing import Any

from bs4 import BeautifulSoup
from bs4.element import NavigableString
from nbconvert.filters import ansi2html
from nbconvert.filters.highlight import Highlight2HTML
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

from .cleaning import clean, is_small, tame
from .formulas import Formulas

__all__ = ["SECONDS", "main"]

SECONDS = 2.0  # of processor time; an honest cell takes some thousandths
_WALL = 60.0  # seconds by the clock, should one wait instead of work
_MEMORY = 4 << 30


class _Renderer(IPythonRenderer):
    """nbconvert's, but for formulas, which are kept aside."""

    formulas: Formulas

    def block_math(self, body: str) -> str:
        return self.formulas.keep(f"$${body}$$", body, block=True)

    def inline_math(self, body: str) -> str:
        return self.formulas.keep(f"${body}$", body)

    def latex_environment(self, name: str, body: str) -> str:
        source = f"\\begin{{{name}}}{body}\\end{{{name}}}"
        return self.formulas.keep(source, source, block=True)


def markdown(source: str, attachments: Any) -> str:
    """Markdown as clean HTML: cleaned after it was rendered, which makes links out of text."""
    renderer = _Renderer(escape=False, attachments=attachments, exclude_anchor_links=True)
    renderer.formulas = Formulas(f"formula{secrets.token_hex(16)}n")
    made = clean(MarkdownWithMath(renderer=renderer).render(source))
    soup = BeautifulSoup(made, "html.parser")
    for text in soup.find_all(string=True):
        if not text.find_parents(["code", "pre"]):
            text.replace_with(NavigableString(tame(str(text))))
    for table in soup.find_all("table"):
        # Bootstrap's, which both pages load: without it columns run into each other.
        table["class"], table["style"] = "table", "width:auto"
    return renderer.formulas.put_back(str(soup))


_DELIMITED = re.compile(r"\s*(\$\$?)(?:\\displaystyle(?![a-z]))?(.*?)\1\s*\Z", re.DOTALL)


def latex(source: str, _: Any) -> str:
    """An output that is a formula, such as SymPy's."""
    found = _DELIMITED.match(source)
    formulas = Formulas("n")
    mark = formulas.keep(source, found[2], block=True) if found else None
    return formulas.put_back(mark) if mark else escape(tame(source))


def code(source: str, _: Any) -> str:
    """Code in colours: Python's, whatever a notebook's metadata say, since they land in markup."""
    make: Any = Highlight2HTML  # without types
    return str(make(pygments_lexer="ipython3")(source))


def ansi(text: str, _: Any) -> str:
    """Text with a terminal's colours."""
    make: Any = ansi2html  # without types
    return str(make(text))


_MAKERS: dict[str, Callable[[str, Any], str | None]] = {
    "markdown": markdown,
    "code": code,
    "ansi": ansi,
    "latex": latex,
    "html": lambda markup, _: clean(markup),
    "picture": lambda data, _: data if is_small(data) else None,
}


def _limit(seconds: float, wall: float) -> None:
    # Nobody handles these two signals, so they end the process.
    signal.setitimer(signal.ITIMER_PROF, seconds)
    signal.setitimer(signal.ITIMER_REAL, wall)


def main() -> None:
    """Do jobs until nobody sends any."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    for name in (signal.SIGPROF, signal.SIGALRM):
        signal.signal(name, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # it ends with who sends the jobs
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for line in sys.stdin:
        kind, text, more = json.loads(line)
        began = time.process_time()
        _limit(SECONDS, _WALL)
        try:
            made = _MAKERS[kind](text, more)
        except Exception:  # noqa: BLE001 - a picture that is not attached, for one
            made = None
        _limit(0, 0)
        answer = json.dumps([made, time.process_time() - began])
        sys.stdout.write(answer + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
