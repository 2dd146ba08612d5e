"""Whether two results are one to everybody who looks: to the last bit, in type and in order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from autograder.compiled.internals import ArrayImpl

__all__ = ["Seen", "agree", "of_arrays", "probes", "shares_an_object"]


def agree(a: Any, b: Any) -> bool:
    """Whether two results of a transformed function are the same, bit for bit.

    Compares the kinds of containers and the order of dicts, and of each array its dtype, shape,
    weak type, placement and bits; a NaN equals any NaN, whose payload nothing here can show.
    """
    if type(a) is not type(b):
        return False
    if isinstance(a, (tuple, list)):
        return len(a) == len(b) and all(map(agree, a, b))
    if type(a) is dict:
        return list(a) == list(b) and all(map(agree, a.values(), b.values()))
    if type(a) is not ArrayImpl:
        return False  # a Python number in a result is not something a compiled program can return
    if a.aval != b.aval or a.weak_type != b.weak_type or a.committed != b.committed:
        return False
    if a.sharding != b.sharding:
        return False
    return _same_bits(np.asarray(a), np.asarray(b))


def _same_bits(x: np.ndarray, y: np.ndarray) -> bool:
    if x.tobytes() == y.tobytes():
        return True
    if x.dtype.kind != "f":
        return False
    # array_equal takes 0.0 and -0.0 for equal, but 1/x does not.
    same_sign = (np.signbit(x) == np.signbit(y)) | np.isnan(x)
    return bool(np.array_equal(x, y, equal_nan=True) and same_sign.all())


def of_arrays(result: Any) -> bool:
    """Whether there is nothing in `result` but JAX's arrays: another object may notice a look."""
    return all(type(leaf) is ArrayImpl for leaf in _leaves(result))


def shares_an_object(result: Any, inputs: Sequence[Any]) -> bool:
    """Whether arrays of `result` are each other, or among `inputs`: compiled, they would not be."""
    arrays = [id(leaf) for leaf in _leaves(result)]
    return len(set(arrays)) < len(arrays) or not set(arrays).isdisjoint(map(id, inputs))


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, (tuple, list)):
        for item in value:
            yield from _leaves(item)
    elif isinstance(value, dict):
        yield from _leaves(list(value.values()))
    else:
        yield value


class Seen:
    """A call that plain JAX has answered, to be asked again; by copies, so that none outlives it.

    Args:
        inputs: what it was asked, floats and arrays of floats.
        result: what it said.
    """

    def __init__(self, inputs: Sequence[Any], result: Any) -> None:
        self._inputs = [np.array(leaf) for leaf in inputs]
        self._result = [np.array(leaf) for leaf in _leaves(result)]

    def agrees(self, run: Callable[[Sequence[Any]], Any], like: Sequence[Any]) -> bool:
        """Whether `run` says the same, bit for bit, of inputs that are as those of `like` are."""
        again = [_with(leaf, values) for leaf, values in zip(like, self._inputs, strict=True)]
        found = [np.asarray(leaf) for leaf in _leaves(run(again))]
        return all(map(_same_bits, found, self._result))


_ODD_NUMBERS = (0.0, 1e-40, 1e30)
_SCALES = ((0.1, 1.0), (1.0, 1.0), (10.0, 0.0))  # of the noise, and of the given numbers beneath


def probes(inputs: Sequence[Any]) -> Iterator[list[Any]]:
    """Other inputs of the same types: odd numbers, near the given ones, far away.

    A difference in rounding shows at most inputs but not at all of them, and a loop goes where it
    likes. They are few, for each is a plain call: in a search over random formulas every program
    that differed anywhere differed at the given input already. Integers and truth values stay what
    they are: they may be indices.
    """
    for i in range(len(_ODD_NUMBERS)):
        odd = np.roll(_ODD_NUMBERS, -i)  # an array gets them all, a number one after the other
        yield [_with(leaf, np.resize(odd, np.shape(leaf))) for leaf in inputs]
    rng = np.random.default_rng(0)
    for scale, centre in _SCALES:
        yield [
            _with(leaf, scale * rng.standard_normal(np.shape(leaf)) + centre * _finite(leaf))
            for leaf in inputs
        ]


def _finite(leaf: Any) -> np.ndarray:
    return np.nan_to_num(np.asarray(leaf, float))


def _with(leaf: Any, values: np.ndarray) -> Any:
    """`values` as a leaf of the same type as `leaf`."""
    if type(leaf) is not ArrayImpl:
        # Smaller ones are left to plain JAX (`arguments`).
        values = np.where((values != 0) & (np.abs(values) < 1e-37), 1e-37, values)
    if type(leaf) is float:
        return float(values)
    if leaf.dtype.kind != "f":
        return leaf
    with np.errstate(over="ignore", under="ignore"):
        cast = values.astype(leaf.dtype)
    if type(leaf) is ArrayImpl:
        return _as_jax(cast, leaf)
    return cast if type(leaf) is np.ndarray else leaf.dtype.type(cast)


def _as_jax(values: np.ndarray, leaf: Any) -> Any:
    if leaf.weak_type and values.shape == ():
        made = jnp.asarray(float(values))
    else:  # without a conversion, which JAX would compile
        made = jax.device_put(values)
    return jax.device_put(made, leaf.sharding) if leaf.committed else made
