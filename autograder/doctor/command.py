"""`autograder doctor`: what is missing or odd, and what to do about it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from ..printable import printable

if TYPE_CHECKING:
    from .findings import Finding

__all__ = ["doctor"]

_STYLES = {"fine": "green", "warning": "yellow", "wrong": "bold red"}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="All findings as one JSON object.")
@click.option(
    "--guess",
    is_flag=True,
    help="Try as well what 0, 1, 1e9 and labels by chance earn in the course's exercises.",
)
def doctor(as_json: bool, guess: bool) -> None:
    """Tell what of the environment is missing or odd, each with its cure.

    In a course directory, the course is looked at as well.

    Ends with status 0 if marking can go on, with or without warnings, and 1 if something is wrong.
    """
    from . import examine
    from . import guess as guesses

    look = (examine, guesses) if guess else (examine,)
    findings = (finding for each in look for finding in each())
    if as_json:
        found = list(findings)
        count = {level: sum(f.level == level for f in found) for level in _STYLES}
        click.echo(json.dumps({**count, "findings": [asdict(f) for f in found]}, indent=2))
    else:
        found = _show(findings)
    sys.exit(any(finding.level == "wrong" for finding in found))


def _show(findings: Iterable[Finding]) -> list[Finding]:
    from rich.console import Console

    console = Console(highlight=False)
    if not console.is_terminal:
        found = []
        for finding in findings:
            found.append(finding)
            cure = f" Cure: {finding.cure}." if finding.cure else ""
            told = f"{finding.level}: {finding.subject}: {finding.says}.{cure}"
            click.echo(printable(told, lines=True))
        return found

    from rich.table import Table
    from rich.text import Text

    with console.status("Looking"):
        found = list(findings)
    table = Table(box=None, padding=(0, 2, 0, 0))
    for title in ("", "what", "found"):
        table.add_column(title, overflow="fold")
    for finding in found:
        says = Text(printable(finding.says, lines=True))
        if finding.cure:
            says.append(
                f"\nCure: {printable(finding.cure, lines=True)}", style=_STYLES[finding.level]
            )
        table.add_row(Text(finding.level, style=_STYLES[finding.level]), finding.subject, says)
    console.print(table)
    return found
