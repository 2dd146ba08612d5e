"""Without the sandbox the same attacks succeed: so the other tests would notice."""

from __future__ import annotations

from pathlib import Path

from tests.attacks import Attack, load
from tests.attacks.course import Ground

SHIPPED = (Path(__file__).resolve().parents[2] / "nbgrader_config.py").read_text(encoding="utf-8")
READERS = {"gradebook_read", "solutions_read", "seed_read", "home_read", "environment_read"}
CALLERS = {"tcp", "abstract_socket", "pathname_socket"}
STAYS = Attack(
    "stays",
    "persisting",
    "a file outside, and a process for a minute more",
    before=(
        "import subprocess, sys\n"
        "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(90)'],\n"
        "                 start_new_session=True)\n"
        "open('@OUTSIDE@/planted', 'w').close()"
    ),
)


def test_without_a_sandbox_they_get_what_they_want(tmp_path: Path):
    attacks = [a for a in load("escaping") if a.name in READERS | CALLERS]
    ground = Ground(tmp_path, SHIPPED, honest=())
    outcome = ground.mark([*attacks, STAYS], "--Examine.sandboxed=False")
    assert outcome.status == 0, outcome.log[-4000:]
    assert len(attacks) == len(READERS | CALLERS)
    for name in READERS:
        assert ground.secret.encode() in ground.bytes_of(name), name
    for name in CALLERS:
        assert b"door open\\n" in ground.bytes_of(name), name
    assert len(set(outcome.reached)) == 3
    assert any("sleep(90)" in line for line in outcome.survivors)
    assert any(path.endswith("planted") for path in outcome.changed)
    # Marks are no matter of the sandbox.
    assert all(ground.scores(a.name)["slope"] == 2.0 for a in attacks)
