"""What a worker has, and what it says where it cannot have it."""

from __future__ import annotations

import resource
import sqlite3
from pathlib import Path

import pytest
from nbgrader.api import Base
from sqlalchemy import create_engine

from autograder.errors import GradebookError
from autograder.grade.worker import snapshot


def test_a_gradebook_that_cannot_be_copied_is_told(tmp_path: Path) -> None:
    """Files may not grow beyond the size that `ulimit -f` gives: Python ignores the signal."""
    url = f"sqlite:///{tmp_path / 'gradebook.db'}"
    engine = create_engine(url)
    Base.metadata.create_all(engine)
    engine.dispose()
    place = tmp_path / "place"
    place.mkdir()
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, before[1]))
    try:
        with pytest.raises(GradebookError, match="cannot be copied") as caught:
            snapshot(url, place)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert isinstance(caught.value.__cause__, sqlite3.Error)
    assert str(place) in caught.value.says
    assert "TMPDIR" in caught.value.cure
    assert snapshot(url, place) == f"sqlite:///{place / 'gradebook.db'}"
