"""Commands of ours typed by an ordinary user, even where the tests run as root.

That user may not be able to read this Python (a clone in root's home). So one process imports what
the commands need, as whoever runs the tests; for each command it forks a child, which becomes the
other user and runs it. That also spares each command the imports.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import io
import json
import os
import pkgutil
import stat
import subprocess
import sys
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import autograder

__all__ = ["UID", "Ran", "Typist", "may_enter"]

UID = 4101
"""Nobody's, so that messages do without a name; our own, where the tests do not run as root."""

# Beside all modules of ours: what is imported, by those or by Python, only once it is used.
_NEEDED = (
    "encodings.cp1252",
    "jupyter_core.migrate",
    "nbgrader.apps.autogradeapp",
    "nbgrader.exchange.default",
    "nbgrader.preprocessors",
    "rich._emoji_codes",
    "sqlalchemy.dialects.sqlite",
)
_NEW_MOUNTS = 0x20000  # CLONE_NEWNS


def may_enter(folder: Path) -> bool:
    """Whether user `UID` may enter a folder; where the tests do not run as root, it is ours."""
    entered = (folder, *folder.parents)
    return os.getuid() != 0 or all(part.stat().st_mode & stat.S_IXOTH for part in entered)


@dataclass(frozen=True)
class Ran:
    """What came of a command."""

    status: int
    said: str


class Typist:
    """Whoever types; to be used with `with`."""

    def __enter__(self) -> Typist:
        # What a command has compiled, the next need not compile anew.
        self._cache = tempfile.TemporaryDirectory(prefix="autograder-cache-of-another-")
        if os.getuid() == 0:
            os.chown(self._cache.name, UID, UID)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.ordinary"],
            cwd=Path(__file__).resolve().parents[2],
            env={**os.environ, "COLUMNS": "1000", "TERM": "dumb"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(self, *error: object) -> None:
        self._process.communicate()
        self._cache.cleanup()

    def type(self, folder: Path, *command: str, read_only: bool = False) -> Ran:
        """Type a command in a folder, as user `UID` where this process is root's.

        Args:
            folder: where it is typed, which is also the user's home.
            command: `autograder ...`, `nbgrader autograde ...`, or `doctor's course`.
            read_only: whether the folder is mounted read-only meanwhile, and nothing can be kept;
                needs root.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        order = {
            "folder": os.fspath(folder),
            "command": command,
            "read_only": read_only,
            "cache": self._cache.name,
        }
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return Ran(**json.loads(self._process.stdout.readline()))


def _serve() -> None:
    ours = (found.name for found in pkgutil.walk_packages(autograder.__path__, "autograder."))
    for name in (*_NEEDED, *(name for name in ours if not name.endswith(".__main__"))):
        importlib.import_module(name)
    warnings.simplefilter("ignore")
    for line in sys.stdin:
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            _as_another(json.loads(line), writing)
        os.close(writing)
        with open(reading, encoding="utf-8") as said:
            words = said.read()
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        sys.stdout.write(json.dumps({"status": status, "said": words}) + "\n")
        sys.stdout.flush()


def _as_another(order: dict[str, Any], writing: int) -> None:
    """Run a command in this process, which is a child's, and end it."""
    status = 70
    try:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(writing, 1)
        os.dup2(writing, 2)
        sys.stdout = io.TextIOWrapper(open(1, "wb", closefd=False), write_through=True)  # noqa: SIM115
        sys.stderr = io.TextIOWrapper(open(2, "wb", closefd=False), write_through=True)  # noqa: SIM115
        if order["read_only"]:
            _mount_read_only(order["folder"])
        else:
            os.environ["XDG_CACHE_HOME"] = order["cache"]
        if os.getuid() == 0:
            os.setgroups([])
            os.setgid(UID)
            os.setuid(UID)
        os.environ["HOME"] = order["folder"]
        # Else Jupyter asks who owns the environment, which Python 3.11's pathlib cannot answer.
        os.environ["JUPYTER_PREFER_ENV_PATH"] = "no"
        os.chdir(order["folder"])
        _run(*order["command"])
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException as error:  # noqa: BLE001 - as Python does at its end, and does not here
        status = 1
        sys.excepthook(type(error), error, error.__traceback__)
    finally:
        with contextlib.suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(status)


def _mount_read_only(folder: str) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_NEW_MOUNTS) != 0:
        raise OSError(ctypes.get_errno(), "nothing can be mounted here")
    for options in (
        ["--make-rprivate", "/"],
        ["--bind", folder, folder],
        ["-o", "remount,bind,ro", folder],
    ):
        subprocess.run(["mount", *options], check=True)


def _run(program: str, *arguments: str) -> None:
    sys.argv[0] = program
    if program == "autograder":
        from autograder.cli import main

        main(list(arguments))
    elif program == "nbgrader":
        from nbgrader.apps.autogradeapp import AutogradeApp

        AutogradeApp.launch_instance(list(arguments[1:]))
    else:
        from autograder import doctor

        for finding in doctor._course():
            said = (finding.level, finding.subject, finding.says, finding.cure)
            sys.stdout.write(": ".join(said) + "\n")


if __name__ == "__main__":
    _serve()
