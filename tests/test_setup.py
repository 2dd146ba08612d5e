"""Set-up as it goes on other machines: without root, without packages, interrupted, moved."""

from __future__ import annotations

import copy
import ensurepip
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[1] / "scripts"
TOOLS = ["bash", "cat", "cksum", "dirname", "env", "grep", "rm", "sh", "sleep", "tail", "uname"]

# A project that is its own build backend: its installation needs no network.
PYPROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
"""
BACKEND = """
import zipfile
from pathlib import Path

def build_editable(folder, config_settings=None, metadata_directory=None):
    name = "tiny-1-py3-none-any.whl"
    about = "tiny-1.dist-info/"
    with zipfile.ZipFile(Path(folder, name), "w") as wheel:
        wheel.writestr("tiny.pth", str(Path.cwd()))
        wheel.writestr(about + "METADATA", "Metadata-Version: 2.1\\nName: tiny\\nVersion: 1\\n")
        wheel.writestr(about + "WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\n")
        wheel.writestr(about + "entry_points.txt", "[console_scripts]\\ntiny = tiny:main\\n")
        wheel.writestr(about + "RECORD", "")
    return name
"""
UNPRIVILEGED = "echo 1000"
ROOT = "echo 0"


class Machine:
    """A clone in a folder with an awkward name, and a PATH with little on it."""

    def __init__(self, folder: Path) -> None:
        self.clone = folder / "Kurs Übung 1" / "clone"
        (self.clone / "scripts").mkdir(parents=True)
        for name in ("setup.sh", "system.sh", "browser.sh"):
            shutil.copy(SCRIPTS / name, self.clone / "scripts")
        self.write("requirements.lock", "")
        self.write("pyproject.toml", PYPROJECT)
        self.write("backend.py", BACKEND)
        self.write("tiny.py", "def main():\n    print('tiny is here')\n")
        self.bin = folder / "bin"
        self.bin.mkdir()
        self.record = folder / "record"
        for tool in TOOLS:
            found = shutil.which(tool)
            assert found is not None, tool
            (self.bin / tool).symlink_to(found)
        self.has("python3", f'exec "{sys.executable}" "$@"')
        self.has("bwrap", "exit 0")
        self.has("id", UNPRIVILEGED)

    def write(self, name: str, text: str) -> None:
        (self.clone / name).write_text(text)

    def has(self, program: str, script: str) -> None:
        path = self.bin / program
        path.unlink(missing_ok=True)  # a link to the system's own, which would be written through
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    def has_apt(self, script: str = "exit 0") -> None:
        self.has("apt-get", f'echo "$@" >>"{self.record}"\n{script}')

    def lacks(self, *programs: str) -> None:
        for program in programs:
            (self.bin / program).unlink()

    @property
    def asked_of_apt(self) -> list[str]:
        return self.record.read_text().splitlines() if self.record.exists() else []

    def start(self, script: str = "setup.sh") -> subprocess.Popen[str]:
        return subprocess.Popen(
            [self.clone / "scripts" / script],
            # pip finds no index: what a test installs, it brings.
            env={
                "PATH": str(self.bin),
                "HOME": str(self.clone.parent),
                "PIP_NO_INDEX": "1",
                "PIP_FIND_LINKS": str(Path(ensurepip.__file__).parent / "_bundled"),
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self, script: str = "setup.sh") -> tuple[int, str]:
        with self.start(script) as process:
            said, _ = process.communicate()
        return process.returncode, said

    def program(self) -> str:
        done = subprocess.run([self.clone / ".venv/bin/tiny"], capture_output=True, text=True)
        return done.stdout + done.stderr


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """A machine on which set-up has gone through."""
    machine = Machine(tmp_path_factory.mktemp("ready"))
    status, said = machine.run()
    assert status == 0, said
    assert said.endswith("ready: .venv\n")
    return machine


def test_an_environment_is_made_and_the_next_run_has_nothing_to_do(ready: Machine) -> None:
    assert ready.program() == "tiny is here\n"
    assert ready.run() == (0, "")


@pytest.mark.parametrize("module", ["jax", "matplotlib", "nbgrader.apps", "autograder.cli"])
def test_what_is_installed_is_compiled(module: str) -> None:
    """Where PYTHONDONTWRITEBYTECODE is set each process would compile all that it imports."""
    spec = importlib.util.find_spec(module)
    assert spec is not None
    assert Path(importlib.util.cache_from_source(str(spec.origin))).exists()


def test_an_environment_that_was_moved_is_made_anew(ready: Machine) -> None:
    elsewhere = ready.clone.with_name("elsewhere")
    shutil.copytree(ready.clone, elsewhere, symlinks=True)
    moved = copy.copy(ready)
    moved.clone = elsewhere
    status, said = moved.run()
    assert status == 0, said
    assert "making .venv" in said
    assert moved.program() == "tiny is here\n"
    assert str(elsewhere) in (elsewhere / ".venv/bin/tiny").read_text()


def test_a_set_up_that_was_killed_is_finished_by_the_next(machine: Machine) -> None:
    with machine.start() as process:
        while process.poll() is None and not (machine.clone / ".venv/bin/python").exists():
            time.sleep(0.01)
        os.killpg(process.pid, signal.SIGKILL)
    status, said = machine.run()
    assert status == 0, said
    assert machine.program() == "tiny is here\n"
    assert machine.run() == (0, "")


def test_without_root_bubblewrap_and_ensurepip_it_goes_on_and_says_so(machine: Machine) -> None:
    machine.lacks("bwrap")
    machine.has_apt()
    python_that_cannot(machine, "ensurepip, venv", "virtualenv")
    machine.write("requirements.lock", "no-such-package-anywhere==1\n")
    status, said = machine.run()
    assert status == 1
    assert "set-up stopped: the locked packages could not be installed" in said
    machine.write("requirements.lock", "")
    status, said = machine.run()
    assert status == 0, said
    assert (
        "bubblewrap could not be installed from here: submissions are locked without namespaces"
        in said
    )
    assert "apt-get update && apt-get install --yes bubblewrap" in said
    assert said.endswith("ready: .venv\n")
    assert machine.asked_of_apt == []
    assert machine.program() == "tiny is here\n"


def test_a_python_that_can_make_no_environment_names_the_package(machine: Machine) -> None:
    python_that_cannot(machine, "ensurepip, venv", "virtualenv", "venv, pip")
    machine.has_apt()
    status, said = machine.run()
    assert status == 1
    package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
    assert f"apt-get update && apt-get install --yes {package}" in said
    assert "Traceback" not in said


def python_that_cannot(machine: Machine, *imports: str) -> None:
    refused = "|".join(f"*'import {names}'*" for names in imports)
    machine.has("python3", f'case "$*" in {refused}) exit 1;; esac\nexec "{sys.executable}" "$@"')


def test_without_a_python_that_is_new_enough_it_stops(machine: Machine) -> None:
    machine.has("python3", "exit 1")
    status, said = machine.run()
    assert status == 1
    assert "no Python of version 3.11 or newer was found" in said


def test_without_apt_the_package_is_named(machine: Machine) -> None:
    machine.has("id", ROOT)
    status, said = machine.run("browser.sh")
    assert status == 0, "the other tests are worth running"
    assert "the tests in a browser are skipped" in said
    assert "your package manager's for chromium-headless-shell" in said


def test_root_gets_what_is_missing_without_a_question(machine: Machine) -> None:
    machine.has("id", ROOT)
    machine.has_apt()
    assert machine.run("browser.sh") == (0, "missing system packages: chromium-headless-shell\n")
    update, install = machine.asked_of_apt
    assert update.endswith(" update")
    assert install.endswith(" install --yes --no-install-recommends chromium-headless-shell")


@pytest.mark.parametrize("browser", ["chromium-headless-shell", "chromium"])
def test_what_is_there_is_not_asked_for(machine: Machine, browser: str) -> None:
    machine.has("id", ROOT)
    machine.has(browser, "exit 0")
    machine.has_apt()
    assert machine.run("browser.sh") == (0, "")
    assert machine.asked_of_apt == []


def test_sudo_asks_no_password_where_nobody_can_type_one(machine: Machine) -> None:
    machine.has_apt()
    machine.has("sudo", f'echo "sudo $1" >>"{machine.record}"\nexit 1')
    status, said = machine.run("browser.sh")
    assert status == 0, said
    assert set(machine.asked_of_apt) == {"sudo --non-interactive"}
    assert "chromium-headless-shell could not be installed from here" in said


@pytest.mark.parametrize("lock", ["/var/lib/apt/lists/lock", "/var/lib/dpkg/lock-frontend"])
def test_another_apt_is_waited_for(machine: Machine, lock: str) -> None:
    machine.has("id", ROOT)
    machine.has("sleep", "exit 0")
    machine.has_apt(
        f'[ "$(grep -c . "{machine.record}")" -gt 3 ] && exit 0\n'
        f'echo "E: Could not get lock {lock}. It is held by process 7 (apt-get)" >&2\nexit 100'
    )
    status, said = machine.run("browser.sh")
    assert status == 0, said
    assert said.splitlines() == [
        "missing system packages: chromium-headless-shell",
        "waiting for another apt to end",
    ]
    assert len(machine.asked_of_apt) == 5


def test_what_else_apt_says_is_not_waited_for(machine: Machine) -> None:
    machine.has("id", ROOT)
    machine.has_apt('echo "E: Unable to locate package chromium-headless-shell" >&2; exit 100')
    status, said = machine.run("browser.sh")
    assert status == 0, said
    assert "E: Unable to locate package chromium-headless-shell" in said
    assert len(machine.asked_of_apt) == 2
