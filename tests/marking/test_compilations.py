"""What was compiled for a rubric is found by the next process, whatever became of the last one."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import jax
import jax.numpy as jnp
import pytest
from jax.experimental.compilation_cache import compilation_cache

from autograder import cache
from autograder.cache import sweep
from autograder.marking import compilations
from autograder.marking.compilations import kept_compilations

PROGRAM = """
import collections, json, os, signal, sys
import jax, jax.numpy as jnp
from autograder.marking.compilations import kept_compilations

heard = collections.Counter()
jax.monitoring.register_event_listener(lambda event, **_: heard.update([event.split("/")[-1]]))
with kept_compilations():
    value = float(jax.jit(lambda x: jnp.sin(x) * 3)(0.5))
    if sys.argv[1:] == ["die"]:
        os.kill(os.getpid(), signal.SIGKILL)
print(json.dumps([value, heard["cache_hits"], heard["cache_misses"]]))
"""


@pytest.fixture(autouse=True)
def _nothing_is_kept_otherwise() -> Iterator[None]:
    """The tests' own cache (tests/conftest.py) is out of the way: whose is set already stays."""
    known = jax.config.values["jax_compilation_cache_dir"]
    compilation_cache.reset_cache()
    jax.config.update("jax_compilation_cache_dir", None)
    yield
    compilation_cache.reset_cache()
    jax.config.update("jax_compilation_cache_dir", known)


def run(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A process that compiles a little."""
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments],
        env={**os.environ, "XDG_CACHE_HOME": str(home)},
        capture_output=True,
        text=True,
    )


def kept(home: Path) -> list[Path]:
    """The files that are kept, and not those of a process that was killed."""
    folders = [p for p in (home / "autograder").glob("rubrics-*") if "." not in p.name]
    return [file for folder in folders for file in folder.iterdir()]


def test_the_next_process_compiles_nothing_anew(tmp_path: Path):
    value, hits, misses = json.loads(run(tmp_path).stdout)
    assert hits == 0
    assert misses > 0
    assert json.loads(run(tmp_path).stdout) == [value, misses, 0]
    assert len(kept(tmp_path)) == misses


def test_a_process_that_is_killed_keeps_nothing(tmp_path: Path):
    assert run(tmp_path, "die").returncode == -signal.SIGKILL
    assert kept(tmp_path) == []
    assert json.loads(run(tmp_path).stdout)[2] > 0


def test_what_a_killed_process_had_is_removed_and_what_a_living_one_has_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    assert run(tmp_path, "die").returncode == -signal.SIGKILL
    (left,) = (tmp_path / "autograder").glob("rubrics-*.*")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with cache.own_folder(tmp_path / "autograder" / "rubrics-a") as living:
        for folder in (left, living):
            day_before_yesterday = time.time() - 2 * 24 * 3600
            os.utime(folder, (day_before_yesterday, day_before_yesterday))
        sweep("rubrics")
        assert not left.exists()
        assert living.exists()
    assert not living.exists()


def compile_something(number: float) -> float:
    """A program that differs with each number."""
    return float(jax.jit(lambda x: x * number)(jnp.float32(2.0)))


def compile_and_fail() -> None:
    """As a source notebook does whose last cell is wrong."""
    with kept_compilations():
        assert compile_something(3.25) == 6.5
        raise ZeroDivisionError


def test_afterwards_jax_is_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    before = dict(jax.config.values)
    with pytest.raises(ZeroDivisionError):
        compile_and_fail()
    assert jax.config.values == before
    found = kept(tmp_path)
    assert found, "what was compiled before an error is as good"
    assert compile_something(5.25) == 10.5
    assert kept(tmp_path) == found


def test_beyond_its_size_it_is_begun_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with kept_compilations():
        compile_something(7.25)
    (folder,) = {file.parent for file in kept(tmp_path)}
    (folder / "large").write_bytes(b"\0" * 1000)
    monkeypatch.setattr(compilations, "_MOST_BYTES", 999)
    with kept_compilations():
        compile_something(9.25)
    assert kept(tmp_path)
    assert not (folder / "large").exists()


def test_where_nothing_can_be_kept_all_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with kept_compilations():
        assert compile_something(11.25) == 22.5


def test_who_keeps_compilations_elsewhere_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "ours"))
    jax.config.update("jax_compilation_cache_dir", str(tmp_path / "theirs"))
    try:
        with kept_compilations():
            assert jax.config.values["jax_compilation_cache_dir"] == str(tmp_path / "theirs")
    finally:
        jax.config.update("jax_compilation_cache_dir", None)
    assert not (tmp_path / "ours").exists()


def test_the_sweep_goes_on_where_a_folder_vanishes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """As when another process ends meanwhile, and removes the folder in which it worked."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    root = tmp_path / "autograder"
    root.mkdir()
    for name in ("rubrics-a", "rubrics-c"):
        (root / name).mkdir()
        os.utime(root / name, (0, 0))
    (root / "rubrics-b").symlink_to(root / "gone")  # there when it is listed, not when it is asked
    (root / "rubrics-d").mkdir()
    sweep("rubrics")
    assert sorted(path.name for path in root.iterdir()) == ["rubrics-b", "rubrics-d"]
