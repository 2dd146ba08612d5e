"""Run by a Python of its own: two submissions, one after the other; what the first leaves, the
second looks for. Prints, as JSON, where this package lies and what became of them.

    python two_students.py "warm|cold|warm locked|cold locked"
"""

from __future__ import annotations

import json
import sys

import nbformat
from nbclient import NotebookClient

import autograder
from autograder.sandbox import SandboxKernelManager
from autograder.sandbox.outside.warm import why_cold

PLACES = """
import os, pathlib, sys
shown = {*sys.path, sys.prefix, sys.base_prefix, sys.executable, os.__file__}
for module in list(sys.modules.values()):
    shown.add(getattr(module, "__file__", None) or "/")
shown |= {line.split()[4] for line in open("/proc/self/mountinfo")}
shown |= {"/tmp", "/var/tmp", "/dev/shm", "/.autograder/xla", os.path.expanduser("~")}
shown = {pathlib.Path(path) for path in shown if path}
places = {folder for path in shown for folder in (path, *path.parents)}
"""
FIRST = """
for place in places:
    for name, text in (("contraband.py", "found = True"), ("contraband.pth", "import contraband")):
        try:
            (place / name).write_text(text)
        except OSError:
            pass
    try:
        (place / "contraband_folder").mkdir()
        (place / "contraband_link").symlink_to("/tmp")
    except OSError:
        pass
open("contraband.py").close()
print(len(places))
"""
SECOND = """
found = []
for place in places:
    found += [str(place / name) for name in
              ("contraband.py", "contraband.pth", "contraband_folder", "contraband_link")
              if os.path.lexists(place / name)]
try:
    import contraband
    found.append(contraband.__file__)
except ImportError:
    pass
print(found)
"""


def run(code: str, origin: str) -> tuple[str, bool]:
    """What a notebook prints, and whether its kernel was forked."""
    manager = SandboxKernelManager(
        warm=origin.startswith("warm"),
        namespaces="never" if origin.endswith("locked") else "require",
    )
    cell = nbformat.v4.new_code_cell(PLACES + code)
    notebook = nbformat.v4.new_notebook(cells=[cell])
    client = NotebookClient(notebook, km=manager, timeout=120, shutdown_kernel="immediate")
    with client.setup_kernel(cleanup_kc=True):
        was_warm = manager.sandbox.was_warm
        client.execute_cell(cell, 0)
    return "".join(output.get("text", "") for output in cell.outputs), was_warm


def main() -> None:
    """Be both students."""
    origin = sys.argv[1]
    tried, was_warm = run(FIRST, origin)
    found, _ = run(SECOND, origin)
    came = {"tried": int(tried), "found": found, "warm": was_warm, "why": why_cold()}
    sys.stdout.write(json.dumps({"package": autograder.__file__, **came}))


if __name__ == "__main__":
    main()
