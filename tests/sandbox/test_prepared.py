"""What cannot be prepared is tried once, by one process of a run, and the reason is known."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from autograder.sandbox.outside import prepared
from autograder.sandbox.outside.task import Started


@pytest.fixture(autouse=True)
def keep(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A cache folder of this test's own, and nothing remembered."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv(prepared.NOTES, raising=False)
    before = dict(prepared._unmade)
    prepared._unmade.clear()
    yield
    prepared._unmade.clear()
    prepared._unmade.update(before)


class Rehearsal:
    """Starts a process in place of the sandbox's; counts how often."""

    def __init__(self, code: str) -> None:
        self.code, self.begun = code, 0

    def __call__(self, folder: Path, cells: Sequence[str]) -> Started:
        self.begun += 1
        line = [sys.executable, "-S", "-c", self.code, os.fspath(folder)]
        return Started(subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE))


FAILS = "raise SystemExit('no rehearsal today')"
WRITES = "import sys, pathlib; pathlib.Path(sys.argv[1], 'x').touch()"


def test_a_rehearsal_that_fails_is_not_tried_again() -> None:
    fails = Rehearsal(FAILS)
    for cells in ((), (), ("x = 1",), ("y = 1",)):
        assert prepared.compilation_cache(cells, fails) is None
    assert fails.begun == 1
    (why,) = prepared.unmade()
    assert "no rehearsal today" in why


def test_one_that_works_is_kept() -> None:
    works = Rehearsal(WRITES)
    folders = {prepared.compilation_cache(("x = 1",), works) for _ in range(3)}
    assert len(folders) == 1
    assert works.begun == 2, "what is common, and what these cells need"
    assert prepared.unmade() == []


def test_the_other_processes_of_a_run_know(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    notes = tmp_path / "notes"
    notes.mkdir()
    monkeypatch.setenv(prepared.NOTES, str(notes))
    fails = Rehearsal(FAILS)
    assert prepared.compilation_cache((), fails) is None
    prepared._unmade.clear()  # as in another process
    assert prepared.compilation_cache((), fails) is None
    assert fails.begun == 1
    assert "no rehearsal today" in prepared.unmade()[0]
    # The next run tries again.
    monkeypatch.setenv(prepared.NOTES, str(tmp_path))
    assert prepared.compilation_cache((), Rehearsal(WRITES)) is not None


def test_a_folder_that_cannot_be_made_costs_no_rehearsal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    works = Rehearsal(WRITES)
    monkeypatch.setattr(
        "autograder.sandbox.outside.prepared.cache_folder", lambda *_: tmp_path / "file/x"
    )
    for _ in range(2):
        assert prepared.compilation_cache((), works) is None
    assert works.begun == 0
    assert prepared.unmade()


def test_fonts_that_cannot_be_listed_are_searched_once(monkeypatch: pytest.MonkeyPatch) -> None:
    searches = []

    def search(*line: object, **about: object) -> None:
        searches.append(line)
        raise subprocess.CalledProcessError(1, "python")

    monkeypatch.setattr(prepared.subprocess, "run", search)
    assert prepared.font_lists() == []
    assert prepared.font_lists() == []
    assert len(searches) == 1
    assert prepared.unmade()


def test_a_list_of_fonts_stays_where_a_kernel_was_told_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Who searched at the same time used to put another folder in its place."""
    both = threading.Barrier(2, timeout=10)
    searches: list[str] = []

    def search(line: Sequence[str], env: Mapping[str, str], **about: object) -> None:
        searches.append(env["MPLCONFIGDIR"])
        Path(env["MPLCONFIGDIR"], "fontlist-v1.json").write_text("{}")

    def look() -> Path:
        both.wait()
        (found,) = prepared.font_lists()
        return found

    monkeypatch.setattr(prepared.subprocess, "run", search)
    with ThreadPoolExecutor(2) as pool:
        first, second = (pool.submit(look) for _ in range(2))
    assert first.result() == second.result()
    assert first.result().is_file()
    assert len(searches) == 1
