"""Every request is answered with its own words, whatever the network does in between.

A server echoes lines. Clients send numbered ones, wait for each answer with a time-out, and on any trouble
connect anew and ask again. The network between them is cut, held, slowed and reset.

What it teaches: a time-out does not say that nothing happened. The server's log shows requests that were served
twice, once for an answer that nobody waited for any more. That is harmless for an echo, and a bug for a payment:

    python -m simulator run echo-under-partition --param payments=true
"""

import asyncio
import logging
from dataclasses import dataclass, field
from functools import partial

from simulator.faults import Held, Partition, Reset, SlowLink, may
from simulator.harness.scenario import scenario
from simulator.harness.stage import Stage
from simulator.oracles import Oracle, no_unhandled_errors
from simulator.trace.event import Event
from simulator.world.service import ALWAYS, Service

PORT = 7000
ANSWER_S = 2.0
log = logging.getLogger("echo")
log.setLevel(logging.INFO)


async def serve(payments: bool) -> None:
    """The server: answers each line with the line."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                request = line.decode().strip()
                log.info("paid" if payments else "served", extra={"request": request})
                writer.write(line)
                await writer.drain()
        except ConnectionError:
            log.info("client gone")
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "0.0.0.0", PORT)
    await server.serve_forever()


async def ask(name: str, requests: int) -> None:
    """A client: every request until it is answered, then the next."""
    connection: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
    for number in range(requests):
        request, answer = f"{name}-{number}", ""
        while answer != request:
            try:
                if connection is None:
                    connection = await asyncio.wait_for(asyncio.open_connection("server", PORT), ANSWER_S)
                reader, writer = connection
                writer.write(f"{request}\n".encode())
                answer = (await asyncio.wait_for(reader.readline(), ANSWER_S)).decode().strip()
                if not answer:
                    raise ConnectionResetError("the server hung up")
            except (OSError, TimeoutError) as error:
                log.info("asking again", extra={"request": request, "after": type(error).__name__})
                if connection is not None:
                    connection[1].close()
                connection, answer = None, ""
                await asyncio.sleep(0.2)
        log.info("answered", extra={"request": request, "answer": answer})
        await asyncio.sleep(0.5)
    if connection is not None:
        connection[1].close()


@dataclass
class _PaidOnce:
    """Fails when one request is paid for twice; watches only runs that are about payments."""

    name: str = "nothing is paid for twice"
    paid: set[str] = field(default_factory=set)

    def see(self, event: Event) -> str | None:
        if event.kind != "log" or event.fields.get("message") != "paid":
            return None
        request = str(event.fields.get("data", {}).get("request"))
        if request in self.paid:
            return f"{request} was paid for again"
        self.paid.add(request)
        return None

    def finish(self) -> str | None:
        return None


def paid_once() -> Oracle:
    return _PaidOnce()


def clients(count: int) -> list[str]:
    return [f"client{number}" for number in range(1, count + 1)]


@scenario(
    faults=[
        may(Partition("client1", "server"), Partition("client2", "server", one_way=True), times_max=3),
        may(Held("server", "client1", one_way=True), Held("client2", "server"), times_max=2, lasts_s=(0.5, 5)),
        may(SlowLink("client1", "server", by_s=0.8), SlowLink("client2", "server", by_s=3), lasts_s=(5, 20)),
        may(Reset("client1", "server", one_in=4), Reset("client2", "server", one_in=4), lasts_s=(1, 10)),
    ],
    oracles=[no_unhandled_errors, paid_once],
    horizon_s=20,
)
async def echo_under_partition(world: Stage, *, requests: int = 20, payments: bool = False) -> None:
    """Every request is answered with its own words, whatever the network does in between."""
    names = clients(2)
    world.host("server").run(serve, payments, name="echo", restart=ALWAYS)
    asking = [world.host(name).run(ask, name, requests, name="client") for name in names]
    for name, service in zip(names, asking, strict=True):
        world.owes(partial(_asks_still, name, service))
    await world.settle()

    answered = [event.fields["data"] for event in world.trace.of("log", message="answered")]
    assert all(data["request"] == data["answer"] for data in answered), "somebody got another's answer"
    assert len(answered) == len(names) * requests, f"{len(answered)} of {len(names) * requests} answered"


def _asks_still(name: str, service: Service) -> str | None:
    return f"{name} still asks" if service.running else None
