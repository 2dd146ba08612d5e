"""What of the environment is missing or odd, each with its cure.

Each check is a generator of findings that takes the world it looks at as arguments; `examine`
asks all of them about this machine and the folder one is in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from .findings import Finding, wrong

__all__ = ["Finding", "examine", "guess"]


def examine() -> Iterator[Finding]:
    """Everything that is looked at unasked, in the order in which it would stop one."""
    yield from _kept_going("packages", _installation)
    yield from _kept_going("machine", _machine)
    yield from _kept_going("course", _course)


def guess() -> Iterator[Finding]:
    """What answers earn that know nothing, in the course one is in; it takes a minute and more."""
    yield from _kept_going("guessed", _guesses)


def _kept_going(subject: str, look: Callable[[], Iterable[Finding]]) -> Iterator[Finding]:
    try:
        yield from look()
    except Exception as error:  # noqa: BLE001 - what is broken here is what one came to hear
        yield wrong(
            subject,
            f"cannot be looked at further: {type(error).__name__}: {error}",
            "first what is said above to be wrong; else `pip check`, or install the package anew",
        )


# The imports stand in the functions: a package that is missing stops what needs it, no more.


def _installation() -> Iterator[Finding]:
    from .python import installed_packages, python_version

    yield from python_version()
    yield from installed_packages()


def _machine() -> Iterator[Finding]:
    from . import hub, jupyter, machine
    from .cache import cache

    yield from machine.disk(Path.cwd())
    yield from machine.memory()
    namespaces = _wanted_namespaces()
    yield from machine.sandbox(namespaces=namespaces)
    yield from machine.kernel(namespaces=namespaces)
    yield from cache()
    yield from machine.gradients()
    yield from jupyter.extensions(student=hub.on_a_hub() and _course_folder() is None)


def _wanted_namespaces() -> Any:
    """What the configuration here says of namespaces; what is wrong with it is said elsewhere."""
    try:
        from . import course

        app, _ = course.configuration(Path.cwd())
        said = app.config.get("Examine", {}).get("namespaces")
    except Exception:  # noqa: BLE001 - nbgrader itself may be missing
        return "prefer"
    return said if said in ("require", "never") else "prefer"


def _course() -> Iterator[Finding]:
    from . import course, hub

    folder = _course_folder()
    if hub.on_a_hub():
        if folder is None:
            yield from hub.student(solutions=_solutions())
        else:
            yield from hub.grader(folder, hub.configured_course())
    app, findings = course.configuration(folder or Path.cwd())
    yield from findings
    if app is not None:
        yield from _course_of(app)


def _guesses() -> Iterator[Finding]:
    from . import course
    from .guesses import guesses

    app, _ = course.configuration(_course_folder() or Path.cwd())
    if app is not None:
        yield from guesses(Path(app.coursedir.root) / app.coursedir.source_directory)


def _course_folder() -> Path | None:
    """The course: the folder one is in, else the one that nbgrader is configured for, if any."""
    from ..distribution import CONFIG
    from . import hub

    for folder in (Path.cwd(), hub.configured_course()):
        if folder is not None and (folder / CONFIG).exists():
            return folder
    return None


def _solutions() -> Path | None:
    """Where this environment has the source notebooks, if it has."""
    from ..distribution import course_files
    from ..errors import QuickstartError

    try:
        return course_files()
    except QuickstartError:
        return None


def _course_of(app: Any) -> Iterator[Finding]:
    from nbgrader.exchange.default import Exchange

    from . import course, notebooks
    from .access import access
    from .handed_in import exercises
    from .imports import assignment_packages
    from .rights import rights

    root, place = Path(app.coursedir.root), app.coursedir
    source = root / place.source_directory
    read = [source, *notebooks.subfolders(source), root / place.submitted_directory]
    exchange = Path(Exchange(coursedir=place, parent=app).root)
    yield from access(root, read, [root / place.autograded_directory, root / ".autograder"])
    yield from course.preprocessors(app.config)
    yield from course.options(app.config)
    yield from course.exchange(exchange, root)
    yield from rights(place, exchange)
    opened = list(course.gradebook(place.db_url))
    yield from opened
    if all(finding.level == "fine" for finding in opened):
        yield from exercises(place.db_url, source)
    yield from notebooks.assignments(source, root / place.release_directory)
    yield from notebooks.sources(source, root / place.release_directory)
    yield from assignment_packages(source, root / place.submitted_directory)
