"""Limits for which a kernel is ended; each test costs a kernel."""

from __future__ import annotations

import os
from pathlib import Path

import nbclient.exceptions
import pytest

from autograder.sandbox import Breach, Limits
from autograder.sandbox.outside.meters import memory_of

GONE = (nbclient.exceptions.DeadKernelError, nbclient.exceptions.CellTimeoutError, RuntimeError)


def test_cpu_time_of_a_loop_that_blocks_signals(start_kernel):
    code = (
        "import signal\n"
        "signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())\n"
        "while True: pass"
    )
    with start_kernel(cpu_seconds=4) as kernel:
        with pytest.raises(GONE):
            kernel.run(code)
        assert kernel.manager.sandbox.breach is Breach.CPU


def test_kernel_that_ignores_the_interrupt_is_killed(start_kernel):
    with start_kernel() as kernel:
        ran = kernel.run("import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)")
        assert ran.error is None
        kernel.client.interrupt_on_timeout = False
        with pytest.raises(nbclient.exceptions.CellTimeoutError):
            kernel.run("while True: pass", timeout=1)
        folder = Path(kernel.manager.connection_file).parent
    assert not folder.exists(), "it was ended, and what it had was removed"


def test_files_without_number(start_kernel):
    with start_kernel() as kernel:
        with pytest.raises(GONE):
            kernel.run("n = 0\nwhile True:\n    open(f'{n}', 'w').close(); n += 1")
        assert kernel.manager.sandbox.breach is Breach.ENTRIES


FULL = """
import mmap, os, tempfile
held = []
for n in range(4000):
    file = FILE
    file.write(bytes(2 << 20))
    file.flush()
    held.append(mmap.mmap(file.fileno(), 4096))
    file.close()
"""


@pytest.mark.parametrize(
    "file",
    ["open(f'part{n}', 'w+b')", "tempfile.TemporaryFile(dir='.')"],
    ids=["seen", "removed while it is open"],
)
def test_disk_without_end(start_kernel, locked: bool, file: str):
    if not locked:
        pytest.skip("in namespaces the scratch has a size: test_confinement.py")
    with start_kernel(scratch_bytes=8 << 20) as kernel:
        scratch = Path(kernel.scratch)
        with pytest.raises(GONE):
            kernel.run(FULL.replace("FILE", file), timeout=60)
        assert kernel.manager.sandbox.breach is Breach.BYTES
    assert not scratch.exists()


HIDING = {
    "in a folder that is closed": "os.umask(0o777); os.mkdir('closed', 0)",
    "deep down": (
        "while True:\n    os.mkdir('a'); os.chdir('a')\n"
        "    for n in range(9): open(f'{n}', 'w').close()"
    ),
    "beyond the longest path": "while True: os.mkdir('a' * 250); os.chdir('a' * 250)",
}


@pytest.mark.parametrize("way", HIDING)
def test_nothing_is_hidden_from_the_watchdog(start_kernel, locked: bool, way: str):
    if not locked:
        pytest.skip("a file system of limited size need not be walked through")
    with start_kernel() as kernel:
        scratch = Path(kernel.scratch)
        if "closed" in way:
            assert kernel.run(f"import os; {HIDING[way]}").error in {"OSError", "PermissionError"}
        else:
            with pytest.raises(GONE):
                kernel.run(f"import os\n{HIDING[way]}", timeout=60)
            assert kernel.manager.sandbox.breach is Breach.ENTRIES
    assert not scratch.exists()


def test_memory_that_is_taken_and_not_only_reserved(start_kernel):
    with start_kernel(resident=400 << 20) as kernel:
        reserved = "import mmap\nheld = mmap.mmap(-1, 2 << 30, mmap.MAP_PRIVATE)\nprint('fine')"
        assert kernel.run(reserved).text == "fine\n"
        with pytest.raises(GONE):
            kernel.run("held = []\nwhile True: held.append(b'x' * (1 << 24))", timeout=60)
        assert kernel.manager.sandbox.breach is Breach.MEMORY


