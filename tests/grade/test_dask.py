"""A class marked by the workers of a Dask cluster: the same marks, whoever dies meanwhile."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from rich.console import Console

from autograder.errors import ClusterError, MarkingError
from autograder.grade import cluster as cluster_module
from autograder.grade import envelope, parcel
from autograder.grade.cluster import Cluster, _Task
from autograder.grade.display import _Live
from autograder.grade.membership import Membership
from autograder.grade.order import differences, order_of
from autograder.grade.worker import Worker
from autograder.marking.results import environment
from tests.grade.conftest import REPOSITORY, SEED, Graded, command
from tests.grade.dask_site import Site
from tests.grade.ledger import files, rows
from tests.marking import small_course as small
from tests.marking.small_course import ASSIGNMENT, FIRST, SECOND, UNREADABLE, Submission
from tests.support.needs import a_sandbox

pytestmark = pytest.mark.timeout(1200)

Grader = Callable[..., Graded]
Starter = Callable[..., subprocess.Popen[str]]


def answer(source: str) -> Callable[[dict[str, Any]], None]:
    def change(notebook: dict[str, Any]) -> None:
        small.cell_of(notebook, "slope")["source"] = source

    return change


def with_a_helper(folder: Path) -> None:
    (folder / "helper.py").write_text("def twice(x):\n    return 2 * x\n")
    (folder / "deeper" / "empty").mkdir(parents=True)


CLASS = [
    Submission("honest"),
    Submission("o'brien [2] & co", answer("def slope(x):\n    return 2 * x")),
    Submission(
        "helped",
        answer("from helper import twice\ndef slope(x):\n    return twice(x) + 3"),
        with_a_helper,
    ),
    Submission("loud", answer("print('½')\ndef slope(x):\n    return -(2 * x + 3)")),
    UNREADABLE[0],
]


@pytest.fixture(scope="module")
def unmarked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    a_sandbox()
    root = tmp_path_factory.mktemp("unmarked") / "course"
    root.mkdir()
    small.make(root, REPOSITORY)
    for submission in CLASS:
        folder = small.hand_in(root, submission, second=submission.student == "honest")
        (folder / "timestamp.txt").write_text("2026-01-10 15:30:00.000000 UTC")
    return root


@pytest.fixture(scope="module")
def local(unmarked: Path, tmp_path_factory: pytest.TempPathFactory, grade: Grader) -> Path:
    """The class, marked by processes of this machine."""
    root = copy(unmarked, tmp_path_factory.mktemp("local"))
    said = grade(root, "--workers", "2")
    assert said.status == 0, said
    return root


@pytest.fixture
def fresh(unmarked: Path, tmp_path: Path) -> Path:
    return copy(unmarked, tmp_path)


def copy(course: Path, folder: Path) -> Path:
    return Path(shutil.copytree(course, folder / "course", symlinks=True))


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A scheduler with two workers, none of which dies."""
    with Site(tmp_path_factory.mktemp("site")) as site:
        site.scheduler()
        site.worker("one")
        site.worker("other")
        yield site


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with Site(tmp_path / "site") as made:
        made.scheduler()
        yield made


