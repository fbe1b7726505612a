"""How a peer learns that a program is gone: at once when it ends or is killed, not at all when its host loses power."""

import asyncio
import signal
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.hosts import Hosts

SECOND_NS = 10**9


async def holds_connections() -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(1e6)

    await asyncio.start_server(handle, "0.0.0.0", 80)
    await asyncio.sleep(1e6)


def hears(*, first: bytes = b"", wait_s: float = 30) -> Any:
    """What a client reads on a connection where the server says nothing."""

    async def client() -> Any:
        await asyncio.sleep(1)
        reader, writer = await asyncio.open_connection("server", 80)
        if first:
            writer.write(first)
        try:
            return await asyncio.wait_for(reader.read(10), wait_s)
        except TimeoutError:
            return "silence"
        except OSError as error:
            return type(error).__name__
        finally:
            writer.transport.abort()

    return client


def after_five_seconds(act: Callable[[Any], None], **options: Any) -> Any:
    hosts = Hosts()
    hosts.engine.call_at(5 * SECOND_NS, act, hosts)
    return hosts.run(client=hears(**options), server=holds_connections)


def crash(hosts: Hosts) -> None:
    hosts.world.host("server").crash()


def crash_and_boot(hosts: Hosts) -> None:
    crash(hosts)
    hosts.engine.call_after(10 * SECOND_NS, hosts.world.host("server").boot)


def kill(hosts: Hosts) -> None:
    hosts.world.host("server").services[0].signal(signal.SIGKILL)


def test_a_power_cut_is_silent() -> None:
    assert after_five_seconds(crash) == "silence"


def test_a_connection_that_says_nothing_stays_silent_even_when_the_host_is_back() -> None:
    assert after_five_seconds(crash_and_boot, wait_s=3600) == "silence"


def test_nothing_is_sent_by_a_host_that_loses_power() -> None:
    hosts = Hosts()
    hosts.engine.call_at(5 * SECOND_NS, crash, hosts)

    hosts.run(client=hears(), server=holds_connections)

    assert hosts.recorder is not None
    later = [event for event in hosts.recorder.trace() if event.at_ns >= 5 * SECOND_NS]
    assert [event.kind for event in later if event.host == "server" and event.kind.startswith("net.")] == []


def test_a_killed_process_ends_its_connections() -> None:
    assert after_five_seconds(kill) == b""


def test_a_killed_process_with_bytes_unread_resets_its_connections() -> None:
    # asyncio's streams read 256 KiB at once and then pause; what is beyond lies in the kernel and is unread.
    assert after_five_seconds(kill, first=bytes(1_000_000)) == "ConnectionResetError"


@pytest.mark.parametrize("way", [kill, crash])
def test_the_port_can_be_bound_by_the_next_program(way: Callable[[Hosts], None]) -> None:
    hosts = Hosts()
    server = hosts.world.host("server")

    async def client() -> str:
        await asyncio.sleep(1)
        way(hosts)
        await asyncio.sleep(1)
        server.boot()
        if way is kill:
            server.run(holds_connections, name="second")
        await asyncio.sleep(1)
        _, writer = await asyncio.open_connection("server", 80)
        writer.close()
        return "connected"

    assert hosts.run(client=client, server=holds_connections) == "connected"
