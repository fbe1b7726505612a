"""Nothing that is under way at a power cut is finished: no buffer, no clean-up, no hook, no child.

`test_cut.py` has programs that wait. Here the power fails in the middle of something: data in buffers, a `finally` that
has begun, locks held, hooks set. After the cut its host makes no event at all, and its peer hears nothing new.
"""

import asyncio
import contextlib
import gc
import queue
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Awaitable, Callable, Generator
from typing import Any

import anyio
import pytest

from simulator import World, run, scenario
from simulator.world.disk.inspect import cat, tree

HELD: list[Any] = []
ENDED = {"host.crash", "fs.crash", "proc.exit", "sub.exit", "net.close", "net.reset", "net.drop"}
"""What a power cut itself is told by."""


def speak(text: str) -> None:
    print(text, flush=True)


async def buffers() -> None:
    """A file, standard output and a connection, each with something that was not sent on yet."""
    file = open("/data/file", "w")  # noqa: SIM115 - it must be open when the power fails.
    HELD.append(file)
    file.write("unflushed")
    sys.stdout.write("unflushed")
    _, writer = await asyncio.open_connection("peer", 7000)
    writer.write(b"sent;")
    await asyncio.sleep(4)
    writer.transport.pause_reading()  # type: ignore[attr-defined]
    while True:  # More than the peer's window holds: the rest waits in the transport.
        writer.write(b"more;" * 20_000)
        await asyncio.sleep(0.5)


async def a_finally_that_has_begun() -> None:
    try:
        await asyncio.sleep(4)
    finally:
        speak("begun")
        await asyncio.sleep(2)
        speak("finished")


async def an_exit_stack() -> None:
    async with contextlib.AsyncExitStack() as stack:
        stack.callback(speak, "called back")
        stack.push_async_callback(asyncio.sleep, 1)
        await asyncio.sleep(100)


async def groups_and_timeouts() -> None:
    async def child() -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(100)
        speak("suppressed")

    async with asyncio.timeout(5.5), asyncio.TaskGroup() as group:
        group.create_task(child())
        await asyncio.shield(group.create_task(child()))


async def a_shielded_scope() -> None:
    with anyio.move_on_after(4), anyio.CancelScope(shield=True):
        await anyio.sleep(6)
        speak("shielded")


async def finalizers() -> None:
    class Plain:
        pass

    held = Plain()
    weakref.finalize(held, speak, "finalized")
    HELD.append(held)
    await asyncio.sleep(100)


async def hooks() -> None:
    sys.unraisablehook = lambda error: speak("unraisable")
    threading.excepthook = lambda error: speak("in a thread")
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: speak("handled"))

    class Failing:
        def __del__(self) -> None:
            raise ValueError

    async def fail() -> None:
        await asyncio.sleep(4.9)
        raise ValueError("nobody fetches it")

    failing = Failing()
    failing.itself = failing  # type: ignore[attr-defined]
    HELD.append(asyncio.create_task(fail()))
    await asyncio.sleep(100)


async def locks_and_queues() -> None:
    lock, orders = threading.Lock(), queue.Queue[int]()

    def hold() -> None:
        with lock:
            orders.get()
        speak("released")

    def wait() -> None:
        with lock:
            speak("got it")

    for target in (hold, wait):
        threading.Thread(target=target, daemon=True).start()
    await asyncio.to_thread(wait)


async def a_generator_that_catches_its_end() -> None:
    def numbers() -> Generator[int, None, None]:
        while True:
            try:
                yield 1
            except GeneratorExit:
                speak("closed")
                return

    mine = numbers()
    next(mine)
    with contextlib.closing(mine):
        await asyncio.sleep(100)


async def a_child() -> None:
    """A program that its parent has started: the power is the child's as well."""
    process = await asyncio.create_subprocess_exec("talker", stdout=subprocess.PIPE)
    assert process.stdout is not None
    async for line in process.stdout:
        HELD.append(line)


def talker() -> None:
    try:
        while True:
            time.sleep(1)
            speak("still here")
    finally:
        speak("killed")


def a_program_without_a_loop() -> None:
    try:
        with open("/data/plain", "wb", buffering=1 << 20) as file:
            for number in range(100):
                file.write(b"%d;" % number)
                time.sleep(0.1)
    except BaseException:
        speak("caught")
        raise


PROGRAMS: list[Callable[[], Awaitable[None] | None]] = [
    buffers, a_finally_that_has_begun, an_exit_stack, groups_and_timeouts, a_shielded_scope, finalizers, hooks,
    locks_and_queues, a_generator_that_catches_its_end, a_child, a_program_without_a_loop,
]  # fmt: skip


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_nothing_is_finished_after_the_power_failed(
    program: Callable[[], Any], capsys: pytest.CaptureFixture[str]
) -> None:
    received: list[tuple[float, int]] = []
    files: dict[str, bytes] = {}

    async def peer() -> None:
        async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while data := await reader.read(1 << 16):
                received.append((asyncio.get_running_loop().time(), len(data)))
                await asyncio.sleep(0.01)

        await (await asyncio.start_server(take, "0.0.0.0", 7000)).serve_forever()

    @scenario()
    async def cut(world: World) -> None:
        """The power fails at five seconds."""
        world.host("peer").run(peer)
        victim = world.host("victim")
        disk = victim.mount("/data")
        victim.executables.install("talker", talker)
        victim.run(program)
        await asyncio.sleep(5)
        victim.crash()
        await asyncio.sleep(100)
        files.update({name: cat(disk, f"/{name}") for name in tree(disk)})

    found = run(cut)
    HELD.clear()
    gc.collect()

    assert found.outcome.passed, found.outcome.message
    (crash,) = found.trace.of("host.crash").events
    later = [event for event in found.trace.events if event.host == "victim" and event.seq > crash.seq]
    assert [event for event in later if event.kind not in ENDED] == []
    assert [when for when, _ in received if when > 5.1] == []
    assert all(content == b"" for content in files.values())
    assert capsys.readouterr().out == ""