@pytest.fixture
def start() -> Iterator[Starter]:
    """Begins a run; one that goes on after a test that failed is ended."""
    runs: list[subprocess.Popen[str]] = []

    def begin(root: Path, address: str, *arguments: str) -> subprocess.Popen[str]:
        run = subprocess.Popen(
            command(ASSIGNMENT, SEED, "--json", "--dask", address, *arguments),
            cwd=root,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        runs.append(run)
        return run

    yield begin
    for run in runs:
        if run.poll() is None:
            os.killpg(run.pid, signal.SIGKILL)
        run.communicate()


def events_until(
    run: subprocess.Popen[str], wanted: Callable[[dict[str, Any]], bool]
) -> list[dict[str, Any]]:
    """What a run tells until it has told what is wanted."""
    assert run.stdout is not None
    told: list[dict[str, Any]] = []
    for line in run.stdout:
        told.append(json.loads(line))
        if wanted(told[-1]):
            return told
    pytest.fail(f"the run ended early: {told} {run.stderr.read() if run.stderr else ''}")


def is_marked(event: dict[str, Any]) -> bool:
    return event["event"] == "submission"


def rest(run: subprocess.Popen[str]) -> list[dict[str, Any]]:
    output, errors = run.communicate(timeout=900)
    assert "Traceback" not in errors, errors
    return [json.loads(line) for line in output.splitlines()]


# ------------------------------------------------------------------------------- the same marks


def test_marks_and_copies_are_those_of_local_processes(
    fresh: Path, local: Path, two: Site, grade: Grader
) -> None:
    said = grade(fresh, "--dask", two.address)
    assert said.status == 0, said
    assert rows(fresh) == rows(local)
    assert files(fresh) == files(local)
    assert said.summary["cluster"] == two.address
    marked = [event for event in said.events if is_marked(event)]
    assert len(marked) == len(CLASS)
    assert all(event["worker"].startswith("tcp://127.0.0.1:") for event in marked)
    # Results are kept as those of local processes are: nothing of it is found out again.
    again = grade(fresh, "--force")
    assert again.summary["reused"] == len(CLASS)
    told = grade(fresh, "--force", "--dask", two.address, json=False)
    assert "honest: 5, as known from before" in told.output
    assert "marks (1 worker(s) of the cluster mark)" in told.output
    assert f"{two.address} lets in whoever reaches it" in told.output


def test_a_cluster_of_this_machine_asks_for_a_certificate_and_ends_with_ctrl_c(
    fresh: Path, local: Path, grade: Grader, start: Starter
) -> None:
    run = start(fresh, "local", "--workers=2")
    told = events_until(run, is_marked)
    assert told[-1]["worker"].startswith("tls://127.0.0.1:")
    assert not [event for event in told if "lets in" in event.get("said", "")]
    os.killpg(run.pid, signal.SIGINT)  # as a terminal does: to the workers, too
    summary = rest(run)[-1]
    assert run.returncode == 130
    assert summary["left"] == len(CLASS) - summary["marked"] > 0
    assert grade(fresh).summary["marked"] == summary["left"]
    assert rows(fresh) == rows(local)
    assert files(fresh) == files(local)


REACH = """
import socket
try:
    socket.create_connection(("127.0.0.1", {port}), timeout=5).close()
    print("reached")
except OSError as error:
    print("kept out:", type(error).__name__)
def slope(x):
    return 2 * x + 3
"""


@pytest.mark.parametrize("namespaces", ["prefer", "never"])
def test_a_submission_does_not_reach_the_scheduler(
    unmarked: Path, tmp_path: Path, two: Site, grade: Grader, namespaces: str
) -> None:
    code = REACH.format(port=two.port)
    outside = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert outside.stdout == "reached\n", "else this test shows nothing"
    root = copy(unmarked, tmp_path)
    shutil.rmtree(root / "submitted")
    small.hand_in(root, Submission("curious", answer(code)), second=False)
    said = grade(root, "--dask", two.address, f"--Examine.namespaces={namespaces}")
    assert said.status == 0, said
    notebook = nbformat.read(
        root / "autograded" / "curious" / ASSIGNMENT / f"{FIRST}.ipynb", as_version=4
    )
    said_by = "".join(
        output.get("text", "") for cell in notebook.cells for output in cell.get("outputs", [])
    )
    assert "kept out:" in said_by
    assert "reached" not in said_by


# ------------------------------------------------------------------- who dies, and who comes


def test_a_worker_that_is_killed_costs_nobody_a_mark(
    fresh: Path, local: Path, site: Site, start: Starter
) -> None:
    first, _ = site.worker("first"), site.worker("second")
    run = start(fresh, site.address)
    ready = events_until(run, lambda event: event.get("ready") == 2)
    first.kill()  # both have begun, or are about to
    told = ready + rest(run)
    assert run.returncode == 0, told
    assert [event for event in told if "is gone" in event.get("said", "")]
    students = [event["student"] for event in told if is_marked(event)]
    assert sorted(students) == sorted(submission.student for submission in CLASS)
    assert rows(fresh) == rows(local)
    assert files(fresh) == files(local)


def test_a_scheduler_that_is_killed_loses_nothing(
    fresh: Path, local: Path, tmp_path: Path, grade: Grader, start: Starter
) -> None:
    with Site(tmp_path / "site") as site:
        scheduler = site.scheduler()
        site.worker("only")
        run = start(fresh, site.address, "--dask-wait=15")
        told = events_until(run, is_marked)
        scheduler.kill()
        told += rest(run)
    assert run.returncode == 1, told
    assert f"The Dask scheduler at {site.address} is gone" in told[-1]["error"]
    assert told[-1]["left"] == len(CLASS) - told[-1]["marked"] > 0
    said = grade(fresh)
    assert said.status == 0
    assert said.summary["marked"] == told[-1]["left"]
    assert rows(fresh) == rows(local)
    assert files(fresh) == files(local)


def test_another_version_is_refused_by_name_and_who_joins_late_marks(
    fresh: Path, local: Path, site: Site, tmp_path: Path, start: Starter
) -> None:
    older = tmp_path / "older" / "nbclient-0.0.1.dist-info"
    older.mkdir(parents=True)
    (older / "METADATA").write_text("Metadata-Version: 2.1\nName: nbclient\nVersion: 0.0.1\n")
    site.worker("odd", PYTHONPATH=os.fspath(older.parent))
    run = start(fresh, site.address)
    told = events_until(run, lambda event: "refused" in event.get("said", ""))
    refusal = told[-1]["said"]
    installed = environment()["nbclient"]
    assert refusal.startswith("tcp://127.0.0.1:")
    assert refusal.endswith(f"is refused: nbclient is 0.0.1 there and {installed} here")
    site.worker("late")
    told = rest(run)
    assert run.returncode == 0, told
    assert refusal.split()[0] not in {event["worker"] for event in told if is_marked(event)}
    assert rows(fresh) == rows(local)


def test_ctrl_c_keeps_what_is_done(
    fresh: Path, local: Path, site: Site, grade: Grader, start: Starter
) -> None:
    site.worker("only")
    run = start(fresh, site.address)
    events_until(run, is_marked)
    run.send_signal(signal.SIGINT)
    summary = rest(run)[-1]
    assert run.returncode == 130
    assert summary["left"] == len(CLASS) - summary["marked"] > 0
    assert grade(fresh).summary["marked"] == summary["left"]
    assert rows(fresh) == rows(local)


def test_a_grader_at_a_terminal_sees_who_marks_and_who_is_gone() -> None:
    shown = io.StringIO()
    with _Live(Console(file=shown, force_terminal=True, width=100, highlight=False)) as display:
        display.tell(3)
        display.tell(Membership(2, "tcp://a:1 marks"))
        display.tell(Membership(1, "tcp://b:1 is gone", trouble=True))
    assert "tcp://b:1 is gone (1 worker(s) of the cluster mark)" in shown.getvalue()
    assert "1 worker(s)" in shown.getvalue()
    assert "tcp://a:1" not in shown.getvalue(), "a hundred workers would hide what matters"


# ------------------------------------------------------------------------------- refusals


def test_where_no_scheduler_answers_nobody_is_marked(fresh: Path, grade: Grader) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
        said = grade(fresh, "--dask", address, "--dask-wait=1")
    assert said.status == 2
    assert f"There is no Dask scheduler to be reached at {address}" in said.summary["error"]
    assert "What to do: " in said.summary["error"]
    assert not rows(fresh)["grades"]


def test_a_cluster_without_workers_is_waited_for_and_said(
    fresh: Path, site: Site, grade: Grader
) -> None:
    said = grade(fresh, "--dask", site.address, "--dask-wait=2")
    assert said.status == 2
    assert f"{site.address} has had no worker for 2 s" in said.summary["error"]


def test_without_a_sandbox_the_scheduler_would_be_open(fresh: Path, grade: Grader) -> None:
    said = grade(fresh, "--dask", "tcp://127.0.0.1:1", "--unsandboxed")
    assert said.status == 2
    assert "a submission could reach the cluster's scheduler" in said.summary["error"]


def test_without_dask_the_cure_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster_module, "find_spec", lambda name: None)
    with pytest.raises(ClusterError, match=r"pip install 'gradient-descent-autograder\[cluster\]'"):
        cluster_module.require_distributed()


