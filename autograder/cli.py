"""The commands, as click has them; `__main__.py` starts them."""

from __future__ import annotations

from typing import Any

import click

from .access import translated
from .complaint import Complaint
from .demo.command import demo
from .distribution import DISTRIBUTION
from .doctor.command import doctor
from .grade.command import grade
from .quickstart.command import quickstart
from .report.command import report
from .startup import hush, skip_needless_imports
from .texts.command import texts

__all__ = ["main"]


class _Commands(click.Group):
    """Commands that say it in a sentence where the system refuses rights or room."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except OSError as error:
            told = translated(error)
            if told is None:
                raise
            raise Complaint(told) from error


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name=DISTRIBUTION)
def main() -> None:
    """Mark notebooks about derivatives and gradient descent by their mathematics."""
    skip_needless_imports()
    hush()


main.add_command(grade)
main.add_command(quickstart)
main.add_command(report)
main.add_command(texts)
main.add_command(doctor)
main.add_command(demo)
