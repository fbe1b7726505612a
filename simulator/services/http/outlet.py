"""Outlet: the sending side of a connection; it draws a body only as fast as the peer takes it."""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from simulator.services.http.message import Piece

_SLICE: Final = 256 << 10
"""The transport may have to copy what the peer does not take at once; so much at a time."""
_TURN_BYTES: Final = 4 << 20
"""Others get their turn after so many bytes, however fast this peer takes them."""


class Outlet:
    """Writes to a transport; a body given to `pump` goes out piece by piece, without a task."""

    __slots__ = ("_done", "_drained", "_loop", "_pieces", "lost", "paused", "transport")

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self.transport, self._loop = transport, loop
        self.paused = self.lost = False
        self._pieces: Iterator[Piece] | None = None
        self._done: Callable[[BaseException | None], None] | None = None
        self._drained: asyncio.Future[None] | None = None

    def write(self, data: Piece) -> None:
        if not self.lost:
            self.transport.write(data)

    def pump(self, pieces: Iterable[Piece], done: Callable[[BaseException | None], None]) -> None:
        """Send all pieces, then call `done(None)`, or `done(error)` if drawing them failed; not if the peer goes."""
        assert self._pieces is None, "one body at a time"
        if self.lost:
            return
        self._pieces, self._done = slices(pieces), done
        self._go_on()

    def _go_on(self) -> None:
        sent = 0
        while not self.paused:
            if self._pieces is None:
                return
            if sent > _TURN_BYTES:
                self._loop.call_soon(self._go_on)
                return
            try:
                piece = next(self._pieces, None)
            except Exception as error:  # Of whoever makes the pieces; it is told by who wanted them sent.
                self._finish(error)
                return
            if piece is None:
                self._finish(None)
                return
            sent += len(piece)
            self.transport.write(piece)

    def _finish(self, error: BaseException | None) -> None:
        done, self._pieces, self._done = self._done, None, None
        assert done is not None
        done(error)

    async def drain(self) -> None:
        """Wait until more may be written; `ConnectionResetError` when the peer is gone."""
        while self.paused and not self.lost:
            if self._drained is None:
                self._drained = self._loop.create_future()
            await self._drained
        if self.lost:
            raise ConnectionResetError("the peer is gone")

    # --- what the transport says ----------------------------------------------------------------------

    def pause(self) -> None:
        self.paused = True

    def resume(self) -> None:
        self.paused = False
        self._wake()
        if self._pieces is not None:
            self._go_on()

    def close(self) -> None:
        """The connection is gone: nothing more is drawn."""
        self.lost = True
        self._pieces = self._done = None
        self._wake()

    def _wake(self) -> None:
        if self._drained is not None:
            if not self._drained.done():
                self._drained.set_result(None)
            self._drained = None


def slices(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """The same bytes in pieces that are not too long."""
    for piece in pieces:
        if len(piece) <= _SLICE:
            yield piece
        else:
            view = memoryview(piece)
            for start in range(0, len(view), _SLICE):
                yield view[start : start + _SLICE]


def exactly(pieces: Iterable[Piece], length: int) -> Iterator[Piece]:
    """The same bytes; `ValueError` when they are more or fewer than was promised."""
    left = length
    for piece in pieces:
        left -= len(piece)
        if left < 0:
            raise ValueError(f"a body of {length} bytes was promised, and there are more")
        yield piece
    if left:
        raise ValueError(f"a body of {length} bytes was promised, and {left} are missing")
