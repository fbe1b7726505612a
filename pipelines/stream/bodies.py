"""Bodies: parts that are in memory go to the connection as they are.

botocore makes a file of every body, of which aiohttp makes a copy to learn its length, and then reads 256 KiB at a time
into more copies. That is half of what sending a part costs. What is handed over here are views of the one value.
"""

import io
from typing import Any, Final

from aiohttp.abc import AbstractStreamWriter
from aiohttp.payload import Payload

_PIECE: Final = 1 << 20
"""So much is given to a connection before others have their turn: it keeps what its socket does not take at once."""


class InMemory(Payload):
    """Bytes that are sent without a copy, as often as they are asked for."""

    _value: bytes

    def __init__(self, value: bytes) -> None:
        super().__init__(value, content_type="application/octet-stream")
        self._size = len(value)

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        return self._value.decode(encoding, errors)

    async def as_bytes(self, encoding: str = "utf-8", errors: str = "strict") -> bytes:
        return self._value

    async def write(self, writer: AbstractStreamWriter) -> None:
        await self.write_with_length(writer, None)

    async def write_with_length(self, writer: AbstractStreamWriter, content_length: int | None) -> None:
        end = len(self._value) if content_length is None else min(content_length, len(self._value))
        view = memoryview(self._value)
        for at in range(0, end, _PIECE):
            await writer.write(view[at : min(at + _PIECE, end)])


def register(client: Any) -> None:
    """Have a client send its parts so."""
    client.meta.events.register("before-send.s3.UploadPart", _as_it_is)


def _as_it_is(request: Any, **_: Any) -> None:
    if type(request.body) is io.BytesIO:
        request.body = InMemory(request.body.getvalue())
