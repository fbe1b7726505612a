"""Task groups, cancel scopes, worker threads and TCP of anyio, on two hosts."""

import asyncio
import logging
import time

import anyio
from anyio.abc import SocketStream

from simulator import World, scenario

log = logging.getLogger("groups")
log.setLevel(logging.INFO)


async def serve() -> None:
    """The server's program: counts what it is sent, in a thread."""

    async def count(stream: SocketStream) -> None:
        async with stream:
            async for piece in stream:
                size = await anyio.to_thread.run_sync(_slowly, len(piece))
                await stream.send(b"%d\n" % size)

    listener = await anyio.create_tcp_listener(local_host="0.0.0.0", local_port=9999)
    await listener.serve(count)


def _slowly(size: int) -> int:
    time.sleep(0.5)
    return size


async def ask(number: int) -> None:
    async with await anyio.connect_tcp("server", 9999) as stream:
        await stream.send(b"x" * number)
        answer = (await stream.receive()).decode().strip()
        log.info("counted", extra={"number": number, "answer": answer})


async def forever(name: str) -> None:
    try:
        await anyio.sleep_forever()
    except anyio.get_cancelled_exc_class():
        with anyio.CancelScope(shield=True):
            await anyio.sleep(0.1)
            log.info("cancelled", extra={"who": name})
        raise


async def work() -> None:
    """The client's program."""
    await anyio.sleep(1)
    async with anyio.create_task_group() as group:
        for number in (1, 10, 100):
            group.start_soon(ask, number)
    with anyio.move_on_after(5) as scope:
        await forever("alone")
    log.info("moved on", extra={"caught": scope.cancelled_caught})
    try:
        async with anyio.create_task_group() as group:
            group.start_soon(forever, "first")
            group.start_soon(forever, "second")
            await anyio.sleep(1)
            raise ValueError("on purpose")
    except* ValueError as errors:
        log.info("failed", extra={"errors": [str(error) for error in errors.exceptions]})
    send, receive = anyio.create_memory_object_stream[int](2)
    async with anyio.create_task_group() as group, send, receive:
        group.start_soon(_fill, send.clone())
        seen = [await receive.receive() for _ in range(5)]
    log.info("streamed", extra={"seen": seen})


async def _fill(send: "anyio.abc.ObjectSendStream[int]") -> None:
    async with send:
        for number in range(5):
            await send.send(number)


@scenario()
async def groups(world: World) -> None:
    """Tasks end where their group ends, and TCP carries what they send."""
    world.host("server").run(lambda: anyio.run(serve), name="serve")
    client = world.host("client").run(lambda: anyio.run(work), name="work")
    await asyncio.sleep(0)
    assert await client.wait() == 0
