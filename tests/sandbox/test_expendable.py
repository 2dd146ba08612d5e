"""Who is ended first when memory is short, and what a crash leaves."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from autograder.sandbox.outside.provisioner import _pid_of


def score(pid: int) -> int:
    return int(Path(f"/proc/{pid}/oom_score_adj").read_text())


def test_a_kernel_is_ended_before_the_grader(kernel):
    pid = _pid_of(kernel.manager.sandbox._pidfd)
    assert score(pid) == 1000 > score(int(Path("/proc/self").resolve().name))


@pytest.mark.parametrize("path", ["self/oom_score_adj", "self/oom_adj", "1/oom_score_adj"])
def test_a_kernel_cannot_change_that(kernel, path: str):
    ran = kernel.run(f"open('/proc/{path}', 'w').write('0')")
    assert ran.error in {"OSError", "PermissionError", "FileNotFoundError"}, ran
    assert score(_pid_of(kernel.manager.sandbox._pidfd)) == 1000


def test_who_bears_kernels_is_ended_after_them(kernel, origin: str):
    if origin.startswith("cold"):
        pytest.skip("a kernel that is started cold has nobody who bears it")
    zygote = kernel.manager.sandbox._zygote(tuple(sys.path))
    assert zygote._started is not None
    assert score(zygote._started.process.pid) == 900


def test_no_program_is_started_for_a_crash(kernel):
    """1, and not 0: see core(5), and fs/coredump.c on limits of pipes."""
    pid = _pid_of(kernel.manager.sandbox._pidfd)
    lines = Path(f"/proc/{pid}/limits").read_text().splitlines()
    (cores,) = (line.split()[4:6] for line in lines if line.startswith("Max core file size"))
    assert cores == ["1", "1"]
    for limit in ("(0, 0)", "(0, 1)", "(1, 1)"):
        ran = kernel.run(f"import resource; resource.setrlimit(resource.RLIMIT_CORE, {limit})")
        assert ran.error in {"PermissionError", "ValueError", "OSError"}, limit
    assert Path(f"/proc/{pid}/limits").read_text().splitlines() == lines