# ------------------------------------------------------------------------------- what travels


@pytest.fixture(scope="module")
def worker(unmarked: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worker]:
    root = copy(unmarked, tmp_path_factory.mktemp("submissions"))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        yield Worker([ASSIGNMENT, SEED], f"sqlite:///{root / 'gradebook.db'}", "run", fresh=True)


def make_cluster(worker: Worker, tmp_path: Path) -> Cluster:
    made = Cluster(
        "tcp://nowhere:1",
        1,
        worker._submissions,
        log=os.fspath(tmp_path / "log"),
        place=os.fspath(tmp_path),
        patience=1.0,
        tell=lambda _: None,
    )
    made._name = "an order"
    return made


def test_no_gradebook_and_no_other_student_travel(worker: Worker, unmarked: Path) -> None:
    order = json.loads(order_of(worker._submissions))
    sent = {path for part in order["files"].values() for path, _, _ in part}
    assert sent == {f"{FIRST}.ipynb", f"{SECOND}.ipynb", "data.csv"}
    assert "sqlite" not in json.dumps(order)


@pytest.mark.parametrize(
    ("name", "there"),
    [("Python", "3.11.0"), ("jax", "0.1"), ("autograder's own code", "another")],
)
def test_what_marks_depend_on_is_compared(
    worker: Worker, monkeypatch: pytest.MonkeyPatch, name: str, there: str
) -> None:
    order = json.loads(order_of(worker._submissions))
    assert differences(order) == []
    monkeypatch.setattr(
        "autograder.grade.order.environment", lambda: {**environment(), name: there}
    )
    assert differences(order) == [f"{name} is {there} there and {environment()[name]} here"]


