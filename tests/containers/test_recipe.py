"""The images for a hub, as far as that can be seen without an engine."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest

from autograder import sandbox
from autograder.sandbox.locks import seccomp
from tests.containers.recipe import Root, Stage, read
from tests.support import needs
from tests.support.container import Container

LINTER = "dockerfile-utils@0.16.3"
SUITE = "trixie"  # of which the images are made


@pytest.fixture(scope="module")
def stages(course: Path) -> dict[str, Stage]:
    return read(course / "containers" / "Containerfile")


def test_a_linter_has_nothing_to_say(course: Path):
    if shutil.which("npx") is None:
        needs.missing("there is no npx, with which the linter is run")
    line = ["npx", "--yes", LINTER, "lint", str(course / "containers" / "Containerfile")]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.strip() == ""


def test_what_runs_is_a_user_and_what_is_not_needed_goes(stages: dict[str, Stage]):
    assert {"student", "grader"} <= set(stages)
    for stage in stages.values():
        assert stage.base in stages or stage.base == f"docker.io/library/debian:{SUITE}-slim"
        for text in (value for name, value in stage.lines if name == "RUN"):
            if "apt-get install" in text:
                assert "--no-install-recommends" in text
                assert "rm -rf /var/lib/apt/lists/*" in text
    for name in ("student", "grader"):
        assert ("USER", "jovyan") in stages[name].lines


# ------------------------------------------------------------------ the profile of system calls


@pytest.fixture(scope="module")
def profile(course: Path) -> Path:
    return course / "containers" / "seccomp.json"


def test_the_profile_allows_namespaces_and_nothing_with_a_history(profile: Path):
    rules = json.loads(profile.read_text())
    allowed = {
        name
        for rule in rules["syscalls"]
        if rule["action"] == "SCMP_ACT_ALLOW"
        for name in rule["names"]
    }
    assert rules["defaultAction"] == "SCMP_ACT_ERRNO"
    assert {"clone", "unshare", "mount", "umount2", "pivot_root", "mount_setattr"} <= allowed
    assert not allowed & {"ptrace", "bpf", "perf_event_open", "userfaultfd", "io_uring_setup"}
    assert not allowed & {"kexec_load", "init_module", "open_by_handle_at", "reboot", "keyctl"}
    assert not allowed & set(seccomp._KERNEL_FACILITIES)


@pytest.mark.parametrize("who", ["an ordinary user", "root as in Docker"])
def test_under_the_profile_submissions_have_namespaces(machine, profile: Path, who: str):
    if os.geteuid() != 0:
        pytest.skip("it takes root to be another user, or a container's root")
    user = 4101 if who == "an ordinary user" else None
    ask = "from autograder import sandbox; print(sandbox.probe().isolation())"
    says = {}
    for name, used in (("ours", str(profile)), ("Docker's", None)):
        line = Container(user, "docker", profile=used).command(sys.executable, "-c", ask)
        done = subprocess.run(line, capture_output=True, text=True, check=False, cwd="/")
        assert done.returncode == 0, done.stderr
        says[name] = done.stdout.strip()
    assert says == {"ours": "sandboxed", "Docker's": "locked"}


@pytest.fixture(scope="module")
def machine() -> sandbox.Abilities:
    found = sandbox.probe()
    if not found.namespaces:
        needs.missing("this machine has no namespaces that a profile could allow")
    return found


# ------------------------------------------------------------------ the images' commands


@pytest.fixture(scope="module")
def roots(
    course: Path, stages: dict[str, Stage], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Root]]:
    """What each stage comes to, in a fresh Debian."""
    if os.geteuid() != 0:
        pytest.skip("it takes root to make a Debian")
    for program in ("debootstrap", "bwrap"):
        if shutil.which(program) is None:
            needs.missing(f"there is no {program}, with which a Debian is made and run")
    place = tmp_path_factory.mktemp("images")
    try:
        fresh = Root.bootstrap(place / "debian", SUITE)
        made: dict[str, Root] = {}
        for number, stage in enumerate(stages.values(), start=1):
            base = made.get(stage.base, fresh)
            if any(stage.base in later.needs for later in [*stages.values()][number:]):
                made[stage.name] = base.copy(place / stage.name)
            else:
                made.pop(stage.base, None)
                made[stage.name] = base.move(place / stage.name)
            made[stage.name].build(stage, course, made)
        yield made
    finally:
        shutil.rmtree(place, ignore_errors=True)


def test_students_have_the_panels_for_students_and_no_solutions(
    course: Path, roots: dict[str, Root]
):
    student = roots["student"]
    assert student.run("python -c 'import autograder; print(autograder.check)'")
    listed = re.sub(r"\x1b\[\d+m", "", student.run("jupyter server extension list 2>&1"))
    state = dict(re.findall(r"(nbgrader\.server_extensions\.\w+) (enabled|disabled)", listed))
    assert state["nbgrader.server_extensions.assignment_list"] == "enabled"
    assert state["nbgrader.server_extensions.formgrader"] == "disabled"
    solutions = [
        line.strip()
        for path in (course / "source").rglob("*.ipynb")
        for cell in nbformat.read(path, 4).cells
        for block in re.findall(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", cell.source, re.S)
        for line in block.splitlines()
        if len(line.strip()) > 30
    ]
    assert len(solutions) > 10
    looked_for = "\n".join(sorted(set(solutions)))
    found = student.run(
        f"printf %s {shlex.quote(looked_for)} > /tmp/lines; "
        "grep --recursive --fixed-strings --files-with-matches --file=/tmp/lines "
        "/opt/course /home /dist || true"
    )
    assert found == ""


def test_graders_have_the_command_and_the_course(roots: dict[str, Root]):
    assert "gradient_descent/01_derivatives.ipynb" in roots["grader"].run(
        "autograder quickstart course"
    )
