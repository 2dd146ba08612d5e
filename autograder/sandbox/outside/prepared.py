"""What is made once, from trusted code, so that no kernel has to: fonts and compiled operations.

At its first import on a machine matplotlib searches it for fonts, which takes seconds, and keeps
the list. XLA compiles each operation for each shape, some 30 ms each, and keeps what it compiled if
it is told where. A sandbox is always a new machine, and a student's kernel may not write to what
the next one reads; so both are made beforehand and shown read-only.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from filelock import FileLock

from ...cache import cache_folder, cache_root, sweep
from ...compiled import XLA_FLAGS
from .task import Started

__all__ = ["NOTES", "compilation_cache", "font_lists", "unmade"]

_REHEARSAL = Path(__file__).resolve().parents[1] / "inside" / "rehearsal.py"

NOTES = "AUTOGRADER_NOTES"
"""Names a folder in which the processes of one run note what could not be made."""

_SEARCH_SECONDS = 120
_REHEARSAL_SECONDS = 300
_SUFFIX = ".unmade"
_WORDS = 300  # characters of a reason

# What could not be made, by the name of its folder, and why.
_unmade: dict[str, str] = {}


def font_lists() -> list[Path]:
    """The font lists for this matplotlib, made now if there are none yet.

    Empty when there is no matplotlib or its fonts cannot be listed: then kernels are slower,
    not wrong.
    """
    try:
        version = importlib.metadata.version("matplotlib")
    except importlib.metadata.PackageNotFoundError:
        return []
    directory = cache_root() / f"matplotlib-{version}-python{sys.version_info[1]}"
    if not directory.is_dir() and not _failed_before(directory):
        try:
            directory.parent.mkdir(parents=True, exist_ok=True)
            with _alone(directory):
                if not directory.is_dir():
                    _search(directory)
        except (OSError, subprocess.SubprocessError) as exc:
            _note(directory, exc)
    return sorted(directory.glob("fontlist-*.json"))


def _search(directory: Path) -> None:
    """Let matplotlib search, and move its list into place in one step.

    With another HOME, so that no font of the grader's own, which a sandbox cannot see, is listed.
    Nothing may take the place of a list that is there: a kernel that is starting has its folder.

    Raises:
        OSError, subprocess.SubprocessError: it found nothing, or there is no room.
    """
    with tempfile.TemporaryDirectory(dir=directory.parent) as temporary:
        made = Path(temporary) / "made"
        made.mkdir()
        subprocess.run(
            [sys.executable, "-P", "-s", "-c", "import matplotlib.font_manager"],
            env={"PATH": "/usr/bin:/bin", "HOME": temporary, "MPLCONFIGDIR": str(made)},
            cwd=temporary,
            check=True,
            capture_output=True,
            timeout=_SEARCH_SECONDS,
        )
        if not list(made.glob("fontlist-*.json")):
            raise OSError("matplotlib made no list of fonts")
        made.rename(directory)


def compilation_cache(
    cells: Sequence[str], fill: Callable[[Path, Sequence[str]], Started]
) -> Path | None:
    """The folder of what XLA compiles for nearly every notebook; made now if there is none yet.

    Args:
        cells: code without solutions that is run to fill it, besides what is common to all.
        fill: starts a process, in a sandbox like that of the kernels to come, that may write to
            the folder given to it and runs these cells there; what is common, if there are none.

    Returns:
        The folder; none where it cannot be made: then kernels are slower, not wrong. It is not
        tried again in this process, nor in the same run; see `unmade`.
    """
    try:
        program = _REHEARSAL.read_bytes()
        sources = (cell.encode() for cell in cells)
        folder = cache_folder("xla", XLA_FLAGS.encode(), program, *sources)
    except (OSError, UnicodeError):
        return None
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with _alone(folder):
            if not folder.is_dir():
                if _failed_before(folder):
                    return None
                common = compilation_cache((), fill) if cells else None
                if cells and common is None:
                    return None
                _fill(folder, common, fill, cells)
            os.utime(folder)
    except (OSError, subprocess.SubprocessError) as exc:
        _note(folder, exc)
        return None
    return folder


def _fill(
    folder: Path,
    common: Path | None,
    fill: Callable[[Path, Sequence[str]], Started],
    cells: Sequence[str],
) -> None:
    """Make a folder in one step; raise OSError or SubprocessError if that cannot be."""
    sweep("xla")
    # With a name that is swept one day, should this process be killed.
    with tempfile.TemporaryDirectory(
        prefix=f"{folder.name}.", dir=folder.parent, ignore_cleanup_errors=True
    ) as place:
        made = Path(place) / "made"
        if common is None:
            made.mkdir()
        else:
            shutil.copytree(common, made)
        started = fill(made, cells)
        process = started.process
        try:
            _, words = process.communicate(timeout=_REHEARSAL_SECONDS)
        finally:
            started.end()
        if process.returncode != 0 or not any(made.iterdir()):
            last = words.decode(errors="replace").strip().rpartition("\n")[2]
            raise OSError(f"the rehearsal ended with status {process.returncode}: {last}")
        made.rename(folder)


def unmade() -> list[str]:
    """Why something could not be made beforehand, in this process or another of the same run."""
    reasons = [*_unmade.values()]
    notes = os.environ.get(NOTES)
    if notes:
        for path in Path(notes).glob(f"*{_SUFFIX}"):
            with contextlib.suppress(OSError):
                reasons.append(path.read_text(encoding="utf-8") or "there is no room for it")
    return sorted(set(reasons))


def _note(folder: Path, error: Exception) -> None:
    """Remember that a folder cannot be made, and tell the other processes of the run."""
    lines = str(error).splitlines() or [type(error).__name__]
    why = lines[-1][:_WORDS]
    _unmade[folder.name] = why
    notes = os.environ.get(NOTES)
    if notes:
        with contextlib.suppress(OSError):
            (Path(notes) / f"{folder.name}{_SUFFIX}").write_text(why, encoding="utf-8")


def _failed_before(folder: Path) -> bool:
    notes = os.environ.get(NOTES)
    noted = bool(notes) and os.path.exists(os.path.join(str(notes), f"{folder.name}{_SUFFIX}"))
    return noted or folder.name in _unmade


def _alone(folder: Path) -> FileLock:
    """One process at a time: whoever comes meanwhile waits, and finds what it wants."""
    return FileLock(folder.with_name(f".{folder.name}.lock"))
