"""What a submission may not do; each line of the tables is an attack that was tried."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import secrets
import socket
import sys
import threading
from pathlib import Path

import pytest

import autograder
from autograder.sandbox import Limits
from autograder.sandbox.outside.environment import PythonEnvironment
from tests.support import needs

REFUSED = {"PermissionError", "OSError", "BlockingIOError", "FileNotFoundError"}
SYSCALL = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
def syscall(*args):
    result = libc.syscall(*[ctypes.c_long(a) if isinstance(a, int) else a for a in args])
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result
"""


def refused(kernel, code: str) -> bool:
    ran = kernel.run(code)
    assert ran.error is not None, f"not refused: {ran.text!r}"
    return ran.error in REFUSED


# ------------------------------------------------------------------ reading


def test_secret_beside_the_submission_is_not_there(kernel, locked: bool, secret: Path):
    assert refused(kernel, f"open({str(secret)!r}).read()")
    assert kernel.value(f"__import__('os').path.lexists({str(secret)!r})") == locked


def test_link_to_the_secret_leads_nowhere(kernel):
    assert refused(kernel, f"open('{kernel.scratch}/work/leak').read()")


def test_home_of_the_grader_is_not_there(kernel, locked: bool):
    names = (".ssh", ".bashrc", ".profile", ".jupyter", ".local", ".config")
    for path in (str(Path.home() / name) for name in names):
        if locked:  # that it is there can be seen, and nothing of what is in it
            assert refused(kernel, look(path))
        else:
            assert not kernel.value(f"__import__('os').path.lexists({path!r})")


def test_of_an_editable_installation_only_the_package_is_seen(kernel, locked: bool):
    beside = Path(autograder.__file__).parents[1]
    if locked:
        assert refused(kernel, look(str(beside)))
        assert refused(kernel, look(str(beside / "pyproject.toml")))
        return
    if beside.name in ("site-packages", "dist-packages"):
        return  # then all beside it are installed packages
    shown = [Path(path) for path in PythonEnvironment.current().paths]
    expected = {p.relative_to(beside).parts[0] for p in shown if p.is_relative_to(beside)}
    assert set(kernel.value(f"__import__('os').listdir({str(beside)!r})")) == expected
    assert not expected & {"source", "release", "tests", "docs"}


def look(path: str) -> str:
    return (
        "import os\n"
        f"os.listdir({path!r}) if os.path.isdir({path!r}) else open({path!r}, 'rb').read(1)"
    )


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd",
        "/etc/shadow",
        "/tmp/..",
        "/etc/hostname",
        "/root",
        "/home",
        "/var",
        "/sys/kernel",
        "/run",
        "/srv",
        "/usr/local/share",
        "/boot",
        "/dev/shm",
        "/dev/mem",
        "/dev/tty",
    ],
)
def test_rest_of_the_machine_is_not_there(kernel, path: str):
    assert refused(kernel, look(path))


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/proc",
        "/dev",
        "/.autograder/submission",
        "/proc/1/environ",
        "/proc/1/root",
        "/proc/1/cwd",
        "/proc/kallsyms",
        "/proc/keys",
        "/proc/version",
    ],
)
def test_rest_of_the_sandbox_is_not_readable(kernel, path: str):
    assert refused(kernel, look(path))


def test_no_process_but_its_own_and_its_init(kernel, origin, locked: bool):
    seen = kernel.value("[p for p in range(1, 4000) if __import__('os').path.exists(f'/proc/{p}')]")
    threads = kernel.value("[int(t) for t in __import__('os').listdir('/proc/self/task')]")
    others = set(seen) - set(threads)
    if origin == "cold":
        assert others == {1}
    else:
        # The zygote and bubblewrap's init, or, without namespaces, all that there are: that they
        # exist can be seen, and nothing else of them. Those of the host may have ended since.
        assert len(others) == 2 or locked
        ended = {"FileNotFoundError"} if locked else set()
        for pid in others:
            for look in (
                f"open('/proc/{pid}/cmdline')",
                f"__import__('os').listdir('/proc/{pid}')",
            ):
                assert kernel.run(look).error in {"PermissionError"} | ended


