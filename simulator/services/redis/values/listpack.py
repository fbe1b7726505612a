"""Listpacks: how long an entry of Redis' compact sequence is; the streams' nodes are filled by that measure.

An entry is an encoding, its data, and its own length written so that it can be read backwards. The bytes themselves are
written and read in `rdb/packs.py`.
"""

from typing import Final

from simulator.services.redis.numerals import as_integer

FRAME_BYTES: Final = 7
"""Size and count before the entries, a mark behind them."""

Item = bytes | int


def item_bytes(item: Item) -> int:
    """How long an entry is."""
    number = item if isinstance(item, int) else as_integer(item)
    if number is None:
        assert isinstance(item, bytes)
        size = len(item)
        size += 1 if size < 64 else 2 if size < 4096 else 5
    elif 0 <= number <= 127:
        return 2
    elif -4096 <= number <= 4095:
        return 3
    else:
        size = next(
            1 + width for width in (2, 3, 4, 8) if width == 8 or -1 << (8 * width - 1) <= number < 1 << (8 * width - 1)
        )
    return size + _back_bytes(size)


def _back_bytes(size: int) -> int:
    return 1 if size <= 127 else 2 if size < 16383 else 3 if size < 2097151 else 4 if size < 268435455 else 5
