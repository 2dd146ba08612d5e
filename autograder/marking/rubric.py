"""The rubric: every check of a notebook, bound to the functions of the instructor's source.

It is made by the marking process, in which a student's namespace never has a part. The source's own
answers must be right by it, and a release that nobody has answered must earn nothing.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import nbformat
import numpy as np

from ..answers.local import ask_all, judge
from ..cells import is_test, nbgrader_of
from ..checks.given import differ
from ..checks.questions import Reply
from ..errors import RubricError
from .compilations import kept_compilations
from .illustrations import Illustration, as_written, choose, left_out
from .proofs import Proof
from .source_run import Broken, Exercise, Shown, Stop, aside, read_source, run_source
from .statements import read_code

__all__ = ["Exercise", "Rubric", "read_rubric", "verified_rubric", "verify_rubric"]

_SEED = 0  # of the places at which the source's own answers and an empty submission are tried


@dataclass(frozen=True)
class Rubric:
    """The exercises of one notebook, by the grade_id of their test cells.

    Attributes:
        notebook: its name.
        exercises: in its order.
        illustrations: by their texts, the cells on which no mark depends.
        given: the texts of the cells of code in which a student writes no answer.
    """

    notebook: str
    exercises: Mapping[str, Exercise]
    illustrations: Mapping[str, Illustration] = field(default_factory=dict)
    given: frozenset[str] = frozenset()

    @property
    def names(self) -> frozenset[str]:
        """All that its checks ask for, or are about."""
        checks = [check for exercise in self.exercises.values() for check in exercise.checks]
        return frozenset(name for c in checks for name in (*c.answers, *c.given))

    @property
    def was_asked(self) -> bool:
        """Whether the instructor's own answers were asked in this process."""
        return all(len(e.replies) == len(e.checks) for e in self.exercises.values())

    @property
    def points(self) -> float:
        """What all its exercises are worth."""
        return sum(e.points for e in self.exercises.values())


def read_rubric(path: str | os.PathLike[str], *, anew: bool = True) -> Rubric:
    """The rubric of the source notebook at `path`; its own answers must earn full marks.

    Args:
        path: where it is.
        anew: whether its own answers are asked although they were once found right.

    Raises:
        RubricError: the notebook cannot be read or run, or its own answers are not all right;
            the message says which exercise and why.
    """
    path = Path(path).resolve()
    source = read_source(path)
    proof = Proof(path)
    with aside(path.parent), kept_compilations():
        with proof.alone():  # of processes that begin at once, one finds out for all
            known = proof.illustrations()
            if known is None:
                return _prove(path, source, proof)
        without = left_out(source.cells, known)
        return Rubric(path.stem, _exercises(path, source, without, ask=anew), known, _given(source))


def _exercises(
    path: Path,
    source: nbformat.NotebookNode,
    without: Collection[int] = (),
    shown: Shown | None = None,
    *,
    ask: bool = True,
) -> dict[str, Exercise]:
    exercises: dict[str, Exercise] = {}
    for stop in run_source(path, source, strict=True, without=without, shown=shown):
        assert isinstance(stop, Stop)
        exercise = stop.exercise
        if exercise.cell in exercises:
            raise RubricError(f"{path}: two test cells are called {exercise.cell}.")
        try:
            replies = _own_replies(path, stop) if ask else ()
        except RubricError:
            raise
        except Exception as exc:
            raise RubricError(
                f"{path}: the check in {exercise.cell} cannot be used: {type(exc).__name__}: {exc}"
            ) from exc
        exercises[exercise.cell] = replace(exercise, replies=replies)
    return exercises


def _prove(path: Path, source: nbformat.NotebookNode, proof: Proof) -> Rubric:
    """The rubric of all cells; and what the tagged ones show, if it is the same without them.

    Without them comes first: what a cell changes in this process, such as a setting of JAX's or
    a module beside the notebook, stays as it is and would hide that an answer needs it.
    """
    first = choose(source.cells, _texts_in_tests(source))
    without = _replies_without(path, source, first)
    shown = Shown(first)
    exercises = _exercises(path, source, shown=shown)
    chosen = choose(source.cells, Rubric(path.stem, exercises).names)
    if without != _told(exercises) or chosen.keys() != first.keys():
        chosen = {}
    known = {}
    for place, illustration in chosen.items():
        outputs = None if illustration.outputs is None else tuple(shown[place])
        known[as_written(illustration.source)] = replace(illustration, outputs=outputs)
    proof.keep(known)
    return Rubric(path.stem, exercises, known, _given(source))


def _given(source: nbformat.NotebookNode) -> frozenset[str]:
    code = (c for c in source.cells if c.cell_type == "code")
    return frozenset(as_written(c.source) for c in code if not nbgrader_of(c).get("solution"))


def _texts_in_tests(source: nbformat.NotebookNode) -> set[str]:
    """All texts in quotes in test cells: what checks ask for stands among them."""
    codes = [read_code(cell.source) for cell in source.cells if is_test(cell)]
    return {text for code in codes if code is not None for text in code.strings()}


def _replies_without(
    path: Path, source: nbformat.NotebookNode, places: Collection[int]
) -> str | None:
    """What the instructor's answers reply without these cells; None where there is no telling."""
    if not places:
        return None
    try:
        return _told(_exercises(path, source, places))
    except RubricError:
        return None


def _told(exercises: Mapping[str, Exercise]) -> str:
    """All that the instructor's answers reply, to the last bit."""
    with np.printoptions(floatmode="unique", threshold=sys.maxsize):
        return repr([(name, exercise.replies) for name, exercise in exercises.items()])


