"""The released notebooks run and check where only what students install is installed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import nbformat
import pytest
from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpec
from nbclient import NotebookClient

from autograder.demo.students import SampleStudent, load_students
from autograder.distribution import COURSE, DISTRIBUTION
from tests.installed.conftest import COLAB, Built, Environment, uv

pytestmark = pytest.mark.timeout(1800)

NAMES = ("01_derivatives", "02_minima", "03_goldfield")
WRONG = "mistaken = lambda x: -(2 * x + 3)\ncheck.gradient('mistaken', of=f)"


@pytest.fixture(scope="module")
def students(course: Path) -> dict[str, SampleStudent]:
    return {s.student_id: s for s in load_students(course / "sample_class")}


def run(notebook: Any, environment: Environment, path: Path) -> None:
    """Run a notebook with a kernel of the environment, which is told where the notebook lies."""
    nbformat.write(notebook, path)
    argv = [str(environment.python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]

    class Theirs(AsyncKernelManager):
        """Starts a kernel of the environment; the client makes it, and so ends it, too."""

        kernel_spec = KernelSpec(argv=argv)

    client = NotebookClient(notebook, kernel_manager_class=Theirs, allow_errors=True, timeout=900)
    client.execute(
        cwd=str(path.parent), env={**environment.variables, "JPY_SESSION_NAME": str(path)}
    )


def shown(cell: Any) -> str:
    """What a cell's outputs say as text."""
    texts = []
    for output in cell.outputs:
        data = output.get("data", {}).get("text/plain", "")
        texts.append(output.get("text", "") or output.get("evalue", "") or data)
    return "\n".join(texts)


def solved_and_checked(
    course: Path, student: SampleStudent, environment: Environment, folder: Path
) -> None:
    """A student's right answers are found right in all notebooks, and a wrong one is drawn."""
    checked = 0
    for name in NAMES:
        notebook = nbformat.read(course / "release" / "gradient_descent" / f"{name}.ipynb", 4)
        student.solve(notebook)
        extra = ["progress()", "import autograder; print(autograder.__file__)"]
        extra += [WRONG] if name == NAMES[0] else []
        added = [nbformat.v4.new_code_cell(source) for source in extra]
        notebook.cells += added
        run(notebook, environment, folder / f"{name}.ipynb")
        for cell in notebook.cells:
            errors = [o for o in cell.get("outputs", []) if o.output_type == "error"]
            if cell.source == WRONG:
                (error,) = errors
                assert error.ename == "CheckFailed"
                (card,) = (o.data for o in cell.outputs if o.output_type == "display_data")
                assert "minus the derivative" in card["text/plain"]
                assert "<img" in card["text/html"] or "<svg" in card["text/html"]
                continue
            assert not errors, (name, cell.source, shown(cell))
            if cell.metadata.get("nbgrader", {}).get("grade_id", "").endswith("_check"):
                # On a slow machine, a check says first that it takes long.
                assert re.search(r"^✓ \w+: right", shown(cell), re.MULTILINE), shown(cell)
                checked += 1
        assert "points" in shown(added[0])
        assert Path(shown(added[1]).strip()).is_relative_to(environment.folder)
    assert checked == 18


def test_the_notebooks_check_with_the_newest_versions(
    newest: Environment, course: Path, students: dict[str, SampleStudent], tmp_path: Path
) -> None:
    newest.install("ipykernel")
    solved_and_checked(course, students["student04_compiled"], newest, tmp_path)


def test_the_notebooks_check_with_the_lowest_versions(
    oldest: Environment, course: Path, students: dict[str, SampleStudent], tmp_path: Path
) -> None:
    before = oldest.versions()
    for name, version in (("ipython", "7.34.0"), ("jax", "0.7.0"), ("numpy", "2.0.0")):
        assert before[name] == version
    oldest.install("ipykernel", *(f"{name}=={version}" for name, version in before.items()))
    solved_and_checked(course, students["student01_by_hand"], oldest, tmp_path)


