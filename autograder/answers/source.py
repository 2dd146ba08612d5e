"""What a cell does, by its text: the names that it reads and sets, and whether anything was begun.

Read and never run. Practice compares by it what a session did with what marking will do; marking
says by it why a name is missing. Only the standard library: students have it, too.
"""

from __future__ import annotations

import ast
import dis
import functools
import hashlib
import re
import types
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .witness import stored

__all__ = [
    "Sketch",
    "assigns",
    "is_begun",
    "leaves_dots",
    "lost_update",
    "names_in",
    "plain",
    "shown",
    "sketch",
    "undone_by_dots",
]

_MUTATORS = frozenset(
    [
        "add",
        "append",
        "clear",
        "discard",
        "extend",
        "insert",
        "pop",
        "popitem",
        "remove",
        "reverse",
        "setdefault",
        "sort",
        "update",
    ]
)
_AT_ONCE = (
    "<listcomp>",
    "<setcomp>",
    "<dictcomp>",
    "<genexpr>",
)  # functions of their own until 3.12


@dataclass(frozen=True)
class Sketch:
    """What a cell's text tells.

    Attributes:
        digest: the same for texts that differ in layout and comments only.
        reads: names that it takes from the session, as it runs or in functions that it calls.
        late: names that its functions look up whenever they are called.
        stores: names that it gives a value, by whatever statement.
        deletes: names that it takes away.
        changes: names whose object it changes in place.
        clears: whether it takes all names away.
        asks: whether it runs a check of ours or shows the progress.
        sound: whether it is Python at all.
    """

    digest: str
    reads: frozenset[str] = frozenset()
    late: frozenset[str] = frozenset()
    stores: frozenset[str] = frozenset()
    deletes: frozenset[str] = frozenset()
    changes: frozenset[str] = frozenset()
    clears: bool = False
    asks: bool = False
    sound: bool = True


def plain(source: str) -> str:
    """A cell without its magics and shell lines: what `%%time` times is left."""
    lines = source.replace("\r\n", "\n").split("\n")
    return "\n".join("" if re.match(r"\s*[%!]", line) else line for line in lines)


@functools.lru_cache(maxsize=2048)
def sketch(source: str) -> Sketch:
    """Read a cell's text; of one that is no Python, what can be seen by its lines."""
    text = plain(source)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
            flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
            code = compile(text, "<cell>", "exec", flags=flags, dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        stores = frozenset(
            re.findall(r"^[ \t]*(?:def\s+|class\s+)?([^\W\d]\w*)\s*(?:=(?!=)|\()", text, re.M)
        )
        return Sketch(
            _digest(text), stores=stores, clears=_clears(source), asks=_asks(text), sound=False
        )
    reads, late, _ = names_in(code)
    # By the tree: the compiler leaves out what comes after `raise` or an endless loop.
    stores = stored(tree)
    called = {n.id for n in _loads(tree)}
    decorated = any(getattr(n, "decorator_list", None) for n in tree.body)
    # A function that the cell calls itself looks its names up now.
    if decorated or not _defined(tree) or _defined(tree) & called:
        reads |= late - stores
    return Sketch(
        _digest(ast.dump(tree)),
        frozenset(reads),
        frozenset(late),
        frozenset(stores),
        frozenset(_deleted(tree)),
        frozenset(_changed(tree)),
        _clears(source),
        _asks(text),
    )


def _defined(tree: ast.Module) -> set[str]:
    """The names of plain functions."""
    names = set()
    for node in tree.body:
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                names.add(name)
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Lambda()):
                names.add(name)
    return names


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=12).hexdigest()


def _asks(text: str) -> bool:
    return re.search(r"\bcheck\s*\.\s*\w+\s*\(|^[ \t]*progress\s*\(", text, re.M) is not None


def _clears(source: str) -> bool:
    """Whether it has `%reset`, or its like; `%reset in` and so on take no names away."""
    magic = r"^[ \t]*%reset(?:[ \t]+-\w+)*[ \t]*(?:#.*)?$"
    call = r"run_line_magic\(\s*['\"]reset['\"]|\bglobals\(\)\.clear\(\)"
    return re.search(f"{magic}|{call}", source, re.M) is not None


def names_in(code: types.CodeType) -> tuple[set[str], set[str], set[str]]:
    """Names read before they are set, names that functions read, names set; of a module's code."""
    reads: set[str] = set()
    late: set[str] = set()
    stores: set[str] = set()
    for instruction in dis.get_instructions(code):
        name = instruction.argval
        if instruction.opname in ("LOAD_NAME", "LOAD_GLOBAL"):
            if name not in stores:
                reads.add(name)
        elif instruction.opname in ("STORE_NAME", "STORE_GLOBAL"):
            stores.add(name)
        elif isinstance(name, types.CodeType):
            inner_reads, inner_late, _ = names_in(name)
            if name.co_name in _AT_ONCE:
                reads |= inner_reads - stores
            else:
                late |= inner_reads
            late |= inner_late
    return reads, late, stores


def _loads(tree: ast.Module) -> Iterator[ast.Name]:
    """Names read by a module's own statements, not within its functions."""
    waiting: list[ast.AST] = list(tree.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            waiting += [*node.decorator_list, *node.args.defaults]
            continue
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            yield node
        waiting += ast.iter_child_nodes(node)


def _changed(tree: ast.Module) -> Iterator[str]:
    """Names whose object is changed in place: `a[0] = 1`, `a.append(1)`, `a.x = 1`, `del a[0]`."""
    for node in ast.walk(tree):
        match node:
            case ast.Subscript(ctx=ast.Store() | ast.Del()) | ast.Attribute(ctx=ast.Store()):
                inner: ast.expr = node
                while isinstance(inner, (ast.Subscript, ast.Attribute)):
                    inner = inner.value
                if isinstance(inner, ast.Name):
                    yield inner.id
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=verb)):
                if verb in _MUTATORS:
                    yield name


