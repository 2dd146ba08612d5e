"""What a notebook may expect of its kernel in the sandbox."""

from __future__ import annotations

import json
from pathlib import Path

import ipykernel
import jax
import pytest

import autograder

from .test_processor import COUNTED


def test_gradients_are_computed(kernel):
    ran = kernel.run("import jax\nprint(jax.grad(lambda x: x**3)(2.0))")
    assert ran.error is None
    assert ran.text == "12.0\n"


def test_figures_come_back(kernel):
    ran = kernel.run("import matplotlib.pyplot as plt\nplt.plot([1, 4, 9])\nplt.show()")
    assert ran.error is None
    assert ran.images == 1


def test_font_list_is_at_hand(kernel):
    # Else matplotlib would search for fonts, and say so, in the student's output.
    assert kernel.value(
        "[p for p in __import__('os').listdir(__import__('os').environ['MPLCONFIGDIR'])]"
    )


def test_working_directory_is_a_copy_of_the_submission(kernel):
    assert kernel.value("__import__('os').getcwd()") == f"{kernel.scratch}/work"
    assert kernel.value("open('data/points.csv').read()") == "1,2\n"


def test_original_is_not_changed_by_the_copy(kernel, submission: Path):
    before = {path: path.lstat().st_mtime_ns for path in submission.rglob("*")}
    ran = kernel.run(
        "import os, shutil\n"
        "open('data/points.csv', 'a').write('3,4')\n"
        "os.remove('helper.py'); open('new.txt', 'w').write('new')\n"
        "shutil.copy('new.txt', os.path.abspath('helper2.py'))"
    )
    assert ran.error is None
    assert {path: path.lstat().st_mtime_ns for path in submission.rglob("*")} == before
    assert (submission / "data" / "points.csv").read_text() == "1,2\n"
    restored = kernel.run(
        "open('helper.py', 'w').write('def twice(x):\\n    return 2 * x\\n')\n"
        "open('data/points.csv', 'w').write('1,2\\n')\n"
        "os.remove('new.txt'); os.remove('helper2.py')"
    )
    assert restored.error is None


def test_what_is_no_file_is_left_out_and_named(kernel):
    assert kernel.manager.sandbox.left_out == ("pipe",)


def test_files_named_like_modules_do_not_take_their_place(kernel):
    for module in (jax, autograder, json, ipykernel):
        assert kernel.value(f"__import__({module.__name__!r}).__file__") == module.__file__
    assert kernel.value("[m for m in ('usercustomize',) if m in __import__('sys').modules]") == []


def test_own_helper_is_importable(kernel):
    assert kernel.value("__import__('helper').twice(21)") == 42


def test_this_package_is_importable(kernel):
    assert kernel.run("import autograder.sandbox.limits").error is None


def test_environment_is_only_what_was_chosen(kernel, monkeypatch):
    names = set(kernel.value("list(__import__('os').environ)"))
    assert "GRADER_TOKEN" not in names
    assert {"PYTHONPATH", "SSH_AUTH_SOCK", "LD_PRELOAD", "LD_LIBRARY_PATH"}.isdisjoint(names)
    assert kernel.value("__import__('os').environ['JAX_PLATFORMS']") == "cpu"
    assert kernel.value("__import__('os').environ['NBGRADER_EXECUTION']") == "autograde"
    assert kernel.value("__import__('os').environ['HOME']") == f"{kernel.scratch}/home"


def test_hashes_repeat(kernel, start_kernel):
    with start_kernel() as other:
        assert other.value("hash('x_min')") == kernel.value("hash('x_min')")


def test_many_outputs_all_arrive(kernel, monkeypatch):
    # nbclient waits 4 seconds for what is under way when the reply is there.
    monkeypatch.setattr(kernel.client, "iopub_timeout", 180)
    ran = kernel.run("for n in range(3000): display(n)")
    assert ran.text == "".join(map(str, range(3000)))


def test_low_level_output_is_received(kernel):
    # A thread of ipykernel's reads it: on a busy machine, after a cell that is done at once.
    code = "import os, time\n_ = os.write(1, b'from C\\n')\ntime.sleep(2)"
    assert "from C" in kernel.run(code).text


def test_input_is_refused_at_once(kernel):
    assert kernel.run("input('?')").error == "StdinNotImplementedError"


def test_interrupt_reaches_the_cell(kernel):
    # nbclient interrupts at the timeout; the kernel then lives on with what it knew.
    assert kernel.run("kept = 7").error is None
    ran = kernel.run("import time\nwhile True: time.sleep(0.01)", timeout=1)
    assert ran.error == "KeyboardInterrupt"
    assert kernel.value("kept") == 7


@pytest.mark.skipif(not COUNTED, reason="this system does not count waiting (CONFIG_SCHED_INFO)")
def test_it_sees_how_long_it_waited_for_the_processor(kernel):
    """The witness gives back to an answer what others had meanwhile."""
    assert kernel.value("len(open('/proc/self/schedstat').read().split())") == 3