def test_the_notebooks_check_with_what_colab_has(
    colab: tuple[Environment, dict[str, str]],
    course: Path,
    students: dict[str, SampleStudent],
    tmp_path: Path,
) -> None:
    solved_and_checked(course, students["student03_numpy"], colab[0], tmp_path)


def test_installing_it_leaves_what_colab_has_alone(
    colab: tuple[Environment, dict[str, str]],
) -> None:
    environment, before = colab
    assert {f"{name}=={version}" for name, version in before.items()} >= set(COLAB)
    after = environment.versions()
    assert after.pop(DISTRIBUTION)
    assert after == before


def would_be_installed(built: Built, environment: Environment, wanted: str) -> set[str]:
    """The packages that `pip install --find-links dist WANTED` brings in the newest versions."""
    asked = built.folder / "wanted.txt"
    asked.write_text(wanted)
    line = ("pip", "compile", "--quiet", "--no-header", "--no-annotate", "--upgrade")
    made = uv(*line, "--find-links", built.folder, "--python", environment.python, asked)
    return set(re.findall(r"^([\w.-]+)(?:\[[\w,]+\])?==", made, re.MULTILINE))


def test_practice_needs_a_third_of_what_marking_needs(newest: Environment, built: Built) -> None:
    practice = would_be_installed(built, newest, DISTRIBUTION)
    assert set(newest.versions()) >= practice  # more where another test put a kernel into it
    marking = would_be_installed(built, newest, f"{DISTRIBUTION}[marking]")
    assert len(practice) <= len(marking) / 3, sorted(practice)


def test_each_gets_what_the_guide_says(newest: Environment, built: Built) -> None:
    students = would_be_installed(built, newest, DISTRIBUTION)
    assert not students & {"nbgrader", "jupyterlab", "ipykernel", COURSE}
    on_a_server = would_be_installed(built, newest, f"{DISTRIBUTION}[classroom]")
    assert on_a_server >= {"nbgrader", "jupyterlab", "ipykernel"}
    assert not on_a_server & {"nh3", "rich", COURSE}
    instructors = would_be_installed(built, newest, COURSE)
    assert instructors >= {"nbgrader", "jupyterlab", "nh3", "rich", "psutil", DISTRIBUTION}


def test_the_command_says_which_extra_is_missing(newest: Environment) -> None:
    for words in (["--help"], ["grade", "gradient_descent"], ["doctor"]):
        done = newest.run("autograder", *words)
        assert done.returncode == 1
        assert f"pip install '{DISTRIBUTION}[marking]'" in done.stderr
        assert "Traceback" not in done.stderr
        assert len(done.stderr.strip().splitlines()) == 1


def test_the_command_says_so_where_its_own_imports_happen_to_be_there(
    colab: tuple[Environment, dict[str, str]],
) -> None:
    """Colab has click and rich, so the command starts, and misses nbgrader later."""
    done = colab[0].run("autograder", "grade", "gradient_descent")
    assert done.returncode == 1
    assert f"pip install '{DISTRIBUTION}[marking]'" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_students_own_jupyter_starts_kernels_beside_it(newest: Environment) -> None:
    """The entry point of the sandbox's kernels is there, and what it needs is not."""
    newest.install("ipykernel")
    code = (
        "from jupyter_client.manager import start_new_kernel\n"
        "from jupyter_client.provisioning import KernelProvisionerFactory\n"
        "names = KernelProvisionerFactory.instance().get_provisioner_entries()\n"
        "assert 'autograder-sandbox' in names, names\n"
        "manager, client = start_new_kernel()\n"
        "client.execute_interactive('from autograder import check; print(\"imported\")')\n"
        "client.stop_channels(); manager.shutdown_kernel()\n"
    )
    done = newest.run("python", "-c", code)
    assert "imported" in done.stdout, done.stderr
    assert "Traceback" not in done.stderr
