"""Pages made of an autograded notebook: our cards drawn, all that a student made rendered harmless.

nbgrader makes two: the feedback page that students fetch, and the formgrader's, in which a grader
is logged in. The latter is nbconvert's `HTMLExporter`; `configure` gives it what is here, and
`install` sees to it that the formgrader minds that also where JupyterLab was started elsewhere. The
feedback page has the same parts, in a form of its own (`FeedbackExporter`, feedback/page.py).

What a student's cells hold or put out is HTML, Markdown, LaTeX, pictures and text. All of it
becomes HTML in a process of its own within limits of time (feedback/press.py), is cleaned there
(cleaning.py), and is put into a container out of which nothing can be painted. Without styles and
classes a student's output cannot pass for a card of ours, nor lie over the rest of the page; cards
come from the records that marking wrote into test cells.

A feedback page keeps for itself what would help the next student: the values due at the places at
which marking asked, the seed, and hidden tests. The sentence of the card names one such place with
its value, as practice does for everybody; places are drawn afresh for each submission.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from jinja2 import pass_context
from nbconvert.exporters import HTMLExporter, TemplateExporter
from nbconvert.preprocessors import Preprocessor
from nbformat import NotebookNode

from ..cells import nbgrader_of
from ..checks.verdict import MIME, Verdict
from ..feedback import html, page
from ..feedback.outputs import ask_for
from ..feedback.press import Press
from ..feedback.sheet import Made, Sheet, contained, shown
from ..feedback.titles import HEADING
from . import upstream

__all__ = ["FeedbackExporter", "SafePage", "highlight", "install", "safe_markdown"]

press = Press()


@pass_context
def safe_markdown(context: Any, source: str) -> str:
    """Markdown as clean HTML: a filter in the place of nbconvert's `markdown2html`."""
    if isinstance(source, Made):
        return source
    return _markdown(str(source))


def _markdown(source: str) -> Made:
    """A grader's comment, or one of nbgrader's own."""
    return shown("markdown", source, press.make([("markdown", source, {})])[0])


def highlight(source: str, language: Any = None, metadata: Any = None) -> str:
    """Code in colours: a filter in the place of nbconvert's `highlight_code`."""
    if isinstance(source, Made):
        return source
    return shown("code", str(source), press.make([("code", str(source), None)])[0])


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
        """Draw the cards, and have the rest made into harmless HTML.

        Raises:
            AutograderError: the process that does so cannot be started.
        """
        # The formgrader names the submission; a page for students must not need to be named.
        grader = "submission_id" in resources
        nb.metadata = NotebookNode(language_info=NotebookNode(name="python"))
        sheet = Sheet(press)
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
            _set_source(cell, sheet)
            if cell.cell_type == "code":
                if not isinstance(cell.get("execution_count"), int):
                    cell.execution_count = None
                cell.outputs = [
                    made
                    for output in cell.outputs
                    if (made := _output(output, sheet, ours=ours, due=grader, hidden=hidden))
                ]
        sheet.fill()
        return nb, resources


def _set_source(cell: NotebookNode, sheet: Sheet) -> None:
    def put(made: Made) -> None:
        cell.source = made

    if cell.cell_type == "raw":
        cell.source = contained(f"<pre>{escape(cell.source)}</pre>", tall=True)
    elif cell.cell_type == "markdown":
        pictures = cell.get("attachments", {})
        sheet.ask("markdown", cell.source, put, pictures)
    elif cell.cell_type == "code":
        sheet.ask("code", cell.source, put)


def _output(
    output: NotebookNode, sheet: Sheet, *, ours: bool, due: bool, hidden: bool
) -> NotebookNode | None:
    """An output as it may be shown: as HTML that is ours, or made of a student's by the sheet."""
    data = NotebookNode()
    # A picture's width would go into the markup as it is.
    shown = NotebookNode(output_type="display_data", metadata=NotebookNode(), data=data)

    def put(made: Made) -> None:
        data["text/html"] = made

    card = _card(output.get("data", {}), due=due) if ours else ""
    if card:
        put(Made(card))
    elif not ask_for(output, sheet, put, hidden=hidden):
        return None
    if output.output_type == "execute_result":
        shown.output_type, shown.execution_count = "execute_result", output.execution_count
    return shown


