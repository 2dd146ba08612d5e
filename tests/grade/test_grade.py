"""`autograder grade` makes of a class what `nbgrader autograde` does; nothing is done twice."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from traitlets.config import Config

from autograder.compiled import why_plain
from autograder.grade.display import _summary_lines
from autograder.grade.run import Summary
from autograder.held import held
from autograder.nbgrader.converter import install
from autograder.nbgrader.turns import Turns
from tests.grade.conftest import REPOSITORY, SEED, command
from tests.grade.ledger import files, rows
from tests.marking import small_course as small
from tests.marking.small_course import ASSIGNMENT, FIRST, HARMLESS, UNREADABLE

pytestmark = pytest.mark.timeout(2400)

# One of every kind; the seventy ways themselves are tests/marking's to try.
CLASS = [*HARMLESS[:3], *HARMLESS[15:30:7], UNREADABLE[0]]
DUE = "2026-01-10 12:00:00"
LATE = "2026-01-10 15:30:00.000000 UTC"


def set_up(root: Path) -> None:
    root.mkdir(parents=True, exist_ok=True)
    small.make(root, REPOSITORY)
    with small.gradebook(root) as gradebook:
        gradebook.update_or_create_assignment(ASSIGNMENT, duedate=DUE)
    for submission in CLASS:
        folder = small.hand_in(root, submission)
        (folder / "timestamp.txt").write_text(LATE)
    with small.gradebook(root) as gradebook:
        gradebook.update_or_create_student("nobody")  # who hands in nothing


@pytest.fixture(scope="module")
def unmarked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The class as it was handed in."""
    root = tmp_path_factory.mktemp("unmarked") / "course"
    set_up(root)
    return root


def copy(course: Path, folder: Path) -> Path:
    """A course directory of a test's own."""
    shutil.copytree(course, folder, symlinks=True)
    return folder


