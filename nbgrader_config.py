"""nbgrader's configuration: this folder is a course directory.

nbgrader's commands, JupyterLab's formgrader and the `autograder` command read it when they are
started in this folder. Every line that a course may want to change says how.
"""

import contextlib
import os
import sys
import warnings
from pathlib import Path

from autograder.feedback.pages import install as install_pages
from autograder.marking.converter import install as install_converter

c = get_config()  # noqa: F821  (given by traitlets, which runs this file)

HERE = Path(__file__).resolve().parent

# nbgrader makes a new gradebook with the `alembic` command, which it expects on the PATH. It lies
# beside this Python, so nbgrader need not be started from an activated environment.
os.environ["PATH"] = os.pathsep.join([os.path.dirname(sys.executable), os.environ.get("PATH", "")])

# Harmless: nbgrader looks at a new submission before it adds it to its session, as it does next.
warnings.filterwarnings("ignore", message="Object of type <Submitted.*not in session")

# ---------------------------------------------------------------------------------------------
# The course
# ---------------------------------------------------------------------------------------------
c.CourseDirectory.root = str(HERE)
c.CourseDirectory.course_id = "gradient_descent_course"

# ---------------------------------------------------------------------------------------------
# The exchange: where assignments are released to and submissions come in
# ---------------------------------------------------------------------------------------------
# nbgrader's own default lies under /usr/local and needs an administrator. This one needs nobody:
# it is enough for one person, or for trying things out. For a class that shares a machine, have an
# administrator make a folder that everyone may write to (chmod ugo+rwx), and name it here:
#
#     EXCHANGE = Path("/srv/nbgrader/exchange")
#
# The students' environment then needs a configuration of its own, such as
# /opt/students/etc/jupyter/nbgrader_config.py, with these lines of this file:
#
#     c = get_config()
#     c.Exchange.root = "/srv/nbgrader/exchange"
#     c.Exchange.path_includes_course = True
#     c.CourseDirectory.course_id = "gradient_descent_course"
EXCHANGE = HERE / "exchange"
c.Exchange.root = str(EXCHANGE)

# nbgrader and the formgrader treat an exchange that is not there, or not open to all, as none at
# all. Where the folder cannot be made, nbgrader says so in the command that needs it.
if not EXCHANGE.exists():
    with contextlib.suppress(OSError):
        EXCHANGE.mkdir()
        EXCHANGE.chmod(0o777)

# A student fetches into <course>/<assignment>: two courses may both have an assignment "week_1".
c.Exchange.path_includes_course = True

# A submission is collected without what its links lead to, which would be read with your rights.
c.ExchangeFactory.collect = "autograder.marking.collect.CarefulCollect"

# ---------------------------------------------------------------------------------------------
# Marking
# ---------------------------------------------------------------------------------------------
# Submissions are read, run in a sandbox, and judged from outside it. nbgrader's own lists of steps,
# with ours: `Mend` puts back what the assignment gave, `Examine` stands where nbgrader has its own
# Execute, and `Review` asks a person to look at what could not be read.
c.Autograde.exporter_class = "autograder.marking.intake.SubmissionExporter"
c.Autograde.sanitize_preprocessors = [
    "autograder.marking.mend.Mend",
    "nbgrader.preprocessors.ClearOutput",
    "nbgrader.preprocessors.DeduplicateIds",
    "nbgrader.preprocessors.OverwriteKernelspec",
    "nbgrader.preprocessors.OverwriteCells",
    "nbgrader.preprocessors.CheckCellMetadata",
]
c.Autograde.autograde_preprocessors = [
    "autograder.marking.examine.Examine",
    "nbgrader.preprocessors.IgnorePattern",
    "nbconvert.preprocessors.ClearMetadataPreprocessor",
    "nbgrader.preprocessors.LimitOutput",
    "nbgrader.preprocessors.SaveAutoGrades",
    "nbgrader.preprocessors.AssignLatePenalties",
    "autograder.marking.review.Review",
    "nbgrader.preprocessors.CheckCellMetadata",
]
install_converter()

# `jax.grad` without `jit` costs about 10 ms a call, so an honest loop of a thousand steps takes
# longer than the 30 s that nbgrader allows a cell on a slow machine.
c.Examine.cell_timeout = 120
c.Examine.notebook_timeout = 600

# `nbgrader validate` runs a student's notebook with nbgrader's own Execute.
c.Execute.timeout = 180

# `nbgrader export`: in its table no name is a formula.
c.ExportApp.plugin_class = "autograder.marking.export.PlainExport"

# ---------------------------------------------------------------------------------------------
# Pages: the students' feedback, and the formgrader
# ---------------------------------------------------------------------------------------------
# Our cards with their pictures; what students made cannot run, neither on the page that they fetch
# nor in the formgrader, where you are logged in.
c.HTMLExporter.preprocessors = ["autograder.feedback.pages.SafePage"]
c.HTMLExporter.filters = {
    "markdown2html": "autograder.feedback.pages.safe_markdown",
    "highlight_code": "autograder.feedback.pages.highlight",
}
install_pages()
