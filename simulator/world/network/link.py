"""Link: one direction between two hosts, shared by all connections that use it.

Rules
1. What is put on a link arrives after transmission (one item at a time, at the link's rate), latency and jitter.
2. A *cut* link swallows: TCP will try again, datagrams are gone. What was already under way arrives.
3. A *held* link keeps: nothing is lost, everything goes on, in order, when it is released.
4. A host without power neither sends nor receives.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from simulator.world.network.profile import PARTS, SECOND_NS, LinkProfile
from simulator.world.network.timeline import Timeline

if TYPE_CHECKING:
    from simulator.world.network.stack import HostStack

RETRANSMIT_NS: Final = 200_000_000
"""Linux's least retransmission time-out: what one lost segment costs on a fast link."""


class Link:
    """The way from `source` to `target`: its profile, its faults, and until when it is busy."""

    __slots__ = (
        "_busy_until_ns",
        "_last_datagram_ns",
        "_clock",
        "_draw",
        "_parked",
        "_stream",
        "blocked",
        "cut",
        "held",
        "plain",
        "profile",
        "source",
        "target",
    )

    def __init__(self, clock: Timeline, source: "HostStack", target: "HostStack", profile: LinkProfile) -> None:
        self.source, self.target, self.profile = source, target, profile
        self.cut = False
        self.held = False
        self._clock = clock
        self._draw = clock.choices.draw
        self._busy_until_ns = 0
        self._last_datagram_ns = 0
        self._parked: list[Callable[[], None]] = []
        self._stream = f"link {source.name}->{target.name}"
        self.refresh()

    def __repr__(self) -> str:
        state = "cut" if self.cut else "held" if self.held else "open"
        return f"<link {self.source.name}->{self.target.name} {state} {self.profile}>"

    def refresh(self) -> None:
        """After a change of the profile, of the faults or of the hosts' power."""
        self.blocked = self.cut or not self.source.up or not self.target.up  # Whatever is sent now is lost.
        self.plain = (
            self.profile.ideal and not self.held and not self.blocked
        )  # Nothing to compute, nothing in the way.

    def due_ns(self, size: int, site: str) -> int:
        """When something sent now arrives."""
        profile, when_ns = self.profile, self._clock.now_ns
        if profile.bytes_per_s:
            when_ns = max(when_ns, self._busy_until_ns) + size * SECOND_NS // profile.bytes_per_s
            self._busy_until_ns = when_ns
        if profile.jitter_ns:
            when_ns += self._draw(profile.jitter_ns + 1, stream=self._stream, site=site, label="jitter")
        return when_ns + profile.latency_ns

    def datagram_due_ns(self, size: int, site: str) -> int:
        """The same for a datagram: later ones may overtake, but not within a host, where no machine lets them."""
        when_ns = self.due_ns(size, site)
        if self.source is self.target:
            when_ns = self._last_datagram_ns = max(when_ns, self._last_datagram_ns)
        return when_ns

    def draw(self, bound: int, site: str, label: str) -> int:
        return self._draw(bound, stream=self._stream, site=site, label=label)

    def chance(self, parts: int, site: str, label: str) -> bool:
        """Whether something of a chance in a million happens; a draw of zero is always "no"."""
        return parts > 0 and self._draw(PARTS, stream=self._stream, site=site, label=label) >= PARTS - parts

    def park(self, resume: Callable[[], None]) -> None:
        """Keep an act until the link is released."""
        self._parked.append(resume)

    def release(self) -> None:
        """Let everything go on, in the order in which it came."""
        self.held = False
        self.refresh()
        parked, self._parked = self._parked, []
        for resume in parked:
            resume()
