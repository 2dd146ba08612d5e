"""Lines of a test cell that marking would not run: refused by name, and not silently skipped.

Where a test cell holds a check of ours, marking asks the check's questions and runs nothing of the
cell. An assert beside it, hidden or not, would be run in practice and by nobody else.
"""

from __future__ import annotations

import ast

from ..errors import RubricError

__all__ = ["refuse_what_would_not_be_run"]


def refuse_what_would_not_be_run(code: str, where: str) -> None:
    """Raise RubricError if a test cell with a check judges by anything else as well.

    Args:
        code: the cell as plain Python.
        where: the notebook and the cell, for the message.
    """
    tree = ast.parse(code)
    for node in ast.walk(tree):
        if isinstance(node, ast.Assert | ast.Raise):
            _refuse(node, code, where)
    last = tree.body[-1] if tree.body else None
    # A number at the end is partial credit, as nbgrader has it; a call shows or draws something.
    if isinstance(last, ast.Expr) and not isinstance(last.value, ast.Call | ast.Await):
        _refuse(last, code, where)


def _refuse(node: ast.stmt, code: str, where: str) -> None:
    line = (ast.get_source_segment(code, node) or "").splitlines()[0][:80]
    raise RubricError(
        f"{where} holds `{line}` beside a check. Marking judges by the check and would not run "
        "that line: put it into a test cell of its own, or take it out."
    )
