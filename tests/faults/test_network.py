"""Each fault of the network begins and ends: partitions, holds, slow links, resets."""

import asyncio
import socket
from collections.abc import Callable
from time import monotonic, sleep
from typing import Any

import pytest

from simulator.faults import Held, Partition, PowerCycle, Reset, SlowLink
from simulator.world.network import LinkProfile
from simulator.world.service import NEVER
from tests.support.faulted import NS, Faulted

STEADY = LinkProfile(latency_ns=NS // 1000)
"""A link whose latency is a millisecond, always."""


def pinger(times: list[tuple[float, float]], until_s: float = 20.0) -> Callable[[], None]:
    """A client that asks once a second on one connection, and notes when and how long each answer took."""

    def main() -> None:
        with socket.create_connection(("b", 7)) as sock:
            while monotonic() < until_s:
                began = monotonic()
                sock.sendall(b"x")
                assert sock.recv(1) == b"x"
                times.append((round(began, 3), round(monotonic() - began, 3)))
                sleep(max(1 - (monotonic() - began), 0))

    return main


def echo() -> None:
    with socket.create_server(("", 7)) as listening:
        connection, _ = listening.accept()
        with connection:
            while data := connection.recv(100):
                connection.sendall(data)


def answers(*faults: tuple[float, float, Any]) -> list[tuple[float, float]]:
    times: list[tuple[float, float]] = []
    Faulted(*faults, link=STEADY).drive(a=pinger(times), b=echo)
    return times


def test_without_faults_every_answer_takes_a_round_trip() -> None:
    assert {took for _, took in answers()} == {0.002}


async def ask_for_ever(said: list[str]) -> None:
    """Ask once a second, with a time-out and always on the same connection."""
    reader, writer = await asyncio.open_connection("b", 7)
    while not said and monotonic() < 100:
        await asyncio.sleep(1)
        try:
            async with asyncio.timeout(0.5):
                writer.write(b"x")
                assert await reader.read(1) == b"x"
        except TimeoutError:
            continue
        except ConnectionError as error:
            said.append(f"{type(error).__name__} at {asyncio.get_running_loop().time():.0f}")
    writer.transport.abort()


async def answer() -> None:
    """Echo; between the fourth second and the tenth, reset every connection that says something."""

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(100):
                if 4 < monotonic() < 10:
                    writer.transport.abort()
                writer.write(data)
        except ConnectionError:
            pass
        finally:
            writer.close()

    async with await asyncio.start_server(echo, port=7) as server:
        await server.serve_forever()


@pytest.mark.parametrize(
    "fault",
    [Partition("b", "a", one_way=True), PowerCycle("b")],
    ids=["a reset that a partition swallows", "a power cut"],
)
def test_a_connection_whose_other_end_is_gone_ends_when_the_way_there_is_free(fault: Any) -> None:
    said: list[str] = []
    hosts = Faulted((2.5, 10, fault), link=STEADY)
    hosts.world.host("b").run(answer, restart=NEVER)

    hosts.drive(a=lambda: asyncio.run(ask_for_ever(said)))

    [told] = said
    assert told.startswith("ConnectionResetError at 1"), told


@pytest.mark.parametrize("one_way", [False, True])
def test_a_partition_lets_nothing_through_and_then_everything(one_way: bool) -> None:
    found = answers((2.5, 6, Partition("a", "b", one_way=one_way)))

    late = [(at, took) for at, took in found if took > 0.1]
    assert len(late) == 1
    at, took = late[0]
    assert 2.5 < at < 3.6
    assert 8.5 < at + took < 8.5 + 7  # At TCP's next try.


def test_a_partition_of_the_way_back_only_delays_answers_as_well() -> None:
    assert [at for at, took in answers((2.5, 6, Partition("b", "a", one_way=True))) if took > 0.1] != []


def test_what_is_held_arrives_at_the_end_of_the_hold() -> None:
    found = [(at, took) for at, took in answers((2.5, 4, Held("a", "b"))) if took > 0.1]

    assert len(found) == 1
    assert sum(found[0]) == pytest.approx(6.5, abs=0.01)


def test_a_slow_link_is_slow_while_the_fault_lasts() -> None:
    found = answers((2.5, 4, SlowLink("a", "b", 0.25)))

    assert {took for at, took in found if not 2.4 < at < 6.5} == {0.002}
    assert {took for at, took in found if 2.6 < at < 5.5} == {0.502}


def test_two_slow_links_at_a_time_add_up_and_leave_nothing_behind() -> None:
    found = answers((2.5, 4, SlowLink("a", "b", 0.1)), (4.5, 4, SlowLink("b", "a", 0.2)))

    assert {took for at, took in found if 4.6 < at < 6} == {0.602}
    assert {took for at, took in found if at > 9} == {0.002}


def test_resets_strike_now_and_then_and_not_after_the_end() -> None:
    async def client() -> list[float]:
        failed: list[float] = []
        for second in range(40):
            reader, writer = await asyncio.open_connection("b", 7)
            try:
                for _ in range(5):
                    writer.write(b"x")
                    await writer.drain()
                    await reader.readexactly(1)
            except (ConnectionError, asyncio.IncompleteReadError):
                failed.append(second)
            writer.close()
            await asyncio.sleep(1)
        return failed

    async def server() -> None:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                while data := await reader.read(100):
                    writer.write(data)
            except ConnectionError:
                pass
            writer.close()

        await (await asyncio.start_server(serve, "", 7)).serve_forever()

    failed = Faulted((5, 25, Reset("a", "b", one_in=8)), link=STEADY).drive(a=client, b=server)

    assert len(failed) > 5
    assert all(4 <= second <= 30 for second in failed)
