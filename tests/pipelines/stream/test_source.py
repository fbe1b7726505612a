"""A source gives the bytes of a range or says that they are not there; never fewer, and never another file's."""

import asyncio
import hashlib
import os
import zlib
from base64 import b64encode
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.stream.checksums import Checksum, Digests, composite
from pipelines.stream.plan import PartPlan, Range
from pipelines.stream.records import Meta, composite_etag
from pipelines.stream.source import RangeReader, ShortRead, Source, holds_file, look

DATA = bytes(range(256)) * 20_000


@pytest.fixture
def film(tmp_path: Path) -> Path:
    path = tmp_path / "lobby.mp4"
    path.write_bytes(DATA)
    return path


def test_a_range_and_its_digest(film: Path) -> None:
    async def main() -> None:
        async with await Source.open(str(film)) as source:
            span = Range(2, 1_000_001, 3_000_000)
            data, digests = await source.read(span)

            assert data == DATA[span.offset : span.end]
            assert digests == Digests(hashlib.md5(data, usedforsecurity=False).hexdigest())
            assert digests.md5 == await source.digest(span)
            for algorithm in ("crc32", "sha256"):
                read, both = await source.read(span, algorithm)
                assert read == data
                assert both == await source.digests(span, algorithm)
                assert both.md5 == digests.md5
                assert both.checksum
            assert source.seen() == look(str(film))

    asyncio.run(main())


def test_a_range_that_the_file_does_not_have_is_no_shorter_range(film: Path) -> None:
    async def main() -> None:
        async with await Source.open(str(film)) as source:
            os.truncate(film, 100)
            for read in (source.read, source.digest):
                with pytest.raises(ShortRead, match="100 are there"):
                    await read(Range(1, 0, 200))

    asyncio.run(main())


def test_an_open_file_stays_the_same_file_when_another_takes_its_place(film: Path) -> None:
    async def main() -> None:
        async with await Source.open(str(film)) as source:
            other = film.with_name("other")
            other.write_bytes(b"other")
            other.replace(film)

            assert source.seen() != look(str(film))
            assert (await source.read(Range(1, 0, 10)))[0] == DATA[:10]

    asyncio.run(main())


def test_what_is_no_file_is_not_there(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    assert look(str(tmp_path)) is None
    assert look(str(tmp_path / "pipe")) is None
    assert look(str(tmp_path / "nothing")) is None


def test_who_is_cancelled_while_a_file_is_opened_leaves_no_descriptor(film: Path) -> None:
    async def main() -> None:
        before = os.listdir("/proc/self/fd")
        for _ in range(20):
            task = asyncio.create_task(Source.open(str(film)))
            await asyncio.sleep(0)
            task.cancel()
            await asyncio.wait({task})
        await asyncio.sleep(0.1)
        assert len(os.listdir("/proc/self/fd")) == len(before)

    asyncio.run(main())


@given(
    steps=st.lists(
        st.one_of(st.integers(-1, 50).map(lambda n: ("read", n)), st.integers(0, 60).map(lambda n: ("seek", n)))
    )
)
def test_a_range_reads_like_a_file_of_its_own(steps: list[tuple[str, int]]) -> None:
    import io
    import tempfile

    with tempfile.TemporaryFile() as file:
        file.write(DATA[:100])
        file.flush()
        reader, like = RangeReader(file.fileno(), Range(1, 30, 50)), io.BytesIO(DATA[30:80])
        for what, n in steps:
            assert getattr(reader, what)(n) == getattr(like, what)(n)
            assert reader.tell() == like.tell()
        assert len(reader) == 50


def test_a_second_write_in_the_same_step_of_the_clock_does_not_pass_unseen(film: Path) -> None:
    seen = look(str(film))
    assert seen is not None
    plan = PartPlan(1 << 20)
    meta = Meta("x.1-2-1.0", dev=seen.dev, ino=seen.ino, part_plan=plan.name)
    parts = [DATA[span.offset : span.end] for span in plan.ranges_of(len(DATA))]
    etag = composite_etag([hashlib.md5(part, usedforsecurity=False).hexdigest() for part in parts])

    async def main() -> bool:
        comparing = asyncio.create_task(holds_file(str(film), meta, len(DATA), etag, step_s=0.3))
        await asyncio.sleep(0.15)
        with film.open("r+b") as file:
            file.write(b"x")
        os.utime(film, ns=(seen.mtime_ns, seen.mtime_ns))
        return await comparing

    held = asyncio.run(main())

    assert look(str(film)) == seen  # Nothing but its bytes tells of it.
    assert not held


def test_an_object_holds_a_file_if_every_part_does(film: Path) -> None:
    seen = look(str(film))
    assert seen is not None
    plan = PartPlan(1 << 20)
    meta = Meta("x.1-2-1.0", dev=seen.dev, ino=seen.ino, part_plan=plan.name)
    parts = [DATA[span.offset : span.end] for span in plan.ranges_of(len(DATA))]
    etag = composite_etag([hashlib.md5(part, usedforsecurity=False).hexdigest() for part in parts])

    crcs = [b64encode(zlib.crc32(part).to_bytes(4, "big")).decode() for part in parts]
    whole = composite("crc32", crcs)

    def holds(size: int, etag: str, checksum: Checksum | None = None) -> bool:
        return asyncio.run(holds_file(str(film), meta, size, etag, checksum, step_s=0.0))

    assert holds(len(DATA), etag)
    assert not holds(len(DATA) - 1, etag)
    assert not holds(len(DATA), composite_etag(["0" * 32]))
    assert holds(len(DATA), "of no digest", whole)
    assert not holds(len(DATA), "of no digest", composite("crc32", crcs[::-1]))
    with film.open("r+b") as file:
        file.write(b"x")
    assert not holds(len(DATA), etag)
    assert not holds(len(DATA), "of no digest", whole)
