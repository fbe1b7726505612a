"""A part that is in memory is sent as views of its one value, as often as it is asked for."""

import asyncio
import io
from types import SimpleNamespace
from typing import Any

import pytest
from aiohttp.abc import AbstractStreamWriter

from pipelines.stream import bodies
from pipelines.stream.bodies import InMemory
from pipelines.stream.plan import Range
from pipelines.stream.source import RangeReader

DATA = bytes(range(256)) * 10_000


class Wire(AbstractStreamWriter):
    """Keeps what it is given."""

    def __init__(self) -> None:
        self.given: list[Any] = []

    async def write(self, chunk: Any) -> None:
        self.given.append(chunk)

    async def write_eof(self, chunk: bytes = b"") -> None: ...

    async def drain(self) -> None: ...

    def enable_compression(self, *_: Any, **__: Any) -> None: ...

    def enable_chunking(self) -> None: ...

    async def write_headers(self, *_: Any) -> None: ...


def written(body: InMemory, length: int | None = None) -> list[Any]:
    wire = Wire()
    asyncio.run(body.write_with_length(wire, length))
    return wire.given


def test_all_of_it_is_sent_in_pieces_that_are_no_copies() -> None:
    body = InMemory(DATA)

    pieces = written(body)

    assert b"".join(pieces) == DATA
    assert all(piece.obj is DATA for piece in pieces)
    assert len(pieces) == 3
    assert body.size == len(DATA)


def test_a_second_try_sends_it_again() -> None:
    body = InMemory(DATA)

    assert b"".join(written(body)) == b"".join(written(body))


@pytest.mark.parametrize("length", [0, 1, 1 << 20, (1 << 20) + 1, len(DATA), len(DATA) + 1])
def test_no_more_is_sent_than_was_announced(length: int) -> None:
    assert b"".join(written(InMemory(DATA), length)) == DATA[:length]


def test_parts_in_memory_are_taken_out_of_their_files_and_others_are_left_alone() -> None:
    hooks: dict[str, Any] = {}
    bodies.register(SimpleNamespace(meta=SimpleNamespace(events=SimpleNamespace(register=hooks.__setitem__))))
    streamed = RangeReader(-1, Range(1, 0, 10))
    requests = [SimpleNamespace(body=body) for body in (io.BytesIO(DATA), streamed, b"", None)]

    for request in requests:
        assert hooks["before-send.s3.UploadPart"](request=request, event_name="any") is None

    assert requests[0].body.size == len(DATA)
    assert [request.body for request in requests[1:]] == [streamed, b"", None]
