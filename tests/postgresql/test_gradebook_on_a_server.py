"""A course whose gradebook is in PostgreSQL: marked, reported, exported, and by two at once."""

from __future__ import annotations

import csv
import gzip
import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote, quote_plus

import psutil
import pytest
from nbgrader.api import Gradebook
from nbgrader.coursedir import CourseDirectory

from autograder.database import shown
from autograder.distribution import extra
from autograder.doctor.course import gradebook
from autograder.errors import NotSaved
from autograder.grade.pool import WorkerSetup
from autograder.nbgrader.turns import Turns
from autograder.texts.copies import text_of
from autograder.texts.gather import gather, seen
from autograder.texts.rows import find, opened
from autograder.texts.saving import save
from tests.marking import small_course as small
from tests.marking.small_course import ASSIGNMENT, COURSE_ID
from tests.postgresql.server import PASSWORD, Server

pytestmark = pytest.mark.timeout(1200)

ROOT = Path(__file__).resolve().parents[2]
SEED = "--Examine.seed=the seed of these tests"
FULL = {
    "slope": (2.0, False),
    "lowest": (1.0, False),
    "why": (None, True),
    "cubed_slope": (2.0, False),
}
NO_SLOPE = {**FULL, "slope": (0.0, False)}
FORMS = {PASSWORD, quote(PASSWORD, safe=""), quote(PASSWORD), quote_plus(PASSWORD)}


def wrong(notebook: small.Notebook) -> None:
    small.cell_of(notebook, "slope")["source"] = "def slope(x):\n    return x"


