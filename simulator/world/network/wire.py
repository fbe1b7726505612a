"""Wire: one direction of one connection, and what is under way on it.

Rules
1. Items (bytes, an end, a reset) arrive in the order in which they were sent.
2. Into a cut link nothing is sent; it is *stalled* and tried again after 0.2 s, 0.4 s, 0.8 s ... as TCP does, at most
   every two minutes. So a healed partition is noticed at the next try, not at once.
3. When `TRIES_MAX` tries bring no answer, the connection fails with ETIMEDOUT (after about 15 minutes).
4. Acknowledgements travel the other way: while that is cut, the writer's window stays full.
5. Whatever reaches an end that no longer exists is answered by a reset.
"""

from collections import deque
from errno import ETIMEDOUT
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from simulator.world.network.link import RETRANSMIT_NS, Link
from simulator.world.network.timeline import Timeline

if TYPE_CHECKING:
    from simulator.world.network.stream import Stream

TRIES_MAX: Final = 16  # Linux: tcp_retries2, and the wait after the last: 924.6 s in all.
INTERVAL_MAX_NS: Final = 120_000_000_000  # Linux: TCP_RTO_MAX.


class Mark:
    """What travels on a wire besides bytes."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name


FIN: Final = Mark("end")
RST: Final = Mark("reset")
Item: TypeAlias = bytes | Mark


class Wire:
    """Carries what one end sends to the other end."""

    __slots__ = (
        "_clock",
        "_last_ns",
        "_stalled",
        "_timer",
        "_tries",
        "back",
        "flights",
        "link",
        "owed_bytes",
        "site",
        "source",
        "target",
    )

    def __init__(self, clock: Timeline, link: Link, back: Link, source: "Stream", target: "Stream", site: str) -> None:
        self._clock = clock
        self.link, self.back = link, back
        self.source, self.target = source, target
        self.site = site
        self.flights: deque[tuple[int, Item, int]] = deque()  # When it arrives, what, and how many bytes it holds.
        self.owed_bytes = 0  # Read by the other side, but the acknowledgement could not come back.
        self._last_ns = 0
        self._stalled: deque[tuple[Item, int]] = deque()
        self._timer: Any = None
        self._tries = 0

    @property
    def busy(self) -> bool:
        """Whether anything is under way."""
        return bool(self.flights or self._stalled or self.link.held)

    def carry(self, item: Item, size: int, delay_ns: int = 0) -> None:
        """Put an item on its way, behind all before it."""
        link = self.link
        if link.held:
            link.park(lambda: self.carry(item, size, delay_ns))
        elif self._stalled or link.blocked:
            self._stalled.append((item, size))
            self._watch()
        else:
            if self.back.blocked:
                self._watch()
            self._fly(item, size, delay_ns)

    def _fly(self, item: Item, size: int, delay_ns: int) -> None:
        link, profile = self.link, self.link.profile
        if profile.chopped_parts and size > 1 and link.chance(profile.chopped_parts, self.site, "chop"):
            assert isinstance(item, bytes)
            at = 1 + link.draw(size - 1, self.site, "chop at")
            self._land_at(link.due_ns(at, self.site) + delay_ns, item[:at], at)
            item, size = item[at:], size - at
        when_ns = link.due_ns(size, self.site) + delay_ns
        if profile.lost_parts and link.chance(profile.lost_parts, self.site, "lost"):
            when_ns += RETRANSMIT_NS
        self._land_at(when_ns, item, size)

    def _land_at(self, when_ns: int, item: Item, size: int) -> None:
        if when_ns < self._last_ns:
            when_ns = self._last_ns
        else:
            self._last_ns = when_ns
        flights = self.flights
        if flights:
            together = flights[-1][0] == when_ns
            flights.append((when_ns, item, size))
            if together:
                return
        elif when_ns <= self._clock.now_ns:
            self.target.land(item)
            self.target.notify()
            return
        else:
            flights.append((when_ns, item, size))
        self.target.wake_at(when_ns)

    # --- silence ------------------------------------------------------------------------------------

    def owe(self, size: int) -> None:
        """Remember an acknowledgement that cannot come back now."""
        self.owed_bytes += size
        self._watch()

    def _watch(self) -> None:
        if self._timer is None:
            self._tries = 0
            self._timer = self._clock.call_at(self._clock.now_ns + RETRANSMIT_NS, self._try_again)

    def _try_again(self) -> None:
        """Send again what was not acknowledged; give up when that was tried often enough."""
        self._timer = None
        if not self.link.blocked:
            self._flush()
        if not self.link.blocked and not self.back.blocked:
            owed, self.owed_bytes = self.owed_bytes, 0
            if owed:
                self.source.acknowledge(owed)
            return
        self._tries += 1
        if self._tries >= TRIES_MAX:
            self._stalled.clear()
            self.source.fail(ETIMEDOUT)
            return
        interval_ns = min(RETRANSMIT_NS << self._tries, INTERVAL_MAX_NS)
        self._timer = self._clock.call_at(self._clock.now_ns + interval_ns, self._try_again)

    def _flush(self) -> None:
        stalled, self._stalled = self._stalled, deque()
        for item, size in stalled:
            self.carry(item, size)

    def drop(self) -> None:
        """Forget what has not left yet: the sender is gone or has torn the connection down."""
        self._stalled.clear()
        self.owed_bytes = 0
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
