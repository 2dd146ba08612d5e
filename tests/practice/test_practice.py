"""What a student sees in a session: messages, and the card of all exercises."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from nbformat import NotebookNode, from_dict
from nbgrader.utils import compute_checksum

from autograder import CheckFailed, check, progress
from autograder.checks.misconceptions.catalogue import CATALOGUE
from autograder.feedback import html
from autograder.practice import notebook
from autograder.practice import progress as standing
from autograder.practice import session as practice
from tests.corpus import given_namespace

QUESTION = CATALOGUE["sign_flipped"].hint
SECTION = "Slopes by hand"


@pytest.fixture(autouse=True)
def fresh_session(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    monkeypatch.setattr(standing, "_verdicts", {})
    monkeypatch.setattr(standing, "_together", {})


Session = Callable[[str], str]


@pytest.fixture
def session() -> Session:
    """Runs cells in one namespace; returns the message of a failed check, "" if none failed."""
    namespace = {**given_namespace(), "check": check}

    def run(source: str) -> str:
        try:
            exec(source, namespace)
        except CheckFailed as failed:
            return " ".join(str(failed).split())
        return ""

    return run


WRONG = "f_prime = lambda x: -(2 * x + 3)"
CHECK = 'check.gradient("f_prime", of=f)'


def test_nothing_is_counted(session: Session) -> None:
    """The third run says what the first did, the question among it."""
    session(WRONG)
    first, second, third = (session(CHECK) for _ in range(3))
    assert QUESTION in first
    assert first == second == third


def test_validation_gives_the_question_at_once(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NBGRADER_EXECUTION", "validate")
    session(WRONG)
    assert QUESTION in session(CHECK)


# ------------------------------------------------------------------ with the notebook's file


class Shell:
    """As much of a notebook's shell as practice asks for."""

    kernel = object()

    def __init__(self) -> None:
        self.user_ns: dict[str, Any] = {}


def cell(source: str, kind: str = "code", **about: Any) -> dict[str, Any]:
    metadata = {"nbgrader": about} if about else {}
    return {"cell_type": kind, "source": source.splitlines(keepends=True), "metadata": metadata}


CELLS = [
    cell(f"# A notebook\n\n## {SECTION}\n\nWords.", "markdown"),
    cell("...", "markdown", grade=True, solution=True, points=1, grade_id="story"),
    cell("### Exercise: the slope of `f` · 2 points\n\nOn paper.", "markdown"),
    cell("f_prime = ...", grade=False, solution=True, grade_id="f_derivative"),
    cell(f"# ?\n{CHECK}", grade=True, solution=False, points=2, grade_id="f_derivative_check"),
    cell("## Rails\n\n### Exercise: along a *rail* · 3 points", "markdown"),
    cell(
        'check.axis_minimum("axis_point", "minimised_over", of=goldfield2)',
        grade=True,
        solution=False,
        points=3,
        grade_id="rail_check",
    ),
]


@pytest.fixture
def in_notebook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, str]]:
    """The session has a notebook's file; gives what is displayed."""
    path = tmp_path / "work.ipynb"
    path.write_text(json.dumps({"cells": CELLS}), encoding="utf-8")
    shown: list[dict[str, str]] = []
    monkeypatch.setenv("JPY_SESSION_NAME", str(path))
    for module in (notebook, standing, practice):
        monkeypatch.setattr(module, "kernel", Shell)
    monkeypatch.setattr("IPython.display.display", lambda data, raw: shown.append(data))
    return shown


def test_the_last_hint_names_the_section(
    session: Session, in_notebook: list[dict[str, str]]
) -> None:
    session(WRONG)
    session(CHECK)
    session('check.gradient("f_prime", of=f, see="Elsewhere")')
    assert f"“{SECTION}”" in in_notebook[0]["text/html"]
    assert "“Elsewhere”" in in_notebook[1]["text/html"]


def test_a_card_in_a_notebook_has_its_picture(
    session: Session, in_notebook: list[dict[str, str]]
) -> None:
    session(WRONG)
    session(CHECK)
    assert "data:image/svg+xml;base64," in in_notebook[0]["text/html"]
    assert "slope" in in_notebook[0]["text/html"].partition('alt="')[2]


