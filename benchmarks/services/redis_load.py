"""What is asked of a Redis server: small commands, one at a time, on fifty connections, and a hundred in one piece."""

import socket
import time
from dataclasses import dataclass
from typing import Final

from benchmarks.services.s3 import Line

_VALUE: Final = b"v" * 64
_PIPELINE: Final = 100
_CONNECTIONS: Final = 50
_TIMEOUT_S: Final = 30.0

SCRIPT: Final = b"return redis.call('INCRBY', KEYS[1], ARGV[1])"
_COMMANDS: Final = {
    "set": (b"SET", b"key", _VALUE),
    "get": (b"GET", b"key"),
    "incr": (b"INCR", b"number"),
    "hset": (b"HSET", b"hash", b"field", _VALUE),
    "zadd": (b"ZADD", b"zset", b"1", b"member"),
    "xadd": (b"XADD", b"stream", b"MAXLEN", b"100", b"*", b"field", _VALUE),
    "eval": (b"EVAL", SCRIPT, b"1", b"counted", b"1"),
}
LINES: Final = (
    Line("set-1", "SET, one at a time", "per s"),
    Line("get-1", "GET, one at a time", "per s"),
    Line("set-50", "SET, 50 connections", "per s"),
    Line("get-50", "GET, 50 connections", "per s"),
    Line("set-p", "SET, 100 in one piece", "per s"),
    Line("get-p", "GET, 100 in one piece", "per s"),
    Line("incr-p", "INCR, 100 in one piece", "per s"),
    Line("hset-p", "HSET, 100 in one piece", "per s"),
    Line("zadd-p", "ZADD, 100 in one piece", "per s"),
    Line("xadd-p", "XADD with MAXLEN, 100 in one piece", "per s"),
    Line("eval-p", "EVAL of an INCRBY, 100 in one piece", "per s"),
    Line("ready", "ready after", "s", more_is_better=False),
    Line("memory", "memory at the end", "MB", more_is_better=False),
)


def _spelled(words: tuple[bytes, ...]) -> bytes:
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%b\r\n" % (len(word), word) for word in words)


@dataclass
class RedisLoad:
    """The commands for one server."""

    port: int

    def measure(self, line: str, *, for_s: float) -> float:
        """One figure: commands per second."""
        name, _, how = line.partition("-")
        command = _spelled(_COMMANDS[name])
        connections = [self._connect() for _ in range(_CONNECTIONS if how == "50" else 1)]
        try:
            self._first(connections[0], command)
            return _rate(connections, command, _PIPELINE if how == "p" else 1, for_s=for_s)
        finally:
            for connection in connections:
                connection.close()

    def _connect(self) -> socket.socket:
        made = socket.create_connection(("127.0.0.1", self.port), _TIMEOUT_S)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return made

    def _first(self, connection: socket.socket, command: bytes) -> None:
        """See that the command is answered, and not with an error."""
        connection.sendall(command)
        answer = connection.recv(65_536)
        if not answer or answer.startswith(b"-"):
            raise RuntimeError(f"{command[:40]!r} is answered with {answer[:200]!r}")


def _rate(connections: list[socket.socket], command: bytes, at_once: int, *, for_s: float) -> float:
    """Commands per second, when each connection sends the next as soon as all have their answers."""
    sent, asked, began = command * at_once, 0, time.perf_counter()
    while (taken := time.perf_counter() - began) < for_s:
        for connection in connections:
            connection.sendall(sent)
        for connection in connections:
            _read(connection, at_once)
        asked += at_once * len(connections)
    return asked / taken


def _read(connection: socket.socket, count: int) -> None:
    """Take in so many replies: integers, statuses, or texts without a line's end in them."""
    lines, wanted = 0, 0
    while not lines or lines < wanted:
        more = connection.recv(1 << 16)
        if not more:
            raise ConnectionError("closed instead of an answer")
        wanted = wanted or count * (2 if more[:1] == b"$" else 1)
        lines += more.count(b"\n")
