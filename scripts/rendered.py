"""The released notebooks as pages, to look at without installing anything: docs/notebooks/.

    make rendered

Each is run from top to bottom as it is handed out, with nothing answered, and made into one file by
what makes feedback pages. It names the release that it was made of, so that a test can tell when it
is out of step (tests/test_release.py).
"""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

import nbformat
from jinja2 import Environment, StrictUndefined
from nbclient import NotebookClient

from autograder.feedback.page import style
from autograder.nbgrader.pages import SafePage

ROOT = Path(__file__).resolve().parent.parent
RELEASE = ROOT / "release"
TARGET = ROOT / "docs" / "notebooks"
PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; \
style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'">
<meta name="color-scheme" content="light dark">
<meta name="made-of" content="{{ digest }}">
<title>{{ name }}</title>
<style>{{ style | safe }}</style>
</head>
<body>
<main>
<nav aria-label="Notebooks">{% for other in names %}
{% if other == name %}{{ other }}{% else %}<a href="{{ other }}.html">{{ other }}</a>{% endif %}
{{ "" if loop.last else " · " }}{% endfor %}</nav>
{% for cell in cells %}
<div class="cell {{ cell.cell_type }}_cell">{{ cell.source | safe }}</div>
{% for output in cell.get("outputs", ()) %}
<div class="output">{{ output.data["text/html"] | safe }}</div>
{% endfor %}
{% endfor %}
</main>
</body>
</html>
"""


def digest(notebook: Path) -> str:
    """Of a released notebook, as its page names it."""
    return hashlib.sha256(notebook.read_bytes()).hexdigest()


def rendered(notebook: Path, names: list[str]) -> str:
    """The page of a notebook, which is run; with links to the others of its assignment."""
    nb = nbformat.read(notebook, as_version=4)
    NotebookClient(nb, timeout=600, allow_errors=True, kernel_name="python3").execute()
    nb, _ = SafePage().preprocess(nb, {})
    page = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    return page.from_string(PAGE).render(
        name=notebook.stem, names=names, digest=digest(notebook), style=style(), cells=nb.cells
    )


def main() -> int:
    """Write all of them."""
    TARGET.mkdir(exist_ok=True)
    os.environ["JUPYTERHUB_USER"] = "a reader"  # whose numbers `coach.recall` asks for
    for notebook in sorted(RELEASE.glob("*/*.ipynb")):
        page = rendered(notebook, sorted(n.stem for n in notebook.parent.glob("*.ipynb")))
        (TARGET / f"{notebook.stem}.html").write_text(page, encoding="utf-8")
        sys.stdout.write(f"{notebook.stem}: {len(page.encode()) / 1000:.0f} kB\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
