"""Pages made of an autograded notebook: our cards drawn, all that a student made rendered harmless.

nbgrader makes two: the feedback page that students fetch, and the formgrader's, in which a grader
is logged in. Both are nbconvert's `HTMLExporter`, so `nbgrader_config.py` sets there what is here:

    c.HTMLExporter.preprocessors = ["autograder.feedback.pages.SafePage"]
    c.HTMLExporter.filters = {
        "markdown2html": "autograder.feedback.pages.safe_markdown",
        "highlight_code": "autograder.feedback.pages.highlight",
    }

and calls `install`, so that the formgrader minds them also where JupyterLab was started elsewhere.

What a student's cells hold or put out is HTML, Markdown, LaTeX, pictures and text. Whatever of it
becomes HTML is cleaned by nh3 down to an allow-list without scripts, styles, classes, frames, forms
and foreign pictures. (nbconvert's own way, bleach, takes minutes for pages made to take long.)
Markdown is cleaned after it was rendered and not before, since rendering makes links out of text;
that is why it takes a filter. Without styles and classes a student's output cannot pass for a card
of ours, nor lie over the rest of the page; cards come from the records that marking wrote into test
cells.

A feedback page keeps for itself what would help the next student: the values due at the places at
which marking asked, the seed, and hidden tests. The sentence of the card names one such place with
its value, as practice does for everybody; places are drawn afresh for each submission.
"""

from __future__ import annotations

import copy
import functools
import re
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

import nh3
from bs4 import BeautifulSoup
from bs4.element import NavigableString
from jinja2 import pass_context
from nbconvert.exporters import HTMLExporter
from nbconvert.filters.highlight import Highlight2HTML
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbconvert.preprocessors import Preprocessor
from nbformat import NotebookNode
from nbgrader.server_extensions.formgrader.base import BaseHandler

from ..checks.verdict import MIME, Verdict
from . import html

__all__ = ["SafePage", "clean", "highlight", "install", "safe_markdown", "tame"]

MAX_HTML = 500_000  # characters; a table that Pandas shows has a few thousand
MAX_TAGS = 15_000  # a tenth of a second's work each 5000, if they are nested to do harm
MAX_LEVELS = 200
TOO_LARGE = "<em>This output is too large to be shown here.</em>"

# ------------------------------------------------------------------------------------ cleaning

# fmt: off
_TAGS = {
    "a", "abbr", "b", "blockquote", "br", "caption", "code", "dd", "del", "details", "div", "dl",
    "dt", "em", "figcaption", "figure", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img",
    "ins", "kbd", "li", "ol", "p", "pre", "q", "s", "samp", "small", "span", "strong", "sub",
    "summary", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "tt", "u", "ul",
    "var",
}
# Gone with all that is in them: shown as text, a table's style sheet would be a page of noise.
_GONE = {
    "script", "style", "template", "noscript", "iframe", "object", "embed", "applet", "svg",
    "math", "head", "title", "textarea", "select", "button", "link", "meta", "base",
}
_PLAIN = {
    "align", "alt", "border", "colspan", "open", "rowspan", "scope", "start", "title", "valign",
}
# fmt: on
_LINK = re.compile(r"(?:https?://|mailto:|#)", re.IGNORECASE)
_IMAGE = re.compile(r"data:image/(?:png|jpeg|gif|webp|svg\+xml);base64,[A-Za-z0-9+/=\s]*\Z")
_BASE64 = re.compile(r"[A-Za-z0-9+/=\s]*\Z")


def _attribute(tag: str, name: str, value: str) -> str | None:
    """The value with which an attribute may stay. A picture holds its data; it fetches nothing."""
    if name == "href":
        return value if _LINK.match(value) else None
    if name == "src":
        return value if _IMAGE.match(value) else None
    if name in ("width", "height"):
        return value if re.fullmatch(r"\d{1,4}%?", value) else None
    return value


@functools.cache
def _cleaner() -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=_TAGS,
        clean_content_tags=_GONE,
        attributes={"*": _PLAIN, "a": {"href"}, "img": {"src", "width", "height"}},
        attribute_filter=_attribute,
        url_schemes={"http", "https", "mailto", "data"},
        strip_comments=True,
    )


def clean(markup: str) -> str:
    """HTML of a student's as HTML that does nothing but show."""
    if len(markup) > MAX_HTML or markup.count("<") > MAX_TAGS:
        return TOO_LARGE
    cleaned = _cleaner().clean(markup)
    # Thousands of levels stop the parsers after this one.
    return cleaned if _levels(cleaned) <= MAX_LEVELS else TOO_LARGE


def _levels(markup: str) -> int:
    """How deeply the elements of sound HTML are nested."""
    level = deepest = 0
    for tag in re.finditer(r"<(/?)(\w+)", markup):
        if tag[2] not in ("br", "hr", "img"):
            level += -1 if tag[1] else 1
            deepest = max(deepest, level)
    return deepest


# Commands with which MathJax links, styles, loads, or defines others (and itself, for ever).
_COMMANDS = re.compile(
    r"\\(?=(?:href|url|require|class|cssId|style|data|html\w*|unicode|mmlToken|includegraphics|input"
    r"|def|edef|gdef|xdef|let|futurelet|newcommand|renewcommand|providecommand|newenvironment"
    r"|renewenvironment|DeclareMathOperator|Newextarrow|Tooltip|texttip|toggle|mathtip|action)"
    r"(?![A-Za-z]))"
)