def _own_replies(path: Path, stop: Stop) -> tuple[tuple[Reply, ...], ...]:
    """What the instructor's own answers reply; raises RubricError unless all are right."""
    exercise, found = stop.exercise, []
    for check in exercise.checks:
        for name in check.refers:
            if name not in stop.namespace:
                raise RubricError(
                    f"{path}: the check of {check.answer} in {exercise.cell} names another answer, "
                    f"{name!r}, and no cell before it defines that."
                )
        replies = ask_all(check, _SEED, stop.namespace)
        for verdict in check.judge(_SEED, replies, exercise.taken):
            if not verdict.right:
                raise RubricError(
                    f"{path}: the instructor's own answer to {exercise.cell} is not right, "
                    f"so nobody can be marked by it. {verdict.answer}: {verdict.fact}"
                )
        found.append(tuple(replies))
    return tuple(found)


def verify_rubric(rubric: Rubric, release: str | os.PathLike[str]) -> None:
    """An empty submission, that is, the release as it is, must earn nothing.

    Raises:
        RubricError: it earns something, or it lacks an exercise; the message says which.
    """
    path = Path(release).resolve()
    missing = set(rubric.exercises)
    broken: dict[str, Exception] = {}
    with aside(path.parent):
        notebook = read_source(path)
        without = left_out(notebook.cells, rubric.illustrations)
        for stop in run_source(path, notebook, strict=False, without=without):
            if isinstance(stop, Broken):
                broken[stop.cell] = stop.error
                continue
            known = rubric.exercises.get(stop.exercise.cell)
            if known is None:
                continue
            missing.discard(known.cell)
            for check in known.checks:
                for verdict in judge(check, stop.namespace, seed=_SEED, taken=known.taken):
                    if verdict.share > 0:
                        raise RubricError(
                            f"{path}: {verdict.answer} of {known.cell} earns points in an empty "
                            "submission: the release gives its answer away."
                        )
            if not _says_the_same(known, stop.exercise):
                raise RubricError(
                    f"{path}: the check in {known.cell} wants another answer than the same check "
                    "in the source notebook does, so right answers would be wrong. Data drawn "
                    "without a seed do that (give np.random or jax.random one), and a given "
                    "function that uses what a student's cell sets (let a locked cell set it)."
                )
    for cell in sorted(missing & broken.keys()):
        error = broken[cell]
        raise RubricError(
            f"{path}: in an empty submission, test cell {cell} stops with "
            f"{type(error).__name__}: {error}. So what it judges by depends on what a student "
            "writes: let a locked cell give it."
        )
    if missing:
        names = ", ".join(sorted(missing))
        raise RubricError(
            f"{path} has no test cell {names}; generate the assignment again from its source: "
            "`nbgrader generate_assignment ASSIGNMENT --force`."
        )


def _says_the_same(known: Exercise, again: Exercise) -> bool:
    """Whether checks that were bound in another run find the source's own answers right."""
    if len(known.checks) != len(again.checks):
        return True  # a hidden check is not in the release
    for first, second, replies in zip(known.checks, again.checks, known.replies, strict=True):
        if type(first) is not type(second):
            return True
        try:
            changed = differ(first, second)
            if changed is None:  # what it wants is a value
                changed = not all(v.right for v in second.judge(_SEED, replies, again.taken))
        except Exception:  # noqa: BLE001 - an author's function may raise anything
            changed = True
        if changed:
            return False
    return True


# By path and content: a class is marked by one rubric, and a wrong one is found wrong once.
_known: dict[tuple[str, bytes], Rubric | RubricError] = {}
_verified: dict[tuple[str, bytes, bytes], RubricError | None] = {}


def verified_rubric(
    source: Path, release: Path, *, verify: bool = True, anew: bool = False
) -> Rubric:
    """The rubric of `source`, by which an empty `release`, if there is one, earns nothing.

    Made once for as long as neither file changes.

    Args:
        source: the instructor's notebook.
        release: what students were given.
        verify: whether to look at the release; not where another process has.
        anew: whether to find out again what an earlier process has.

    Raises:
        RubricError: see `read_rubric` and `verify_rubric`.
    """
    try:
        content = source.read_bytes()
        released = release.read_bytes() if verify and release.is_file() else None
    except OSError as exc:
        raise RubricError(
            f"There is no source notebook {source} to mark by. Is the course directory right?"
        ) from exc
    key = (str(source.resolve()), content)
    if released is None:
        return _read_once(key, source, anew=anew)
    proof = Proof(source.resolve())
    if proof.earns_nothing(released) and not anew:
        return _read_once(key, source, anew=False)
    found = _read_once(key, source, anew=True)
    pair = (*key, released)
    if pair not in _verified:
        try:
            verify_rubric(found, release)
            _verified[pair] = None
            proof.keep_that_it_earns_nothing(released)
        except RubricError as exc:
            _verified[pair] = exc
    fault = _verified[pair]
    if fault is not None:
        raise fault
    return found


def _read_once(key: tuple[str, bytes], source: Path, *, anew: bool) -> Rubric:
    """As `read_rubric`, once in this process."""
    found = _known.get(key)
    if found is None or (anew and isinstance(found, Rubric) and not found.was_asked):
        try:
            found = read_rubric(source, anew=anew)
        except RubricError as exc:
            found = exc
        _known[key] = found
    if isinstance(found, RubricError):
        raise found
    return found
