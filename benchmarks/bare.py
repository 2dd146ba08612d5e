"""The limit: a student's cells in a bare Python that has imported everything, and nothing else.

    python -m benchmarks.bare COURSE STUDENT

In the same environment as a kernel (variables, compiled gradients), but without Jupyter, sandbox,
questions and files. Figures are drawn as in a notebook. Prints the seconds of all notebooks.
"""

from __future__ import annotations

import os
import sys

from autograder.sandbox.outside.environment import variables
from autograder.sandbox.outside.places import IN_NAMESPACES

if __name__ == "__main__" and "AUTOGRADER_BARE" not in os.environ:
    chosen = variables(IN_NAMESPACES, compiled=True, cache="write")
    kept = ("XLA_FLAGS", "JAX_PLATFORMS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")
    os.environ.update({name: chosen[name] for name in kept}, AUTOGRADER_BARE="1", MPLBACKEND="agg")
    cache = os.path.join(os.path.expanduser("~"), ".cache", "autograder", "benchmark-bare")
    os.environ.update(
        JAX_COMPILATION_CACHE_DIR=cache, JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS="0"
    )
    os.execv(sys.executable, [sys.executable, "-m", "benchmarks.bare", *sys.argv[1:]])

import contextlib
import io
import json
import time
import warnings
from pathlib import Path
from typing import Any


def run(course: Path, student: str) -> float:
    """Run a student's notebooks; returns seconds."""
    import matplotlib.pyplot as plt

    began = time.perf_counter()
    for path in sorted((course / "submitted" / student / "gradient_descent").glob("*.ipynb")):
        namespace: dict[str, Any] = {"__name__": "__main__"}
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            about = cell["metadata"].get("nbgrader", {})
            if cell["cell_type"] != "code" or (about.get("grade") and not about.get("solution")):
                continue
            with contextlib.suppress(Exception), contextlib.redirect_stdout(io.StringIO()):
                exec("".join(cell["source"]), namespace)
            for number in plt.get_fignums():
                plt.figure(number).savefig(io.BytesIO(), format="png", bbox_inches="tight")
            plt.close("all")
    return time.perf_counter() - began


def main() -> None:
    """Run once for what is compiled and cached, then in a fork-like fresh state, and print."""
    import jax
    import matplotlib.pyplot  # noqa: F401

    from autograder import compiled

    compiled.install()
    warnings.simplefilter("ignore")
    course, student = Path(sys.argv[1]), sys.argv[2]
    if os.fork() == 0:  # fills the cache, and takes what JAX remembers of it along
        run(course, student)
        os._exit(0)
    os.wait()
    assert jax.__version__
    print(run(course, student))


if __name__ == "__main__":
    main()
