"""The rubric: every check of a notebook, bound to the functions of the instructor's source.

The source notebook is run once, in a clean namespace, by the marking process. Each test cell yields
its checks as they stand at that point, so that a later cell which uses a name again changes
nothing. A student's namespace never has a part in it.
"""

from __future__ import annotations

import base64
import contextlib
import io
import os
import sys
import traceback
import warnings
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
from IPython.core.inputtransformer2 import TransformerManager
from IPython.display import display

from ..answers.local import ask_all, judge
from ..cells import is_test, nbgrader_of
from ..check import recording
from ..checks.base import Check
from ..checks.given import differ
from ..checks.questions import Reply
from ..draw.output import output
from ..errors import RubricError
from .compilations import kept_compilations
from .illustrations import Illustration, as_written, choose, left_out
from .proofs import Proof
from .unmarked import refuse_what_would_not_be_run

__all__ = ["Exercise", "Rubric", "read_rubric", "verified_rubric", "verify_rubric"]

_SEED = 0  # of the places at which the source's own answers and an empty submission are tried


@dataclass(frozen=True)
class Exercise:
    """One test cell that holds checks of ours.

    Attributes:
        cell: the test cell's grade_id.
        points: what it is worth.
        checks: in the order of its lines.
        taken: names that belong to the author, to this exercise or to one before it: none of them
            is suggested for an answer that is missing.
        replies: what the instructor's own answers reply to each check's questions, with seed 0;
            none where they were not asked again.
    """

    cell: str
    points: float
    checks: tuple[Check, ...]
    taken: frozenset[str]
    replies: tuple[tuple[Reply, ...], ...] = ()

    @property
    def answers(self) -> tuple[str, ...]:
        """The names that it asks for; they share the points evenly."""
        return tuple(name for check in self.checks for name in check.answers)


@dataclass(frozen=True)
class Rubric:
    """The exercises of one notebook, by the grade_id of their test cells.

    Attributes:
        notebook: its name.
        exercises: in its order.
        illustrations: by their texts, the cells on which no mark depends.
    """

    notebook: str
    exercises: Mapping[str, Exercise]
    illustrations: Mapping[str, Illustration] = field(default_factory=dict)

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


@contextlib.contextmanager
def _aside(folder: Path) -> Iterator[None]:
    """Run an instructor's cells in their folder, without a window, a print or a warning.

    Plots go nowhere; a file or a module beside the notebook is found, as in Jupyter.
    """
    # The marking process has no window to open. Matplotlib is looked for where a cell has drawn.
    backend = os.environ.get("MPLBACKEND")
    os.environ["MPLBACKEND"] = "agg"
    if "matplotlib" in sys.modules:
        sys.modules["matplotlib"].use("agg")
    try:
        with (
            contextlib.redirect_stdout(io.StringIO()),
            contextlib.redirect_stderr(io.StringIO()),
            warnings.catch_warnings(),
            contextlib.chdir(folder),
        ):
            warnings.simplefilter("ignore")
            sys.path.insert(0, str(folder))
            yield
    finally:
        if backend is None:
            os.environ.pop("MPLBACKEND", None)  # a cell may have removed it
        else:
            os.environ["MPLBACKEND"] = backend
        with contextlib.suppress(ValueError):  # a cell may have tidied up itself
            sys.path.remove(str(folder))
        if "matplotlib.pyplot" in sys.modules:
            sys.modules["matplotlib.pyplot"].close("all")


def _code(cell: Mapping[str, Any]) -> str:
    """A cell's source as plain Python; magics and shell lines mean nothing to a rubric."""
    lines = str(cell["source"]).splitlines(keepends=True)
    kept = [line for line in lines if not line.lstrip().startswith(("%", "!"))]
    return str(TransformerManager().transform_cell("".join(kept)))


@dataclass(frozen=True)
class _Stop:
    """One test cell of ours, reached while the notebook runs."""

    exercise: Exercise
    namespace: dict[str, Any]


@dataclass(frozen=True)
class _Broken:
    """A test cell that stopped with an error."""

    cell: str
    error: Exception


class _Shown(dict[int, list[dict[str, Any]]]):
    """What cells show, by their places; of those alone that are asked for."""

    def __init__(self, wanted: Collection[int]) -> None:
        super().__init__()
        self._wanted = frozenset(wanted)

    @contextlib.contextmanager
    def of(self, place: int) -> Iterator[None]:
        """Within, a cell is run."""
        if place not in self._wanted:
            yield
            return
        with contextlib.redirect_stdout(io.StringIO()) as text:
            yield
        outputs = [nbformat.v4.new_output("stream", text=text.getvalue())] if text.tell() else []
        self[place] = [*outputs, *(_picture(figure) for figure in _figures())]


