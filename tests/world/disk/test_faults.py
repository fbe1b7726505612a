"""Every operation of a disk passes one gate, where it can fail, be cut short, be delayed or be lied about."""

import os
from errno import EIO, ENOSPC
from typing import Any

import pytest

from simulator.world.disk import Disk, DiskSettings, MountTable, Verdict, cat
from simulator.world.disk.openfile import OpenFile
from simulator.world.disk.verdict import OPS


class Bench:
    """A disk at /media whose gate answers by the operation's name, and which remembers what it was asked."""

    def __init__(self, settings: DiskSettings | None = None, **verdicts: Verdict) -> None:
        self.asked: list[tuple[str, str, int]] = []
        self.events: list[tuple[str, dict[str, Any]]] = []
        self.waited: list[int] = []
        self.verdicts = verdicts
        self.disk = Disk(
            settings=settings or DiskSettings(),
            gate=self._gate,
            emit=lambda kind, **fields: self.events.append((kind, fields)),
            wait=self.waited.append,
        )
        self.files = MountTable()
        self.files.mount("/media", self.disk)

    def _gate(self, op: str, path: str, size: int) -> Verdict | None:
        self.asked.append((op, path, size))
        return self.verdicts.get(op)

    def open(self, path: str = "/media/a", flags: int = os.O_RDWR | os.O_CREAT) -> OpenFile:
        file = self.files.open(path, "/", flags, 0o644)
        assert isinstance(file, OpenFile)
        return file


def test_every_operation_asks_by_its_name() -> None:
    bench = Bench()
    files = bench.files
    file = bench.open()
    file.write(b"12345")
    file.pread(5, 0)
    file.truncate(1)
    file.allocate(0, 10)
    file.sync()
    files.stat("a", "/media")
    files.listing("/media", "/")
    files.mkdir("/media/d", "/", 0o755)
    files.rmdir("/media/d", "/")
    files.link("/media/a", "/", "/media/b", "/")
    files.rename("/media/b", "/", "/media/c", "/")
    files.unlink("/media/c", "/")
    files.symlink("a", "/media/s", "/")
    files.readlink("/media/s", "/")
    files.chmod("/media/a", "/", 0o600)
    files.utime("/media/a", "/", None)

    assert {op for op, _, _ in bench.asked} == set(OPS)
    assert ("write", "/media/a", 5) in bench.asked


def test_a_refused_operation_does_nothing() -> None:
    bench = Bench(mkdir=Verdict(errno=ENOSPC), rename=Verdict(errno=EIO))
    bench.open("/media/a")

    with pytest.raises(OSError, match="No space left"):
        bench.files.mkdir("/media/d", "/", 0o755)
    with pytest.raises(OSError, match="Input/output"):
        bench.files.rename("/media/a", "/", "/media/b", "/")

    assert list(bench.disk.root.entries) == ["a"]
    assert (
        "fault.hit",
        {"fault": "disk", "target": "/media/d", "operation": "mkdir", "verdict": "ENOSPC"},
    ) in bench.events


def test_short_reads_and_writes_say_how_much_they_did() -> None:
    bench = Bench(write=Verdict(bytes_max=3), read=Verdict(bytes_max=2))
    file = bench.open()

    assert file.write(b"hello") == 3
    assert file.pread(5, 0) == b"he"


def test_a_torn_write_stores_its_beginning_and_fails() -> None:
    bench = Bench(write=Verdict(bytes_max=3, errno=EIO))

    with pytest.raises(OSError, match="Input/output"):
        bench.open().write(b"hello")

    assert cat(bench.disk, "/a") == b"hel"


def test_a_lost_write_is_acknowledged_and_not_stored() -> None:
    bench = Bench(write=Verdict(lost=True))
    file = bench.open()

    assert file.write(b"hello") == 5
    assert cat(bench.disk, "/a") == b""
    assert file.offset == 5


def test_latency_is_waited_out_before_anything_happens() -> None:
    bench = Bench(write=Verdict(latency_ns=7))
    bench.disk.latency = lambda op, size: 1000 + size if op == "write" else 0
    file = bench.open()
    seen: list[bytes] = []

    def wait(delay_ns: int) -> None:
        bench.waited.append(delay_ns)
        seen.append(cat(bench.disk, "/a"))

    bench.disk.wait = wait
    file.write(b"hello")

    assert (bench.waited, seen) == ([1012], [b""])


def test_what_changes_while_an_operation_waits_is_looked_up_again() -> None:
    bench = Bench(unlink=Verdict(latency_ns=5))
    bench.open("/media/a")

    def wait(delay_ns: int) -> None:
        del bench.disk.root.entries["a"]

    bench.disk.wait = wait

    with pytest.raises(FileNotFoundError):
        bench.files.unlink("/media/a", "/")


def test_a_full_disk_takes_what_fits_and_then_nothing() -> None:
    bench = Bench(DiskSettings(capacity_bytes=10 * 4096))
    file = bench.open()

    assert file.write(b"x" * 50_000) == 10 * 4096
    with pytest.raises(OSError, match="No space left"):
        file.write(b"y")
    with pytest.raises(OSError, match="No space left"):
        bench.files.mkdir("/media/d", "/", 0o755)
    assert file.pwrite(b"over", 0) == 4  # What has its room can be written over.
    file.truncate(0)
    assert bench.files.statvfs("/media", "/").f_bfree == 10
    assert file.pwrite(b"z", 0) == 1


def test_room_comes_back_when_the_last_holder_of_an_unlinked_file_closes_it() -> None:
    bench = Bench(DiskSettings(capacity_bytes=10 * 4096))
    file = bench.open()
    file.write(b"x" * 8192)
    bench.files.unlink("/media/a", "/")

    held = bench.disk.blocks_used
    file.close()

    assert (held, bench.disk.blocks_used) == (2, 0)
