"""Advisory locks of one file: `flock` belongs to an open file, `lockf` (POSIX) to a process and a range of bytes.

As on Linux the two kinds do not see each other. Whoever must wait is parked; a lock that nobody can ever give up
again shows as `Stuck`. A POSIX lock goes with the first descriptor of the file that its process closes, however many
others it has: that is how they are.
"""

from dataclasses import dataclass, field
from errno import EAGAIN
from os import strerror
from typing import Final

from simulator.kernel.threads import WaitQueue

END: Final = 1 << 63
"""Where a range ends that goes to the end of the file, wherever that will be."""


@dataclass(slots=True)
class Range:
    """A POSIX lock on the bytes from `start` to `stop`."""

    owner: object
    start: int
    stop: int
    exclusive: bool

    def conflicts(self, other: "Range") -> bool:
        overlap = self.start < other.stop and other.start < self.stop
        return overlap and self.owner is not other.owner and (self.exclusive or other.exclusive)


@dataclass(eq=False)
class FileLocks:
    """All locks of one inode, and who waits for them."""

    whole: dict[object, bool] = field(default_factory=dict)  # Open file -> whether it holds the lock alone.
    ranges: list[Range] = field(default_factory=list)
    waiting: WaitQueue = field(default_factory=WaitQueue)

    def lock(self, holder: object, *, exclusive: bool, wait: bool) -> None:
        """`flock`: lock the whole file for an open file."""
        # A conversion gives the old lock up first, so two that both want more do not wait for each other.
        self.whole.pop(holder, None)
        while any(exclusive or alone for alone in self.whole.values()):
            self._wait("flock", wait=wait)
        self.whole[holder] = exclusive
        self.waiting.wake_all()

    def unlock(self, holder: object) -> None:
        if self.whole.pop(holder, None) is not None:
            self.waiting.wake_all()

    def lock_range(self, wanted: Range, *, wait: bool) -> None:
        """`lockf`: lock a range of bytes for a process, in place of what it had there."""
        while any(held.conflicts(wanted) for held in self.ranges):
            self._wait("lockf", wait=wait)
        self._carve(wanted)
        self.ranges.append(wanted)
        self.waiting.wake_all()

    def unlock_range(self, wanted: Range) -> None:
        self._carve(wanted)
        self.waiting.wake_all()

    def drop(self, owner: object) -> None:
        """The process closed a descriptor of the file, or is over."""
        kept = [held for held in self.ranges if held.owner is not owner]
        if len(kept) < len(self.ranges):
            self.ranges = kept
            self.waiting.wake_all()

    def _carve(self, wanted: Range) -> None:
        """Take a range out of what its owner holds."""
        kept: list[Range] = []
        for held in self.ranges:
            if held.owner is not wanted.owner or held.stop <= wanted.start or wanted.stop <= held.start:
                kept.append(held)
                continue
            if held.start < wanted.start:
                kept.append(Range(held.owner, held.start, wanted.start, held.exclusive))
            if held.stop > wanted.stop:
                kept.append(Range(held.owner, wanted.stop, held.stop, held.exclusive))
        self.ranges = kept

    def _wait(self, why: str, *, wait: bool) -> None:
        if not wait:
            raise BlockingIOError(EAGAIN, strerror(EAGAIN))
        self.waiting.wait(why)
