"""The nbgrader preprocessor that marks: it stands in the place of nbgrader's Execute.

It runs the submission's cells in a sandboxed kernel and judges its answers from outside, for
`nbgrader autograde` and the formgrader's button alike.
"""

from __future__ import annotations

import copy
import hashlib
import os
import secrets
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
from nbclient.util import run_sync
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Bool, Dict, Enum, Float, Integer, Unicode

from ..cells import is_test, nbgrader_of, points_of
from ..checks.verdict import MIME, Outcome, Verdict
from ..errors import MarkingError, Starved
from ..isolation import Isolation
from ..marking.files import digest_of_files, kernel_folder
from ..marking.protection import isolation
from ..marking.record import verdict_output
from ..marking.results import contents
from ..marking.sources import rubric_files
from .course import above, course_of

# Imported where a notebook is run or a rubric read: both need JAX, and the process that writes the
# marks of a class, nbgrader's other commands and the formgrader do neither.
if TYPE_CHECKING:
    from ..marking.rubric import Rubric
    from ..marking.session import Session

__all__ = ["Examine"]


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
    namespaces: Any = Enum(
        ["prefer", "require", "never"],
        "prefer",
        help="Whether the sandbox is made of namespaces. Where a container or AppArmor forbids "
        "them, submissions are locked without: they can see that a file or a process of yours "
        'exists, and may fill the disk for a moment. "prefer": namespaces where they can be had; '
        '"require": or nobody is marked; "never": none.',
    ).tag(config=True)
    illustrations = Bool(
        False,
        help="Whether cells with the tag `illustration` are run. Marks are the same either way: "
        "such a cell is left out only where no mark can depend on it.",
    ).tag(config=True)
    limits = Dict(
        help="Limits of the sandbox that differ from the default; see autograder.sandbox.Limits."
    ).tag(config=True)

    warm = Bool(
        True,
        help="Whether kernels are forked from a warm process in the sandbox, where the system can "
        "keep such kernels apart; else each is started cold, which takes seconds.",
    ).tag(config=True)
    compiled_gradients = Bool(
        True,
        help="Whether repeated calls of jax.grad and its relatives run compiled in a submission's "
        "kernel. Nothing but the time they take can be told apart.",
    ).tag(config=True)

    def preprocess(self, nb: nbformat.NotebookNode, resources: Any) -> tuple[Any, Any]:
        """Run and mark one notebook of one submission, in place; or take what a worker found out.

        Raises:
            AutograderError: it could not be marked, for a reason that is not the student's.
        """
        names = resources["nbgrader"]
        course = course_of(self)
        # nbgrader's own copy: with the instructor's data files, and no links out of it.
        folder = course.format_path(
            course.autograded_directory, names["student"], names["assignment"]
        )
        found = _found_out(self)
        if found is not None:
            found.put(nb, names, folder)
        else:
            with kernel_folder(course, folder) as files:
                self.examine(nb, names, files)
        return nb, resources

    def examine(
        self, nb: nbformat.NotebookNode, names: Mapping[str, str], folder: str
    ) -> Session | None:
        """Run and mark a notebook in place.

        Args:
            nb: the notebook, after nbgrader has put back what the assignment gave.
            names: "student", "assignment" and "notebook".
            folder: the files beside it, and no notebook; the kernel works in a copy.

        Returns:
            The run, or none where there was nothing to run.

        Raises:
            Starved: others had the processor while it met a limit of time.
            AutograderError: it could not be marked, for another reason that is not the student's.
        """
        from ..marking.compilations import kept_compilations
        from ..marking.illustrations import left_out
        from ..marking.session import Session, SessionLimits

        course = course_of(self)
        kept_apart = self.isolation()
        rubric = self._rubric(course, names["assignment"], names["notebook"], verify=False)
        seed = self._seeds(contents(nb, names, digest_of_files(course, folder)))
        unreadable = nb.metadata.get("autograder", {}).get("unreadable")
        session = None
        if unreadable:
            _refuse(nb, rubric, str(unreadable), seed)
        else:
            limits = SessionLimits(self.cell_timeout, self.notebook_timeout, self.kernels)
            new_manager = partial(self._new_manager, folder, names["assignment"])
            without = (
                {} if self.illustrations else left_out(nb.cells, rubric.illustrations, rubric.given)
            )
            as_it_came = copy.deepcopy(nb.cells) if without else []
            with kept_compilations():
                session = Session(nb, rubric, new_manager, seed, limits, self.log, without)
                run_sync(session.run)()
                if session.missed:
                    nb.cells = as_it_came
                    session = Session(nb, rubric, new_manager, seed, limits, self.log)
                    run_sync(session.run)()
            if session.starved:
                raise Starved
        self._seal(nb, kept_apart)
        return session

    def settings(self) -> dict[str, Any]:
        """The settings on which marks may depend, as plain data."""
        names = (
            "cell_timeout",
            "notebook_timeout",
            "kernels",
            "sandboxed",
            "compiled_gradients",
            "illustrations",
        )
        # A result is as good without namespaces, and says that it was found out so. But who
        # requires them wants none that was.
        return {name: getattr(self, name) for name in names} | {
            "limits": dict(self.limits),
            "namespaces": self.namespaces == "require",
        }

    def prepare(self, assignment: str, notebooks: Iterable[str], *, verify: bool = True) -> None:
        """Find out, before anyone is marked, whether anyone can be.

        Args:
            assignment: the assignment's name.
            notebooks: the names of those of its notebooks that are to be marked.
            verify: whether to see that an empty submission earns nothing.

        Raises:
            AutograderError: no, and why.
        """
        self.isolation()
        if self.sandboxed:
            self._sandboxed_manager(None, assignment).sandbox.begin_warming()
        for notebook in notebooks:
            self._rubric(course_of(self), assignment, notebook, verify=verify)

    def isolation(self) -> Isolation:
        """How submissions are kept from this machine.

        Raises:
            MarkingError: not as they have to be; with the cure.
        """
        return isolation(sandboxed=bool(self.sandboxed), namespaces=self.namespaces)

    def _rubric(
        self, course: CourseDirectory, assignment: str, notebook: str, *, verify: bool = True
    ) -> Rubric:
        from ..marking.rubric import verified_rubric

        return verified_rubric(*rubric_files(course, assignment, notebook), verify=verify)

    def _seeds(self, theirs: str) -> Callable[[str], int]:
        """Seeds by the name of a test cell; new with each change of what the student has in hand.

        Were there anything that the code can read and they do not depend on, a student could write
        there what feedback says of one marking's places, and be asked at the same ones again.
        """
        base = f"{self.secret()}\0{theirs}"

        def seed(exercise: str) -> int:
            text = f"{base}\0{exercise}".encode("utf-8", "surrogatepass")
            return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big")

        return seed

    def _seal(self, nb: nbformat.NotebookNode, isolation: Isolation) -> None:
        """Note in each record how it came about."""
        for cell in nb.cells:
            record = _record_of(cell)
            if record is None:
                continue
            record["isolation"] = isolation.value

    def secret(self) -> str:
        """From what fresh places are drawn, together with the submission; made now if need be.

        Raises:
            MarkingError: it cannot be kept.
        """
        if self.seed:
            return str(self.seed)
        path = Path(course_of(self).root) / ".autograder_seed"
        try:
            if not path.exists():
                _make_seed(path)
            seed = path.read_text().strip()
        except OSError as exc:
            raise MarkingError(f"The course's seed {path} cannot be kept: {exc}") from exc
        if not seed:
            raise MarkingError(f"The course's seed {path} is empty: delete it, and one is made.")
        return seed

    def _new_manager(self, folder: str, assignment: str) -> Any:
        if not self.sandboxed:
            from ..marking.unsandboxed import PlainKernelManager

            return PlainKernelManager(folder)
        return self._sandboxed_manager(folder, assignment)

    def _sandboxed_manager(self, folder: str | None, assignment: str) -> Any:
        from ..sandbox import Limits, SandboxKernelManager

        course = course_of(self)
        limits = Limits.from_dict(dict(self.limits))
        release = Path(course.format_path(course.release_directory, ".", assignment))
        return SandboxKernelManager(
            folder=folder,
            limits=limits,
            hidden=[course.root],
            warm=self.warm,
            compiled=self.compiled_gradients,
            rehearsed=sorted(release.glob("*.ipynb")),
            namespaces=self.namespaces,
        )