def test_another_kind_of_sandbox_is_a_difference(worker: Worker) -> None:
    order = json.loads(order_of(worker._submissions))
    order["examine"]["namespaces"] = "never"  # as on a worker in a container
    (said,) = differences(order)
    assert "would run locked there" in said


def test_what_is_too_large_does_not_travel(
    worker: Worker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parcel, "MOST_BYTES", 2_000)
    with pytest.raises(MarkingError, match="The source of small with its release has"):
        order_of(worker._submissions)
    task = _Task("honest", [FIRST])
    make_cluster(worker, tmp_path)._pack(task)
    assert not task.papers
    assert "The submission has 0 million bytes" in task.outcome.faults[""]
    assert "without `--dask`" in task.outcome.faults[""]


def test_a_result_that_is_too_large_is_a_fault_of_that_notebook(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Bench:
        name = "an order"

        def mark(self, submission: object) -> dict[str, Any]:
            return {"notebooks": {FIRST: {"cells": ["x" * 3_000]}}, "cold": "", "plain": ""}

    monkeypatch.setattr(parcel, "MOST_BYTES", 2_000)
    monkeypatch.setattr(envelope, "_bench", Bench())
    told = json.loads(envelope.mark("an order", b"{}"))
    assert "The result has" in told["notebooks"][FIRST]["fault"]


def test_no_path_leads_out_of_the_folder(tmp_path: Path) -> None:
    for path in ("../out.py", "/tmp/out.py", "a/../../out.py"):
        with pytest.raises(MarkingError, match="does not lie in the folder"):
            parcel.lay_out(tmp_path / "inside", [(path, 0, "")])
    with pytest.raises(MarkingError, match="cannot be read"):
        parcel.unpack(b"\x80\x04N.", "A pickle")


# ------------------------------------------------------------------------------- who gets what


class Future:
    """What the double of a client gives: answered when a test says so."""

    def __init__(self, key: str, worker: str, call: tuple[Any, ...]) -> None:
        self.key, self.worker, self.call = key, worker, call
        self.released = False
        self._answer: bytes | Exception = b""
        self._told: list[Callable[[Any], None]] = []

    def add_done_callback(self, tell: Callable[[Any], None]) -> None:
        self._told.append(tell)

    def answer(self, answer: dict[str, Any] | Exception) -> None:
        self._answer = answer if isinstance(answer, Exception) else json.dumps(answer).encode()
        for tell in self._told:
            tell(self)

    def result(self, timeout: float) -> bytes:
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer

    def release(self) -> None:
        self.released = True


class Client:
    """A double of Dask's, whose workers are what a test says they are."""

    status = "running"

    def __init__(self) -> None:
        self.workers: dict[str, int] = {}
        self.asked: list[Future] = []

    def nthreads(self, callback_timeout: float) -> dict[str, int]:
        return dict(self.workers)

    def submit(self, function: Any, *arguments: Any, key: str, workers: Any, pure: bool) -> Future:
        call = (function.__name__, *arguments)
        self.asked.append(Future(key, workers[0], call))
        return self.asked[-1]

    def on(self, worker: str) -> list[Future]:
        return [f for f in self.asked if f.worker == worker and not f.released]


@pytest.fixture
def members(
    worker: Worker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[Cluster, Client]:
    monkeypatch.setattr(cluster_module, "_LOOK_SECONDS", 0.01)
    monkeypatch.setattr(cluster_module, "_MEMBERS_SECONDS", 0.0)
    made, client = make_cluster(worker, tmp_path), Client()
    made._client, made._order = client, b"the order"
    made._seen = float("inf")

    def pack(task: _Task) -> None:
        task.parcel, task.papers = task.student.encode(), {FIRST: None}  # type: ignore[dict-item]

    monkeypatch.setattr(made, "_pack", pack)
    return made, client


def turn(cluster: Cluster, client: Client) -> None:
    """What happens of itself: newcomers are greeted and ready; work is given out."""
    cluster._look()
    for future in list(client.asked):
        if future.call[0] == "prepare" and not future.released and not future._answer:
            future.answer({})
            cluster._settle()
    cluster._hand_out()


def students(futures: list[Future]) -> list[str]:
    return [future.call[2].decode() for future in futures if future.call[0] == "mark"]


def test_a_submission_that_kills_its_workers_is_that_students_fault_alone(
    members: tuple[Cluster, Client],
) -> None:
    cluster, client = members
    cluster._waiting.extend(_Task(student, [FIRST]) for student in ("killer", "bob", "eve"))
    for number in range(3):
        name = f"w{number}"
        client.workers = {name: 1}
        turn(cluster, client)
        given = students(client.on(name))
        assert given == (["killer", "bob"] if number == 0 else ["killer"]), "it stands alone"
    client.workers = {"w3": 1}
    turn(cluster, client)
    (outcome,) = cluster._found
    assert (outcome.student, list(outcome.faults)) == ("killer", [""])
    assert "each of 3 workers died" in outcome.faults[""]
    assert students(client.on("w3")) == ["bob", "eve"], "whoever was next in line is not blamed"


def test_a_process_that_began_anew_is_prepared_again(members: tuple[Cluster, Client]) -> None:
    cluster, client = members
    client.workers = {"w": 1}
    cluster._waiting.append(_Task("ann", [FIRST]))
    turn(cluster, client)
    (given,) = [f for f in client.on("w") if f.call[0] == "mark"]
    given.answer({"unknown": True})
    cluster._settle()
    cluster._look()
    assert [f.call[0] for f in client.on("w")] == ["prepare"]
    turn(cluster, client)
    assert students(client.on("w")) == ["ann"]


def test_what_went_with_the_scheduler_is_given_out_again_and_held_against_nobody(
    members: tuple[Cluster, Client],
) -> None:
    from distributed import CancelledError

    cluster, client = members
    client.workers = {"w": 1}
    cluster._waiting.append(_Task("ann", [FIRST]))
    for _ in range(5):
        turn(cluster, client)
        (given,) = [f for f in client.on("w") if f.call[0] == "mark"]
        given.answer(CancelledError("scheduler-connection-lost"))
        cluster._settle()
    assert not cluster._found
    assert [(task.student, task.tries) for task in cluster._waiting] == [("ann", 1)]
    client.status = "closed"
    with pytest.raises(ClusterError, match="is gone"):
        cluster._look()
