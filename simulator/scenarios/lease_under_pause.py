"""A leader that overslept its lease cannot write: the store refuses its old token.

Two candidates ask a lock service for a lease of a few seconds; who holds it writes to a store, renewing as it goes.
A pause (a long garbage collection, a virtual machine that is moved) outlasts the lease: the other takes over, and the
first wakes in the middle of a write, still believing that it leads.

What it teaches: no clock inside the paused process can save it, for the check and the write are two steps. Each lease
carries a number that only grows, and the store refuses a smaller one than it has seen. Without that:

    python -m simulator run lease-under-pause --param fenced=false --seeds 50
"""

import asyncio
import logging
import time
from dataclasses import dataclass

from simulator.faults import ClockJump, Partition, Pause, may
from simulator.harness.scenario import scenario
from simulator.harness.stage import Stage
from simulator.oracles import Oracle, no_unhandled_errors
from simulator.trace.event import Event
from simulator.world.service import ALWAYS

LOCK_PORT, STORE_PORT = 7001, 7002
LEASE_S = 3.0
CALL_S = 1.0
log = logging.getLogger("lease")
log.setLevel(logging.INFO)


async def call(host: str, port: int, *words: object) -> list[str]:
    """One question and its answer over a connection of its own."""
    async with asyncio.timeout(CALL_S):
        reader, writer = await asyncio.open_connection(host, port)
        try:
            writer.write((" ".join(map(str, words)) + "\n").encode())
            return (await reader.readline()).decode().split()
        finally:
            writer.close()


async def serve(port: int, answer: "Locks | Store") -> None:
    """A server of one line in, one line out."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            words = (await reader.readline()).decode().split()
            if words:
                writer.write((answer.answer(words) + "\n").encode())
                await writer.drain()
        except ConnectionError:
            pass  # Who asked does not wait for the answer any more.
        finally:
            writer.close()

    async with await asyncio.start_server(talk, "0.0.0.0", port) as server:
        await server.serve_forever()


@dataclass
class Locks:
    """Grants one lease at a time, each with a greater number."""

    holder: str = ""
    until_s: float = 0.0
    token: int = 0

    def answer(self, words: list[str]) -> str:
        name, now_s = words[0], time.monotonic()
        if self.holder != name and now_s < self.until_s:
            return "taken"
        if self.holder != name or now_s >= self.until_s:
            self.token += 1
            log.info("granted", extra={"holder": name, "lease": self.token})
        self.holder, self.until_s = name, now_s + LEASE_S
        return f"granted {self.token}"


@dataclass
class Store:
    """Takes a write unless its token is older than one that it has seen."""

    fenced: bool
    newest: int = 0

    def answer(self, words: list[str]) -> str:
        name, token = words[0], int(words[1])
        if self.fenced and token < self.newest:
            log.info("refused", extra={"writer": name, "lease": token, "newest": self.newest})
            return "refused"
        self.newest = max(self.newest, token)
        log.info("written", extra={"writer": name, "lease": token})
        return "written"


async def lead(name: str) -> None:
    """A candidate: asks for the lease, and writes while it holds it."""
    while True:
        try:
            asked_s = time.monotonic()
            answer = await call("locks", LOCK_PORT, name)
            if answer and answer[0] == "granted":
                until_s, token = asked_s + LEASE_S, int(answer[1])
                while time.monotonic() < until_s - 2 * CALL_S:
                    await asyncio.sleep(0.4)  # Prepares the next write; the lease was good when it began.
                    await call("store", STORE_PORT, name, token)
                continue
        except (OSError, TimeoutError):
            log.info("trouble", extra={"candidate": name})
        await asyncio.sleep(0.3)


@dataclass
class _NeverBack:
    """Fails when the store takes a write of an older lease after one of a newer."""

    name: str = "no write of an older lease after a newer one"
    newest: int = 0

    def see(self, event: Event) -> str | None:
        if event.kind != "log" or event.fields.get("message") != "written":
            return None
        data = event.fields["data"]
        if data["lease"] < self.newest:
            return f"{data['writer']} wrote with lease {data['lease']} after lease {self.newest} had written"
        self.newest = data["lease"]
        return None

    def finish(self) -> str | None:
        return None if self.newest else "nobody ever wrote"


def never_back() -> Oracle:
    return _NeverBack()


@scenario(
    faults=[
        may(Pause("alice"), Pause("bob"), times_max=4, lasts_s=(1, 8)),
        may(Partition("alice", "locks"), Partition("bob", "locks"), times_max=2, lasts_s=(1, 6)),
        may(ClockJump("alice", by_s=3600), ClockJump("locks", by_s=-3600), times_max=2),
    ],
    oracles=[no_unhandled_errors, never_back],
    horizon_s=30,
)
async def lease_under_pause(world: Stage, *, fenced: bool = True) -> None:
    """A leader that overslept its lease cannot write: the store refuses its old token."""
    world.host("locks").run(serve, LOCK_PORT, Locks(), name="locks", restart=ALWAYS)
    world.host("store").run(serve, STORE_PORT, Store(fenced), name="store", restart=ALWAYS)
    for name in ("alice", "bob"):
        world.host(name).run(lead, name, name="candidate", restart=ALWAYS)
    await world.settle()

    quiet_at = world.engine.now_ns
    await asyncio.sleep(3 * LEASE_S)
    after = world.trace.during(quiet_at, world.engine.now_ns)
    assert after.count("log", message="written"), "nobody leads although all faults are over"
