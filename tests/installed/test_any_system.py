"""Practice leans on nothing that Windows or macOS lack, nor on what belongs to marking."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

# What practice is made of, besides the packages that it asks for.
PRACTICE = r'''
import builtins, os, signal, sys, types, warnings

# The packages that practice asks for are at home on each system; they may look at this one first.
import jax, jax.numpy as jnp, matplotlib, numpy
from IPython.core.interactiveshell import InteractiveShell
from matplotlib.figure import Figure

jax.jit(jax.vmap(jax.grad(lambda x: x**2)))(jnp.ones(3))
Figure().savefig(os.devnull, format="svg")

POSIX = """fcntl resource pwd grp termios pty tty posix syslog spwd crypt nis readline curses
_posixsubprocess _posixshmem select selectors multiprocessing asyncio socket subprocess""".split()
MARKING = """nbgrader nbclient nbconvert nbformat jupyter_client jupyter_core jupyterlab zmq
ipykernel traitlets.config rich click psutil nh3 bs4 latex2mathml jinja2 packaging
sqlalchemy""".split()
loaded = set(sys.modules)
for name in list(sys.modules):
    if name.startswith("autograder"):
        raise SystemExit(f"{name} is loaded already")

# Other packages keep what they have loaded; ours are refused it.
real = builtins.__import__
def refusing(name, globals=None, locals=None, fromlist=(), level=0):
    ours = str((globals or {}).get("__name__", "")).partition(".")[0] == "autograder"
    if ours and level == 0 and any(name == n or name.startswith(n + ".") for n in POSIX + MARKING):
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)
    return real(name, globals, locals, fromlist, level)
builtins.__import__ = refusing
for name in POSIX + MARKING:
    if name not in loaded:
        sys.modules[name] = None

# It has looked for `sendfile` already: IPython copies a file into a home that has none.
import shutil
shutil._USE_CP_SENDFILE = False
for name in """fork forkpty register_at_fork getuid geteuid getgid getegid getgroups getpgid getpgrp
getsid setsid setuid setgid setpgid killpg uname sysconf confstr sched_getaffinity sched_yield nice
getloadavg mkfifo mknod statvfs fstatvfs chown lchown fchown chroot wait wait3 wait4 posix_spawn
openpty ttyname pread pwrite preadv pwritev sendfile getpriority setpriority memfd_create eventfd
pidfd_open setns unshare O_NOFOLLOW O_DIRECTORY O_CLOEXEC O_NONBLOCK WNOHANG ctermid
tcgetpgrp initgroups getresuid posix_fadvise posix_fallocate sync pathconf readv writev""".split():
    if hasattr(os, name):
        delattr(os, name)
for name in dir(signal):
    windows = {"SIGABRT", "SIGFPE", "SIGILL", "SIGINT", "SIGSEGV", "SIGTERM", "SIGBREAK"}
    if name.startswith("SIG") and name.isupper() and "_" not in name and name not in windows:
        delattr(signal, name)
for name in """setitimer getitimer alarm pause pthread_kill pthread_sigmask sigwait
ITIMER_REAL""".split():
    delattr(signal, name)
# Text files are in the code page of the country, unless one says otherwise.
warnings.filterwarnings("error", category=EncodingWarning, module=r"autograder")

import json, pathlib
from autograder import CheckFailed, check, progress
from autograder.checks.questions import Look

def f(x): return x**2 + 3 * x - 5
def bowl(p): return (p[0] - 1) ** 2 + 2 * (p[1] + 2) ** 2
def pan(x, y): return (x - 1) ** 2 + (y + 2) ** 2
right = jax.grad(f)
wrong = lambda x: -(2 * x + 3)
lowest = -1.5
dbowl = jax.grad(bowl)
bottom = [1.0, -2.0]
axis_point, minimised_over = (1.0, 0.5), "x"
labels = {1.0: "valley"}
too_large = 5.0
def walk(df, start, step_size, num_steps):
    x = start
    for _ in range(num_steps):
        x = x - step_size * df(x)
    return x
def backwards(df, start, step_size, num_steps):
    return walk(df, start, -step_size, num_steps)

def verbs():
    check.gradient("right", of=f, at=[3.0])
    check.gradient("dbowl", of=bowl)
    check.minimum("lowest", of=f, start=4.0, step_size=0.1, num_steps=100)
    check.minimum("bottom", of=bowl)
    check.stationary_point("lowest", of=f)
    check.axis_minimum("axis_point", "minimised_over", of=pan)
    check.curvature("labels", of=f, at=[1.0])
    check.descent("walk")
    check.diverging_step("too_large", of=f)
    check.value("lowest", -1.5)
    with check.exercise():
        check.gradient("right", of=f)
        check.minimum("lowest", of=f)

def told(verb, *args, **options):
    try:
        verb(*args, **options)
    except CheckFailed as failed:
        return str(failed)
    raise SystemExit(f"{args} was found right")

# In a plain interpreter, whose output goes to a file.
verbs()
assert "minus the derivative" in told(check.gradient, "wrong", of=f)
progress()

# In a notebook: IPython's shell with a kernel, and the notebook's file.
os.environ["JPY_SESSION_NAME"] = NOTEBOOK
InteractiveShell.instance().kernel = types.SimpleNamespace()
cards = []
import IPython.display
# A check that takes long says so in plain words.
IPython.display.display = lambda data, raw: cards.extend(filter(None, [data.get("text/html")]))
verbs()
assert len(cards) == 11 and all("autograder-card" in card for card in cards)
assert sum("<img" in card or "<svg" in card for card in cards) >= 8, cards
told(check.gradient, "wrong", of=f, see="The slope")
assert "The slope" in cards[-1]
check.minimum("not_begun", of=f)
assert "not started" in cards[-1], cards[-1]
wrong_place = 7.0
told(check.minimum, "wrong_place", of=f)
told(check.descent, "backwards")
progress()
assert "the derivative of f" in cards[-1]

# A function that does not come back is interrupted without SIGALRM.
from autograder.answers import witness
endless = lambda x: [0 for _ in iter(int, 1)]
reply = witness._call(endless, [1.0], 0.5)
assert "late" in json.dumps(reply), reply

print("MODULES", *sorted(m for m in sys.modules if m.startswith("autograder")))
'''


# The witness asks whether there is a `setitimer` before it uses them: tried without, above.
GUARDED = {"SIGALRM", "ITIMER_REAL"}


@pytest.fixture(scope="module")
def practised(course: Path) -> list[str]:
    """The modules of ours that a student's session loads; everything was tried in it."""
    notebook = course / "release" / "gradient_descent" / "01_derivatives.ipynb"
    code = PRACTICE.replace("NOTEBOOK", repr(str(notebook)))
    done = subprocess.run(
        [sys.executable, "-X", "warn_default_encoding", "-c", code],
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": "cp1252"},
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    (line,) = (x for x in done.stdout.decode("cp1252").splitlines() if x.startswith("MODULES"))
    return line.split()[1:]


def test_practice_works_where_posix_and_marking_are_absent(practised: list[str]) -> None:
    assert {"autograder.check", "autograder.feedback.pictures.canvas"} <= set(practised)
    rooms = {name.split(".")[1] for name in practised if "." in name}
    assert not rooms & {"marking", "sandbox", "report", "doctor", "demo", "quickstart", "cli"}


@pytest.mark.parametrize("platform", ["win32", "darwin"])
def test_no_line_of_practice_uses_a_name_that_the_system_lacks(
    platform: str, practised: list[str], course: Path, tmp_path: Path
) -> None:
    """The standard library's stubs know what each system has, in branches that no test runs too."""
    line = [sys.executable, "-m", "mypy", "--platform", platform, "--cache-dir", str(tmp_path)]
    # Ours alone, JAX and the like unread; and functions without types as well.
    line += ["--config-file", os.devnull, "--follow-imports", "skip", "--check-untyped-defs"]
    for module in practised:
        line += ["-m", module]
    done = subprocess.run(line, cwd=course, capture_output=True, text=True, check=False)
    assert f"checked {len(practised)} source files" in done.stdout, done.stdout + done.stderr
    lacking = re.findall(r'(\S+):\d+: error: Module.* has no attribute "(\w+)"', done.stdout)
    assert "[import-not-found]" not in done.stdout
    assert {name for _, name in lacking} <= GUARDED, done.stdout
