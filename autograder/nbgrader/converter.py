"""nbgrader's converter for marking, made to withstand what students hand in and what we get wrong.

nbgrader has no setting for the class, so `install`, which `configure` calls, puts this one in the
two places from which nbgrader takes its own: the `nbgrader autograde` command, and the API behind
the formgrader's button.
"""

from __future__ import annotations

import contextlib
import fnmatch
import glob
import os
import re
import secrets
import shutil
import stat
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbgrader.api import BaseCell, Comment, Grade, MissingEntry, SubmittedAssignment
from nbgrader.converters import BaseConverter, NbGraderException

from ..errors import CURE as SAYS_CURE
from ..errors import AutograderError, MarkingError
from ..isolation import Isolation
from ..marking import files
from ..marking.journal import Journal, Marked
from ..marking.results import STATE
from ..marking.sources import rubric_digest
from ..marking.student import CURE, why_refused
from ..sandbox import tree
from ..startup import hush
from . import last_words, log, rights, times
from .foreseen import foreseen, require_rights
from .generate import GenerateAssignment, GenerateFeedback
from .once import once
from .patience import be_patient, wait_until_free
from .shared import opened, settle
from .turns import Turns
from .upstream import StepsKept, put_in_place

if TYPE_CHECKING:
    from .examine import Examine

__all__ = ["Autograde", "install"]

NOBODY = "Nobody was marked, and no mark was changed."
MAX_COPY = 120_000_000  # characters of an autograded notebook; an honest one's are a million
_ASIDE = ".before-"
_TURNS = ".turns"  # beside the assignments' own folders; none can be called so
_EXPOSED = {
    Isolation.UNSANDBOXED: (
        "Submissions run WITHOUT a sandbox (Examine.sandboxed = False): they can read what you can "
        "read, the solutions and other students' work among it."
    ),
    Isolation.LOCKED: (
        "Submissions run locked, without namespaces: they read and write nothing of yours, but can "
        "see that it is there. `autograder doctor` says more."
    ),
}


class _CarefulCopy(BaseConverter):
    """Copies the other files of a submission, but follows no link and waits at no pipe.

    It stands between nbgrader's Autograde and its base, whose part this is.
    """

    def init_assignment(self, assignment_id: str, student_id: str) -> None:
        """Copy a submission's other files to its autograded copy."""
        self.copy_files(
            self.submitted(assignment_id, student_id),
            self.autograded(assignment_id, student_id),
        )

    def submitted(self, assignment_id: str, student_id: str, *, escape: bool = False) -> str:
        """Where a submission lies; as a pattern of `re` where special characters are escaped."""
        course = self.coursedir
        folder = course.submitted_directory
        return str(course.format_path(folder, student_id, assignment_id, escape=escape))

    def autograded(self, assignment_id: str, student_id: str) -> str:
        """Where its autograded copy lies."""
        course = self.coursedir
        return str(course.format_path(course.autograded_directory, student_id, assignment_id))

    def given_files(self) -> dict[str, str]:
        """What nbgrader puts in the place of a student's files of the same names."""
        assignment = str(self.coursedir.assignment_id)
        kept = self.exclude_overwriting.get(assignment, [])
        return files.given_files(self.coursedir, assignment, kept)

    def copy_files(self, source: str, target: str) -> None:
        """Copy what is an ordinary file and no notebook; say what is left out."""
        os.makedirs(target, exist_ok=True)
        entries, odd = files.not_in_the_way(
            files.beside(self.coursedir, source), self.given_files()
        )
        left_out = tree.copy(source, target, entries)
        left_out |= dict.fromkeys(odd, "is where the assignment's own files belong")
        files.say_left_out(self.log, source, left_out, " of the marked copy")


@dataclass(frozen=True)
class _Before:
    """How a submission stood before it was marked: its rows in the gradebook, and its copy.

    Attributes:
        grades: from notebook and cell to automatic score and whether a person is to look.
        comments: from notebook and cell to automatic comment.
        penalties: from notebook to late penalty.
        copy: a folder with the files of the autograded copy, if there was one.
        lacking: whether its marking had lacked something.
        rows: whether any of this is known of its rows; they are not touched before it is.
    """

    grades: dict[tuple[str, str], tuple[float | None, bool]] = field(default_factory=dict)
    comments: dict[tuple[str, str], str | None] = field(default_factory=dict)
    penalties: dict[str, float | None] = field(default_factory=dict)
    copy: Path | None = None
    lacking: bool = False
    rows: bool = True


