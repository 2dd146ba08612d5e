"""What we borrow of others and is not public: an upgrade without it fails here, with a list.

A file that borrows has a table `BORROWED`: from "module:name" to the parameters with which that is
called, or to the attributes that it must have. What stands in a table `DISPENSABLE` may be missing.
There is one such file for each upstream, and more only where rooms may not know each other or one
must fail without the other; each says so in its head. The rest of the package is searched for
private names as well.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import subprocess
import sys
from collections.abc import Iterator
from functools import cache, reduce
from pathlib import Path
from typing import Any

import pytest

import autograder
from autograder.marking import compilations
from autograder.nbgrader import once

PACKAGE = Path(autograder.__file__).parent
TABLES = ("BORROWED", "DISPENSABLE")
# Documented, for all their underscore.
PUBLIC = {"_exit", "_repr_mimebundle_", "_thread"}


@cache
def parsed() -> dict[str, ast.Module]:
    """The package's files by their paths in it."""
    files = sorted(PACKAGE.rglob("*.py"))
    return {file.relative_to(PACKAGE).as_posix(): ast.parse(file.read_text()) for file in files}


def tables() -> Iterator[tuple[str, str, str, tuple[str, ...]]]:
    """File, table, name and parameters of all that is borrowed."""
    for file, tree in parsed().items():
        for node in tree.body:
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in TABLES:
                table = ast.unparse(node.targets[0])
                for name, parameters in ast.literal_eval(node.value).items():
                    yield file, table, name, parameters


ALL = list(tables())


@pytest.mark.parametrize(("file", "table", "name", "needed"), ALL, ids=[t[2] for t in ALL])
def test_what_is_borrowed_is_there(
    file: str, table: str, name: str, needed: tuple[str, ...]
) -> None:
    module, _, path = name.partition(":")
    try:
        found: Any = reduce(_part, path.split("."), importlib.import_module(module))
    except (ImportError, AttributeError):
        if table == "BORROWED":
            raise
        pytest.skip("this version has another place for it")
    if needed:
        has = set(inspect.signature(found).parameters) if callable(found) else set(dir(found))
        lacking = set(needed) - has
        assert not lacking, f"autograder/{file} needs {lacking} of it"


def _part(owner: Any, name: str) -> Any:
    """An attribute; of a class also one that its instances get by an annotation or in a method."""
    if isinstance(owner, type) and not hasattr(owner, name):
        sources = "".join(map(inspect.getsource, owner.__mro__[:-1]))
        if f"self.{name} = " in sources or f"self.{name}: " in sources:
            return None
    return getattr(owner, name)


def test_what_is_borrowed_is_used() -> None:
    used = {
        word
        for tree in parsed().values()
        for node in ast.walk(tree)
        for word in (getattr(node, key, None) for key in ("attr", "name", "id", "value", "arg"))
        if isinstance(word, str) and ":" not in word
    }
    unused = [name for _, _, name, _ in ALL if name.rpartition(":")[2].split(".")[-1] not in used]
    assert not unused, f"still asked for, and used nowhere: {unused}"


# ------------------------------------------------------------------------- nothing beside the list


def _private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__") and name.strip("_") != ""


def _borrowed_by(file: str) -> set[str]:
    names = [name for at, _, name, _ in ALL if at == file]
    return {part for name in names for part in name.replace(":", ".").split(".")}


def test_private_modules_are_imported_only_where_it_is_said() -> None:
    found = []
    for file, tree in parsed().items():
        for node in ast.walk(tree):
            names = [alias.name for alias in getattr(node, "names", []) if hasattr(alias, "asname")]
            if isinstance(node, ast.ImportFrom) and not node.level:
                names = [f"{node.module}.{name}" for name in names]
            elif not isinstance(node, ast.Import):
                continue
            for name in names:
                private = {part for part in name.split(".") if _private(part)} - PUBLIC
                if private and not {*private, name.split(".")[-1]} <= _borrowed_by(file):
                    found.append(f"autograder/{file}:{node.lineno}: {name}")
    assert not found, "private, and in no table BORROWED:\n" + "\n".join(found)


