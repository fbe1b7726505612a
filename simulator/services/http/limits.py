"""Limits: how much a peer may ask of an HTTP server, in bytes, seconds and numbers; each bounds one way to hurt it."""

from dataclasses import dataclass, fields
from typing import Final

from simulator.errors import Misuse

MIB: Final = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a server puts up with; a peer that goes further gets a 4xx or 5xx, and a close."""

    head_bytes_max: int = 64 << 10
    """Request line and headers together (431; 414 when there is not even a request line)."""
    target_bytes_max: int = 16 << 10
    """The target of a request (414); presigned addresses are long, most servers take 8 KiB."""
    headers_max: int = 128
    trailer_bytes_max: int = 16 << 10
    chunk_line_bytes_max: int = 1 << 10
    """A chunk's size and its extensions."""
    chunk_overhead_bytes_max: int = 64 << 10
    """The extensions of all chunks of a body together."""
    body_bytes_max: int = 64 * MIB
    read_ahead_bytes_max: int = 256 << 10
    """What may wait behind a request under way (pipelined ones); beyond it the server stops reading."""
    connections_max: int = 20_000
    idle_s: float = 75.0
    """Between two requests of a connection."""
    head_s: float = 20.0
    """From the first byte of a head to its last (408)."""
    body_stall_s: float = 30.0
    """Without a byte of the body (408)."""
    body_bytes_per_s_min: int = 64
    """How fast a body must come on the average, after `body_stall_s`; a byte now and then is not progress."""
    write_stall_s: float = 60.0
    """Without the peer taking anything of an answer: the connection is reset."""
    linger_s: float = 5.0
    """How long input is read and dropped after an answer that ends the connection, so that the peer can read it."""
    linger_bytes_max: int = 64 * MIB
    drain_bytes_max: int = MIB
    """A refused body up to this size is read to its end, which keeps the connection."""

    def __post_init__(self) -> None:
        for field in fields(self):
            if getattr(self, field.name) <= 0:
                raise Misuse(f"{field.name} is {getattr(self, field.name)!r}, not more than 0")


STANDARD: Final = Limits()
