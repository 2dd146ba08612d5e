"""Where there is no sandbox, the message says what to do about it."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.sandbox import SandboxUnavailable, abilities


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


def test_missing_bubblewrap_is_to_be_installed(monkeypatch):
    monkeypatch.setattr("shutil.which", lambda name: None)
    with pytest.raises(SandboxUnavailable, match="apt install bubblewrap"):
        abilities.require()


def fake_bwrap(directory: Path, script: str) -> str:
    path = directory / "bwrap"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize("said", ["bubblewrap 0.6.1", "no version at all", ""])
def test_old_bubblewrap_is_to_be_replaced(monkeypatch, tmp_path: Path, said: str):
    path = fake_bwrap(tmp_path, f"echo '{said}'")
    monkeypatch.setattr("shutil.which", lambda name: path)
    with pytest.raises(SandboxUnavailable, match=r"install bubblewrap 0\.8 or newer"):
        abilities.require()


def test_refused_namespaces_are_reported_with_what_bubblewrap_said(monkeypatch, tmp_path: Path):
    path = fake_bwrap(
        tmp_path,
        '[ "$1" = --version ] && echo bubblewrap 0.9.0 && exit\n'
        "echo 'bwrap: setting up uid map: Permission denied' >&2; exit 1",
    )
    monkeypatch.setattr("shutil.which", lambda name: path)
    with pytest.raises(SandboxUnavailable, match="setting up uid map: Permission denied") as caught:
        abilities.require()
    assert len(caught.value.cures) == 1
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
