"""Magics that only change how things look do not take the rest of their cell along when they fail.

`%load_ext nb_black` or `%matplotlib widget` stand in the first line of many a cell; where the
extension is not installed, no later line of that cell would run (seen in public notebooks; kin of
otter-grader#906).
"""

from __future__ import annotations

import ast

from IPython.core.inputtransformer2 import TransformerManager

__all__ = ["tolerant"]

_COSMETIC = frozenset(
    {
        "aimport", "autocall", "automagic", "autoreload", "autosave", "black", "colors", "config",
        "doctest_mode", "gui", "lab_black", "load_ext", "matplotlib", "nb_black", "notebook",
        "pdb", "precision", "pprint", "reload_ext", "unload_ext", "watermark", "xmode",
    }
)  # fmt: skip


def tolerant(source: str) -> str:
    """A cell's text, line for line, in which cosmetic magics may fail."""
    if "%" not in source or source.lstrip().startswith("%%"):
        return source
    try:
        python = TransformerManager().transform_cell(source)
        tree = ast.parse(python)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return source
    lines, plain = source.splitlines(keepends=True), python.splitlines()
    if len(lines) != len(plain):  # a magic over several lines
        return source
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and _magic(node.value) in _COSMETIC:
            number = node.lineno - 1
            if lines[number].lstrip().startswith("%"):
                indent = plain[number][: node.col_offset]
                end = "\n" if lines[number].endswith("\n") else ""
                call = plain[number][node.col_offset :]
                lines[number] = (
                    f"{indent}with __import__('contextlib').suppress(Exception): {call}{end}"
                )
    return "".join(lines)


def _magic(node: ast.expr) -> str:
    """The name of a line magic as IPython's transformer writes it, or ""."""
    match node:
        case ast.Call(
            func=ast.Attribute(attr="run_line_magic"), args=[ast.Constant(value=str(name)), *_]
        ):
            return name
    return ""
