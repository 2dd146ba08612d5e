"""What is borrowed of nbgrader and is not public, all in one place: an upgrade may move it.

What stands in its place, or asks for it, is here. The steps of its converters that ours do
otherwise are named here and done in `converter.py` and `generate.py`.
"""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import nbformat
from nbgrader import converters, utils
from nbgrader.apps import api, autogradeapp, generateassignmentapp, generatefeedbackapp
from nbgrader.exchange.default import ExchangeCollect
from nbgrader.server_extensions.formgrader import handlers
from nbgrader.server_extensions.formgrader.base import BaseHandler, check_notebook_dir, check_xsrf
from tornado import web

from .writing import Writer

__all__ = [
    "Collect",
    "FormgraderHandler",
    "NotebooksPage",
    "Release",
    "StepsKept",
    "check_schemas_by",
    "export_pages_by",
    "is_as_released",
    "make_engines_by",
    "open_gradebooks_by",
    "parse_utc",
    "put_in_place",
    "read_times_by",
    "sanitized",
    "serve_first",
    "to_graders",
]

BORROWED = {
    "nbgrader.apps.api:Autograde": (),
    "nbgrader.apps.autogradeapp:Autograde": (),
    "nbgrader.apps.api:GenerateAssignment": (),
    "nbgrader.apps.generateassignmentapp:GenerateAssignment": (),
    "nbgrader.apps.api:GenerateFeedback": (),
    "nbgrader.apps.generatefeedbackapp:GenerateFeedback": (),
    "nbgrader.converters:Autograde.init_notebooks": (),
    "nbgrader.converters:Autograde.convert_notebooks": (),
    "nbgrader.converters:Autograde.init_destination": ("assignment_id", "student_id"),
    "nbgrader.converters:Autograde.init_assignment": ("assignment_id", "student_id"),
    "nbgrader.converters:Autograde.convert_single_notebook": ("notebook_filename",),
    "nbgrader.converters:Autograde.write_single_notebook": ("output", "resources"),
    "nbgrader.converters:Autograde.set_permissions": ("assignment_id", "student_id"),
    "nbgrader.converters:Autograde.init_single_notebook_resources": ("notebook_filename",),
    "nbgrader.converters:Autograde._init_preprocessors": (),
    "nbgrader.converters:Autograde._sanitizing": (),
    "nbgrader.converters:Autograde._format_dest": ("assignment_id", "student_id"),
    "nbgrader.converters:Autograde.writer": (),
    "nbconvert.exporters:Exporter._preprocessors": (),
    "nbgrader.converters:GenerateAssignment._format_dest": ("assignment_id", "student_id"),
    "nbgrader.converters:GenerateFeedback.init_assignment": ("assignment_id", "student_id"),
    "nbgrader.exchange.default:ExchangeCollect._path_to_record": ("path",),
    "nbgrader.exchange.default:ExchangeCollect.init_src": (),
    "nbgrader.exchange.default:ExchangeCollect.copy_files": (),
    "nbgrader.exchange.default:ExchangeCollect.do_copy": ("src", "dest", "log"),
    "nbgrader.server_extensions.formgrader.base:BaseHandler.exporter": (),
    "nbgrader.server_extensions.formgrader.base:BaseHandler.coursedir": (),
    "nbgrader.server_extensions.formgrader.base:check_notebook_dir": ("f",),
    "nbgrader.server_extensions.formgrader.base:check_xsrf": ("f",),
    "nbgrader.server_extensions.formgrader.handlers:default_handlers": (),
    "nbgrader.server_extensions.formgrader.handlers:GradebookNotebooksHandler.render": ("name",),
    "nbgrader.utils:parse_utc": ("ts",),
    "nbgrader.apps.api:parse_utc": ("ts",),
    "nbgrader.apps.zipcollectapp:parse_utc": ("ts",),
    "nbgrader.coursedir:parse_utc": ("ts",),
    "nbgrader.exchange.default.collect:parse_utc": ("ts",),
    "nbgrader.utils:compute_checksum": ("cell",),
    "nbgrader.utils:find_all_files": ("path", "exclude"),
    # Without these everything is as right, and slower.
    "nbgrader.converters.autograde:Gradebook": ("db_url", "course_id"),
    "nbgrader.preprocessors.overwritekernelspec:Gradebook": ("db_url", "course_id"),
    "nbgrader.preprocessors.overwritecells:Gradebook": ("db_url", "course_id"),
    "nbgrader.preprocessors.saveautogrades:Gradebook": ("db_url", "course_id"),
    "nbgrader.preprocessors.latesubmissions:Gradebook": ("db_url", "course_id"),
    "nbgrader.api:create_engine": (),
    "nbgrader.nbgraderformat.common:jsonschema.validate": ("instance", "schema"),
}
"""From where a name stands to the parameters with which it is called."""

_COMMANDS = {
    "Autograde": autogradeapp,
    "GenerateAssignment": generateassignmentapp,
    "GenerateFeedback": generatefeedbackapp,
}
_F = TypeVar("_F", bound=Callable[..., Any])

FormgraderHandler: Any = BaseHandler
"""A page of the formgrader's, which knows the course."""

NotebooksPage: Any = handlers.GradebookNotebooksHandler
"""Its list of an assignment's notebooks."""

