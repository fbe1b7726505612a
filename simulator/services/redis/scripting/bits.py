"""Bits: operations on 32-bit numbers, as Lua's `bit` library has them."""

from collections.abc import Callable
from functools import reduce
from operator import and_, or_, xor
from typing import Any, Final

_MASK: Final = 0xFFFFFFFF


def _unsigned(value: Any) -> int:
    if isinstance(value, bytes):
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError("number expected")
    return round(value) & _MASK


def _signed(value: int) -> int:
    value &= _MASK
    return value - (1 << 32) if value & 0x80000000 else value


def _tohex(value: Any, digits: Any = 8) -> bytes:
    count, form = int(digits), b"%0*x"
    if count < 0:
        count, form = -count, b"%0*X"
    count = min(count, 8)
    return form % (count, _unsigned(value) & ((1 << 4 * count) - 1)) if count else b""


def _rotated(value: Any, by: Any) -> int:
    by, number = int(by) & 31, _unsigned(value)
    return _signed((number << by) | (number >> (32 - by)))


_OPERATIONS: Final[dict[str, Callable[..., Any]]] = {
    "tobit": lambda value: _signed(_unsigned(value)),
    "bnot": lambda value: _signed(~_unsigned(value)),
    "band": lambda first, *more: _signed(reduce(and_, map(_unsigned, more), _unsigned(first))),
    "bor": lambda first, *more: _signed(reduce(or_, map(_unsigned, more), _unsigned(first))),
    "bxor": lambda first, *more: _signed(reduce(xor, map(_unsigned, more), _unsigned(first))),
    "lshift": lambda value, by: _signed(_unsigned(value) << (int(by) & 31)),
    "rshift": lambda value, by: _signed(_unsigned(value) >> (int(by) & 31)),
    "arshift": lambda value, by: _signed(_signed(_unsigned(value)) >> (int(by) & 31)),
    "rol": _rotated,
    "ror": lambda value, by: _rotated(value, -int(by)),
    "bswap": lambda value: _signed(int.from_bytes(_unsigned(value).to_bytes(4, "little"), "big")),
    "tohex": _tohex,
}


def operations() -> dict[str, Callable[..., Any]]:
    """Return the functions by their names."""
    return _OPERATIONS