def test_host_is_not_named(kernel, locked: bool):
    if locked:
        pytest.skip("without namespaces it has the host's name, and the grader's user")
    assert kernel.value("__import__('os').uname().nodename") == "sandbox"
    assert kernel.value("__import__('os').getuid()") == 1000


def test_no_descriptor_is_inherited(kernel):
    links = kernel.run(
        "import os\n"
        "for descriptor in os.listdir('/proc/self/fd'):\n"
        "    try: print(os.readlink('/proc/self/fd/' + descriptor))\n"
        "    except OSError: pass"
    ).text.splitlines()
    expected = ("socket:[", "pipe:[", "anon_inode:[event", "/dev/null", "/proc/")
    fonts = (".ttf", ".otf")
    assert [x for x in links if not x.startswith(expected) and not x.endswith(fonts)] == []


# ------------------------------------------------------------------ writing


@pytest.mark.parametrize(
    "directory",
    [
        "/",
        "/usr/lib",
        "/etc",
        "/.autograder/fonts",
        "/dev",
        "/proc",
        "/.autograder/submission",
        "/var/tmp",
        os.path.dirname(sys.executable),
        os.path.dirname(os.__file__),
        str(Path(pytest.__file__).parents[1]),
    ],
)
def test_nothing_is_written_outside_the_scratch(kernel, directory: str):
    assert refused(kernel, f"open({directory + '/planted.py'!r}, 'w')")


@pytest.mark.parametrize("module", ["os", "numpy", "jax", "autograder.sandbox.inside.launcher"])
def test_code_of_the_next_kernel_cannot_be_poisoned(kernel, locked: bool, module: str):
    path = kernel.value(f"__import__('importlib').import_module({module!r}).__file__")
    for attempt in (
        f"open({path!r}, 'r+')",
        f"__import__('os').remove({path!r})",
        f"__import__('os').rename({path!r}, '{kernel.scratch}/x')",
        f"__import__('os').truncate({path!r}, 0)",
        f"__import__('os').link({path!r}, '{kernel.scratch}/x')",
        f"__import__('os').chown({path!r}, 0, 0)",
    ):
        assert refused(kernel, attempt)
    before = Path(path).stat()
    for attempt in (
        f"__import__('os').chmod({path!r}, 0o777)",
        f"__import__('os').utime({path!r}, (0, 0))",
    ):
        # Without namespaces, which have it on a read-only mount, it only seems to be done.
        assert kernel.run(attempt).error is None if locked else refused(kernel, attempt)
    assert Path(path).stat() == before


@pytest.mark.parametrize(
    "path",
    [
        "/proc/sys/kernel/core_pattern",
        "/proc/sysrq-trigger",
        "/proc/self/oom_score_adj",
        "/proc/self/uid_map",
        "/proc/sys/user/max_user_namespaces",
        "/proc/irq/default_smp_affinity",
    ],
)
def test_kernel_settings_cannot_be_written(kernel, path: str):
    assert refused(kernel, f"open({path!r}, 'w')")


# ------------------------------------------------------------------ network


def test_no_socket_of_any_family(kernel):
    code = (
        "import socket\n"
        "made = []\n"
        "for family in range(46):\n"
        "    for kind in (1, 2, 3, 5):\n"
        "        try:\n"
        "            socket.socket(family, kind).close(); made.append((family, kind))\n"
        "        except OSError: pass\n"
        "print(made)"
    )
    assert kernel.run(code).text == "[]\n"


def test_listeners_of_the_host_are_not_reached(kernel, tmp_path: Path):
    reached = []
    listeners = [
        (socket.AF_INET, ("127.0.0.1", 0)),
        (socket.AF_UNIX, f"\0autograder-test-{secrets.token_hex(8)}"),
        (socket.AF_UNIX, str(tmp_path / "listener")),
    ]
    with contextlib.ExitStack() as stack:
        for family, address in listeners:
            listener = stack.enter_context(socket.socket(family))
            listener.bind(address)
            listener.listen()
            listener.settimeout(5)
            threading.Thread(target=_note, args=(listener, reached), daemon=True).start()
            where = listener.getsockname()
            where = where if isinstance(where, tuple) else os.fsdecode(where)
            # A pair is the only kind of socket there is; turn it to other ends.
            code = (
                "import socket\n"
                f"for make in (lambda: socket.socket({int(family)}),\n"
                "             lambda: socket.socketpair()[0],\n"
                "             lambda: socket.socketpair(type=socket.SOCK_DGRAM)[0]):\n"
                "    try:\n"
                "        s = make()\n"
                f"        try: s.connect({where!r})\n"
                f"        except OSError: s.sendto(b'x', {where!r})\n"
                "        print('reached')\n"
                "    except (OSError, TypeError): pass"
            )
            assert kernel.run(code).text == ""
    assert reached == []


