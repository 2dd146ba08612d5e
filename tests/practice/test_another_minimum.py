"""An answer that must be another than an earlier one, in a session that changed the earlier one."""

from __future__ import annotations

from tests.marking.test_other_answers import CHECKS, GIVEN, LEFT, RIGHT
from tests.practice.sessions import Session

LOW, OTHER = CHECKS


def test_one_minimum_is_not_called_two_by_changing_the_first(session: Session) -> None:
    session.run(GIVEN)
    session.run(f"low = {LEFT}", "low")
    assert "right" in session.run(LOW)
    session.run("other = low\nlow = 0.0", "other")
    assert "low is not what it was when its own check was run" in session.run(OTHER)
    # The cure: what the first one is now, its own check sees first.
    session.run(f"other = {LEFT}", "other")
    session.run(f"low = {RIGHT}", "low")
    assert "right" in session.run(LOW)
    assert "not what it was" not in (told := session.run(OTHER))
    assert "right" in told


def test_what_marking_may_see_as_the_same_is_not_called_another(session: Session) -> None:
    session.run(GIVEN)
    session.run(f"low = {LEFT}", "low")
    session.run(LOW)
    session.run(f"low = {RIGHT}\nother = low", "other")
    assert "is the minimum that low already holds" in session.run(OTHER)
