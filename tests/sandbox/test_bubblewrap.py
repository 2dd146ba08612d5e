"""The command line as data: what is shown, and what is not."""

from __future__ import annotations

import dataclasses
import itertools
import sys
from pathlib import Path

import pytest

from autograder.sandbox.outside.bubblewrap import View, command
from autograder.sandbox.outside.environment import PythonEnvironment, variables
from autograder.sandbox.outside.places import IN_NAMESPACES

PYTHON = PythonEnvironment("/py/bin/python", ("/py/bin", "/py/lib"), ("/py/lib/site-packages",))


def line(python: PythonEnvironment = PYTHON, **changes) -> list[str]:
    view = View(python=python, scratch_bytes=1000, **changes)
    return command("bwrap", view, {"A": "b"}, ["python", "x.py"], seccomp_fd=9)


def pairs(arguments: list[str], option: str) -> set[tuple[str, str]]:
    return {
        (arguments[n + 1], arguments[n + 2])
        for n, argument in enumerate(arguments)
        if argument == option
    }


def test_nothing_of_the_host_is_bound_writable():
    assert "--bind" not in line(submission="/s", binds={"/fonts": "/.autograder/fonts"})
    assert {target for _, target in pairs(line(), "--dev-bind")} == {
        f"/dev/{name}" for name in ("null", "zero", "full", "random", "urandom")
    }


def test_every_namespace_is_new_and_no_other_can_be_made():
    assert {"--unshare-all", "--unshare-user", "--disable-userns", "--die-with-parent"} <= set(
        line()
    )
    assert "--share-net" not in line()
    assert "--clearenv" in line()


def test_environment_is_set_after_it_is_cleared():
    arguments = line()
    assert arguments.index("--clearenv") < arguments.index("--setenv")
    assert pairs(arguments, "--setenv") == {("A", "b")}


def test_root_is_read_only_once_all_is_in_place():
    arguments = line(submission="/s")
    last_mount = max(n for n, argument in enumerate(arguments) if argument.endswith("bind"))
    assert arguments[last_mount:].index("--remount-ro") > 0


def test_proc_is_read_only_or_absent():
    arguments = line()
    at = arguments.index("--proc")
    assert arguments[at : at + 4] == ["--proc", "/proc", "--remount-ro", "/proc"]
    assert "--proc" not in line(proc=False)


def test_scratch_has_a_size():
    arguments = line()
    at = arguments.index("--tmpfs")
    assert arguments[at - 2 : at + 2] == ["--size", "1000", "--tmpfs", "/tmp"]


def test_hidden_path_is_covered_after_it_was_shown():
    arguments = line(hidden=["/py/lib/course", "/elsewhere"])
    assert "/elsewhere" not in arguments
    shown = arguments.index("/py/lib")
    assert arguments.index("/py/lib/course") > shown


@pytest.mark.parametrize("linked", ["course", "installation", "both"])
def test_hidden_path_is_covered_whatever_links_lead_there(tmp_path: Path, linked: str):
    course = tmp_path / "inst" / "lib" / "course"
    course.mkdir(parents=True)
    (tmp_path / "to course").symlink_to(course)
    (tmp_path / "to lib").symlink_to(tmp_path / "inst" / "lib")
    hidden = course if linked == "installation" else tmp_path / "to course"
    shown = tmp_path / ("inst/lib" if linked == "course" else "to lib")
    arguments = line(dataclasses.replace(PYTHON, paths=(str(shown),)), hidden=[str(hidden)])
    covered = [b for a, b in itertools.pairwise(arguments) if a == "--tmpfs"]
    assert covered == ["/tmp", str(shown / "course")]


def test_of_an_installation_only_code_is_shown(monkeypatch, tmp_path: Path):
    for part in ("bin", "lib", "share/nbgrader/exchange", "etc"):
        (tmp_path / part).mkdir(parents=True)
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    shown = {path for path in PythonEnvironment.current().paths if path.startswith(str(tmp_path))}
    assert shown == {str(tmp_path / "bin"), str(tmp_path / "lib")}


def test_paths_that_lie_in_others_are_not_repeated():
    paths = [Path(path) for path in PythonEnvironment.current().paths]
    assert all(not a.is_relative_to(b) for a in paths for b in paths if a != b)


def test_course_beside_the_package_is_not_shown(tmp_path: Path):
    import autograder

    beside = Path(autograder.__file__).parents[1]
    assert str(beside) not in PythonEnvironment.current().paths


def test_nothing_of_the_graders_environment_is_handed_on(monkeypatch):
    monkeypatch.setenv("GRADER_TOKEN", "secret")
    assert "secret" not in variables(IN_NAMESPACES, compiled=True, cache="read").values()
