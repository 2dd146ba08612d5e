"""What the doctor says where others have accounts: of a course's rights, of a server on a hub."""

from __future__ import annotations

import grp
import json
import os
import re
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from nbgrader.coursedir import CourseDirectory

from autograder import doctor
from autograder.doctor import hub, jupyter
from autograder.doctor.findings import Finding
from autograder.doctor.rights import readers, rights
from autograder.nbgrader import formgrader


def only(findings: Iterable[Finding]) -> Finding:
    (finding,) = findings
    assert bool(finding.cure) == (finding.level != "fine")
    return finding


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that others get to, with a course whose folders are as open as it is.

    pytest's own lie in one that is closed.
    """
    folder = Path(tempfile.mkdtemp(dir="/var/tmp"))
    folder.chmod(0o755)
    for name in ("course/source", "course/submitted", "course/exchange", "elsewhere"):
        (folder / name).mkdir(parents=True)
        (folder / name).chmod(0o755)
    (folder / "course").chmod(0o755)
    (folder / "course" / "gradebook.db").touch(0o644)
    yield folder
    shutil.rmtree(folder)


def course_in(home: Path, **settings: Any) -> CourseDirectory:
    return CourseDirectory(root=str(home / "course"), **settings)


def a_group_of_many(monkeypatch: pytest.MonkeyPatch) -> None:
    def of(gid: int) -> grp.struct_group:
        return grp.struct_group(("staff", "x", gid, ["ada", "bob"]))

    monkeypatch.setattr(grp, "getgrgid", of)


def cured(finding: Finding) -> None:
    """Type what the cure says."""
    (command,) = re.findall(r"`(chmod .*?)`", finding.cure)
    subprocess.run(shlex.split(command), check=True)


def test_a_course_that_others_can_enter(home: Path) -> None:
    course = course_in(home)
    found = only(rights(course, home / "elsewhere"))
    assert found.level == "warning"
    assert f"others on this machine can read or change {course.root}" in found.says
    cured(found)
    assert only(rights(course, home / "elsewhere")).level == "fine"
    assert (home / "course" / "source").stat().st_mode & 0o777 == 0o755  # not -R


def test_a_closed_folder_above_is_enough(home: Path) -> None:
    home.chmod(0o700)
    assert only(rights(course_in(home), home / "elsewhere")).level == "fine"


def test_a_course_stays_open_whose_exchange_lies_in_it(home: Path) -> None:
    course = course_in(home)
    found = only(rights(course, home / "course" / "exchange"))
    assert "gradebook.db, source, submitted" in ", ".join(
        sorted(re.findall(r"\b(?:gradebook\.db|source|submitted|exchange)\b", found.says))
    )
    cured(found)
    assert only(rights(course, home / "course" / "exchange")).level == "fine"
    assert readers(home / "course" / "exchange") == "others"


def test_a_gradebook_elsewhere_is_looked_at(home: Path) -> None:
    book = home / "elsewhere" / "a book.db"
    book.touch(0o644)
    (home / "course").chmod(0o700)
    course = course_in(home, db_url=f"sqlite:///{book}")
    found = only(rights(course, home / "exchange"))
    assert str(book) in found.says
    cured(found)
    assert book.stat().st_mode & 0o777 == 0o600


def test_a_gradebook_elsewhere_is_named_where_the_exchange_is_not(home: Path) -> None:
    book = home / "elsewhere" / "gradebook.db"
    book.touch(0o644)
    course = course_in(home, db_url=f"sqlite:///{book}")
    found = only(rights(course, home / "course" / "exchange"))
    assert str(book) in found.says
    assert " source," in found.says or " source:" in found.says
    cured(found)
    assert book.stat().st_mode & 0o777 == 0o600


def test_a_group_without_a_name(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def nameless(path: Path) -> str:
        raise KeyError(path.stat().st_gid)

    (home / "course").chmod(0o750)
    a_group_of_many(monkeypatch)
    monkeypatch.setattr(Path, "group", nameless)
    group = (home / "course").stat().st_gid
    found = only(rights(course_in(home), home / "elsewhere"))
    assert found.says.startswith(f"the group {group} on this machine")


@pytest.mark.parametrize(
    "url", ["sqlite://", "sqlite:///:memory:", "postgresql://grader@db/grades"]
)
def test_a_gradebook_that_is_no_file(url: str, home: Path) -> None:
    (home / "course").chmod(0o700)
    assert only(rights(course_in(home, db_url=url), home / "elsewhere")).level == "fine"


def test_a_group_counts_unless_it_is_ones_own(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "course").chmod(0o750)
    course, exchange = course_in(home), home / "elsewhere"
    shared = course_in(home, groupshared=True)
    a_group_of_many(monkeypatch)
    monkeypatch.setattr(Path, "group", lambda self: "staff")
    found = only(rights(course, exchange))
    assert found.says.startswith("the group staff on this machine")
    # Graders who share a course through their group are no others.
    assert only(rights(shared, exchange)).says == "your group alone can read the course"
    cured(found)
    assert only(rights(course, exchange)).level == "fine"


def test_a_shared_course_is_closed_to_all_but_the_group(home: Path) -> None:
    (home / "course").chmod(0o2775)
    found = only(rights(course_in(home, groupshared=True), home / "elsewhere"))
    assert found.level == "warning"
    cured(found)
    assert (home / "course").stat().st_mode & 0o7777 == 0o2770


def test_a_file_that_others_can_only_write(home: Path) -> None:
    book = home / "course" / "gradebook.db"
    book.chmod(0o602)
    assert readers(book) == "others"
    book.chmod(0o601)
    assert readers(book) == ""


# -- a server on a hub ---------------------------------------------------------------------------


@pytest.fixture
def jupyter_config(tmp_path: Path) -> list[str]:
    """Jupyter's configuration with all of nbgrader on, as nbgrader installs it."""
    server = tmp_path / "jupyter_server_config.d" / "nbgrader.json"
    server.parent.mkdir()
    names = (*jupyter.STUDENTS, *jupyter.INSTRUCTORS)
    enabled = {f"nbgrader.server_extensions.{name}": True for name in names}
    server.write_text(json.dumps({"ServerApp": {"jpserver_extensions": enabled}}))
    return [str(tmp_path)]


