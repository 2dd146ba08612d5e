"""The nbgrader preprocessor that marks: set in `nbgrader_config.py` in place of nbgrader's Execute.

    c.Autograde.autograde_preprocessors = ["autograder.marking.examine.Examine", ...]

It runs the submission's cells in a sandboxed kernel and judges its answers from outside, for
`nbgrader autograde` and the formgrader's button alike.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from pathlib import Path
from typing import Any

import nbformat
from nbclient.util import run_sync
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Bool, Dict, Float, Integer, Unicode

from ..errors import MarkingError
from .rubric import Rubric, read_rubric, verify_rubric
from .session import Session, SessionLimits

__all__ = ["Examine"]

# Rubrics of this process, by path and content: a class is marked by one.
_rubrics: dict[tuple[str, bytes, bytes], Rubric] = {}


class Examine(NbGraderPreprocessor):
    """Runs a submission's notebook in a sandbox and marks it by question and reply."""

    cell_timeout = Float(120.0, help="Seconds that one cell of a submission may take.").tag(
        config=True
    )
    notebook_timeout = Float(
        600.0, help="Seconds that one notebook of a submission may take in all."
    ).tag(config=True)
    kernels = Integer(
        3,
        help="How many kernels one notebook may use up before the rest counts as not run. "
        "A cell that kills its kernel is left out, and the cells before it are run again.",
    ).tag(config=True)
    seed = Unicode(
        "",
        help="From what the fresh places of a marking are drawn, together with the submission. "
        "By default a secret of the course, made at the first marking and kept in "
        "`.autograder_seed` in the course directory. The seed of each exercise is in its verdict.",
    ).tag(config=True)
    sandboxed = Bool(
        True,
        help="Whether submissions run in a sandbox. Without one, a submission can read what the "
        "grader can read, the solutions and other students' work among it; only its marks "
        "cannot be forged. Only for code that you trust.",
    ).tag(config=True)
    limits = Dict(
        help="Limits of the sandbox that differ from the default; see autograder.sandbox.Limits."
    ).tag(config=True)

    def preprocess(self, nb: nbformat.NotebookNode, resources: Any) -> tuple[Any, Any]:
        """Run and mark one notebook of one submission, in place.

        Raises:
            AutograderError: it could not be marked, for a reason that is not the student's.
        """
        names = resources["nbgrader"]
        course = self._course()
        rubric = self._rubric(course, names["assignment"], names["notebook"])
        folder = course.format_path(
            course.submitted_directory, names["student"], names["assignment"]
        )
        secret = self._secret(course)
        content = "\0".join(str(cell.get("source", "")) for cell in nb.cells)
        base = [secret, names["assignment"], names["notebook"], names["student"], content]

        def seed(exercise: str) -> int:
            text = "\0".join([*base, exercise]).encode("utf-8", "surrogatepass")
            return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big")

        limits = SessionLimits(self.cell_timeout, self.notebook_timeout, self.kernels)
        session = Session(
            nb, rubric, lambda: self._new_manager(folder, course), seed, limits, self.log
        )
        run_sync(session.run)()
        return nb, resources

    def _course(self) -> CourseDirectory:
        """The course directory of the converter that we work for."""
        owner: Any = self
        while owner is not None:
            found = getattr(owner, "coursedir", None)
            if isinstance(found, CourseDirectory):
                return found
            owner = getattr(owner, "parent", None)
        return CourseDirectory(parent=self)

    def _rubric(self, course: CourseDirectory, assignment: str, notebook: str) -> Rubric:
        file = f"{notebook}.ipynb"
        source = Path(course.format_path(course.source_directory, ".", assignment)) / file
        release = Path(course.format_path(course.release_directory, ".", assignment)) / file
        if not source.is_file():
            raise MarkingError(
                f"There is no source notebook {source} to mark {notebook} by. "
                "Is the course directory right?"
            )
        released = release.read_bytes() if release.is_file() else b""
        key = (str(source.resolve()), source.read_bytes(), released)
        if key not in _rubrics:
            self.log.info("Making the rubric from %s", source)
            rubric = read_rubric(source)
            if released:
                verify_rubric(rubric, release)
            _rubrics[key] = rubric
        return _rubrics[key]

    def _secret(self, course: CourseDirectory) -> str:
        if self.seed:
            return str(self.seed)
        path = Path(course.root) / ".autograder_seed"
        try:
            # Made whole before it has its name: two markings at once must agree on one.
            draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
            if not path.exists():
                draft.write_text(secrets.token_hex(16) + "\n")
                draft.chmod(0o600)
                try:
                    os.link(draft, path)
                except FileExistsError:
                    pass
                finally:
                    draft.unlink()
            return path.read_text().strip()
        except OSError as exc:
            raise MarkingError(f"The course's seed {path} cannot be kept: {exc}") from exc

    def _new_manager(self, folder: str, course: CourseDirectory) -> Any:
        if not self.sandboxed:
            from jupyter_client.manager import AsyncKernelManager

            return AsyncKernelManager(kernel_name="python3")
        from ..sandbox import Limits, SandboxKernelManager

        limits = Limits.from_dict(dict(self.limits))
        return SandboxKernelManager(folder=folder, limits=limits, hidden=[course.root])
