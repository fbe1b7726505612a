"""A client that costs next to nothing, so that the server is what is measured: bytes out, a status and a length in."""

import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import Final
from urllib.parse import urlsplit

_TIMEOUT_S: Final = 60.0
_CHUNK: Final = 1 << 20


@dataclass(frozen=True)
class Answer:
    """Status and head of an answer, and its body unless it was only counted."""

    status: int
    head: bytes
    body: bytes
    size: int


class Wire:
    """One connection that is kept open, and opened again when the server closes it."""

    def __init__(self, url: str) -> None:
        where = urlsplit(url)
        self._where = (str(where.hostname), int(where.port or 80))
        self._socket: socket.socket | None = None
        self._rest = b""

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def send(self, request: Sequence[bytes]) -> None:
        if self._socket is None:
            self._socket = socket.create_connection(self._where, _TIMEOUT_S)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._rest = b""
        for piece in request:
            self._socket.sendall(piece)

    def answer(self, *, head_only: bool = False, keep: bool = True) -> Answer:
        """The next answer; its body is kept, or only counted."""
        assert self._socket is not None
        data = self._rest
        while (end := data.find(b"\r\n\r\n")) < 0:
            more = self._socket.recv(65_536)
            if not more:
                raise ConnectionError(f"closed after {data[:80]!r}")
            data += more
        head, body = data[: end + 2].lower(), data[end + 4 :]
        at = head.find(b"\r\ncontent-length:")
        length = 0 if at < 0 or head_only else int(head[at + 17 : head.index(b"\r\n", at + 2)])
        if b"\r\ntransfer-encoding: chunked" in head:
            return self._chunks(head, body)
        kept = [body[:length]]
        got, self._rest = min(len(body), length), body[length:]
        while got < length:
            more = self._socket.recv(min(_CHUNK, length - got))
            if not more:
                raise ConnectionError("closed within a body")
            got += len(more)
            if keep:
                kept.append(more)
        if b"\r\nconnection: close" in head or head.startswith(b"http/1.0"):
            self.close()
        return Answer(int(head[9:12]), head, b"".join(kept) if keep else b"", length)

    def _chunks(self, head: bytes, body: bytes) -> Answer:
        """An answer in chunks; there are few of these, and they are short."""
        assert self._socket is not None
        while not body.endswith(b"0\r\n\r\n"):
            body += self._socket.recv(65_536)
        whole, self._rest = b"", b""
        while size := int(body.partition(b"\r\n")[0], 16):
            body = body.partition(b"\r\n")[2]
            whole, body = whole + body[:size], body[size + 2 :]
        return Answer(int(head[9:12]), head, whole, len(whole))

    def ask(self, request: Sequence[bytes], **how: bool) -> Answer:
        """Send and wait; once more when the connection had gone to sleep."""
        fresh = self._socket is None
        try:
            self.send(request)
            return self.answer(**how)
        except ConnectionError:
            self.close()
            if fresh:
                raise
            self.send(request)
            return self.answer(**how)


def rate(url: str, requests: Sequence[Sequence[bytes]], *, connections: int, for_s: float, head_only: bool) -> float:
    """Requests per second, when each connection sends the next as soon as all have their answers."""
    wires, turn = [Wire(url) for _ in range(connections)], cycle(requests)
    for wire in wires:
        _accepted(wire.ask(next(turn), head_only=head_only))
    asked, began = 0, time.perf_counter()
    while (taken := time.perf_counter() - began) < for_s:
        for wire in wires:
            wire.send(next(turn))
        for wire in wires:
            _accepted(wire.answer(head_only=head_only))
        asked += connections
    for wire in wires:
        wire.close()
    return asked / taken


def _accepted(answer: Answer) -> Answer:
    if not 200 <= answer.status < 300:
        raise RuntimeError(f"{answer.status}: {answer.body[:300]!r}")
    return answer
