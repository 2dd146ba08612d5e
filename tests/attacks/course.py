"""A course for attackers: one short notebook, secrets to find, doors to knock at.

`Ground.prepare` sets it up with the configuration as shipped; `Ground.mark` runs
`nbgrader autograde` on a family of attacks, with honest students before, between and after them.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
from nbgrader.api import Gradebook

from autograder.cache import cache_folder
from autograder.sandbox.outside.recipe import Recipe
from tests.attacks import ANSWERS, GIVEN, POINTS, TESTS, Attack
from tests.marking.small_course import api
from tests.support.container import Container

ASSIGNMENT = "small"
NOTEBOOK = "attacked"
COURSE_ID = "gradient_descent_course"
HONEST_STUDENTS = ("aa_honest", "mm_honest", "zz_honest")
AUTOGRADE = ("nbgrader", "autograde", f"--assignment={ASSIGNMENT}")
GRADE = ("autograder", "grade", ASSIGNMENT)

LIMITS = """
c.Examine.cell_timeout = 30
c.Examine.notebook_timeout = 90
c.Examine.limits = {"cpu_seconds": 20}
"""


def cell(kind: str, source: str, grade_id: str = "", **about: Any) -> nbformat.NotebookNode:
    """A cell; with an id, one of nbgrader's."""
    new = {"code": nbformat.v4.new_code_cell, "markdown": nbformat.v4.new_markdown_cell}[kind]
    made = new(source)
    if grade_id:
        made.metadata["nbgrader"] = {
            "schema_version": 3,
            "grade": False,
            "solution": False,
            "locked": False,
            "task": False,
            "grade_id": grade_id,
            **about,
        }
    return made


def source_notebook(
    tests: Mapping[str, str], answers: Mapping[str, str] = ANSWERS
) -> nbformat.NotebookNode:
    """The instructor's notebook, with these test cells."""
    notebook = nbformat.v4.new_notebook()
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    notebook.cells = [
        cell("markdown", "# Attack this"),
        cell("code", GIVEN, "given_f", locked=True),
    ]
    for name, answer in answers.items():
        solution = f"### BEGIN SOLUTION\n{answer}\n### END SOLUTION"
        about = {"grade": True, "locked": True, "points": POINTS.get(name, 1.0)}
        notebook.cells += [
            cell("code", solution, name, solution=True),
            cell("code", tests[name], f"{name}_check", **about),
        ]
    return notebook


@dataclass
class Doors:
    """Listeners that no submission may reach, and who did."""

    folder: Path
    reached: list[str] = field(default_factory=list)
    port: int = 0
    abstract: str = ""
    path: str = ""
    letters: str = ""

    @contextlib.contextmanager
    def open(self) -> Iterator[Doors]:
        self.abstract = f"autograder-attacks-{secrets.token_hex(4)}"
        self.path = str(self.folder / "door")
        self.letters = str(self.folder / "letters")
        with contextlib.ExitStack() as stack:
            for path in (self.path, self.letters):
                stack.callback(Path(path).unlink, missing_ok=True)
            for family, kind, address in (
                (socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0)),
                (socket.AF_UNIX, socket.SOCK_STREAM, "\0" + self.abstract),
                (socket.AF_UNIX, socket.SOCK_STREAM, self.path),
                (socket.AF_UNIX, socket.SOCK_DGRAM, f"\0{self.abstract}-letters"),
                (socket.AF_UNIX, socket.SOCK_DGRAM, self.letters),
            ):
                listener = stack.enter_context(socket.socket(family, kind))
                listener.bind(address)
                if kind is socket.SOCK_STREAM:
                    listener.listen()
                # Closed from here, a thread that accepts would wait on; so it looks now and then.
                listener.settimeout(0.2)
                self.port = self.port or listener.getsockname()[1]
                name = str(address)
                done = threading.Event()
                thread = threading.Thread(target=self._watch, args=(listener, name, done))
                thread.start()
                stack.callback(thread.join)
                stack.callback(done.set)
            yield self

    def _watch(self, listener: socket.socket, name: str, done: threading.Event) -> None:
        while not done.is_set():
            with contextlib.suppress(TimeoutError):
                if listener.type is socket.SOCK_DGRAM:
                    listener.recv(1)
                else:
                    connection, _ = listener.accept()
                    connection.close()
                self.reached.append(name)


def digest(folder: Path) -> dict[str, str]:
    """What everything in a folder is and holds, by its path."""
    found = {}
    for path in [folder, *sorted(folder.rglob("*"))]:
        about = path.lstat()
        what = f"{about.st_mode:o} {about.st_uid} {about.st_gid}"
        if path.is_file():
            content = hashlib.sha256(path.read_bytes()).hexdigest()
            what = f"{what} {about.st_mtime_ns} {content}"
        found[str(path.relative_to(folder))] = what
    return found


