"""Solutions are in nothing that students install, and instructors have all of them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import nbformat
import pytest

import autograder
from autograder import distribution
from autograder.distribution import COURSE, DISTRIBUTION
from tests.installed.conftest import Built, Environment

NOTEBOOKS = [
    *("01_derivatives.ipynb", "02_minima.ipynb", "03_goldfield.ipynb"),
    *("bug_hunt.ipynb", "starred.ipynb"),
]


def contents(archive: Path) -> Iterator[tuple[str, bytes]]:
    """Name and bytes of each file in an archive, without the folder that an sdist has on top."""
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            yield from ((name, wheel.read(name)) for name in wheel.namelist())
    else:
        with tarfile.open(archive) as sdist:
            for member in sdist.getmembers():
                if file := sdist.extractfile(member):
                    yield member.name.partition("/")[2], file.read()


@pytest.fixture(scope="module")
def solutions(course: Path) -> set[bytes]:
    """Lines of the solutions, but for those too short to give anything away."""
    lines = set()
    for path in sorted(course.glob("source/*/*.ipynb")):
        for cell in nbformat.read(path, as_version=4).cells:
            if not cell.metadata.get("nbgrader", {}).get("solution"):
                continue
            texts = re.findall(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", cell.source, re.DOTALL)
            if cell.cell_type == "markdown":
                texts = [cell.source]
            lines |= {line.strip() for text in texts for line in text.splitlines()}
    return {line.encode() for line in lines if len(re.sub(r"\W", "", line)) > 8}


def given_away(content: bytes, solutions: set[bytes]) -> set[bytes]:
    """The lines of the solutions that stand in a file, plainly or in the JSON of a notebook."""
    lines = {line.strip() for line in content.splitlines()}
    for quoted in re.findall(rb'^\s*("(?:[^"\\]|\\.)*"),?\s*$', content, re.MULTILINE):
        lines.add(str(json.loads(quoted)).strip().encode())
    return lines & solutions


def test_solutions_are_found_where_they_are(built: Built, solutions: set[bytes]) -> None:
    """The searches below would find nothing in nothing."""
    assert len(solutions) > 40
    for archive in (built.course_wheel, built.course_sdist):
        found = set().union(*(given_away(data, solutions) for _, data in contents(archive)))
        assert found == solutions


@pytest.mark.parametrize("kind", ["wheel", "sdist"])
def test_no_solution_is_in_what_students_install(
    kind: str, built: Built, solutions: set[bytes]
) -> None:
    files = dict(contents(getattr(built, kind)))
    assert "autograder/check.py" in files
    assert {
        name: found for name, data in files.items() if (found := given_away(data, solutions))
    } == {}
    assert [name for name, data in files.items() if name.endswith(".ipynb")] == []
    # Nor work that was marked as right: tests, the corpus, the sample class.
    tops = {name.partition("/")[0] for name in files}
    allowed = {"autograder", "README.md", "LICENSE", "CHANGELOG.md", "pyproject.toml", "PKG-INFO"}
    info = f"{built.wheel.name.removesuffix('-py3-none-any.whl')}.dist-info"
    assert tops <= {*allowed, info, ".gitignore"}


def test_no_solution_is_in_the_environment_of_a_student(
    built: Built, solutions: set[bytes], tmp_path: Path
) -> None:
    made = Environment.make(tmp_path / "env", "--python", sys.executable)
    before = {path for path in made.folder.rglob("*") if path.is_file()}
    made.install("--no-deps", built.wheel)
    files = {path for path in made.folder.rglob("*") if path.is_file()} - before
    assert any(path.name == "check.py" for path in files)
    assert [path for path in files if given_away(path.read_bytes(), solutions)] == []
    assert [path for path in files if path.suffix == ".ipynb"] == []


def test_no_extra_of_the_students_package_brings_the_course(built: Built) -> None:
    """A hub's students have the extra `classroom`; graders' servers may be apart from them."""
    (text,) = (data for name, data in contents(built.wheel) if name.endswith("/METADATA"))
    assert COURSE not in re.findall(r"^Requires-Dist: ([\w.-]+)", text.decode(), re.MULTILINE)


def test_both_packages_are_of_one_version(built: Built) -> None:
    said = {}
    for archive in (built.wheel, built.course_wheel):
        (text,) = (data for name, data in contents(archive) if name.endswith("/METADATA"))
        said[archive] = text.decode()
        assert f"\nVersion: {autograder.__version__}\n" in said[archive]
    assert metadata.version(DISTRIBUTION) == autograder.__version__
    assert f"\nName: {COURSE}\n" in said[built.course_wheel]
    requires = f"\nRequires-Dist: {DISTRIBUTION}[marking]=={autograder.__version__}\n"
    assert requires in said[built.course_wheel]


@pytest.fixture(scope="module")
def instructor(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """Our packages installed; what they ask for is taken from the environment of the tests."""
    made = Environment.make(
        tmp_path_factory.mktemp("instructor") / "env", "--python", sys.executable
    )
    made.install("--no-deps", built.wheel, built.course_wheel)
    (packages,) = made.folder.glob("lib/*/site-packages")
    theirs = [path for path in sys.path if path.endswith("site-packages")]
    (packages / "theirs.pth").write_text("\n".join(theirs))
    return made


def test_the_installed_course_becomes_a_course_directory(
    instructor: Environment, course: Path, tmp_path: Path
) -> None:
    done = instructor.run("autograder", "quickstart", tmp_path / "course")
    assert done.returncode == 0, done.stderr
    made = {p.name: p.read_bytes() for p in (tmp_path / "course").glob("source/*/*")}
    assert sorted(made) == NOTEBOOKS
    assert made == {p.name: p.read_bytes() for p in course.glob("source/*/*.ipynb")}
    config = (tmp_path / "course" / distribution.CONFIG).read_bytes()
    assert config == (course / distribution.CONFIG).read_bytes()


def test_without_the_course_quickstart_says_what_to_install(
    instructor: Environment, tmp_path: Path
) -> None:
    shared = instructor.folder / distribution.SHARED
    away = shared.rename(tmp_path / "away")
    try:
        done = instructor.run("autograder", "quickstart", tmp_path / "course")
    finally:
        away.rename(shared)
    assert done.returncode == 1
    assert f"pip install {COURSE}" in done.stderr
    assert not (tmp_path / "course").exists()


def test_the_course_is_built_from_a_copy_that_stands_alone(built: Built, tmp_path: Path) -> None:
    """The sdist holds all that its wheel needs, wherever it is unpacked."""
    with tarfile.open(built.course_sdist) as sdist:
        sdist.extractall(tmp_path, filter="data")
    (unpacked,) = tmp_path.iterdir()
    line = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path)]
    subprocess.run([*line, str(unpacked)], check=True, capture_output=True)
    (again,) = tmp_path.glob("*.whl")
    assert dict(contents(again)) == dict(contents(built.course_wheel))
