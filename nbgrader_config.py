"""nbgrader's configuration: this folder is a course directory.

nbgrader's commands, JupyterLab's formgrader and the `autograder` command read it when they are
started in this folder.
"""

from pathlib import Path

from autograder.nbgrader import configure

c = get_config()  # noqa: F821  (given by traitlets, which runs this file)

HERE = Path(__file__).resolve().parent

c.CourseDirectory.root = str(HERE)
c.CourseDirectory.course_id = "gradient_descent_course"

# Where assignments are released to and submissions come in. nbgrader's own default needs an
# administrator; this one needs nobody, and is enough for one person. For a class that shares a
# machine, have an administrator make a folder that everyone may write to (chmod 1777), name it
# here, and write these lines into the students' /opt/students/etc/jupyter/nbgrader_config.py:
#
#     c = get_config()
#     c.Exchange.root = "/srv/nbgrader/exchange"
#     c.Exchange.path_includes_course = True
#     c.CourseDirectory.course_id = "gradient_descent_course"
EXCHANGE = HERE / "exchange"
c.Exchange.root = str(EXCHANGE)

# Seconds for a cell and for a notebook. `jax.grad` without `jit` costs some 10 ms a call, so an
# honest loop of a thousand steps takes longer than nbgrader's 30 s on a slow machine.
c.Examine.cell_timeout = 120
c.Examine.notebook_timeout = 600

configure(c)  # marking, collecting, feedback and the formgrader's pages by autograder