def _note(listener: socket.socket, reached: list[object]) -> None:
    with contextlib.suppress(OSError):
        reached.append(listener.accept())


# ------------------------------------------------------------------ processes and privileges


@pytest.mark.parametrize(
    "code",
    [
        "import os; os.fork()",
        "import os; os.posix_spawn('/usr/bin/env', ['env'], {})",
        "import os, sys; os.execv(sys.executable, [sys.executable])",
        "import subprocess, sys; subprocess.run([sys.executable, '-c', ''])",
        "import multiprocessing as m; p = m.get_context('fork').Process(); p.start()",
        "import pty; pty.fork()",
    ],
)
def test_no_process_is_made(kernel, code: str):
    assert refused(kernel, code)


def test_os_system_does_nothing(kernel):
    assert kernel.value("__import__('os').system('touch made') != 0")
    assert not kernel.value("__import__('os').path.exists('made')")


CLONE_NEWUSER, PTRACE_TRACEME = 0x10000000, 0
X86_64 = os.uname().machine == "x86_64"


@pytest.mark.skipif(not X86_64, reason="the numbers are those of x86_64")
@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("clone into a user namespace", (56, CLONE_NEWUSER, 0, 0, 0, 0)),
        ("clone a process", (56, 17, 0, 0, 0, 0)),
        ("clone3", (435, 0, 0)),
        ("unshare", (272, CLONE_NEWUSER)),
        ("setns", (308, 0, 0)),
        ("mount", (165, 0, 0, 0, 0, 0)),
        ("umount2", (166, 0, 0)),
        ("pivot_root", (155, 0, 0)),
        ("chroot", (161, 0)),
        ("open_tree", (428, 0, 0, 0)),
        ("fsopen", (430, 0, 0)),
        ("ptrace", (101, PTRACE_TRACEME, 0, 0, 0)),
        ("process_vm_readv", (310, 1, 0, 0, 0, 0, 0)),
        ("process_vm_writev", (311, 1, 0, 0, 0, 0, 0)),
        ("pidfd_open", (434, 1, 0)),
        ("pidfd_getfd", (438, 0, 0, 0)),
        ("kcmp", (312, 1, 2, 0, 0, 0)),
        ("bpf", (321, 0, 0, 0)),
        ("perf_event_open", (298, 0, 0, 0, 0, 0)),
        ("io_uring_setup", (425, 1, 0)),
        ("userfaultfd", (323, 0)),
        ("keyctl", (250, 0, -3, 0)),
        ("add_key", (248, 0, 0, 0, 0, -3)),
        ("memfd_create", (319, 0, 0)),
        ("shmget", (29, 0, 4096, 0o1600)),
        ("mq_open", (240, 0, 0, 0, 0)),
        ("mq_unlink", (241, 0)),
        ("msgrcv", (70, 0, 0, 0, 0, 0)),
        ("semctl", (66, 0, 0, 0)),
        ("io_setup", (206, 0, 0)),
        ("inotify_init1", (294, 0)),
        ("personality", (135, 0x0040000)),
        ("init_module", (175, 0, 0, 0)),
        ("execveat", (322, -100, 0, 0, 0, 0)),
        ("a call by its x32 number", (0x40000000 + 41, 1, 1, 0)),
        ("sched_setaffinity", (203, 0, 8, 0)),
        ("name_to_handle_at", (303, -100, 0, 0, 0, 0)),
    ],
)
def test_system_call_is_refused(kernel, name: str, arguments: tuple[int, ...]):
    ran = kernel.run(SYSCALL + f"try: syscall{arguments}\nexcept OSError as e: print(e.errno)")
    # Refused for what it is (EPERM, ENOSYS), not for its arguments (EFAULT, EINVAL, EBADF).
    assert ran.text.strip() in {"1", "38"}, (name, ran)


