"""Python, and what the package asks for, as its own metadata say."""

from __future__ import annotations

import platform
import sys
from collections.abc import Callable, Iterable, Iterator
from importlib import metadata

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from .findings import Finding, fine, wrong

__all__ = ["installed_packages", "python_version"]

_PACKAGE = "autograder"


def python_version(found: str | None = None, wanted: str | None = None) -> Iterator[Finding]:
    """Whether the package runs with this Python.

    Args:
        found: the version; by default that of the running interpreter.
        wanted: a version specifier; by default the package's own.
    """
    found = found or platform.python_version()
    wanted = wanted or str(metadata.metadata(_PACKAGE)["Requires-Python"])
    if SpecifierSet(wanted).contains(found, prereleases=True):
        yield fine("Python", f"{found} ({sys.executable})")
    else:
        yield wrong(
            "Python",
            f"{sys.executable} is {found}, and {_PACKAGE} asks for {wanted}",
            "make the environment anew with a Python of such a version",
        )


def installed_packages(
    requirements: Iterable[str] | None = None,
    version_of: Callable[[str], str] = metadata.version,
) -> Iterator[Finding]:
    """Whether what the package asks for is installed, in versions that it is made for.

    Args:
        requirements: by default the package's own.
        version_of: the installed version of a package; raises PackageNotFoundError.
    """
    if requirements is None:
        requirements = metadata.requires(_PACKAGE) or ()
    count = 0
    sound = True
    for requirement in map(Requirement, requirements):
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
            continue
        count += 1
        asked = f"{requirement.name}{requirement.specifier}"
        cure = f"`{sys.executable} -m pip install '{asked}'`"
        try:
            version = version_of(requirement.name)
        except metadata.PackageNotFoundError:
            sound = False
            yield wrong(requirement.name, "is not installed", cure)
            continue
        if not requirement.specifier.contains(version, prereleases=True):
            sound = False
            says = f"{version} is installed, and {_PACKAGE} asks for {requirement.specifier}"
            yield wrong(requirement.name, says, cure)
    if sound:
        yield fine("packages", f"all {count} are installed, in versions that fit")
