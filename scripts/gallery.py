"""Every case of the corpus as the card that its student sees, on one page: to look at.

    python scripts/gallery.py [FILE]        (default: build/gallery.html)

Read the words, look at the pictures: what reads badly here reads badly in a notebook. The page
holds the students' lines, what the corpus says of them, and the card with its picture.
"""

from __future__ import annotations

import sys
import time
from html import escape
from itertools import groupby
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from autograder.feedback import html  # noqa: E402
from tests.corpus import load  # noqa: E402
from tests.test_corpus import marked  # noqa: E402

PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>All cards of the corpus</title>
<style>
body {{ font-family: sans-serif; max-width: 860px; margin: 1em auto; background: #f6f6f6 }}
section {{ border-top: 1px solid #999; margin-top: 1.2em }}
pre {{ background: #eee; padding: .5em; font-size: 12px; white-space: pre-wrap }}
h3 {{ font-size: 14px; margin: .6em 0 }}
</style></head><body><h1>All cards of the corpus</h1>{body}</body></html>
"""


def main() -> None:
    """Write the page and say where it is."""
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "build" / "gallery.html"
    only = set(sys.argv[2:])
    begun, parts, count = time.perf_counter(), [], 0
    for exercise, cases in groupby(load(), key=lambda case: case.exercise):
        if only and exercise not in only:
            continue
        parts.append(f"<h2>{escape(exercise)}</h2>")
        for case in cases:
            told = f"{case.label}: {case.misconception or 'no name'}: {case.title}"
            card = html.render(marked(case).verdicts, pictures=True)
            source = escape(case.source.strip())
            parts.append(f"<section><h3>{escape(told)}</h3><pre>{source}</pre>{card}</section>")
            count += 1
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(PAGE.format(body="".join(parts)), encoding="utf-8")
    seconds = time.perf_counter() - begun
    sys.stdout.write(f"{count} cards in {seconds:.0f} s: {target}\n")


if __name__ == "__main__":
    main()
