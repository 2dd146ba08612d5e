"""Every attack, as a submission, through `nbgrader autograde` with the configuration as shipped."""

from __future__ import annotations

import math
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from autograder.checks.verdict import MIME
from autograder.marking.record import read_record
from autograder.sandbox.outside.places import IN_NAMESPACES
from tests.attacks import FAMILIES, POINTS, THROUGH, Attack, load
from tests.attacks.course import HONEST_STUDENTS, Ground, Outcome
from tests.sandbox.environments import Installation
from tests.support import needs
from tests.support.container import Container

# The first test waits for the slowest course, on whatever machine.
pytestmark = pytest.mark.timeout(3000)

SHIPPED = (Path(__file__).resolve().parents[2] / "nbgrader_config.py").read_text(encoding="utf-8")
ATTACKS = {family: load(family) for family in FAMILIES}
ALL = [attack for family in FAMILIES for attack in ATTACKS[family]]
WARM, COLD, WITHIN = "warm", "cold", "within"
LOCKED, LOCKED_COLD, LOCKED_ROOT = "locked", "locked-cold", "locked-root"
Run = tuple[str, str]
# As shipped; and what is the sandbox's to hold, with kernels that are started cold, as on older
# systems, and with Python and this package in the path of the scratch, as in a clone under /tmp.
# All again without namespaces, in a container, as a user of no rights; and what could make use of
# the rights that a container's root has, as root there.
RUNS = [
    *((family, WARM) for family in FAMILIES),
    *((family, way) for family in ("escaping", "persisting") for way in (COLD, WITHIN)),
    *((family, LOCKED) for family in FAMILIES),
    ("persisting", LOCKED_COLD),
    *((family, LOCKED_ROOT) for family in ("escaping", "persisting", "exhausting")),
]


def attacks_of(run: Run) -> list[Attack]:
    """The attacks of a run: as shipped all, without namespaces every second, else every third.

    With AUTOGRADER_THOROUGH in the environment, as `make thorough` has it, all in every way.
    """
    family, way = run
    attacks = ATTACKS[family]
    if way == WARM or os.environ.get("AUTOGRADER_THOROUGH"):
        return attacks
    return attacks[::2] if way == LOCKED else attacks[1::3]


HANDED_IN = [
    pytest.param(run, attack, id=f"{run[0]}/{attack.name}/{run[1]}")
    for run in RUNS
    for attack in attacks_of(run)
]
CHECKED = [name for name in POINTS if name != "twice"]
OPTIONS = {
    # Loops are to be stopped soon. What is honest there needs a fraction of a second.
    "exhausting": ["--Examine.cell_timeout=6", "--Examine.notebook_timeout=60"],
}
ORDER = ("exhausting", "forging", "escaping", "editing", "persisting")
NOBODY = 4101
Field = Callable[[Run], tuple[Ground, Outcome]]


def together(run: Run) -> tuple[str, ...]:
    """The families that share a course with this one: to make a course takes as long as to attack
    it, and what one attack leaves there is there for all others."""
    family, way = run
    kin = [other for other, of in RUNS if of == way and (other in OPTIONS) == (family in OPTIONS)]
    return tuple(kin)


def first_of(run: Run) -> Run:
    """The run that stands for all that share its course."""
    return together(run)[0], run[1]


def attacks_beside(run: Run) -> list[Attack]:
    """All attacks in that course."""
    return [attack for family in together(run) for attack in attacks_of((family, run[1]))]


COURSES = sorted({first_of(run) for run in RUNS}, key=RUNS.index)
"""One run for each course."""


@pytest.fixture(scope="session")
def field(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Field]:
    """Families of attacks, handed in and marked with honest students among them.

    All runs that are asked for go on at once: most of an attack's time is spent in waiting.
    """
    needs.a_sandbox()
    items = [item for item in request.session.items if "field" in getattr(item, "fixturenames", ())]

    within = tempfile.TemporaryDirectory(prefix="elsewhere-", dir=IN_NAMESPACES.scratch)

    def mark(run: Run, folder: Path) -> tuple[Ground, Outcome]:
        family, way = run
        python = sys.executable
        if way == WITHIN:
            place = Path(within.name, family)
            place.mkdir()
            python = str(Installation(place).python)
        # Where cells have little time, nobody imports JAX.
        honest = ("slope", "lowest", "twice") if family in OPTIONS else tuple(POINTS)
        container = containers(folder).get(way)
        ground = Ground(folder, SHIPPED, honest=honest, python=python, container=container)
        cold = way in (COLD, LOCKED_COLD)
        options = [*OPTIONS.get(family, []), f"--Examine.warm={not cold}"]
        return ground, ground.mark(attacks_beside(run), *options)

    with within, ThreadPoolExecutor(3) as pool:
        # The slowest first.
        wanted = {first_of(item.callspec.params["run"]) for item in items}
        runs = sorted(wanted, key=lambda run: ORDER.index(run[0]))
        running = {
            run: pool.submit(mark, run, tmp_path_factory.mktemp("_".join(run))) for run in runs
        }
        yield lambda run: running[first_of(run)].result()


