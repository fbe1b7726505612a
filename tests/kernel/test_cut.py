"""A crash is a crash: not one more line of the program reaches anything, during the run or long after it.

Each program below would leave a mark (on its output, its disk, the network and the real machine) when it is ended in
any orderly way. The power is cut while it is in the middle.
"""

import asyncio
import atexit
import contextlib
import gc
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest

from simulator import World, run, scenario
from simulator.kernel import burial

REAL: list[Path] = []
HELD: list[Any] = []
"""What a module of the program holds on to, beyond the end of the run."""


def mark(how: str) -> None:
    """Try to leave a trace wherever a program can."""
    import socket

    def on_disk() -> None:
        with open("/data/mark", "a") as file:
            file.write(how)

    def on_the_network() -> None:
        with socket.create_connection(("peer", 7000), timeout=1) as connection:
            connection.sendall(how.encode())

    for act in (lambda: print("MARK", how), on_disk, on_the_network, lambda: (REAL[0] / how).write_text(how)):
        with contextlib.suppress(BaseException):
            act()


async def in_finally() -> None:
    try:
        await asyncio.sleep(100)
    finally:
        mark("finally")


async def in_except() -> None:
    try:
        await asyncio.sleep(100)
    except BaseException:
        mark("except")
        raise


async def in_a_context() -> None:
    @contextlib.asynccontextmanager
    async def context() -> AsyncIterator[None]:
        try:
            yield
        finally:
            mark("context")

    async with context():
        await asyncio.sleep(100)


async def in_an_async_generator() -> None:
    async def numbers() -> AsyncIterator[int]:
        try:
            yield 1
            await asyncio.sleep(100)
            yield 2
        finally:
            mark("async generator")

    HELD.append(suspended := numbers())
    await anext(suspended)
    async for _ in numbers():
        await asyncio.sleep(1)


async def in_a_generator() -> None:
    def numbers() -> Iterator[int]:
        try:
            yield 1
        finally:
            mark("generator")

    HELD.append(held := numbers())
    next(held)
    mine = numbers()
    next(mine)
    await asyncio.sleep(100)


async def in_del() -> None:
    class Held:
        def __del__(self) -> None:
            mark("del")

    held = Held()
    held.itself = held  # type: ignore[attr-defined]
    other = Held()
    asyncio.get_running_loop().call_later(50, print, other)
    del other
    await asyncio.sleep(100)


async def at_exit() -> None:
    atexit.register(mark, "atexit")
    await asyncio.sleep(100)


async def in_anyio() -> None:
    async def child() -> None:
        try:
            await anyio.sleep(100)
        finally:
            mark("anyio child")
            with anyio.CancelScope(shield=True):
                await anyio.sleep(1)
            mark("anyio shielded")

    async with anyio.create_task_group() as group:
        group.start_soon(child)
        await anyio.to_thread.run_sync(blocking)


def blocking() -> None:
    try:
        time.sleep(100)
    finally:
        mark("thread")


async def in_threads() -> None:
    thread = threading.Thread(target=blocking)
    thread.start()
    await asyncio.to_thread(blocking)


async def in_tasks_nobody_holds() -> None:
    async def wait() -> None:
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            mark("task")

    for _ in range(3):
        HELD.append(wait())
        asyncio.create_task(wait())  # noqa: RUF006
    HELD[-1].send(None)
    await asyncio.sleep(100)


async def stubborn() -> None:
    while True:
        try:
            await asyncio.sleep(100)
        except BaseException:
            mark("stubborn")


async def stubborn_thread() -> None:
    def never() -> None:
        while True:
            try:
                time.sleep(100)
            except BaseException:
                mark("stubborn thread")

    await asyncio.to_thread(never)


PROGRAMS: list[Callable[[], Awaitable[None]]] = [
    in_finally, in_except, in_a_context, in_an_async_generator, in_a_generator, in_del, at_exit, in_anyio, in_threads,
    in_tasks_nobody_holds, stubborn, stubborn_thread,
]  # fmt: skip


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
@pytest.mark.parametrize("how", ["crash", "kill", "stop"])
def test_a_program_that_is_cut_leaves_no_mark(
    program: Callable[[], Awaitable[None]], how: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    REAL[:] = [tmp_path]
    received: list[bytes] = []

    async def peer() -> None:
        async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            received.append(await reader.read())

        server = await asyncio.start_server(take, "0.0.0.0", 7000)
        await server.serve_forever()

    @scenario()
    async def cut(world: World) -> None:
        """The power goes, or somebody kills the program, or the run is over."""
        world.host("peer").run(peer)
        victim = world.host("victim")
        victim.mount("/data")
        service = victim.run(program)
        await asyncio.sleep(5)
        if how == "crash":
            victim.crash()
            await asyncio.sleep(200)
            victim.boot()
        elif how == "kill":
            assert service.process is not None
            service.process.signal(9)
            await asyncio.sleep(200)

    found = run(cut)
    HELD.clear()
    gc.collect()

    assert found.outcome.passed, found.outcome.message
    assert [event for event in found.trace.events if "MARK" in str(event.fields)] == []
    assert [event for event in found.trace.of("fs.open").events if "mark" in str(event.fields)] == []
    assert found.trace.of("net.connect").count() == 0
    assert received == []
    assert list(tmp_path.iterdir()) == []
    assert capsys.readouterr().out == ""


def test_an_orderly_end_does_leave_marks(tmp_path: Path) -> None:
    """The programs above are good witnesses: ended in order, they leave marks."""
    REAL[:] = [tmp_path]

    @scenario()
    async def ended(world: World) -> None:
        """Somebody interrupts the program at its keyboard."""
        victim = world.host("victim")
        victim.mount("/data")
        service = victim.run(in_finally)
        await asyncio.sleep(5)
        assert service.process is not None
        service.process.signal(2)
        await asyncio.sleep(5)

    found = run(ended)

    assert "MARK finally" in str([event.fields for event in found.trace.of("proc.stdout").events])
    assert found.trace.of("fs.open").count() == 1


def test_what_cannot_be_ended_is_left_alone_for_ever() -> None:
    before = len(burial._undying)

    @scenario()
    async def cut(world: World) -> None:
        """A thread that catches everything."""
        world.host("victim").run(stubborn_thread)
        await asyncio.sleep(5)
        world.host("victim").crash()

    assert run(cut).outcome.passed
    assert len(burial._undying) == before + 1


def test_garbage_of_the_gone_is_not_finished_before_the_run_is_over() -> None:
    finished: list[float] = []

    async def victim() -> None:
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            finished.append(1)

    @scenario()
    async def cut(world: World) -> None:
        """Nothing of a cut program runs while the others go on."""
        world.host("victim").run(victim)
        await asyncio.sleep(1)
        world.host("victim").crash()
        gc.collect()
        await asyncio.sleep(1)
        gc.collect()
        assert finished == []

    assert run(cut).outcome.passed
