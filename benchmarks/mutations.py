"""Which slips are told from a right answer, and which are named: `python -m benchmarks.mutations`.

Prints a line a slip with what the check says, then how many were refused and named, and whether
everything right was accepted.
"""

from __future__ import annotations

import time

from autograder.answers.local import judge
from autograder.checks.routine import DescentRoutine
from autograder.checks.verdict import Verdict
from tests.corpus import given_namespace, quietly
from tests.mutations.routines import Routine, rearranged, slips

UNNAMED = (None, "wrong_iterates")


def judged(routine: Routine, seed: int = 0) -> Verdict:
    """What the check says of a routine."""
    namespace = given_namespace()
    with quietly():
        exec(routine.source, namespace)
    (verdict,) = judge(DescentRoutine("gradient_descent"), namespace, seed)
    return verdict


def main(seed: int = 0) -> None:
    """Print the table."""
    refused = named = count = 0
    begun = time.monotonic()
    for routine in slips():
        verdict = judged(routine, seed)
        count += 1
        refused += not verdict.right
        named += not verdict.right and verdict.misconception not in UNNAMED
        print(f"{routine.title:40} {verdict.outcome:7} {verdict.misconception or '-'}")
    right, written = 0, 0
    for routine in rearranged():
        verdict = judged(routine, seed)
        written += 1
        right += verdict.right
        print(f"{routine.title:40} {verdict.outcome:7} {verdict.misconception or '-'}")
    print(f"\n{refused} of {count} slips refused, {named} named; ", end="")
    print(f"{right} of {written} right ones accepted; {time.monotonic() - begun:.0f} s")


if __name__ == "__main__":
    import sys

    main(*map(int, sys.argv[1:]))
