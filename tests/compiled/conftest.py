"""Fresh processes, one with JAX as it is and others with gradients compiled, to be compared."""

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


class Ways:
    """Runs programs under plain JAX and with compiled gradients, at the same time.

    Args:
        names: ways of `runner`, beside the plain one.
    """

    def __init__(
        self, names: Sequence[str], variables: Mapping[str, str], cache: Path | None = None
    ) -> None:
        self._runners = [Runner(way, variables, cache) for way in ("plain", *names)]

    def run(self, programs: Sequence[str]) -> list[tuple[dict[str, Any], ...]]:
        """For each program an answer of each way, the plain one first."""
        with concurrent.futures.ThreadPoolExecutor(len(self._runners)) as pool:
            asked = [pool.submit(runner.run, programs) for runner in self._runners]
            return list(zip(*(one.result() for one in asked), strict=True))

    def close(self) -> None:
        """End the processes."""
        for runner in self._runners:
            runner.close()


def _as_it_must_be(names: Sequence[str], cache: Path) -> Iterator[Ways]:
    """With XLA's flags set as they must be, and caches of what is compiled."""
    ways = Ways(
        names,
        {
            "XLA_FLAGS": XLA_FLAGS,
            "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
            "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
        },
        cache,
    )
    yield ways
    ways.close()


@pytest.fixture(scope="module")
def each_way(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ways]:
    """Plain, replayed for ever, and compiled at once."""
    yield from _as_it_must_be(("replayed", "compiled"), tmp_path_factory.mktemp("kernels"))


@pytest.fixture(scope="module")
def in_turn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ways]:
    """Plain; and replayed once, then compiled."""
    yield from _as_it_must_be(("in_turn",), tmp_path_factory.mktemp("kernels"))


@pytest.fixture
def ways_without_flags() -> Iterator[Ways]:
    """Plain, replayed and compiled where XLA fuses and rewrites as it likes."""
    ways = Ways(("replayed", "compiled"), {"XLA_FLAGS": ""})
    yield ways
    ways.close()