def _card(data: Mapping[str, Any], *, due: bool) -> str:
    """The card of a record that marking wrote, or "" where there is none."""
    verdicts = _verdicts([data])
    return html.render(verdicts, pictures=True, due=due) if verdicts else ""


def _verdicts(bundles: Iterable[Mapping[str, Any]]) -> list[Verdict] | None:
    """The verdicts of the first record that marking wrote; None where there is none."""
    for data in bundles:
        try:
            return [Verdict.from_json(v) for v in data[MIME]["verdicts"]]
        except (KeyError, TypeError, ValueError):
            continue
    return None


# ------------------------------------------------------------------------------------ feedback


class FeedbackExporter(HTMLExporter):
    """An autograded notebook as the page that its student fetches."""

    def from_notebook_node(  # type: ignore[override]  # nbconvert's own subclasses give text, too
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **kw: Any
    ) -> tuple[str, dict[str, Any]]:
        """The page, and nbconvert's resources."""
        # Past the makers of nbconvert's own pages, to what runs the steps.
        made, resources = super(TemplateExporter, self).from_notebook_node(nb, resources, **kw)
        about = resources["nbgrader"]
        return page.render(
            str(about["notebook"]),
            [_shown(before, after) for before, after in zip(nb.cells, made.cells, strict=True)],
            score=float(about["score"]),
            points=float(about["max_score"]),
            penalty=float(about["late_penalty"]),
        ), resources


def _shown(before: NotebookNode, after: NotebookNode) -> page.Cell:
    """A cell for the feedback page.

    Args:
        before: as marking left it.
        after: with everything made into HTML, its points, and its comment.
    """
    about = nbgrader_of(after)
    task = bool(about.get("task"))
    marked = bool(about.get("grade")) or task
    answer = bool(about.get("solution")) or task
    is_code = before.cell_type == "code"
    role: page.Role = "code" if is_code else "text"
    if answer:
        role = "answer"
    elif marked:
        role = "test"
    elif is_code and about.get("locked"):
        role = "given"
    elif "illustration" in before.metadata.get("tags", ()):
        role = "illustration"
    outputs = [output.data["text/html"] for output in after.get("outputs", [])]
    verdicts = _verdicts(output.get("data", {}) for output in before.get("outputs", []))
    headings = [] if is_code else HEADING.findall(before.source)
    comment = about.get("comment") if answer else None
    score = float(about.get("score") or 0.0)
    return page.Cell(
        role=role,
        kind="code" if is_code else "text" if before.cell_type == "markdown" else "raw",
        source=after.source,
        outputs=outputs,
        name=str(about.get("grade_id", "")),
        heading=headings[-1] if headings else "",
        points=float(about.get("points") or 0.0) if marked else None,
        score=None if about.get("waits") and not score else score,
        verdicts=verdicts if role == "test" else None,
        untouched=answer and upstream.is_as_released(before),
        comment=_markdown(comment) if comment else "",
    )


# ------------------------------------------------------------------------------------ formgrader


def install() -> None:
    """Have the formgrader make its pages by the configuration of the course that it shows.

    It makes its exporter when JupyterLab starts, and keeps it when it is pointed to a course in
    another folder, whose configuration it reads for all the rest.
    """
    upstream.export_pages_by(_exporter)


def _exporter(handler: Any) -> HTMLExporter:
    config = handler.settings["nbgrader_formgrader"].config
    made_of, exporter = handler.settings.get("autograder_exporter", (None, None))
    if made_of != config:
        make: Any = HTMLExporter  # without types
        exporter = make(config=config)
        handler.settings["autograder_exporter"] = (copy.deepcopy(config), exporter)
    return exporter
