"""`autograder texts`: the page, served to this machine's user alone until Ctrl-C."""

from __future__ import annotations

import logging
import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click

from ..complaint import Complaint

__all__ = ["texts"]


@click.command()
@click.argument("assignment")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Default: one that is free.")
@click.option("--browser/--no-browser", default=True, help="Whether to open the page in a browser.")
def texts(assignment: str, port: int, browser: bool) -> None:
    """Read all texts of ASSIGNMENT that wait for a person on one page, and give points by keyboard.

    To be run in the course directory. Points and comments go to the gradebook at once, as from the
    formgrader. The page is served to this machine alone, to whoever has the address with its token.

    Ends with status 2 where the course or its gradebook cannot be read.
    """
    # Imported here: `autograder --help` need not wait for Jupyter's server.
    from ..course import open_course
    from ..errors import AutograderError
    from .gather import gather

    try:
        course = open_course()
        found = gather(course, assignment)
    except AutograderError as error:
        raise Complaint(error) from error
    path = f"formgrader/texts/{quote(assignment, safe='')}"
    hub = os.environ.get("JUPYTERHUB_SERVICE_PREFIX")
    if hub:
        click.echo(f"On this hub, the page is {hub}{path}: your own server has it already.")
        return
    entries = [entry for exercise in found.exercises for entry in exercise.entries]
    waiting = sum(entry.row.waits for entry in entries)
    token = secrets.token_urlsafe(32)
    server = _server(Path(course.root), path, port, token, browser=browser)
    said = (
        f"{waiting} of {len(entries)} texts wait. The page is at\n"
        f"  http://127.0.0.1:{server.port}/{path}?token={token}\n"
        "as long as this runs. Ctrl-C ends it; what is given is saved already."
    )
    server.io_loop.add_callback(click.echo, said)  # once the port is listened at
    server.start()


def _server(root: Path, path: str, port: int, token: str, *, browser: bool) -> Any:
    """Jupyter's server with the formgrader and nothing else: no kernels, no terminals, no files."""
    from jupyter_server.serverapp import ServerApp

    class Server(ServerApp):
        """By these settings alone, whatever this user's other servers are told."""

        default_services: Any = ("auth", "security")

        def load_config_file(self, *args: Any, **kwargs: Any) -> None:
            """Nothing is loaded."""

    server = Server(
        ip="127.0.0.1",
        port=port,
        allow_remote_access=False,  # by a foreign name for this machine
        allow_root=True,
        answer_yes=True,  # Ctrl-C
        default_url=f"/{path}",
        jpserver_extensions={"nbgrader.server_extensions.formgrader": True},
        log_level=logging.ERROR,
        open_browser=browser,
        root_dir=str(root),
    )
    server.config.IdentityProvider.token = token
    server.initialize([], find_extensions=False)
    return server
