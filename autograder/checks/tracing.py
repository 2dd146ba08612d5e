"""Whether JAX can differentiate an author's function, and which line of it is in the way."""

from __future__ import annotations

import dis
import importlib
import types
from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from ..errors import CheckError
from .layout import Layout

__all__ = ["refuse_untraceable"]

# NumPy and math compute with plain numbers; of what JAX hands over they can make none.
_FOREIGN = {"numpy": "NumPy", "math": "math", "scipy": "SciPy", "cmath": "cmath"}
_TRACER = ("Tracer", "Concretization")
_FORWARD_ONLY = "Reverse-mode differentiation does not work"


def refuse_untraceable(of: Callable[..., Any], layout: Layout) -> None:
    """Try one derivative of `of`.

    Raises:
        CheckError: with the function of NumPy or math that is in the way, where it is one of those;
            else with what JAX said.
    """
    place = np.full(layout.size, 0.7, np.float32)
    try:
        jax.grad(lambda u: of(*layout.split(u)))(place)
    except CheckError:
        raise
    except Exception as exc:
        name = getattr(of, "__name__", "the function")
        kinds = [k.__name__ for k in type(exc).__mro__]
        if not any(mark in kind for kind in kinds for mark in _TRACER):
            if not isinstance(exc, TypeError) and not str(exc).startswith(_FORWARD_ONLY):
                return  # a place outside of its domain, perhaps; where it is asked will be drawn
            raise CheckError(
                f"of={name} cannot be differentiated by JAX: {type(exc).__name__}: "
                f"{str(exc).strip().splitlines()[0]}"
            ) from exc
        culprit = _culprit(exc)
        if culprit is None:
            raise CheckError(
                f"of={name} must be written with jnp; it turns a JAX value into a plain number, by "
                "float(), int(), .item() or the like."
            ) from exc
        whose, function = culprit
        instead = _of_jax(function)
        cure = f" Write {instead} in its place." if instead else ""
        raise CheckError(
            f"of= must be written with jnp; it uses {whose}'s {function} (in {name}).{cure}"
        ) from exc


def _of_jax(function: str) -> str:
    """What JAX calls a function of NumPy's, SciPy's or math's, or ""."""
    for name in ("jax.numpy", "jax.numpy.linalg", "jax.scipy.special", "jax.scipy.linalg"):
        if hasattr(importlib.import_module(name), function):
            return f"{name}.{function}".replace("jax.numpy", "jnp")
    return ""


def _culprit(exc: BaseException) -> tuple[str, str] | None:
    """Whose function was called where JAX gave up: ("NumPy", "sin")."""
    frames = []
    trace = exc.__traceback__
    while trace is not None:
        frames.append((trace.tb_frame, trace.tb_lasti))
        trace = trace.tb_next
    for frame, last in reversed(frames):
        if str(frame.f_globals.get("__name__", "")).split(".")[0] in ("jax", "numpy", "autograder"):
            continue
        found = _called(frame.f_code, last, {**frame.f_globals, **frame.f_locals})
        if found is not None:
            return found
    return None


def _called(code: types.CodeType, last: int, names: dict[str, Any]) -> tuple[str, str] | None:
    """The last function of a foreign module that is looked up before the instruction `last`."""
    found = None
    owner: Any = None
    for step in dis.get_instructions(code):
        if step.offset > last:
            break
        if step.opname.startswith(("LOAD_GLOBAL", "LOAD_NAME", "LOAD_FAST", "LOAD_DEREF")):
            owner = names.get(str(step.argval))
            whose = _foreign(getattr(owner, "__module__", None)) if callable(owner) else None
            if isinstance(owner, np.ufunc):
                whose = "NumPy"
            if whose:
                found = (whose, getattr(owner, "__name__", str(step.argval)))
        elif step.opname.startswith(("LOAD_ATTR", "LOAD_METHOD")):
            whose = _foreign(owner.__name__) if isinstance(owner, types.ModuleType) else None
            if whose and callable(getattr(owner, str(step.argval), None)):
                found = (whose, str(step.argval))
            owner = getattr(owner, str(step.argval), None) if whose else None
    return found


def _foreign(module: Any) -> str | None:
    return _FOREIGN.get(str(module).split(".")[0])
