"""A whole class marked side by side, with what `nbgrader autograde` would have made of it.

Workers (worker.py) find out what each notebook is worth and keep it; here, in one process,
nbgrader's own converter then goes through the submissions one by one, in the order in which they
are found out, and where it would have run the notebook it finds the result. So copies, time
stamps, rows, penalties, comments and hooks are nbgrader's, and nobody but this process writes to
the gradebook.

A run that is killed leaves a submission that was being written in the journal (journal.py) and
all that was found out in the results (results.py); the next run goes on from there.
"""

from __future__ import annotations

import contextlib
import datetime
import json
import logging
import os
import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
from filelock import FileLock, Timeout
from nbgrader.api import Assignment, MissingEntry, SubmittedAssignment
from nbgrader.converters import NbGraderException
from nbgrader.preprocessors import AssignLatePenalties

from ..cache import why_for_this_run_only
from ..errors import AutograderError, ClusterError, MarkingError
from ..isolation import Isolation
from ..marking.files import digest_of_all, digest_of_files, private_folder
from ..marking.last_run import LAST_RUN, VERSION, record_of
from ..marking.results import Results, contents, state_folder, write_whole
from ..nbgrader.converter import NOBODY, Autograde
from ..nbgrader.shared import OneGradebook, opened
from .dry_run import Change, DryRun
from .pool import Pool, WorkerSetup
from .submissions import Submissions, WorkerOutcome, common_fingerprint
from .worker import snapshot

if TYPE_CHECKING:
    from ..nbgrader.examine import Examine
    from .engine import Engine
    from .membership import Membership

__all__ = ["LOG", "Grade", "Progress", "Summary"]

LOG = "last_run.log"
_KNOWN_STEPS = ("autograder.", "nbgrader.", "nbconvert.")


@dataclass(frozen=True)
class Progress:
    """Said after each submission.

    Attributes:
        student: whose it was.
        done: how many are done, this one among them.
        total: how many there are to do.
        reused: whether its results were known.
        score: the points it has, or None where it could not be marked.
        fault: why not, or "".
        seconds: how long a worker was busy with it.
        worker: which, where it is one of a cluster's; or "".
    """

    student: str
    done: int
    total: int
    reused: bool
    score: float | None
    fault: str
    seconds: float
    worker: str = ""


@dataclass
class Summary:
    """What came of a run.

    Attributes:
        assignment: what was marked.
        began: when, in ISO 8601, UTC.
        seconds: how long it took.
        workers: how many workers there were, or were at most.
        cluster: the address of the Dask cluster whose they were, or "".
        isolation: how submissions were kept from this machine.
        way: "warm", or "cold: " and why.
        plain: why gradients did not run compiled, or "".
        marked: submissions that were marked, the reused among them.
        reused: submissions all of whose results were known.
        unchanged: submissions that were marked before and have not changed.
        outdated: those of them that were marked by another version of the source.
        to_review: marked submissions that wait for a person.
        left: submissions whose turn did not come, because the run was stopped.
        slower: why something could not be made beforehand, which makes kernels slower; or "".
        not_kept: why what was made is not kept for the next run; or "".
        changes: of a dry run, whose marks would be others; None where marks were written.
        faults: by student, why the submission could not be marked.
        submissions: by student, how long a worker was busy with what.
    """

    assignment: str
    began: str = ""
    seconds: float = 0.0
    workers: int = 1
    cluster: str = ""
    isolation: Isolation = Isolation.SANDBOXED
    way: str = "warm"
    plain: str = ""
    marked: int = 0
    reused: int = 0
    unchanged: int = 0
    outdated: int = 0
    to_review: int = 0
    left: int = 0
    slower: str = ""
    not_kept: str = ""
    changes: list[Change] | None = None
    faults: dict[str, str] = field(default_factory=dict)
    submissions: dict[str, Any] = field(default_factory=dict)


