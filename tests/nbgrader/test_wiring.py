"""One door: what a course's configuration says, and what nbgrader gets by it."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import Any

import pytest
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from autograder.doctor import course as doctors
from autograder.nbgrader import configure

OLD = """c = get_config()
c.Autograde.sanitize_preprocessors = ["autograder.marking.mend.Mend"]
c.HTMLExporter.preprocessors = ["autograder.feedback.pages.SafePage"]
"""


def test_a_course_names_nothing_internal(course: Path) -> None:
    text = (course / "nbgrader_config.py").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 40
    assert set(re.findall(r"\bautograder(?:\.\w+)+", text)) == {"autograder.nbgrader"}


def plugs(found: Any) -> set[str]:
    """All dotted names of ours in a configuration."""
    if isinstance(found, str):
        return {found} if found.startswith("autograder.") else set()
    values = found.values() if isinstance(found, dict) else found
    return set().union(*map(plugs, values)) if isinstance(found, (dict, list)) else set()


def test_every_plug_is_there(course: Path) -> None:
    config = PyFileConfigLoader("nbgrader_config.py", path=str(course)).load_config()
    named = plugs(config)
    assert len(named) >= 8
    for name in named:
        module, _, attribute = name.rpartition(".")
        assert getattr(importlib.import_module(module), attribute), name


def test_what_a_course_has_set_stays(tmp_path: Path) -> None:
    c = Config()
    c.Execute.timeout = 7
    c.Exchange.path_includes_course = False
    c.Examine.cell_timeout = 5
    configure(c)
    assert (c.Execute.timeout, c.Exchange.path_includes_course) == (7, False)
    assert c.Examine == {"cell_timeout": 5}
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("inside", [True, False])
def test_an_exchange_in_the_course_is_made_and_no_other(tmp_path: Path, inside: bool) -> None:
    course = tmp_path / "course"
    course.mkdir()
    c = Config()
    c.CourseDirectory.root = str(course)
    root = course / "exchange" if inside else tmp_path / "shared" / "exchange"
    c.Exchange.root = str(root)
    configure(c)
    configure(c)
    assert root.exists() == inside
    assert not inside or root.stat().st_mode & 0o777 == 0o777


def test_the_old_wiring_is_found_and_the_cure_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "nbgrader_config.py").write_text(OLD)
    monkeypatch.chdir(tmp_path)
    app, findings = doctors.configuration(tmp_path)
    assert app is None
    (finding,) = findings
    assert finding.level == "wrong"
    assert "autograder.marking.mend.Mend" in finding.says
    assert "autograder.feedback.pages.SafePage" in finding.says
    assert "from autograder.nbgrader import configure" in finding.cure
