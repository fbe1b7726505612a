"""watchfiles on two hosts: each sees what happens on its own disk and nothing of the other's."""

import asyncio
import logging
from pathlib import Path

from watchfiles import awatch

from simulator import World, scenario

FOLDER = Path("/media")
log = logging.getLogger("folders")
log.setLevel(logging.INFO)


async def watch(copies: bool) -> None:
    """A program that watches, and makes a copy of each film if it is to."""
    async for batch in awatch(FOLDER, debounce=200, step=50):
        for change, path in sorted(batch):
            log.info("seen", extra={"change": change.name, "path": path})
            film = Path(path)
            if copies and film.suffix == ".mp4" and film.exists():
                film.with_suffix(".copy").write_bytes(film.read_bytes())


async def film(names: list[str]) -> None:
    """A program that writes films, each piece by piece."""
    for name in names:
        await asyncio.sleep(2)
        with (FOLDER / name).open("wb") as file:
            for _ in range(3):
                file.write(b"picture")
                file.flush()
                await asyncio.sleep(0.01)


@scenario()
async def folders(world: World) -> None:
    """A watcher is told of its own host's disk."""
    for name, films, copies in (("left", ["a.mp4", "b.mp4"], True), ("right", ["c.mp4"], False)):
        host = world.host(name)
        host.mount(str(FOLDER))
        host.run(watch, copies)
        host.run(film, films)
    await asyncio.sleep(20)
