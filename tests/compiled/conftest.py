"""Two fresh processes, one with JAX as it is and one with gradients compiled, to be compared."""

from __future__ import annotations

import concurrent.futures
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from autograder.compiled import XLA_FLAGS, why_plain

taught = pytest.mark.skipif(bool(why_plain()), reason=f"gradients run plain: {why_plain()}")

RUNNER = Path(__file__).with_name("runner.py")


class Runner:
    """A process that runs programs one way.

    With a cache of its own: JAX may read what another process has written half.
    """

    def __init__(self, way: str, variables: Mapping[str, str], cache: Path | None) -> None:
        if cache is not None:
            variables = {**variables, "JAX_COMPILATION_CACHE_DIR": str(cache / way)}
        self._process = subprocess.Popen(
            [sys.executable, str(RUNNER), way],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            # Some of JAX's messages list a set.
            env={**os.environ, "JAX_PLATFORMS": "cpu", "PYTHONHASHSEED": "0", **variables},
        )

    def run(self, programs: Sequence[str]) -> list[dict[str, Any]]:
        """An answer for each program, in the words of `runner.main`."""
        answers = []
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        for program in programs:
            self._process.stdin.write(json.dumps(program) + "\n")
            self._process.stdin.flush()
            answers.append(json.loads(self._process.stdout.readline()))
        return answers

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(60)
        self._process.stdout.close()


class BothWays:
    """Runs programs under plain JAX and with compiled gradients, at the same time."""

    def __init__(self, variables: Mapping[str, str], cache: Path | None = None) -> None:
        self.plain = Runner("plain", variables, cache)
        self.compiled = Runner("compiled", variables, cache)

    def run(self, programs: Sequence[str]) -> list[tuple[dict[str, Any], dict[str, Any]]]:
        """Both answers for each program."""
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            plain = pool.submit(self.plain.run, programs)
            compiled = pool.submit(self.compiled.run, programs)
            return list(zip(plain.result(), compiled.result(), strict=True))

    def close(self) -> None:
        """End both processes."""
        self.plain.close()
        self.compiled.close()


@pytest.fixture(scope="session")
def both_ways(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BothWays]:
    """Both processes with XLA's flags set as they must be, and caches of what they compile."""
    both = BothWays(
        {
            "XLA_FLAGS": XLA_FLAGS,
            "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
            "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
        },
        tmp_path_factory.mktemp("kernels"),
    )
    yield both
    both.close()


@pytest.fixture
def both_ways_without_flags() -> Iterator[BothWays]:
    """Both processes where XLA fuses and rewrites as it likes."""
    both = BothWays({"XLA_FLAGS": ""})
    yield both
    both.close()
