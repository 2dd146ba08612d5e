"""The grammar of what is asked of a person."""

from __future__ import annotations

from autograder.marking import asking


def test_two_names_are_and_one_is() -> None:
    assert asking._be({"a"}) == "is"
    assert asking._be({"a", "b"}) == "are"
