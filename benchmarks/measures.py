"""Measures of the engine alone: what its trace and its largest worlds cost.

Each runs in the engine's worker, checks what it did, and returns plain data. `MEASURES` is the table.
"""

import asyncio
import gc
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time
from typing import Any, Final

from simulator.kernel.choices import Choices
from simulator.kernel.engine import Engine
from simulator.kernel.interpose import install
from simulator.trace.header import Header
from simulator.trace.recorder import Recorder
from simulator.trace.writer import TraceWriter
from simulator.world.world import World

_PORT: Final = 7000
_TICKS: Final = 10


def _timed(act: Callable[[], object]) -> float:
    """CPU seconds of an act, with the collector off as it is in a run."""
    gc.collect()
    gc.disable()
    try:
        start = process_time()
        act()
        return process_time() - start
    finally:
        gc.enable()


# --- the trace ----------------------------------------------------------------------------------------------


def trace(events: int) -> dict[str, Any]:
    """Record writes to a file of the disk, into a trace file: emitted, encoded, hashed, written, kept."""
    with TemporaryDirectory() as folder:
        header = Header(scenario="bench")
        recorder = Recorder(header=header, sink=TraceWriter(Path(folder) / "bench.trace.jsonl", header))
        engine = Engine(choices=Choices.from_seed(0), recorder=recorder)

        def record() -> None:
            emit = engine.emit
            for number in range(events):
                engine.now_ns += 1000
                emit("fs.write", host="worker", path="/media/lobby.mp4", fd=1000, offset=number << 12, bytes=4096)
            recorder.finish("passed")

        taken = _timed(record)
    assert recorder.footer is not None
    assert recorder.footer.events == events
    return {"events": events, "cpu_s": taken, "bytes_per_event": round(recorder.bytes / events)}


# --- growth ---------------------------------------------------------------------------------------------------


def _world() -> World:
    install()
    return World(Engine(choices=Choices.from_seed(0)))


def hosts(count: int) -> dict[str, Any]:
    """Hosts that each run one program, which does nothing but wake up ten times."""
    ticks = 0

    async def idle() -> None:
        nonlocal ticks
        for _ in range(_TICKS):
            await asyncio.sleep(1)
            ticks += 1

    def act() -> None:
        world = _world()
        for number in range(count):
            world.host(f"host-{number}").run(idle)
        world.engine.run()

    taken = _timed(act)
    assert ticks == count * _TICKS
    return {"count": count, "cpu_s": taken}


def connections(count: int) -> dict[str, Any]:
    """Connections from as many hosts to one server, over the full link model, each used ten times."""
    answers = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            writer.write(line)
        writer.close()

    async def server() -> None:
        async with await asyncio.start_server(serve, "0.0.0.0", _PORT, backlog=count):
            await asyncio.sleep(_TICKS * 10)

    async def client() -> None:
        nonlocal answers
        await asyncio.sleep(1)
        reader, writer = await asyncio.open_connection("server", _PORT)
        for _ in range(_TICKS):
            writer.write(b"tick\n")
            assert await reader.readline() == b"tick\n"
            answers += 1
            await asyncio.sleep(1)
        writer.close()

    def act() -> None:
        world = _world()
        world.host("server").run(server)
        for number in range(count):
            world.host(f"client-{number}").run(client)
        world.engine.run()

    taken = _timed(act)
    assert answers == count * _TICKS
    return {"count": count, "cpu_s": taken}


MEASURES: Final[dict[str, Callable[[int], dict[str, Any]]]] = {
    "trace": trace,
    "hosts": hosts,
    "connections": connections,
}
