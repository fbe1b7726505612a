"""ffmpeg.probe, the client library of a program: it starts ffprobe on its own host and reads what that prints."""

import asyncio
import json
import logging
import sys
import time

import ffmpeg

from simulator import World, scenario

log = logging.getLogger("films")
log.setLevel(logging.INFO)


def ffprobe() -> int:
    """The program that the host has: slow, and it fails for what is no film."""
    time.sleep(2)
    path = sys.argv[-1]
    with open(path, "rb") as file:
        size = len(file.read())
    if not size:
        print(f"{path}: Invalid data found when processing input", file=sys.stderr)
        return 1
    print(json.dumps({"format": {"filename": path, "size": str(size)}, "streams": []}))
    return 0


async def probe() -> None:
    """The client's program."""
    loop = asyncio.get_running_loop()
    for path, content in (("/media/film.mp4", b"x" * 1000), ("/media/empty.mp4", b"")):
        with open(path, "wb") as file:
            file.write(content)
    begun_s = loop.time()
    both = await asyncio.gather(*(asyncio.to_thread(_probed, path) for path in ("film", "empty")))
    log.info("probed", extra={"both": both, "about_s": round(loop.time() - begun_s)})


def _probed(name: str) -> str:
    try:
        return str(ffmpeg.probe(f"/media/{name}.mp4")["format"]["size"])
    except ffmpeg.Error as error:
        return str(error.stderr.decode().strip())


@scenario()
async def films(world: World) -> None:
    """A film is probed by the host's own ffprobe, in virtual time; a host without one says so."""
    with_it, without = world.host("with"), world.host("without")
    with_it.mount("/media")
    without.mount("/media")
    with_it.executables.install("ffprobe", ffprobe)
    assert await with_it.run(probe).wait() == 0
    service = without.run(probe)
    assert await service.wait() == 1
    assert service.process is not None
    assert isinstance(service.process.shelf["error"], FileNotFoundError)
