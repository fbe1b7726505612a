"""Follower: the connection of a replica to its master: handshake, first copy, then every change, a while later.

connecting --up--> asking (PING, AUTH, REPLCONF) --PSYNC--> copying (the snapshot) --> online
any of them, when the connection ends --a second later--> connecting
"""

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Final

from simulator.services.redis.encoder import encode_command
from simulator.services.redis.protocol import Parser
from simulator.services.redis.session import Session

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.services.redis.server import Server

RETRY_S: Final = 1.0


class Follower(asyncio.Protocol):
    """The replica's side of one link."""

    def __init__(self, server: "Server", host: str, port: int, *, flush: "Callable[[], None]") -> None:
        self._server, self._flush = server, flush
        self.host, self.port = host, port
        self.online = False
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._task: asyncio.Task[None] | None = None
        self._stopped = False
        self._steps: list[str] = []
        self._buffer = b""
        self._awaited = -1
        """How many bytes of the snapshot are expected; -1 for none."""
        self._parser = Parser(buffer_max=1 << 62)
        self._session: Session | None = None
        self._late: deque[tuple[float, list[bytes], int]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._acks: asyncio.TimerHandle | None = None
        self._heard_s = self._loop.time()
        self._dial()

    def __repr__(self) -> str:
        return f"<follower of {self.host}:{self.port}: {'online' if self.online else 'connecting'}>"

    def silent_s(self) -> int:
        """How long the master has said nothing."""
        return int(self._loop.time() - self._heard_s)

    def stop(self) -> None:
        """Follow no more; what is still on its way is lost."""
        self._stopped, self.online = True, False
        for timer in (self._timer, self._acks):
            if timer is not None:
                timer.cancel()
        if self._task is not None:
            self._task.cancel()
        if self._transport is not None:
            self._transport.close()
        self._late.clear()

    def _dial(self) -> None:
        if not self._stopped:
            self._task = self._loop.create_task(self._connect())

    async def _connect(self) -> None:
        try:
            await self._loop.create_connection(lambda: self, self.host, self.port)
        except OSError:
            self._loop.call_later(RETRY_S, self._dial)

    # ---------------------------------------------------------------- the handshake

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport, self._buffer, self._awaited = transport, b"", -1
        config = self._server.config
        self._steps = ["PING"]
        if config["masterauth"]:
            user = [config["masteruser"]] if config["masteruser"] else []
            self._steps.append(" ".join(["AUTH", *user, config["masterauth"]]))
        self._steps += [f"REPLCONF listening-port {self._server.port}", "REPLCONF capa psync2", "PSYNC"]
        self._ask()

    def _ask(self) -> None:
        step = self._steps[0]
        if step == "PSYNC":
            replication = self._server.replication
            known = replication.offset > 0 and self._session is not None
            step = f"PSYNC {replication.id} {replication.offset + 1}" if known else "PSYNC ? -1"
        self._say(step.encode().split(b" "))

    def _say(self, words: list[bytes]) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(encode_command(words))

    def connection_lost(self, error: Exception | None) -> None:
        self.online, self._transport = False, None
        if self._acks is not None:
            self._acks.cancel()
        self._server.upkeep.guard()
        if not self._stopped:
            self._loop.call_later(RETRY_S, self._dial)

    def data_received(self, data: bytes) -> None:
        self._heard_s = self._loop.time()
        self._server.replication.input_bytes += len(data)
        if self.online:
            self._hear(data)
            return
        self._buffer += data
        while self._buffer and self._step():
            pass

    def _step(self) -> bool:
        """Take one line, or the snapshot; whether there may be more to take."""
        if self._awaited >= 0:
            if len(self._buffer) < self._awaited:
                return False
            image, rest = self._buffer[: self._awaited], self._buffer[self._awaited :]
            self._buffer, self._awaited = b"", -1
            self._server.wake()
            self._server.persistence.take(image)
            self._go_online(rest)
            return False
        line, found, rest = self._buffer.partition(b"\n")
        if not found:
            return False
        self._buffer, line = rest, line.rstrip(b"\r")
        if line:
            self._take_line(line)
        return True

    def _take_line(self, line: bytes) -> None:
        words = line.decode(errors="replace").split()
        if line.startswith(b"$"):
            self._awaited = int(line[1:])
        elif words[0] == "+FULLRESYNC":
            self._server.replication.id, self._server.replication.offset = words[1], int(words[2])
        elif words[0] == "+CONTINUE":
            if len(words) > 1:
                self._server.replication.id = words[1]
            rest, self._buffer = self._buffer, b""
            self._go_online(rest)
        elif self._steps and (not line.startswith(b"-") or self._steps[0].startswith("REPLCONF")):
            self._steps.pop(0)
            if self._steps:
                self._ask()
        elif self._transport is not None:
            self._transport.close()

    # ---------------------------------------------------------------- changes

    def _go_online(self, rest: bytes) -> None:
        server = self._server
        self.online = True
        self._parser = Parser(buffer_max=1 << 62)
        if self._session is None:
            self._session = Session(0, server.keyspace.databases[0], server.acl.default, now_ms=server.keyspace.now_ms)
            self._session.kind = "master"
            self._session.settle()
        server.upkeep.guard()
        self._acknowledge()
        if rest:
            self._hear(rest)

    def _hear(self, data: bytes) -> None:
        self._parser.feed(data)
        due_s = self._loop.time() + self._server.settings.replica_lag_s
        while (argv := self._parser.next()) is not None:
            self._late.append((due_s, argv, len(encode_command(argv))))
        if self._late and self._timer is None:
            self._arrive()

    def _arrive(self) -> None:
        """Carry out what is due, and come back for the rest."""
        self._timer = None
        server, session = self._server, self._session
        assert session is not None
        server.wake()
        while self._late and self._late[0][0] <= self._loop.time():
            _, argv, size = self._late.popleft()
            self._apply(session, argv, size)
        if self._late:
            self._timer = self._loop.call_at(self._late[0][0], self._arrive)
        server.waiting.serve()
        server.tracking.settle()
        server.go_on()
        self._flush()

    def _apply(self, session: Session, argv: list[bytes], size: int) -> None:
        word, replication = argv[0].upper(), self._server.replication
        if word == b"REPLCONF":
            if argv[1].upper() == b"GETACK":
                self._say([b"REPLCONF", b"ACK", b"%d" % replication.offset])
        elif word not in (b"MULTI", b"EXEC", b"PING"):
            self._server.persistence.apply(session, argv)
        replication.offset += size

    def _acknowledge(self) -> None:
        if self.online and not self._stopped:
            self._say([b"REPLCONF", b"ACK", b"%d" % self._server.replication.offset])
            self._acks = self._loop.call_later(1.0, self._acknowledge)
