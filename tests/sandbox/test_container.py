"""In a container that forbids namespaces everything works that works outside, and says how."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from autograder import sandbox
from autograder.cache import cache_root
from autograder.sandbox.outside.recipe import Recipe
from tests.support.container import Container

ROOT = Path(__file__).resolve().parents[2]
AUTOGRADER = str(Path(sys.executable).with_name("autograder"))
NOBODY = 4101 if os.geteuid() == 0 else None


@pytest.fixture(scope="module", autouse=True)
def _lockable() -> None:
    if not sandbox.probe().lockable:
        pytest.skip("this machine's Linux has no Landlock that could lock without namespaces")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder to give away, with a copy of what takes a minute to make on a new machine."""
    folder = tmp_path / "container"
    folder.mkdir()
    compiled = Recipe().compilation_cache()
    if compiled is not None:
        kept = folder / "cache" / cache_root().name
        shutil.copytree(compiled.parent, kept, ignore=_what_others_work_in)
    return folder


def _what_others_work_in(folder: str, names: list[str]) -> list[str]:
    """Folders of processes that may be gone in a moment (`cache.own_folder`)."""
    return [name for name in names if Path(folder, name).is_dir() and Path(name).suffix]


def run(container: Container | None, place: Path, *command: str, cwd: Path | None = None) -> str:
    """What a command prints, here or in a container."""
    line = list(command)
    if container is not None:
        container.give(place)
        line = container.command(*command)
    environment = {**os.environ, "HOME": str(place), "XDG_CACHE_HOME": str(place / "cache")}
    done = subprocess.run(
        line,
        cwd=cwd or ROOT,
        env={**environment, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=1200,
    )
    # Doctor's own, where something else is wrong with this machine.
    assert done.returncode in ((0, 1) if "doctor" in command else (0,)), done.stdout + done.stderr
    return done.stdout


def container(place: Path, user: int | None, capabilities: str = "none") -> Container:
    return Container(user, capabilities, shows=(str(place),))


WHO = {
    "an ordinary user": (NOBODY, "none"),
    "root without capabilities": (None, "none"),
    "root as in Docker": (None, "docker"),
}
ASK = """
import asyncio, json, os
from autograder import sandbox
from autograder.sandbox.outside.provisioner import _pid_of
async def main():
    manager = sandbox.SandboxKernelManager()
    await manager.start_kernel()
    about = dict(line.split(":\\t") for line in
                 open(f"/proc/{_pid_of(manager.sandbox._pidfd)}/status").read().splitlines())
    await manager.shutdown_kernel(now=True)
    print(json.dumps({
        "isolation": sandbox.probe().isolation(),
        "me": os.geteuid(),
        "kernel": int(about["Uid"].split()[0]),
        "groups": about["Groups"].split(),
        "capabilities": int(about["CapPrm"], 16),
        "no new privileges": about["NoNewPrivs"].strip(),
        "left": [f.name for f in manager.sandbox._channels.directory.parent.iterdir()]
        if manager.sandbox._channels else [],
    }))
asyncio.run(main())
"""


@pytest.mark.parametrize("who", WHO)
def test_a_kernel_has_no_rights_and_where_it_can_be_a_user_of_its_own(place: Path, who: str):
    if os.geteuid() != 0 and "root" in who:
        pytest.skip("it takes root to be a container's root")
    user, capabilities = WHO[who]
    said = run(container(place, user, capabilities), place, sys.executable, "-c", ASK)
    found = json.loads(said.splitlines()[-1])
    assert found["isolation"] == "locked"
    assert found["capabilities"] == 0
    assert found["no new privileges"] == "1"
    assert found["left"] == []
    if who == "root as in Docker":
        assert found["kernel"] not in {0, found["me"]}
        assert found["groups"] in ([], [str(found["kernel"])])
    else:
        assert found["kernel"] == found["me"]


def test_doctor_says_what_is_not_stopped_and_how_to_have_namespaces(place: Path):
    said = run(container(place, NOBODY), place, AUTOGRADER, "doctor", "--json", cwd=place)
    findings = [f for f in json.loads(said)["findings"] if f["subject"] == "sandbox"]
    assert [f["level"] for f in findings] == ["warning"]
    assert "locked, without namespaces" in findings[0]["says"]
    assert "can see that a file or a process exists" in findings[0]["says"]
    assert findings[0]["cure"]
