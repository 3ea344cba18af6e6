"""How the kernels are compiled: typed, cached, without the GIL and without fast-math.

No fast-math flag is ever set: every sum is taken in the order written, and a multiply-add is fused only where `fma`
says so.  The same input gives the same bits at any thread count.  Instead of re-ordering sums, the loops are written
16 lanes wide (one tile row), which a compiler can vectorise as it stands.

Mind: numba's cache notices a change in a kernel's own file only.  After editing a helper that other files call, touch
those files or delete the `*.nbi` and `*.nbc` files in `__pycache__`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypeVar, cast

import numba
import numpy as np
from numba.core import types
from numba.extending import intrinsic

F = TypeVar("F", bound=Callable[..., Any])

LOG2_E = np.float32(1.4426950408889634)


def njit(*, inline: Literal["never", "always"] = "never") -> Callable[[F], F]:
    """The one way a kernel is compiled here; `inline="always"` for the small helpers of inner loops."""
    decorate = numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=False, inline=inline)
    return cast(Callable[[F], F], decorate)


def _bits_as_float(_typing: Any, _bits: Any) -> Any:
    """int32 bits read as the float32 they spell; a register move, which a view of an array would not be."""

    def codegen(context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        return builder.bitcast(args[0], context.get_value_type(types.float32))

    return types.float32(types.int32), codegen


def _float_as_bits(_typing: Any, _value: Any) -> Any:
    """The int32 that spells a float32."""

    def codegen(context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        return builder.bitcast(args[0], context.get_value_type(types.int32))

    return types.int32(types.float32), codegen


def _fma(_typing: Any, _a: Any, _b: Any, _c: Any) -> Any:
    """a * b + c, rounded once, by definition and so on every machine: what fast-math would leave to the compiler."""

    def codegen(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        return builder.fma(*args)

    return types.float32(types.float32, types.float32, types.float32), codegen


fma = cast(Callable[[Any, Any, Any], Any], intrinsic(_fma))
bits_as_float = cast(Callable[[Any], Any], intrinsic(_bits_as_float))
float_as_bits = cast(Callable[[Any], Any], intrinsic(_float_as_bits))


@njit(inline="always")
def exp2_small(power: np.float32) -> np.float32:
    """2 ** power for -126 < power < 126, to 2e-7 of its value: an integer shift and a Taylor polynomial.

    Written out so that it is the same arithmetic on every machine (libm's exp is not) and fills vector lanes.
    """
    # Kept in 32 bits at every step: numba makes 64 of a difference, for which a vector has half the lanes.
    whole = np.int32(np.int32(power + np.float32(126.5)) - np.int32(126))
    rest = (power - np.float32(whole)) * np.float32(0.6931471805599453)
    poly = fma(np.float32(1.0 / 720.0), rest, np.float32(1.0 / 120.0))
    poly = fma(poly, rest, np.float32(1.0 / 24.0))
    poly = fma(poly, rest, np.float32(1.0 / 6.0))
    poly = fma(poly, rest, np.float32(0.5))
    poly = fma(poly, rest, np.float32(1.0))
    poly = fma(poly, rest, np.float32(1.0))
    return np.float32(poly * bits_as_float(np.int32((whole + np.int32(127)) << np.int32(23))))


@njit(inline="always")
def exp_safe(value: np.float32) -> np.float32:
    """e ** value, with value held within +-80 so that no float32 overflows."""
    held = min(max(value, np.float32(-80.0)), np.float32(80.0))
    return exp2_small(np.float32(held * LOG2_E))


@njit(inline="always")
def log2_safe(value: np.float32) -> np.float32:
    """log2 of a normal float32 above zero, to 1e-6: the exponent's bits, and atanh's series for the rest."""
    bits = float_as_bits(value)
    # The fraction is taken in [0.7, 1.4), around 1, where the series is short.
    whole = np.int32((bits - np.int32(0x3F3504F3)) >> np.int32(23))
    fraction = bits_as_float(np.int32(bits - (whole << np.int32(23))))
    ratio = (fraction - np.float32(1.0)) / (fraction + np.float32(1.0))
    square = ratio * ratio
    series = np.float32(1.0 / 9.0)
    series = series * square + np.float32(1.0 / 7.0)
    series = series * square + np.float32(0.2)
    series = series * square + np.float32(1.0 / 3.0)
    series = series * square + np.float32(1.0)
    return np.float32(np.float32(whole) + np.float32(2.0) * LOG2_E * ratio * series)