def containers(folder: Path) -> dict[str, Container]:
    """In what containers which runs are made; the folder is theirs."""
    # Who is not root can be nobody else.
    somebody = Container(NOBODY if os.geteuid() == 0 else None, shows=(str(folder),))
    root = Container(capabilities="docker", shows=(str(folder),))
    return {LOCKED: somebody, LOCKED_COLD: somebody, LOCKED_ROOT: root}


@pytest.fixture(autouse=True)
def _root_where_it_takes_root(request: pytest.FixtureRequest) -> None:
    callspec = getattr(request.node, "callspec", None)
    run = callspec.params.get("run") if callspec is not None else None
    if run is not None and run[1] == LOCKED_ROOT and os.geteuid() != 0:
        pytest.skip("it takes root to be a container's root")


def test_there_are_enough_of_them_and_each_has_a_name():
    assert len(ALL) >= 65
    assert len({attack.name for attack in ALL}) == len(ALL)
    assert all("aa_honest" < attack.name < "zz_honest" for attack in ALL)


@pytest.mark.parametrize("run", COURSES, ids="/".join)
def test_run_goes_on_and_says_that_all_is_well(field: Field, run: Run):
    _, outcome = field(run)
    assert outcome.status == 0, outcome.log[-4000:]


@pytest.mark.parametrize("run", COURSES, ids="/".join)
@pytest.mark.parametrize("student", HONEST_STUDENTS)
def test_honest_students_keep_their_marks(field: Field, run: Run, student: str):
    ground, _ = field(run)
    assert ground.scores(student) == {
        name: points if name in ground.honest else 0.0 for name, points in POINTS.items()
    }


@pytest.mark.parametrize("run", COURSES, ids="/".join)
def test_nobody_is_in_the_gradebook_who_handed_nothing_in(field: Field, run: Run):
    ground, _ = field(run)
    expected = {*HONEST_STUDENTS, "neighbour", *(attack.name for attack in attacks_beside(run))}
    with ground.gradebook() as gradebook:
        assert {student.id for student in gradebook.students} == expected
        assert {
            cell.name.removesuffix("_check"): cell.max_score
            for notebook in gradebook.find_assignment("small").notebooks
            for cell in notebook.grade_cells
        } == {**POINTS, "why": 1.0}


@pytest.mark.parametrize("run", COURSES, ids="/".join)
def test_no_door_was_reached(field: Field, run: Run):
    _, outcome = field(run)
    assert outcome.reached == ()


@pytest.mark.parametrize("run", COURSES, ids="/".join)
def test_nothing_is_left_running(field: Field, run: Run):
    _, outcome = field(run)
    assert outcome.survivors == ()


@pytest.mark.parametrize("run", COURSES, ids="/".join)
def test_nothing_was_written_outside(field: Field, run: Run):
    _, outcome = field(run)
    assert outcome.changed == ()


@pytest.mark.parametrize(("run", "attack"), HANDED_IN)
def test_attack_earns_what_its_answers_deserve(field: Field, run: Run, attack: Attack):
    ground, _ = field(run)
    scores = ground.scores(attack.name)
    deserved = {name: POINTS[name] if name in attack.earns else 0.0 for name in POINTS}
    # None: left to a person, which is no mark.
    earned = {name: score or 0.0 for name, score in scores.items()}
    assert set(earned) == set(POINTS)
    assert all(math.isfinite(score) for score in earned.values())
    if "twice" not in attack.answers:
        # A plain test runs beside the student's code, and is shown to the grader as such.
        assert 0 <= earned.pop("twice") <= deserved.pop("twice") + POINTS["twice"]
    assert earned == {name: deserved[name] for name in earned}


@pytest.mark.parametrize(("run", "attack"), HANDED_IN)
def test_attack_learns_nothing(field: Field, run: Run, attack: Attack):
    ground, _ = field(run)
    assert ground.secret.encode() not in ground.bytes_of(attack.name)
    notebook = ground.autograded(attack.name)
    assert notebook is not None
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert "door open" not in str(outputs)


@pytest.mark.parametrize(("run", "attack"), HANDED_IN)
def test_attack_ends_as_it_is_said_to(field: Field, run: Run, attack: Attack):
    ground, _ = field(run)
    notebook = ground.autograded(attack.name)
    assert notebook is not None
    errors, texts = set(), []
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            texts.append(str(output.get("text", "")))
            if output.output_type == "error":
                errors.add(output.ename)
            record = output.get("data", {}).get(MIME)
            if record is not None:
                assert cell.metadata.nbgrader.grade_id in {f"{name}_check" for name in CHECKED}
                assert read_record(cell) is not None
    # Without namespaces there is no file system of limited size: the watchdog ends who fills it.
    fills = run[1].startswith(LOCKED) and attack.name in ("disk", "disk_left_full")
    match "killed" if fills else attack.ends:
        case "killed":
            assert "KernelLost" in errors
        case "stopped":
            assert "CellTimeoutError" in errors
            assert "KernelLost" not in errors
        case "":
            assert attack.family == "editing" or THROUGH in "".join(texts), errors
