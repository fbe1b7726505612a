"""A host's wall clock: right or wrong, steady or drifting, and able to jump.

The base (what day it is) is drawn per run; a host starts with the world's time and goes astray only
where a fault says so. Monotonic clocks never follow any of this.
"""

from dataclasses import dataclass
from typing import Final

EPOCH_NS: Final = 1_767_225_600 * 10**9
"""2026-01-01T00:00:00Z: where the tamest run begins."""

SPREAD_NS: Final = 366 * 24 * 3600 * 10**9
"""A run begins within a year of it: leap days, month ends and daylight saving lie on the way."""

_BILLION: Final = 10**9


@dataclass
class Wall:
    """`wall = base + offset + now`, with a drift in parts per billion since it was last set."""

    base_ns: int
    offset_ns: int = 0
    drift_ppb: int = 0
    drift_since_ns: int = 0

    def wall_ns(self, now_ns: int) -> int:
        """What this clock shows when virtual time is `now_ns`."""
        return self.base_ns + now_ns + self.offset_ns + self._drifted_ns(now_ns)

    def set_wall_ns(self, now_ns: int, wall_ns: int) -> None:
        """Set the clock; its drift goes on from there."""
        self.offset_ns, self.drift_since_ns = wall_ns - self.base_ns - now_ns, now_ns

    def jump(self, by_ns: int) -> None:
        """Move the clock forward or back at once, as a careless time daemon does."""
        self.offset_ns += by_ns

    def drift(self, now_ns: int, ppb: int) -> None:
        """Run fast (or slow) by so many nanoseconds a second from now on."""
        self.offset_ns += self._drifted_ns(now_ns)
        self.drift_since_ns, self.drift_ppb = now_ns, ppb

    def right(self, now_ns: int) -> None:
        """Put the clock right and steady again."""
        self.offset_ns, self.drift_ppb, self.drift_since_ns = 0, 0, now_ns

    def _drifted_ns(self, now_ns: int) -> int:
        return (now_ns - self.drift_since_ns) * self.drift_ppb // _BILLION