def switch_off(config_path: list[str], names: Iterable[str], panels: Iterable[str]) -> None:
    server = Path(config_path[0], "jupyter_server_config.json")
    off = {f"nbgrader.server_extensions.{name}": False for name in names}
    server.write_text(json.dumps({"ServerApp": {"jpserver_extensions": off}}))
    page = Path(config_path[0], "labconfig", "page_config.json")
    page.parent.mkdir(exist_ok=True)
    page.write_text(json.dumps({"disabledExtensions": dict.fromkeys(panels, True)}))


def test_a_students_server_with_everything_on(jupyter_config: list[str]) -> None:
    found = only(hub.student(jupyter_config))
    assert found.level == "warning"
    for name in ("server_extensions.formgrader", "server_extensions.course_list"):
        assert f"nbgrader.{name}" in found.cure
    assert "@jupyter/nbgrader:create-assignment" in found.cure


def test_a_students_server_with_the_formgrader_off(jupyter_config: list[str]) -> None:
    panels = [f"@jupyter/nbgrader:{panel}" for panel in jupyter.PANELS]
    switch_off(jupyter_config, ["course_list"], panels)
    found = only(hub.student(jupyter_config))
    assert (
        "`jupyter server extension disable --sys-prefix nbgrader.server_extensions.formgrader`"
        in (found.cure)
    )
    assert "course_list" not in found.cure
    assert "labextension" not in found.cure
    switch_off(jupyter_config, jupyter.INSTRUCTORS, panels)
    assert only(hub.student(jupyter_config)).level == "fine"
    switch_off(jupyter_config, jupyter.INSTRUCTORS, ["@jupyter/nbgrader"])
    assert only(hub.student(jupyter_config)).level == "fine"


def test_nothing_is_missing_in_a_students_server(jupyter_config: list[str], tmp_path: Path) -> None:
    panels = [f"@jupyter/nbgrader:{panel}" for panel in jupyter.PANELS]
    switch_off(jupyter_config, jupyter.INSTRUCTORS, panels)
    (tmp_path / "labextensions" / "@jupyter" / "nbgrader").mkdir(parents=True)
    paths = (jupyter_config, [str(tmp_path)])
    assert [f.level for f in jupyter.extensions(*paths, student=True)] == ["fine", "fine"]
    assert [f.level for f in jupyter.extensions(*paths)] == ["warning", "warning"]


def test_a_students_environment_with_the_solutions(jupyter_config: list[str]) -> None:
    _, found = hub.student(jupyter_config, solutions=Path("/opt/all/share/autograder/course"))
    assert (found.subject, found.level) == ("solutions", "warning")
    assert "/opt/all/share/autograder/course" in found.says


@pytest.fixture
def on_a_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home on a hub, where one's own configuration is the only one."""
    monkeypatch.setenv("JUPYTERHUB_USER", "grader")
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path / ".jupyter"))
    monkeypatch.setenv("PATH", os.environ["PATH"])
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_formgrader_that_finds_nothing(on_a_hub: Path) -> None:
    course = on_a_hub / "course"
    found = only(hub.grader(course, hub.configured_course()))
    assert found.level == "warning"
    assert f"c.CourseDirectory.root = '{course}'" in found.cure
    formgrader.name_course(course)
    assert only(hub.grader(course, hub.configured_course())).level == "fine"
    other = only(hub.grader(on_a_hub / "other", hub.configured_course()))
    assert f"looks in {course}, and not in {on_a_hub / 'other'}" in other.says


def test_a_configured_course_is_found_from_home(on_a_hub: Path) -> None:
    assert doctor._course_folder() is None
    formgrader.name_course(on_a_hub / "course")
    assert doctor._course_folder() is None  # it is not there
    (on_a_hub / "course").mkdir()
    (on_a_hub / "course" / "nbgrader_config.py").touch()
    assert doctor._course_folder() == on_a_hub / "course"
    here = on_a_hub / "nbgrader_config.py"
    here.write_text(formgrader.lines(on_a_hub))
    assert doctor._course_folder() == on_a_hub
    # The formgrader, which is started elsewhere, does not see what is here.
    assert hub.configured_course() == on_a_hub / "course"


def test_a_server_without_a_course_is_a_students_on_a_hub_alone(
    on_a_hub: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert {f.subject for f in doctor._course()} == {"hub", "solutions", "course"}
    monkeypatch.delenv("JUPYTERHUB_USER")
    assert {f.subject for f in doctor._course()} == {"course"}
