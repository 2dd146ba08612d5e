"""How much `import autograder` adds to `import jax` in a student's notebook.

    python benchmarks/import_cost.py

Both are timed side by side, each in fresh interpreters that take turns, so that a slow moment of
the machine falls on both. Prints the medians and their ratio.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

ROUNDS = 9


def seconds(code: str) -> float:
    """Wall time of a fresh interpreter that runs `code`."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)
    return time.perf_counter() - start


def main() -> None:
    """Print the table."""
    ways = {
        "import jax, jax.numpy": "import jax, jax.numpy",
        "... and autograder": "import jax, jax.numpy, autograder",
    }
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, code in ways.items():
            times[name].append(seconds(code))
    medians = {name: statistics.median(t) for name, t in times.items()}
    base = medians["import jax, jax.numpy"]
    for name, median in medians.items():
        print(f"{name:24} {median:6.2f} s   {median / base:5.2f} x")


if __name__ == "__main__":
    main()