@pytest.fixture(scope="module")
def stock(unmarked: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The class, marked by nbgrader's command, with cold kernels and nothing compiled."""
    root = copy(unmarked, tmp_path_factory.mktemp("stock") / "course")
    config = Config()
    config.Examine.seed = SEED.partition("=")[2]
    config.Examine.warm = False
    config.Examine.compiled_gradients = False
    said = small.api(root, config).autograde(ASSIGNMENT, "*")
    assert said["success"], said["log"]
    return root


@pytest.fixture(scope="module")
def graded(unmarked: Path, tmp_path_factory: pytest.TempPathFactory, grade) -> Path:
    """The same class, marked by our command, two at once."""
    root = copy(unmarked, tmp_path_factory.mktemp("graded") / "course")
    said = grade(root, "--workers", "2")
    assert said.status == 0, said
    assert said.summary["way"] == "warm", said.summary
    assert said.summary["plain"] == why_plain()
    assert said.summary["marked"] == len(CLASS)
    return root


def test_the_gradebook_is_what_nbgrader_makes(stock: Path, graded: Path):
    assert rows(graded) == rows(stock)
    assert len({row[0] for row in rows(graded)["grades"]}) == len(CLASS)


def test_the_copies_are_what_nbgrader_makes(stock: Path, graded: Path):
    ours, theirs = files(graded), files(stock)
    assert ours.keys() == theirs.keys()
    differing = [name for name in ours if ours[name] != theirs[name]]
    assert differing == []


def test_the_summary_says_why_gradients_were_not_compiled():
    *_, last = _summary_lines(Summary(ASSIGNMENT, plain="this Python (3.15) is free-threaded"))
    assert (
        last == "Gradients were not compiled, which is slower: this Python (3.15) is free-threaded"
    )
    assert len(_summary_lines(Summary(ASSIGNMENT))) == 1


def test_what_is_marked_is_not_marked_again(graded: Path, grade):
    before = rows(graded), files(graded)
    said = grade(graded)
    assert said.status == 0
    assert (said.summary["marked"], said.summary["unchanged"]) == (0, len(CLASS))
    assert (rows(graded), files(graded)) == before


def test_a_due_date_that_moves_takes_its_penalties_along(tmp_path: Path, grade):
    """Case B18 b; nbgrader#723."""
    install()  # due dates are set in this process
    small.make(tmp_path, REPOSITORY)
    with (tmp_path / "nbgrader_config.py").open("a") as file:
        file.write('c.LateSubmissionPlugin.penalty_method = "zero"\n')
    (small.hand_in(tmp_path, small.Submission("eve")) / "timestamp.txt").write_text(LATE)

    def marked(due: str) -> tuple[float, float]:
        with small.gradebook(tmp_path) as gradebook:
            gradebook.update_or_create_assignment(ASSIGNMENT, duedate=due)
        said = grade(tmp_path)
        assert said.status == 0, said
        with small.gradebook(tmp_path) as gradebook:
            found = gradebook.find_submission(ASSIGNMENT, "eve")
            return said.summary["marked"], found.score - found.late_submission_penalty

    assert marked(DUE) == (1, 0.0)
    assert marked("2026-01-10 17:30:00 +0100") == (1, 5.0)


def test_an_extension_takes_its_penalty_along(tmp_path: Path, grade):
    """It is granted to a submission that is marked; nobody else is marked again."""
    small.make(tmp_path, REPOSITORY)
    with (tmp_path / "nbgrader_config.py").open("a") as file:
        file.write('c.LateSubmissionPlugin.penalty_method = "zero"\n')
    with small.gradebook(tmp_path) as gradebook:
        gradebook.update_or_create_assignment(ASSIGNMENT, duedate=DUE)
    for student in ("adam", "eve"):
        (small.hand_in(tmp_path, small.Submission(student)) / "timestamp.txt").write_text(LATE)
    said = grade(tmp_path)
    assert (said.status, said.summary["marked"]) == (0, 2), said

    def marked(**extension: int) -> tuple[list[str], float]:
        with small.gradebook(tmp_path) as gradebook:
            gradebook.grant_extension(ASSIGNMENT, "eve", **extension)
        said = grade(tmp_path)
        assert said.status == 0, said
        with small.gradebook(tmp_path) as gradebook:
            found = gradebook.find_submission(ASSIGNMENT, "eve")
            score = found.score - found.late_submission_penalty
        return [e["student"] for e in said.events if e["event"] == "submission"], score

    assert marked(hours=4) == (["eve"], 5.0)
    assert marked(hours=4) == ([], 5.0)
    assert marked() == (["eve"], 0.0), "and is taken back"


def test_that_marks_are_by_another_version_of_the_source_is_said(
    graded: Path, grade, tmp_path: Path
):
    root = copy(graded, tmp_path / "course")
    path = root / "source" / ASSIGNMENT / f"{FIRST}.ipynb"
    before = path.read_text(encoding="utf-8")
    path.write_text(before.replace(f"# {FIRST}", "# Slopes"), encoding="utf-8")
    assert grade(root).summary["outdated"] == 0
    path.write_text(before.replace("3 * x - 5", "3 * x - 6"), encoding="utf-8")
    said = grade(root, json=False)
    assert said.status == 0
    assert f"{len(CLASS)} of the unchanged were marked by another version" in said.output
    assert f"`autograder grade {ASSIGNMENT} --force`" in said.output


def test_a_course_with_nbgraders_own_configuration_is_told_so(graded: Path, grade, tmp_path: Path):
    root = copy(graded, tmp_path / "course")
    (root / "nbgrader_config.py").write_text(
        f"c = get_config()\nc.CourseDirectory.course_id = {small.COURSE_ID!r}\n"
    )
    said = grade(root, json=False)
    assert said.status == 2
    assert "not set up for `autograder grade`" in said.output
    assert "`autograder doctor`" in said.output
    assert "Traceback" not in said.output + said.errors
    assert rows(root) == rows(graded)


def test_force_takes_known_results(graded: Path, grade):
    before = rows(graded), files(graded)
    said = grade(graded, "--force", "--student", "honest", "--student", "o'brien [2] & co")
    assert said.status == 0
    assert (said.summary["marked"], said.summary["reused"]) == (2, 2)
    assert (rows(graded), files(graded)) == before


def test_only_what_changed_is_marked(graded: Path, grade, tmp_path: Path):
    root = copy(graded, tmp_path / "course")
    path = root / "submitted" / "honest" / ASSIGNMENT / f"{FIRST}.ipynb"
    notebook = json.loads(path.read_text())
    small.cell_of(notebook, "slope")["source"] = "def slope(x):\n    return 2 * x"
    path.write_text(json.dumps(notebook))  # the same time stamp: put right by hand, say
    said = grade(root)
    assert [e["student"] for e in said.events if e["event"] == "submission"] == ["honest"]
    assert small.marks(root, "honest") != small.marks(graded, "honest")


def test_a_copy_of_a_notebook_that_the_assignment_has_no_more_goes(
    graded: Path, grade, tmp_path: Path
):
    root = copy(graded, tmp_path / "course")
    folder = root / "autograded" / "honest" / ASSIGNMENT
    shutil.copy(folder / f"{FIRST}.ipynb", folder / "dropped.ipynb")
    assert not small.api(root).generate_feedback(ASSIGNMENT, "honest")["success"]
    assert grade(root, "--notebook", FIRST).summary["marked"] == 0
    assert (folder / "dropped.ipynb").exists(), "a run for one notebook touches no other"
    said = grade(root)
    assert (said.summary["marked"], said.summary["reused"]) == (1, 1)
    assert (rows(root), files(root)) == (rows(graded), files(graded))
    assert small.api(root).generate_feedback(ASSIGNMENT, "honest")["success"]


def looks(folder: Path) -> dict[str, tuple[int, int]]:
    """When files were written last, and who may read them."""
    found = [(path.name, path.stat()) for path in sorted(folder.rglob("*"))]
    return {name: (about.st_mtime_ns, about.st_mode) for name, about in found}


def test_a_gradebook_that_does_not_know_the_assignment_is_told_of_it(
    graded: Path, grade, tmp_path: Path
):
    root = copy(graded, tmp_path / "course")
    (root / "gradebook.db").unlink()  # as in a fresh clone, where release/ is there all the same
    release = root / "release" / ASSIGNMENT
    (release / f"{FIRST}.ipynb").chmod(0o600)
    made = looks(release)
    for asked in ((), ("--student", "honest", "--force")):
        said = grade(root, *asked)
        assert (said.status, said.summary["marked"], said.summary["unchanged"]) == (2, 0, 0)
        assert "The gradebook has no notebook of small." in said.summary["error"]
        assert "What to do: `nbgrader generate_assignment small`" in said.summary["error"]
    typed = small.typed(root, "nbgrader", "generate_assignment", ASSIGNMENT)
    assert "The gradebook has no notebook of small and gets them now" in typed.stderr
    assert (typed.returncode, looks(release)) == (0, made)
    said = grade(root, "--notebook", "cubs")
    assert said.status == 2
    assert "No notebook" in said.summary["error"]
    # The copies in autograded/ are of the other gradebook: nobody is marked in this one.
    said = grade(root)
    assert (said.status, said.summary["marked"], said.summary["unchanged"]) == (0, len(CLASS), 0)
    with small.gradebook(root) as gradebook:
        assert len(gradebook.assignment_submissions(ASSIGNMENT)) == len(CLASS)


def test_a_release_outlives_a_source_that_cannot_be_generated(tmp_path: Path):
    set_up(tmp_path)
    (tmp_path / "gradebook.db").unlink()
    (tmp_path / "source" / ASSIGNMENT / f"{FIRST}.ipynb").write_text("no notebook")
    before = looks(tmp_path / "release")
    assert not small.api(tmp_path).generate_assignment(ASSIGNMENT, force=False)["success"]
    assert looks(tmp_path / "release") == before


def test_a_grade_given_by_hand_stays(graded: Path, grade, tmp_path: Path):
    root = copy(graded, tmp_path / "course")
    with small.gradebook(root) as gradebook:
        row = gradebook.find_grade("why", FIRST, ASSIGNMENT, "honest")
        row.manual_score = 0.75
        gradebook.db.commit()
    assert grade(root, "--force", "--student", "honest").status == 0
    with small.gradebook(root) as gradebook:
        assert gradebook.find_grade("why", FIRST, ASSIGNMENT, "honest").manual_score == 0.75


def test_a_dry_run_tells_whose_marks_would_change_and_writes_none(
    graded: Path, grade, tmp_path: Path
):
    root = copy(graded, tmp_path / "course")
    path = root / "source" / ASSIGNMENT / f"{FIRST}.ipynb"
    text = path.read_text()
    path.write_text(
        text.replace(small.TESTS["lowest"], "check.value('lowest', -1.5, within=0.01)").replace(
            '"points": 2.0', '"points": 3.0'
        )
    )
    assert text != path.read_text()
    said = small.api(root).generate_assignment(ASSIGNMENT, force=True)
    assert said["success"], said["log"]
    before = rows(root), files(root)
    known = {student: small.marks(root, student) for student in (s.student for s in CLASS)}

    told = grade(root, "--dry-run")
    assert (rows(root), files(root)) == before
    assert not list((root / ".autograder" / ASSIGNMENT).glob("dry-run-*"))
    changes = {change["student"]: change for change in told.summary["changes"]}
    assert "honest" in changes
    (one,) = changes["honest"]["exercises"]
    assert (one["cell"], one["before"], one["after"]) == ("slope_check", 2.0, 3.0)
    assert "right at all" in one["says"]

    assert grade(root, "--force").status == told.status
    for student, marks in known.items():
        promised = dict(marks)
        for one in changes.get(student, {"exercises": []})["exercises"]:
            name = one["cell"].removesuffix("_check")
            promised[name] = (one["after"], promised[name][1])
        assert small.marks(root, student) == promised, student
    again = grade(root, "--dry-run", json=False)
    assert "Nobody's marks would be others; nothing was written." in again.output


def test_a_dry_run_under_an_odd_path_writes_nothing_down(graded: Path, grade, tmp_path: Path):
    """Brackets and a plus mean something in a pattern; and what marking lacked is remembered."""
    root = copy(graded, tmp_path / "c[x]+ (1)" / "course")
    state = root / ".autograder" / ASSIGNMENT
    path = root / "submitted" / "honest" / ASSIGNMENT / f"{FIRST}.ipynb"
    notebook = json.loads(path.read_text())
    cell = small.cell_of(notebook, "slope")
    cell["source"] = f"import no_such_package\n{cell['source']}"
    path.write_text(json.dumps(notebook))
    with small.gradebook(root) as gradebook:
        gradebook.update_or_create_assignment(ASSIGNMENT, duedate="2026-02-10 12:00:00")

    def written_down() -> dict[Path, tuple[int, bytes]]:
        journal = [p for kind in ("begun", "marked", "lacking") for p in (state / kind).rglob("*")]
        assert any(p.parent.name == "marked" for p in journal)
        found = [*journal, state / "last_run.json", *(root / ".autograder" / ".turns").iterdir()]
        return {p: (p.stat().st_mtime_ns, p.read_bytes()) for p in found}

    before = rows(root), files(root), written_down()
    said = grade(root, "--dry-run")
    assert said.status == 0, said
    assert "honest" in [change["student"] for change in said.summary["changes"]]
    assert (rows(root), files(root), written_down()) == before
    assert not list(state.glob("dry-run-*"))
    assert grade(root, "--student", "honest").status == 0
    assert (state / "lacking" / "honest").exists(), "which a dry run would have written down"


def test_lines_for_a_log(graded: Path, grade):
    said = grade(graded, "--force", "--student", "honest", json=False)
    assert said.status == 0, said
    assert "[1/1] honest: 5, as known from before" in said.output
    assert "1 marked" in said.output
    assert "\x1b" not in said.output


# ------------------------------------------------------------------------- what goes wrong


@pytest.fixture
def fresh(unmarked: Path, tmp_path: Path) -> Path:
    return copy(unmarked, tmp_path / "course")


def start(root: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command(ASSIGNMENT, SEED, "--json", *arguments),
        cwd=root,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def after_submissions(run: subprocess.Popen[str], count: int) -> None:
    """Wait until so many are marked."""
    assert run.stdout is not None
    for line in run.stdout:
        event = json.loads(line)
        assert event["event"] != "end", event
        if event["event"] == "submission" and event["done"] >= count:
            return
    pytest.fail("the run ended early: " + (run.stderr.read() if run.stderr else ""))


def test_killed_at_any_moment_it_goes_on(fresh: Path, graded: Path, grade):
    # Where a kill falls is chance, and not the point: the points are the first mark, the middle,
    # and one that leaves rows and files of a submission half written (the next test).
    for count, moment in ((1, 0.0), (2, 0.13), (1, 0.37)):
        run = start(fresh)
        after_submissions(run, count)
        time.sleep(moment)
        os.killpg(run.pid, signal.SIGKILL)
        run.communicate()
    said = grade(fresh)
    assert said.status == 0
    assert rows(fresh) == rows(graded)
    assert files(fresh) == files(graded)
    assert not list(fresh.glob(".before-*"))


def test_half_a_submission_is_made_whole(graded: Path, grade, tmp_path: Path):
    fresh = copy(graded, tmp_path / "course")
    # As a run leaves it that is killed between a row and its file.
    (fresh / ".autograder" / ASSIGNMENT / "begun").mkdir(exist_ok=True)
    (fresh / ".autograder" / ASSIGNMENT / "begun" / "honest").touch()
    half = fresh / "autograded" / "honest" / ASSIGNMENT / f"{FIRST}.ipynb"
    half.chmod(0o644)
    half.write_text(half.read_text()[:1000])
    with contextlib.closing(sqlite3.connect(fresh / "gradebook.db")) as connection, connection:
        connection.execute("UPDATE grade SET auto_score = 17")
    before_others = {k: v for k, v in files(fresh).items() if not k.startswith("honest/")}
    said = grade(fresh)
    assert (said.summary["marked"], said.summary["reused"]) == (1, 1)
    assert files(fresh) == {**before_others, **files(graded)}
    honest = [row for row in rows(fresh)["grades"] if row[0] == "honest"]
    assert honest == [row for row in rows(graded)["grades"] if row[0] == "honest"]


def test_what_a_killed_run_left_in_the_temporary_directory_goes_with_the_next(
    graded: Path, grade, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """A copy of the gradebook among it; what a living run has, stays."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    for arguments in ((), ("--dry-run",)):
        root = copy(graded, tmp_path / f"course{len(arguments)}")
        run = start(root, "--fresh", *arguments)
        after_submissions(run, 1)
        os.killpg(run.pid, signal.SIGKILL)
        run.communicate()
    roots = {kind: tmp_path / f"autograder-{kind}-{os.getuid()}" for kind in ("grade", "worker")}
    left = [*roots["grade"].iterdir(), *roots["worker"].iterdir()]
    dry = [*(root / ".autograder" / ASSIGNMENT).glob("dry-run-*")]
    assert len(dry) == 1
    assert any((folder / "gradebook.db").exists() for folder in left)
    living = copy(dry[0], dry[0].with_name("dry-run-living"))
    for folder in (*left, *dry, living):
        os.utime(folder, (0, 0))
    with held(living):
        assert grade(root, "--dry-run", "--student", "honest").status == 0
        assert living.exists()
    assert not any(folder.exists() for folder in (*left, *dry))
    assert [*roots["grade"].iterdir(), *roots["worker"].iterdir()] == []


def test_ctrl_c_keeps_what_is_done(fresh: Path, graded: Path, grade):
    run = start(fresh)
    after_submissions(run, 2)
    os.killpg(run.pid, signal.SIGINT)
    output, errors = run.communicate(timeout=600)
    assert run.returncode == 130, errors
    assert "Traceback" not in errors
    summary = json.loads(output.splitlines()[-1])
    assert summary["marked"] >= 2
    assert summary["left"] == len(CLASS) - summary["marked"]
    assert summary["left"] > 0, "it did not go on to the end of the class"
    assert grade(fresh).summary["marked"] == summary["left"]
    assert rows(fresh) == rows(graded)


def test_a_marking_process_that_dies_costs_nobody_a_mark(fresh: Path, graded: Path):
    run = start(fresh, "--workers", "2")
    after_submissions(run, 1)
    workers = [
        child
        for child in psutil.Process(run.pid).children()
        if "spawn_main" in " ".join(child.cmdline())
    ]
    assert len(workers) == 2
    workers[0].kill()
    output, errors = run.communicate(timeout=600)
    assert run.returncode == 0, (output, errors)
    assert rows(fresh) == rows(graded)
    assert files(fresh) == files(graded)


def test_a_fault_of_ours_takes_no_mark(graded: Path, grade, tmp_path: Path):
    root = copy(graded, tmp_path / "course")
    before = rows(root), files(root)
    said = grade(root, "--fresh", "--student", "honest", "--Examine.limits={'open_files': 12}")
    assert said.status == 1
    assert list(said.summary["faults"]) == ["honest"]
    assert "kernel" in said.summary["faults"]["honest"]
    assert (rows(root), files(root)) == before


def test_a_rubric_that_is_wrong_marks_nobody(graded: Path, grade, tmp_path: Path):
    root = copy(graded, tmp_path / "course")
    before = rows(root), files(root)
    path = root / "source" / ASSIGNMENT / f"{FIRST}.ipynb"
    path.write_text(path.read_text().replace("return 2 * x + 3", "return 2 * x + 4"))
    said = grade(root, "--fresh")
    assert said.status == 2
    assert "slope" in said.summary["error"]
    assert (rows(root), files(root)) == before


def test_two_runs_at_once_are_one(graded: Path, grade, tmp_path: Path):
    import fcntl

    root = copy(graded, tmp_path / "course")
    with (root / ".autograder" / ASSIGNMENT / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        said = grade(root, "--force", "--Examine.cell_timout=60")
        trial = grade(root, "--dry-run", json=False)
    assert said.status == 2
    assert "Another" in said.summary["error"]
    assert "Of no effect: Examine has no option cell_timout; c.Examine.cell_timeout" in said.errors
    assert trial.status == 2
    assert "Nobody's" not in trial.output, "nobody was marked, so nobody knows"


@pytest.mark.parametrize("program", ["autograder", "nbgrader"])
def test_a_submission_is_marked_by_one_program_at_a_time(
    graded: Path, tmp_path: Path, program: str
):
    """The formgrader's button beside a run, where the gradebook is SQLite's."""
    root = copy(graded, tmp_path / "course")
    url = f"sqlite:///{root / 'gradebook.db'}"
    turns = Turns(url, small.COURSE_ID, root / ".autograder" / ".turns")
    arguments = [ASSIGNMENT, SEED, "--force", "--student=honest"]
    typed = [str(Path(sys.executable).with_name("nbgrader")), "autograde", *arguments]
    with (root / "said").open("w+") as said, turns.taken(ASSIGNMENT, "honest"):
        run = subprocess.Popen(
            typed if program == "nbgrader" else command(*arguments),
            cwd=root,
            stdout=said,
            stderr=said,
            start_new_session=True,
        )
        begun = root / ".autograder" / ASSIGNMENT / "begun" / "honest"
        deadline = time.monotonic() + 600
        while "Another program is marking honest: waiting" not in (root / "said").read_text():
            assert run.poll() is None, (root / "said").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.2)
        assert not begun.exists()
    assert run.wait(600) == 0, (root / "said").read_text()
    assert rows(root) == rows(graded)
    assert files(root) == files(graded)


def test_a_stranger_is_named(graded: Path, grade):
    said = grade(graded, "--student", "nobody", "--student", "honest")
    assert said.status == 2
    assert "nobody handed in nothing" in said.summary["error"]


def test_whoever_is_asked_for_and_cannot_be_marked_is_named_with_the_reason(
    graded: Path, grade, tmp_path: Path
):
    root = copy(graded, tmp_path / "course")
    (root / "submitted" / "tab\there" / ASSIGNMENT).mkdir(parents=True)
    with (root / "nbgrader_config.py").open("a") as file:
        file.write('c.CourseDirectory.student_id_exclude = "honest"\n')
    before = rows(root), files(root)
    for student, words in {
        "honest": "honest is in CourseDirectory.student_id_exclude",
        "tab\there": "characters that cannot be printed. Nothing is lost: rename the folder",
        "hones": "hones handed in nothing for small, and is not in the gradebook either",
        "nobody": "nobody handed in nothing for small.",
    }.items():
        said = grade(root, "--student", student, "--student", "o'brien [2] & co", "--force")
        assert said.status == 2, said
        assert words in said.summary["error"]
        assert "Nobody was marked, and no mark was changed." in said.summary["error"]
        assert said.summary["marked"] == 0
    assert (rows(root), files(root)) == before
    shutil.rmtree(root / "submitted")
    said = grade(root, "--student", "nobody")
    assert (said.status, said.summary["marked"]) == (2, 0)
    assert "nobody handed in nothing for small." in said.summary["error"]


def test_who_is_never_marked_is_not_unchanged(graded: Path, grade, tmp_path: Path):
    root = copy(graded, tmp_path / "course")
    with (root / "nbgrader_config.py").open("a") as file:
        file.write('c.CourseDirectory.student_id_exclude = "honest"\n')
    said = grade(root)
    assert (said.status, said.summary["unchanged"]) == (0, len(CLASS) - 1)


def test_a_run_says_of_those_alone_whom_it_was_about(graded: Path, grade, tmp_path: Path):
    """The class report has what the last run said of all others."""
    root = copy(graded, tmp_path / "course")
    path = root / ".autograder" / ASSIGNMENT / "last_run.json"
    record = json.loads(path.read_text())
    other = CLASS[3].student
    record["faults"] = {"honest": "a full disk", "ada": "a full disk", other: "a full disk"}
    path.write_text(json.dumps(record))
    said = grade(root, "--force", "--student", "honest")
    assert said.status == 0, said
    after = json.loads(path.read_text())
    assert after["faults"] == {"ada": "a full disk", other: "a full disk"}
    assert after["submissions"].keys() == record["submissions"].keys()
    assert {**after, "faults": 0, "submissions": 0} == {**record, "faults": 0, "submissions": 0}

    said = grade(root, "--force", "--notebook", FIRST)
    assert json.loads(path.read_text())["faults"] == after["faults"], "of one notebook alone"

    # Marked by nbgrader's command since, which leaves no record of its own.
    (root / ".autograder" / ASSIGNMENT / "marked" / other).touch()
    assert grade(root, "--force", "--student", "honest").status == 0
    assert json.loads(path.read_text())["faults"] == {"ada": "a full disk"}

    assert grade(root, "--force").status == 0
    assert json.loads(path.read_text())["faults"] == {}


def test_a_run_that_is_stopped_says_nothing_of_those_whose_turn_did_not_come(fresh: Path, grade):
    told = dict.fromkeys((submission.student for submission in CLASS), "a full disk")
    state = fresh / ".autograder" / ASSIGNMENT
    state.mkdir(parents=True)
    record = {"version": 1, "faults": told, "submissions": {}}
    (state / "last_run.json").write_text(json.dumps(record))
    run = start(fresh)
    after_submissions(run, 2)
    os.killpg(run.pid, signal.SIGINT)
    output, _ = run.communicate(timeout=600)
    summary = json.loads(output.splitlines()[-1])
    left = json.loads((state / "last_run.json").read_text())["faults"]
    assert len(left) == summary["left"] > 0


def test_not_in_a_course_directory(tmp_path: Path, grade):
    said = grade(tmp_path)
    assert said.status == 1
    assert "course directory" in said.errors
