"""Putting the accelerated transformations in the place of JAX's, and taking them out again."""

from __future__ import annotations

import functools
import types
from collections.abc import Callable
from typing import Any

import jax

from autograder.compiled.instructions import why_unknown

__all__ = ["install", "uninstall", "why_plain"]

_NAMES = ("grad", "value_and_grad", "jacfwd", "jacrev", "jacobian", "hessian")

_replaced: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {}  # name -> stock, ours


def install(plain_calls: int | None = None, replays: int | None = None) -> bool:
    """Replace the transformations; see `autograder.compiled.install`."""
    if _replaced:
        return True
    if why_plain():
        return False
    from autograder.compiled.vocabulary import Vocabulary
    from autograder.compiled.wrapper import PLAIN_CALLS, REPLAYS, Settings

    settings: list[Settings] = []
    for name in _NAMES:
        stock = getattr(jax, name)
        # `jax.jacobian` is `jax.jacrev` (program `jacobian_is_jacrev`).
        same = [ours for other, ours in _replaced.values() if other is stock]
        ours = same[0] if same else _replacement(stock, settings)
        _replaced[name] = (stock, ours)
        setattr(jax, name, ours)
    # Last: a body that asks for `jax.grad` finds ours.
    settings.append(
        Settings(
            Vocabulary(),
            PLAIN_CALLS if plain_calls is None else plain_calls,
            REPLAYS if replays is None else replays,
        )
    )
    return True


def why_plain() -> str:
    """Why `install` changes nothing here; see `autograder.compiled.why_plain`."""
    if unknown := why_unknown():
        return unknown
    try:
        import autograder.compiled.internals  # noqa: F401 - whether this JAX has them
    except ImportError as error:
        return f"JAX {jax.__version__} is not known from inside: {error}"
    return ""


def uninstall() -> None:
    """Undo `install`; a name that somebody else has replaced since is left alone."""
    for name, (stock, ours) in _replaced.items():
        if getattr(jax, name) is ours:
            setattr(jax, name, stock)
    _replaced.clear()


def _replacement(stock: Callable[..., Any], settings: list[Any]) -> Callable[..., Any]:
    from autograder.compiled.tracebacks import without_ours
    from autograder.compiled.transformed import Transformed
    from autograder.compiled.wrapper import accelerated

    @functools.wraps(stock)
    def transform(*args: Any, **kwargs: Any) -> Any:
        try:
            plain = stock(*args, **kwargs)  # its complaints first, in its words
        except BaseException as raised:
            without_ours(raised)
            raise
        request = _understood(args, kwargs)
        if request is None:
            return plain
        return accelerated(Transformed(stock, request[1], request[0]), plain, settings[0])

    return transform


def _understood(
    args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[types.FunctionType, int | tuple[int, ...]] | None:
    """The function and the indices of a request that is not out of the ordinary.

    Methods, callable objects and partial functions stay plain, and so does `has_aux`, whose second
    value may be anything a student's function returns (program `has_aux_of_any_type`).
    """
    function = args[0] if args else kwargs.get("fun")
    argnums = args[1] if len(args) > 1 else kwargs.get("argnums", 0)
    if type(function) is not types.FunctionType or len(args) > 2 or kwargs.keys() - _ORDINARY:
        return None
    if type(argnums) is list:
        argnums = tuple(argnums)
    if type(argnums) is int:
        return function, argnums
    if type(argnums) is tuple and argnums and all(type(index) is int for index in argnums):
        return function, argnums
    return None


_ORDINARY = {"fun", "argnums"}
