"""People with accounts of their own on this machine, made and removed by the test."""

from __future__ import annotations

import contextlib
import json
import os
import pwd
import re
import secrets
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

__all__ = ["Account", "named", "sweep"]

COMMENT = "made by the tests of autograder"
PLACE = Path("/var/tmp")  # where every user gets to, and no sandbox has its scratch
_NAME = re.compile(r"^aghub(\d+)-")


def named(what: str) -> str:
    """A name for something of this run, from which another run knows whether this one lives."""
    return f"aghub{os.getpid()}-{what}"


def sweep() -> None:
    """Remove what a run has left that was killed."""
    for entry in pwd.getpwall():
        if entry.pw_gecos == COMMENT and _left_over(entry.pw_name):
            _remove(entry.pw_name, entry.pw_uid)
    for line in Path("/etc/group").read_text().splitlines():
        name = line.split(":")[0]
        if _left_over(name):
            subprocess.run(["groupdel", name], check=False, capture_output=True)
    for folder in PLACE.glob("aghub*-*"):
        if _left_over(folder.name):
            shutil.rmtree(folder, ignore_errors=True)


def _left_over(name: str) -> bool:
    match = _NAME.match(name)
    return match is not None and not psutil.pid_exists(int(match[1]))


@dataclass(frozen=True)
class Account:
    """Somebody with a user of their own and a home that is closed to others.

    Attributes:
        name: of the user.
        home: where they are at home.
        password: for the hub.
    """

    name: str
    home: Path
    password: str = field(default_factory=lambda: secrets.token_hex(16), repr=False)

    @classmethod
    def make(cls, what: str, homes: Path) -> Account:
        """Make a user, a group of the same name, and a home."""
        account = cls(named(what), homes / named(what))
        line = ["useradd", "--create-home", "--user-group", "--shell=/bin/bash"]
        line += [f"--home-dir={account.home}", f"--comment={COMMENT}", account.name]
        subprocess.run(line, check=True, capture_output=True)
        account.home.chmod(0o700)
        return account

    def remove(self) -> None:
        """End what the user runs, and remove the user; the home is the test's to remove."""
        _remove(self.name, self.uid)

    @property
    def uid(self) -> int:
        return pwd.getpwnam(self.name).pw_uid

    def type(self, line: str, environment: Path, cwd: Path | None = None) -> str:
        """Type a line in a terminal of their server; returns what it says, fails where it fails.

        Args:
            line: what a shell reads.
            environment: the Python environment of the server.
            cwd: where; by default at home.
        """
        done = self.run(["bash", "-c", line], environment, cwd)
        said = done.stdout + done.stderr
        assert done.returncode == 0, f"{self.name}: {line}:\n{said}"
        return said

    def run(
        self, command: list[str], environment: Path, cwd: Path | None = None, **kwargs: Any
    ) -> subprocess.CompletedProcess[str]:
        """Run a program with this user's rights and groups, and no others."""
        gid = pwd.getpwnam(self.name).pw_gid
        return subprocess.run(
            command,
            cwd=cwd or self.home,
            env={
                "HOME": str(self.home),
                "USER": self.name,
                "LANG": "C.UTF-8",
                "PATH": f"{environment}/bin:/usr/local/bin:/usr/bin:/bin",
                "JUPYTERHUB_USER": self.name,
            },
            user=self.uid,
            group=gid,
            extra_groups=os.getgrouplist(self.name, gid),
            capture_output=True,
            text=True,
            check=False,
            timeout=900,
            **kwargs,
        )

    def opens(self, *paths: Path, write: bool = False) -> list[str]:
        """Which of these this user gets to: folders to list, files to read, or all to write."""
        probe = _WRITE if write else _READ
        done = self.run(
            [PLAIN_PYTHON, "-c", probe],
            Path("/usr"),
            Path("/"),
            input=json.dumps([*map(str, paths)]),
        )
        assert done.returncode == 0, done.stderr
        opened: list[str] = json.loads(done.stdout)
        return opened


PLAIN_PYTHON = "/usr/bin/python3"

_READ = """
import json, os, sys
opened = []
for path in json.load(sys.stdin):
    try:
        os.listdir(path)
    except NotADirectoryError:
        try:
            open(path, "rb").read(1)
        except OSError:
            continue
    except OSError:
        continue
    opened.append(path)
print(json.dumps(opened))
"""

_WRITE = """
import json, os, sys
opened = []
for path in json.load(sys.stdin):
    try:
        if os.path.isdir(path):
            name = os.path.join(path, "left-by-a-test")
            os.close(os.open(name, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
            os.remove(name)
        else:
            os.close(os.open(path, os.O_WRONLY))
    except OSError:
        continue
    opened.append(path)
print(json.dumps(opened))
"""


def _remove(name: str, uid: int) -> None:
    processes = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.uids().real == uid:
                process.kill()
                processes.append(process)
    psutil.wait_procs(processes, timeout=30)
    subprocess.run(["userdel", "--force", name], check=False, capture_output=True)
