"""What any Redis answers, read into plain values; two arms to ask: ours on a desk, and a real one over a socket."""

import socket
import time
from collections.abc import Sequence
from random import Random
from typing import Any

from simulator.services.redis import commands
from simulator.services.redis.encoder import encode_command
from simulator.services.redis.server import Server

Tree = Any
"""`bytes`, `int`, `None`, a list, or a pair of a reply's mark and its content."""


class Answers:
    """Replies read from bytes, in either protocol."""

    def __init__(self, data: bytes = b"", connection: socket.socket | None = None) -> None:
        self.data, self._connection = data, connection

    def read(self) -> Tree:
        line = self._line()
        mark, rest = chr(line[0]), line[1:]
        if mark in "$=":
            return None if rest == b"-1" else self._text(int(rest))
        if mark == ":":
            return int(rest)
        if mark in "*~>%":
            count = int(rest) * (2 if mark == "%" else 1)
            if count < 0:
                return ("no", "array")
            items = [self.read() for _ in range(count)]
            return items if mark == "*" else (mark, items)
        return (mark, rest)

    def all(self) -> list[Tree]:
        found = []
        while self.data:
            found.append(self.read())
        return found

    def _more(self) -> None:
        assert self._connection is not None, "the reply is cut off"
        data = self._connection.recv(1 << 16)
        assert data, "the server hung up"
        self.data += data

    def _line(self) -> bytes:
        while b"\r\n" not in self.data:
            self._more()
        line, self.data = self.data.split(b"\r\n", 1)
        return line

    def _text(self, size: int) -> bytes:
        while len(self.data) < size + 2:
            self._more()
        text, self.data = self.data[:size], self.data[size + 2 :]
        return text


class RealArm:
    """One connection to a real server."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self._answers = Answers(connection=self._socket)

    def ask(self, *words: bytes | str | int) -> Tree:
        self._socket.sendall(encode_command(_raw(words)))
        return self.hear()

    def hear(self) -> Tree:
        """The next reply or message."""
        return self._answers.read()

    def close(self) -> None:
        self._socket.close()


class _Timer:
    def __init__(self, at: float, callback: Any, args: Any) -> None:
        self.at, self.callback, self.args, self.off = at, callback, args, False

    def cancel(self) -> None:
        self.off = True


class OurArm:
    """Our server in this process, by the real clock, which waits for nobody but a command that blocks."""

    def __init__(self, seed: int = 1) -> None:
        commands.load()
        self._timers: list[_Timer] = []
        self.server = Server(now_ns=time.time_ns, later=self._later, rng=Random(seed))
        session = self.server.connect(None)
        assert session is not None
        self.session = session

    def ask(self, *words: bytes | str | int) -> Tree:
        self.server.receive(self.session, encode_command(_raw(words)))
        while not self.session.out:
            self._next_timer()
        data = b"".join(self.session.out)
        self.session.out.clear()
        return Answers(data).read()

    def _later(self, seconds: float, callback: Any, *args: Any) -> _Timer:
        timer = _Timer(time.time() + seconds, callback, args)
        self._timers = [other for other in self._timers if not other.off]
        self._timers.append(timer)
        return timer

    def _next_timer(self) -> None:
        timer = min((timer for timer in self._timers if not timer.off), key=lambda timer: timer.at)
        timer.off = True
        time.sleep(max(0.0, timer.at - time.time()))
        timer.callback(*timer.args)


def _raw(words: Sequence[bytes | str | int]) -> list[bytes]:
    return [word if isinstance(word, bytes) else str(word).encode() for word in words]