_OPENING = (
    "nbgrader.converters.autograde",
    "nbgrader.preprocessors.overwritekernelspec",
    "nbgrader.preprocessors.overwritecells",
    "nbgrader.preprocessors.saveautogrades",
    "nbgrader.preprocessors.latesubmissions",
)
parse_utc = utils.parse_utc
"""nbgrader's own, whatever stands in its place later."""


def put_in_place(*converters: type) -> None:
    """Have nbgrader's commands, and the formgrader, take these for its own of the same names."""
    for converter in converters:
        for module in (api, _COMMANDS[converter.__name__]):
            setattr(module, converter.__name__, converter)


def read_times_by(parse: Callable[[Any], Any]) -> None:
    """Have nbgrader's gradebook, its commands and the formgrader read times so."""
    for name in BORROWED:
        module, _, what = name.partition(":")
        if what == "parse_utc":
            setattr(importlib.import_module(module), what, parse)


def export_pages_by(exporter: Callable[[BaseHandler], Any]) -> None:
    """Have each of the formgrader's handlers ask for its exporter."""
    BaseHandler.exporter = property(exporter)


def to_graders(method: _F) -> _F:
    """A handler's method for those alone who may use the formgrader, as its own methods are."""
    return cast(_F, web.authenticated(check_xsrf(check_notebook_dir(method))))


def serve_first(*ours: tuple[str, type]) -> None:
    """Have the formgrader serve these, before its own pages, once its server starts."""
    served = handlers.default_handlers
    served[:0] = [handler for handler in ours if handler not in served]


def make_engines_by(wrapper: Callable[[Any], Any]) -> None:
    """Have gradebooks make SQLAlchemy's engines by nbgrader's `create_engine`, wrapped."""
    _wrap("nbgrader.api", "create_engine", wrapper)


def open_gradebooks_by(opened: Callable[..., Any]) -> None:
    """Have the steps of Autograde open gradebooks so; where nbgrader has moved one, by itself."""
    for module in _OPENING:
        _wrap(module, "Gradebook", lambda _: opened)


def check_schemas_by(wrapper: Callable[[Any], Any]) -> None:
    """Have nbgrader check cells by its module `jsonschema`, wrapped."""
    _wrap("nbgrader.nbgraderformat.common", "jsonschema", wrapper)


def _wrap(module: str, name: str, wrapper: Callable[[Any], Any]) -> None:
    with contextlib.suppress(ImportError, AttributeError):  # it only makes things faster
        found = importlib.import_module(module)
        setattr(found, name, wrapper(getattr(found, name)))


def sanitized(converter: Any, path: str) -> nbformat.NotebookNode:
    """A student's notebook after the first of Autograde's two passes."""
    converter._sanitizing = True
    converter._init_preprocessors()
    resources = converter.init_single_notebook_resources(path)
    output, _ = converter.exporter.from_filename(path, resources=resources)
    return nbformat.reads(output, as_version=4)


def is_as_released(cell: nbformat.NotebookNode) -> bool:
    """Whether a cell is as nbgrader released it once, by the checksum that it wrote then.

    Then what is not as in the assignment today was changed there, and not by the student. Who
    writes a checksum of their own gains nothing by it: the cell counts as it is given.
    """
    with contextlib.suppress(KeyError, TypeError, ValueError, AttributeError, OverflowError):
        return bool(cell.metadata["nbgrader"]["checksum"] == utils.compute_checksum(cell))
    return False


class StepsKept(converters.Autograde):
    """nbgrader's, which can be told to make its steps once; it makes them twice for a notebook."""

    _kept: dict[bool, list[Any]] | None = None  # by whether they are to sanitize

    def keep_steps(self, wanted: bool) -> None:
        """From here on; for steps that remember nothing of a student's from one to the next."""
        self._kept = {} if wanted else None

    def _init_preprocessors(self) -> None:
        if self._kept is None or self._sanitizing not in self._kept:
            super()._init_preprocessors()
        if self._kept is not None:
            steps = self._kept.setdefault(self._sanitizing, self.exporter._preprocessors)
            self.exporter._preprocessors = steps
        if isinstance(self.exporter, Writer):
            self.exporter.hands_over = self._sanitizing and self._kept is not None

    def write_single_notebook(self, output: str, resources: Any) -> None:
        """As nbgrader's; of what is handed over to the second pass there is nothing to write."""
        if isinstance(self.exporter, Writer) and self.exporter.handed is not None:
            names = resources["nbgrader"]
            # Where the second pass looks for it.
            self.writer.build_directory = self._format_dest(names["assignment"], names["student"])
        else:
            super().write_single_notebook(output, resources)


class Collect(ExchangeCollect):
    """nbgrader's, in which it can be said what to make of a submission's name."""

    def record(self, path: str) -> dict[str, Any]:
        """Whose submission lies there, under which name, and when it came in."""
        record: dict[str, Any] = super()._path_to_record(path)
        return record

    def _path_to_record(self, path: str) -> dict[str, Any]:
        return self.record(path)


class Release(converters.GenerateAssignment):
    """nbgrader's, which can be told to leave the release as it is and to write elsewhere."""

    aside: Path | None = None

    def written_to(self, assignment_id: str, student_id: str) -> str:
        """Where the release goes."""
        return self._format_dest(assignment_id, student_id)

    def _format_dest(self, assignment_id: str, student_id: str, escape: bool = False) -> str:
        if self.aside is not None:
            return str(self.aside / assignment_id)
        return str(super()._format_dest(assignment_id, student_id, escape=escape))
