"""What one code object touches, read off its bytecode.

An instruction that is neither on this Python's list (`instructions`) nor treated here has not been
looked at, and its function stays plain; so does every function under a Python without a list.
"""

from __future__ import annotations

import dataclasses
import dis
import inspect
import types
from typing import Any, NamedTuple

from autograder.compiled.instructions import HARMLESS, INTRINSICS, why_unknown
from autograder.compiled.vocabulary import ATTRIBUTES, MUTATORS

__all__ = ["Lookup", "NotUnderstood", "Touches", "attribute", "read"]

_SUSPENDS = inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR
_OF_A_GENERATOR = frozenset({"RETURN_GENERATOR", "YIELD_VALUE"})
# Between the load of a module and the load of its attribute nothing is of interest.
_SKIPPED = frozenset({"CACHE", "EXTENDED_ARG", "NOP", "NOT_TAKEN", "PRECALL", "PUSH_NULL"})
_ATTRIBUTE_LOADS = ("LOAD_ATTR", "LOAD_METHOD")


class NotUnderstood(Exception):
    """The body does something that is not known to be pure; the text says what."""


@dataclasses.dataclass(frozen=True)
class Lookup:
    """A global name that is read, and the attributes asked of it at once: `jnp.linalg.norm`.

    `attributes` may go on beyond what is a module; the rest then belongs to a value.
    """

    name: str
    attributes: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Touches:
    """What a body reads, and whether it writes into objects."""

    lookups: tuple[Lookup, ...]
    writes: bool


class _Step(NamedTuple):
    """An instruction, as in `dis.Instruction`."""

    opname: str
    argval: Any
    argrepr: str
    is_jump_target: bool


def read(code: types.CodeType) -> Touches:
    """What `code` and the functions defined inside it touch.

    Raises:
        NotUnderstood: at the first instruction, attribute or construct that is in doubt.
    """
    if unknown := why_unknown():
        raise NotUnderstood(unknown)
    lookups: list[Lookup] = []
    writes = _read(code, lookups, frozenset())
    return Touches(tuple(lookups), writes)


def _read(code: types.CodeType, lookups: list[Lookup], own_cells: frozenset[str]) -> bool:
    """Append what `code` looks up; whether it writes.

    `own_cells` are variables of functions around it within the same body, which it may assign.
    """
    generator = code.co_name == "<genexpr>"
    if code.co_flags & _SUSPENDS and not generator:
        # Its body runs when somebody asks for the next value, and where it stands is a state.
        raise NotUnderstood("a generator or coroutine")
    # A comprehension is inlined since 3.12, and its variable may be called like another of the
    # function around it: one name for two (program `variable_around_named_as_in_a_comprehension`).
    of_two = frozenset(code.co_cellvars) & frozenset(code.co_freevars)
    own_cells = (own_cells | frozenset(code.co_cellvars)) - of_two
    writes = False
    steps = _steps(code)
    for i, step in enumerate(steps):
        match step.opname:
            case "LOAD_GLOBAL":
                lookups.append(Lookup(step.argval, _attributes(steps, i + 1)))
            case "LOAD_ATTR" | "LOAD_METHOD":
                if not _of_a_lookup(steps, i):
                    writes |= attribute(step.argval)
            case "STORE_DEREF":
                if step.argval not in own_cells:
                    raise NotUnderstood(f"assigns {step.argval} of the function around it")
            case "BINARY_OP":
                writes |= step.argrepr.endswith("=")
            case "STORE_SUBSCR" | "STORE_SLICE":
                writes = True
            case "IS_OP":
                if not _harmless_identity(step, steps[i - 1]):
                    raise NotUnderstood("asks whether two objects are one")
            case "CALL_INTRINSIC_1":
                if step.argrepr.removeprefix("INTRINSIC_") not in INTRINSICS:
                    raise NotUnderstood(f"the instruction {step.opname} {step.argrepr}")
            case name if name in _OF_A_GENERATOR:
                if not generator:
                    raise NotUnderstood("a generator")
            case name if name not in HARMLESS:
                raise NotUnderstood(f"the instruction {name}")
        if step.opname == "LOAD_CONST" and isinstance(step.argval, types.CodeType):
            writes |= _read(step.argval, lookups, own_cells)
    return writes


def _steps(code: types.CodeType) -> list[_Step]:
    steps = []
    reached = False
    for found in dis.get_instructions(code):
        # A jump lands before what is skipped, say at an EXTENDED_ARG.
        reached = reached or found.is_jump_target
        if found.opname not in _SKIPPED:
            steps.append(_Step(found.opname, found.argval, found.argrepr, reached))
            reached = False
    return steps


def _harmless_identity(step: _Step, before: _Step) -> bool:
    """Whether `is` compares with something that there is only one of, and that is known.

    `x is None` is a question about a type. Two names for one object are not kept apart from two
    equal objects (program `identity_of_arguments`).
    """
    if step.is_jump_target:  # `x is (y if flag else None)`
        return False
    if before.opname == "LOAD_COMMON_CONSTANT":  # the compiler's own question
        return True
    return before.opname == "LOAD_CONST" and before.argval is None


def _attributes(steps: list[_Step], i: int) -> tuple[str, ...]:
    """Names of the attribute loads from `i` on, up to one that can also be reached by a jump.

    `(y if flag else jnp).sin` asks the attribute of one of two things.
    """
    names = []
    while i < len(steps) and steps[i].opname in _ATTRIBUTE_LOADS and not steps[i].is_jump_target:
        names.append(steps[i].argval)
        i += 1
    return tuple(names)


def _of_a_lookup(steps: list[_Step], i: int) -> bool:
    """Whether the attribute load at `i` belongs to a `Lookup`."""
    while steps[i].opname in _ATTRIBUTE_LOADS:
        if steps[i].is_jump_target:
            return False
        i -= 1
    return steps[i].opname == "LOAD_GLOBAL"


def attribute(name: str) -> bool:
    """Whether asking a value for `name` is a way to write into it.

    Raises:
        NotUnderstood: if it is not known what the attribute does.
    """
    if name in MUTATORS:
        return True
    if name not in ATTRIBUTES:
        raise NotUnderstood(f"the attribute {name}")
    return False
