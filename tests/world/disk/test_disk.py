"""A disk gives numbers, orders, times and room as real ones do, and terabytes for nothing."""

import os
from typing import Literal

import pytest

from simulator.errors import Misuse
from simulator.world.disk import Disk, DiskSettings, MountTable, Seeded, cat, ls, tree
from simulator.world.disk.openfile import OpenFile

TIB = 1 << 40


def mounted(disk: Disk) -> MountTable:
    files = MountTable()
    files.mount("/", disk)
    return files


def opened(files: MountTable, path: str, flags: int = os.O_RDWR | os.O_CREAT) -> OpenFile:
    file = files.open(path, "/", flags, 0o644)
    assert isinstance(file, OpenFile)
    return file


def test_a_pattern_of_terabytes_is_stored_copied_and_read_for_nothing() -> None:
    files = mounted(Disk(settings=DiskSettings(capacity_bytes=8 * TIB)))
    film, copy = opened(files, "/film"), opened(files, "/copy")

    film.write_pattern(3 * TIB, Seeded(b"film"))
    film.seek(0, os.SEEK_SET)
    copied = film.copy_to(copy, 3 * TIB, 0, 0)

    assert copied == copy.inode.size == 3 * TIB
    assert copy.pread(16, TIB) == Seeded(b"film").read(TIB, 16)
    assert files.statvfs("/", "/").f_bfree == 2 * TIB // 4096
    with pytest.raises(OSError, match="No space left"):
        copy.allocate(0, 6 * TIB)


def test_blocks_count_what_is_stored_and_not_what_is_hole() -> None:
    files = mounted(Disk())
    file = opened(files, "/sparse")

    file.truncate(TIB)
    file.pwrite(b"x", TIB // 2)
    file.pwrite(b"y" * 5000, 0)

    assert file.stat().st_blocks == (1 + 2) * 8
    file.truncate(4096)
    assert file.stat().st_blocks == 8


@pytest.mark.parametrize(("reuse", "same"), [("never", False), ("lowest", True)])
def test_whether_a_number_comes_again_is_a_setting(reuse: Literal["never", "lowest"], same: bool) -> None:
    files = mounted(Disk(settings=DiskSettings(inode_reuse=reuse)))
    first = opened(files, "/a")
    number = first.stat().st_ino
    files.unlink("/a", "/")

    held = opened(files, "/b").stat().st_ino
    first.close()
    later = opened(files, "/c").stat().st_ino

    assert held != number
    assert (later == number) is same


def test_a_folder_is_listed_in_an_order_of_its_own() -> None:
    names = [f"file{number}" for number in range(20)]

    def order(made: list[str], salt: bytes = b"") -> list[str]:
        files = mounted(Disk(settings=DiskSettings(listing_salt=salt)))
        for name in made:
            opened(files, f"/{name}")
        return [listed.name for listed in files.listing("/", "/")]

    assert order(names) == order(names[::-1])
    assert order(names) != sorted(names)
    assert order(names) != order(names, b"another seed")


def test_times_follow_the_clock_that_was_given() -> None:
    now = [1_000]
    files = mounted(Disk(wall_ns=lambda: now[0]))
    file = opened(files, "/a")
    now[0] = 2_000
    file.write(b"x")
    now[0] = 3_000
    files.chmod("/a", "/", 0o600)
    now[0] = 4_000
    file.pread(1, 0)

    status = file.stat()

    assert (status.st_atime_ns, status.st_mtime_ns, status.st_ctime_ns) == (4_000, 2_000, 3_000)
    assert files.stat("/", "/").st_mtime_ns == 1_000


def test_reading_moves_the_access_time_only_where_that_says_something() -> None:
    now = [10]
    files = mounted(Disk(wall_ns=lambda: now[0]))
    file = opened(files, "/a")
    file.write(b"x")
    reads = []

    for now[0] in (20, 30, 40 + 24 * 3600 * 10**9):
        file.pread(1, 0)
        reads.append(file.stat().st_atime_ns)

    assert reads == [20, 20, 40 + 24 * 3600 * 10**9]


def test_stamps_may_be_coarse() -> None:
    now = [4_999_999]
    files = mounted(Disk(settings=DiskSettings(stamp_grain_ns=4_000_000), wall_ns=lambda: now[0]))

    assert opened(files, "/a").stat().st_mtime_ns == 4_000_000


def test_events_tell_what_was_done_and_a_checksum_of_what_was_written() -> None:
    events: list[tuple[str, dict[str, object]]] = []
    files = mounted(Disk(emit=lambda kind, **fields: events.append((kind, fields))))

    file = opened(files, "/a", os.O_WRONLY | os.O_CREAT)
    file.write(b"hello")
    files.rename("/a", "/", "/b", "/")
    file.sync()

    assert events == [
        ("fs.open", {"path": "/a", "flags": os.O_WRONLY | os.O_CREAT, "created": True}),
        ("fs.write", {"path": "/a", "offset": 0, "bytes": 5, "checksum": "2cf24dba5fb0a30e"}),
        ("fs.rename", {"path": "/a", "to": "/b", "replaced": False}),
        ("fs.fsync", {"path": "/a", "bytes": 5}),
    ]


def test_names_that_are_no_text_are_told_as_escapes() -> None:
    events: list[dict[str, object]] = []
    files = mounted(Disk(emit=lambda kind, **fields: events.append(fields)))

    files.mkdir("/\udcff", "/", 0o755)

    assert events == [{"path": "/\\xff", "mode": 0o755}]


def test_a_disk_can_be_looked_at() -> None:
    disk = Disk("media")
    files = mounted(disk)
    files.mkdir("/parts", "/", 0o755)
    opened(files, "/a.mp4").write(b"12345")
    files.symlink("a.mp4", "/latest", "/")

    assert ls(disk) == ["a.mp4  5", "latest -> a.mp4", "parts/"]
    assert tree(disk) == {"a.mp4": 5, "latest": "-> a.mp4", "parts": {}}
    assert cat(disk, "/a.mp4") == b"12345"
    with pytest.raises(Misuse, match="there is no /b on media"):
        cat(disk, "/b")
    assert repr(disk) == "<disk media: 4 inodes, 8192 bytes used, 1 dirty>"