def test_private_attributes_are_asked_for_only_where_it_is_said() -> None:
    ours = {name for tree in parsed().values() for name in _given(tree)} | PUBLIC
    found = [
        f"autograder/{file}:{node.lineno}: {ast.unparse(node)}"
        for file, tree in parsed().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and _private(node.attr)
        if node.attr not in ours | _borrowed_by(file)
    ]
    assert not found, "private, and in no table BORROWED:\n" + "\n".join(found)


def _given(tree: ast.Module) -> Iterator[str]:
    """The private names that a file gives to something of its own: by `def`, `class`, `self.x =`.

    Not what it puts into others' places (`theirs._x = ...`), and not what stands in a table.
    """
    borrowed = {part for _, _, name, _ in ALL for part in name.replace(":", ".").split(".")}
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            name = node.name
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            name = node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            name = node.attr if ast.unparse(node.value) in ("self", "cls") else ""
        else:
            continue
        if name not in borrowed:
            yield name


_OVERRIDES = """
import importlib, json, sys
found = []
for module, where, names in json.load(sys.stdin):
    cls = importlib.import_module(module)
    for part in where.split("."):
        cls = getattr(cls, part)
    for name in names:
        theirs = [c for c in cls.__mro__ if c.__module__.split(".")[0] not in ours]
        owners = [c for c in theirs if name in vars(c)]
        found += [[module, where, name, owners[0].__module__]] if owners else []
print(json.dumps(found))
"""


def test_private_names_of_a_base_are_touched_only_where_it_is_said() -> None:
    """In a process of its own, since importing the kernel's application hides the debugger."""
    asked = []
    for file, tree in parsed().items():
        module = ".".join(["autograder", *file.removesuffix(".py").split("/")])
        for node in tree.body:
            if isinstance(node, ast.ClassDef) and node.bases:
                names = {name for name in _named_in(node) if _private(name)}
                asked += [[module.removesuffix(".__init__"), node.name, sorted(names)]]
    own = {"autograder", "builtins", "typing", *sys.stdlib_module_names}
    done = subprocess.run(
        [sys.executable, "-c", f"ours = {own}\n{_OVERRIDES}"],
        input=json.dumps([each for each in asked if each[2]]),
        capture_output=True,
        text=True,
        check=True,
    )
    found = [
        f"{module}.{where}.{name} is {owner}'s"
        for module, where, name, owner in json.loads(done.stdout)
        if name not in _borrowed_by("/".join(module.split(".")[1:]) + ".py")
    ]
    assert not found, "private, and in no table BORROWED:\n" + "\n".join(found)


def _named_in(cls: ast.ClassDef) -> Iterator[str]:
    for node in ast.walk(cls):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.name
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.Attribute) and ast.unparse(node.value) == "self":
            yield node.attr


# ------------------------------------------------------------------------------- failing open


class _Renamed:
    """A JAX configuration that has other names."""


def test_other_names_of_options_leave_gradients_plain(monkeypatch: pytest.MonkeyPatch) -> None:
    internals = pytest.importorskip("autograder.compiled.internals")
    monkeypatch.setattr(internals.sys, "gettrace", lambda: None)
    monkeypatch.setattr(internals.sys, "getprofile", lambda: None)
    monkeypatch.setattr(internals, "_TOOLS", ())
    assert internals.calm()
    monkeypatch.setattr(internals.jax, "config", _Renamed())
    assert not internals.calm()


def test_other_names_of_options_cost_the_cache_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(compilations.jax, "config", _Renamed())
    with compilations.kept_compilations():
        reached = True
    assert reached


def test_a_schema_that_was_checked_refuses_as_before() -> None:
    import jsonschema

    calls = []

    class Library:
        validators, exceptions = jsonschema.validators, jsonschema.exceptions

        @staticmethod
        def validate(instance: Any, schema: Any) -> None:
            calls.append(schema)
            jsonschema.validate(instance, schema)

    checked = once._Checked(Library)
    schema = {"type": "object", "properties": {"points": {"type": "number"}}}
    for points in (1, 2.5, 3):
        checked.validate({"points": points}, schema)
    assert len(calls) == 1
    with pytest.raises(jsonschema.ValidationError) as ours:
        checked.validate({"points": "three"}, schema)
    with pytest.raises(jsonschema.ValidationError) as theirs:
        jsonschema.validate({"points": "three"}, schema)
    assert str(ours.value) == str(theirs.value)
    with pytest.raises(jsonschema.SchemaError):
        checked.validate({}, {"type": "no such type"})
