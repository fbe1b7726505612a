"""Stillness: whether a file has been quiet for long enough to be taken as whole. No I/O; times are monotonic seconds.

Finalize when all hold: nothing has changed for the idle time; two looks that agree are at least `settle` apart; and
this process has been looking for that long. Activity is a change of size or mtime that `stat` saw, not an event.
"""

from dataclasses import dataclass


@dataclass
class Stillness:
    """What was seen of one file, and since when it is so."""

    size: int = -1
    mtime_ns: int = -1
    quiet_since_s: float = 0.0
    """When it last changed, as far as is known; it may lie before this process."""
    agreed_since_s: float = 0.0
    """When this process first saw it as it is now."""
    gone_since_s: float | None = None

    def look(self, now_s: float, size: int, mtime_ns: int) -> bool:
        """The file as it is now; whether that is a change."""
        self.gone_since_s = None
        if (size, mtime_ns) == (self.size, self.mtime_ns):
            return False
        self.size, self.mtime_ns = size, mtime_ns
        self.quiet_since_s = self.agreed_since_s = now_s
        return True

    def remember(self, size: int, mtime_ns: int, quiet_s: float) -> None:
        """What was known before this process: if the file is still like that, it has been quiet for longer."""
        if (size, mtime_ns) == (self.size, self.mtime_ns):
            self.quiet_since_s = min(self.quiet_since_s, self.agreed_since_s - max(0.0, quiet_s))

    def look_in_vain(self, now_s: float) -> None:
        """The file is not at its path."""
        if self.gone_since_s is None:
            self.gone_since_s = now_s

    def rearm(self, now_s: float) -> None:
        """Time has jumped: nobody knows how long it has been quiet."""
        self.quiet_since_s = self.agreed_since_s = now_s
        if self.gone_since_s is not None:
            self.gone_since_s = now_s

    def settled(self, now_s: float, settle_s: float) -> bool:
        """Whether two looks that agree are far enough apart."""
        return now_s - self.agreed_since_s >= settle_s

    def idle(self, now_s: float, idle_timeout_s: float, settle_s: float) -> bool:
        return self.settled(now_s, settle_s) and now_s - self.quiet_since_s >= idle_timeout_s

    def gone(self, now_s: float, settle_s: float) -> bool:
        """Whether the file has been away for long enough to be no rename under way."""
        return self.gone_since_s is not None and now_s - self.gone_since_s >= settle_s
