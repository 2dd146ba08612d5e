"""`make try`: a stranger opens the first notebook, in a copy of the release that then stays."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.browser.conftest import PATIENCE, TOKEN, end

FIRST = "01_derivatives.ipynb"


@contextmanager
def tried(root: Path) -> Iterator[str]:
    """The address of JupyterLab, as the command starts it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = [f"--ServerApp.port={port}", f"--IdentityProvider.token={TOKEN}"]
    # Jupyter has a browser open a page that leads to the notebook.
    browser = root / "browser"
    browser.write_text(f"#!/bin/sh\ncp \"${{1#file://}}\" '{root}/opened.html'\n")
    browser.chmod(0o755)
    environment = Path(sys.executable).parents[1]
    log = root / "log"
    with log.open("wb") as file:
        server = subprocess.Popen(
            [root / "scripts" / "try.sh", environment, *options],
            env={**os.environ, "HOME": os.fspath(root), "BROWSER": f"{browser} %s"},
            stdout=file,
            stderr=file,
            start_new_session=True,
        )
    try:
        address, deadline = f"http://127.0.0.1:{port}", time.monotonic() + PATIENCE / 1000
        while True:
            try:
                urllib.request.urlopen(f"{address}/api/status?token={TOKEN}", timeout=60).close()
                break
            except (urllib.error.URLError, ConnectionError):
                assert server.poll() is None, log.read_text()
                assert time.monotonic() < deadline, log.read_text()
                time.sleep(0.2)
        yield f"http://127.0.0.1:{port}"
    finally:
        end(server)


def test_the_first_notebook_is_open_and_what_was_worked_stays(course: Path, tmp_path: Path) -> None:
    shutil.copytree(course / "scripts", tmp_path / "scripts")
    shutil.copytree(course / "release", tmp_path / "release")
    released = tmp_path / "release" / "gradient_descent" / FIRST
    with tried(tmp_path) as address:
        asked = f"{address}/api/contents/{FIRST}?token={TOKEN}"
        with urllib.request.urlopen(asked, timeout=60) as reply:
            shown = json.load(reply)["content"]
        cells = json.loads(released.read_text())["cells"]
        assert [cell["id"] for cell in shown["cells"]] == [cell["id"] for cell in cells]
        # This very notebook is opened, not a list of files.
        assert f"/lab/tree/{FIRST}" in (tmp_path / "opened.html").read_text()
    (tmp_path / "opened.html").unlink()
    (tmp_path / "try" / FIRST).write_text("worked")
    with tried(tmp_path):
        assert (tmp_path / "try" / FIRST).read_text() == "worked"
    assert released.read_text() != "worked"
