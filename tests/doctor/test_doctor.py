"""What the doctor says of worlds in which something is missing: each finding can be produced."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from typing import Any, NoReturn

import pytest
from click.testing import CliRunner
from nbgrader.api import Base
from sqlalchemy import create_engine
from traitlets.config import Config

from autograder import compiled, doctor
from autograder.cli import main
from autograder.compiled import instructions
from autograder.doctor import course as course_checks
from autograder.doctor import jupyter, machine, notebooks, python
from autograder.doctor.findings import Finding, fine, warning, wrong
from autograder.nbgrader.examine import Examine
from autograder.sandbox import Abilities, SandboxStartError

GIB = 1 << 30
ABLE = Abilities("/usr/bin/bwrap", (0, 11), True, True, 7, True)


def levels(findings: Iterable[Finding]) -> list[str]:
    found = list(findings)
    assert all(bool(f.cure) == (f.level != "fine") for f in found)
    return [f.level for f in found]


def only(findings: Iterable[Finding]) -> Finding:
    (finding,) = findings
    assert bool(finding.cure) == (finding.level != "fine")
    return finding


# -- Python and packages -------------------------------------------------------------------------


@pytest.mark.parametrize(("version", "level"), [("3.11.0", "fine"), ("3.10.14", "wrong")])
def test_python(version: str, level: str) -> None:
    found = only(python.python_version(version, ">=3.11"))
    assert found.level == level
    assert version in found.says


def test_python_as_the_package_asks() -> None:
    assert only(python.python_version("3.9.1")).level == "wrong"


def installed(name: str) -> str:
    versions = {"jax": "0.8.1", "numpy": "2.3.0"}
    if name not in versions:
        raise metadata.PackageNotFoundError(name)
    return versions[name]


def test_a_package_is_missing() -> None:
    found = only(python.installed_packages(["nbgrader<0.10,>=0.9.5"], installed))
    assert (found.level, found.subject) == ("wrong", "nbgrader")
    assert "pip install 'nbgrader<0.10,>=0.9.5'" in found.cure


def test_a_package_is_too_old() -> None:
    found = only(python.installed_packages(["jax>=0.9,<0.12", "numpy>=2"], installed))
    assert (found.level, found.subject) == ("wrong", "jax")
    assert "0.8.1" in found.says


def test_packages_that_fit_and_those_of_an_extra() -> None:
    asked = ["numpy>=2", 'ruff>=0.9; extra == "dev"', 'colorama; sys_platform == "none"']
    found = only(python.installed_packages(asked, installed))
    assert found == fine("packages", "all 1 are installed, in versions that fit")


def test_this_environment_has_what_the_package_asks_for() -> None:
    assert levels(python.installed_packages()) == ["fine"]


# -- the machine ---------------------------------------------------------------------------------


def test_no_sandbox() -> None:
    cures = ("bubblewrap is not installed: install it.", "Allow namespaces. (It said: no)")
    unable = Abilities(cures=cures)
    found = list(machine.sandbox(unable))
    assert levels(found) == ["wrong", "wrong", "wrong"]
    assert [f.cure for f in found[:2]] == ["bubblewrap is not installed: install it", cures[1]]
    assert "Landlock 3" in found[2].cure
    assert list(machine.kernel(unable, never)) == []


def test_locked_without_namespaces() -> None:
    cures = ("The pod forbids user namespaces: ask for them.",)
    able = Abilities(landlock_abi=7, seccomp=True, cures=cures)
    found = only(machine.sandbox(able))
    assert found.level == "warning"
    assert "locked, without namespaces" in found.says
    assert "as your own user" in found.says
    assert found.cure == cures[0].rstrip(".")
    apart = only(machine.sandbox(replace(able, other_user=True)))
    assert "as a user of its own" in apart.says
    assert "under its locks" in only(machine.kernel(able, lambda: (True, ""))).says
    assert (
        "Landlock 3"
        in only(machine.kernel(replace(able, landlock_abi=3), lambda: (False, ""))).says
    )
    assert "never" in only(machine.sandbox(replace(able, cures=()), "never")).cure


def test_namespaces_that_are_required() -> None:
    able = Abilities(landlock_abi=7, seccomp=True, cures=("Install bubblewrap.",))
    found = list(machine.sandbox(able, "require"))
    assert levels(found) == ["wrong", "wrong"]
    assert "Examine.namespaces" in found[1].cure
    assert list(machine.kernel(able, never, "require")) == []


def never() -> NoReturn:
    raise AssertionError("no kernel can be started without a sandbox")


def test_a_sandbox_with_and_without_landlock() -> None:
    assert levels(machine.sandbox(ABLE)) == ["fine", "fine"]
    bare = Abilities(ABLE.bwrap, ABLE.bwrap_version, True, False, 0, True)
    sandbox, landlock = machine.sandbox(bare)
    assert (sandbox.level, landlock.level) == ("fine", "warning")
    assert "lsm=" in landlock.cure


def test_a_warm_kernel() -> None:
    assert only(machine.kernel(ABLE, lambda: (True, ""))).level == "fine"


@pytest.mark.parametrize(
    ("proc", "landlock", "why", "said", "cure"),
    [
        (True, 3, "", "Landlock 3", "Linux 6.12"),
        (True, 0, "", "no Landlock", "Linux 6.12"),
        (False, 7, "", "/proc", "systempaths=unconfined"),
        (True, 7, "it was not warm within 120 s", "not warm within 120 s", "memory"),
    ],
)
def test_kernels_are_cold(proc: bool, landlock: int, why: str, said: str, cure: str) -> None:
    able = Abilities(ABLE.bwrap, ABLE.bwrap_version, True, proc, landlock, True)
    found = only(machine.kernel(able, lambda: (False, why)))
    assert found.level == "warning"
    assert said in found.says
    assert cure in found.cure


def test_gradients_run_compiled_here(monkeypatch: pytest.MonkeyPatch) -> None:
    found = only(machine.gradients())
    assert found.level == ("warning" if compiled.why_plain() else "fine"), found
    if found.level == "fine":
        monkeypatch.setattr(compiled, "XLA_FLAGS", "")  # or any other reason that shows at work
        assert "other results" in only(machine.gradients()).says


def test_gradients_run_plain_under_an_unknown_python(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(instructions, "_MAGIC", 9999)
    found = only(machine.gradients())
    assert found.level == "warning"
    assert "the bytecode of this Python" in found.says
    assert "3.11 to 3.14" in found.cure


def test_the_trial_of_a_gradient_fails() -> None:
    def attempt() -> NoReturn:
        raise subprocess.TimeoutExpired("python", 120)

    if compiled.why_plain():
        pytest.skip(f"gradients run plain: {compiled.why_plain()}")
    found = only(machine.gradients(attempt))
    assert found.level == "warning"
    assert "timed out after 120 seconds" in found.says


@pytest.mark.parametrize(
    "error", [SandboxStartError("ended", "Bad"), RuntimeError("died"), PermissionError("no")]
)
def test_no_kernel_comes_up(error: Exception) -> None:
    def start() -> NoReturn:
        raise error

    found = only(machine.kernel(ABLE, start))
    assert found.level == "wrong"
    assert str(error) in found.says


@pytest.mark.parametrize(
    ("free", "level"), [(50 * GIB, "fine"), (GIB // 2, "warning"), (GIB // 20, "wrong")]
)
def test_disk(free: int, level: str, tmp_path: Path) -> None:
    assert only(machine.disk(tmp_path, free)).level == level
    assert str(tmp_path) in only(machine.disk(tmp_path)).says


@pytest.mark.parametrize(
    ("free", "level"), [(8 * GIB, "fine"), (2 * GIB, "warning"), (GIB // 2, "wrong")]
)
def test_memory(free: int, level: str) -> None:
    assert only(machine.memory(free)).level == level


# -- Jupyter -------------------------------------------------------------------------------------


SERVER = ("formgrader", "assignment_list", "validate_assignment", "course_list")


@pytest.fixture
def lab(tmp_path: Path) -> Callable[..., list[Finding]]:
    def look(off: str = "", *, installed: bool = True, disabled: Any = None) -> list[Finding]:
        parts = {f"nbgrader.server_extensions.{name}": name != off for name in SERVER}
        server = tmp_path / "jupyter_server_config.d" / "nbgrader.json"
        server.parent.mkdir()
        server.write_text(json.dumps({"ServerApp": {"jpserver_extensions": parts}}))
        if installed:
            (tmp_path / "labextensions" / "@jupyter" / "nbgrader").mkdir(parents=True)
        if disabled is not None:
            (tmp_path / "labconfig").mkdir()
            page = tmp_path / "labconfig" / "page_config.json"
            page.write_text(json.dumps({"disabledExtensions": disabled}))
        return list(jupyter.extensions([str(tmp_path)], [str(tmp_path)]))

    return look


def test_extensions_are_enabled(lab: Callable[..., list[Finding]]) -> None:
    assert levels(lab(disabled={"@jupyter/nbgrader": False})) == ["fine", "fine"]


def test_the_formgrader_is_off(lab: Callable[..., list[Finding]]) -> None:
    server, panels = lab("formgrader")
    assert (server.level, panels.level) == ("warning", "fine")
    assert "formgrader" in server.says
    assert "course_list" not in server.says


def test_the_panels_are_not_installed(lab: Callable[..., list[Finding]]) -> None:
    assert levels(lab(installed=False)) == ["fine", "warning"]


@pytest.mark.parametrize(
    "disabled", [["@jupyter/nbgrader"], {"@jupyter/nbgrader:formgrader": True}]
)
def test_the_panels_are_disabled(lab: Callable[..., list[Finding]], disabled: Any) -> None:
    assert levels(lab(disabled=disabled)) == ["fine", "warning"]


def test_extensions_of_this_environment() -> None:
    assert len(levels(jupyter.extensions())) == 2


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """What nbgrader and its configuration change of this process is put back after the test."""
    monkeypatch.setenv("PATH", os.environ["PATH"])
    monkeypatch.setattr(sys, "path", list(sys.path))
    return monkeypatch


# -- the configuration ---------------------------------------------------------------------------


def test_no_course_here(tmp_path: Path) -> None:
    app, findings = course_checks.configuration(tmp_path)
    assert app is None
    assert only(findings).level == "warning"


@pytest.mark.parametrize("text", ["c = get_config(\n", "import sys; sys.exit(3)", "1 / 0"])
def test_a_configuration_that_fails(text: str, tmp_path: Path, kept: pytest.MonkeyPatch) -> None:
    (tmp_path / "nbgrader_config.py").write_text(text)
    kept.chdir(tmp_path)
    app, findings = course_checks.configuration(tmp_path)
    assert app is None
    assert only(findings).level == "wrong"
    assert "cannot be read" in findings[0].says


def configured(steps: list[Any], **examine: Any) -> Config:
    return Config({"Autograde": {"autograde_preprocessors": steps}, "Examine": examine})


@pytest.mark.parametrize(
    ("config", "level", "said"),
    [
        (configured([course_checks.EXAMINE]), "fine", "sandbox"),
        (configured([Examine]), "fine", "sandbox"),
        (Config(), "wrong", "lacks"),
        (configured(["nbgrader.preprocessors.Execute"]), "wrong", "lacks"),
        (configured([course_checks.EXAMINE, "nbgrader.preprocessors.Execute"]), "wrong", "besides"),
        (configured([course_checks.EXAMINE], sandboxed=False), "warning", "sandboxed"),
    ],
)
def test_how_submissions_are_marked(config: Config, level: str, said: str) -> None:
    found = only(course_checks.preprocessors(config))
    assert found.level == level
    assert said in found.says


# -- the exchange --------------------------------------------------------------------------------


@pytest.fixture
def exchange(tmp_path: Path) -> Path:
    folder = tmp_path / "srv" / "exchange"
    folder.mkdir(parents=True)
    folder.chmod(0o777)
    return folder


def test_the_exchange_is_not_there(tmp_path: Path) -> None:
    found = only(course_checks.exchange(tmp_path / "none", tmp_path))
    assert found.level == "wrong"
    assert "mkdir" in found.cure


def test_the_exchange_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "exchange").touch()
    assert "no folder" in only(course_checks.exchange(tmp_path / "exchange", tmp_path)).says


def test_the_exchange_is_not_open_to_all(exchange: Path) -> None:
    exchange.chmod(0o755)
    found = only(course_checks.exchange(exchange, exchange.parent))
    assert found.level == "wrong"
    assert "chmod" in found.cure


def test_the_exchange_lies_in_the_course(exchange: Path) -> None:
    exchange.parent.chmod(0o700)
    found = only(course_checks.exchange(exchange, exchange.parent))
    assert found.level == "fine"
    assert "one person" in found.says


def test_nobody_gets_to_the_exchange(exchange: Path, tmp_path: Path) -> None:
    exchange.parent.chmod(0o700)
    assert only(course_checks.exchange(exchange, tmp_path / "course")).level == "warning"


# -- the gradebook -------------------------------------------------------------------------------


def test_a_gradebook_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    found = only(course_checks.gradebook(f"sqlite:///{tmp_path}/gradebook.db"))
    assert found.level == "fine"
    assert "not there yet" in found.says
    assert not list(tmp_path.iterdir())


def test_a_gradebook_opens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from nbgrader.api import Gradebook

    # As nbgrader_config.py does it: nbgrader makes a gradebook with the command beside this Python.
    monkeypatch.setenv("PATH", os.path.dirname(sys.executable), prepend=os.pathsep)
    tmp_path = tmp_path / "a 50% course"
    tmp_path.mkdir()
    url = f"sqlite:///{tmp_path}/gradebook.db"
    with Gradebook(url, "course") as made:
        made.add_student("ada")
    before = (tmp_path / "gradebook.db").read_bytes()
    found = only(course_checks.gradebook(url))
    assert found.level == "fine"
    assert "students: 1" in found.says
    assert (tmp_path / "gradebook.db").read_bytes() == before


@pytest.mark.parametrize("name", ["course #1", "course 100% sure", "Kurs Übung"])
def test_a_gradebook_is_read_and_nothing_made_wherever_it_lies(tmp_path: Path, name: str) -> None:
    root = tmp_path / name
    root.mkdir()
    url = f"sqlite:///{root}/gradebook.db"
    engine = create_engine(url)
    Base.metadata.create_all(engine)
    engine.dispose()
    found = only(course_checks.gradebook(url))
    assert "assignments: 0, students: 0" in found.says
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_gradebook_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "gradebook.db").write_text("Not a data base. " * 100)
    found = only(course_checks.gradebook(f"sqlite:///{tmp_path}/gradebook.db"))
    assert found.level == "wrong"
    assert "was not made by this nbgrader" in found.says


def test_a_gradebook_of_an_older_nbgrader(tmp_path: Path) -> None:
    base = sqlite3.connect(tmp_path / "gradebook.db")
    base.execute("CREATE TABLE assignment (id VARCHAR(32), name VARCHAR(128))")
    base.close()
    before = (tmp_path / "gradebook.db").read_bytes()
    found = only(course_checks.gradebook(f"sqlite:///{tmp_path}/gradebook.db"))
    assert found.level == "wrong"
    assert "nbgrader db upgrade" in found.cure
    assert (tmp_path / "gradebook.db").read_bytes() == before


def test_a_gradebook_that_is_being_written(tmp_path: Path) -> None:
    path = tmp_path / "gradebook.db"
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("CREATE TABLE assignment (id VARCHAR(32))")
        other.execute("BEGIN EXCLUSIVE")
        found = only(course_checks.gradebook(f"sqlite:///{path}"))
    assert found.level == "warning"
    assert "wait" in found.cure


@pytest.mark.parametrize("url", ["gradebook.db", "nosuchbase://host/x"])
def test_a_gradebook_under_no_address(url: str) -> None:
    assert only(course_checks.gradebook(url)).level == "wrong"


# -- source and release --------------------------------------------------------------------------


@pytest.fixture
def here(course: Path, tmp_path: Path) -> Path:
    for part in ("source", "release"):
        name = f"{part}/gradient_descent"
        shutil.copytree(course / name, tmp_path / name)
    return tmp_path


def assignments(folder: Path) -> Iterator[Finding]:
    return notebooks.assignments(folder / "source", folder / "release")


def edit(path: Path, change: Callable[[list[dict[str, Any]]], None]) -> None:
    notebook = json.loads(path.read_text())
    change(notebook["cells"])
    path.write_text(json.dumps(notebook))


def cell_of(cells: list[dict[str, Any]], grade_id: str) -> dict[str, Any]:
    (cell,) = [c for c in cells if c["metadata"].get("nbgrader", {}).get("grade_id") == grade_id]
    return cell


def test_the_release_of_this_repository_follows(here: Path) -> None:
    assert only(assignments(here)).level == "fine"


def test_no_source(tmp_path: Path) -> None:
    assert only(assignments(tmp_path)).level == "wrong"


def test_nothing_is_generated(here: Path) -> None:
    shutil.rmtree(here / "release")
    found = only(assignments(here))
    assert found.level == "warning"
    assert found.cure == "`nbgrader generate_assignment gradient_descent`"


def test_a_notebook_is_not_generated(here: Path) -> None:
    (here / "release/gradient_descent/02_minima.ipynb").unlink()
    found = only(assignments(here))
    assert found.level == "warning"
    assert "02_minima" in found.says


def other_points(cells: list[dict[str, Any]]) -> None:
    cell_of(cells, "func_minimum_check")["metadata"]["nbgrader"]["points"] = 7


def other_text(cells: list[dict[str, Any]]) -> None:
    next(c for c in cells if c["cell_type"] == "markdown")["source"] = "# Another title"


def another_exercise_fewer(cells: list[dict[str, Any]]) -> None:
    cells.remove(cell_of(cells, "knobs"))


@pytest.mark.parametrize("change", [other_points, other_text, another_exercise_fewer])
def test_the_source_has_changed_since(
    here: Path, change: Callable[[list[dict[str, Any]]], None]
) -> None:
    edit(here / "source/gradient_descent/02_minima.ipynb", change)
    found = only(assignments(here))
    assert found.level == "warning"
    assert found.says.endswith(": 02_minima")


def test_another_solution_leaves_the_release_as_it_is(here: Path) -> None:
    def change(cells: list[dict[str, Any]]) -> None:
        cell_of(cells, "func_minimum")["source"] = "### BEGIN SOLUTION\nx = 1\n### END SOLUTION"

    edit(here / "source/gradient_descent/02_minima.ipynb", change)
    assert only(assignments(here)).level == "fine"


@pytest.mark.parametrize("text", ["{", "[]", '{"cells": [1]}', "{}"])
def test_a_source_that_is_no_notebook(here: Path, text: str) -> None:
    (here / "source/gradient_descent/02_minima.ipynb").write_text(text)
    assert only(assignments(here)).level == "wrong"


# -- the command ---------------------------------------------------------------------------------

ODD = warning("disk", "0.5 GiB free", "make room")
BAD = wrong("exchange", "is not there", "`mkdir exchange`")


@pytest.mark.parametrize(
    ("found", "status"), [([fine("Python", "3.12.1")], 0), ([ODD], 0), ([ODD, BAD], 1)]
)
def test_the_exit_status_is_for_scripts(
    found: list[Finding], status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "examine", lambda: iter(found))
    for options in ([], ["--json"]):
        done = CliRunner().invoke(main, ["doctor", *options])
        assert done.exit_code == status, done.output


def test_lines_and_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "examine", lambda: iter([fine("Python", "3.12.1"), BAD]))
    lines = CliRunner().invoke(main, ["doctor"]).output.splitlines()
    assert lines == [
        "fine: Python: 3.12.1.",
        "wrong: exchange: is not there. Cure: `mkdir exchange`.",
    ]
    told = json.loads(CliRunner().invoke(main, ["doctor", "--json"]).output)
    assert (told["fine"], told["warning"], told["wrong"]) == (1, 0, 1)
    assert told["findings"][1] == {
        "level": "wrong",
        "subject": "exchange",
        "says": "is not there",
        "cure": "`mkdir exchange`",
    }


def test_a_table_on_a_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setattr(doctor, "examine", lambda: iter([ODD, BAD]))
    with pytest.raises(SystemExit):
        main(["doctor"])
    shown = capsys.readouterr().out
    assert "\x1b[" in shown
    assert "Cure: `mkdir exchange`" in shown


def test_what_breaks_is_said_and_the_rest_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> Iterator[Finding]:
        yield ODD
        raise ImportError("no such symbol")

    monkeypatch.setattr(doctor, "_installation", lambda: iter([fine("Python", "3.12.1")]))
    monkeypatch.setattr(doctor, "_machine", broken)
    monkeypatch.setattr(doctor, "_course", lambda: iter([BAD]))
    found = list(doctor.examine())
    assert levels(found) == ["fine", "warning", "wrong", "wrong"]
    assert "no such symbol" in found[2].says


def test_a_new_course_is_sound(tmp_path: Path, kept: pytest.MonkeyPatch) -> None:
    """The course's part on a real one, through nbgrader's own application."""
    CliRunner().invoke(main, ["quickstart", str(tmp_path / "course")])
    kept.chdir(tmp_path / "course")
    found = {f.subject: f for f in doctor._course()}
    assert {f.level for f in found.values()} == {"fine", "warning"}
    assert found["gradient_descent"].says == "has not been generated"
    assert found["exchange"].level == "fine"
