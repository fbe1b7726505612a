"""What the ingester has acknowledged is on its disk, however often the power fails.

A camera sends numbered frames; the ingester appends each to a file, syncs it, and only then acknowledges. On start it
reads the file back, drops a torn frame at its end, and tells the camera where to go on. The power of the
ingester's host is cut at any moment, and its disk keeps no more than POSIX promises.

What it teaches: a write is in the page cache until it is synced, a new file's name is nowhere until its
folder is synced, and the last record may be half there. Leave the syncing out and see:

    python -m simulator run ingest-under-power-cuts --param sync=false --seeds 20
"""

import asyncio
import logging
import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from struct import Struct

from simulator.faults import Partition, PowerCycle, may
from simulator.harness.scenario import scenario
from simulator.harness.stage import Stage
from simulator.oracles import no_unhandled_errors
from simulator.world.disk.inspect import cat
from simulator.world.service import ALWAYS

PORT = 7003
FOLDER = Path("/data")
RECORDING = FOLDER / "frames"
FRAME = Struct(">III")  # Number, size of the picture, checksum of the picture.
log = logging.getLogger("ingest")
log.setLevel(logging.INFO)


def picture(number: int) -> bytes:
    """What the camera saw: a few hundred bytes that follow from the number."""
    return bytes((number * 31 + at) & 255 for at in range(200 + number % 300))


def frames(recording: bytes) -> Iterator[tuple[int, int]]:
    """The whole frames of a recording: number of each, and where it ends."""
    at = 0
    while at + FRAME.size <= len(recording):
        number, size, checksum = FRAME.unpack_from(recording, at)
        body = recording[at + FRAME.size : at + FRAME.size + size]
        if len(body) < size or zlib.crc32(body) != checksum:
            return
        at += FRAME.size + size
        yield number, at


def recover(sync: bool) -> int:
    """Open the recording: cut off what is torn, and say which frame comes next."""
    RECORDING.touch()
    if sync:
        _sync_folder()
    whole = list(frames(RECORDING.read_bytes()))
    end = whole[-1][1] if whole else 0
    if RECORDING.stat().st_size > end:
        log.info("torn frame dropped", extra={"bytes": RECORDING.stat().st_size - end})
        os.truncate(RECORDING, end)
    return whole[-1][0] + 1 if whole else 0


def _sync_folder() -> None:
    handle = os.open(FOLDER, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


async def ingest(sync: bool) -> None:
    """The ingester: append, sync, acknowledge."""
    due = recover(sync)

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal due
        try:
            writer.write(f"{due}\n".encode())
            with RECORDING.open("ab") as recording:
                while header := await reader.readexactly(FRAME.size):
                    number, size, _ = FRAME.unpack(header)
                    body = await reader.readexactly(size)
                    if number == due:
                        recording.write(header + body)
                        recording.flush()
                        if sync:
                            os.fsync(recording.fileno())
                        due += 1
                    writer.write(f"{due}\n".encode())
                    await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            log.info("camera gone")
        finally:
            writer.close()

    async with await asyncio.start_server(take, "0.0.0.0", PORT) as server:
        await server.serve_forever()


async def film(count: int) -> None:
    """The camera: sends what is due, and notes what was acknowledged."""
    acknowledged = 0
    while acknowledged < count:
        try:
            async with asyncio.timeout(5):
                reader, writer = await asyncio.open_connection("ingester", PORT)
                try:
                    while (due := int((await reader.readline()) or b"-1")) >= 0:
                        if due < acknowledged:
                            log.error("lost", extra={"acknowledged": acknowledged, "due": due})
                        acknowledged = max(acknowledged, due)
                        log.info("acknowledged", extra={"frames": due})
                        if due >= count:
                            return
                        body = picture(due)
                        writer.write(FRAME.pack(due, len(body), zlib.crc32(body)) + body)
                        await asyncio.sleep(0.05)
                finally:
                    writer.close()
        except (OSError, TimeoutError, ValueError):
            await asyncio.sleep(0.5)


@scenario(
    faults=[
        may(PowerCycle("ingester"), times_max=5, lasts_s=(0.5, 5)),
        may(Partition("camera", "ingester"), times_max=2, lasts_s=(0.5, 5)),
    ],
    oracles=[no_unhandled_errors],
    horizon_s=20,
)
async def ingest_under_power_cuts(world: Stage, *, count: int = 200, sync: bool = True) -> None:
    """What the ingester has acknowledged is on its disk, however often the power fails."""
    ingester = world.host("ingester")
    disk = ingester.mount(str(FOLDER))
    ingester.run(ingest, sync, restart=ALWAYS)
    camera = world.host("camera").run(film, count)
    world.owes(lambda: "the camera has frames to send" if camera.running else None)
    await world.settle()

    assert not world.trace.count("log", message="lost"), "the ingester asked again for frames that it had acknowledged"
    kept = [number for number, _ in frames(cat(disk, "/frames"))]
    assert kept == list(range(count)), f"{len(kept)} of {count} frames are on the disk"
