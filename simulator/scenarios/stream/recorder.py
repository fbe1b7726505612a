"""Recorders: programs on the worker's host that write films to its disk while time passes, and what each has written.

    camera = Camera(world, world.host("worker"), "/media")
    lobby = camera.record("lobby.mp4", Film(seconds=60))                 # a program of its own, running
    gate = camera.record("gate.mp4", Film(shape="faststart"), to="gate.mp4")
    await lobby.done()
    camera.recorded("lobby.mp4")                                         # what the file at that name should hold

Every act that changes a file is kept by the file's inode, so that of any bytes it can be said whether one file ever
was just that: `camera.was_once(inode, data)`.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from struct import pack
from typing import Final, Literal

from simulator.errors import Misuse
from simulator.scenarios.stream.films import MDAT_SIZE_AT, Sample, fragment, head, index, picture
from simulator.trace.event import Event
from simulator.world.disk.inode import File
from simulator.world.host import Host
from simulator.world.service import NEVER, Service
from simulator.world.world import World

Shape = Literal["fragmented", "plain", "faststart"]
_MOVED_BYTES: Final = 1 << 20
"""So much at a time is moved when room is made at the head of a file."""
_FTYP_BYTES: Final = 32


@dataclass(frozen=True, kw_only=True)
class Film:
    """What is recorded, and how it comes to the disk."""

    shape: Shape = "fragmented"
    seconds: float = 30.0
    bytes_per_s: int = 400_000
    beat_s: float = 1.0
    """A picture comes so often."""
    starts_after_s: float = 0.0
    pauses: tuple[tuple[float, float], ...] = ()
    """After so many seconds of film, nothing for so long."""
    burst_of: int = 1
    """So many pictures are written at a time, as by a recorder that buffers."""
    seed: int = 0
    closes: bool = True
    """Whether the recorder comes to the end; otherwise its file is left as it is, cut."""
    syncs: bool = False
    """Whether every write is followed by `fsync`."""

    @property
    def pictures(self) -> int:
        return max(round(self.seconds / self.beat_s), 0)


@dataclass
class History:
    """All that was done to one file: bytes at a place, or a new length."""

    inode: int
    acts: list[tuple[int, bytes | None]] = field(default_factory=list)
    """Where, and what; without bytes the file then ends there."""

    def content(self) -> bytes:
        """What the file holds now."""
        return bytes(self._replayed(lambda found: None))

    def was_once(self, data: bytes) -> bool:
        """Whether the file was exactly this after one of the acts."""
        hit: list[bool] = []

        def see(found: bytearray) -> None:
            if not hit and len(found) == len(data) and found == data:
                hit.append(True)

        self._replayed(see)
        return bool(hit)

    def _replayed(self, see: Callable[[bytearray], None]) -> bytearray:
        found = bytearray()
        see(found)
        for at, data in self.acts:
            if data is None:
                del found[at:]
                found.extend(bytes(at - len(found)))
            elif at == len(found):
                found += data
            else:
                found.extend(bytes(max(at - len(found), 0)))
                found[at : at + len(data)] = data
            see(found)
        return found


class Pen:
    """A file that is open for writing; every act on it is kept."""

    def __init__(self, camera: "Camera", path: str, *, anew: bool = True) -> None:
        self.handle = os.open(path, os.O_RDWR | os.O_CREAT | (os.O_TRUNC if anew else 0), 0o644)
        found = os.fstat(self.handle)
        self.history = camera.history_of(found.st_ino, anew=anew)
        self.size = found.st_size

    def write(self, data: bytes, at: int | None = None) -> None:
        """Write at a place, or at the end."""
        at = self.size if at is None else at
        written = os.pwrite(self.handle, data, at)
        assert written == len(data), "a disk takes all of a write or refuses it"
        self.history.acts.append((at, data))
        self.size = max(self.size, at + len(data))

    def truncate(self, size: int) -> None:
        os.ftruncate(self.handle, size)
        self.history.acts.append((size, None))
        self.size = size

    def sync(self) -> None:
        """Have on the disk what was written, as far as its bytes go."""
        os.fsync(self.handle)

    def close(self) -> None:
        os.close(self.handle)


class Recording:
    """One recorder and its file."""

    def __init__(self, camera: "Camera", name: str, film: Film, to: str) -> None:
        self.camera, self.name, self.film, self.to = camera, name, film, to or name
        self.inode = 0
        self.service: Service | None = None

    def __repr__(self) -> str:
        return f"<recording {self.name}: {self.film.shape}, {self.service}>"

    async def run(self) -> None:
        """The program: begin, write as time passes, close, and give the file its name.

        A machine that is started anew starts it anew as well; a film that was begun before is not begun again.
        """
        film, path = self.film, self.camera.path(self.name)
        if self.inode:
            return
        await asyncio.sleep(film.starts_after_s)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        pen = Pen(self.camera, path)
        self.inode = pen.history.inode
        try:
            pen.write(head(fragmented=film.shape == "fragmented"))
            samples: list[Sample] = []
            async for numbers in self._beats():
                pen.write(b"".join(self._picture(number, samples) for number in numbers))
                if film.syncs:
                    pen.sync()
            if film.closes and film.shape != "fragmented":
                _finish(pen, tuple(samples), to_the_front=film.shape == "faststart")
            if film.syncs:
                pen.sync()
        finally:
            pen.close()
        if self.to != self.name:
            os.rename(path, self.camera.path(self.to))

    async def _beats(self) -> AsyncIterator[range]:
        film = self.film
        pauses = dict(film.pauses)
        for first in range(0, film.pictures, film.burst_of):
            numbers = range(first, min(first + film.burst_of, film.pictures))
            await asyncio.sleep(film.beat_s * len(numbers))
            yield numbers
            for at_s in [at_s for at_s in pauses if at_s <= (numbers[-1] + 1) * film.beat_s]:
                await asyncio.sleep(pauses.pop(at_s))

    def _picture(self, number: int, samples: list[Sample]) -> bytes:
        film = self.film
        sample = Sample(max(round(film.bytes_per_s * film.beat_s), 16), round(film.beat_s * 1000))
        samples.append(sample)
        payload = picture(self.camera.seed_of(self.name, film.seed), number, sample.size)
        if film.shape != "fragmented":
            return payload
        return fragment(number + 1, number * sample.duration_ms, sample, payload)

    async def done(self) -> None:
        """Until the recorder has ended."""
        assert self.service is not None
        await self.service.wait()


def _finish(pen: Pen, samples: tuple[Sample, ...], *, to_the_front: bool) -> None:
    """Write what only the end of a recording knows."""
    media_at = MDAT_SIZE_AT + 8
    pen.write(pack(">I", pen.size - MDAT_SIZE_AT), MDAT_SIZE_AT)
    if not to_the_front:
        pen.write(index(samples, media_at))
        return
    moov = index(samples, media_at + len(index(samples, media_at)))
    rest = os.pread(pen.handle, pen.size - _FTYP_BYTES, _FTYP_BYTES)
    moved = moov + rest
    for at in range(0, len(moved), _MOVED_BYTES):
        pen.write(moved[at : at + _MOVED_BYTES], _FTYP_BYTES + at)


class Camera:
    """All recorders of one folder, and whoever else changes files there."""

    def __init__(self, world: World, host: Host, folder: str) -> None:
        self.world, self.host, self.folder = world, host, folder
        self.recordings: list[Recording] = []
        self.histories: dict[int, list[History]] = {}
        """By inode number; a number that is used again has several."""
        self.spoiled: dict[int, int] = {}
        """Files that a power cut has left with other bytes: their inodes, and the size that each then had."""
        if world.engine.recorder is not None:
            world.engine.recorder.subscribe(self._see)
        self._drawn = world.engine.choices.draw(1 << 32, stream="films", site=host.name, label="seed")

    def __repr__(self) -> str:
        return f"<camera at {self.folder}: {len(self.recordings)} recordings, {len(self.busy())} under way>"

    def path(self, name: str) -> str:
        return f"{self.folder}/{name}"

    def seed_of(self, name: str, seed: int) -> int:
        """What a film is made of follows from the run, its name and its own seed."""
        number = self._drawn << 16 | seed & 0xFFFF
        for letter in name.encode():
            number = (number * 1_000_003 ^ letter) & (1 << 62) - 1
        return number

    # --- recorders ------------------------------------------------------------------------------------

    def record(self, name: str, film: Film | None = None, *, to: str = "") -> Recording:
        """Start a recorder; `to` is the name that its file gets at the end."""
        made = Recording(self, name, film or Film(), to)
        made.service = self.host.run(made.run, name=f"record {name}", restart=NEVER)
        self.recordings.append(made)
        return made

    def busy(self) -> list[str]:
        """The names of what is still being recorded."""
        return [each.name for each in self.recordings if each.service is not None and each.service.running]

    # --- single acts ------------------------------------------------------------------------------------

    async def act(self, act: Callable[[], object]) -> None:
        """Do something on the disk, as a program of the host."""
        code = await self.host.run(act, name="files").wait()
        if code:
            raise Misuse(f"an act on {self.folder} ended with status {code}")

    async def put(self, name: str, data: bytes) -> None:
        """A whole file at once, in the place of what is there: a new file that is moved into place."""

        def put() -> None:
            os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
            pen = Pen(self, self.path(f".{os.path.basename(name)}.part"))
            pen.write(data)
            pen.close()
            os.rename(self.path(f".{os.path.basename(name)}.part"), self.path(name))

        await self.act(put)

    async def append(self, name: str, data: bytes) -> None:
        await self._with(name, lambda pen: pen.write(data))

    async def patch(self, name: str, at: int, data: bytes) -> None:
        """Write over what is there."""
        await self._with(name, lambda pen: pen.write(data, at))

    async def truncate(self, name: str, size: int) -> None:
        await self._with(name, lambda pen: pen.truncate(size))

    def write_now(self, name: str, data: bytes, at: int | None = None) -> None:
        """What a program on the host that writes to a file does."""
        pen = Pen(self, self.path(name), anew=False)
        pen.write(data, at)
        pen.close()

    async def _with(self, name: str, act: Callable[[Pen], object]) -> None:
        def on_it() -> None:
            pen = Pen(self, self.path(name), anew=False)
            act(pen)
            pen.close()

        await self.act(on_it)

    async def delete(self, name: str) -> None:
        await self.act(lambda: self.delete_now(name))

    def delete_now(self, name: str) -> None:
        """What a program on the host that deletes a file does."""
        os.unlink(self.path(name))

    async def rename(self, name: str, to: str) -> None:
        await self.act(lambda: os.rename(self.path(name), self.path(to)))

    # --- what was written -----------------------------------------------------------------------------

    def history_of(self, inode: int, *, anew: bool) -> History:
        """The history of a file; one that begins empty with a number that was used before is another file."""
        known = self.histories.setdefault(inode, [])
        if not known or (anew and known[-1].acts):
            known.append(History(inode))
        return known[-1]

    def _see(self, event: Event) -> None:
        """After a power cut files hold what the disk has kept: that is one more state of each, and no recorder's."""
        if event.kind != "fs.crash" or event.host != self.host.name:
            return
        for inode in self.host.disks[0].paths():
            if isinstance(inode, File) and inode.number in self.histories:
                history, held = self.histories[inode.number][-1], inode.content.read(0, inode.size)
                if history.content() != held:
                    history.acts += [(0, None), (0, held)]
                    self.spoiled[inode.number] = inode.size

    def recorded(self, name: str) -> bytes:
        """What the file at a name holds, as far as recorders know."""
        disk = self.host.disks[0]
        found = [inode.number for inode, path in disk.paths().items() if path == f"/{name}"]
        if not found:
            raise Misuse(f"there is no {name} in {self.folder}")
        return self.histories[found[0]][-1].content()

    def was_once(self, inode: int, data: bytes) -> bool:
        """Whether a file with that number ever was exactly this."""
        return any(history.was_once(data) for history in self.histories.get(inode, ()))
