"""One gradebook is lent to all steps: what they see, what is written when, and what is held."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import nbgrader.api
import nbgrader.utils
import pytest
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.preprocessors import saveautogrades

from autograder.nbgrader import shared, upstream
from autograder.nbgrader.shared import OneGradebook, opened, settle

WHERE = ("paper", "work", "eve")

# As nbgrader makes a submission; `configure` says the same for its commands.
pytestmark = pytest.mark.filterwarnings("ignore:Object of type <Submitted.*not in session")


@pytest.fixture
def db_url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A gradebook with a submission of one notebook: two checks, an answer and a text."""
    monkeypatch.setattr(nbgrader.api, "get_alembic_version", lambda: "the newest")
    url = f"sqlite:///{tmp_path / 'gradebook.db'}"
    with Gradebook(url) as gradebook:
        gradebook.add_assignment("work")
        gradebook.add_notebook("paper", "work")
        for name, kind in (("one", "code"), ("two", "code"), ("text", "markdown")):
            gradebook.add_grade_cell(name, "paper", "work", max_score=2.0, cell_type=kind)
        for name in ("answer", "text"):
            gradebook.add_solution_cell(name, "paper", "work")
        gradebook.add_source_cell("one", "paper", "work", cell_type="code", source="1")
        gradebook.add_task_cell("task", "paper", "work", max_score=3.0, cell_type="markdown")
        gradebook.add_student("eve")
        gradebook.add_submission("work", "eve")
    return url


def scores(db_url: str) -> list[float | None]:
    """The automatic scores as whoever looks from outside sees them."""
    with closing(sqlite3.connect(db_url.removeprefix("sqlite:///"), timeout=0)) as connection:
        return [score for (score,) in connection.execute("SELECT auto_score FROM grade")]


def give(gradebook: Gradebook, name: str, score: float) -> None:
    gradebook.find_grade(name, *WHERE).auto_score = score
    gradebook.db.commit()


def test_steps_have_the_same_and_others_their_own(db_url: str) -> None:
    one = OneGradebook(db_url, merged=True)
    with one.lent():
        with opened(db_url) as first, saveautogrades.Gradebook(db_url) as second:
            assert first is second
        with opened(db_url, "another course") as third:
            assert third.db is first.db
            assert third.course_id == "another course"
        with opened(f"{db_url}.another") as fourth:
            assert fourth.db is not first.db
    with saveautogrades.Gradebook(db_url) as gradebook:
        assert gradebook is not first


def test_changes_are_seen_outside_once_they_are_settled(db_url: str) -> None:
    with OneGradebook(db_url, merged=True).lent():
        for name in ("one", "two"):
            with opened(db_url) as gradebook:
                give(gradebook, name, 1.5)
        assert not any(scores(db_url))
        settle()
        assert scores(db_url).count(1.5) == 2
        # And nothing is locked.
        with closing(sqlite3.connect(db_url.removeprefix("sqlite:///"), timeout=0)) as other:
            other.execute("UPDATE grade SET manual_score = 1")
            other.commit()


def test_what_a_fault_left_is_committed_as_nbgrader_would_have(db_url: str) -> None:
    def fail() -> None:
        with OneGradebook(db_url, merged=True).lent(), opened(db_url) as gradebook:
            give(gradebook, "one", 1.5)
            gradebook.find_grade("two", *WHERE).auto_score = 0.5  # and no commit
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert scores(db_url).count(1.5) == 1
    assert 0.5 not in scores(db_url)


def test_changes_of_a_course_with_its_own_steps_are_seen_at_once(db_url: str) -> None:
    with OneGradebook(db_url, merged=False).lent(), opened(db_url) as gradebook:
        give(gradebook, "one", 1.5)
        assert 1.5 in scores(db_url)


def test_rows_that_are_made_are_seen_at_once(db_url: str) -> None:
    with OneGradebook(db_url, merged=True).lent(), opened(db_url) as gradebook:
        gradebook.update_or_create_student("adam")
        gradebook.update_or_create_submission("work", "adam")
        assert len(scores(db_url)) == 8


def test_what_is_not_committed_is_gone_when_it_is_closed(db_url: str) -> None:
    with OneGradebook(db_url, merged=True).lent():
        with opened(db_url) as gradebook:
            gradebook.find_grade("one", *WHERE).auto_score = 1.5
            gradebook.db.flush()
        with opened(db_url) as gradebook:
            assert gradebook.find_grade("one", *WHERE).auto_score is None


def test_sums_are_of_what_was_written_last(db_url: str) -> None:
    with OneGradebook(db_url, merged=True).lent(), opened(db_url) as gradebook:
        for score in (1.0, 2.0):
            give(gradebook, "one", score)
            assert gradebook.find_submission_notebook(*WHERE).score == score
            assert gradebook.find_submission("work", "eve").score == score
            assert gradebook.find_grade("one", *WHERE).score == score


def test_what_others_write_between_two_submissions_is_seen(db_url: str) -> None:
    one = OneGradebook(db_url, merged=True)
    for score in (1.0, 2.0):
        with Gradebook(db_url) as gradebook:
            gradebook.find_grade("one", *WHERE).manual_score = score
            gradebook.db.commit()
        with one.lent(), opened(db_url) as gradebook:
            assert gradebook.find_grade("one", *WHERE).manual_score == score


@pytest.mark.parametrize(
    ("find", "names"),
    [
        ("find_source_cell", ("one", "nothing")),
        ("find_graded_cell", ("one", "text", "task", "answer")),
        ("find_grade", ("one", "text", "task", "answer")),
        ("find_comment", ("answer", "text", "task", "one")),
    ],
)
def test_it_finds_what_nbgraders_finds(db_url: str, find: str, names: tuple[str, ...]) -> None:
    def found(name: str) -> Any:
        where = WHERE if find in ("find_grade", "find_comment") else WHERE[:2]
        with opened(db_url) as gradebook:
            for _ in range(2):
                try:
                    row = getattr(gradebook, find)(name, *where)
                    told = type(row).__name__, row.id
                except MissingEntry as exc:
                    told = "MissingEntry", str(exc)
            return told

    theirs = [found(name) for name in names]
    assert theirs[-1][0] == "MissingEntry"
    with OneGradebook(db_url, merged=True).lent():
        assert [found(name) for name in names] == theirs


def test_a_gradebook_with_other_parts_is_opened_anew(
    db_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Newer(Gradebook):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments)
            self.cache: dict[str, Any] = {}

    monkeypatch.setattr(shared, "Gradebook", Newer)
    with OneGradebook(db_url, merged=True).lent():
        with opened(db_url) as first:
            assert type(first) is Newer
            give(first, "one", 1.5)
        assert 1.5 in scores(db_url)
        settle()
        with opened(db_url) as second:
            assert second is not first


def test_a_step_that_nbgrader_has_moved_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upstream, "_OPENING", ("nbgrader.no_such_module", "nbgrader.utils"))
    upstream.open_gradebooks_by(opened)
    assert not hasattr(nbgrader.utils, "Gradebook")