class Autograde(StepsKept, _CarefulCopy):
    """nbgrader's Autograde, in which one submission costs no other its marks.

    - Where nobody can be marked (no sound rubric, no sandbox), it says why before it begins.
    - A notebook that was not handed in is marked, with nothing, like one that cannot be read.
    - A submission that cannot be marked keeps the marks and the autograded copy that it had.
    - In the end it says how many were marked, and whose turn is still to come.
    """

    def start(self) -> None:
        """Mark all submissions that were asked for.

        Raises:
            NbGraderException: some, or all, could not be marked.
        """
        hush()
        be_patient()
        once()
        self.wait_for_gradebook()
        examine = self.examine()
        self._isolation = Isolation.SANDBOXED
        if examine is not None:
            try:
                require_rights(self.coursedir)
                self.prepare(examine)
                self._isolation = examine.isolation()
            except AutograderError as exc:
                message = f"{NOBODY} {exc}"
                self.log.error(message)
                raise NbGraderException(message) from exc
        if self._isolation is not Isolation.SANDBOXED:
            self.log.warning(_EXPOSED[self._isolation])
        rights.keep_private(self.coursedir, self.coursedir.autograded_directory)
        try:
            super().start()
        finally:
            rights.keep_private(self.coursedir)

    def wait_for_gradebook(self) -> None:
        """Wait until no other program is writing to it.

        Raises:
            GradebookError: one is, for long.
        """
        wait_until_free(self.coursedir.db_url, self.say, self.is_stopped)

    def say(self, words: str) -> None:
        """Tell whoever marks what there is to wait for."""
        self.log.warning("%s", words)

    def is_stopped(self) -> bool:
        """Whether there is nothing to wait for any more, since the run is to end."""
        return False

    def prepare(self, examine: Examine) -> None:
        """Find out whether anyone can be marked.

        Raises:
            AutograderError: no, and why.
        """
        examine.prepare(self.coursedir.assignment_id, self.expected())

    def examine(self) -> Examine | None:
        """Our own step, if it is among those configured."""
        # Not before: every nbgrader command imports this module, and JAX takes its time.
        from .examine import Examine

        name = f"{Examine.__module__}.{Examine.__qualname__}"
        ours = any(given in (name, Examine) for given in self.autograde_preprocessors)
        return Examine(parent=self) if ours else None

    # ------------------------------------------------------------------ what was handed in

    def init_notebooks(self) -> None:
        """Find the submissions; each has all notebooks of the assignment, there or not.

        Raises:
            NbGraderException: there is no submission, or the gradebook has no such notebook.
        """
        self._refused: dict[str, str] = {}
        pattern = self.submitted(self.coursedir.assignment_id, self.coursedir.student_id)
        # A name, and the course's path, may hold what means something in a pattern: "o'brien [2]".
        root = str(self.coursedir.root)
        inside = pattern.replace(root, glob.escape(root), 1)
        folders = [pattern] if os.path.isdir(pattern) else glob.glob(inside)
        expected = self.expected()
        self.assignments: dict[str, list[str]] = {}
        for folder in filter(os.path.isdir, folders):
            student = self.student_of(folder)
            if why := why_refused(student):
                self._refused[ascii(student)] = f"{why} {CURE}"
                continue
            handed_in = self._handed_in(folder)
            if expected:
                # Not for nbgrader to look up: a name may be one that no database takes.
                for name in sorted({*handed_in} - {*expected})[: files.MOST_NAMED]:
                    self.log.warning("Skipping unknown notebook: %r", f"{folder}/{name}.ipynb")
            found = [f"{folder}/{name}.ipynb" for name in expected or handed_in]
            self.assignments |= {folder: sorted(found)} if found else {}
        if not self.assignments and not self._refused:
            super().init_notebooks()  # says what is near
        if not expected:
            self._say_what_is_unknown()

    def _handed_in(self, folder: str) -> list[str]:
        """The names of a submission's notebooks, whatever they are."""
        found = fnmatch.filter(os.listdir(folder), f"{self.coursedir.notebook_id}.ipynb")
        return [name.removesuffix(".ipynb") for name in found if not name.startswith(".")]

    def student_of(self, folder: str) -> str:
        """Whose submission lies in a folder, whatever bytes there are in its name."""
        pattern = self.submitted(".*", "(?P<student_id>.*)", escape=True)
        found = re.match(pattern, folder, re.DOTALL)
        return str(found["student_id"]) if found is not None else os.path.basename(folder)

    def expected(self) -> list[str]:
        """The names of the notebooks that are asked for and that the assignment has."""
        with opened(self.coursedir.db_url, self.coursedir.course_id) as gradebook:
            try:
                notebooks = gradebook.find_assignment(self.coursedir.assignment_id).notebooks
            except MissingEntry:  # nbgrader says so in its own words
                return []
            names = [notebook.name for notebook in notebooks]
        return sorted(fnmatch.filter(names, self.coursedir.notebook_id))

    def _say_what_is_unknown(self) -> None:
        """Say why the gradebook knows nothing of what is to be marked.

        Raises:
            NbGraderException: always.
        """
        course = self.coursedir
        name, which = str(course.assignment_id), course.notebook_id
        with opened(course.db_url, course.course_id) as gradebook:
            try:
                known = sorted(one.name for one in gradebook.find_assignment(name).notebooks)
            except MissingEntry:
                known = []
        if known:
            says = f"No notebook of {name} is called {which}"
            cure = f"name one of {', '.join(known)}"
        else:
            says = f"The gradebook has no notebook of {name}"
            cure = f"`nbgrader generate_assignment {name}`, which puts them there, then mark again"
            source = course.format_path(course.source_directory, ".", name)
            if not os.path.isdir(source):
                cure = f"put its source notebooks into {source}, then {cure}"
        message = f"{NOBODY} {says}.{SAYS_CURE}{cure}."
        self.log.error(message)
        raise NbGraderException(message)

    # ------------------------------------------------------------------ the run

    def convert_notebooks(self) -> None:
        """Mark one submission after the other, and say in the end what came of it.

        Raises:
            NbGraderException: some could not be marked.
        """
        self._before: dict[tuple[str, str], _Before] = {}
        self._turns = Turns(
            self.coursedir.db_url,
            self.coursedir.course_id,
            Path(self.state_root(), STATE, _TURNS),
            group=bool(self.coursedir.groupshared),
            say=self.say,
            stopped=self.is_stopped,
        )
        self._make_courses()
        # Once: nobody's marks are by a source that changes while the class is marked.
        self._by = rubric_digest(self.coursedir, str(self.coursedir.assignment_id), self.expected())
        self._due_dates = self._due_in_gradebook()
        self._faults: dict[str, str] = dict(self._refused)
        self._marked = 0
        self._student = ""
        _sweep(Path(self.coursedir.root))
        # Beside the copies, on the same file system.
        with tempfile.TemporaryDirectory(
            prefix=f"{_ASIDE}{os.getpid()}-", dir=self.coursedir.root
        ) as aside:
            self._aside = Path(aside)
            try:
                self.convert_all()
            finally:
                self._restore_failed()
                self._sum_up()
        if self._faults:
            raise NbGraderException(f"{len(self._faults)} submissions could not be marked.")

    def _make_courses(self) -> None:
        """Make the rows that every opening of a gradebook makes where they are not there yet.

        Some of nbgrader's steps, and of ours, open it without a course's name. Once, before several
        processes do so at the same time.
        """
        with self._turns.taken("", ""):
            for course in ({}, {"course_id": self.coursedir.course_id}):
                opened(self.coursedir.db_url, **course).close()

    def _due_date(self, student_id: str) -> str:
        """When a submission is or was due, in ISO 8601, UTC; "never" where it is not."""
        return self._due_dates.get(student_id, self._due_dates[""])

    def _due_in_gradebook(self) -> dict[str, str]:
        """The same by student who has an extension; of all others, under ""."""
        dates = {"": "never"}
        with (
            opened(self.coursedir.db_url, self.coursedir.course_id) as gradebook,
            contextlib.suppress(MissingEntry),
        ):
            assignment = gradebook.find_assignment(str(self.coursedir.assignment_id))
            if (due := assignment.duedate) is not None:
                dates[""] = due.isoformat()
                whose = gradebook.db.query(
                    SubmittedAssignment.student_id, SubmittedAssignment.extension
                ).filter_by(assignment_id=assignment.id)
                dates |= {s: (due + more).isoformat() for s, more in whose if more is not None}
        return dates

    def convert_all(self) -> None:
        """Mark the submissions in `assignments`."""
        super().convert_notebooks()

    def _sum_up(self) -> None:
        usual = self._isolation is Isolation.SANDBOXED
        how = "" if usual else f", {self._isolation.words}"
        self.log.info("%d submission(s) marked%s.", self._marked, how)
        for student, fault in sorted(self._faults.items()):
            self.log.error(
                "%s could not be marked; marks from before are as they were. %s", student, fault
            )

    @contextlib.contextmanager
    def _noting_faults(self) -> Iterator[None]:
        """What goes wrong in here costs this submission its marking, and no other.

        Raises:
            MarkingError: it did. nbgrader goes on to the next student after this, but ends the
                run after what it takes for a wrong gradebook or an old notebook.
        """
        try:
            yield
        except Exception as exc:
            told = foreseen(exc, self.coursedir.db_url)
            fault = str(told) if told is not None else f"{type(exc).__name__}: {exc}"
            self._faults[self._student] = fault
            raise MarkingError(fault) from exc

    # ------------------------------------------------------------------ one submission

    def init_destination(self, assignment_id: str, student_id: str) -> bool:
        """Whether to mark a submission; if so, its old autograded copy is out of the way."""
        self._restore_failed()
        self._student = student_id
        key = (assignment_id, student_id)
        journal = self.journal(assignment_id)
        try:
            with self._noting_faults():
                self.wait_for_gradebook()
                self._turns.take(*key)
                self._keep_a_way_back(journal, *key)
                self._check_time(Path(self.submitted(*key)))
        except MarkingError:
            # nbgrader, if it were told, would remove the copy, which nobody has touched.
            self._restore_failed()
            self._turns.give_back(*key)
            return False
        with self._noting_faults():
            wanted = bool(super().init_destination(*key))
        if not wanted:
            journal.finish(student_id)
            self._let_go(key)
        return wanted

    def _keep_a_way_back(self, journal: Journal, assignment_id: str, student_id: str) -> None:
        """Write down that a submission is being marked, and see that there is a way back."""
        key = (assignment_id, student_id)
        # A run was killed here: what it left is half of something, and nothing to go back to.
        half = journal.interrupted(student_id)
        journal.begin(student_id)
        if half:
            shutil.rmtree(self.autograded(*key), ignore_errors=True)
            self._before[key] = _Before()
            return
        before = self._before[key] = _Before(rows=False, lacking=journal.is_lacking(student_id))
        before = replace(before, copy=self._set_aside(Path(self.autograded(*key))))
        self._before[key] = before
        self._before[key] = self._rows(*key, before)

    def journal(self, assignment_id: str) -> Journal:
        """What is written down of the marking of an assignment."""
        return Journal(self.state_root(), assignment_id)

    def state_root(self) -> str | os.PathLike[str]:
        """In which folder marking keeps what it has to remember."""
        return str(self.coursedir.root)

    def init_assignment(self, assignment_id: str, student_id: str) -> None:
        """Prepare the autograded copy and the rows in the gradebook."""
        with self._noting_faults():
            super().init_assignment(assignment_id, student_id)
            if self._is_partial():
                # nbgrader gives 0 to each notebook that is not there under its own name.
                before = self._before[assignment_id, student_id]
                self._restore_rows(assignment_id, student_id, before)
            else:
                self.journal(assignment_id).lacks_nothing(student_id)

    def _is_partial(self) -> bool:
        """Whether only some notebooks of each submission are marked."""
        return bool(self.coursedir.notebook_id != "*")

    def convert_single_notebook(self, notebook_filename: str) -> None:
        """Mark one notebook."""
        with self._noting_faults():
            super().convert_single_notebook(notebook_filename)

    def write_single_notebook(self, output: str, resources: Any) -> None:
        """Write one notebook of the autograded copy.

        Raises:
            MarkingError: it is larger than texts, pictures and outputs within their limits.
        """
        if len(output) > MAX_COPY:
            raise MarkingError(
                f"The marked notebook has {len(output) / 1e6:.0f} million characters; at most "
                f"{MAX_COPY / 1e6:.0f} are written. Look at what was handed in."
            )
        super().write_single_notebook(output, resources)

    def set_permissions(self, assignment_id: str, student_id: str) -> None:
        """The last step of a submission that is marked."""
        with self._noting_faults():
            super().set_permissions(assignment_id, student_id)
            folder = self.submitted(assignment_id, student_id)
            came = self.coursedir.get_existing_timestamp(folder)
            work, stamp = files.digests(self.coursedir, folder)
            marked = Marked(
                work + stamp,
                self._by,
                self._due_date(student_id),
                work,
                "" if came is None else came.isoformat(),
            )
            settle()
            # What is not marked is still to be marked.
            self.journal(assignment_id).finish(student_id, None if self._is_partial() else marked)
        self._marked += 1
        self._let_go((assignment_id, student_id))

    def _check_time(self, folder: Path) -> None:
        """Raise MarkingError unless nbgrader can read when the submission came in."""
        path = folder / "timestamp.txt"
        if not os.path.lexists(path):
            return
        try:
            # Before it is opened: a link may lead to where reading never ends.
            sound = stat.S_ISREG(path.lstat().st_mode) and path.stat().st_size < 1000
            if sound:
                self.coursedir.get_existing_timestamp(str(folder))
        except (ValueError, OverflowError, OSError, AttributeError):
            # AttributeError: nbgrader calls a method that it does not have (0.9.6, coursedir.py).
            sound = False
        if not sound:
            raise MarkingError(f"{path} is no time stamp of nbgrader's: mend it or delete it.")

    # ------------------------------------------------------------------ what was there before

    def _set_aside(self, folder: Path) -> Path | None:
        """Second names for the files of an autograded copy, which nbgrader is about to remove."""
        if not folder.is_dir():
            return None
        copy = self._aside / secrets.token_hex(8)
        try:
            shutil.copytree(folder, copy, symlinks=True, copy_function=files.link_or_copy)
        except OSError:
            # A full disk has room for another name. The submission is then marked in any case.
            shutil.rmtree(copy, ignore_errors=True)
            folder.rename(copy)
        return copy

    def _let_go(self, key: tuple[str, str]) -> None:
        copy = self._before.pop(key).copy
        if copy is not None:
            shutil.rmtree(copy, ignore_errors=True)
        self._turns.give_back(*key)

    def _rows(self, assignment_id: str, student_id: str, before: _Before) -> _Before:
        before = replace(before, rows=True)
        with opened(self.coursedir.db_url, self.coursedir.course_id) as gradebook:
            try:
                submission = gradebook.find_submission(assignment_id, student_id)
            except MissingEntry:
                return before
            for notebook in submission.notebooks:
                name = notebook.name
                before.penalties[name] = notebook.late_submission_penalty
                cells = gradebook.db.query(BaseCell.name)  # all at once, and not row by row
                grades = cells.join(Grade, Grade.cell_id == BaseCell.id)
                grades = grades.filter(Grade.notebook_id == notebook.id)
                for cell, score, ask in grades.add_columns(
                    Grade.auto_score, Grade.needs_manual_grade
                ):
                    before.grades[name, cell] = (score, ask)
                comments = cells.join(Comment, Comment.cell_id == BaseCell.id)
                comments = comments.filter(Comment.notebook_id == notebook.id)
                for cell, found in comments.add_columns(Comment.auto_comment):
                    before.comments[name, cell] = found
        return before

    def _restore_failed(self) -> None:
        """Put back what the submissions had that were begun and could not be marked."""
        while self._before:
            (assignment_id, student_id), before = self._before.popitem()
            try:
                if before.rows:
                    self._restore_rows(assignment_id, student_id, before)
                settle()
                self._restore_copy(Path(self.autograded(assignment_id, student_id)), before)
                if before.lacking:
                    self.journal(assignment_id).lacks(student_id)
                self.journal(assignment_id).finish(student_id)
            except Exception as exc:  # noqa: BLE001 - on a full disk nothing more can be done
                self.log.error(
                    "What %s had before could not be put back: %s: %s",
                    student_id, type(exc).__name__, exc,
                )  # fmt: skip
            self._turns.give_back(assignment_id, student_id)

    def _restore_rows(self, assignment_id: str, student_id: str, before: _Before) -> None:
        with opened(self.coursedir.db_url, self.coursedir.course_id) as gradebook:
            try:
                submission = gradebook.find_submission(assignment_id, student_id)
            except MissingEntry:
                return
            for notebook in submission.notebooks:
                notebook.late_submission_penalty = before.penalties.get(notebook.name)
                for grade in notebook.grades:
                    # As nbgrader makes a row that nobody has marked yet.
                    found = before.grades.get((notebook.name, grade.name), (None, True))
                    grade.auto_score, grade.needs_manual_grade = found
                for comment in notebook.comments:
                    comment.auto_comment = before.comments.get((notebook.name, comment.name))
            gradebook.db.commit()

    def _restore_copy(self, folder: Path, before: _Before) -> None:
        if before.copy is None:
            return
        for path in sorted(before.copy.rglob("*")):
            target = folder / path.relative_to(before.copy)
            if path.is_dir() and not path.is_symlink():
                target.mkdir(parents=True, exist_ok=True)
            elif not os.path.lexists(target):
                target.parent.mkdir(parents=True, exist_ok=True)
                path.rename(target)


def _sweep(root: Path) -> None:
    """Remove the copies that a killed run had set aside."""
    for folder in root.glob(f"{_ASIDE}*"):
        pid = folder.name.removeprefix(_ASIDE).partition("-")[0]
        if pid.isdigit() and not _runs(int(pid)):
            shutil.rmtree(folder, ignore_errors=True)


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:  # another user's
        return True
    return True


def install() -> None:
    """Let nbgrader use our converters, in its commands and in the formgrader."""
    last_words.install()
    log.install()
    put_in_place(Autograde, GenerateAssignment, GenerateFeedback)
    times.install()
