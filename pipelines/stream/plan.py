"""Part plan: which bytes of a file part n holds, for a file whose length nobody knows yet.

Part n has `base * 2 ** ((n - 1) // 1000)` bytes: a thousand parts of 8 MiB, a thousand of 16 MiB, and so on to
4 GiB, so that 10,000 parts reach 7.8 TiB. A range is a function of n alone, so whoever uploads part n again, after
whatever was lost, uploads the same range.

    >>> plan = PartPlan(base_bytes=8 * MIB)
    >>> [plan.range_of(n) for n in (1, 2, 1001)]
    [Range(n=1, offset=0, size=8388608), Range(n=2, offset=8388608, size=8388608), Range(n=1001, offset=8388608000, \
size=16777216)]
    >>> plan.ranges_of(20 * MIB)[-1]
    Range(n=3, offset=16777216, size=4194304)
"""

from dataclasses import dataclass
from typing import Final, NamedTuple

MIB: Final = 1 << 20
PARTS_MAX: Final = 10_000
"""S3 takes no part number above this."""
PART_BYTES_MIN: Final = 5 * MIB
"""S3 takes no smaller part but the last; smaller bases are for servers (and tests) that do."""
PART_BYTES_MAX: Final = 5 << 30
_STEP: Final = 1_000
"""So many parts have one size."""


class Range(NamedTuple):
    """The bytes of one part."""

    n: int
    offset: int
    size: int

    @property
    def end(self) -> int:
        return self.offset + self.size


@dataclass(frozen=True)
class PartPlan:
    """The plan for one base size. Its `name` is kept with a stream, which keeps its plan when settings change."""

    base_bytes: int

    def __post_init__(self) -> None:
        if self.base_bytes < 1 or self.base_bytes << ((PARTS_MAX - 1) // _STEP) > PART_BYTES_MAX:
            raise ValueError(f"a part base is from 1 to {PART_BYTES_MAX >> 9} bytes, not {self.base_bytes}")

    @property
    def name(self) -> str:
        return f"double-{self.base_bytes}"

    @classmethod
    def named(cls, name: str) -> "PartPlan":
        """The plan that a stream was begun with."""
        kind, _, base = name.partition("-")
        if kind != "double" or not base.isdigit():
            raise ValueError(f"unknown part plan {name!r}; this program knows double-BYTES")
        return cls(int(base))

    @property
    def bytes_max(self) -> int:
        """What 10,000 parts hold."""
        return self.offset(PARTS_MAX) + self.size(PARTS_MAX)

    def size(self, n: int) -> int:
        """How many bytes a full part n has."""
        assert 1 <= n <= PARTS_MAX, f"there is no part {n}"
        return self.base_bytes << ((n - 1) // _STEP)

    def offset(self, n: int) -> int:
        """Where part n begins."""
        assert 1 <= n <= PARTS_MAX + 1, f"there is no part {n}"
        block, rest = divmod(n - 1, _STEP)
        return self.base_bytes * (_STEP * ((1 << block) - 1) + (rest << block))

    def range_of(self, n: int) -> Range:
        """All of part n."""
        return Range(n, self.offset(n), self.size(n))

    def full_parts(self, size: int) -> int:
        """How many parts a file of that size fills."""
        units, block = size // self.base_bytes, 0
        while units >= _STEP << block and block < PARTS_MAX // _STEP:
            units -= _STEP << block
            block += 1
        return min(block * _STEP + (units >> block), PARTS_MAX)

    def ranges_of(self, size: int, *, first: int = 1) -> list[Range]:
        """The parts of a whole file, from part `first` on; the last may be short, and an empty file has none."""
        full = self.full_parts(size)
        ranges = [self.range_of(n) for n in range(first, full + 1)]
        begin = self.offset(full + 1)
        if size > begin:
            if full == PARTS_MAX:
                raise ValueError(f"{size} bytes are more than {PARTS_MAX} parts hold ({self.bytes_max})")
            if full + 1 >= first:
                ranges.append(Range(full + 1, begin, size - begin))
        return ranges
