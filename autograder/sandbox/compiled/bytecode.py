"""What one code object touches, read off its bytecode.

The lists are those of Python 3.11. An instruction that is not on them has not been looked at, and
its function stays plain; so does every function under another Python (`TAUGHT`), where even known
names may mean other things.
"""

from __future__ import annotations

import dataclasses
import dis
import inspect
import sys
import types

from autograder.sandbox.compiled.vocabulary import ATTRIBUTES, MUTATORS

__all__ = ["Lookup", "NotUnderstood", "Touches", "attribute", "read", "taught"]

_TAUGHT = {(3, 11)}

_HARMLESS = """
    CACHE CALL CALL_FUNCTION_EX COMPARE_OP CONTAINS_OP COPY COPY_FREE_VARS DELETE_FAST DICT_MERGE
    DICT_UPDATE EXTENDED_ARG FOR_ITER GET_ITER JUMP_BACKWARD JUMP_FORWARD JUMP_IF_FALSE_OR_POP
    JUMP_IF_TRUE_OR_POP KW_NAMES LIST_APPEND LIST_EXTEND LIST_TO_TUPLE LOAD_ASSERTION_ERROR
    LOAD_CLOSURE LOAD_CONST LOAD_DEREF LOAD_FAST MAKE_CELL MAKE_FUNCTION MAP_ADD NOP
    POP_JUMP_BACKWARD_IF_FALSE POP_JUMP_BACKWARD_IF_NONE POP_JUMP_BACKWARD_IF_NOT_NONE
    POP_JUMP_BACKWARD_IF_TRUE POP_JUMP_FORWARD_IF_FALSE POP_JUMP_FORWARD_IF_NONE
    POP_JUMP_FORWARD_IF_NOT_NONE POP_JUMP_FORWARD_IF_TRUE POP_TOP PRECALL PUSH_NULL RAISE_VARARGS
    RESUME RETURN_VALUE STORE_FAST SWAP UNARY_INVERT UNARY_NEGATIVE UNARY_NOT UNARY_POSITIVE
    UNPACK_EX UNPACK_SEQUENCE BINARY_SUBSCR BUILD_CONST_KEY_MAP BUILD_LIST BUILD_MAP BUILD_SLICE
    BUILD_TUPLE
"""
_KNOWN = frozenset(_HARMLESS.split())
_SUSPENDS = inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR
_OF_A_GENERATOR = frozenset({"RETURN_GENERATOR", "YIELD_VALUE"})
# Between the load of a module and the load of its attribute nothing is of interest.
_SKIPPED = frozenset({"CACHE", "EXTENDED_ARG", "NOP", "PRECALL", "PUSH_NULL"})
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


def taught() -> bool:
    """Whether this Python's bytecode is the one the lists were made for."""
    return sys.version_info[:2] in _TAUGHT


def read(code: types.CodeType) -> Touches:
    """What `code` and the functions defined inside it touch.

    Raises:
        NotUnderstood: at the first instruction, attribute or construct that is in doubt.
    """
    if not taught():
        raise NotUnderstood("the bytecode of this Python")
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
    own_cells = own_cells | frozenset(code.co_cellvars)
    writes = False
    steps = [step for step in dis.get_instructions(code) if step.opname not in _SKIPPED]
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
            case "STORE_SUBSCR":
                writes = True
            case "IS_OP":
                # `x is None` is a question about a type. Two names for one object are not kept
                # apart from two equal objects (program `identity_of_arguments`).
                if steps[i - 1].opname != "LOAD_CONST" or steps[i - 1].argval is not None:
                    raise NotUnderstood("asks whether two objects are one")
            case name if name in _OF_A_GENERATOR:
                if not generator:
                    raise NotUnderstood("a generator")
            case name if name not in _KNOWN:
                raise NotUnderstood(f"the instruction {name}")
        if step.opname == "LOAD_CONST" and isinstance(step.argval, types.CodeType):
            writes |= _read(step.argval, lookups, own_cells)
    return writes


def _attributes(steps: list[dis.Instruction], i: int) -> tuple[str, ...]:
    """Names of the attribute loads from `i` on, up to one that can also be reached by a jump.

    `(y if flag else jnp).sin` asks the attribute of one of two things.
    """
    names = []
    while i < len(steps) and steps[i].opname in _ATTRIBUTE_LOADS and not steps[i].is_jump_target:
        names.append(steps[i].argval)
        i += 1
    return tuple(names)


def _of_a_lookup(steps: list[dis.Instruction], i: int) -> bool:
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