def _deleted(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Del):
            yield node.id


def assigns(source: str, name: str) -> bool:
    """Whether a cell's text gives `name` a value, by whatever statement; not one with a check."""
    seen = sketch(source)
    return name in seen.stores and not seen.asks


def _parsed(source: str) -> ast.Module | None:
    """A cell's statements, or None where it is no Python, or more than the parser bears."""
    try:
        return ast.parse(plain(source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def is_begun(source: str) -> bool:
    """Whether a cell has more in it than comments, dots and `raise NotImplementedError()`."""
    tree = _parsed(source)
    return tree is None or not _are_nothing(tree.body)


def leaves_dots(source: str) -> bool:
    """Whether a cell gives a name `...` in the place of an answer."""
    tree = _parsed(source)
    return tree is not None and any(
        isinstance(n, ast.Assign) and _are_dots(n.value) for n in ast.walk(tree)
    )


def _are_nothing(body: Sequence[ast.stmt]) -> bool:
    dotted: set[str] = set()
    for node in body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if _are_dots(value):
                dotted.add(name)
            case ast.Return(value=ast.Name(id=name)) if name in dotted:
                pass
            case ast.Return(value=ast.Constant(value=value)) if value is ...:
                pass
            case _ if not _is_nothing(node):
                return False
    return True


@functools.lru_cache(maxsize=2048)
def undone_by_dots(source: str) -> frozenset[str]:
    """Names that a cell gives an answer, and then `...`; and functions that return such a name."""
    tree = _parsed(source) if "..." in source else None
    if tree is None:
        return frozenset()
    undone = _undone(tree.body)
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            undone.discard(node.name)
            kept = _undone(node.body)
            match node.body[-1]:
                case ast.Return(value=ast.Name(id=name)) if name in kept:
                    undone.add(node.name)
    return frozenset(undone)


def _undone(body: Sequence[ast.stmt]) -> set[str]:
    """The names that these statements give a value first, and dots in the end."""
    given: set[str] = set()
    undone: set[str] = set()
    for node in body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if _are_dots(value):
                undone |= {name} & given
            case _:
                stores = stored(ast.Module([node], []))
                given |= stores
                undone -= stores
    return undone


def _are_dots(value: ast.expr) -> bool:
    """`...`, or a tuple, list or dict that holds nothing else."""
    match value:
        case ast.Constant(value=found):
            return found is ...
        case ast.Tuple(elts=parts) | ast.List(elts=parts) | ast.Dict(values=parts):
            return bool(parts) and all(map(_are_dots, parts))
    return False


def _is_nothing(node: ast.stmt) -> bool:
    match node:
        case ast.Pass() | ast.Expr(value=ast.Constant()):
            return True
        case ast.Raise(exc=ast.Call(func=ast.Name(id=name)) | ast.Name(id=name)):
            return name == "NotImplementedError"
        case ast.FunctionDef(body=body):
            return _are_nothing(body)
    return False


def lost_update(sources: Sequence[str]) -> str:
    """Why a loop may have left its start as it was, as far as the texts tell; "" where they do not.

    A loop over values that sets its own variable; a compiled function that keeps the first value of
    a name that is set again.
    """
    trees = map(_parsed, sources)
    nodes = [node for tree in trees if tree is not None for node in ast.walk(tree)]
    for node in nodes:
        if isinstance(node, ast.For):
            own = {n.id for n in ast.walk(node.target) if isinstance(n, ast.Name)}
            match node.body:
                case [ast.AugAssign(target=ast.Name(id=name))] if name in own:
                    over = ast.unparse(node.iter)
                    return (
                        f"`{name}` is the loop's own name: what `{over}` runs over stays as it is."
                    )
    stored = Counter(
        target.id
        for node in nodes
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    )
    for node in nodes:
        if isinstance(node, ast.FunctionDef) and any(
            "jit" in ast.unparse(d) for d in node.decorator_list
        ):
            bound = {a.arg for a in ast.walk(node.args) if isinstance(a, ast.arg)}
            bound |= {
                n.id
                for n in ast.walk(node)
                if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
            }
            for n in ast.walk(node):
                if isinstance(n, ast.Name) and n.id not in bound and stored[n.id] > 1:
                    return (
                        f"`{node.name}` is compiled, and keeps the `{n.id}` of its first call: "
                        "hand it over as an argument."
                    )
    return ""


def shown(source: str) -> str:
    """What a cell prints or shows last, as it stands there: "x" for `print(x)`; "" for nothing."""
    tree = _parsed(source)
    if tree is None:
        return ""
    for node in reversed(tree.body):
        match node:
            case ast.Expr(value=ast.Call(func=ast.Name(id="print"), args=[*_, last])):
                return _short(last)
            case ast.Expr(value=ast.Constant()):
                continue
            case ast.Expr(value=value):
                return "" if isinstance(value, ast.Call) and not _is_pure(value) else _short(value)
    return ""


def _is_pure(call: ast.Call) -> bool:
    """Whether a call at a cell's end is shown for its value, as far as its name tells."""
    return isinstance(call.func, ast.Name) and call.func.id not in (
        "exec",
        "eval",
        "display",
        "help",
    )


def _short(node: ast.expr) -> str:
    if isinstance(node, ast.JoinedStr):
        inner = [part.value for part in node.values if isinstance(part, ast.FormattedValue)]
        return _short(inner[-1]) if inner else ""
    text = ast.unparse(node)
    return (
        text if len(text) <= 40 and "\n" not in text and not isinstance(node, ast.Constant) else ""
    )
