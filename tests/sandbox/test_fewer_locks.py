"""Where Landlock or /proc cannot be had, kernels run, and the other locks hold."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from autograder.sandbox.outside import abilities


@pytest.mark.parametrize("origin", ["cold"], indirect=True)  # as it then always is
@pytest.mark.parametrize("missing", [{"landlock_abi": 0}, {"proc": False}, {"landlock_abi": 1}])
def test_other_locks_hold(machine, start_kernel, monkeypatch, missing, secret: Path):
    monkeypatch.setattr(
        abilities, "require", lambda *asked: dataclasses.replace(machine, **missing)
    )
    with start_kernel() as kernel:
        assert kernel.run("import jax; print(jax.grad(lambda x: x**3)(2.0))").text == "12.0\n"
        for attack in (
            f"open({str(secret)!r})",
            "open('/usr/lib/planted.py', 'w')",
            "open('/proc/sys/kernel/core_pattern', 'w')",
            "open('/proc/1/mem', 'rb')",
            "import socket; socket.socket()",
            "import os; os.fork()",
            f"import os; os.kill(1, 0); os.listdir({str(secret.parent)!r})",
        ):
            assert kernel.run(attack).error in {"PermissionError", "FileNotFoundError", "OSError"}