def _figures() -> list[Any]:
    """The figures that a cell leaves; a notebook draws and forgets them at its end."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is None:
        return []
    figures = [pyplot.figure(number) for number in pyplot.get_fignums()]
    pyplot.close("all")
    return figures


def _picture(figure: Any) -> nbformat.NotebookNode:
    if words := figure.get_label():  # by `draw`
        made, metadata = output(figure, words)
        return nbformat.v4.new_output("display_data", made, metadata=metadata)
    file = io.BytesIO()
    figure.savefig(file, format="png", bbox_inches="tight")  # as notebooks show it
    data = {"image/png": base64.b64encode(file.getvalue()).decode(), "text/plain": repr(figure)}
    return nbformat.v4.new_output("display_data", data)


def _walk(
    path: Path,
    source: nbformat.NotebookNode,
    *,
    strict: bool,
    without: Collection[int] = (),
    shown: _Shown | None = None,
) -> Iterator[_Stop | _Broken]:
    """Run the cells in order; stop at each test cell with checks, or that is broken.

    `strict`: an error in a cell is an error of the instructor's (RubricError); else the cell
    just ends there, as in a student's notebook. `without`: the places of cells that are not run.
    `shown` is told what cells show.
    """
    namespace: dict[str, Any] = {"__name__": "__main__", "display": display}
    taken: set[str] = set()
    shown = _Shown(()) if shown is None else shown
    for place, cell in enumerate(source.cells):
        if cell.cell_type != "code" or place in without:
            continue
        nbgrader = nbgrader_of(cell)
        name = str(nbgrader.get("grade_id", f"number {place + 1}"))
        broken: Exception | None = None
        with recording() as checks:
            try:
                code = compile(_code(cell), f"<{path.name}: {name}>", "exec")
                with shown.of(place):
                    exec(code, namespace)  # the instructor's own notebook
            except Exception as exc:
                if strict:
                    last = traceback.extract_tb(exc.__traceback__)[-1]
                    raise RubricError(
                        f"{path}: cell {name} of the source notebook stopped at line "
                        f"{last.lineno} with {type(exc).__name__}: {exc}"
                    ) from exc
                broken = exc
        if is_test(cell) and broken is not None:
            yield _Broken(name, broken)
            continue
        if not (checks and is_test(cell)):
            continue
        if strict:
            refuse_what_would_not_be_run(_code(cell), f"{path}: cell {name}")
        for check in checks:
            taken.update((*check.answers, *check.given))
        exercise = Exercise(name, float(nbgrader["points"]), tuple(checks), frozenset(taken))
        yield _Stop(exercise, namespace)


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
    source = _read(path)
    proof = Proof(path)
    with _aside(path.parent), kept_compilations():
        with proof.alone():  # of processes that begin at once, one finds out for all
            known = proof.illustrations()
            if known is None:
                return _prove(path, source, proof)
        without = left_out(source.cells, known)
        return Rubric(path.stem, _exercises(path, source, without, ask=anew), known)


def _exercises(
    path: Path,
    source: nbformat.NotebookNode,
    without: Collection[int] = (),
    shown: _Shown | None = None,
    *,
    ask: bool = True,
) -> dict[str, Exercise]:
    exercises: dict[str, Exercise] = {}
    for stop in _walk(path, source, strict=True, without=without, shown=shown):
        assert isinstance(stop, _Stop)
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
    """The rubric of all cells; and what the tagged ones show, if it is the same without them."""
    tagged = choose(source.cells, ())
    shown = _Shown(tagged)
    exercises = _exercises(path, source, shown=shown)
    chosen = choose(source.cells, Rubric(path.stem, exercises).names)
    if not _change_nothing(path, source, chosen, exercises):
        chosen = {}
    known = {}
    for place, illustration in chosen.items():
        outputs = None if illustration.outputs is None else tuple(shown[place])
        known[as_written(illustration.source)] = replace(illustration, outputs=outputs)
    proof.keep(known)
    return Rubric(path.stem, exercises, known)


def _change_nothing(
    path: Path,
    source: nbformat.NotebookNode,
    chosen: Collection[int],
    exercises: Mapping[str, Exercise],
) -> bool:
    """Whether without these cells the instructor's answers reply the same."""
    if not chosen:
        return False
    try:
        return _told(_exercises(path, source, chosen)) == _told(exercises)
    except RubricError:
        return False


def _told(exercises: Mapping[str, Exercise]) -> str:
    """All that the instructor's answers reply, to the last bit."""
    with np.printoptions(floatmode="unique", threshold=sys.maxsize):
        return repr([(name, exercise.replies) for name, exercise in exercises.items()])


def _own_replies(path: Path, stop: _Stop) -> tuple[tuple[Reply, ...], ...]:
    """What the instructor's own answers reply; raises RubricError unless all are right."""
    exercise, found = stop.exercise, []
    for check in exercise.checks:
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
    with _aside(path.parent):
        notebook = _read(path)
        without = left_out(notebook.cells, rubric.illustrations)
        for stop in _walk(path, notebook, strict=False, without=without):
            if isinstance(stop, _Broken):
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


def _read(path: Path) -> nbformat.NotebookNode:
    try:
        return nbformat.read(path, as_version=4)
    except FileNotFoundError as exc:
        raise RubricError(f"There is no notebook {path}.") from exc
    except Exception as exc:  # nbformat raises whatever its parsers raise
        raise RubricError(f"{path} cannot be read: {type(exc).__name__}: {exc}") from exc