def test_memory_that_was_put_aside_counts():
    # By madvise a process can have its memory moved to where the machine swaps.
    status = "Name:\tRssAnon: 9\nVmRSS:\t  900 kB\nRssAnon:\t  300 kB\nVmSwap:\t  200 kB\n"
    assert memory_of(status) == 500 * 1024


def test_watches_without_number(start_kernel):
    # The system counts them for all processes of a user; without one, libzmq aborts the grader.
    code = (
        "import os, select, time\n"
        "held = os.eventfd(0)\n"
        "polls = [select.epoll() for _ in range(40)]\n"
        "for number in range(120, 250):\n"
        "    os.dup2(held, number)\n"
        "    for poll in polls: poll.register(number, 0)\n"
        "    os.close(number)\n"
        "time.sleep(60)"
    )
    with start_kernel() as kernel:
        with pytest.raises(GONE):
            kernel.run(code, timeout=30)
        assert kernel.manager.sandbox.breach is Breach.WATCHES


def test_threads_without_number(start_kernel):
    code = (
        "import threading, time\n"
        "try:\n"
        "    while True: threading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n"
        "except RuntimeError: print('refused')"
    )
    with start_kernel() as kernel:
        # An ordinary user's kernel is refused the thread; root's, whom RLIMIT_NPROC does not
        # bind, is ended.
        try:
            assert kernel.run(code).text == "refused\n"
        except GONE:
            assert kernel.manager.sandbox.breach is Breach.THREADS


@pytest.mark.parametrize("line", ["print(3.5)", "print('x' * 10000)", "os.write(1, b'x' * 4096)"])
def test_output_without_end(start_kernel, line: str):
    with start_kernel(output_bytes=1 << 20) as kernel:
        with pytest.raises(GONE):
            kernel.run(f"import os\nwhile True: {line}")
        assert kernel.manager.sandbox.breach in {Breach.OUTPUT, Breach.CONNECTION}


def test_message_of_endlessly_many_frames(start_kernel):
    # No limit of ZeroMQ's counts them: the message is never whole, and no frame of it is long.
    code = (
        "import os, socket\n"
        "frames = (b'\\x03' + (60000).to_bytes(8, 'big') + bytes(60000)) * 16\n"
        "streams = []\n"
        "for descriptor in map(int, os.listdir('/proc/self/fd')):\n"
        "    try:\n"
        "        stream = socket.socket(fileno=os.dup(descriptor))\n"
        "        stream.getpeername(); stream.setblocking(True); streams.append(stream)\n"
        "    except OSError: pass\n"
        "def flood(stream):\n"
        "    try:\n"
        "        while True: stream.sendall(frames)\n"
        "    except OSError: pass\n"
        "import threading\n"
        "threads = [threading.Thread(target=flood, args=(s,)) for s in streams]\n"
        "for t in threads: t.start()\n"
        "for t in threads: t.join()\n"
        "while True: pass"
    )
    before = resident_bytes()
    with start_kernel() as kernel:
        with pytest.raises(GONE):
            kernel.run(code)
        assert resident_bytes() - before < 4 * Limits().output_bytes
        assert kernel.manager.sandbox.breach in {Breach.OUTPUT, Breach.CONNECTION}


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")


def test_garbage_on_its_own_connections(start_kernel):
    code = (
        "import os, time\n"
        "for descriptor in map(int, os.listdir('/proc/self/fd')):\n"
        "    try:\n"
        "        if os.readlink(f'/proc/self/fd/{descriptor}').startswith('socket:'):\n"
        "            os.write(descriptor, b'\\x02' + b'\\xff' * 4096)\n"
        "    except OSError: pass\n"
        "time.sleep(60)"
    )
    with start_kernel() as kernel, pytest.raises(GONE):
        kernel.run(code, timeout=30)


def test_message_that_is_too_long_ends_the_kernel(start_kernel):
    # It is refused before it is held in memory; ZeroMQ never connects again after that.
    with start_kernel(message_bytes=1 << 20) as kernel:
        with pytest.raises(GONE):
            kernel.run("import time; print('x' * (3 << 20)); time.sleep(600)")
        assert kernel.manager.sandbox.breach is Breach.CONNECTION
