"""Folding: how a long text is made short without changing its CRC, in a few operations on large integers.

A CRC is the remainder of a polynomial. Where some sparse polynomial is a multiple of the CRC's own,

    x^a + x^b + x^c + 1 = 0     so     x^a = x^b + x^c + 1

the highest terms of a text may be taken away and added again at three lower places. As integers that is three
shifts and three exclusive ors, whatever the length. Squaring doubles all exponents (x^2a = x^2b + x^2c + 1), so one
multiple serves for texts of all sizes. What is left in the end is a few hundred bytes, for the tables.
"""

from collections.abc import Sequence
from typing import Final

Multiple = tuple[int, ...]
"""The exponents of a sparse multiple, falling, down to 0. The further the second from the first, the better."""

# Found by looking for sums of powers that cancel; each is verified by a test.
MULTIPLES: Final[dict[str, Sequence[Multiple]]] = {
    "CRC32C": ((5685, 1362, 426, 0),),
    "CRC64NVME": ((29819, 13145, 11499, 10539, 5583, 2097, 0),),
}

# Integers of about this size stay in the processor's cache.
STRIDE_BYTES: Final = 1 << 18


def fold(text: int, bits: int, multiples: Sequence[Multiple]) -> tuple[int, int]:
    """A shorter text with the same remainder: the text and its length in bits, a multiple of eight.

    Bit 0 is the highest term, as in reflected CRCs; so taking terms away at the top is a shift to the right.
    """
    for highest, *others in multiples:
        second = others[0]
        while True:
            doublings = max((bits * 7 // 10 // highest).bit_length() - 1, 0)
            top = highest << doublings
            # So many terms at once that none of them lands where it is taken from.
            taken = min(top - (second << doublings), bits - top) & ~7
            if taken < bits >> 5 or taken <= 0:
                break
            head = text & ((1 << taken) - 1)
            text >>= taken
            bits -= taken
            places = [top - (other << doublings) - taken for other in others]
            added = head
            for nearer, further in zip(places[-2::-1], places[:0:-1], strict=True):
                added = added << (further - nearer) ^ head
            text ^= added << places[0]
    return text, bits
