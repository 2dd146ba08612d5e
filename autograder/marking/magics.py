"""Magics and shell lines do not take the rest of their cell along where marking cannot do them.

`%load_ext nb_black` or `!pip install -q tqdm` stand in the first line of many a cell; where there
is no such extension, and no shell, no later line of that cell would run (seen in public notebooks;
kin of otter-grader#906).
"""

from __future__ import annotations

import ast

from IPython.core.inputtransformer2 import TransformerManager

__all__ = ["tolerant"]

_MAY_FAIL = frozenset(
    {
        "aimport", "autocall", "automagic", "autoreload", "autosave", "black", "colors", "config",
        "doctest_mode", "gui", "lab_black", "load_ext", "matplotlib", "nb_black", "notebook",
        "pdb", "precision", "pprint", "reload_ext", "unload_ext", "watermark", "xmode",
        "conda", "mamba", "micromamba", "pip", "sc", "sx", "system", "uv",
    }
)  # fmt: skip


def tolerant(source: str) -> str:
    """A cell's text, line for line, in which such lines may fail."""
    if not set("%!") & set(source) or source.lstrip().startswith("%%"):
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
        if isinstance(node, ast.Expr) and (_magic(node.value) in _MAY_FAIL or _shell(node.value)):
            number = node.lineno - 1
            if lines[number].lstrip().startswith(("%", "!")):
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


def _shell(node: ast.expr) -> bool:
    """Whether it is a line for the shell (`!pip install tqdm`), as the transformer writes it."""
    return ast.unparse(node).startswith(("get_ipython().system(", "get_ipython().getoutput("))
