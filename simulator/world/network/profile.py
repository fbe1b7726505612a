"""Profile: what a link between two hosts is like when nothing is wrong with it."""

from dataclasses import dataclass
from typing import Final

MICROSECOND_NS: Final = 1_000
MILLISECOND_NS: Final = 1_000_000
SECOND_NS: Final = 1_000_000_000

PARTS: Final = 1_000_000
"""Chances are in parts of a million, so that no float decides anything."""

WINDOW_BYTES: Final = 256 * 1024
"""What a connection holds between writer and reader: about Linux's defaults (85 KiB to send, 128 KiB to receive)
before it grows them. A program that needs more room than this to make progress has a deadlock on some machine."""


@dataclass(frozen=True, kw_only=True)
class LinkProfile:
    """Latency, bandwidth, buffers and blemishes of one direction of a link.

    `bytes_per_s` 0 is a link without a bottleneck. `lost_parts`, `chopped_parts`, `doubled_parts` are
    chances in a million: a lost TCP segment comes later, a lost datagram never; a chopped write arrives in two
    pieces; a doubled datagram arrives twice.
    """

    latency_ns: int = 0
    jitter_ns: int = 0
    bytes_per_s: int = 0
    window_bytes: int = WINDOW_BYTES
    lost_parts: int = 0
    chopped_parts: int = 0
    doubled_parts: int = 0

    def __post_init__(self) -> None:
        assert self.window_bytes > 0, "a window of nothing lets nothing through"
        for name in ("latency_ns", "jitter_ns", "bytes_per_s", "lost_parts", "chopped_parts", "doubled_parts"):
            assert getattr(self, name) >= 0, f"{name} is negative"

    @property
    def ideal(self) -> bool:
        """Whether bytes arrive in the instant in which they are sent, as they were sent."""
        return not (self.latency_ns or self.jitter_ns or self.bytes_per_s or self.lost_parts or self.chopped_parts)


IDEAL: Final = LinkProfile()
"""No time passes: for measuring the simulator, and for tests whose subject is not the network."""

LOOPBACK: Final = LinkProfile(latency_ns=15 * MICROSECOND_NS, jitter_ns=10 * MICROSECOND_NS)
"""Within a host. Not zero: a client that polls its own server must not keep time from moving."""

LAN: Final = LinkProfile(
    latency_ns=150 * MICROSECOND_NS, jitter_ns=100 * MICROSECOND_NS, bytes_per_s=1_250_000_000, chopped_parts=20_000
)
"""Between two machines of one site: ten gigabits, a fraction of a millisecond."""

WAN: Final = LinkProfile(
    latency_ns=30 * MILLISECOND_NS,
    jitter_ns=8 * MILLISECOND_NS,
    bytes_per_s=12_500_000,
    lost_parts=1_000,
    chopped_parts=100_000,
)
"""Across a continent: a hundred megabits, tens of milliseconds, now and then a lost packet."""
