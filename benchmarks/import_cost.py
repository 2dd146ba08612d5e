"""What one waits for at the front door, beside `import jax`.

    python benchmarks/import_cost.py

`import autograder` in a student's notebook that has JAX; the verbs; `autograder --help`. All are
timed side by side, each in fresh interpreters that take turns, so that a slow moment of
the machine falls on both. Prints the medians and their ratio.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

ROUNDS = 9


def seconds(line: list[str]) -> float:
    """Wall time of a fresh interpreter."""
    start = time.perf_counter()
    subprocess.run([sys.executable, *line], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def main() -> None:
    """Print the table."""
    ways = {
        "import jax": ["-c", "import jax"],
        "... and autograder": ["-c", "import jax, autograder"],
        "... and its verbs": ["-c", "import jax; from autograder import check"],
        "autograder --help": ["-m", "autograder", "--help"],
    }
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, line in ways.items():
            times[name].append(seconds(line))
    medians = {name: statistics.median(t) for name, t in times.items()}
    base = medians["import jax"]
    for name, median in medians.items():
        print(f"{name:24} {median:6.2f} s   {median / base:5.2f} x")


if __name__ == "__main__":
    main()
