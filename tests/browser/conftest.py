"""A course in a folder of its own, a JupyterLab on it, and Debian's Chromium to look at it."""

from __future__ import annotations

import json
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright

from tests.support import needs
from tests.support.person import Person

ASSIGNMENT = "gradient_descent"
COURSE_ID = "gradient_descent_course"
NOTEBOOK = "01_derivatives"
SCREENSHOTS = Path(__file__).parent / "screenshots"
TOKEN = "only-for-this-test"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE = 180_000  # milliseconds, for a machine that is busy with other tests
expect.set_options(timeout=PATIENCE)
PATIENCE_AT_TERMINAL = 900  # seconds; the first marking on a machine also compiles what is common

_failed = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    report = yield
    if report.when == "call":
        item.stash[_failed] = report.failed
    return report


@dataclass(frozen=True)
class Classroom:
    """A course whose assignment, here notebook 01 alone, is released, and its students' homes."""

    instructor: Person
    folder: Path

    def student(self, student_id: str) -> Person:
        person = Person(self.folder / student_id, self.instructor.home, PATIENCE_AT_TERMINAL)
        person.home.mkdir()
        return person


@pytest.fixture(scope="module")
def classroom(course: Path, tmp_path_factory: pytest.TempPathFactory) -> Classroom:
    folder = tmp_path_factory.mktemp("browser")
    home = folder / "course"
    source = home / "source" / ASSIGNMENT
    source.mkdir(parents=True)
    shutil.copy(course / "source" / ASSIGNMENT / f"{NOTEBOOK}.ipynb", source)
    shutil.copy(course / "nbgrader_config.py", home)
    instructor = Person(home, home, PATIENCE_AT_TERMINAL)
    instructor.nbgrader("generate_assignment", ASSIGNMENT)
    instructor.nbgrader("release_assignment", ASSIGNMENT)
    return Classroom(instructor, folder)


@dataclass(frozen=True)
class Lab:
    """A JupyterLab that runs."""

    address: str

    def url(self, path: str) -> str:
        """Where a path is, with the token that logs in."""
        return f"{self.address}/{path}{'&' if '?' in path else '?'}token={TOKEN}"

    def get(self, path: str) -> Any:
        """What the server's API answers.

        Raises:
            urllib.error.URLError: It does not answer, or refuses.
        """
        with urllib.request.urlopen(self.url(path), timeout=60) as response:
            return json.load(response)


@pytest.fixture(scope="module")
def start_lab() -> Iterator[Callable[[Person], Lab]]:
    """Starts JupyterLab in a person's home; it ends, kernels and all, with the module."""
    servers: list[subprocess.Popen[bytes]] = []

    def start(person: Person) -> Lab:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        settings = person.home / ".jupyter/lab/user-settings/@jupyterlab/apputils-extension"
        settings.mkdir(parents=True, exist_ok=True)
        # Else JupyterLab asks, over what is to be clicked, whether to fetch its news.
        (settings / "notification.jupyterlab-settings").write_text('{"fetchNews": "false"}')
        log = (person.home / ".jupyterlab.log").open("wb")
        options = [
            "--no-browser",
            "--allow-root",
            f"--IdentityProvider.token={TOKEN}",
            f"--ServerApp.port={port}",
            "--ServerApp.port_retries=0",
            # The test asks the application to run a cell by the name of its command.
            "--LabApp.expose_app_in_browser=True",
            # Neither looks for packages and news outside.
            "--LabApp.extension_manager=readonly",
            "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        ]
        with log:
            server = subprocess.Popen(
                [sys.executable, "-m", "jupyter", "lab", *options],
                cwd=person.home,
                env=person.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        servers.append(server)
        lab = Lab(f"http://127.0.0.1:{port}")
        deadline = time.monotonic() + PATIENCE / 1000
        while True:
            try:
                lab.get("api/status")
                return lab
            except (urllib.error.URLError, ConnectionError):
                said = Path(log.name).read_text()[-3000:]
                assert server.poll() is None, f"JupyterLab did not start:\n{said}"
                assert time.monotonic() < deadline, f"JupyterLab takes too long:\n{said}"
                time.sleep(0.2)

    yield start
    for server in servers:
        end(server)


def end(server: subprocess.Popen[bytes]) -> None:
    """End a server and what it started: a kernel has a process group of its own."""
    family = [psutil.Process(server.pid), *psutil.Process(server.pid).children(recursive=True)]
    server.send_signal(signal.SIGTERM)
    _, alive = psutil.wait_procs(family, timeout=15)
    for process in alive:
        process.kill()
    server.wait(timeout=15)


@pytest.fixture(scope="module")
def chromium() -> str:
    found = shutil.which("chromium-headless-shell") or shutil.which("chromium")
    if found is None:
        needs.missing("there is no Chromium (on Debian: apt-get install chromium-headless-shell)")
    return found


@pytest.fixture(scope="module")
def driver(chromium: str) -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="module")
def browser(driver: Playwright, chromium: str) -> Iterator[Browser]:
    browser = driver.chromium.launch(executable_path=chromium, args=ARGUMENTS)
    yield browser
    browser.close()


@pytest.fixture
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page in a profile of its own; what it shows when the test fails is kept as a picture."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(PATIENCE)
    page.set_default_navigation_timeout(PATIENCE)
    yield page
    if request.node.stash.get(_failed, False):
        SCREENSHOTS.mkdir(exist_ok=True)
        page.screenshot(path=SCREENSHOTS / f"{request.node.name}.png")
    page.context.close()


def command(page: Page, name: str, **arguments: str) -> None:
    """What the command palette would start."""
    page.evaluate(
        "([name, options]) => window.jupyterapp.commands.execute(name, options)",
        [name, arguments],
    )
