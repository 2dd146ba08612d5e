"""The page of texts among the formgrader's own: its login, its course, its gradebook.

Jupyter's server asks for the login or the token and for the XSRF token, and refuses requests by
foreign names for this machine. So nothing of that is ours, and on a hub the page is where the
formgrader is.
"""

from __future__ import annotations

import asyncio
import functools
import json
from collections.abc import Callable
from typing import Any, TypeVar

from jupyter_server.utils import url_path_join
from tornado import web

from ..errors import AutograderError, NotSaved
from ..printable import printable
from ..texts import copies, rows
from ..texts.gather import gather, seen
from ..texts.page import CONTENT_SECURITY_POLICY, render, render_text
from ..texts.saving import save
from . import upstream
from .pages import press

__all__ = ["install"]

_STATUS = {"refused": 400, "gone": 404, "changed": 409, "busy": 503}
_T = TypeVar("_T")


def install() -> None:
    """Have the formgrader serve the page, and lead to it from its list of notebooks."""
    upstream.serve_first(
        (r"/formgrader/texts/([^/]+)/?", TextsHandler),
        (r"/formgrader/api/texts/([^/]+)", TextHandler),
        (r"/formgrader/gradebook/([^/]+)/?", NotebooksHandler),
    )


async def _apart(work: Callable[[], _T]) -> _T:
    """Done in a thread: the server's other pages do not wait for the gradebook."""
    return await asyncio.get_running_loop().run_in_executor(None, work)


class TextsHandler(upstream.FormgraderHandler):
    """The page."""

    @property
    def base_url(self) -> str:
        """Jupyter's own, and not nbgrader's, which has lost its slash.

        Whoever comes with a token gets a cookie for this path; for none, it would be for this page.
        """
        return str(self.settings["base_url"])

    @property
    def content_security_policy(self) -> str:
        """Nothing is loaded, and one script runs."""
        return CONTENT_SECURITY_POLICY

    @upstream.to_graders
    async def get(self, assignment: str) -> None:
        """Show it; with `?names=1` with names."""
        named = self.get_argument("names", "") == "1"
        try:
            found = await _apart(functools.partial(gather, self.coursedir, assignment))
        except AutograderError as error:
            self.set_status(404)
            self.set_header("Content-Type", "text/plain; charset=utf-8")
            self.finish(printable(error, lines=True))
            return
        page = functools.partial(
            render,
            found,
            press,
            named=named,
            api=url_path_join(self.base_url, "formgrader/api/texts/"),
            xsrf=self.xsrf_token.decode(),
            formgrader=url_path_join(self.base_url, "formgrader/gradebook"),
        )
        self.set_header("Cache-Control", "no-store")
        self.finish(await _apart(page))


class TextHandler(upstream.FormgraderHandler):
    """One text: what is given for it."""

    @upstream.to_graders
    async def put(self, grade: str) -> None:
        """Save points or a comment, and answer with what the gradebook has then."""
        try:
            wanted = json.loads(self.request.body)
        except ValueError as error:
            raise web.HTTPError(400, "no JSON") from error
        if not isinstance(wanted, dict):
            raise web.HTTPError(400, "no object")
        try:
            answer = await _apart(functools.partial(_save, self.coursedir, grade, wanted))
        except NotSaved as error:
            self.set_status(_STATUS[error.why])
            answer = {"why": error.why, "says": printable(error)}
            if error.why == "changed":
                answer |= await _apart(functools.partial(_fresh, self.coursedir, grade))
        except AutograderError as error:
            self.set_status(503)
            answer = {"why": "busy", "says": printable(error)}
        self.finish(answer)


def _save(course: Any, grade: str, wanted: dict[str, Any]) -> dict[str, Any]:
    row = save(course, grade, wanted)
    text = copies.text_of(course, row)
    return _state(row, text)


def _fresh(course: Any, grade: str) -> dict[str, Any]:
    """What a page is to show in the place of what it has."""
    with rows.opened(course.db_url, course.course_id) as gradebook:
        row = rows.find(gradebook, grade)
    text = copies.text_of(course, row) if row is not None else None
    if row is None or text is None:
        return {"why": "gone"}
    return _state(row, text) | {"html": render_text(row, text, press)}


def _state(row: rows.Row, text: copies.Text | None) -> dict[str, Any]:
    return {
        # Without a copy, nothing more can be given for what the page shows.
        "seen": seen(row, text) if text is not None else "none",
        "points": row.given,
        "waits": row.waits,
        "comment": row.said,
    }


class NotebooksHandler(upstream.NotebooksPage):
    """The formgrader's list of an assignment's notebooks, with a way to the page above it."""

    def render(self, name: str, **about: Any) -> str:
        """The template of nbgrader, with one block of ours."""
        template = self.settings["nbgrader_jinja2_env"].from_string(
            "{% extends name %}{% block messages %}<p><a href='{{ base_url }}/formgrader/texts/"
            "{{ assignment_id | urlencode }}' target='_blank'>Read all texts of "
            "{{ assignment_id | e }} on one page</a></p>{% endblock %}"
        )
        return str(template.render(name=name, **about))