@dataclass(frozen=True)
class Outcome:
    """What became of a marking run.

    Attributes:
        status: nbgrader's exit status.
        log: what it wrote.
        reached: the doors that somebody knocked at.
        survivors: command lines of processes that outlived it.
        changed: paths outside the marking's own folders that are not as they were.
    """

    status: int
    log: str
    reached: tuple[str, ...]
    survivors: tuple[str, ...]
    changed: tuple[str, ...]


class Ground:
    """The course directory, and around it what an attacker would like to see."""

    def __init__(
        self,
        root: Path,
        config: str,
        tests: Mapping[str, str] | Callable[[str], Mapping[str, str]] = TESTS,
        honest: Collection[str] = tuple(ANSWERS),
        python: str = sys.executable,
        container: Container | None = None,
        more: Callable[[str], Mapping[str, nbformat.NotebookNode]] | None = None,
    ) -> None:
        """Set it up.

        Args:
            root: an empty folder.
            config: the course's configuration.
            tests: the test cells; or what makes them of the secret.
            honest: the exercises that honest students answer.
            python: with which it is marked.
            container: in which it is marked, or none.
            more: further source notebooks, made of the secret.
        """
        self.root = root
        self.python = python
        self._container = container
        self.course = root / "course"
        self.home = root / "home"
        self.outside = root / "outside"
        self.secret = f"secret{secrets.token_hex(12)}"
        self._more = dict(more(self.secret)) if more is not None else {}
        self.doors = Doors(root)
        self._config = config
        self._tests = tests(self.secret) if callable(tests) else tests
        self.honest = {name: ANSWERS[name] for name in honest}
        self._prepare()

    def _prepare(self) -> None:
        folder = self.course / "source" / ASSIGNMENT
        folder.mkdir(parents=True)
        self.outside.mkdir()
        self.outside.chmod(0o777)
        (self.home / ".ssh").mkdir(parents=True)
        (self.home / ".ssh" / "id_ed25519").write_text(self.secret)
        config = self._config + LIMITS
        (self.course / "nbgrader_config.py").write_text(config, encoding="utf-8")
        notebook = source_notebook(self._tests)
        notebook.cells.append(
            cell(
                "markdown",
                f"### BEGIN SOLUTION\n{self.secret}\n### END SOLUTION",
                "why",
                grade=True,
                solution=True,
                points=1,
            )
        )
        for name, written in {NOTEBOOK: notebook, **self._more}.items():
            nbformat.write(written, folder / f"{name}.ipynb")
        said = api(self.course).generate_assignment(ASSIGNMENT)
        assert said["success"], said["log"]
        with self.gradebook() as gradebook:
            gradebook.add_student("neighbour", last_name=self.secret)
        neighbour = self.course / "submitted" / "neighbour" / "other"
        neighbour.mkdir(parents=True)
        (neighbour / "answers.txt").write_text(self.secret)
        (self.course / ".autograder_seed").write_text(self.secret + "\n")
        self._take_along_what_was_compiled()

    def _take_along_what_was_compiled(self) -> None:
        """A copy, for attacks to break, of what takes a minute the first time on a machine.

        And of what the released cells compile, which are those of every such course; a container
        makes that itself, in the way that it has.
        """
        folders = [Recipe().compilation_cache(), cache_folder("rubrics")]
        if self._container is None:
            released = sorted((self.course / "release" / ASSIGNMENT).glob("*.ipynb"))
            folders.append(Recipe(rehearsed=tuple(map(str, released))).compilation_cache())
        for made in folders:
            if made is not None and made.is_dir():
                place = self.root / "cache" / "autograder" / made.name
                shutil.copytree(made, place)

    def run(
        self, *arguments: str, program: str = "nbgrader", container: Container | None = None
    ) -> subprocess.CompletedProcess[str]:
        """What a grader types, and how it went."""
        environment = {
            **os.environ,
            "HOME": str(self.home),
            # nbgrader starts `alembic`, which a Python that shares its packages does not bring.
            "PATH": os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]]),
            "XDG_CACHE_HOME": str(self.root / "cache"),
            "GRADER_TOKEN": self.secret,
            "PYTHONWARNINGS": "ignore",
        }
        environment.pop("COVERAGE_PROCESS_START", None)
        alone = str(Path(__file__).with_name("alone.py"))
        command = [self.python, "-m", program, *arguments]
        if container is not None:
            command = container.command(*command)
        command = [sys.executable, alone, *command]
        return subprocess.run(
            command, cwd=self.course, env=environment, capture_output=True, text=True, timeout=2400
        )

    def gradebook(self) -> Gradebook:
        return Gradebook(f"sqlite:///{self.course / 'gradebook.db'}", COURSE_ID)

    # -------------------------------------------------------------------------- submissions

    def released(self, name: str = NOTEBOOK) -> dict[str, Any]:
        """A released notebook, as its JSON is."""
        path = self.course / "release" / ASSIGNMENT / f"{name}.ipynb"
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return found

    def hand_in(self, attack: Attack) -> Path:
        """Write one student's folder."""
        folder = self.course / "submitted" / attack.name / ASSIGNMENT
        folder.mkdir(parents=True, exist_ok=True)
        for name in (NOTEBOOK, *self._more):
            notebook = self.released(name)
            for made in notebook["cells"]:
                answer = attack.answers.get(made["metadata"].get("nbgrader", {}).get("grade_id"))
                if answer is not None:
                    made["source"] = self._aim(answer)
            if attack.before:
                extra = dict(cell("code", self._aim(attack.before)))
                notebook["cells"].insert(2, extra)
            attack.edit(notebook)
            (folder / f"{name}.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
        return folder

    def _aim(self, code: str) -> str:
        """Tell the code where things are: the student knows, or guesses."""
        aims = {
            "@COURSE@": self.course,
            "@GRADEBOOK@": self.course / "gradebook.db",
            "@SOURCE@": self.course / "source" / ASSIGNMENT / f"{NOTEBOOK}.ipynb",
            "@NEIGHBOUR@": self.course / "submitted" / "neighbour" / "other" / "answers.txt",
            "@SEED@": self.course / ".autograder_seed",
            "@HOME@": self.home,
            "@OUTSIDE@": self.outside,
            "@PORT@": self.doors.port,
            "@ABSTRACT@": self.doors.abstract,
            "@DOOR@": self.doors.path,
            "@LETTERS@": self.doors.letters,
        }
        for mark, aim in aims.items():
            code = code.replace(mark, str(aim))
        return code

    # -------------------------------------------------------------------------- marking

    def mark(
        self, attacks: Sequence[Attack], *options: str, command: Sequence[str] = AUTOGRADE
    ) -> Outcome:
        """Hand in and mark the attacks and the honest students, in one run."""
        honest = [Attack(name, "", "", self.honest) for name in HONEST_STUDENTS]
        with self.doors.open():
            for attack in [*honest, *attacks]:
                self.hand_in(attack)
            if self._container is not None:
                self._container.give(self.root)
            before = self._fixed()
            program, *arguments = command
            said = self.run(*arguments, *options, program=program, container=self._container)
            after = self._fixed()
        changed = sorted(path for path in {*before, *after} if before.get(path) != after.get(path))
        return Outcome(
            status=said.returncode,
            log=said.stderr + said.stdout,
            reached=tuple(self.doors.reached),
            survivors=tuple(json.loads(said.stdout.splitlines()[-1])),
            changed=tuple(changed),
        )

    def _fixed(self) -> dict[str, str]:
        """All that a marking run has no business to change."""
        folders = [
            self.outside,
            self.home / ".ssh",
            *(self.course / name for name in ("source", "release", "submitted")),
        ]
        found = {f"{f.name}/{path}": d for f in folders for path, d in digest(f).items()}
        found.pop("submitted/.", None)  # marking itself closes it to others
        # Marking itself may cache there; the attacks' files have names of their own.
        return {**found, **{str(path): "planted" for path in self.root.rglob("planted*")}}

    def autograded(self, student: str, name: str = NOTEBOOK) -> nbformat.NotebookNode | None:
        """The notebook that marking wrote, or None."""
        path = self.course / "autograded" / student / ASSIGNMENT / f"{name}.ipynb"
        return nbformat.read(path, as_version=4) if path.is_file() else None

    def bytes_of(self, student: str) -> bytes:
        """All that marking wrote for a student."""
        folder = self.course / "autograded" / student
        return b"\n".join(p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file())

    def scores(self, student: str) -> dict[str, float | None]:
        """A student's marks in the gradebook, by exercise; empty without a submission."""
        with self.gradebook() as gradebook:
            found = gradebook.find_submission(ASSIGNMENT, student)
            return {
                grade.name.removesuffix("_check"): grade.auto_score
                for notebook in found.notebooks
                for grade in notebook.grades
                if grade.name != "why"
            }
