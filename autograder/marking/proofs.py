"""What was once found out about a source notebook by running it, kept for the next process.

That its own answers are right, that an empty submission earns nothing, and what its illustrations
show while no mark depends on them: it takes longer to find that out than to mark a submission, and
each command that marks wants to know. It holds as long as everything that it was found out by is as
it was. `autograder doctor` finds out anew.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import site
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from filelock import FileLock

from ..cache import cache_folder, sweep
from .illustrations import Illustration
from .results import own_code, write_whole

__all__ = ["Proof"]

_KIND = "proofs"
_PACKAGE = Path(__file__).resolve().parents[1]
_LEFT_OUT = {"__pycache__", ".ipynb_checkpoints"}


class Proof:
    """What is kept of the source notebook at `path` as it is now, with the files beside it."""

    def __init__(self, path: Path) -> None:
        beside = sorted(
            (str(file), *_state(file))
            for file in path.parent.rglob("*")
            if file.suffix != ".ipynb" and not _LEFT_OUT & {*file.parts} and file.is_file()
        )
        content = [path.read_bytes(), repr(beside).encode(), own_code().encode()]
        self._folder = cache_folder(_KIND, *content)

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Within, no other process looks; where no lock can be had, each finds out for itself."""
        with contextlib.ExitStack() as stack:
            with contextlib.suppress(OSError):
                self._folder.parent.mkdir(parents=True, exist_ok=True)
                stack.enter_context(FileLock(self._folder.with_name(f".{self._folder.name}.lock")))
            yield

    def illustrations(self) -> dict[str, Illustration] | None:
        """Those on which no mark depends, by their texts; None where nobody has found out.

        Where they are known, the notebook's own answers were right.
        """
        try:
            kept = json.loads((self._folder / "found.json").read_bytes())
            if any(list(_state(Path(file))) != state for file, state in kept["modules"].items()):
                return None
            os.utime(self._folder)
            return {
                text: Illustration(
                    source, frozenset(sets), None if outputs is None else tuple(outputs)
                )
                for text, source, sets, outputs in kept["illustrations"]
            }
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return None

    def keep(self, illustrations: Mapping[str, Illustration]) -> None:
        """Keep them, in the process that ran the notebook; where that cannot be, nothing is."""
        found = [(text, i.source, sorted(i.sets), i.outputs) for text, i in illustrations.items()]
        with contextlib.suppress(OSError):
            modules = {str(file): _state(file) for file in _modules_of_the_course()}
            sweep(_KIND)
            for old in self._folder.glob("*.earns_nothing"):  # by other modules
                old.unlink()
            content = json.dumps({"modules": modules, "illustrations": found})
            write_whole(self._folder / "found.json", content.encode())

    def earns_nothing(self, release: bytes) -> bool:
        """Whether a release with this content was found to earn nothing as it is."""
        return self._of(release).exists() and self.illustrations() is not None

    def keep_that_it_earns_nothing(self, release: bytes) -> None:
        """Keep that; where that cannot be, the next process finds out again."""
        with contextlib.suppress(OSError):
            write_whole(self._of(release), b"")

    def _of(self, release: bytes) -> Path:
        digest = hashlib.blake2b(release, digest_size=12).hexdigest()
        return self._folder / f"{digest}.earns_nothing"


def _state(file: Path) -> tuple[int, int]:
    """By what a file that was changed is told: its size, and when it was written (ns)."""
    try:
        found = file.stat()
    except OSError:
        return -1, -1
    return found.st_size, found.st_mtime_ns


def _modules_of_the_course() -> Iterator[Path]:
    """The files of all modules that are neither installed nor ours: they may change at any time."""
    names = ("stdlib", "platstdlib", "purelib", "platlib")
    installed: list[Any] = [
        *map(sysconfig.get_path, names),
        *site.getsitepackages(),
        site.getusersitepackages(),
    ]
    folders = {Path(os.path.realpath(folder)) for folder in (*installed, _PACKAGE)}
    for module in [*sys.modules.values()]:
        file = getattr(module, "__file__", None)
        if not isinstance(file, str) or not os.path.isfile(file):
            continue
        path = Path(os.path.realpath(file))
        if not folders & {*path.parents}:
            yield path
