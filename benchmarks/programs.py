"""The cases as asyncio programs: the same text runs on every asyncio engine.

Delays are multiples of 1/8 s where a sum is compared, so that float clocks and integer clocks agree to the last bit.
"""

import asyncio
import socket
from typing import Final

from benchmarks.expected import customers, delay_of

_SERVERS: Final = 3


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


# Found before any simulation begins: stock asyncio listens on it in reality.
_PORT: Final = _free_port()

# What the engine calls the machine that its programs run on; one engine has a name of its own for it.
loopback = "127.0.0.1"


async def timers(tasks: int, sleeps: int) -> float:
    """Tasks that sleep again and again; returns the sum of the times at which they end."""
    loop = asyncio.get_running_loop()
    start = loop.time()

    async def sleeper(delay: float) -> float:
        for _ in range(sleeps):
            await asyncio.sleep(delay)
        return loop.time() - start

    running = [asyncio.create_task(sleeper(delay_of(number))) for number in range(tasks)]
    total = 0.0
    for task in running:
        total += await task
    return total


async def ping_pong(messages: int) -> int:
    """Two tasks that hand a growing number to and fro through two queues; returns its last value."""
    there: asyncio.Queue[int] = asyncio.Queue()
    back: asyncio.Queue[int] = asyncio.Queue()

    async def pong() -> None:
        for _ in range(messages // 2):
            back.put_nowait(await there.get() + 1)

    ponging = asyncio.create_task(pong())
    value = 0
    for _ in range(messages // 2):
        there.put_nowait(value + 1)
        value = await back.get()
    await ponging
    return value


async def mm3(count: int) -> float:
    """Customers arrive at random and queue for three servers; returns the total time spent waiting."""
    loop = asyncio.get_running_loop()
    servers = asyncio.Semaphore(_SERVERS)
    waited = 0.0

    async def customer(service: float) -> None:
        nonlocal waited
        arrived = loop.time()
        async with servers:
            waited += loop.time() - arrived
            await asyncio.sleep(service)

    inside = []
    for pause, service in customers(count):
        await asyncio.sleep(pause)
        inside.append(asyncio.create_task(customer(service)))
    for task in inside:
        await task
    return waited


async def timeout_fired(count: int) -> float:
    """Waits that are all cut short; returns how long they took together."""
    loop = asyncio.get_running_loop()
    start = loop.time()
    for _ in range(count):
        try:
            async with asyncio.timeout(0.5):
                await loop.create_future()
        except TimeoutError:
            continue
        raise AssertionError("the future was never completed")
    return loop.time() - start


async def timeout_unfired(count: int) -> float:
    """Sleeps under a time-out that never fires; returns how long they took together."""
    loop = asyncio.get_running_loop()
    start = loop.time()
    for _ in range(count):
        async with asyncio.timeout(8):
            await asyncio.sleep(0.5)
    return loop.time() - start


async def streams(size: int, count: int) -> int:
    """A client and an echo server exchange messages over TCP streams; returns the bytes that came back."""
    over = asyncio.Event()

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                writer.write(await reader.readexactly(size))
        except asyncio.IncompleteReadError:
            writer.close()
        over.set()

    server = await asyncio.start_server(echo, loopback, _PORT, limit=2 * size)
    reader, writer = await asyncio.open_connection(loopback, _PORT, limit=2 * size)
    body, received = bytes(size), 0
    for _ in range(count):
        writer.write(body)
        received += len(await reader.readexactly(size))
    writer.close()
    await over.wait()
    server.close()
    return received