def test_no_picture_is_drawn_where_nobody_looks(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(html, "draw", lambda verdict: pytest.fail("a picture was drawn"))
    session(WRONG)
    assert session(CHECK)
    assert html.render(list(standing._verdicts.values()))


def test_progress_lists_every_exercise(session: Session, in_notebook: list[dict[str, str]]) -> None:
    session("f_prime = lambda x: 2 * x + 3\naxis_point = (0.0, 1.0)\nminimised_over = 'y'")
    session(CHECK)
    session('check.axis_minimum("axis_point", "minimised_over", of=goldfield2)')
    progress()
    text = in_notebook[-1]["text/plain"]
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert "✎ Slopes by hand a person reads this one – of 1" in lines
    assert "✓ the slope of f right 2 of 2" in lines
    assert "◐ along a rail partly right 3 of 3" in lines
    assert "■" * 10 in text
    assert "5 of 5 points so far." in text
    assert "fresh places" in text
    assert "5 of 5 points so far." in in_notebook[-1]["text/html"]


def footer_of(shown: list[dict[str, str]]) -> str:
    text = BeautifulSoup(shown[-1]["text/html"], "html.parser").select(".autograder-next")[0]
    return " ".join(text.get_text().split())


def links(shown: list[dict[str, str]]) -> dict[str, str]:
    page = BeautifulSoup(shown[-1]["text/html"], "html.parser")
    return {link.get_text(): str(link["href"]) for link in page.select("a")}


def test_titles_lead_to_the_headings_that_have_an_anchor(
    session: Session, in_notebook: list[dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = Path(os.environ["JPY_SESSION_NAME"])
    rail = "### Exercise: along a *rail* · 3 points"
    with_anchor = path.read_text(encoding="utf-8").replace(
        json.dumps(rail)[1:-1], json.dumps(f'{rail} <a id="rail"></a>')[1:-1]
    )
    path.write_text(with_anchor, encoding="utf-8")
    session("f_prime = lambda x: 2 * x + 3")
    session(CHECK)
    assert links(in_notebook) == {"along a rail": "#rail"}
    progress()
    assert links(in_notebook) == {"along a rail": "#rail"}
    # VS Code shows outputs where no link finds a cell.
    in_code = Shell()
    in_code.user_ns["__vsc_ipynb_file__"] = str(path)
    monkeypatch.setattr(notebook, "kernel", lambda: in_code)
    progress()
    assert links(in_notebook) == {}
    assert "along a rail" in in_notebook[-1]["text/html"]


def test_a_card_leads_on(session: Session, in_notebook: list[dict[str, str]]) -> None:
    session(WRONG)
    session(CHECK)
    assert footer_of(in_notebook) == f"{'□' * 10} 0 of 5 points · next: along a rail"
    session("f_prime = lambda x: 2 * x + 3")
    session(CHECK)
    assert footer_of(in_notebook) == f"{'■' * 4}{'□' * 6} 2 of 5 points · next: along a rail"


def test_the_last_card_leads_back_to_what_was_left_out(
    session: Session, in_notebook: list[dict[str, str]]
) -> None:
    session("axis_point = (0.0, 1.0)\nminimised_over = 'x'")
    rail = 'check.axis_minimum("axis_point", "minimised_over", of=goldfield2)'
    session(rail)
    assert footer_of(in_notebook).endswith("3 of 5 points · next: the slope of f")
    session("f_prime = lambda x: 2 * x + 3")
    session(CHECK)
    session(rail)
    assert footer_of(in_notebook).endswith("5 of 5 points · all that is checked here is right")


def test_a_text_not_begun_is_next_in_its_turn(
    session: Session, in_notebook: list[dict[str, str]], tmp_path: Path
) -> None:
    source = 'YOUR "ANSWER" HERE'
    text = cell(source, "markdown", grade=True, solution=True, points=1.0, grade_id="knobs")
    released = NotebookNode(
        cell_type="markdown", source=source, metadata=from_dict(text["metadata"])
    )
    text["metadata"]["nbgrader"]["checksum"] = compute_checksum(released)
    heading = cell("### Exercise: the three knobs · 1 point", "markdown")
    path = tmp_path / "work.ipynb"
    path.write_text(json.dumps({"cells": [*CELLS[:5], heading, text, *CELLS[5:]]}))
    session("f_prime = lambda x: 2 * x + 3")
    session(CHECK)
    assert footer_of(in_notebook).endswith("next: the three knobs")
    text["source"] = ["The first one, ..."]
    path.write_text(json.dumps({"cells": [*CELLS[:5], heading, text, *CELLS[5:]]}))
    session(CHECK)
    assert footer_of(in_notebook).endswith("next: along a rail")


def test_a_title_is_no_markup(
    session: Session, in_notebook: list[dict[str, str]], tmp_path: Path
) -> None:
    heading = cell("### Exercise: <b>bold</b> · 3 points", "markdown")
    cells = [*CELLS[:-2], heading, CELLS[-1]]
    (tmp_path / "work.ipynb").write_text(json.dumps({"cells": cells}))
    session(WRONG)
    session(CHECK)
    assert footer_of(in_notebook).endswith("next: <b>bold</b>")


def test_where_nothing_is_worth_points_exercises_are_counted(
    session: Session, in_notebook: list[dict[str, str]], tmp_path: Path
) -> None:
    cells = json.loads(json.dumps(CELLS))
    for one in cells:
        if "points" in one["metadata"].get("nbgrader", {}):
            one["metadata"]["nbgrader"]["points"] = 0
    (tmp_path / "work.ipynb").write_text(json.dumps({"cells": cells}))
    session(WRONG)
    session(CHECK)
    assert "0 of 2 exercises · next: " in footer_of(in_notebook)
    session("f_prime = lambda x: 2 * x + 3")
    session(CHECK)
    assert "1 of 2 exercises · next: " in footer_of(in_notebook)


def test_without_the_file_a_card_has_no_footer(
    session: Session, in_notebook: list[dict[str, str]], tmp_path: Path
) -> None:
    (tmp_path / "work.ipynb").unlink()
    session(WRONG)
    session(CHECK)
    assert "autograder-next" not in in_notebook[-1]["text/html"]


def test_progress_before_any_check(in_notebook: list[dict[str, str]]) -> None:
    progress()
    assert in_notebook[-1]["text/plain"].count("not started") == 2


def test_progress_without_the_file_knows_the_session(
    session: Session, capsys: pytest.CaptureFixture[str]
) -> None:
    progress()
    assert "No check has been run" in capsys.readouterr().out
    session(WRONG)
    session(CHECK)
    progress()
    said = " ".join(capsys.readouterr().out.split())
    assert "✗ f_prime not right yet" in said
    assert "0 of the 1 checked" in said
    assert "could not be found" in said


@pytest.mark.parametrize("content", ["", "[]", '{"cells": [1]}', '{"cells": null}', "\0"])
def test_a_broken_file_does_no_harm(
    content: str, session: Session, in_notebook: list[dict[str, str]], tmp_path: Path
) -> None:
    (tmp_path / "work.ipynb").write_text(content)
    session(WRONG)
    session(CHECK)
    progress()
    assert "could not be found" in " ".join(in_notebook[-1]["text/plain"].split())