def test_queues_of_other_programs_are_not_reached(kernel):
    libc = ctypes.CDLL(None, use_errno=True)
    queue = libc.msgget(0, 0o1666)  # IPC_PRIVATE, open to all
    if queue < 0:
        needs.missing("no queue can be made here")
    try:
        assert libc.msgsnd(queue, b"\1" + bytes(7) + b"secret", 6, 0) == 0
        take = f"syscall(70, {queue}, ctypes.create_string_buffer(99), 80, 0, 0o4000)"
        assert refused(kernel, SYSCALL + take)
    finally:
        libc.msgctl(queue, 0, None)


def test_no_signal_leaves_the_sandbox(kernel, origin, locked: bool):
    code = (
        "import os\n"
        "for pid in [1, *range(3, 2000)]:\n"
        "    if not os.path.exists(f'/proc/self/task/{pid}'):\n"
        "        try: os.kill(pid, 9); print(pid)\n"
        "        except (ProcessLookupError, PermissionError): pass\n"
    )
    ran = kernel.run(code)
    assert ran.error is None
    if locked:
        assert ran.text == ""
    elif origin == "cold":
        assert set(ran.text.split()) <= {"1"}  # its own init, which ignores it
    else:
        # Its own threads, by the numbers of its own namespace, where it is the init itself.
        threads = kernel.value("len(__import__('os').listdir('/proc/self/task'))")
        assert len(ran.text.split()) <= threads
    assert kernel.value("1 + 1") == 2


@pytest.mark.parametrize(
    "code",
    [
        "import os; os.setuid(1)",
        "import os; os.setgroups([0])",
        "import os; os.nice(-5)",
        "import os; os.mknod('sda', 0o60600, os.makedev(8, 0))",
        "import os; os.mkfifo('fifo')",
        "import os; os.link('/usr/lib/os-release', 'hard')",
        "import os; os.chown('.', 0, 0)",
        "import os; os.sethostname('x')"
        if sys.version_info < (3,)
        else "import socket; socket.sethostname('x')",
        "import time; time.clock_settime(time.CLOCK_REALTIME, 0)",
    ],
)
def test_privilege_is_refused(kernel, code: str):
    assert refused(kernel, code)


def test_limits_cannot_be_raised(kernel):
    code = (
        "import resource\n"
        "for kind in (resource.RLIMIT_AS, resource.RLIMIT_FSIZE, resource.RLIMIT_CPU):\n"
        "    try: resource.setrlimit(kind, (-1, -1)); print('raised')\n"
        "    except (ValueError, OSError): pass"
    )
    assert kernel.run(code).text == ""


# ------------------------------------------------------------------ limits that the kernel survives


def test_memory(kernel):
    assert kernel.run("bytearray(8 << 30)").error == "MemoryError"
    code = (
        "import mmap\n"
        "held = []\n"
        "try:\n"
        "    while True: held.append(mmap.mmap(-1, 256 << 20, mmap.MAP_PRIVATE))\n"
        "except (OSError, MemoryError): print(len(held))\n"
        "del held"
    )
    assert 0 < int(kernel.run(code).text) < Limits().address_space() // (256 << 20)


def test_memory_that_no_limit_counts(kernel):
    code = "import mmap\nheld = mmap.mmap(-1, 1 << 20)"  # what is shared, as by default
    assert kernel.run(code).error == "PermissionError"


def test_memory_is_in_small_pages(kernel):
    # Of a large one that was given back but for a small part, nobody counts the rest.
    status = kernel.run("print(open('/proc/self/status').read())").text
    if "THP_enabled" in status:
        assert "THP_enabled:\t0" in status
    assert refused(kernel, SYSCALL + "syscall(157, 41, 0, 0, 0, 0)")
    assert refused(kernel, "import mmap; mmap.mmap(-1, 1 << 21, 0x40022)")


