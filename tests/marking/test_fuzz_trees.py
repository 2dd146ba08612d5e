"""Thousands of folders that nobody would think of: none ends a run, none goes beyond its bounds."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from pathlib import Path

import hypothesis.strategies as st
from hypothesis import HealthCheck, example, given, settings
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config

from autograder.marking import files
from autograder.sandbox import tree

ENTRIES, DEPTH, FILE_BYTES, TOTAL_BYTES = 12, 4, 1_000, 2_500
BOUNDS = tree.Bounds(FILE_BYTES, TOTAL_BYTES, ENTRIES, DEPTH)

NAMES = st.one_of(
    st.sampled_from(
        [b"helper.py", b"a.ipynb", b"A.IPYNB", b"timestamp.txt", b".ipynb_checkpoints", b"x" * 255]
    ),
    st.binary(min_size=1, max_size=12).map(lambda name: name.translate(None, b"/\0") or b"_"),
).filter(lambda name: name not in (b".", b".."))
LEAVES = st.one_of(
    st.tuples(st.just("file"), st.integers(0, 3_000)),
    st.tuples(st.just("sparse"), st.integers(0, 1 << 42)),
    st.tuples(st.just("link"), st.sampled_from([b".", b"..", b"/", b"helper.py", b"nowhere"])),
    st.tuples(st.just("pipe"), st.none()),
    st.tuples(st.just("closed"), st.none()),
)
TREES = st.recursive(
    st.dictionaries(NAMES, LEAVES, max_size=6),
    lambda inner: st.dictionaries(NAMES, st.one_of(LEAVES, inner), max_size=6),
    max_leaves=25,
)
Grown = dict


def grow(folder: bytes, tree_: Grown) -> None:
    for name, what in tree_.items():
        path = os.path.join(folder, name)
        with contextlib.suppress(OSError):  # such as a name that this file system refuses
            if isinstance(what, dict):
                os.mkdir(path)
                grow(path, what)
                continue
            kind, value = what
            if kind in ("file", "sparse"):
                with open(path, "wb") as file:
                    file.write(b"x" * value) if kind == "file" else file.truncate(value)
            elif kind == "link":
                os.symlink(value, path)
            elif kind == "pipe":
                os.mkfifo(path)
            else:
                os.mkdir(path, 0o000)


def lying_in(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*"))


@settings(max_examples=1500, deadline=None, suppress_health_check=list(HealthCheck))
@given(TREES)
@example({b"d": {b"d": {b"d": {b"d": {b"d": {b"x": ("file", 1)}}}}}})
@example({b"%d" % number: ("file", 1) for number in range(40)})
@example({b"folder": ("closed", None)})
def test_a_copy_is_what_was_found_and_within_its_bounds(grown: Grown) -> None:
    with tempfile.TemporaryDirectory() as place:
        source, target = Path(place, "source"), Path(place, "target")
        source.mkdir()
        target.mkdir()
        grow(os.fsencode(source), grown)
        found = tree.look(source, BOUNDS)
        assert found == tree.look(source, BOUNDS)
        assert len(found) <= ENTRIES + 1
        assert tree.digest(source, found) == tree.digest(source, found)
        left_out = tree.copy(source, target, found)
        copied = lying_in(target)
        names = {os.fsencode(path.relative_to(target)) for path in copied}
        assert names == {os.fsencode(e.path) for e in found if e.path not in left_out}
        assert max((len(path.relative_to(target).parts) for path in copied), default=0) <= DEPTH
        sizes = [path.lstat().st_size for path in copied if stat.S_ISREG(path.lstat().st_mode)]
        assert max(sizes, default=0) <= FILE_BYTES
        assert sum(sizes) <= TOTAL_BYTES


@settings(max_examples=500, deadline=None, suppress_health_check=list(HealthCheck))
@given(TREES, TREES)
def test_a_kernel_sees_files_and_folders_and_what_it_sees_is_told_apart(
    one: Grown, other: Grown
) -> None:
    config = Config()
    config.CourseDirectory.max_file_size = 1
    config.CourseDirectory.max_dir_size = 3
    course = CourseDirectory(config=config)
    seen, digests = [], []
    for grown in (one, other):
        with tempfile.TemporaryDirectory() as place:
            grow(os.fsencode(place), grown)
            digests.append(files.digest_of_files(course, place))
            with files.kernel_folder(course, place) as folder:
                # What a kernel sees of its folder is all that the digest is of.
                assert files.digest_of_files(course, folder) == digests[-1]
                paths = lying_in(Path(folder))
                assert all(path.is_dir() or path.is_file() for path in paths)
                assert not any(path.is_symlink() for path in paths)
                assert not any(path.name.lower().endswith(".ipynb") for path in paths)
                seen.append(
                    [
                        (path.relative_to(folder), path.is_file() and path.read_bytes())
                        for path in paths
                    ]
                )
    assert (digests[0] == digests[1]) == (seen[0] == seen[1])
