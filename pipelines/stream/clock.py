"""Clock: elapsed time on the monotonic clock, and a watch on the wall clock beside it.

If the two go different ways (the wall clock was set, the machine was asleep), nobody knows how long a file has been
quiet. Every stream then waits its idle time anew.
"""

import time
from dataclasses import dataclass


@dataclass
class Clock:
    """Seconds that pass, and how often time has jumped."""

    tolerance_s: float = 2.0
    jumps: int = 0
    jumped_s: float = 0.0
    """How far the wall clock went ahead of the monotonic one at the last jump, or fell behind."""

    def __post_init__(self) -> None:
        self._wall, self._steady = time.time(), time.monotonic()

    def now_s(self) -> float:
        """The monotonic clock."""
        return time.monotonic()

    def check(self) -> bool:
        """Whether time has jumped since the last check."""
        wall, steady = time.time(), time.monotonic()
        apart_s = (wall - self._wall) - (steady - self._steady)
        self._wall, self._steady = wall, steady
        if abs(apart_s) <= self.tolerance_s:
            return False
        self.jumps, self.jumped_s = self.jumps + 1, apart_s
        return True
