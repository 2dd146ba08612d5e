"""The life of one transformed function: plain for a while, compiled and compared, then fast.

A *variant* is a situation in which the function was called: the same signature, static
arguments, settings of JAX, and everything the function reaches. It is first seen by plain JAX,
`PLAIN_CALLS` times. The next call is plain too, and is the measure for the compiled program, which
must agree with it to the last bit, then with further plain calls at a handful of other inputs, and
again at some calls later on. Where anything goes against expectation the function stays plain for
good.
"""

from __future__ import annotations

import collections
import dataclasses
import functools
import types
from collections.abc import Callable
from typing import Any

from autograder.compiled import arguments, purity
from autograder.compiled.agreement import agree, probes, shares_an_object
from autograder.compiled.arguments import Arguments
from autograder.compiled.guards import Guards
from autograder.compiled.internals import calm, trace_context, trace_state_clean
from autograder.compiled.program import NotCompilable, Program
from autograder.compiled.silence import Warned, warnings_are_errors
from autograder.compiled.tracebacks import without_ours
from autograder.compiled.transformed import Transformed
from autograder.compiled.values import NotPlainData, same, snapshot
from autograder.compiled.vocabulary import Vocabulary

__all__ = ["PLAIN_CALLS", "Report", "Settings", "accelerated", "report"]

PLAIN_CALLS = 10
"""Calls in the same situation before one is compiled; wrong types and missing arguments raise in
them. To compile and to compare costs as much as some twenty plain calls: a function that is asked
at the ten places of a check had better stay plain, one in a loop of a thousand steps had not."""

_VARIANTS = 4
"""Situations kept at a time, say one for each of two data sets; the oldest goes."""

_CHANGES = 24
"""Situations in all: a global that changes at each call is not worth the looking."""

_FIRST_CHECK, _CHECKS_APART = 16, 4
"""Later comparisons with plain JAX, should all reasoning be wrong: at calls 16, 64, 256, 1024, ...
They are where the student's loop has come to, as no probe is."""

# What a body raises when it meets tracers, or we when we look. Not all of Exception: an alarm of
# the student's own (TimeoutError, say) may ring while we are at it, and is theirs.
_EXPECTED = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    MemoryError,
    NameError,
    NotCompilable,
    NotPlainData,
    RuntimeError,
    TypeError,
    ValueError,
    Warned,
    purity.NotPure,
)

_calls: collections.Counter[str] = collections.Counter()
_refused: dict[str, str] = {}


@dataclasses.dataclass(frozen=True)
class Report:
    """What happened in this process.

    Attributes:
        calls: how many were "fast", and how many "plain"; and how often was "compiled".
        refused: the functions that stay plain, by name, with the reason.
    """

    calls: dict[str, int]
    refused: dict[str, str]


def report() -> Report:
    """The counts so far, and the refusals."""
    return Report(dict(_calls), dict(_refused))


@dataclasses.dataclass(frozen=True)
class Settings:
    """What all transformed functions of a process share."""

    vocabulary: Vocabulary
    plain_calls: int = PLAIN_CALLS


class _Variant:
    """One situation, and its program once there is one."""

    __slots__ = (
        "_context", "_guards", "_signature", "_statics",
        "fast_calls", "next_check", "plain_calls", "program",
    )  # fmt: skip

    def __init__(self, given: Arguments, statics: list[Any], context: Any, guards: Guards) -> None:
        self._signature = given.signature
        self._statics = statics
        self._context = context
        self._guards = guards
        self.plain_calls = 0
        self.fast_calls = 0
        self.next_check = _FIRST_CHECK
        self.program: Program | None = None

    def fits(self, given: Arguments, context: Any, root: types.FunctionType) -> bool:
        """Whether this call is made in the same situation."""
        return (
            self._signature == given.signature
            and self._context == context
            and all(map(same, given.statics, self._statics))
            and self._guards.hold(root)
        )


class _History:
    """What is known of a function in a nest of transformations.

    Shared by all that are made of its code: `jax.grad(f)(x)` in a loop makes a new one each time.
    """

    def __init__(self) -> None:
        self.variants: list[_Variant] = []
        self.changes = 0
        self.refused = False

    def refuse(self, root: types.FunctionType, reason: object) -> None:
        self.refused = True
        self.variants.clear()
        _refused.setdefault(root.__qualname__, str(reason).partition("\n")[0][:200])


_histories: collections.defaultdict[Any, _History] = collections.defaultdict(_History)


