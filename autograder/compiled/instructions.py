"""Which instructions of Python's virtual machine a body may have: a list for each bytecode.

A list, and not rules about instructions in general: `dis` says how an instruction moves the stack
and nowhere what it does, and a function's source, which would look alike on every Python, need not
be the source of its code (cells are run again, files change, `exec` has none). So each instruction
was looked up in the documentation of `dis` and, where that is short, in CPython's
`Python/bytecodes.c`, for each version by itself: a name may stay and its meaning change
(`BINARY_OP` also takes items since 3.14, which is why `LOAD_CONST` of a slice is seen there).

The lists go by the magic number of compiled files, not by the version: CPython counts it up with
each change of the bytecode, also from one pre-release to the next, and other implementations have
numbers of their own.

To teach a new Python: add its number with what `dis.opmap` has that the last one had not and that
does nothing but compute with locals, constants and the stack; then run `tests/compiled` there.
"""

from __future__ import annotations

import importlib.util
import sys
import sysconfig

__all__ = ["HARMLESS", "INTRINSICS", "why_unknown"]

_IN_ALL = """
    BUILD_LIST BUILD_MAP BUILD_SLICE BUILD_TUPLE CALL CALL_FUNCTION_EX COMPARE_OP CONTAINS_OP COPY
    COPY_FREE_VARS DELETE_FAST DICT_MERGE DICT_UPDATE FOR_ITER GET_ITER JUMP_BACKWARD JUMP_FORWARD
    LIST_APPEND LIST_EXTEND LOAD_CONST LOAD_DEREF LOAD_FAST MAKE_CELL MAKE_FUNCTION MAP_ADD POP_TOP
    RAISE_VARARGS RESUME RETURN_VALUE STORE_FAST SWAP UNARY_INVERT UNARY_NEGATIVE UNARY_NOT
    UNPACK_EX UNPACK_SEQUENCE
"""
# From 3.12 on comprehensions are inlined (PEP 709): a variable of the same name is put aside and
# comes back, also when an exception passes by, which is raised again. To stop one takes
# PUSH_EXC_INFO, which is on no list.
_SINCE_3_12 = """
    BINARY_SLICE END_FOR LOAD_FAST_AND_CLEAR LOAD_FAST_CHECK POP_JUMP_IF_FALSE POP_JUMP_IF_NONE
    POP_JUMP_IF_NOT_NONE POP_JUMP_IF_TRUE RERAISE
"""
_SINCE_3_13 = """
    CALL_KW LOAD_FAST_LOAD_FAST SET_FUNCTION_ATTRIBUTE STORE_FAST_LOAD_FAST STORE_FAST_STORE_FAST
    TO_BOOL
"""
_UP_TO_3_13 = "BINARY_SUBSCR BUILD_CONST_KEY_MAP LOAD_ASSERTION_ERROR"

_3_11 = """
    JUMP_IF_FALSE_OR_POP JUMP_IF_TRUE_OR_POP KW_NAMES LIST_TO_TUPLE LOAD_CLOSURE
    POP_JUMP_BACKWARD_IF_FALSE POP_JUMP_BACKWARD_IF_NONE POP_JUMP_BACKWARD_IF_NOT_NONE
    POP_JUMP_BACKWARD_IF_TRUE POP_JUMP_FORWARD_IF_FALSE POP_JUMP_FORWARD_IF_NONE
    POP_JUMP_FORWARD_IF_NOT_NONE POP_JUMP_FORWARD_IF_TRUE UNARY_POSITIVE
"""
_3_12 = "KW_NAMES LOAD_CLOSURE RETURN_CONST"
_3_13 = "RETURN_CONST"
# LOAD_COMMON_CONSTANT: AssertionError and NotImplementedError; `all`, `any` and `tuple` to see if
# they still are what they were, so that a loop can stand in for `all(x for x in y)`.
_3_14 = """
    LOAD_COMMON_CONSTANT LOAD_FAST_BORROW LOAD_FAST_BORROW_LOAD_FAST_BORROW LOAD_SMALL_INT POP_ITER
"""

_LISTS = {
    3495: (_IN_ALL, _UP_TO_3_13, _3_11),
    3531: (_IN_ALL, _UP_TO_3_13, _SINCE_3_12, _3_12),
    3571: (_IN_ALL, _UP_TO_3_13, _SINCE_3_12, _SINCE_3_13, _3_13),
    3627: (_IN_ALL, _SINCE_3_12, _SINCE_3_13, _3_14),
}
_MAGIC = int.from_bytes(importlib.util.MAGIC_NUMBER[:2], "little")

HARMLESS = frozenset(name for names in _LISTS.get(_MAGIC, ()) for name in names.split())
"""The instructions of this Python that touch nothing but constants, locals and the stack."""

INTRINSICS = frozenset({"LIST_TO_TUPLE", "STOPITERATION_ERROR", "UNARY_POSITIVE"})
"""What CALL_INTRINSIC_1 may be asked for: what has an instruction of its own in 3.11, and how a
generator expression lets an exception pass (`dis` puts INTRINSIC_ in front)."""


def why_unknown() -> str:
    """Why no function can be read under this Python; "" where they can."""
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    if _MAGIC not in _LISTS:
        return f"the bytecode of this Python ({version}) is not known"
    if sysconfig.get_config_var("Py_GIL_DISABLED"):
        # Guards and the call that they are for are not one step to another thread.
        return f"this Python ({version}) is free-threaded"
    return ""
