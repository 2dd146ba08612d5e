"""What the report counts is what the gradebook has and what marking wrote down."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest

from autograder.errors import ReportError
from autograder.isolation import Isolation
from autograder.report.data import ClassData, Paper
from autograder.report.gather import gather
from autograder.report.lastrun import read_last_run
from autograder.report.statistics import UNNAMED, exercise_statistics, mistakes
from tests.report.classroom import ASSIGNMENT, Classroom, work
from tests.report.conftest import HOSTILE_ID, USUAL


def paper(data: ClassData, student: str) -> Paper:
    (found,) = (p for p in data.papers if p.student == student)
    return found


def outcome(data: ClassData, student: str, exercise: str) -> str:
    (found,) = (m.outcome for m in paper(data, student).marks if m.exercise.name == exercise)
    return found


def test_points_are_the_gradebooks(room: Classroom, data: ClassData):
    with room.gradebook() as gradebook:
        assert data.points == gradebook.find_assignment(ASSIGNMENT).max_score
        submissions = gradebook.assignment_submissions(ASSIGNMENT)
        assert len(submissions) == len(data.marked) == len(USUAL) + 4
        for submission in submissions:
            found = paper(data, submission.student_id)
            assert found.raw == pytest.approx(submission.score, abs=1e-12)
            assert found.penalty == submission.late_submission_penalty
            assert found.late == submission.total_seconds_late
            waits = [g for n in submission.notebooks for g in n.grades if g.needs_manual_grade]
            assert sum(m.outcome == "unjudged" for m in found.marks) == len(waits)
        average = gradebook.average_assignment_score(ASSIGNMENT)
    assert sum(p.raw for p in data.marked) / len(data.marked) == pytest.approx(average)


def test_outcomes_of_each_exercise_agree_with_the_gradebook(room: Classroom, data: ClassData):
    found = {(s.exercise.notebook, s.exercise.cell): s.counts for s in exercise_statistics(data)}
    expected: dict[tuple[str, str], Counter[str]] = {key: Counter() for key in found}
    with room.gradebook() as gradebook:
        for submission in gradebook.assignment_submissions(ASSIGNMENT):
            for notebook in submission.notebooks:
                for grade in notebook.grades:
                    earned = "full" if grade.score >= grade.max_score else "some"
                    earned = earned if grade.score else "nothing"
                    kind = "waits" if grade.needs_manual_grade else earned
                    expected[notebook.name, grade.name][kind] += 1
    for key, counts in found.items():
        if key == ("01_derivatives", "f_derivative_check"):
            continue  # where the gradebook was made to disagree
        if key == ("03_goldfield", "leaning_partials_check"):
            continue  # without points, so that the gradebook does not tell right from wrong
        assert counts["right"] == expected[key]["full"], key
        assert counts["partly"] == expected[key]["some"], key
        assert counts["wrong"] + counts["unanswered"] == expected[key]["nothing"], key
        assert counts["unjudged"] == expected[key]["waits"], key


def test_mistakes_are_those_of_the_verdicts(data: ClassData):
    expected: Counter[tuple[str, str]] = Counter()
    for number in range(len(USUAL)):
        for exercise, verdicts in work(number).items():
            names = {v.misconception for v in verdicts} - {None, "not_answered"}
            expected.update((exercise, str(name)) for name in names)
    found = Counter(
        {
            (m.exercise.name, m.name): number
            for m in mistakes(data)
            if m.name != UNNAMED and (number := len({*m.students} & {*USUAL}))
        }
    )
    assert found == expected
    assert len(expected) > 20


def test_one_mistake_counts_once_a_student(data: ClassData):
    assert all(len({*m.students}) == len(m.students) > 0 for m in mistakes(data))


def test_a_mistake_without_a_name_is_counted_too(data: ClassData):
    (unnamed,) = (
        m for m in mistakes(data) if m.name == UNNAMED and m.exercise.name == "f_derivative"
    )
    assert HOSTILE_ID in unnamed.students


def test_a_person_overrules(data: ClassData):
    assert outcome(data, "endless", "descent_routine") == "right"
    assert outcome(data, "endless", "analogies") == "partly"
    (mark,) = (m for m in paper(data, "endless").marks if m.exercise.name == "analogies")
    assert mark.score == 0.75
    assert not mark.overruled
    (mark,) = (m for m in paper(data, "endless").marks if m.exercise.name == "descent_routine")
    assert mark.overruled
    assert mark.mistakes == (), "a person found it right"
    # Confirmed, and no less what the record says.
    (mark,) = (m for m in paper(data, "learner03").marks if m.exercise.name == "waves_minimum")
    assert not mark.overruled


def test_who_was_marked_after_the_last_run_is_no_fault(tmp_path: Path):
    room = Classroom.make(tmp_path)
    room.remember_run(
        {
            **dict.fromkeys(("began", "way"), ""),
            **dict.fromkeys(("seconds", "workers", "marked", "reused", "unchanged"), 1),
            "version": 1,
            "isolation": "sandboxed",
            "submissions": {},
            "faults": {"one": "a full disk", "two": "a full disk"},
        }
    )
    state = tmp_path / ".autograder" / ASSIGNMENT
    (state / "marked").mkdir()
    for student, seconds in (("one", 60), ("two", -60)):
        (state / "marked" / student).touch()
        when = (state / "last_run.json").stat().st_mtime + seconds
        os.utime(state / "marked" / student, (when, when))
    assert [f.student for f in gather(room.course, ASSIGNMENT).faults] == ["two"]


def test_what_was_not_handed_in_and_what_cannot_be_read(data: ClassData):
    assert outcome(data, "broken_file", "waves_minimum") == "unanswered"
    assert outcome(data, "broken_file", "quartic_minimum") == "unjudged"
    assert paper(data, "broken_file").not_handed_in == ("03_goldfield",)
    assert not paper(data, "broken_file").marks[0].mistakes
    assert paper(data, "absentee").state == "missing"
    assert paper(data, "absentee").name == "Ada Example"
    assert paper(data, "newcomer").state == "not marked"


def test_late_ones_and_their_penalty(data: ClassData):
    late = {p.student: p.late for p in data.papers if p.late}
    assert late == {"learner18": 1800.0, "learner19": 5400.0, "late_one": 30 * 3600.0}
    found = paper(data, "late_one")
    assert found.score == found.raw - 2.5


def test_faults_are_named(data: ClassData):
    found = {(f.student, f.notebook, f.kind) for f in data.faults}
    assert found == {
        ("newcomer", "", "not marked"),
        ("broken_file", "02_minima", "unreadable"),
        ("endless", "02_minima", "never returned"),
        (HOSTILE_ID, "02_minima", "killed"),
        ("learner00", "01_derivatives", "disagreement"),
    }


@pytest.mark.parametrize(
    ("isolation", "who"), [("unsandboxed", {"late_one"}), ("locked", {"endless"})]
)
def test_who_was_marked_without_a_sandbox(data: ClassData, isolation: str, who: set[str]):
    assert {p.student for p in data.marked for m in p.marks if m.isolation == isolation} == who


def test_a_record_from_before_there_were_three_ways_is_read():
    assert Isolation.of({"sandboxed": True}) is Isolation.SANDBOXED
    assert Isolation.of({"sandboxed": False}) is Isolation.UNSANDBOXED
    assert Isolation.of({"isolation": "locked"}) is Isolation.LOCKED
    assert Isolation.of({}) is None


def test_exercises_stand_in_the_order_of_the_notebooks(data: ClassData):
    names = [e.name for e in data.exercises]
    assert names[:3] == ["analogies", "f_derivative", "f_stationary_point"]
    assert names[-1] == "waves_minimum"
    assert [e.name for e in data.exercises if e.by_hand] == ["analogies", "knobs"]


def test_a_copy_that_is_gone_is_told_and_the_marks_stay(room: Classroom, tmp_path: Path):
    room = Classroom.make(tmp_path)
    with room.gradebook() as gradebook:
        room.mark(gradebook, "one", work(1))
    before = gather(room.course, ASSIGNMENT)
    path = tmp_path / "autograded" / "one" / ASSIGNMENT / "01_derivatives.ipynb"
    path.write_text("[" * 100_000)
    after = gather(room.course, ASSIGNMENT)
    assert [(f.student, f.notebook, f.kind) for f in after.faults] == [
        ("one", "01_derivatives", "no copy")
    ]
    assert after.papers[0].raw == before.papers[0].raw


def test_an_interrupted_marking_is_told(tmp_path: Path):
    room = Classroom.make(tmp_path)
    begun = tmp_path / ".autograder" / ASSIGNMENT / "begun"
    begun.mkdir(parents=True)
    (begun / "someone").touch()
    data = gather(room.course, ASSIGNMENT)
    assert [(f.student, f.kind) for f in data.faults] == [("someone", "interrupted")]


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"version": 1}', '{"version": 2}', "[" * 100_000, '{"version": 1e999}'],
)
def test_an_odd_record_of_the_last_run_is_none(tmp_path: Path, text: str):
    path = tmp_path / "last_run.json"
    path.write_text(text)
    assert read_last_run(path) == (None, {})


def test_without_a_gradebook_or_assignment_it_says_so(room: Classroom, tmp_path: Path):
    nowhere = Classroom(tmp_path)
    with pytest.raises(ReportError, match="no gradebook"):
        gather(nowhere.course, ASSIGNMENT)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ReportError, match=r"no assignment 'other'\. It has: gradient_descent"):
        gather(room.course, "other")