@dataclass
class Course:
    """A course directory, and whoever types there."""

    root: Path
    url: str
    server: Server = field(repr=False)
    said: str = field(default="", repr=False)

    def environment(self, **more: str) -> dict[str, str]:
        # As in an activated environment; no password comes from anywhere but the configuration.
        path = os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]])
        bare = {k: v for k, v in os.environ.items() if not k.startswith("PG")}
        return {**bare, "PATH": path, "COLUMNS": "200", **more}

    def start(self, *command: str, **more: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            command,
            cwd=self.root,
            env=self.environment(**more),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def end(self, process: subprocess.Popen[str]) -> tuple[int, str]:
        said, _ = process.communicate(timeout=900)
        self.said += said
        return process.returncode, said

    def type(self, *command: str, **more: str) -> tuple[int, str]:
        return self.end(self.start(*command, **more))

    def grade(self, *options: str) -> tuple[str, ...]:
        return ("autograder", "grade", ASSIGNMENT, SEED, "--workers=1", *options)

    def marks(self, student: str) -> dict[str, tuple[float | None, bool]]:
        with Gradebook(self.url, COURSE_ID) as book:
            submission = book.find_submission(ASSIGNMENT, student)
            return {
                grade.name.removesuffix("_check"): (grade.auto_score, grade.needs_manual_grade)
                for notebook in submission.notebooks
                for grade in notebook.grades
            }


def leaks(text: str | bytes) -> list[str]:
    content = text.encode() if isinstance(text, str) else text
    return [form for form in FORMS if form.encode() in content]


def configure(folder: Path, url: str) -> Path:
    """A folder with the configuration as shipped, and this database in it."""
    folder.mkdir(exist_ok=True)
    shipped = (ROOT / "nbgrader_config.py").read_text(encoding="utf-8")
    line = f"\nc.CourseDirectory.db_url = {url!r}\n"
    (folder / "nbgrader_config.py").write_text(shipped + line, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def course(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A course that has been generated, with two submissions."""
    folder = tmp_path_factory.mktemp("postgresql")
    url = server.url(server.new_database())
    root = folder / "course"
    root.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", os.path.dirname(sys.executable), prepend=os.pathsep)
        small.make(root, configure(folder / "config", url))
    small.hand_in(root, small.Submission("honest"))
    small.hand_in(root, small.Submission("wrong", wrong))
    return Course(root, url, server)


@pytest.fixture(scope="module")
def marked(course: Course) -> Course:
    status, said = course.type(*course.grade())
    assert status == 0, said
    return course


def test_a_class_is_marked(marked: Course) -> None:
    assert marked.marks("honest") == FULL
    assert marked.marks("wrong") == NO_SLOPE


def test_the_rest_of_the_round_works(marked: Course) -> None:
    for command in (
        ("nbgrader", "generate_assignment", ASSIGNMENT, "--force"),
        ("nbgrader", "autograde", ASSIGNMENT, "--student=wrong", "--force", SEED),
        ("nbgrader", "generate_feedback", ASSIGNMENT),
        ("autograder", "report", ASSIGNMENT),
        ("nbgrader", "export"),
    ):
        status, said = marked.type(*command)
        assert status == 0, said
    assert marked.marks("wrong") == NO_SLOPE
    with (marked.root / "grades.csv").open(encoding="utf-8") as file:
        scores = {row["student_id"]: float(row["score"]) for row in csv.DictReader(file)}
    assert scores == {"honest": 5.0, "wrong": 3.0}
    assert "honest" in (marked.root / f"report_{ASSIGNMENT}.html").read_text(encoding="utf-8")


def test_the_doctor_finds_it_well(marked: Course) -> None:
    _, said = marked.type("autograder", "doctor")
    assert f"fine: gradebook: {shown(marked.url)}: assignments: 1, students: 2." in said


def test_two_graders_at_once(server: Server, course: Course, tmp_path: Path) -> None:
    """Each with a course directory of their own, and one student in both."""
    url = server.url(server.new_database())
    roots = []
    for name in ("ada", "ben"):
        root = tmp_path / name
        shutil.copytree(course.root, root, ignore=shutil.ignore_patterns(".auto*", "auto*"))
        shutil.copy(configure(tmp_path / "config", url) / "nbgrader_config.py", root)
        small.hand_in(root, small.Submission(f"of_{name}"))
        shutil.rmtree(root / "submitted" / "wrong")
        roots.append(Course(root, url, server))
    ada = roots[0]
    status, said = ada.type("nbgrader", "generate_assignment", ASSIGNMENT, "--force")
    assert status == 0, said
    for who, process in [(who, who.start(*who.grade())) for who in roots]:
        status, said = who.end(process)
        assert status == 0, said
        assert "2 marked" in said
    for student in ("honest", "of_ada", "of_ben"):
        assert ada.marks(student) == FULL


# Once, in a whole run, a connection that its engine had given up was met by the garbage collector;
# never alone, nor in fifteen runs beside one another.
@pytest.mark.filterwarnings("ignore:.*was deleted while still open:ResourceWarning")
def test_of_two_who_give_points_at_once_one_is_told(marked: Course) -> None:
    """The second waits for the row, and finds it changed."""
    course = CourseDirectory()
    course.root, course.db_url, course.course_id = str(marked.root), marked.url, COURSE_ID
    (exercise,) = gather(course, ASSIGNMENT).exercises
    entry = next(e for e in exercise.entries if e.row.student == "honest")
    read = seen(entry.row, entry.text)

    def give(points: float) -> str:
        try:
            save(course, entry.row.grade, {"seen": read, "points": points})
        except NotSaved as error:
            return error.why
        return "saved"

    with ThreadPoolExecutor(2) as graders:
        told = list(graders.map(give, (0.0, entry.row.points)))
    assert sorted(told) == ["changed", "saved"]
    with opened(marked.url, COURSE_ID) as book:
        row = find(book, entry.row.grade)
    assert row is not None
    assert (row.given, row.waits) == ((0.0, entry.row.points)[told.index("saved")], False)
    text = text_of(course, row)
    assert text is not None
    row = save(course, row.grade, {"seen": seen(row, text), "points": None})
    assert (row.given, row.waits) == (None, True)


def test_a_submission_waits_for_its_turn(marked: Course) -> None:
    turns = Turns(marked.url, COURSE_ID)
    turns.take(ASSIGNMENT, "honest")
    process = marked.start(*marked.grade("--force", "--student=honest"))
    try:
        waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        deadline = time.monotonic() + 600
        while not marked.server.execute(waiting)[0][0]:
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.2)
        lines = process_list(process)
        assert process.poll() is None
    finally:
        turns.give_back(ASSIGNMENT, "honest")
    status, said = marked.end(process)
    assert status == 0, said
    assert "1 marked" in said
    assert len(lines) > 1, "the worker is one of them"
    assert not leaks("\n".join(lines))


def process_list(process: subprocess.Popen[str]) -> list[str]:
    """What others see of a command and of what it has started."""
    found = psutil.Process(process.pid)
    return [" ".join(one.cmdline()) for one in (found, *found.children(recursive=True))]


def test_whoever_dies_gives_the_turn_back(marked: Course) -> None:
    holder = "from autograder.nbgrader.turns import Turns; import sys, os, signal; "
    holder += "Turns(sys.argv[1], sys.argv[2]).take('small', 'x'); os.kill(os.getpid(), 9)"
    # Not by the command line, which is no place for a password, but here nobody else looks.
    died = subprocess.run([sys.executable, "-c", holder, marked.url, COURSE_ID], check=False)
    assert died.returncode == -9
    with Turns(marked.url, COURSE_ID).taken("small", "x"):
        pass


# ------------------------------------------------------------------------------- what goes wrong

COMMANDS = {
    "grade": ("autograder", "grade", ASSIGNMENT),
    "report": ("autograder", "report", ASSIGNMENT),
    "autograde": ("nbgrader", "autograde", ASSIGNMENT),
    "export": ("nbgrader", "export"),
}
STATUS = {"grade": 2, "report": 2, "autograde": 1, "export": 1}


@dataclass(frozen=True)
class Trouble:
    """What is wrong with a URL, and the words that have to be said of it."""

    changes: dict[str, object]
    says: str
    cure: str


OTHER = "not-" + PASSWORD

TROUBLES = {
    "password": Trouble({"password": OTHER}, "refuses the user or the password", "mend"),
    "user": Trouble({"username": "nobody"}, "refuses the user or the password", "mend"),
    "server down": Trouble({"port": 9}, "the server does not answer", "start it"),
    "no database": Trouble({"database": "none"}, "has no such database", "createdb"),
    "no host": Trouble({"host": "none.invalid"}, "no such host", "mend"),
    "no driver": Trouble(
        {"drivername": "postgresql+psycopg2"}, "psycopg2 is not installed", "postgresql+psycopg://"
    ),
}


@pytest.fixture(params=TROUBLES)
def trouble(request: pytest.FixtureRequest) -> Trouble:
    if request.param == "no driver" and find_spec("psycopg2"):
        pytest.skip("psycopg2 is installed here")
    return TROUBLES[request.param]


@pytest.mark.parametrize("command", ["grade", "report"])
def test_one_sentence_and_what_to_do(
    course: Course, tmp_path: Path, trouble: Trouble, command: str
) -> None:
    url = course.server.url(**{"database": "postgres", **trouble.changes})
    there = elsewhere(course, tmp_path, url)
    status, said = there.type(*COMMANDS[command])
    assert_told(said, url, trouble.says, trouble.cure)
    assert status == STATUS[command], said
    if command == "grade":
        assert "Nobody was marked, and no mark was changed." in said


@pytest.mark.parametrize("command", ["autograde", "export"])
def test_nbgraders_own_commands_say_it_too(course: Course, tmp_path: Path, command: str) -> None:
    url = course.server.url("postgres", password=OTHER)
    there = elsewhere(course, tmp_path, url)
    status, said = there.type(*COMMANDS[command])
    assert_told(said, url, "refuses the user or the password", "mend")
    assert status == STATUS[command], said


def test_a_driver_that_is_missing_is_named_with_its_extra(course: Course, tmp_path: Path) -> None:
    absent = tmp_path / "absent"
    absent.mkdir()
    (absent / "psycopg.py").write_text("raise ModuleNotFoundError('No psycopg', name='psycopg')")
    for command in ("grade", "report", "export"):
        status, said = course.type(*COMMANDS[command], PYTHONPATH=str(absent))
        assert_told(said, course.url, "driver psycopg is not installed", extra("postgresql"))
        assert status == STATUS[command]


def test_the_doctor_says_it_too(course: Course, trouble: Trouble) -> None:
    url = course.server.url(**{"database": "postgres", **trouble.changes})
    (found,) = gradebook(url)
    assert found.level == "wrong"
    assert trouble.says in found.says
    assert trouble.cure in found.cure
    assert not leaks(found.says + found.cure)


def test_the_doctor_makes_no_tables(server: Server) -> None:
    database = server.new_database()
    (found,) = gradebook(server.url(database))
    assert found.level == "fine"
    assert "generate_assignment" in found.says
    assert server.execute("SELECT * FROM pg_tables WHERE schemaname = 'public'", database) == []


def elsewhere(given: Course, folder: Path, url: str) -> Course:
    """The same course, with another database."""
    root = folder / "course"
    shutil.copytree(given.root, root, ignore=shutil.ignore_patterns("autograded", "feedback"))
    configure(root, url)
    return Course(root, url, given.server)


def assert_told(said: str, url: str, *words: str) -> None:
    assert "Traceback" not in said, said
    assert all(word in said for word in words), said
    assert shown(url) in said
    assert "***" in said
    assert not leaks(said), said


def test_the_password_is_nowhere(marked: Course) -> None:
    """Last: it looks at what all the commands above have said and written."""
    assert marked.said
    assert not leaks(marked.said)
    files = [path for path in marked.root.rglob("*") if path.is_file()]
    holders = [path for path in files if leaks(unpacked(path))]
    assert [path.name for path in holders] == ["nbgrader_config.py"]
    order = WorkerSetup(
        (f"--CourseDirectory.db_url={marked.url}",), marked.url, "run", False, "log"
    )
    assert not leaks(repr(order))


def unpacked(path: Path) -> bytes:
    content = path.read_bytes()
    return gzip.decompress(content) if path.suffix == ".gz" else content
