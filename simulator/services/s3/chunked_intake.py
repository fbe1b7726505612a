"""Intake: a large body is hashed, taken apart and put together while it arrives.

What has come is a rope at any time: a body of zeros, or of one block over and over, is a few extents and not
its bytes, however long it goes on. Small bodies are taken at once, when they are whole (`Body.taken`).
"""

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from simulator.services.rope import EMPTY, Rope
from simulator.services.s3.errors import S3Error

if TYPE_CHECKING:
    from simulator.services.s3.chunked_body import Body

BYTES_MIN: Final = 1 << 20
"""Bodies from this size on are taken while they arrive."""
_PIECES_MAX: Final = 64


class Intake:
    """Takes the pieces of one body; `finish` gives the data and the trailers, as often as it is asked."""

    def __init__(self, body: "Body") -> None:
        self._body = body
        self._decoder = body.decoder()
        self._hash = hashlib.sha256() if body.is_hashed else None
        self._rope = EMPTY
        self._pieces: list[bytes | memoryview] = []
        self._error: S3Error | None = None
        self._finished = False
        self._trailers: Mapping[str, str] = {}

    def feed(self, piece: bytes) -> None:
        """Take a piece; after an error the rest is not looked at."""
        if self._error is not None:
            return
        if self._hash is not None:
            self._hash.update(piece)
        if self._decoder is None:
            self._pieces.append(piece)
        else:
            try:
                self._decoder.feed(piece)
            except S3Error as error:
                self._error = error
            self._pieces += self._decoder.pieces
            self._decoder.pieces.clear()
        if len(self._pieces) >= _PIECES_MAX:
            self._join()

    def _join(self) -> None:
        self._rope = Rope.concat((self._rope, Rope.join(self._pieces)))
        self._pieces.clear()

    def finish(self) -> tuple[Rope, Mapping[str, str]]:
        """The data and its trailers; `S3Error` if it is not what the head said."""
        if not self._finished:
            self._finished = True
            self._join()
            try:
                self._finish()
            except S3Error as error:
                self._error = self._error or error
        if self._error is not None:
            raise self._error
        return self._rope, self._trailers

    def _finish(self) -> None:
        if self._hash is not None:
            self._body.verify(self._hash.hexdigest())
        if self._decoder is not None:
            self._trailers = self._body.ended(self._decoder)
