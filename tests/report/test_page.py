"""The page needs nothing but itself, shows nobody's HTML, and names nobody where it should not."""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
import time
from contextlib import closing
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote

import pytest
from click.testing import CliRunner
from hatchling.builders.wheel import WheelBuilder

from autograder.cli import main
from autograder.report.anonymous import anonymous
from autograder.report.data import ClassData
from autograder.report.export import as_csv, as_json
from autograder.report.gather import gather
from autograder.report.page import render
from autograder.report.statistics import exercise_statistics, mistakes
from tests.report.classroom import ASSIGNMENT, Classroom, error_output, work
from tests.report.conftest import HOSTILE_ID, HOSTILE_NAME, HOSTILE_WORDS, USUAL

VOID = {"meta", "img", "link", "br", "hr", "input"}


class Page(HTMLParser):
    """The elements of a page, as a browser would see them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.open: list[str] = []
        self.texts: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {k: v or "" for k, v in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("style", "script"):
            self.texts.append(data)

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attrs for name, attrs in self.elements if name == tag]

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())


@pytest.fixture(scope="module")
def text(room: Classroom, data: ClassData) -> str:
    return render(data, room.root, room.root / "report.html")


@pytest.fixture(scope="module")
def page(text: str) -> Page:
    return Page(text)


@pytest.fixture(scope="module")
def masked(data: ClassData) -> ClassData:
    return anonymous(data)


def names_of_people(data: ClassData) -> set[str]:
    students = {p.student for p in data.papers} | {p.name for p in data.papers if p.name}
    return students | {"learner", "Ada", "onerror", "alert"}


def test_it_loads_nothing(page: Page, text: str):
    assert page.open == []
    for tag, attrs in page.elements:
        assert tag not in ("link", "iframe", "object", "embed", "base", "form"), tag
        for name in ("src", "href", "action", "data", "srcset"):
            assert not re.match(r"[a-z]+:(?!image/svg\+xml;base64,)|//", attrs.get(name, "")), attrs
    assert "://" not in text
    assert "@import" not in text
    assert "url(" not in text
    (policy,) = (m["content"] for m in page.all("meta") if "http-equiv" in m)
    assert policy.startswith("default-src 'none'; img-src data:;")


def test_what_students_chose_is_text_and_nothing_else(page: Page):
    assert len(page.all("script")) == 1
    assert not [a for _, attrs in page.elements for a in attrs if a.startswith("on")]
    assert {i["src"][:26] for i in page.all("img")} == {"data:image/svg+xml;base64,"}
    assert HOSTILE_ID in page.text
    assert HOSTILE_NAME in page.text
    assert HOSTILE_WORDS in page.text


def test_an_error_that_a_student_raised_is_not_quoted(room: Classroom, tmp_path: Path):
    room = Classroom.make(tmp_path)

    def spoil(name: str, notebook: dict) -> None:
        for cell in notebook["cells"]:
            about = cell["metadata"].get("nbgrader", {})
            if cell["cell_type"] == "code" and not about.get("grade"):
                cell["outputs"] = [error_output("KernelLost", "the student's own words")]

    with room.gradebook() as gradebook:
        room.mark(gradebook, "one", work(1), spoil=spoil)
    found = gather(room.course, ASSIGNMENT)
    assert {f.kind for f in found.faults} == {"killed"}
    assert "own words" not in render(found, tmp_path, tmp_path / "r.html")


def test_links_lead_to_feedback_pages(room: Classroom, page: Page):
    outside = [a["href"] for a in page.all("a") if not a["href"].startswith("#")]
    assert len(outside) > 3 * len(USUAL)
    for href in set(outside):
        assert (room.root / unquote(href)).is_file(), href
    assert not any("endless" in href for href in outside), "its pages are not there"


def test_links_go_from_where_the_page_is(room: Classroom, data: ClassData, tmp_path: Path):
    elsewhere = Page(render(data, room.root, tmp_path / "a" / "r.html"))
    outside = {a["href"] for a in elsewhere.all("a") if not a["href"].startswith("#")}
    assert len(outside) > len(USUAL)
    for href in outside:
        assert os.path.isfile(os.path.normpath(tmp_path / "a" / unquote(href))), href


def test_links_within_the_page_arrive_and_ids_are_unique(page: Page):
    ids = [attrs["id"] for _, attrs in page.elements if "id" in attrs]
    assert len(ids) == len(set(ids))
    inside = [a["href"][1:] for a in page.all("a") if a["href"].startswith("#")]
    assert len(inside) > 20
    assert {*inside} <= {*ids}
    named = [a["aria-labelledby"] for _, a in page.elements if "aria-labelledby" in a]
    assert {*named} <= {*ids}


def test_the_map_leads_from_each_count_to_so_many_students(text: str, data: ClassData):
    for mistake in mistakes(data):
        anchor = re.search(
            rf'href="#(mistake-\d+-{mistake.name})" aria-label="(\d+): [^"]* in '
            rf'{mistake.exercise.name}"',
            text,
        )
        assert anchor is not None, mistake
        assert int(anchor[2]) == len(mistake.students)
        block = text.split(f'id="{anchor[1]}"')[1].split("</ul>")[0]
        assert block.count("<li>") == len(mistake.students)


def test_headings_are_in_order_and_the_page_has_its_landmarks(page: Page):
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch(r"h\d", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    tags = [tag for tag, _ in page.elements]
    assert {"header", "nav", "main", "footer"} <= {*tags}
    assert page.all("html") == [{"lang": "en"}]
    assert all(i["alt"] for i in page.all("img"))
    assert page.all("a")[0] == {"class": "skip", "href": "#main"}
    assert all("scope" in th for th in page.all("th"))


def test_the_numbers_are_on_the_page(page: Page, data: ClassData):
    for s in exercise_statistics(data):
        assert f"{s.exercise.name}" in page.text
    assert "1 submission was marked WITHOUT a sandbox" in page.text
    assert "1 submission was marked locked, without namespaces" in page.text
    assert "began 2026-03-03 08:00 UTC and took 95 s" in page.text
    assert "running students' cells" in page.text


def test_without_a_run_it_says_that_times_are_not_known(tmp_path: Path):
    room = Classroom.make(tmp_path)
    page = Page(render(gather(room.course, ASSIGNMENT), tmp_path, tmp_path / "r.html"))
    assert "How long marking took is not known" in page.text
    assert "Nothing is marked yet" in page.text


# ------------------------------------------------------------------------------------ anonymous


@pytest.mark.parametrize("kind", ["html", "json", "csv"])
def test_under_pseudonyms_nobody_is_named(
    room: Classroom, data: ClassData, masked: ClassData, kind: str
):
    # A time of the report's own may look like one of the class's.
    masked = replace(masked, made=masked.made.replace(hour=0, minute=0, second=0))
    text = {
        "html": lambda: render(masked, room.root, room.root / "r.html"),
        "json": lambda: as_json(masked),
        "csv": lambda: as_csv(masked),
    }[kind]()
    plain = re.sub(r"data:image/[^\"]*", "", text)
    for name in names_of_people(data):
        assert name not in plain, name
    assert "feedback/" not in plain
    assert os.fspath(room.root) not in plain
    for paper in data.papers:
        if paper.came is not None:
            assert f"{paper.came:%H:%M}" not in plain or f"{paper.came:%H:%M}" in str(data.due)


def test_pseudonyms_hold_within_a_report_and_not_beyond(data: ClassData, masked: ClassData):
    names = [p.student for p in masked.papers]
    assert names == sorted(names)
    assert len({*names}) == len(data.papers)
    assert {f.student for f in masked.faults} <= {*names}
    assert masked.run is not None
    assert {*masked.run.submissions} <= {*names}
    endless = [p for p in masked.papers if any(m.overruled for m in p.marks)]
    assert len(endless) == 1
    assert [f.student for f in masked.faults if f.kind == "never returned"] == [endless[0].student]
    order = [[p.raw for p in anonymous(data).papers] for _ in range(3)]
    assert order[0] != order[1] or order[1] != order[2], "drawn by lot for each report"


def test_pseudonyms_change_no_number(data: ClassData, masked: ClassData):
    for now, before in zip(exercise_statistics(masked), exercise_statistics(data), strict=True):
        assert now.counts == before.counts
        # The same sums in another order.
        assert now.mean == pytest.approx(before.mean)
        assert now.discrimination == pytest.approx(before.discrimination)
    assert sorted(p.score for p in masked.papers) == sorted(p.score for p in data.papers)
    assert {(m.exercise, m.name, len(m.students)) for m in mistakes(masked)} == {
        (m.exercise, m.name, len(m.students)) for m in mistakes(data)
    }


# ------------------------------------------------------------------------------------ a large class


def test_a_class_of_five_hundred(room: Classroom, tmp_path: Path):
    few, many = 50, 500
    small = _copied(room, tmp_path / "small", few)
    big = _copied(room, tmp_path / "big", many)
    seconds = {}
    for size, course in ((few, small), (many, big)):
        began = time.process_time()
        data = gather(course.course, ASSIGNMENT)
        text = render(data, course.root, course.root / "report.html")
        seconds[size] = time.process_time() - began
        assert len(data.marked) == size
    # A student costs what one of a small class does, or up to twice that on a busy machine; what
    # grows with the square would cost ten times that.
    assert seconds[many] / many < 2 * seconds[few] / few
    assert len(text.encode()) < 2_000_000
    with big.gradebook() as gradebook:
        average = gradebook.average_assignment_score(ASSIGNMENT)
    assert sum(p.raw for p in data.marked) / 500 == pytest.approx(average)


def _copied(room: Classroom, root: Path, size: int) -> Classroom:
    """A class of copies of learners, whose files are shared; rows are copied in SQL."""
    root.mkdir()
    shutil.copy(room.root / "gradebook.db", root)
    with closing(sqlite3.connect(root / "gradebook.db")) as db:
        papers = db.execute(
            "SELECT id, student_id FROM submitted_assignment WHERE student_id LIKE 'learner%'"
        ).fetchall()
        for number in range(size):
            paper, student = papers[number % len(papers)]
            new, key = f"a.long.student.name{number:03d}", f"s{number}"
            db.execute("INSERT INTO student (id) VALUES (?)", (new,))
            db.execute(
                "INSERT INTO submitted_assignment SELECT ?, assignment_id, ?, timestamp, extension "
                "FROM submitted_assignment WHERE id = ?",
                (key, new, paper),
            )
            db.execute(
                "INSERT INTO submitted_notebook SELECT ? || id, ?, notebook_id, flagged, "
                "late_submission_penalty FROM submitted_notebook WHERE assignment_id = ?",
                (key, key, paper),
            )
            db.execute(
                "INSERT INTO grade SELECT ? || id, ? || notebook_id, cell_id, auto_score, "
                "manual_score, extra_credit, needs_manual_grade FROM grade WHERE notebook_id IN "
                "(SELECT id FROM submitted_notebook WHERE assignment_id = ?)",
                (key, key, paper),
            )
            for step in ("autograded", "feedback"):
                folder = root / step / new
                folder.mkdir(parents=True)
                (folder / ASSIGNMENT).symlink_to(room.root / step / student / ASSIGNMENT)
        # New rows have ids that begin with "s", nbgrader's own are hexadecimal.
        db.execute("DELETE FROM submitted_assignment WHERE id NOT LIKE 's%'")
        db.execute("DELETE FROM submitted_notebook WHERE assignment_id NOT LIKE 's%'")
        db.execute("DELETE FROM grade WHERE notebook_id NOT IN (SELECT id FROM submitted_notebook)")
        db.execute("DELETE FROM comment")
        db.execute(
            "DELETE FROM student WHERE id NOT IN (SELECT student_id FROM submitted_assignment)"
        )
        db.commit()
    return Classroom(root)


# ------------------------------------------------------------------------------------ the command


def test_the_wheel_has_all_that_the_page_is_made_of(course: Path):
    files = {f.distribution_path for f in WheelBuilder(str(course)).recurse_included_files()}
    parts = {f"autograder/report/page.{kind}" for kind in ("py", "html.jinja", "css", "js")}
    assert parts <= files


def test_the_command_writes_what_was_asked(
    room: Classroom, course: Path, data: ClassData, monkeypatch: pytest.MonkeyPatch
):
    (room.root / "nbgrader_config.py").write_text((course / "nbgrader_config.py").read_text())
    monkeypatch.chdir(room.root)
    before = {p: p.stat().st_mtime_ns for p in room.root.rglob("*") if p.is_file()}
    runner = CliRunner()
    said = runner.invoke(main, ["report", ASSIGNMENT])
    assert said.exit_code == 0, said.output
    marked = f"{len(data.marked)} of {len(data.papers)} students marked"
    assert f"report_gradient_descent.html: {marked}" in said.output
    assert Page((room.root / "report_gradient_descent.html").read_text()).all("h1")
    said = runner.invoke(main, ["report", ASSIGNMENT, "--format", "json", "-o", "-"])
    assert len(json.loads(said.output)["students"]) == len(data.papers)
    said = runner.invoke(main, ["report", ASSIGNMENT, "--format", "csv", "--anonymous"])
    assert said.exit_code == 0, said.output
    assert "learner" not in (room.root / "report_gradient_descent_anonymous.csv").read_text()
    said = runner.invoke(main, ["report", "nothing"])
    assert said.exit_code == 1
    assert "no assignment 'nothing'" in said.output
    assert {p: p.stat().st_mtime_ns for p in before} == before, "it only reads"


def test_the_command_wants_a_course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    said = CliRunner().invoke(main, ["report", ASSIGNMENT])
    assert said.exit_code == 1
    assert "run this in the course directory" in said.output
    assert list(tmp_path.iterdir()) == []


def test_where_there_are_no_points_no_marks_are_drawn(room: Classroom, data: ClassData) -> None:
    free = {e: replace(e, points=0.0) for e in data.exercises}
    papers = tuple(
        replace(p, marks=tuple(replace(m, exercise=free[m.exercise], score=0.0) for m in p.marks))
        for p in data.papers
    )
    without = replace(data, exercises=tuple(free.values()), papers=papers, lessons=())
    page = Page(render(without, room.root, room.root / "report.html"))
    assert "There are no points in this assignment." in page.text
    assert not any("bar chart of the points" in image["alt"] for image in page.all("img"))
    bonus = replace(papers[0], marks=tuple(replace(m, score=1.0) for m in papers[0].marks))
    earned = Page(render(replace(without, papers=(bonus, *papers[1:])), room.root, room.root / "r"))
    assert any("bar chart of the points" in image["alt"] for image in earned.all("img"))
