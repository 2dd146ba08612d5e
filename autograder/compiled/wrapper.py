"""The life of one transformed function: plain for a while, then replayed, in the end compiled.

A *variant* is a situation in which the function was called: the same signature, static
arguments, settings of JAX, and everything the function reaches. It is first seen by plain JAX,
`PLAIN_CALLS` times. The next call is plain too, and is the measure for the replay of its
operations, which must agree with it to the last bit, with those before it, and with one at odd
numbers. After `REPLAYS` of them it is compiled, and compared at a handful of other inputs; and
there are plain calls to compare with later on. Where anything goes against expectation the function
stays plain for good.
"""

from __future__ import annotations

import collections
import contextlib
import dataclasses
import functools
import itertools
import types
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from autograder.compiled import arguments, purity
from autograder.compiled.agreement import Seen, agree, of_arrays, probes, shares_an_object
from autograder.compiled.arguments import Arguments
from autograder.compiled.guards import Guards
from autograder.compiled.internals import calm, trace_context, trace_state_clean
from autograder.compiled.program import Program
from autograder.compiled.replay import Replay
from autograder.compiled.silence import Warned, warnings_are_errors
from autograder.compiled.trace import NotCompilable
from autograder.compiled.tracebacks import without_ours
from autograder.compiled.transformed import Transformed
from autograder.compiled.values import NotPlainData, same, snapshot
from autograder.compiled.vocabulary import Vocabulary

__all__ = ["PLAIN_CALLS", "REPLAYS", "Report", "Settings", "accelerated", "report"]

PLAIN_CALLS = 5
"""Calls in the same situation before one is replayed; wrong types and missing arguments raise in
them. To trace it and to compare costs as much as two plain calls, and a replay a twentieth of one:
who asks at the ten places of a check waits no longer than with plain JAX."""

REPLAYS = 1000
"""Replays before one is compiled. That costs as much as 15 to 140 plain calls, and spares less than
a twentieth of one in each call that follows."""

_VARIANTS = 4
"""Situations kept at a time, say one for each of two data sets; the oldest goes."""

_CHANGES = 24
"""Situations in all: a global that changes at each call is not worth the looking."""

_FEW = 1
"""Plain calls at odd numbers, beside those that were seen, before one is replayed."""

_FIRST_CHECK, _CHECKS_APART = 32, 4
"""Later comparisons with plain JAX, should all reasoning be wrong: at calls 32, 128, 512, ...
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

_Kind = TypeVar("_Kind", Replay, Program)

_calls: collections.Counter[str] = collections.Counter()
_refused: dict[str, str] = {}


@dataclasses.dataclass(frozen=True)
class Report:
    """What happened in this process.

    Attributes:
        calls: how many were "fast", and how many "plain"; and how often a function was traced to be
            "replayed", and how often it was "compiled".
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
    replays: int = REPLAYS


class _Variant:
    """One situation, and its program once there is one."""

    __slots__ = (
        "_context", "_guards", "_signature", "_statics",
        "fast_calls", "next_check", "plain_calls", "program", "seen",
    )  # fmt: skip
    program: Replay | Program | None

    def __init__(self, given: Arguments, statics: list[Any], context: Any, guards: Guards) -> None:
        self._signature = given.signature
        self._statics = statics
        self._context = context
        self._guards = guards
        self.plain_calls = 0
        self.seen: list[Seen] = []  # plain calls, until there is a program
        self.follow(None)

    def follow(self, program: Replay | Program | None) -> None:
        """From now on, be answered by `program`; its calls are counted, and compared, anew."""
        self.program = program
        self.fast_calls = 0
        self.next_check = _FIRST_CHECK

    def fits(self, given: Arguments, context: Any, root: types.FunctionType) -> bool:
        """Whether this call is made in the same situation."""
        return (
            self._signature == given.signature
            and self._context == context
            and all(map(same, given.statics, self._statics))
            and self._guards.hold(root)
        )

    def note(self, given: Arguments, result: Any) -> None:
        """Keep a plain call, to compare with it, if it is of floats and gave arrays."""
        floats = all(np.asarray(leaf).dtype.kind == "f" for leaf in given.inputs)
        if floats and of_arrays(result):
            self.seen.append(Seen(given.inputs, result))


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
        result = _fast(variant.program, plain, history, variant, given, root, args, kwargs)
        due = variant.fast_calls == settings.replays and type(variant.program) is Replay
        if due and not history.refused:
            _compile(transformed, plain, variant, given, result, settings.vocabulary)
        return result

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
    """A plain call; when there have been enough, with a trace on its heels."""
    variant.plain_calls += 1
    _calls["plain"] += 1
    result = plain(*args, **kwargs)
    root = transformed.root
    if not variant.fits(given, trace_context(), root):
        history.refuse(root, "changes what it depends on")
    elif history.refused:
        pass
    elif variant.plain_calls <= settings.plain_calls:
        variant.note(given, result)
    else:
        _begin(transformed, plain, history, variant, given, settings, result)
    return result


def _begin(
    transformed: Transformed,
    plain: Callable[..., Any],
    history: _History,
    variant: _Variant,
    given: Arguments,
    settings: Settings,
    result: Any,
) -> None:
    """Let the variant be replayed from now on; compiled, where it cannot be or is to be at once."""
    vocabulary, seen = settings.vocabulary, variant.seen
    variant.seen = []
    if settings.replays:
        with contextlib.suppress(*_EXPECTED), warnings_are_errors():
            replay = _proven(Replay, transformed, plain, given, result, vocabulary, _FEW)
            replay.settle(given.inputs)
            if all(call.agrees(replay.run, given.inputs) for call in seen):
                variant.follow(replay)
                _calls["replayed"] += 1
                return
    try:
        with warnings_are_errors():
            variant.follow(_proven(Program, transformed, plain, given, result, vocabulary))
        _calls["compiled"] += 1
    except _EXPECTED as reason:
        history.refuse(transformed.root, f"{type(reason).__name__}: {reason}")


def _proven(
    kind: type[_Kind],
    transformed: Transformed,
    plain: Callable[..., Any],
    given: Arguments,
    result: Any,
    vocabulary: Vocabulary,
    most: int | None = None,
) -> _Kind:
    """A program that has proven itself, at `most` further inputs or all, or an exception."""
    if shares_an_object(result, given.inputs):
        raise NotCompilable("a result that is an argument")
    program: _Kind = kind(transformed, given, vocabulary)
    found = program.run(given.inputs)
    if not agree(found, result) or shares_an_object(found, [*given.inputs, *program.constants]):
        raise NotCompilable("compiled, it gives another result")
    for inputs in itertools.islice(probes(given.inputs), most):
        # The body is known to be pure by now: to run it once more is noticed by nobody.
        args, kwargs = given.rebuild(inputs, given.statics)
        if not agree(program.run(inputs), plain(*args, **kwargs)):
            raise NotCompilable("compiled, it would give other results elsewhere")
    return program


def _compile(
    transformed: Transformed,
    plain: Callable[..., Any],
    variant: _Variant,
    given: Arguments,
    result: Any,
    vocabulary: Vocabulary,
) -> None:
    """Let what was replayed for long be compiled; where that rounds otherwise, replayed on."""
    with contextlib.suppress(*_EXPECTED), warnings_are_errors():
        variant.follow(_proven(Program, transformed, plain, given, result, vocabulary))
        _calls["compiled"] += 1


def _fast(
    program: Replay | Program,
    plain: Callable[..., Any],
    history: _History,
    variant: _Variant,
    given: Arguments,
    root: types.FunctionType,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> Any:
    """A call of the program; a plain one where it fails or is due for a comparison."""
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
