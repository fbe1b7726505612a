"""A Redis on a desk: no sockets, a clock that is moved by hand, clients that are lists of bytes."""

import random
from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count
from typing import Any

from simulator.services.redis import commands
from simulator.services.redis.encoder import encode_command
from simulator.services.redis.server import Server
from simulator.services.redis.session import Session
from simulator.services.redis.settings import Settings

START_MS = 1_700_000_000_000


class Timer:
    """One callback that is due some time."""

    def __init__(self, callback: Callable[..., object], args: tuple[object, ...]) -> None:
        self.callback, self.args, self.off = callback, args, False

    def cancel(self) -> None:
        self.off = True


class Wire:
    """Where a client's bytes go."""

    def __init__(self) -> None:
        self.written = b""
        self.closed = self.aborted = False
        self.unread = 0

    def write(self, data: bytes, /) -> None:
        self.written += data

    def close(self) -> None:
        self.closed = True

    def abort(self) -> None:
        self.aborted = True

    def get_write_buffer_size(self) -> int:
        return self.unread


class Client:
    """One connection."""

    def __init__(self, desk: "Desk") -> None:
        self.desk, self.wire = desk, Wire()
        session = desk.server.connect(self.wire, address="127.0.0.1:50000", local="127.0.0.1:6379")
        self.refused = session is None
        self._session = session

    @property
    def session(self) -> Session:
        assert self._session is not None
        return self._session

    def send(self, data: bytes) -> bytes:
        """Send bytes; returns what comes back at once."""
        self.desk.server.receive(self.session, data)
        self.desk.flush()
        return self.heard()

    def heard(self) -> bytes:
        """What came since it was asked last."""
        said, self.wire.written = self.wire.written, b""
        return said

    def __call__(self, *words: str | bytes | int) -> bytes:
        """Send one command; returns the reply's bytes."""
        return self.send(encode_command([word if isinstance(word, bytes) else str(word).encode() for word in words]))

    def line(self, text: str) -> bytes:
        """Send a command of words without blanks in them."""
        return self(*text.split())

    def leave(self) -> None:
        self.desk.server.forget(self.session)
        self.desk.server.go_on()
        self.desk.flush()


class Desk:
    """A server, its clock and its timers."""

    def __init__(self, settings: Settings | None = None, **parameters: str) -> None:
        commands.load()
        self.now_ns = START_MS * 1_000_000
        self._timers: list[tuple[int, int, Timer]] = []
        self._numbers = count()
        self.told: list[tuple[str, dict[str, Any]]] = []
        settings = settings or Settings(parameters={name.replace("_", "-"): text for name, text in parameters.items()})
        self.server = Server(
            settings,
            now_ns=lambda: self.now_ns,
            later=self.later,
            rng=random.Random(7),
            tell=lambda kind, **fields: self.told.append((kind, fields)),
        )

    def later(self, seconds: float, callback: Callable[..., object], *args: object) -> Timer:
        timer = Timer(callback, args)
        heappush(self._timers, (self.now_ns + round(seconds * 1e9), next(self._numbers), timer))
        return timer

    def client(self) -> Client:
        return Client(self)

    def flush(self) -> None:
        """Do what the carrier does: send what sessions have to say."""
        from simulator.services.redis.connection import flush

        flush(self.server)

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        until = self.now_ns + round(seconds * 1e9)
        while self._timers and self._timers[0][0] <= until:
            self.now_ns, _, timer = heappop(self._timers)
            if not timer.off:
                timer.callback(*timer.args)
                self.flush()
        self.now_ns = until
