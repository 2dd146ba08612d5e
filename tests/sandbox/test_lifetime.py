"""A kernel starts within reason, ends when told, and leaves nothing."""

from __future__ import annotations

import ast
import asyncio
import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from nbclient.exceptions import DeadKernelError

from autograder import sandbox
from autograder.sandbox.outside.private import PrivateFolder, remove
from autograder.sandbox.outside.provisioner import SandboxProvisioner
from autograder.sandbox.outside.recipe import Recipe


def processes_with(mark: str) -> list[int]:
    """The processes of this machine whose command line contains `mark`."""
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if entry.name.isdigit() and mark.encode() in (entry / "cmdline").read_bytes():
                found.append(int(entry.name))
    return found


DRIVER = """
import asyncio, sys
from autograder.sandbox import SandboxKernelManager

async def main():
    manager = SandboxKernelManager(sys.argv[1])
    await manager.start_kernel()
    client = manager.client()
    client.start_channels()
    await client.wait_for_ready(timeout=180)
    client.execute("import signal\\nsignal.pthread_sigmask(0, range(1, 65))\\nwhile True: pass")
    await asyncio.sleep(1)
    print(manager.connection_file, flush=True)
    await asyncio.sleep(120)

asyncio.run(main())
"""


def test_nothing_outlives_a_driver_that_is_killed(machine, tmp_path: Path):
    folder = tmp_path / "outlives"
    folder.mkdir()
    driver = subprocess.Popen(
        [sys.executable, "-c", DRIVER, str(folder)], stdout=subprocess.PIPE, text=True
    )
    with driver:
        assert driver.stdout is not None
        connection_file = Path(driver.stdout.readline().strip())
        assert connection_file.is_file()
        assert processes_with(str(folder))
        driver.kill()
    deadline = time.monotonic() + 60
    while processes_with(str(folder)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert processes_with(str(folder)) == []
    # Its run directory is removed by the next one's making, once it is not brand-new.
    old = time.time() - 3600
    os.utime(connection_file.parent, (old, old))
    manager = sandbox.SandboxKernelManager()
    asyncio.run(manager.sandbox.pre_launch())
    assert not connection_file.parent.exists()
    asyncio.run(manager.cleanup_resources())


LOCKED_DRIVER = """
import asyncio, os, sys
from autograder.sandbox import SandboxKernelManager
from autograder.sandbox.outside.provisioner import _pid_of

async def main():
    manager = SandboxKernelManager(warm=sys.argv[1] == "warm", namespaces="never")
    await manager.start_kernel()
    client = manager.client()
    client.start_channels()
    await client.wait_for_ready(timeout=60)
    client.execute(sys.argv[2])
    await asyncio.sleep(1)
    print(_pid_of(manager.sandbox._pidfd), manager.sandbox.scratch, flush=True)
    await asyncio.sleep(120)

asyncio.run(main())
"""
STAYING = {
    "deaf": "import signal\nsignal.pthread_sigmask(0, range(1, 65))\nwhile True: pass",
    "set free": (
        "import ctypes\nctypes.CDLL(None).prctl(1, 0, 0, 0, 0)\n"  # PR_SET_PDEATHSIG
        "import os; os.setsid() if os.getsid(0) != os.getpid() else None\nwhile True: pass"
    ),
    "its first thread gone": (
        "import ctypes, threading, time\n"
        "threading.Thread(target=time.sleep, args=(100,)).start()\n"
        "ctypes.CDLL(None).syscall(60, 0)"  # exit, of x86_64
    ),
}


@pytest.mark.parametrize("way", ["warm", "cold"])
@pytest.mark.parametrize("staying", STAYING)
def test_without_namespaces_nothing_outlives_its_driver_either(machine, way: str, staying: str):
    if "first thread" in staying and os.uname().machine != "x86_64":
        pytest.skip("the number is that of x86_64")
    driver = subprocess.Popen(
        [sys.executable, "-c", LOCKED_DRIVER, way, STAYING[staying]],
        stdout=subprocess.PIPE,
        text=True,
    )
    with driver:
        assert driver.stdout is not None
        pid, scratch = driver.stdout.readline().split()
        assert Path(f"/proc/{pid}").exists()
        driver.kill()
    deadline = time.monotonic() + 5
    while Path(f"/proc/{pid}/task").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not Path(f"/proc/{pid}/task").exists()
    # Its scratch is removed by the next one's making, once it is not brand-new.
    old = time.time() - 3600
    os.utime(scratch, (old, old))
    PrivateFolder("autograder-scratch").remove()
    assert not Path(scratch).exists()


def test_what_an_adversary_filled_is_removed(tmp_path: Path):
    folder = tmp_path / "filled"
    folder.mkdir()
    (folder / "link").symlink_to(tmp_path)
    here = os.getcwd()
    os.chdir(folder)
    try:
        for _ in range(1500):  # deeper than Python recurses, and than a path is long
            os.mkdir("deep")
            os.chdir("deep")
            open("file", "w").close()
    finally:
        os.chdir(here)
    (tmp_path / "kept").write_text("outside")
    remove(folder)
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


def test_shutdown_leaves_no_process_and_no_directory(start_kernel, locked, tmp_path: Path):
    folder = tmp_path / "tidy"
    folder.mkdir()
    with start_kernel(folder) as kernel:
        directory = Path(kernel.manager.connection_file).parent
        assert directory.stat().st_mode & 0o777 == 0o700
        pid = kernel.manager.sandbox._watchdog._pid
        assert Path(f"/proc/{pid}/task").exists()
        scratch = kernel.manager.sandbox.scratch
        assert (scratch is not None) == locked
        if scratch is not None:
            assert scratch.stat().st_mode & 0o777 == 0o700
    assert not directory.exists()
    assert scratch is None or not scratch.exists()
    assert processes_with(str(folder)) == []
    assert not Path(f"/proc/{pid}/task").exists()


@pytest.mark.parametrize(
    "way", ["os._exit(7)", "os.kill(os.getpid(), 9)", "os.closerange(0, 4096)", "os.abort()"]
)
def test_kernel_that_ends_itself_is_noticed(start_kernel, origin, way: str):
    if origin == "warm" and "kill" in way:
        pytest.skip("the first process of a pid namespace cannot kill itself so")
    with start_kernel() as kernel, pytest.raises(DeadKernelError):
        kernel.run(f"import os, time; {way}; time.sleep(600)")


async def evaluate(client: AsyncKernelClient, expression: str) -> object:
    sent = client.execute("", user_expressions={"it": expression})
    while True:
        reply = await client.get_shell_msg(timeout=180)
        if reply["parent_header"].get("msg_id") == sent:
            return ast.literal_eval(
                reply["content"]["user_expressions"]["it"]["data"]["text/plain"]
            )


@contextlib.asynccontextmanager
async def talking_to(manager: AsyncKernelManager) -> AsyncIterator[AsyncKernelClient]:
    """A client of a started kernel that is ready; afterwards the kernel is shut down."""
    client = manager.client()
    client.start_channels()
    try:
        await client.wait_for_ready(timeout=180)
        yield client
    finally:
        client.stop_channels()
        await manager.shutdown_kernel(now=True)


def test_restart_gives_a_new_kernel_and_a_new_copy(machine, submission: Path):
    async def scenario() -> None:
        manager = sandbox.SandboxKernelManager(submission)
        await manager.start_kernel()
        for _ in range(2):
            client = manager.client()
            client.start_channels()
            await client.wait_for_ready(timeout=180)
            assert not await evaluate(client, "__import__('os').path.exists('kept')")
            assert await evaluate(client, "open('kept', 'w').write('x')") == 1
            client.stop_channels()
            await manager.restart_kernel(now=True)
        await manager.shutdown_kernel(now=True)

    asyncio.run(scenario())


def test_any_client_can_use_the_provisioner(machine, submission: Path, tmp_path: Path):
    """As through a kernel specification that names it."""
    spec = KernelSpec(
        argv=["python", "-c", "raise SystemExit('the host was asked to run this')"],
        display_name="sandboxed",
        language="python",
    )

    async def scenario() -> object:
        manager = AsyncKernelManager()
        manager._kernel_spec = spec
        manager.provisioner = SandboxProvisioner(
            kernel_id="some-id",
            kernel_spec=spec,
            parent=manager,
            **json.loads(json.dumps({"folder": str(submission), "limits": {"open_files": 128}})),
        )
        await manager.start_kernel(cwd=str(tmp_path), env={"GRADER_TOKEN": "x"})
        async with talking_to(manager) as client:
            return await evaluate(client, "__import__('os').getcwd()")

    assert asyncio.run(scenario()) == "/tmp/work"


def test_kernel_that_does_not_start_says_why(machine, tmp_path: Path):
    folder = tmp_path / "gone"
    manager = sandbox.SandboxKernelManager(folder)

    async def scenario() -> None:
        await manager.start_kernel()

    with pytest.raises(sandbox.SandboxStartError, match=r"gone"):
        asyncio.run(scenario())
    assert not Path(manager.connection_file).exists()
    assert processes_with(str(folder)) == []


def test_limit_too_low_to_start_is_our_fault_not_the_students(machine):
    manager = sandbox.SandboxKernelManager(limits=sandbox.Limits(open_files=12))
    with pytest.raises(sandbox.SandboxStartError):
        asyncio.run(manager.start_kernel())


def test_forgotten_kernel_ends_with_its_driver(machine, tmp_path: Path):
    folder = tmp_path / "forgotten"
    folder.mkdir()
    code = (
        "import asyncio, sys\n"
        "from autograder.sandbox import SandboxKernelManager\n"
        "manager = SandboxKernelManager(sys.argv[1])\n"
        "asyncio.run(manager.start_kernel())\n"
        "print(manager.connection_file)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder)], capture_output=True, text=True, timeout=180
    )
    assert done.returncode == 0, done.stderr
    assert not Path(done.stdout.strip()).parent.exists()
    assert processes_with(str(folder)) == []


def test_nothing_is_hidden_by_the_scratch_of_a_forked_kernel(machine, tmp_path: Path):
    # Found with a virtual environment in /tmp: a forked kernel could no longer import from it.
    (tmp_path / "planted.py").write_text("worth = 42\n")
    manager = sandbox.SandboxKernelManager()
    manager.sandbox.also_readable = [str(tmp_path)]

    async def scenario() -> object:
        await manager.start_kernel()
        async with talking_to(manager) as client:
            assert manager.sandbox.was_warm
            writable = f"__import__('os').access({str(tmp_path)!r}, 2)"
            assert await evaluate(client, writable) is False
            return await evaluate(client, f"open({str(tmp_path / 'planted.py')!r}).read()")

    if not tmp_path.is_relative_to("/tmp"):
        pytest.skip("the temporary directory of this test is not in /tmp")
    assert asyncio.run(scenario()) == "worth = 42\n"


def test_what_began_to_warm_before_serves_the_first_kernel(
    machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    made = []
    spawn = Recipe.spawn_zygote
    monkeypatch.setattr(Recipe, "spawn_zygote", lambda *about: made.append(1) or spawn(*about))
    manager = sandbox.SandboxKernelManager()
    manager.sandbox.also_readable = [str(tmp_path)]  # so that there is no zygote yet
    # As where a source notebook is read meanwhile, with its folder first on the path.
    with monkeypatch.context() as patch:
        manager.sandbox.begin_warming()
        patch.setattr(sys, "path", [str(tmp_path), *sys.path])
        for thread in threading.enumerate():
            if thread.name == "warming":
                thread.join()

    async def scenario() -> object:
        await manager.start_kernel()
        async with talking_to(manager) as client:
            assert manager.sandbox.was_warm
            return await evaluate(client, "6 * 7")

    assert asyncio.run(scenario()) == 42
    assert manager.sandbox.breach is None
    assert len(made) == 1