class _FoundOut:
    """Puts the workers' results where the notebooks would have been run."""

    def __init__(self, grade: Grade, examine: Examine, results: Results, run: str) -> None:
        self._examine, self._results, self._run = examine, results, run
        self._course = grade.coursedir
        self._common = common_fingerprint(examine, self._course, grade.summary.assignment)
        self.outcome: WorkerOutcome | None = None

    def put(self, notebook: nbformat.NotebookNode, names: Mapping[str, str], folder: str) -> None:
        """Put the outputs of all cells into a notebook.

        Raises:
            MarkingError: nobody could find them out, and why.
        """
        assert self.outcome is not None
        student, name = names["student"], names["notebook"]
        fault = self.outcome.faults.get(name) or self.outcome.faults.get("")
        if fault:
            raise MarkingError(fault)
        secret = self._examine.secret()
        files = digest_of_files(self._course, folder)
        key = self._results.key(contents(notebook, names, files), self._common(name), secret)
        for known in (key, f"{key} {self._run}"):
            if self._results.put(student, name, known, notebook):
                return
        raise MarkingError("The submission changed while it was marked: mark again.")


class Grade(Autograde):
    """nbgrader's Autograde for a class at once.

    Args:
        workers: how many workers there are.
        arguments: those with which the workers configure themselves, as for `nbgrader autograde`.
        fresh: whether what was found out before is found out again.
        only: the students to mark; all where there is none.
        dry: beside what all is marked instead of in the gradebook, or None.
        cluster: where the scheduler is of the Dask cluster whose workers mark; "" for processes of
            this machine.
        patience: seconds to wait for that scheduler, and for a worker of its.
        tell: called with the number of submissions to do, then after each; with a sentence where
            there is something to wait for; and when a worker of a cluster comes or goes.
        stopped: asked several times a second; once it says so, the run ends with what is done.
    """

    found_out: _FoundOut | None = None
    _to_do: frozenset[str] = frozenset()

    def __init__(
        self,
        *,
        workers: int,
        arguments: Sequence[str],
        fresh: bool = False,
        only: Sequence[str] = (),
        dry: DryRun | None = None,
        cluster: str = "",
        patience: float = 0.0,
        tell: Callable[[int | str | Progress | Membership], None],
        stopped: Callable[[], bool],
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._workers, self._fresh, self._only = workers, fresh, frozenset(only)
        self._arguments, self._dry = tuple(arguments), dry
        self._cluster, self._patience = cluster, patience
        self._tell, self._stopped = tell, stopped
        self.summary = Summary(str(self.coursedir.assignment_id), workers=workers, cluster=cluster)
        self.summary.changes = None if dry is None else []

    def start(self) -> None:
        """Mark all submissions that are new or changed.

        Raises:
            NbGraderException: some, or all, could not be marked; the summary has who and why.
        """
        if self.examine() is None:
            raise MarkingError(
                f"{NOBODY} This course is not set up for `autograder grade`: autograder's Examine "
                "is not among the autograde_preprocessors of nbgrader_config.py. `autograder "
                "doctor` says which lines are missing."
            )
        began = time.monotonic()
        now = datetime.datetime.now(datetime.UTC)
        self.summary.began = now.isoformat(timespec="seconds")
        self._state = state_folder(self.coursedir.root, self.summary.assignment)
        with self._alone():
            with contextlib.suppress(OSError):  # of the run before
                os.truncate(self._state / LOG, 0)
            try:
                super().start()
            finally:
                self.summary.seconds = time.monotonic() - began
                self._remember()

    def state_root(self) -> str | os.PathLike[str]:
        """Where the run is remembered; a dry run, where nothing outlives it."""
        return super().state_root() if self._dry is None else self._dry.place

    def say(self, words: str) -> None:
        """Show what there is to wait for."""
        self._tell(words)

    def is_stopped(self) -> bool:
        """Whether the run is to end."""
        return self._stopped()

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """One run at a time for an assignment; the lock is the process's and dies with it."""
        self._state.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self._state / "lock")
        try:
            lock.acquire(timeout=0)
        except Timeout as exc:
            raise MarkingError(
                f"Another `autograder grade` is marking {self.summary.assignment}: wait for its "
                "end, or stop it."
            ) from exc
        try:
            yield
        finally:
            lock.release()

    def prepare(self, examine: Examine) -> None:
        """Find out whether there is a sandbox; the rubrics are the workers' to look at.

        Raises:
            AutograderError: there is none, and has to be.
        """
        self.summary.isolation = examine.isolation()
        if self._cluster:
            from .cluster import require_distributed

            require_distributed()
            if self.summary.isolation is Isolation.UNSANDBOXED:
                raise ClusterError(
                    "Without a sandbox, a submission could reach the cluster's scheduler, and have "
                    "every worker do what it likes",
                    "mark with one, or without `--dask`",
                )
        if not examine.warm:
            self.summary.way = "cold: Examine.warm is off"
        self._step = examine

    def init_notebooks(self) -> None:
        """Find the submissions; where students are asked for by name, all of theirs.

        Raises:
            NbGraderException: there is no submission.
            MarkingError: a student that was asked for cannot be marked, and why.
        """
        try:
            super().init_notebooks()
        except NbGraderException:
            if not (self._only and self.expected()):
                raise
        if self._only:
            if why := list(filter(None, map(self._why_not, sorted(self._only)))):
                raise MarkingError(" ".join([NOBODY, *why]))
            self._refused = {}  # nobody else is looked at

    def _why_not(self, student: str) -> str:
        """Why a student who is asked for by name cannot be marked, or ""."""
        if student in self._excluded():
            return (
                f"{student} is in CourseDirectory.student_id_exclude of nbgrader_config.py, which "
                "says who is never marked: take the name off that list first."
            )
        if ascii(student) in self._refused:
            return f"{student!a}: {self._refused[ascii(student)]}"
        if student in map(self.student_of, self.assignments):
            return ""
        said = f"{student} handed in nothing for {self.summary.assignment}"
        with opened(self.coursedir.db_url, self.coursedir.course_id) as gradebook:
            try:
                gradebook.find_student(student)
            except MissingEntry:
                return f"{said}, and is not in the gradebook either: see how the name is written."
        return f"{said}."

    def convert_all(self) -> None:
        """Mark the submissions that are due, in the order in which they are found out.

        Raises:
            NbGraderException: some could not be marked, or nobody.
        """
        folders = self.assignments
        self.summary.faults.update(self._refused)
        asked_for = sorted(folder for folder in folders if self._is_asked_for(folder))
        self._in_gradebook = self._who_is_in_gradebook()
        due = {self.student_of(folder): folder for folder in asked_for if self._is_due(folder)}
        self._to_do = frozenset(due)
        self.summary.unchanged = len(asked_for) - len(due)
        self.summary.outdated = sum(
            self._is_outdated(student)
            for student in map(self.student_of, asked_for)
            if student not in due
        )
        self._tell(len(due))
        if not due:
            return
        with private_folder("autograder-grade") as folder:
            place = os.fspath(folder)
            self._step.secret()  # made once, before several processes want it
            run = secrets.token_hex(8)
            self.found_out = _FoundOut(self, self._step, Results(self._state), run)
            with _caches(self.summary, place), contextlib.ExitStack() as stack:
                engine = self._engine(min(self._workers, len(due)), run, place)
                self._begin(engine, stack)
                self._mark(engine, due, folders)
        if self._faults:
            raise NbGraderException("some submissions could not be marked")

    def _engine(self, size: int, run: str, place: str) -> Engine:
        """What finds out what submissions are worth."""
        log = os.fspath(self._state / LOG)
        if not self._cluster:
            copy = snapshot(self.coursedir.db_url, Path(place))
            return Pool(size, WorkerSetup(self._arguments, copy, run, self._fresh, log))
        from .cluster import Cluster

        # A converter of its own: this one is in the middle of another submission.
        converter = Autograde(coursedir=self.coursedir, parent=self.parent)
        return Cluster(
            self._cluster,
            size,
            Submissions(converter, run, fresh=self._fresh),
            log=log,
            place=place,
            patience=self._patience,
            tell=self._tell,
        )

    def _begin(self, engine: Engine, stack: contextlib.ExitStack) -> None:
        """Have the workers ready; raise NbGraderException where nobody can be marked."""
        try:
            stack.enter_context(engine)
            engine.prepare(self._stopped)
        except AutograderError as exc:
            message = f"{NOBODY} {exc}"
            self.log.error(message)
            raise NbGraderException(message) from exc

    def _mark(
        self, engine: Engine, due: Mapping[str, str], folders: Mapping[str, list[str]]
    ) -> None:
        assert self.found_out is not None
        # Who is due is decided; nbgrader would pass over a submission that it has a copy of.
        self.force = True
        expected = self.expected()
        usual = self._has_usual_steps()
        self.keep_steps(usual)
        gradebook = OneGradebook(self.coursedir.db_url, merged=usual)
        done = 0
        try:
            for outcome in engine.outcomes([(s, expected) for s in due], self._stopped):
                self.found_out.outcome = outcome
                self.assignments = {due[outcome.student]: folders[due[outcome.student]]}
                with gradebook.lent():
                    # The fault is noted already; here it must not keep the others from their marks.
                    with contextlib.suppress(NbGraderException):
                        super().convert_all()
                    done += 1
                    self._note(outcome, done, len(due))
        finally:
            self.summary.left = len(due) - done
            self.summary.workers = engine.size

    def _has_usual_steps(self) -> bool:
        """Whether no step is a course's own, which may write to the gradebook in its own way."""
        penalty = AssignLatePenalties(parent=self).plugin_class
        steps = [*self.sanitize_preprocessors, *self.autograde_preprocessors, penalty]
        names = [step if isinstance(step, str) else step.__module__ for step in steps]
        return all(name.startswith(_KNOWN_STEPS) for name in names)

    def _is_asked_for(self, folder: str) -> bool:
        student = self.student_of(folder)
        return student not in self._excluded() and (not self._only or student in self._only)

    def _excluded(self) -> list[str]:
        return str(self.coursedir.student_id_exclude).split(",")

    def _is_due(self, folder: str) -> bool:
        try:
            return self._is_new_or_changed(folder, self.student_of(folder))
        except Exception:  # noqa: BLE001 - what is wrong with it is told when it is marked
            return True

    def _is_new_or_changed(self, folder: str, student: str) -> bool:
        target = self.autograded(self.summary.assignment, student)
        journal = self.journal(self.summary.assignment)
        if self.force or journal.interrupted(student) or journal.is_lacking(student):
            return True
        if student not in self._in_gradebook or not self._is_complete(target):
            return True
        if self._is_newer(folder, target):
            return True
        # Penalties depend on it. What a notebook is worth is known, so that this takes no time.
        marked = journal.marked(student)
        if marked.due not in ("", self._due_date(student)):
            return True
        return bool(marked.digest) and marked.digest != digest_of_all(self.coursedir, folder)

    def _who_is_in_gradebook(self) -> frozenset[str]:
        """The students whose submissions it has; a copy alone, of another gradebook, is no mark."""
        with opened(self.coursedir.db_url, self.coursedir.course_id) as gradebook:
            whose = gradebook.db.query(SubmittedAssignment.student_id).join(
                Assignment, Assignment.id == SubmittedAssignment.assignment_id
            )
            found = whose.filter(Assignment.name == self.summary.assignment)
            return frozenset(student for (student,) in found)

    def _is_outdated(self, student: str) -> bool:
        """Whether a submission was marked by what the source has been changed from since."""
        by = self.journal(self.summary.assignment).marked(student).by
        return bool(by) and by != self._by

    def _is_complete(self, target: str) -> bool:
        """Whether a copy has the assignment's notebooks, and none that it has no more.

        Feedback cannot be made of such a one; made anew, the copy is without it.
        """
        there = {path.stem for path in Path(target).glob("*.ipynb")}
        expected = set(self.expected())
        return expected <= there if self._is_partial() else expected == there

    def _is_newer(self, source: str, target: str) -> bool:
        try:
            came = self.coursedir.get_existing_timestamp(source)
            was = self.coursedir.get_existing_timestamp(target)
        except Exception:  # noqa: BLE001 - a time stamp that is none is told when it is marked
            return True
        return came is not None and was is not None and came > was

    def _note(self, outcome: WorkerOutcome, done: int, total: int) -> None:
        summary = self.summary
        fault = self._faults.get(outcome.student, "")
        score = None
        if fault:
            summary.faults[outcome.student] = fault
        else:
            score, review = self._standing(outcome.student)
            summary.marked += 1
            summary.reused += outcome.reused
            summary.to_review += review
            if self._dry is not None and summary.changes is not None:
                change = self._dry.change(outcome.student)
                summary.changes += [] if change is None else [change]
        if outcome.cold:
            summary.way = f"cold: {outcome.cold}"
        summary.plain = summary.plain or outcome.plain
        summary.submissions[outcome.student] = {"seconds": outcome.seconds, "parts": outcome.parts}
        self._tell(
            Progress(
                outcome.student,
                done,
                total,
                outcome.reused,
                score,
                fault,
                outcome.seconds,
                outcome.worker,
            )
        )

    def _standing(self, student: str) -> tuple[float, bool]:
        with opened(self.coursedir.db_url, self.coursedir.course_id) as gradebook:
            submission = gradebook.find_submission(self.summary.assignment, student)
            return float(submission.score), bool(submission.needs_manual_grade)

    def _remember(self) -> None:
        """Leave the summary for the class report, unless nobody was to be marked.

        Of whom this run was not about, or whose turn did not come, what is known stays.
        """
        summary, path = self.summary, self._state / LAST_RUN
        if self._dry is not None or not (summary.marked or summary.faults):
            return
        record, before = {"version": VERSION, **vars(summary)}, record_of(path)
        if before:
            journal = self.journal(summary.assignment)
            kept = {
                student: fault
                for student, fault in before["faults"].items()
                if not (self._is_settled(student) or journal.marked_since(student, path))
            }
            if self._only or self._is_partial():
                submissions = {**before["submissions"], **summary.submissions}
                record = {**before, "submissions": submissions}
            record["faults"] = {**kept, **summary.faults}
        with contextlib.suppress(OSError):
            write_whole(path, json.dumps(record, indent=1, sort_keys=True).encode())

    def _is_settled(self, student: str) -> bool:
        """Whether this run has found out about all of a submission, or seen it to be unchanged."""
        if self._is_partial() or (self._only and student not in self._only):
            return False
        return student in self.summary.submissions or student not in self._to_do


@contextlib.contextmanager
def _caches(summary: Summary, notes: str) -> Iterator[None]:
    """Within, what cannot be made beforehand is tried once by all workers; then it is summed up.

    Args:
        summary: gets the reasons.
        notes: a folder in which workers note what could not be made.
    """
    from ..sandbox.outside.prepared import NOTES, unmade

    # Before the workers begin: a folder that stands in for the usual one is then theirs as well.
    for_this_run_only = why_for_this_run_only()
    os.environ[NOTES] = notes
    try:
        yield
    finally:
        why = unmade()
        del os.environ[NOTES]
        if why:
            summary.slower = "; ".join(why)
        elif for_this_run_only:
            summary.not_kept = for_this_run_only


def quiet(log: logging.Logger, path: Path) -> None:
    """Send what nbgrader logs to a file instead of the terminal."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # Appended to, since the workers write there as well.
    handler = logging.FileHandler(path, mode="a", encoding="utf-8", errors="backslashreplace")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    log.handlers[:] = [handler]
    log.setLevel(logging.INFO)
    log.propagate = False
