"""Python, and what the package asks for, as its own metadata say."""

from __future__ import annotations

import platform
import sys
from collections.abc import Callable, Iterable, Iterator
from importlib import metadata

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from ..distribution import DISTRIBUTION
from .findings import Finding, fine, wrong

__all__ = ["installed_packages", "python_version"]

_EXTRA = "marking"  # what is looked at is an instructor's installation


def python_version(found: str | None = None, wanted: str | None = None) -> Iterator[Finding]:
    """Whether the package runs with this Python.

    Args:
        found: the version; by default that of the running interpreter.
        wanted: a version specifier; by default the package's own.
    """
    found = found or platform.python_version()
    wanted = wanted or str(metadata.metadata(DISTRIBUTION)["Requires-Python"])
    if SpecifierSet(wanted).contains(found, prereleases=True):
        yield fine("Python", f"{found} ({sys.executable})")
    else:
        yield wrong(
            "Python",
            f"{sys.executable} is {found}, and {DISTRIBUTION} asks for {wanted}",
            "make the environment anew with a Python of such a version",
        )


def installed_packages(
    requirements: Iterable[str] | None = None,
    version_of: Callable[[str], str] = metadata.version,
) -> Iterator[Finding]:
    """Whether what the package and marking ask for is installed, in versions that it is made for.

    Args:
        requirements: by default the package's own.
        version_of: the installed version of a package; raises PackageNotFoundError.
    """
    if requirements is None:
        requirements = metadata.requires(DISTRIBUTION) or ()
    # Practice asks for a package in many versions, marking for the same in fewer.
    asked: dict[str, SpecifierSet] = {}
    for requirement in map(Requirement, requirements):
        if requirement.marker is None or requirement.marker.evaluate({"extra": _EXTRA}):
            before = asked.get(requirement.name, SpecifierSet())
            asked[requirement.name] = before & requirement.specifier
    sound = True
    for name, specifier in asked.items():
        cure = f"`{sys.executable} -m pip install '{name}{specifier}'`"
        try:
            version = version_of(name)
        except metadata.PackageNotFoundError:
            sound = False
            yield wrong(name, "is not installed", cure)
            continue
        if not specifier.contains(version, prereleases=True):
            sound = False
            says = f"{version} is installed, and {DISTRIBUTION} asks for {specifier}"
            yield wrong(name, says, cure)
    if sound:
        yield fine("packages", f"all {len(asked)} are installed, in versions that fit")
