"""A host on offer is made when a program first asks for its name, and serves it in the same breath."""

import asyncio
import socket

import pytest

from simulator.errors import Misuse
from simulator.world.host import Host
from tests.support.processes import OneHost


async def _answer_twice_as_much() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(2 * await reader.read(100))
        writer.close()

    server = await asyncio.start_server(answer, port=70)
    await server.serve_forever()


async def _ask() -> bytes:
    reader, writer = await asyncio.open_connection("echo", 70)
    writer.write(b"ab")
    found = await reader.read()
    writer.close()
    return found


def test_a_host_on_offer_is_made_when_it_is_asked_for() -> None:
    world = OneHost()
    world.world.offer("echo", lambda host: host.run(_answer_twice_as_much))

    assert world.run(lambda: asyncio.run(_ask())) == b"abab"
    assert world.trace.of("proc.start").hosts() == ("main", "echo")


def test_what_nobody_asks_for_is_never_made() -> None:
    made: list[Host] = []
    world = OneHost()
    world.world.offer("echo", made.append)

    world.run(lambda: socket.gethostbyname("main"))

    assert made == []
    assert "echo" not in world.world.hosts


def test_a_host_that_exists_is_not_offered() -> None:
    with pytest.raises(Misuse, match="'main' exists already"):
        OneHost().world.offer("main", print)
