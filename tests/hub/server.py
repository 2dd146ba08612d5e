"""A JupyterHub on loopback, and its servers, spoken to by their REST APIs."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import requests

from tests.hub.accounts import Account

__all__ = ["PROXY", "Hub", "Server"]

PROXY = Path(sys.prefix, "hub", "node_modules", ".bin", "configurable-http-proxy")
PATIENCE = 300  # seconds for a server to come up on a busy machine

_SETTINGS = """
from jupyterhub.auth import Authenticator

PASSWORDS = {passwords!r}


class OwnPassword(Authenticator):
    async def authenticate(self, handler, data):
        name = data["username"]
        return name if PASSWORDS.get(name) == data["password"] else None


c.JupyterHub.authenticator_class = OwnPassword
c.Authenticator.allowed_users = set(PASSWORDS)
c.JupyterHub.spawner_class = "localprocess"
c.JupyterHub.bind_url = "http://127.0.0.1:{ports[0]}"
c.JupyterHub.hub_bind_url = "http://127.0.0.1:{ports[1]}"
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{ports[2]}"
c.ConfigurableHTTPProxy.command = {proxy!r}
c.Spawner.start_timeout = c.Spawner.http_timeout = {patience}
"""


@dataclass(frozen=True)
class Server:
    """Somebody's server, with the token of whoever asks it."""

    address: str
    token: str

    def ask(self, method: str, path: str, **kwargs: Any) -> requests.Response:
        """What the server answers, whatever it is."""
        headers = {"Authorization": f"token {self.token}"}
        url = f"{self.address}/{path}".rstrip("/")
        return requests.request(method, url, headers=headers, timeout=900, **kwargs)

    def get(self, path: str) -> Any:
        return self._json(self.ask("GET", path))

    def post(self, path: str, /, **data: str) -> Any:
        """What the server answers to a form; nbgrader's panels send such."""
        return self._json(self.ask("POST", path, data=data))

    def put(self, path: str, content: Any) -> Any:
        return self._json(self.ask("PUT", path, json=content))

    def _json(self, response: requests.Response) -> Any:
        assert response.ok, f"{response.url}: {response.status_code}: {response.text[-3000:]}"
        said = response.json()
        # nbgrader answers 200 to what went wrong, and says so inside.
        assert not isinstance(said, dict) or said.get("success", True), said
        return said


class Hub:
    """A hub that runs.

    Args:
        folder: where it keeps what it has; nobody else can enter it.
        config: what the guide says to write into jupyterhub_config.py.
        people: who may log in, each with a password of their own.
    """

    def __init__(self, folder: Path, config: str, people: Sequence[Account]) -> None:
        folder.mkdir(mode=0o700)
        ports = _free_ports(3)
        settings = _SETTINGS.format(
            passwords={person.name: person.password for person in people},
            ports=ports,
            proxy=[shutil.which("node"), str(PROXY)],
            patience=PATIENCE,
        )
        (folder / "jupyterhub_config.py").write_text(config + settings)
        self.address = f"http://127.0.0.1:{ports[0]}"
        self._log = folder / "log"
        bare = {k: v for k, v in os.environ.items() if not k.startswith(("JUPYTER", "CONFIGPROXY"))}
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "jupyterhub", "--config=jupyterhub_config.py"],
                cwd=folder,
                env=bare,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def wait(self) -> None:
        """Return when it can be asked."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                if requests.get(f"{self.address}/hub/api", timeout=10).ok:
                    return
            except requests.ConnectionError:
                pass
            assert self._process.poll() is None, f"the hub did not start:\n{self.said}"
            assert time.monotonic() < deadline, f"the hub takes too long:\n{self.said}"
            time.sleep(0.2)

    def end(self) -> None:
        """End the hub, its proxy and everybody's server."""
        children = psutil.Process(self._process.pid).children(recursive=True)
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        _, alive = psutil.wait_procs(children, timeout=10)
        for process in alive:
            process.kill()

    @property
    def said(self) -> str:
        return self._log.read_text(errors="replace")[-5000:]

    def log_in(self, name: str, password: str) -> requests.Response:
        """The hub's answer to a name and a password: with the right one, it has a token."""
        return requests.post(
            f"{self.address}/hub/api/users/{name}/tokens",
            json={"auth": {"username": name, "password": password}},
            timeout=60,
        )

    def server(self, name: str, token: str) -> Server:
        """Somebody's server, as whoever has the token sees it."""
        return Server(f"{self.address}/user/{name}", token)

    def start(self, person: Account) -> Server:
        """Log in, and start one's server."""
        token = self.log_in(person.name, person.password).json()["token"]
        api = Server(f"{self.address}/hub/api/users/{person.name}", token)
        answer = api.ask("POST", "server")
        assert answer.status_code in (201, 202), f"{answer.text}\n{self.said}"
        if answer.status_code == 202:
            with api.ask("GET", "server/progress", stream=True) as progress:
                events = [
                    json.loads(line[5:]) for line in progress.iter_lines() if line[:5] == b"data:"
                ]
            assert events[-1].get("ready"), f"{events[-1]}\n{self.said}"
        return self.server(person.name, token)

    def stop(self, person: Account, token: str) -> None:
        """Stop one's server, as *Stop My Server* does."""
        api = Server(f"{self.address}/hub/api/users/{person.name}", token)
        answer = api.ask("DELETE", "server")
        assert answer.status_code in (202, 204), answer.text
        deadline = time.monotonic() + PATIENCE
        while api.get("")["servers"]:
            assert time.monotonic() < deadline, f"the server does not stop:\n{self.said}"
            time.sleep(0.2)


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]
