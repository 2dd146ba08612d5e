"""What a cell may leave behind besides names: a setting, a seed, a file.

Told from its text, so that a cell that only illustrates is left out of marking (`illustrations`)
only where it leaves nothing. In doubt it does.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Mapping

from ..answers.source import plain, sketch
from .statements import remembered

__all__ = ["imports_of", "what_lasts"]

# What changes more than names: a library's settings, where random numbers are, a file.
_LASTS = re.compile(
    r"(?:set|reset|register|enable|disable)_\w+"
    r"|set(?:attr|err|state|locale|recursionlimit)|delattr|next|seed|update|setdefault|use|rc"
    r"|rcdefaults|style|register|configure|filterwarnings|simplefilter|patch|reload|chdir|putenv"
    r"|append|extend|insert|insort|heappush|heappop|pop|popitem|clear|add|discard|reverse|sort"
    r"|put|putmask|place|copyto|fill_diagonal|shuffle|remove"
)
_WRITES_A_FILE = re.compile(
    r"(?:save|write|to)_\w+|save(?:fig|txt|z)?|tofile|write|dump|mkdir|makedirs|unlink|rename|touch"
    r"|rmtree"
)
_GENERATORS = frozenset(("default_rng", "Generator", "SeedSequence", "RandomState", "Random"))
# Methods of arrays, texts and containers that leave them as they are.
_LEAVES = frozenset(
    (
        *("all", "any", "argmax", "argmin", "astype", "copy", "cumsum", "dot", "flatten", "item"),
        *("max", "mean", "min", "prod", "ravel", "reshape", "round", "std", "sum", "tolist", "var"),
        *("count", "endswith", "format", "get", "index", "items", "join", "keys", "lower", "split"),
        *("splitlines", "startswith", "strip", "title", "transpose", "upper", "values"),
    )
)


@remembered
def imports_of(source: str) -> Mapping[str, str]:
    """The names that a cell imports, and what of: of `import numpy as np`, `np` and `numpy`."""
    found: dict[str, str] = {}
    if not sketch(source).sound:
        return found
    for node in ast.walk(ast.parse(plain(source))):
        match node:
            case ast.Import(names=names):
                for a in names:
                    whole = a.name if a.asname else a.name.partition(".")[0]
                    found[a.asname or whole] = whole
            case ast.ImportFrom(module=module, names=names):
                found |= {a.asname or a.name: f"{module or ''}.{a.name}" for a in names}
    return found


def what_lasts(source: str, brought: Collection[str], imported: Mapping[str, str]) -> str:
    """The call or the change by which a cell may leave more behind than names; or "".

    A seed, a setting of a library, a file; and a method of an object that another cell made, such
    as a generator of random numbers, which goes on from where it is.

    Args:
        source: the cell's text, which is Python that IPython would read as it is.
        brought: names that it reads and does not set.
        imported: names that the notebook imports, and what of (`imports_of`).
    """
    if changed := sketch(source).changes & imported.keys():
        return min(changed)
    for node in ast.walk(ast.parse(plain(source))):
        for function in _called(node):
            root, *words = _dotted(function)
            verb = words[-1] if words else root
            whole = ".".join((imported.get(root, root), *words))
            if (
                (words and root in brought and root not in imported and verb not in _LEAVES)
                or (_LASTS.fullmatch(verb) and (root in imported or not words))
                or (re.match(r"(?:numpy\.)?random\.", whole) and verb not in _GENERATORS)
                or _WRITES_A_FILE.fullmatch(verb)
                or (isinstance(node, ast.Call) and _writes(node, verb))
            ):
                return ast.unparse(function)
    return ""


def _called(node: ast.AST) -> list[ast.expr]:
    """What is called where a node stands; a decorator without arguments is."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [d for d in node.decorator_list if isinstance(d, ast.Attribute)]
    return [node.func] if isinstance(node, ast.Call) else []


def _dotted(node: ast.expr) -> list[str]:
    """The words of `np.random.seed`; what is no name or attribute stands as "" at the root."""
    words: list[str] = []
    while isinstance(node, ast.Attribute | ast.Subscript):
        if isinstance(node, ast.Attribute):
            words.append(node.attr)
        node = node.value
    return [*([node.id] if isinstance(node, ast.Name) else [""]), *reversed(words)]


def _writes(call: ast.Call, verb: str) -> bool:
    """Whether a call names where its result goes, or opens a file otherwise than to read."""
    if any(keyword.arg == "out" for keyword in call.keywords):
        return True
    modes = [k.value for k in call.keywords if k.arg == "mode"] or call.args[1:2]
    reads = all(isinstance(m, ast.Constant) and m.value in ("r", "rb", "rt") for m in modes)
    return verb == "open" and not reads
