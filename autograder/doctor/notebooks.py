"""Whether what students get follows from the source notebooks.

Compared by what is in them: in a clone, all files are as old as the clone.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..access import refusal
from ..cells import is_test, nbgrader_of
from .findings import Finding, fine, warning, wrong

if TYPE_CHECKING:
    from ..marking.rubric import Rubric

__all__ = ["NOT_ONE", "assignments", "read_cells", "sources", "subfolders"]

NOT_ONE = (OSError, ValueError, KeyError, TypeError, AttributeError)
"""What reading the cells of something that is no notebook raises."""

# What nbgrader takes out of a cell, or replaces in it, depends on its configuration; a cell with
# such a mark is compared by its description alone.
_MARKS = ("### BEGIN ", "### END ")
_ELSEWHERE = (
    "give the function a derivative there (two `where`, one inside the other), or say by "
    "domain=(low, high) that it is not asked there; or leave it, if that is what you mean"
)


def assignments(source: Path, release: Path) -> Iterator[Finding]:
    """For each assignment, whether it has notebooks, and a release that follows from them.

    Args:
        source: the folder with a folder of notebooks for each assignment.
        release: the same of what was generated.
    """
    for folder in (source, *subfolders(source)):
        denied = refusal(folder)
        if denied is not None:
            yield wrong("source", denied.says, denied.cure)
            return
    found = sorted({path.parent for path in source.glob("*/*.ipynb")})
    if not found:
        yield wrong(
            "source",
            f"there is no notebook in {source}/ASSIGNMENT",
            "put the source notebooks there, or make a course with `autograder quickstart DIR`",
        )
    for folder in found:
        yield _assignment(folder, release / folder.name)


def sources(source: Path, release: Path) -> Iterator[Finding]:
    """For each assignment, whether its notebooks can be marked by; they are run for that.

    Args:
        source: the folder with a folder of notebooks for each assignment.
        release: the same of what was generated.
    """
    from ..errors import RubricError
    from ..marking.illustrations import why_run
    from ..marking.rubric import verified_rubric

    for folder in sorted({path.parent for path in source.glob("*/*.ipynb")}):
        subject, sound = f"{folder.name}, run", True
        untried, free = [], []
        for path in sorted(folder.glob("*.ipynb")):
            made = release / folder.name / path.name
            try:
                rubric = verified_rubric(path, made, anew=True)
                if made.is_file():
                    free += [f"{cell} of {path.stem}" for cell in _earning(path, made, rubric)]
                else:
                    untried.append(path.stem)
            except RubricError as error:
                sound = False
                yield wrong(subject, str(error).rstrip("."), f"mend {path}, and generate it again")
                continue
            for exercise in rubric.exercises.values():
                for unasked in filter(None, (check.unasked for check in exercise.checks)):
                    says = f"{exercise.cell} of {path.stem}: {unasked}"
                    yield warning(subject, says, _ELSEWHERE)
            for first, why in why_run(read_cells(path), rubric.illustrations, rubric.names):
                says = (
                    f"`{first}` of {path.stem} has the tag illustration, and marking runs it: {why}"
                )
                yield warning(subject, says, "mend that, or take the tag off")
        for cell in free:
            says = f"{cell} is a test without a check, and earns points in an empty submission"
            yield warning(subject, says, "let it fail where there is no answer, or write a check")
        if sound:
            says = "its own answers earn all points"
            if untried:
                says += (
                    f"; an empty submission was not tried, with no release: {', '.join(untried)}"
                )
            elif not free:
                says += ", and an empty submission none"
            yield fine(subject, says)


def _earning(source: Path, release: Path, rubric: Rubric) -> list[str]:
    """The test cells without checks that earn something in an empty submission."""
    from ..marking.source_run import aside, earning, read_source

    whole, made = read_source(source), read_source(release)
    tests = {nbgrader_of(cell).get("grade_id") for cell in whole.cells if is_test(cell)}
    if tests <= rubric.exercises.keys():
        return []
    with aside(release.resolve().parent):
        return earning(whole, made, source.name)


def subfolders(folder: Path) -> list[Path]:
    """The folders in a folder; none where it cannot be read."""
    try:
        return sorted(path for path in folder.iterdir() if path.is_dir())
    except OSError:
        return []


def _assignment(source: Path, release: Path) -> Finding:
    name = source.name
    generate = f"nbgrader generate_assignment {name}"
    stale, missing = [], []
    for path in sorted(source.glob("*.ipynb")):
        made = release / path.name
        denied = refusal(path) or refusal(made)
        if denied is not None:
            return wrong(name, denied.says, denied.cure)
        if not made.exists():
            missing.append(path.stem)
            continue
        try:
            follows = _follows(read_cells(made), read_cells(path))
        except NOT_ONE as error:
            says = f"{path} or its release is no notebook: {error}"
            return wrong(name, says, f"mend the source, then `{generate} --force`")
        if not follows:
            stale.append(path.stem)
    if not release.is_dir():
        return warning(name, "has not been generated", f"`{generate}`")
    if missing or stale:
        says = f"the release does not follow from the source: {', '.join(sorted(missing + stale))}"
        return warning(name, says, f"`{generate} --force`, then release it again")
    return fine(name, "its release follows from its source")


def read_cells(path: Path) -> list[dict[str, Any]]:
    """A notebook's cells as they are written.

    Raises:
        Exception: one of `NOT_ONE`, here or where a cell is looked into.
    """
    cells: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return cells


def _follows(release: list[dict[str, Any]], source: list[dict[str, Any]]) -> bool:
    """Whether no cell has gone or come; a header or footer in `release` is no such cell."""
    made = [_description(cell) for cell in release]
    graded = [d for d in made if d[0]]
    wanted = [_description(cell) for cell in source]
    if graded != [d for d in wanted if d[0]]:
        return False
    texts = {_text(cell) for cell in release}
    return all(_text(cell) in texts for cell in source if not _rewritten(cell))


def _description(cell: dict[str, Any]) -> tuple[Any, ...]:
    about = nbgrader_of(cell)
    return tuple(about.get(k) for k in ("grade_id", "grade", "solution", "points"))


def _text(cell: dict[str, Any]) -> str:
    return "".join(cell["source"]).strip()


def _rewritten(cell: dict[str, Any]) -> bool:
    solution = nbgrader_of(cell).get("solution")
    return bool(solution) or any(mark in _text(cell) for mark in _MARKS)
