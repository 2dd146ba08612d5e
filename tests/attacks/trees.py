"""Submissions whose folders, files and names cost whoever looks at them."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

__all__ = ["TREES", "Tree", "deep", "remove"]


@dataclass(frozen=True)
class Tree:
    """What is done to a submission's folder.

    Attributes:
        name: the student's id, which says what.
        grow: does it.
        marked: whether the submission is marked all the same, with all its points.
    """

    name: str
    grow: Callable[[Path], object]
    marked: bool = True


def deep(count: int) -> Callable[[Path], None]:
    """Folders in each other, deeper than any path can name."""

    def grow(folder: Path) -> None:
        here = os.open(folder, os.O_RDONLY)
        for _ in range(count):
            os.mkdir("d", dir_fd=here)
            deeper = os.open("d", os.O_RDONLY, dir_fd=here)
            os.close(here)
            here = deeper
        os.close(here)

    return grow


def _deep_and_long(folder: Path) -> None:
    here = os.open(folder, os.O_RDONLY)
    for _ in range(40):  # 10 kB: longer than any path that the system takes
        os.mkdir("d" * 250, dir_fd=here)
        deeper = os.open("d" * 250, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = deeper
    os.close(here)


def _wide(folder: Path) -> None:
    for number in range(30_000):
        (folder / f"{number}.txt").touch()


def _wide_and_deep(folder: Path) -> None:
    for number in range(8_000):
        (folder / f"{number}" / "a" / "b").mkdir(parents=True)


def _sparse(size: int, *names: str) -> Callable[[Path], None]:
    def grow(folder: Path) -> None:
        for name in names:
            with (folder / name).open("wb") as file:
                os.truncate(file.fileno(), size)

    return grow


def _links(folder: Path) -> None:
    for number in range(500):
        (folder / f"loop{number}").symlink_to(".")
    (folder / "chain0").symlink_to("data.csv")
    for number in range(500):
        (folder / f"chain{number + 1}").symlink_to(f"chain{number}")


def _pipes(folder: Path) -> None:
    for number in range(200):
        os.mkfifo(folder / f"pipe{number}")
    os.mkfifo(folder / "notes.ipynb")


def _in_the_way(folder: Path) -> None:
    (folder / "data.csv").unlink()
    (folder / "data.csv").mkdir()
    (folder / "data.csv" / "more").write_text("1")


def _odd_notebooks(folder: Path) -> None:
    for name in ("zz\n.ipynb", os.fsdecode(b"\xff\xfe.ipynb"), "x" * 249 + ".ipynb", "*.ipynb"):
        (folder / name).write_text("{}")
    (folder / "folder.ipynb").mkdir()


def _raw_names(folder: Path) -> None:
    for name in ("a\x1b]0;owned\x07.txt", "b\x1b[2J.txt", "c\n[AutogradeApp | ERROR] forged"):
        (folder / name).write_text("1")
        (folder / f"{name}.ipynb").write_text("{}")


def _time(text: str) -> Callable[[Path], object]:
    return lambda folder: (folder / "timestamp.txt").write_text(text)


def _closed(folder: Path) -> None:
    (folder / "closed").mkdir()
    (folder / "closed" / "x").write_text("1")
    (folder / "closed").chmod(0)


TREES = (
    Tree("deep", deep(1100)),
    Tree("deeper", deep(5000)),
    Tree("deep_and_long", _deep_and_long),
    Tree("wide", _wide),
    Tree("wide_and_deep", _wide_and_deep),
    Tree("sparse", _sparse(1 << 42, "big.bin")),
    Tree("sparse_often", _sparse(90_000_000, *(f"{n}.bin" for n in range(200)))),
    Tree("links", _links),
    Tree("pipes", _pipes),
    Tree("in_the_way", _in_the_way),
    Tree("odd_notebooks", _odd_notebooks),
    Tree("closed", _closed),
    Tree("raw_names", _raw_names),
    Tree("far_future", _time("9999-12-31 23:59:59.999999 UTC")),
    Tree("long_past", _time("0001-01-01 00:00:00 UTC")),
    Tree("no_time", _time("now"), marked=False),
    Tree("time_without_end", _sparse(1 << 42, "timestamp.txt"), marked=False),
    Tree("eve\nx", lambda folder: None, marked=False),
    Tree(os.fsdecode(b"\xff\xfe"), lambda folder: None, marked=False),
    Tree("x" * 250, lambda folder: None, marked=False),
    Tree("esc\x1b]0;owned\x07\x1b[2J", lambda folder: None, marked=False),
)


def remove(folder: Path) -> None:
    """Remove a tree of any depth: Python 3.11's own `rmtree` recurses."""
    os.system(f"chmod -R u+rwX -- '{folder}'; rm -rf -- '{folder}'")
