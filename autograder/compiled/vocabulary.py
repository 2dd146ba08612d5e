"""The names a function's body may use; what is not here is not known to be pure.

Lists of what is allowed, not of what is forbidden: a name that JAX, NumPy or Python adds later is
in doubt until somebody has looked at it. Left out on purpose: everything that prints, reads the
clock, a file or a random generator; everything that calls back into Python (`lax.scan`,
`jnp.vectorize`, `jax.jit`: JAX keeps what such a function did *the first time it was traced*, for
as long as the function lives); everything whose result depends on the kind of tracer it is shown.
"""

from __future__ import annotations

import builtins
import math
import types
from typing import Any

import jax
import jax.lax
import jax.nn
import jax.numpy as jnp
import numpy as np

__all__ = ["ATTRIBUTES", "BUILTINS", "MUTATORS", "Vocabulary"]

_JNP = """
    abs absolute acos acosh add all allclose any append arange arccos arccosh arcsin arcsinh arctan
    arctan2 arctanh argmax argmin argsort array asarray asin asinh astype atan atan2 atanh
    atleast_1d atleast_2d average bool_ broadcast_to cbrt ceil clip column_stack concatenate copy
    copysign cos cosh cross cumprod cumsum deg2rad degrees diag diagonal diff divide divmod dot e
    einsum empty_like equal exp exp2 expand_dims expm1 eye fabs flip float32 float64 float_power
    floor floor_divide fmax fmin fmod full full_like greater greater_equal heaviside hstack hypot
    identity inf inner int32 int64 interp isclose isfinite isinf isnan kron ldexp less less_equal
    linspace log log10 log1p log2 logaddexp logaddexp2 logical_and logical_not logical_or
    logical_xor matmul matrix_transpose max maximum mean median meshgrid min minimum mod moveaxis
    multiply nan nan_to_num nanmax nanmean nanmin nansum ndim negative newaxis nextafter norm
    not_equal ones ones_like outer pi polyval positive pow power prod ptp rad2deg radians ravel
    reciprocal remainder repeat reshape result_type rint roll round select shape sign signbit sin
    sinc sinh size sort split sqrt square squeeze stack std subtract sum swapaxes take tan tanh
    tensordot tile trace transpose trapezoid tri tril triu true_divide trunc var vdot vstack where
    zeros zeros_like
"""
_LAX = """
    abs acos acosh add asin asinh atan atan2 atanh cbrt ceil clamp concatenate cos cosh div dot erf
    erfc exp exp2 expm1 expand_dims floor integer_pow log log1p logistic max min mul neg pow
    reciprocal rem reshape round rsqrt select sign sin sinh sqrt square stop_gradient sub tan tanh
    transpose
"""
_NN = """
    celu elu gelu glu hard_sigmoid hard_tanh leaky_relu log_sigmoid log_softmax logsumexp relu relu6
    selu sigmoid silu soft_sign softmax softplus swish tanh
"""
_JAX = "Array grad hessian jacfwd jacobian jacrev lax nn numpy value_and_grad vmap"
_MATH = """
    acos acosh asin asinh atan atan2 atanh cbrt ceil comb copysign cos cosh degrees e erf erfc exp
    exp2 expm1 fabs factorial floor fmod fsum gamma hypot inf isclose isfinite isinf isnan lgamma
    log log10 log1p log2 nan perm pi pow prod radians remainder sin sinh sqrt tan tanh tau trunc
"""
# Of NumPy, constants and what makes an array anew. Its functions cannot take a tracer, and most of
# them can write into an array that is handed to them (program `ufunc_out`).
_NUMPY = "arange array e eye float32 float64 inf int32 int64 linspace nan newaxis ones pi zeros"

_BUILTINS = """
    abs all any bool divmod dict enumerate float int isinstance len list max min pow range reversed
    round sorted sum tuple zip
"""
_ATTRIBUTES = """
    T all any argmax argmin argsort astype at clip conj cumprod cumsum diagonal dot dtype flatten
    get imag items keys mT max mean min ndim prod ravel real reshape round shape size squeeze std
    sum swapaxes take trace transpose values var add divide multiply power set
"""

BUILTINS: dict[str, Any] = {name: getattr(builtins, name) for name in _BUILTINS.split()}
"""Of Python's own functions, those that neither print, ask for a name, nor keep a place in an
iterator of somebody else's (`next`, `iter`)."""

ATTRIBUTES = frozenset(_ATTRIBUTES.split())
"""Attributes of arrays, of `x.at[i]`, and of dicts; none writes into what it is taken of."""

MUTATORS = frozenset({"append", "extend"})
"""Attributes that write into a list: harmless where every list is the body's own."""


class Vocabulary:
    """The allowed names, with the objects they stood for before any student's code ran.

    A student may write `jnp.sin = something`: the name is known, the object is not
    (program `jnp_function_replaced`).
    """

    def __init__(self) -> None:
        tables: tuple[tuple[types.ModuleType, str], ...] = (
            (jnp, _JNP),
            (jnp.linalg, "norm"),
            (jax.lax, _LAX),
            (jax.nn, _NN),
            (jax, _JAX),
            (math, _MATH),
            (np, _NUMPY),
        )
        self.modules: dict[types.ModuleType, dict[str, Any]] = {}
        for module, names in tables:
            names_here = [name for name in names.split() if name in vars(module)]
            self.modules[module] = {name: vars(module)[name] for name in names_here}
        self.modules[jnp]["linalg"] = jnp.linalg
        # By identity: a student's object may claim to equal anything.
        self._objects: dict[int, Any] = {}
        for table in (*self.modules.values(), BUILTINS):
            for value in table.values():
                if callable(value) and not isinstance(value, types.ModuleType):
                    self._objects[id(value)] = value

    def knows(self, value: object) -> bool:
        """Whether `value` is one of the allowed functions or classes itself."""
        return id(value) in self._objects
