"""A proxy before an S3 server that passes every byte on as it is, and keeps what was asked and answered.

    with S3Proxy(server_url) as proxy:
        ...                                    # clients use proxy.url
    proxy.calls                                # Call("UploadPart", "films", "a.mp4", 200, part=1, size=5242880), ...

It understands HTTP/1.1 as far as needed to tell where a message ends. Signatures stay valid, for `Host` is a header
like the others.
"""

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Final, Self
from urllib.parse import parse_qs, unquote, urlsplit

_READ_BYTES: Final = 1 << 18
_HEAD_BYTES_MAX: Final = 1 << 20
_STOP_S: Final = 10.0


@dataclass(frozen=True)
class Call:
    """One call as it was answered; a status of 0 is an answer that never came."""

    operation: str
    bucket: str
    key: str
    status: int
    part: int | None = None
    size: int = 0


def operation_of(method: str, target: str) -> tuple[str, str, str, dict[str, str]]:
    """The name of a call in path style, its bucket, its key, and its parameters."""
    where = urlsplit(target)
    bucket, _, key = unquote(where.path).lstrip("/").partition("/")
    query = {name: values[0] for name, values in parse_qs(where.query, keep_blank_values=True).items()}
    return _name(method, bool(key), query), bucket, key, query


def _name(method: str, has_key: bool, query: dict[str, str]) -> str:
    if not has_key:
        return "ListMultipartUploads" if "uploads" in query else f"{method.capitalize()}Bucket"
    if "uploadId" in query:
        names = {"POST": "CompleteMultipartUpload", "DELETE": "AbortMultipartUpload", "GET": "ListParts"}
        return "UploadPart" if "partNumber" in query else names[method]
    if method == "POST" and "uploads" in query:
        return "CreateMultipartUpload"
    return f"{method.capitalize()}Object"


class _Messages:
    """Where each message of one direction of a connection ends, and its first line and headers."""

    def __init__(self) -> None:
        self._data = bytearray()
        self._left = 0
        self._chunked = False
        self.size = 0

    def feed(self, data: bytes) -> None:
        self._data += data

    def head(self) -> tuple[str, dict[str, str]] | None:
        """The next head, once the body before it is over."""
        if not self._skip():
            return None
        end = self._data.find(b"\r\n\r\n")
        if end < 0:
            assert len(self._data) < _HEAD_BYTES_MAX, "the head of a message does not end"
            return None
        first, *lines = self._data[:end].decode("latin-1").split("\r\n")
        del self._data[: end + 4]
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        return first, headers

    def body(self, headers: dict[str, str]) -> None:
        """What follows is a body as these headers say."""
        self._chunked = "chunked" in headers.get("transfer-encoding", "")
        self._left = 0 if self._chunked else int(headers.get("content-length", 0))

    def _skip(self) -> bool:
        taken = min(self._left, len(self._data))
        del self._data[:taken]
        self._left -= taken
        while self._chunked and not self._left:
            line, found, rest = self._data.partition(b"\r\n")
            if not found:
                return False
            size = int(line.split(b";")[0], 16)
            if not size and b"\r\n" not in rest:
                return False
            self._chunked = bool(size)
            # A chunk and the line end after it; the last one is an empty line, for nobody here sends trailers.
            self._left = size + 2
            del self._data[: len(line) + 2]
            taken = min(self._left, len(self._data))
            del self._data[:taken]
            self._left -= taken
        return not self._left


class _Exchange:
    """The calls of one connection, in their order."""

    def __init__(self, calls: list[Call]) -> None:
        self._calls = calls
        self._requests, self._answers = _Messages(), _Messages()
        self._open: list[tuple[str, Call]] = []

    def asked(self, data: bytes) -> None:
        self._requests.feed(data)
        while (head := self._requests.head()) is not None:
            first, headers = head
            method, target, _ = first.split(" ", 2)
            self._requests.body(headers)
            operation, bucket, key, query = operation_of(method, target)
            part = int(query["partNumber"]) if "partNumber" in query else None
            size = int(headers.get("x-amz-decoded-content-length") or headers.get("content-length") or 0)
            self._open.append((method, Call(operation, bucket, key, 0, part, size)))

    def answered(self, data: bytes) -> None:
        self._answers.feed(data)
        while (head := self._answers.head()) is not None:
            first, headers = head
            status = int(first.split(" ")[1])
            if status == 100:
                continue
            method, call = self._open.pop(0)
            bodiless = method == "HEAD" or status in (204, 304)
            self._answers.body({} if bodiless else headers)
            self._calls.append(replace(call, status=status))

    def closed(self) -> None:
        self._calls += [call for _, call in self._open]
        self._open.clear()


class S3Proxy:
    """The proxy, on a free port, in a thread with a loop of its own."""

    def __init__(self, url: str) -> None:
        where = urlsplit(url)
        self._where = (str(where.hostname), int(where.port or 80))
        self.calls: list[Call] = []
        """In the order in which answers came."""
        self.url = ""
        self._ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="s3-proxy")

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(_STOP_S), "the proxy does not begin"
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        assert self._loop is not None
        assert self._stop is not None
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(_STOP_S)

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        tasks: set[asyncio.Task[None]] = set()

        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            tasks.add(task)
            try:
                await self._pass_on(reader, writer)
            finally:
                tasks.discard(task)

        server = await asyncio.start_server(connected, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        self._ready.set()
        await self._stop.wait()
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        exchange = _Exchange(self.calls)
        there, back = await asyncio.open_connection(*self._where)

        async def pump(
            source: asyncio.StreamReader, target: asyncio.StreamWriter, see: Callable[[bytes], None]
        ) -> None:
            try:
                while data := await source.read(_READ_BYTES):
                    see(data)
                    target.write(data)
                    await target.drain()
            except ConnectionError:
                pass
            finally:
                target.close()

        try:
            await asyncio.gather(pump(reader, back, exchange.asked), pump(there, writer, exchange.answered))
        finally:
            exchange.closed()
            for end in (writer, back):
                end.close()
