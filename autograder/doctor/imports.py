"""Whether marking has the packages that an assignment names, and those that notebooks import.

Marking runs in the environment in which this is run. An answer that needs a package which is not
there is not judged, so it is better known before a class waits (nbgrader#1295, otter-grader#906).
"""

from __future__ import annotations

import ast
import importlib.metadata
import importlib.util
import itertools
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement

from ..errors import UnreadableSubmission
from .findings import Finding, fine, warning, wrong

__all__ = ["PACKAGES", "assignment_packages", "imported"]

PACKAGES = "requirements.txt"
"""Beside an assignment's source notebooks: the packages that students may count on."""

_MOST_NOTEBOOKS = 3000  # of submissions; some minutes' reading
_MOST_NAMED = 3


def assignment_packages(source: Path, submitted: Path) -> Iterator[Finding]:
    """For each assignment, which packages marking lacks.

    Args:
        source: the folder with a folder of notebooks for each assignment.
        submitted: the folder with a folder for each student, if there is one.
    """
    for folder in sorted({path.parent for path in source.glob("*/*.ipynb")}):
        name, subject = folder.name, f"{folder.name}, packages"
        named = list(_named(folder / PACKAGES, subject))
        lacking = _lacking(sorted(folder.glob("*.ipynb")))
        for package in lacking:
            says = f"its source imports {package}, which is not installed here"
            yield wrong(subject, says, f"`pip install {package}` where you mark")
        yield from named
        papers = itertools.islice(submitted.glob(f"*/{name}/*.ipynb"), _MOST_NOTEBOOKS)
        theirs = _lacking(sorted(papers))
        for package, paths in theirs.items():
            who = sorted({path.parent.parent.name for path in paths})
            more = f" and {len(who) - _MOST_NAMED} more" if len(who) > _MOST_NAMED else ""
            says = (
                f"{package}, which is not installed here, is imported by "
                f"{', '.join(who[:_MOST_NAMED])}{more}: what needs it is not judged"
            )
            cure = (
                f"`pip install {package}` where you mark, then `autograder grade {name}` marks "
                "them again; or read those answers yourself"
            )
            yield warning(subject, says, cure)
        if not (named or lacking or theirs):
            yield fine(subject, "all that its notebooks import is installed")


def _named(path: Path, subject: str) -> Iterator[Finding]:
    """What an assignment names and marking has not, or not in a version that will do."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return
    for line in filter(None, (line.split("#")[0].strip() for line in lines)):
        try:
            wanted = Requirement(line)
        except InvalidRequirement as error:
            yield wrong(subject, f"{path}: {line!r} names no package: {error}", f"mend {path}")
            continue
        if wanted.marker is not None and not wanted.marker.evaluate():
            continue
        try:
            version = importlib.metadata.version(wanted.name)
        except importlib.metadata.PackageNotFoundError:
            version = ""
        if not version or not wanted.specifier.contains(version, prereleases=True):
            has = f"has {version}" if version else "has none"
            yield wrong(
                subject,
                f"{path.name} promises {line}, but marking {has}",
                f"`pip install '{line}'` where you mark",
            )


def _lacking(paths: list[Path]) -> dict[str, list[Path]]:
    """From packages that are not there to the notebooks that import them."""
    found: defaultdict[str, list[Path]] = defaultdict(list)
    for path in paths:
        for package in sorted(imported(path)):
            beside = path.with_name(f"{package}.py").exists() or path.with_name(package).is_dir()
            if not beside and not _is_installed(package):
                found[package].append(path)
    return dict(sorted(found.items()))


def _is_installed(package: str) -> bool:
    if package in sys.stdlib_module_names or package in sys.modules:
        return True
    try:
        return importlib.util.find_spec(package) is not None
    except (ImportError, ValueError):
        return False


def imported(path: Path) -> set[str]:
    """The packages that a notebook's code cells import, whatever else is in the file."""
    from IPython.core.inputtransformer2 import TransformerManager

    from ..marking.reading import read_notebook

    try:
        cells = read_notebook(path).cells
    except UnreadableSubmission:
        return set()  # said when it is marked
    packages: set[str] = set()
    for cell in cells:
        if cell.cell_type != "code" or "import" not in cell.source:
            continue
        try:
            tree = ast.parse(TransformerManager().transform_cell(cell.source))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        for node in ast.walk(tree):
            match node:
                case ast.Import(names):
                    packages.update(alias.name.split(".")[0] for alias in names)
                case ast.ImportFrom(module=str(module), level=0):
                    packages.add(module.split(".")[0])
    return {package for package in packages if package.isidentifier()}