def tame(latex: str) -> str:
    """Mathematics without the commands that do more than set it: their names remain, as letters."""
    return _COMMANDS.sub("", latex)


@pass_context
def safe_markdown(context: Any, source: str) -> str:
    """Markdown as clean HTML: a filter in the place of nbconvert's `markdown2html`."""
    cell = context.get("cell") or {}
    source = str(source)
    if len(source) > MAX_HTML:
        return TOO_LARGE
    try:
        renderer = IPythonRenderer(
            escape=False, attachments=cell.get("attachments", {}), exclude_anchor_links=True
        )
        soup = BeautifulSoup(
            clean(MarkdownWithMath(renderer=renderer).render(source)), "html.parser"
        )
        for text in soup.find_all(string=True):
            if not text.find_parents(["code", "pre"]):
                text.replace_with(NavigableString(tame(str(text))))
        for table in soup.find_all("table"):
            # Bootstrap's, which both pages load: without it columns run into each other.
            table["class"], table["style"] = "table", "width:auto"
        return str(soup)
    except Exception:  # noqa: BLE001 - a picture that is not attached, for one
        return f"<pre>{escape(source)}</pre>"


def highlight(source: str, language: Any = None, metadata: Any = None) -> str:
    """Code in colours: Python's, whatever a notebook's metadata say, since they land in markup."""
    make: Any = Highlight2HTML  # without types
    return str(make(pygments_lexer="ipython3")(source))


# ------------------------------------------------------------------------------------ notebooks

_HIDDEN = re.compile(
    r"^[^\n]*(?:###|===) BEGIN (HIDDEN TESTS|SOLUTION|MARK SCHEME)"
    r".*?(?:(?:###|===) END \1[^\n]*\n?|\Z)",
    re.DOTALL | re.MULTILINE,
)
_ID = re.compile(r"[\w.-]+\Z")


class SafePage(Preprocessor):
    """An autograded notebook, made ready for HTML."""

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Draw the cards, clean the rest."""
        # The formgrader names the submission; a page for students must not need to be named.
        grader = "submission_id" in resources
        nb.metadata = NotebookNode(language_info=NotebookNode(name="python"))
        for cell in nb.cells:
            about = cell.metadata.get("nbgrader")
            cell.metadata = NotebookNode()
            if about is not None and _ID.match(str(about.get("grade_id", ""))):
                cell.metadata["nbgrader"] = about
            about = about or {}
            ours = bool(about.get("grade")) and not about.get("solution")
            hidden = ours and not grader and _HIDDEN.search(cell.source) is not None
            if hidden:
                cell.source = _HIDDEN.sub("", cell.source)
            if cell.cell_type == "raw":
                cell.source = f"<pre>{escape(cell.source)}</pre>"
            if cell.cell_type == "code":
                if not isinstance(cell.get("execution_count"), int):
                    cell.execution_count = None
                outputs = cell.outputs
                cell.outputs = list(_outputs(outputs, ours=ours, due=grader, hidden=hidden))
        return nb, resources


def _outputs(
    outputs: list[NotebookNode], *, ours: bool, due: bool, hidden: bool
) -> Iterator[NotebookNode]:
    """The outputs of a cell, as they may be shown."""
    for output in outputs:
        if output.output_type == "error" and hidden:
            # The lines of a traceback are the cell's.
            output.traceback = [f"{output.ename}: {output.evalue}"]
        if "data" in output:
            card = _card(output.data, due=due) if ours else ""
            output.data = NotebookNode({"text/html": card} if card else _safe(output.data))
            # A picture's width goes into the markup as it is.
            output.metadata = NotebookNode()
            if not output.data:
                continue
        yield output


def _card(data: Mapping[str, Any], *, due: bool) -> str:
    """The card of a record that marking wrote, or "" where there is none."""
    try:
        verdicts = [Verdict.from_json(v) for v in data[MIME]["verdicts"]]
    except (KeyError, TypeError, ValueError):
        return ""
    return html.render(verdicts, pictures=True, due=due)


def _safe(data: Mapping[str, Any]) -> dict[str, str]:
    """What of a MIME bundle may be shown, made harmless."""
    safe: dict[str, str] = {}
    for kind, content in data.items():
        text = content if isinstance(content, str) else ""
        match kind:
            case "text/plain" | "text/markdown":  # the filter above cleans Markdown
                safe[kind] = text
            case "text/latex":
                safe[kind] = tame(text)
            case "text/html" if text:
                safe[kind] = f'<div class="tex2jax_ignore mathjax_ignore">{clean(text)}</div>'
            case "image/png" | "image/jpeg" if text and _BASE64.match(text):
                safe[kind] = text
            case "image/svg+xml" if text:  # shown as an image, in which nothing runs
                safe[kind] = text
    return safe


# ------------------------------------------------------------------------------------ formgrader


def install() -> None:
    """Have the formgrader make its pages by the configuration of the course that it shows.

    It makes its exporter when JupyterLab starts, and keeps it when it is pointed to a course in
    another folder, whose configuration it reads for all the rest.
    """
    BaseHandler.exporter = property(_exporter)


def _exporter(handler: BaseHandler) -> HTMLExporter:
    config = handler.settings["nbgrader_formgrader"].config
    made_of, exporter = handler.settings.get("autograder_exporter", (None, None))
    if made_of != config:
        make: Any = HTMLExporter  # without types
        exporter = make(config=config)
        handler.settings["autograder_exporter"] = (copy.deepcopy(config), exporter)
    return exporter
