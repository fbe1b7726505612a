"""Peers: a server and its three clients, asked step by step; what every client heard after each step is what counts.

A step is over when the server has answered a fourth client twice: by then it has done what there was to do, and has
written it.
"""

import contextlib
import socket
import struct
import time
from types import TracebackType
from typing import Final, Self

from tests.differential.sequences import CLIENTS, Sequence, Step

_TIMEOUT_S: Final = 20
_PING: Final = b"*1\r\n$4\r\nPING\r\n"
_PONG: Final = b"+PONG\r\n"
_LIMITS: Final = (
    b"hash-max-listpack-entries 128 set-max-intset-entries 512 zset-max-listpack-entries 128 list-max-listpack-size -2"
    b" maxmemory-samples 5 appendfsync everysec slowlog-log-slower-than -1"
)
_AFTERWARDS: Final = (
    (b"ACL", b"SETUSER", b"one", b"reset"),
    (b"ACL", b"SETUSER", b"two", b"reset"),
    (b"ACL", b"SETUSER", b"three", b"reset"),
    (b"FLUSHALL",),
    (b"SCRIPT", b"FLUSH"),
    (b"FUNCTION", b"FLUSH"),
    (b"CONFIG", b"SET", *_LIMITS.split(), b"save", b""),
    (b"DEBUG", b"SET-ACTIVE-EXPIRE", b"0"),
)
"""What is done between two sequences; all of it is answered with OK."""


def spelled(words: tuple[bytes, ...]) -> bytes:
    """A command as clients send it."""
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%b\r\n" % (len(word), word) for word in words)


class Lost(Exception):
    """The server closed a connection that nobody had asked it to close, or does not answer."""


class Client:
    """One connection: bytes out, bytes in."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), _TIMEOUT_S)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # Python's own time-outs would make MSG_DONTWAIT wait.
        self._socket.settimeout(None)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("@ll", _TIMEOUT_S, 0))
        self.closed = False

    def send(self, data: bytes) -> None:
        with contextlib.suppress(ConnectionError):
            self._socket.sendall(data)

    def heard(self) -> bytes:
        """What has arrived."""
        data = b""
        while not self.closed:
            try:
                more = self._socket.recv(1 << 16, socket.MSG_DONTWAIT)
            except BlockingIOError:
                break
            except ConnectionError:
                more = b""
            self.closed = not more
            data += more
        return data

    def ask(self, data: bytes, reply: bytes) -> None:
        """Send, and wait for a reply that is known."""
        self._socket.sendall(data)
        got = b""
        while len(got) < len(reply):
            more = self._socket.recv(len(reply) - len(got))
            if not more:
                raise Lost(f"closed after {got!r}")
            got += more
        if got != reply:
            raise Lost(f"{data!r} was answered with {got!r}")

    def close(self) -> None:
        self._socket.close()


class Peer:
    """One server while sequences are played to it."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._clients: list[Client] = []

    def __enter__(self) -> Self:
        self._control = Client(self.port)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._hang_up()
        self._control.close()

    def begin(self, sequence: Sequence) -> None:
        """New clients, and nothing left of those before."""
        self._hang_up()
        for words in _AFTERWARDS:
            self._control.ask(spelled(words), b"+OK\r\n")
        self._clients = [Client(self.port) for _ in range(CLIENTS)]
        for client, protocol in zip(self._clients, sequence.protocols, strict=True):
            client.ask(_PING, _PONG)
            if protocol == 3:
                client.send(spelled((b"HELLO", b"3")))
        self.settle()
        for client in self._clients:
            client.heard()

    def take(self, step: Step) -> list[bytes]:
        """What each client heard because of this step."""
        if step.words:
            self._clients[step.client].send(spelled(step.words))
        else:
            time.sleep(step.pause_s)
        self.settle()
        return [client.heard() for client in self._clients]

    def settle(self) -> None:
        """Wait until the server has done what there was to do."""
        for _ in range(2):
            self._control.ask(_PING, _PONG)

    def _hang_up(self) -> None:
        for client in self._clients:
            client.close()
        self._clients = []
