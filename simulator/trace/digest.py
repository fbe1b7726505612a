"""Digest: one number for a whole story, equal exactly when two runs told the same one.

Two hashes run side by side: one over the canonical lines of the events, and one over what was *absorbed*
(clock values, entropy, payloads) with the number of the event before it. They are joined at the end, so
that a saved trace, which holds the events only, can still be checked against its own footer.

Nothing here depends on how the input was cut into batches, on the Python version or on the machine.
"""

import hashlib
from collections.abc import Sequence

import msgspec

DIGEST_BYTES = 16
"""128 bits: two stories in 2**64 would collide by chance; a line of output still holds the number."""

ABSORB_WHOLE_BYTES_MAX = 4096
"""Longer values are replaced by their checksum at once, so that waiting for a batch holds no memory."""

# Struct fields stay in order of definition, dict keys are sorted: one canonical form for equal values.
canonical = msgspec.json.Encoder(order="deterministic")

Absorbed = tuple[int, str, bytes]


class Digest:
    """Folds batches of events and absorbed values into the digest of a run."""

    def __init__(self) -> None:
        self._events = hashlib.blake2b(digest_size=DIGEST_BYTES)
        self._absorbed = hashlib.blake2b(digest_size=DIGEST_BYTES)

    def add_lines(self, lines: bytes) -> None:
        """Mix in whole canonical lines of events."""
        self._events.update(lines)

    def add_absorbed(self, batch: Sequence[Absorbed]) -> None:
        """Mix in absorbed values, each with the number of the event before it and its label."""
        self._absorbed.update(canonical.encode(batch)[1:-1] + b"," if batch else b"")

    @property
    def events(self) -> str:
        """Return the hash over the events alone."""
        return self._events.hexdigest()

    @property
    def absorbed(self) -> str:
        """Return the hash over the absorbed values alone."""
        return self._absorbed.hexdigest()

    @property
    def whole(self) -> str:
        """Return the digest of the run."""
        return join(self.events, self.absorbed)


def join(events: str, absorbed: str) -> str:
    """Join the two hashes into the digest of the run."""
    return hashlib.blake2b(f"{events}+{absorbed}".encode(), digest_size=DIGEST_BYTES).hexdigest()


def checksum(payload: bytes | bytearray | memoryview) -> str:
    """Return the short checksum under which a payload appears in events.

    SHA-256 because processors have instructions for it: three times faster than BLAKE2 on large bodies.

    >>> checksum(b"hello")
    '2cf24dba5fb0a30e'
    """
    return hashlib.sha256(payload).hexdigest()[:16]


def absorbable(data: bytes | bytearray | memoryview) -> bytes:
    """Return what stands for a value in the absorbed hash: itself, or size and checksum when it is long."""
    if len(data) > ABSORB_WHOLE_BYTES_MAX:
        return b"%d:%s" % (len(data), hashlib.sha256(data).digest())
    return bytes(data)
