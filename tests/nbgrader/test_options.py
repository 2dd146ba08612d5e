"""Options that nobody has are told; all others are let be."""

from __future__ import annotations

from pathlib import Path

import pytest
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from autograder.doctor import course as doctors
from autograder.nbgrader.options import unknown_options


@pytest.mark.parametrize(
    ("section", "name", "told"),
    [
        ("Examine", "cell_timout", "Examine has no option cell_timout; c.Examine.cell_timeout is"),
        ("Exmaine", "sandboxed", "c.Exmaine is no class of nbgrader's or ours; c.Examine is one"),
        ("Autograd", "permissions", "c.Autograd is no class of nbgrader's or ours; c.Autograde is"),
        ("Exchange", "zzz", "Exchange has no option zzz"),
        ("CourseDirectory", "db_ulr", "CourseDirectory has no option db_ulr; c.CourseDirectory.db"),
    ],
)
def test_an_option_that_changes_nothing_is_told(section: str, name: str, told: str) -> None:
    config = Config({section: {name: 1}})
    says = list(unknown_options(config))
    assert len(says) == 1
    assert says[0].startswith(told)
    found = list(doctors.options(config))
    assert [finding.level for finding in found] == ["warning"]
    assert says[0] in found[0].says


@pytest.mark.parametrize(
    ("section", "name"),
    [
        ("Examine", "cell_timeout"),
        ("NbGraderPreprocessor", "enabled"),  # of a class that ours are made of
        ("BaseConverter", "exporter_class"),  # which Autograde has, and others
        ("Exchange", "root"),
        ("ExchangeSubmit", "strict"),
        ("HTMLExporter", "filters"),
        ("NbGrader", "logfile"),
        ("ServerApp", "prot"),  # of another program
    ],
)
def test_what_may_be_one_is_let_be(section: str, name: str) -> None:
    assert list(unknown_options(Config({section: {name: 1}}))) == []


def test_a_new_course_has_none(course: Path) -> None:
    config = PyFileConfigLoader("nbgrader_config.py", path=str(course)).load_config()
    assert list(unknown_options(config)) == []
