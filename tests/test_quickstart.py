"""A new course directory, from the repository; from an installation: tests/installed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from traitlets.config.loader import PyFileConfigLoader

from autograder import distribution
from autograder.cli import main
from autograder.sandbox.outside.environment import PythonEnvironment

NOTEBOOKS = ["01_derivatives.ipynb", "02_minima.ipynb", "03_goldfield.ipynb"]
SOLUTION = b"### BEGIN SOLUTION"


def run(folder: Path, *options: str) -> Result:
    return CliRunner().invoke(main, ["quickstart", str(folder), *options])


def test_a_new_course_works_with_nbgrader(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "course"
    done = run(folder)
    assert done.exit_code == 0, done.output
    assert sorted(p.name for p in folder.iterdir()) == ["README.md", "nbgrader_config.py", "source"]
    for path in (folder, folder / "source"):
        assert path.stat().st_mode & 0o077 == 0  # solutions are for the lecturer alone
    assert folder.parent.stat().st_mode & 0o077  # what lies beside it is none of our business

    line = [sys.executable, "-m", "nbgrader", "generate_assignment", "gradient_descent"]
    made = subprocess.run(line, cwd=folder, capture_output=True, text=True)
    assert made.returncode == 0, made.stderr
    released = folder / "release" / "gradient_descent"
    assert sorted(p.name for p in released.glob("*.ipynb")) == NOTEBOOKS
    assert all(SOLUTION not in p.read_bytes() for p in released.iterdir())


def test_an_empty_folder_will_do(tmp_path: Path) -> None:
    tmp_path.chmod(0o2770)  # made ready for a group of graders
    assert run(tmp_path).exit_code == 0
    assert (tmp_path / "nbgrader_config.py").is_file()
    assert tmp_path.stat().st_mode & 0o7777 == 0o2770


@pytest.fixture
def jupyter_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path / "home" / ".jupyter"))
    return tmp_path / "home" / ".jupyter" / "nbgrader_config.py"


def test_the_formgrader_is_told_of_the_course(jupyter_home: Path, tmp_path: Path) -> None:
    done = run(tmp_path / "it's mine", "--formgrader")
    assert done.exit_code == 0, done.output
    assert str(jupyter_home) in done.output
    config = PyFileConfigLoader(str(jupyter_home)).load_config()
    assert config.CourseDirectory.root == str(tmp_path / "it's mine")


def test_what_the_formgrader_was_told_before_stays(jupyter_home: Path, tmp_path: Path) -> None:
    jupyter_home.parent.mkdir(parents=True)
    jupyter_home.write_text("# mine")
    done = run(tmp_path / "course", "--formgrader")
    assert done.exit_code == 1
    assert f"c.CourseDirectory.root = '{tmp_path / 'course'}'" in done.output
    assert jupyter_home.read_text() == "# mine"
    assert (tmp_path / "course" / "nbgrader_config.py").is_file()


def test_a_configuration_that_cannot_be_written_is_said(jupyter_home: Path, tmp_path: Path) -> None:
    jupyter_home.parent.parent.write_text("no folder")
    done = run(tmp_path / "course", "--formgrader")
    assert done.exit_code == 1
    assert done.output.count("\n") == 1
    assert f"{jupyter_home} cannot be written" in done.output


def test_on_a_hub_one_is_told_how_the_formgrader_finds_it(
    jupyter_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "CourseDirectory" not in run(tmp_path / "at_a_desk").output
    monkeypatch.setenv("JUPYTERHUB_USER", "grader")
    done = run(tmp_path / "course")
    assert f"c.CourseDirectory.root = '{tmp_path / 'course'}'" in done.output
    assert not jupyter_home.exists()


def test_the_readme_names_the_steps(tmp_path: Path) -> None:
    run(tmp_path)
    text = (tmp_path / "README.md").read_text()
    steps = ["generate_assignment", "release_assignment", "collect", "autograder grade", "export"]
    places = [text.index(step) for step in steps]
    assert places == sorted(places)


def test_a_folder_that_holds_something_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("mine")
    done = run(tmp_path)
    assert done.exit_code == 1
    assert "holds something already" in done.output
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "course").write_text("mine")
    done = run(tmp_path / "course")
    assert done.exit_code == 1
    assert "holds something already" in done.output


def test_a_place_that_cannot_be_written_is_said_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = run(tmp_path / "file" / "course")
    assert done.exit_code == 2
    assert done.output.startswith("Error: ")
    assert "is no folder" in done.output


def test_the_sandbox_does_not_show_the_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for part in ("bin", "lib", "share/autograder/course"):
        (tmp_path / part).mkdir(parents=True)
    for prefix in ("prefix", "exec_prefix"):
        monkeypatch.setattr(sys, prefix, str(tmp_path))
    shown = [Path(path) for path in PythonEnvironment.current().paths]
    assert tmp_path / "lib" in shown
    assert not [p for p in shown if (tmp_path / distribution.SHARED).is_relative_to(p)]
