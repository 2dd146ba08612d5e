"""A Containerfile without an engine: its stages, and a folder in which their lines are run."""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from dockerfile_parse import DockerfileParser

__all__ = ["Root", "Stage", "read"]

# pip's index, a proxy's address and its certificates are the machine's, not the recipe's.
_HANDED_ON = re.compile(r"PIP_\w+|\w+_proxy", re.I)
_CERTIFICATES = "/run/certificates.pem"


@dataclass
class Stage:
    """What one FROM begins.

    Attributes:
        name: its name.
        base: an image, or an earlier stage.
        lines: instructions and their values, in order.
    """

    name: str
    base: str
    lines: list[tuple[str, str]] = field(default_factory=list)

    @property
    def needs(self) -> set[str]:
        """What it begins with, and the stages of which it takes files."""
        first = [value.split()[0] for name, value in self.lines if name == "COPY"]
        return {self.base, *(w.removeprefix("--from=") for w in first if w.startswith("--from="))}


def read(recipe: Path) -> dict[str, Stage]:
    """The stages, by name."""
    parser = DockerfileParser(fileobj=io.BytesIO(recipe.read_bytes()))
    stages: dict[str, Stage] = {}
    for part in parser.structure:
        if part["instruction"] == "FROM":
            base, _, name = part["value"].split()
            stage = stages[name] = Stage(name, base)
        elif part["instruction"] != "COMMENT":
            stage.lines.append((part["instruction"], part["value"]))
    return stages


class Root:
    """A folder that is all the file system there is to the commands that are run in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.variables: dict[str, str] = {"PATH": "/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin"}
        self.user = "root"

    @classmethod
    def bootstrap(cls, folder: Path, suite: str) -> Root:
        """A fresh Debian, from where this machine has its own packages."""
        site = subprocess.run(
            ["apt-get", "indextargets", "--format", "$(SITE) $(CODENAME)"],
            check=True,
            capture_output=True,
            text=True,
        ).stdout.splitlines()
        mirror = next(line.split()[0] for line in site if "security" not in line)
        line = ["debootstrap", "--variant=minbase", suite, str(folder), mirror]
        done = subprocess.run(line, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        return cls(folder)

    def copy(self, folder: Path) -> Root:
        """Another, with the same in it."""
        subprocess.run(["cp", "-a", str(self.folder), str(folder)], check=True)
        made = Root(folder)
        made.variables = dict(self.variables)
        return made

    def move(self, folder: Path) -> Root:
        """The same elsewhere, where nobody needs this one: to copy a gigabyte takes long."""
        self.folder = self.folder.rename(folder)
        return self

    def run(self, text: str, *, user: str | None = None) -> str:
        """What a shell prints that runs `text` there; fails where it fails."""
        handed_on = {name: v for name, v in os.environ.items() if _HANDED_ON.fullmatch(name)}
        user = user or self.user
        line = ["bwrap", "--bind", str(self.folder), "/", "--dev", "/dev", "--proc", "/proc"]
        line += ["--tmpfs", "/dev/shm", "--ro-bind", "/etc/resolv.conf", "/etc/resolv.conf"]
        if "PIP_CERT" in handed_on:
            line += ["--ro-bind", handed_on["PIP_CERT"], _CERTIFICATES]
            handed_on["PIP_CERT"] = _CERTIFICATES
        line += ["--unshare-pid", "--die-with-parent", "--clearenv", "--cap-add", "ALL"]
        home = "/root" if user == "root" else f"/home/{user}"
        # Bytecode of a hundred packages, of which a few are imported here, is half of pip's work.
        handed_on["PIP_COMPILE"] = "0"
        for name, value in {**handed_on, "HOME": home, **self.variables}.items():
            line += ["--setenv", name, value]
        line += ["--chdir", home if (self.folder / home[1:]).is_dir() else "/"]
        if user != "root":
            line += ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"]
        done = subprocess.run(
            [*line, "/bin/sh", "-euc", text], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{text}\n{done.stdout[-4000:]}{done.stderr[-4000:]}"
        return done.stdout

    def build(self, stage: Stage, context: Path, stages: dict[str, Root]) -> None:
        """Do what a stage says."""
        for instruction, value in stage.lines:
            match instruction:
                case "RUN":
                    self.run(value)
                case "COPY":
                    *sources, target = value.split()
                    origin = context
                    if sources[0].startswith("--from="):
                        origin = stages[sources.pop(0).removeprefix("--from=")].folder
                    self._take(origin, sources, target)
                case "ENV" | "ARG":
                    name, _, text = value.partition("=")
                    # What is set already is known by its name.
                    for known, set_to in self.variables.items():
                        text = text.replace(f"${known}", set_to)
                    self.variables[name] = text
                case "USER":
                    self.user = value
                case "WORKDIR" | "CMD":
                    pass
                case _:
                    raise AssertionError(f"nothing here does {instruction}")

    def _take(self, origin: Path, sources: list[str], target: str) -> None:
        for source in sources:
            path = origin / source.lstrip("/")
            place = self.folder / target.lstrip("/")
            if path.is_dir():
                ignored = shutil.ignore_patterns("__pycache__")
                shutil.copytree(path, place, ignore=ignored, dirs_exist_ok=True)
            else:
                place.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, place)