def _make_seed(path: Path) -> None:
    """Make a file with a seed of a course, unless another marking does so first."""
    # Made whole before it has its name: two markings at once must agree on one.
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        draft.write_text(secrets.token_hex(16) + "\n")
        draft.chmod(0o600)
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        except OSError:  # no second names on this file system, as on a USB stick's
            draft.rename(path)
    finally:
        draft.unlink(missing_ok=True)


def _found_out(examine: Examine) -> Any:
    """What the workers found out (see grade/run.py), if the converter has any; else None."""
    return above(examine.parent, "found_out")


def _record_of(cell: nbformat.NotebookNode) -> Any:
    """The record that marking wrote into a cell, or None."""
    for output in cell.get("outputs", []):
        if MIME in output.get("data", {}):
            return output.data[MIME]
    return None


def _refuse(
    nb: nbformat.NotebookNode, rubric: Rubric, reason: str, seed: Callable[[str], int]
) -> None:
    """Write the verdicts on a notebook that cannot be read, or is not there."""
    # What is there waits for a person, who may read what a program cannot.
    outcome: Outcome = "unjudged" if nb.metadata.autograder.get("review") else "wrong"
    for cell in nb.cells:
        if cell.cell_type != "code" or not is_test(cell):
            continue
        exercise = rubric.exercises.get(nbgrader_of(cell).get("grade_id", ""))
        if exercise is None:  # a test that is not ours, which fails where it does not run
            words = f"not run: {reason}"
            cell.outputs = [
                nbformat.v4.new_output("error", ename="NotRun", evalue=words, traceback=[words])
            ]
            continue
        verdicts = [
            Verdict(name, outcome, 0.0, f"There is no answer: {reason}", "", "unreadable")
            for name in exercise.answers
        ]
        number = seed(exercise.cell)
        cell.outputs = [verdict_output(verdicts, points_of(cell), number, None)]
