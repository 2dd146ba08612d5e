"""A term on a JupyterHub, as docs/instructor.md says: everybody has a user of their own."""

from __future__ import annotations

import csv
import json
import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import nbformat
import pytest

from autograder.demo.students import SampleStudent
from tests.hub.accounts import Account
from tests.hub.conftest import Site
from tests.hub.server import Server

pytestmark = pytest.mark.timeout(1800)

ASSIGNMENT = "gradient_descent"
COURSE_ID = "gradient_descent_course"
NOTEBOOK = "01_derivatives"  # the others take time, and show nothing new here
FETCHED = f"{COURSE_ID}/{ASSIGNMENT}"
FORMGRADER = "nbgrader.server_extensions.formgrader"
CLASS = {"right": "student01_by_hand", "wrong": "student06_signs"}


_DOCTOR = """
import dataclasses, json
from autograder import doctor
print(json.dumps([dataclasses.asdict(finding) for finding in doctor._course()]))
"""


@dataclass
class Term:
    """What there was to see in the course of a term.

    Attributes:
        site: the machine.
        course: the grader's course directory.
        servers: everybody's, as they see it.
        said: what a command or an API said.
    """

    site: Site
    course: Path
    servers: dict[str, Server]
    said: dict[str, Any] = field(default_factory=dict)

    @property
    def students(self) -> list[Account]:
        return [self.site.right, self.site.wrong]

    def type(self, line: str) -> str:
        """Type a line as the grader, in the course directory."""
        return self.site.grader.type(line, self.site.graders, self.course)

    def doctor(self, who: Account, environment: Path, cwd: Path) -> dict[str, dict[str, str]]:
        """What the doctor finds of course and hub, by subject; no kernel need be started for it."""
        done = who.run([f"{environment}/bin/python", "-c", _DOCTOR], environment, cwd)
        assert done.returncode == 0, done.stderr
        return {finding["subject"]: finding for finding in json.loads(done.stdout)}


@pytest.fixture(scope="module")
def term(site: Site, course: Path) -> Term:
    """A term, from a new course to the marks."""
    hub, grader = site.hub, site.grader
    term = Term(site, grader.home / "my_course", {})

    # The grader, in a terminal of the server that the hub gives.
    first = hub.start(grader)
    typed, exchange, asked, existing = site.guide.blocks("The course")
    grader.type(typed.text, site.graders)
    assert (grader.home / ".jupyter/nbgrader_config.py").read_text() == existing.text.replace(
        '"', "'"
    )
    config = term.course / "nbgrader_config.py"
    text, count = re.subn(r"^EXCHANGE = .*\n", exchange.text, config.read_text(), flags=re.M)
    assert count == 1
    config.write_text(text)
    for path in (term.course / "source" / ASSIGNMENT).glob("*.ipynb"):
        if path.stem != NOTEBOOK:
            path.unlink()
    hub.stop(grader, first.token)
    for person in (grader, *term.students):
        term.servers[person.name] = hub.start(person)
    desk = term.servers[grader.name]

    # The formgrader's buttons.
    term.said["at once"] = desk.get("formgrader/api/assignments")
    desk.post(f"formgrader/api/assignment/{ASSIGNMENT}/assign")
    desk.post(f"formgrader/api/assignment/{ASSIGNMENT}/release")
    # Its status is not asked: a machine that is busy with other tests may be short of memory.
    done = grader.run(["bash", "-c", asked.text], site.graders)
    term.said["doctor"] = done.stdout + done.stderr

    for student, work in zip(term.students, CLASS.values(), strict=True):
        server = term.servers[student.name]
        assert server.get("courses")["value"] == [COURSE_ID]
        (listed,) = server.get(f"assignments?course_id={COURSE_ID}")["value"]
        assert (listed["assignment_id"], listed["status"]) == (ASSIGNMENT, "released")
        names = {"course_id": COURSE_ID, "assignment_id": ASSIGNMENT}
        server.post("assignments/fetch", **names)
        _solve(server, SampleStudent.read(course / "sample_class" / f"{work}.py"))
        if student is site.right:
            path = f"{FETCHED}/{NOTEBOOK}.ipynb"
            term.said["validate"] = server.post("assignments/validate", path=path)["value"]
        server.post("assignments/submit", **names)

    desk.post(f"formgrader/api/assignment/{ASSIGNMENT}/collect")
    wrong = site.wrong.name
    term.said["autograde"] = desk.post(f"formgrader/api/submission/{ASSIGNMENT}/{wrong}/autograde")
    term.said["grade"] = term.type(f"autograder grade {ASSIGNMENT}")
    desk.post(f"formgrader/api/assignment/{ASSIGNMENT}/generate_feedback")
    desk.post(f"formgrader/api/assignment/{ASSIGNMENT}/release_feedback")
    for student in term.students:
        names = {"course_id": COURSE_ID, "assignment_id": ASSIGNMENT}
        term.servers[student.name].post("assignments/fetch_feedback", **names)
    term.type("nbgrader export")
    return term


