from __future__ import annotations

import json
from dataclasses import asdict

import pytest

from autograder.sandbox import Limits


def test_limits_survive_json():
    limits = Limits(memory=1 << 30, threads=3)
    assert Limits.from_dict(json.loads(json.dumps(asdict(limits)))) == limits


def test_what_is_left_out_keeps_its_default():
    assert Limits.from_dict({"open_files": 64}) == Limits(open_files=64)


def test_unknown_limit_is_named():
    with pytest.raises(ValueError, match="memorry"):
        Limits.from_dict({"memorry": 1})


@pytest.mark.parametrize("value", [0, -1, 1.5, True, "1", None])
def test_limit_must_be_a_positive_integer(value):
    with pytest.raises(ValueError, match=r"Limits\.memory"):
        Limits(memory=value)


def test_more_cores_mean_more_threads_and_stacks(monkeypatch):
    limits = Limits()
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    small = limits.thread_limit(), limits.address_space()
    monkeypatch.setattr("os.cpu_count", lambda: 64)
    large = limits.thread_limit(), limits.address_space()
    assert all(b > a for a, b in zip(small, large, strict=True))