def test_memory_is_not_left_in_a_pipe(kernel):
    code = (
        "import os\n"
        "class Part(ctypes.Structure):\n"
        "    _fields_ = [('at', ctypes.c_void_p), ('size', ctypes.c_long)]\n"
        "page = ctypes.create_string_buffer(4096)\n"
        "part = Part(ctypes.addressof(page), 4096)\n"
        "syscall(278, os.pipe()[1], ctypes.byref(part), 1, 0)"
    )
    assert refused(kernel, SYSCALL + code)


def test_lists_of_who_may_use_a_file_are_not_made(kernel):
    # 64 KiB each, two of them for a folder, and counted by no file system.
    entries = "struct.pack('<HHI', 2, 7, os.getuid()) * 8000"
    code = (
        "import os, struct\n"
        "parts = [struct.pack('<HHI', kind, 7, 2**32 - 1) for kind in (1, 4, 16, 32)]\n"
        f"entries = parts[0] + {entries} + b''.join(parts[1:])\n"
        "os.setxattr('.', 'system.posix_acl_default', struct.pack('<I', 2) + entries)"
    )
    assert refused(kernel, code)


def test_rules_without_number_are_not_made(kernel):
    ruleset = "syscall(444, struct.pack('=QQ', 0, 3), ctypes.c_size_t(16), 0)"
    assert refused(kernel, SYSCALL + "import struct\n" + ruleset)
    program = (
        "import struct\n"
        "allow = ctypes.create_string_buffer(struct.pack('=HBBI', 6, 0, 0, 0x7FFF0000))\n"
        "syscall(317, 1, 0, struct.pack('@HP', 1, ctypes.addressof(allow)))"
    )
    assert refused(kernel, SYSCALL + program)


def test_memory_of_arrays(kernel):
    ran = kernel.run("import jax.numpy as jnp\njnp.ones((40, 1 << 28)).block_until_ready()")
    assert ran.error in {"JaxRuntimeError", "XlaRuntimeError", "MemoryError", "ValueError"}


def test_open_files(kernel):
    code = (
        "import os\n"
        "held = []\n"
        "try:\n"
        "    while True: held.append(os.open('/dev/null', 0))\n"
        "except OSError as e: print(e.errno, len(held))\n"
        "for descriptor in held: os.close(descriptor)"
    )
    code_and_count = kernel.run(code).text.split()
    assert int(code_and_count[0]) == errno.EMFILE
    assert int(code_and_count[1]) < Limits().open_files


def test_open_files_of_a_thread_count(kernel):
    # A table of its own for each thread would be as many times the limit, and buffers with it.
    unshare = "syscall(436, 0x7FFFFFF0, 0x7FFFFFF1, 2)"
    assert refused(kernel, SYSCALL + unshare)
    assert kernel.run("import os; os.closerange(900, 999)").error is None


def test_descriptors_are_not_sent(kernel):
    # The system counts those on their way for all kernels of a user together.
    code = "import socket\na, b = socket.socketpair()\n"
    assert refused(kernel, code + "socket.send_fds(a, [b'x'], [0])")


def test_buffers_of_a_socket_stay_small(kernel):
    code = "import socket\na, b = socket.socketpair()\n"
    for buffer in ("SO_SNDBUF", "SO_RCVBUF"):
        assert refused(kernel, f"{code}a.setsockopt(socket.SOL_SOCKET, socket.{buffer}, 1 << 30)")


def test_size_of_a_file(kernel):
    assert refused(kernel, "open('big', 'wb').write(bytes(9 << 20))")
    assert refused(kernel, "open('big', 'wb').truncate(1 << 40)")
    assert kernel.run("import os; os.remove('big')").error is None


def test_size_of_all_files(kernel, locked: bool):
    if locked:
        pytest.skip("a folder on the disk has no size: test_exhaustion.py")
    code = (
        "import os\n"
        "written = []\n"
        "try:\n"
        "    for n in range(200):\n"
        "        written.append(f'part{n}')\n"
        "        open(written[-1], 'wb').write(bytes(4 << 20))\n"
        "except OSError as e: print(e.errno)\n"
        "for path in written: os.remove(path)"
    )
    assert kernel.run(code).text.strip() == "28"
