"""The on-disk cache of what takes long to make: fonts, compiled operations."""

from __future__ import annotations

import atexit
import contextlib
import functools
import hashlib
import importlib.metadata
import os
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import platformdirs

from .access import translated
from .held import held, remove_left

__all__ = ["cache_folder", "cache_root", "own_folder", "sweep", "why_for_this_run_only"]

_DAY_SECONDS = 24 * 3600
_SEASON_SECONDS = 90 * _DAY_SECONDS
# The stand-in for a folder that cannot be written, for the processes that this one starts.
_STAND_IN = "AUTOGRADER_CACHE"
_PROBE = bytes(4096)  # more than a name, for which a full disk has room


def cache_root() -> Path:
    """Where this user's programs keep what can be made again.

    Where nothing can be kept there, a folder that goes with this process: a class is then marked as
    fast, and the next run begins anew.
    """
    return _place(_usual())[0]


def why_for_this_run_only() -> str:
    """Why nothing can be kept in the usual folder, or ""."""
    return _place(_usual())[1]


def _usual() -> Path:
    return platformdirs.user_cache_path("autograder", appauthor=False)


@functools.cache
def _place(usual: Path) -> tuple[Path, str]:
    try:
        usual.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=usual) as file:
            file.write(_PROBE)
    except OSError as exc:
        told = translated(exc)
        why = told.says if told is not None else f"{usual}: {exc.strerror}"
        return _stand_in(usual), why
    return usual, ""


def _stand_in(usual: Path) -> Path:
    given = os.environ.get(_STAND_IN)
    if given and os.path.isdir(given):
        return Path(given)
    try:
        made = tempfile.mkdtemp(prefix="autograder-cache-")
    except OSError:
        return usual  # where nothing can be kept: whoever tries finds out
    atexit.register(_remove, made, os.getpid())
    os.environ[_STAND_IN] = made
    # Matplotlib would search the machine for fonts in each process.
    os.environ.setdefault("MPLCONFIGDIR", os.path.join(made, "matplotlib"))
    return Path(made)


def _remove(folder: str, pid: int) -> None:
    if os.getpid() == pid:  # and not one that was forked from it
        shutil.rmtree(folder, ignore_errors=True)


def cache_folder(kind: str, *contents: bytes) -> Path:
    """Where something prepared lies that depends on JAX, on this processor and on `contents`."""
    digest = hashlib.blake2b(digest_size=12)
    for content in (*_surroundings(), *contents):
        digest.update(len(content).to_bytes(8, "big") + content)
    return cache_root() / f"{kind}-{digest.hexdigest()}"


@functools.cache
def _surroundings() -> tuple[bytes, ...]:
    versions = [sys.version, platform.machine()]
    for package in ("jax", "jaxlib", "numpy", "matplotlib"):
        try:
            versions.append(importlib.metadata.version(package))
        except importlib.metadata.PackageNotFoundError:
            versions.append("")
    try:
        # What was compiled for a processor runs on another only by luck.
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        versions += sorted({line for line in lines if line.startswith(("flags", "Features"))})
    except OSError:
        pass
    return tuple(version.encode() for version in versions)


@contextlib.contextmanager
def own_folder(kept: Path) -> Iterator[Path]:
    """A folder beside a kept one in which this process alone works; gone when it is done."""
    with (
        tempfile.TemporaryDirectory(
            prefix=f"{kept.name}.", dir=kept.parent, ignore_cleanup_errors=True
        ) as place,
        held(Path(place)),
    ):
        yield Path(place)


def sweep(kind: str) -> None:
    """Remove folders of a kind that nobody has used for a season: releases change, and JAX does.

    Those that a process had for itself are removed after a day, unless it lives.
    """
    for old in cache_root().glob(f"{kind}-*"):
        with contextlib.suppress(FileNotFoundError):
            age = time.time() - old.stat().st_mtime
            if age > _SEASON_SECONDS:
                shutil.rmtree(old, ignore_errors=True)
            elif age > _DAY_SECONDS and old.suffix:
                remove_left(old)