def _solve(server: Server, work: SampleStudent) -> None:
    """Write the answers into the fetched notebook, and save it as JupyterLab does."""
    path = f"api/contents/{FETCHED}/{NOTEBOOK}.ipynb"
    notebook = nbformat.from_dict(server.get(path)["content"])
    assert work.solve(notebook)
    server.put(path, {"type": "notebook", "format": "json", "content": notebook})


def _feedback(student: Account) -> Path:
    (page,) = (student.home / FETCHED / "feedback").glob(f"*/{NOTEBOOK}.html")
    return page


def test_each_logs_in_with_a_password_of_their_own(term: Term) -> None:
    right, wrong = term.students
    assert term.site.hub.log_in(right.name, wrong.password).status_code == 403
    theirs = term.site.hub.server(right.name, term.servers[wrong.name].token)
    for path in ("api/contents", f"api/contents/{FETCHED}", "api/terminals", "assignments"):
        assert theirs.ask("GET", path).status_code in (403, 404), path
    assert term.servers[right.name].ask("GET", "api/contents").ok


def test_the_formgrader_lists_the_course_at_once(term: Term) -> None:
    assert [a["name"] for a in term.said["at once"]] == [ASSIGNMENT, "more_practice"]
    page = term.servers[term.site.grader.name].ask("GET", "formgrader")
    assert page.ok


def _panels_off(server: Server) -> set[str]:
    """What JupyterLab is told to leave out."""
    page = server.ask("GET", "lab").text
    found = re.search(r'<script id="jupyter-config-data"[^>]*>(.*?)</script>', page, re.S)
    assert found
    return {name for name in json.loads(found[1])["disabledExtensions"] if "nbgrader" in name}


def test_the_formgrader_is_the_graders_alone(term: Term) -> None:
    desk = term.servers[term.site.grader.name]
    assert desk.ask("GET", "formgrader/api/assignments").status_code == 200
    assert desk.ask("GET", "formgraders").status_code == 200
    assert _panels_off(desk) == set()
    for student in term.students:
        server = term.servers[student.name]
        assert server.ask("GET", "formgrader").status_code == 404
        assert server.ask("GET", "formgrader/api/assignments").status_code == 404
        assert server.ask("GET", "formgraders").status_code == 404
        assert server.ask("GET", "assignments", params={"course_id": COURSE_ID}).ok
        assert _panels_off(server) == {
            f"@jupyter/nbgrader:{panel}"
            for panel in ("formgrader", "course-list", "create-assignment")
        }


def test_practice_and_marks_agree(term: Term) -> None:
    assert "failed" not in json.dumps(term.said["validate"])
    with (term.course / "grades.csv").open() as file:
        scores = {row["student_id"]: float(row["score"]) for row in csv.DictReader(file)}
    right, wrong = term.students
    assert scores[right.name] == 9  # all that a machine marks in this notebook
    assert 0 < scores[wrong.name] < 5


def test_both_ways_of_marking_went_through_the_sandbox(term: Term) -> None:
    assert "1 submission(s) marked." in term.said["autograde"]["log"]
    assert "1 marked" in term.said["grade"]
    for student in term.students:
        text = (
            term.course / "autograded" / student.name / ASSIGNMENT / f"{NOTEBOOK}.ipynb"
        ).read_text()
        assert '"isolation": "sandboxed"' in text
        assert '"isolation": "unsandboxed"' not in text


def test_feedback_comes_back_to_whose_it_is(term: Term) -> None:
    right, wrong = term.students
    path = quote(str(_feedback(wrong).relative_to(wrong.home)))
    page = term.servers[wrong.name].get(f"api/contents/{path}")["content"]
    assert "sign" in page
    assert _feedback(wrong).read_text() != _feedback(right).read_text()


def _belongings(term: Term) -> dict[Account, list[Path]]:
    """What is somebody's, and nobody else's."""
    site, course = term.site, term.course
    right, grader = site.right, site.grader
    solutions = site.graders / "share" / "autograder" / "course" / "source" / ASSIGNMENT
    inbound = site.exchange / COURSE_ID / "inbound"
    marked = Path(right.name, ASSIGNMENT)
    return {
        grader: [
            grader.home,
            grader.home / ".jupyter" / "nbgrader_config.py",
            course,
            course / "source" / ASSIGNMENT / f"{NOTEBOOK}.ipynb",
            course / "gradebook.db",
            course / "grades.csv",
            course / ".autograder",
            course / ".autograder" / ASSIGNMENT / "last_run.json",
            course / ".autograder_seed",
            course / "submitted" / marked / f"{NOTEBOOK}.ipynb",
            course / "autograded" / marked / f"{NOTEBOOK}.ipynb",
            course / "feedback" / marked / f"{NOTEBOOK}.html",
            site.graders,
            solutions / f"{NOTEBOOK}.ipynb",
            inbound,
            site.exchange / COURSE_ID / "feedback",
        ],
        right: [
            right.home,
            right.home / FETCHED / f"{NOTEBOOK}.ipynb",
            right.home / ".local/share/jupyter/nbgrader_cache",
            _feedback(right),
        ],
    }


