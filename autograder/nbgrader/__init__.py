"""Our plugs for nbgrader, and the one door through which a course gets them: `configure`.

A course's `nbgrader_config.py` names nothing else of ours. So a module may move without breaking a
course, and a mended plug reaches all of them.
"""

from __future__ import annotations

import contextlib
import os
import sys
import warnings
from pathlib import Path
from typing import Any

__all__ = ["configure"]


def configure(c: Any) -> None:
    """Have nbgrader mark, collect, export and show submissions by our plugs.

    What a course has set before, of its own or of nbgrader's options, stays, but for the lists of
    steps. To be called in `nbgrader_config.py`, whose last line it may be.

    Args:
        c: traitlets' configuration, as `get_config()` gives it.
    """
    from . import converter, pages, texts

    _let_nbgrader_find_alembic()
    # Harmless: nbgrader looks at a new submission, and adds it to its session next.
    warnings.filterwarnings("ignore", message="Object of type <Submitted.*not in session")
    _open_exchange(c)
    # A submission is collected without what its links lead to, which would be read with one's
    # rights; and a table of marks has no formula in it.
    c.ExchangeFactory.collect = f"{__name__}.collect.CarefulCollect"
    c.ExportApp.plugin_class = f"{__name__}.export.PlainExport"
    # Submissions are read, run in a sandbox, and judged from outside it. These are nbgrader's own
    # lists of steps, with ours: ClearSolutions leaves cells that run, Mend puts back what the
    # assignment gave, Examine stands where nbgrader has its Execute, and Review asks a person about
    # what could not be judged.
    c.GenerateAssignment.preprocessors = [
        "nbgrader.preprocessors.IncludeHeaderFooter",
        "nbgrader.preprocessors.InstantiateTests",
        "nbgrader.preprocessors.LockCells",
        f"{__name__}.stubs.ClearSolutions",
        "nbgrader.preprocessors.ClearOutput",
        "nbgrader.preprocessors.CheckCellMetadata",
        "nbgrader.preprocessors.ComputeChecksums",
        "nbgrader.preprocessors.SaveCells",
        "nbgrader.preprocessors.ClearHiddenTests",
        "nbgrader.preprocessors.ClearMarkScheme",
        "nbgrader.preprocessors.ComputeChecksums",
        "nbgrader.preprocessors.CheckCellMetadata",
    ]
    c.Autograde.exporter_class = f"{__name__}.intake.SubmissionExporter"
    c.Autograde.sanitize_preprocessors = [
        f"{__name__}.mend.Mend",
        "nbgrader.preprocessors.ClearOutput",
        "nbgrader.preprocessors.DeduplicateIds",
        "nbgrader.preprocessors.OverwriteKernelspec",
        "nbgrader.preprocessors.OverwriteCells",
        "nbgrader.preprocessors.CheckCellMetadata",
    ]
    c.Autograde.autograde_preprocessors = [
        f"{__name__}.examine.Examine",
        "nbgrader.preprocessors.IgnorePattern",
        "nbconvert.preprocessors.ClearMetadataPreprocessor",
        "nbgrader.preprocessors.LimitOutput",
        "nbgrader.preprocessors.SaveAutoGrades",
        "nbgrader.preprocessors.AssignLatePenalties",
        f"{__name__}.review.Review",
        "nbgrader.preprocessors.CheckCellMetadata",
    ]
    # `nbgrader validate` runs a student's notebook with nbgrader's own Execute, which allows 30 s.
    _default(c.Execute, "timeout", 180)
    # Our cards with their pictures; what students made cannot run, neither on the page that they
    # fetch nor in the formgrader, where one is logged in.
    c.HTMLExporter.preprocessors = [f"{__name__}.pages.SafePage"]
    c.HTMLExporter.filters = {
        "markdown2html": f"{__name__}.pages.safe_markdown",
        "highlight_code": f"{__name__}.pages.highlight",
    }
    converter.install()
    pages.install()
    texts.install()


def _default(section: Any, name: str, value: Any) -> None:
    if name not in section:
        setattr(section, name, value)


def _let_nbgrader_find_alembic() -> None:
    """Put this Python's programs on the PATH, where nbgrader expects the command.

    It lies beside this Python, so that nbgrader need not be started from an activated environment.
    """
    here, path = os.path.dirname(sys.executable), os.environ.get("PATH", "")
    if path.split(os.pathsep)[0] != here:
        os.environ["PATH"] = os.pathsep.join([here, path])


def _open_exchange(c: Any) -> None:
    """Make the exchange where it is a folder of the course, and lies there for one person.

    nbgrader and the formgrader treat one that is not there, or not open to all, as none at all.
    Where it cannot be made, nbgrader says so in the command that needs it.
    """
    # A student fetches into <course>/<assignment>: two courses may both have a "week_1".
    _default(c.Exchange, "path_includes_course", True)
    if "root" not in c.Exchange or "root" not in c.CourseDirectory:
        return
    root, course = Path(str(c.Exchange.root)), Path(str(c.CourseDirectory.root))
    if root.parent == course and not root.exists():
        with contextlib.suppress(OSError):
            root.mkdir()
            root.chmod(0o777)
