"""Where there is no sandbox, the message says what to do about it."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.isolation import Isolation
from autograder.sandbox import SandboxUnavailable
from autograder.sandbox.outside import abilities


@pytest.fixture(autouse=True)
def asked_anew():
    abilities.probe.cache_clear()
    yield
    abilities.probe.cache_clear()


def test_other_systems_are_sent_to_linux(monkeypatch):
    for system in ("darwin", "win32"):
        abilities.probe.cache_clear()
        monkeypatch.setattr("sys.platform", system)
        with pytest.raises(SandboxUnavailable, match=r"needs Linux.*--unsandboxed"):
            abilities.require()


@pytest.fixture(params=["require", "no Landlock"])
def unlocked(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """What the configuration says of namespaces where without them there is nothing else."""
    if request.param == "require":
        return "require"
    monkeypatch.setattr(abilities.landlock, "abi", lambda: 2)
    return "prefer"


def test_missing_bubblewrap_is_to_be_installed(monkeypatch, unlocked):
    monkeypatch.setattr("shutil.which", lambda name: None)
    with pytest.raises(SandboxUnavailable, match="apt install bubblewrap"):
        abilities.require(unlocked)


def test_error_says_what_landlock_has_to_do_with_it(monkeypatch):
    monkeypatch.setattr("shutil.which", lambda name: None)
    if not abilities.probe().lockable:
        pytest.skip("this machine's Linux has no Landlock that could lock without namespaces")
    with pytest.raises(SandboxUnavailable, match=r'could be locked.*namespaces = "require"'):
        abilities.require("require")
    for version, has in ((2, "has Landlock 2"), (0, "has no Landlock")):
        abilities.probe.cache_clear()
        monkeypatch.setattr(abilities.landlock, "abi", lambda version=version: version)
        with pytest.raises(SandboxUnavailable, match=rf"Landlock 3 \(Linux 6.2.*{has}"):
            abilities.require()


def test_without_bubblewrap_student_code_is_locked(monkeypatch):
    monkeypatch.setattr("shutil.which", lambda name: None)
    monkeypatch.setattr(abilities.landlock, "abi", lambda: 3)
    found = abilities.require()
    assert not found.sandbox
    assert found.isolation() is Isolation.LOCKED
    assert not found.can_fork()
    assert any("apt install bubblewrap" in cure for cure in found.cures)


def test_who_wants_no_namespaces_gets_none(machine):
    assert abilities.require().isolation() is Isolation.SANDBOXED
    assert abilities.require("never").isolation("never") is Isolation.LOCKED


def fake_bwrap(directory: Path, script: str) -> str:
    path = directory / "bwrap"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize("said", ["bubblewrap 0.6.1", "no version at all", ""])
def test_old_bubblewrap_is_to_be_replaced(monkeypatch, tmp_path: Path, said: str, unlocked):
    path = fake_bwrap(tmp_path, f"echo '{said}'")
    monkeypatch.setattr("shutil.which", lambda name: path)
    with pytest.raises(SandboxUnavailable, match=r"install bubblewrap 0\.8 or newer"):
        abilities.require(unlocked)


def test_refused_namespaces_are_reported_with_what_bubblewrap_said(monkeypatch, tmp_path: Path):
    path = fake_bwrap(
        tmp_path,
        '[ "$1" = --version ] && echo bubblewrap 0.9.0 && exit\n'
        "echo 'bwrap: setting up uid map: Permission denied' >&2; exit 1",
    )
    monkeypatch.setattr("shutil.which", lambda name: path)
    with pytest.raises(SandboxUnavailable, match="setting up uid map: Permission denied") as caught:
        abilities.require("require")
    assert len(caught.value.cures) == 2
    assert not abilities.probe().namespaces


@pytest.mark.parametrize(
    ("setting", "value", "cure"),
    [
        ("apparmor_restrict_unprivileged_userns", "1", "AppArmor"),
        ("unprivileged_userns_clone", "0", "unprivileged_userns_clone=1"),
        ("max_user_namespaces", "0", "max_user_namespaces"),
    ],
)
def test_cure_fits_the_setting(monkeypatch, setting: str, value: str, cure: str):
    monkeypatch.setattr(
        abilities, "_reads", lambda path, wanted: path.name == setting and wanted == value
    )
    assert cure in abilities._cure("Permission denied")


def test_cure_fits_the_container(monkeypatch):
    monkeypatch.setattr(abilities, "_reads", lambda path, wanted: False)
    monkeypatch.setattr(Path, "exists", lambda path: str(path) == "/.dockerenv")
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    assert "--security-opt seccomp=PROFILE.json" in abilities._cure("no")
    assert "unconfined" not in abilities._cure("no").replace("apparmor=unconfined", "")
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
    cure = abilities._cure("no")
    assert all(word in cure for word in ("seccompProfile", "procMount", "hostUsers", "pivot_root"))


def test_container_that_forbids_proc_can_still_sandbox(monkeypatch, tmp_path: Path):
    path = fake_bwrap(
        tmp_path,
        '[ "$1" = --version ] && echo bubblewrap 0.8.0 && exit\n'
        'case "$*" in *--proc*) echo "Can\'t mount proc" >&2; exit 1;; esac',
    )
    monkeypatch.setattr("shutil.which", lambda name: path)
    found = abilities.probe()
    assert found.namespaces
    assert not found.proc


def test_this_machine_is_described(machine):
    assert machine.bwrap_version >= abilities.OLDEST_BUBBLEWRAP
    assert machine.seccomp