def test_nobody_opens_what_is_not_theirs(term: Term) -> None:
    for owner, paths in _belongings(term).items():
        assert owner.opens(*paths) == [str(p) for p in paths]  # else nothing was tried
        assert term.site.wrong.opens(*paths) == []
        if owner is term.site.right:
            assert term.site.grader.opens(*paths) == []


def test_nobody_writes_what_is_not_theirs(term: Term) -> None:
    site, wrong = term.site, term.site.wrong
    released = site.exchange / COURSE_ID / "outbound" / ASSIGNMENT / f"{NOTEBOOK}.ipynb"
    fixed = [
        released,
        released.parent,
        site.exchange / COURSE_ID,
        site.students,
        site.students / "etc" / "jupyter" / "nbgrader_config.py",
        *(p for paths in _belongings(term).values() for p in paths if p.name != "inbound"),
    ]
    assert wrong.opens(*fixed, write=True) == []
    assert wrong.opens(released, wrong.home) == [str(released), str(wrong.home)]
    assert wrong.opens(wrong.home, site.exchange, write=True) == [
        str(wrong.home),
        str(site.exchange),
    ]


def test_nobody_gets_at_it_through_a_server(term: Term) -> None:
    wrong = term.site.wrong
    server = term.servers[wrong.name]
    theirs = [path for paths in _belongings(term).values() for path in paths]
    for number, path in enumerate([wrong.home, *theirs]):
        link = f"link{number}"
        wrong.type(f"ln -s {shlex.quote(str(path))} {link}", term.site.students)
        up = quote("../" * 12 + str(path).lstrip("/"), safe="")
        answers = [server.ask("GET", f"api/contents/{way}").status_code for way in (link, up)]
        # One's own home is there behind a link: so there is a way to try.
        assert (200 in answers) == (path == wrong.home), path


def test_the_students_environment_holds_no_solution(term: Term) -> None:
    words = b"### BEGIN SOLUTION"
    notebooks = [p for p in term.site.students.rglob("*.ipynb") if words in p.read_bytes()]
    assert [p for p in notebooks if "nbgrader" not in p.parts] == []


def test_the_doctor_finds_a_graders_course_from_home(term: Term) -> None:
    found = term.doctor(term.site.grader, term.site.graders, term.site.grader.home)
    assert str(term.course) in found["course"]["says"]
    typed = re.findall(r"^(\w+): ([\w ]+): ", term.said["doctor"], re.M)
    wrong = {subject for level, subject in typed if level == "wrong"}
    assert wrong <= {"memory", "disk", "kernel"}, term.said["doctor"]
    assert {("fine", "hub"), ("fine", "rights"), ("fine", "exchange")} <= set(typed)
    for subject in ("hub", "rights", "exchange", "gradebook"):
        assert found[subject]["level"] == "fine", found[subject]


def test_the_doctor_warns_a_grader_whose_formgrader_finds_nothing(term: Term) -> None:
    file = term.site.grader.home / ".jupyter" / "nbgrader_config.py"
    aside = file.rename(file.with_suffix(".aside"))
    try:
        found = term.doctor(term.site.grader, term.site.graders, term.course)
    finally:
        aside.rename(file)
    assert found["hub"]["level"] == "warning"
    assert f"c.CourseDirectory.root = '{term.course}'" in found["hub"]["cure"]


def test_the_doctor_warns_in_a_students_server_with_the_formgrader_on(term: Term) -> None:
    wrong, students = term.site.wrong, term.site.students
    before = term.doctor(wrong, students, wrong.home)["hub"]
    assert before["level"] == "fine", before
    on = json.dumps({"ServerApp": {"jpserver_extensions": {FORMGRADER: True}}})
    wrong.type(f"mkdir -p .jupyter && echo '{on}' > .jupyter/jupyter_server_config.json", students)
    after = term.doctor(wrong, students, wrong.home)["hub"]
    assert after["level"] == "warning"
    assert f"extension disable --sys-prefix {FORMGRADER}" in after["cure"]


def test_marking_closes_what_it_makes_also_where_homes_are_open(term: Term) -> None:
    site, course = term.site, term.course
    opened = [site.grader.home, course]
    for folder in opened:
        folder.chmod(0o755)
    try:
        course_parts = [p for p in _belongings(term)[site.grader] if p.is_relative_to(course)]
        left = [str(course), str(course / "grades.csv")]
        assert site.wrong.opens(*course_parts) == left
        found = term.doctor(site.grader, site.graders, course)["rights"]
        assert found["level"] == "warning"
        assert f"chmod go-rwx {course}" in found["cure"]
        term.type(re.findall("`(chmod [^`]*)`", found["cure"])[0])
        assert site.wrong.opens(*course_parts) == []
        assert term.doctor(site.grader, site.graders, course)["rights"]["level"] == "fine"
    finally:
        for folder in opened:
            folder.chmod(0o700)