def accelerated(
    transformed: Transformed, plain: Callable[..., Any], settings: Settings
) -> types.FunctionType:
    """A function that returns what `plain`, stock JAX's `transformed`, does, but sooner."""
    root = transformed.root
    argnums = transformed.argnums
    history = _histories[transformed.key, root.__code__]

    def route(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        # Within another transformation (`jit`, `vmap`, `grad` of this) JAX is only writing down.
        if history.refused or not trace_state_clean() or not calm():
            _calls["plain"] += 1
            return plain(*args, **kwargs)
        try:
            given = arguments.read(args, kwargs, argnums)
        except arguments.Unusual:
            given = None
        # Not in the handler: what JAX raises there would have our exception for its context.
        if given is None:
            _calls["plain"] += 1
            return plain(*args, **kwargs)
        context = trace_context()
        for variant in history.variants:
            if variant.fits(given, context, root):
                break
        else:
            added = _add_variant(history, given, context, root, settings.vocabulary)
            if added is None:
                _calls["plain"] += 1
                return plain(*args, **kwargs)
            variant = added
        if variant.program is None:
            return _slow(transformed, plain, history, variant, given, settings, args, kwargs)
        return _fast(variant.program, plain, history, variant, given, root, args, kwargs)

    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            return route(args, kwargs)
        except BaseException as raised:
            without_ours(raised)
            raise

    # A function, with the name and the attributes of JAX's own (program `looks`).
    wrapped: Any = functools.update_wrapper(call, plain)
    inner = vars(plain).get("__wrapped__")
    if inner is not None:
        wrapped.__wrapped__ = inner
    transformed.known_as(wrapped)
    return wrapped


def _add_variant(
    history: _History,
    given: Arguments,
    context: Any,
    root: types.FunctionType,
    vocabulary: Vocabulary,
) -> _Variant | None:
    """Look at the function for the first time in this situation; None if it is to stay plain."""
    history.changes += 1
    if history.changes > _CHANGES:
        history.refuse(root, "something it depends on keeps changing")
        return None
    try:
        statics = [snapshot(leaf) for leaf in given.statics]
        guards = purity.examine(root, vocabulary, given_mutables=given.has_mutables())
    except _EXPECTED as reason:
        history.refuse(root, reason)
        return None
    variant = _Variant(given, statics, context, guards)
    history.variants = [*history.variants, variant][-_VARIANTS:]
    return variant


def _slow(
    transformed: Transformed,
    plain: Callable[..., Any],
    history: _History,
    variant: _Variant,
    given: Arguments,
    settings: Settings,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> Any:
    """A plain call; when there have been enough, with a compilation on its heels."""
    variant.plain_calls += 1
    _calls["plain"] += 1
    result = plain(*args, **kwargs)
    root = transformed.root
    if not variant.fits(given, trace_context(), root):
        history.refuse(root, "changes what it depends on")
    elif variant.plain_calls > settings.plain_calls and not history.refused:
        try:
            with warnings_are_errors():
                variant.program = _compile(transformed, plain, given, result, settings.vocabulary)
            _calls["compiled"] += 1
        except _EXPECTED as reason:
            history.refuse(root, f"{type(reason).__name__}: {reason}")
    return result


def _compile(
    transformed: Transformed,
    plain: Callable[..., Any],
    given: Arguments,
    result: Any,
    vocabulary: Vocabulary,
) -> Program:
    """A program that has proven itself, or an exception."""
    if shares_an_object(result, given.inputs):
        raise NotCompilable("a result that is an argument")
    program = Program(transformed, given, vocabulary)
    if not agree(program.run(given.inputs), result):
        raise NotCompilable("compiled, it gives another result")
    for inputs in probes(given.inputs):
        # The body is known to be pure by now: to run it once more is noticed by nobody.
        args, kwargs = given.rebuild(inputs, given.statics)
        if not agree(program.run(inputs), plain(*args, **kwargs)):
            raise NotCompilable("compiled, it would give other results elsewhere")
    return program


def _fast(
    program: Program,
    plain: Callable[..., Any],
    history: _History,
    variant: _Variant,
    given: Arguments,
    root: types.FunctionType,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> Any:
    """A compiled call; a plain one where it fails or is due for a comparison."""
    variant.fast_calls += 1
    try:
        result = program.run(given.inputs)
    except RuntimeError as reason:  # an array that was deleted: JAX has words for it
        history.refuse(root, f"{type(reason).__name__}: {reason}")
    else:
        if variant.fast_calls != variant.next_check:
            _calls["fast"] += 1
            return result
        variant.next_check *= _CHECKS_APART
        expected = plain(*args, **kwargs)
        _calls["plain"] += 1
        if not agree(result, expected):
            history.refuse(root, "compiled, it gave another result later")
        return expected
    _calls["plain"] += 1
    return plain(*args, **kwargs)
