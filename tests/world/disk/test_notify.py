"""Watches belong to inodes, queues are bounded, and a power cut ends it all without a word."""

import os

import pytest

from simulator.world.disk import Disk, Inotify, MountTable, Notice
from simulator.world.disk.notify import DEFAULT_MASK


class Bench:
    """A disk at /media and one inotify instance that watches a folder of it."""

    def __init__(self, *, queue_max: int = 16_384) -> None:
        self.disk = Disk()
        self.files = MountTable()
        self.files.mount("/media", self.disk)
        self.files.mkdir("/media/in", "/", 0o755)
        self.woken = 0
        self.changes = Inotify(queue_max=queue_max, on_ready=self._ready)
        self.wd = self.files.watch(self.changes, "/media/in")

    def _ready(self) -> None:
        self.woken += 1

    def touch(self, path: str) -> None:
        self.files.open(path, "/", os.O_CREAT | os.O_WRONLY, 0o644).close()

    def kinds(self) -> list[tuple[str, str]]:
        return [(notice.kind, notice.name) for notice in self.changes.read()]


def test_a_new_file_is_created_opened_and_closed() -> None:
    bench = Bench()

    bench.touch("/media/in/a")

    assert bench.kinds() == [("create", "a"), ("open", "a"), ("close_write", "a")]
    assert bench.woken == 1


def test_a_rename_is_two_notices_with_one_cookie() -> None:
    bench = Bench()
    bench.touch("/media/in/a")
    bench.touch("/media/out")
    bench.changes.read()

    bench.files.rename("/media/in/a", "/", "/media/in/b", "/")
    bench.files.rename("/media/out", "/", "/media/in/c", "/")

    first, second, third = bench.changes.read()
    assert (first.kind, first.name, second.kind, second.name) == ("moved_from", "a", "moved_to", "b")
    assert first.cookie == second.cookie != third.cookie
    assert third.kind == "moved_to"


def test_equal_notices_in_a_row_become_one() -> None:
    bench = Bench()
    file = bench.files.open("/media/in/a", "/", os.O_CREAT | os.O_WRONLY, 0o644)
    for _ in range(100):
        file.write(b"more")

    assert bench.kinds() == [("create", "a"), ("open", "a"), ("modify", "a")]


def test_a_full_queue_says_so_once_and_loses_the_rest() -> None:
    bench = Bench(queue_max=4)

    for number in range(10):
        bench.touch(f"/media/in/{number}")

    assert [notice.kind for notice in bench.changes.read()] == ["create", "open", "close_write", "create", "overflow"]
    assert bench.changes.overflows == 1
    bench.touch("/media/in/later")
    assert bench.kinds() == [("create", "later"), ("open", "later"), ("close_write", "later")]


def test_a_watched_folder_that_is_renamed_stays_watched_and_its_old_name_does_not() -> None:
    bench = Bench()
    bench.files.rename("/media/in", "/", "/media/moved", "/")
    bench.files.mkdir("/media/in", "/", 0o755)
    assert bench.kinds() == [("move_self", "")]

    bench.touch("/media/in/unseen")
    bench.touch("/media/moved/seen")

    assert {name for _, name in bench.kinds()} == {"seen"}


def test_a_watched_folder_that_is_removed_and_made_again_is_silent_for_ever() -> None:
    bench = Bench()

    bench.files.rmdir("/media/in", "/")
    bench.files.mkdir("/media/in", "/", 0o755)
    bench.touch("/media/in/a")

    assert bench.kinds() == [("delete_self", ""), ("ignored", "")]
    assert bench.changes.watches == {}


def test_a_write_by_another_name_is_told_where_that_name_is() -> None:
    bench = Bench()
    bench.touch("/media/in/a")
    bench.files.link("/media/in/a", "/", "/media/other", "/")
    bench.changes.read()

    bench.files.open("/media/other", "/", os.O_WRONLY).write(b"x")

    assert bench.kinds() == []


def test_adding_a_watch_again_changes_its_mask() -> None:
    bench = Bench()

    assert bench.files.watch(bench.changes, "/media/in", mask={"delete"}) == bench.wd

    bench.touch("/media/in/a")
    bench.files.unlink("/media/in/a", "/")
    assert bench.kinds() == [("delete", "a")]


def test_a_removed_watch_says_ignored_and_a_closed_instance_nothing() -> None:
    bench = Bench()
    bench.changes.remove(bench.wd)
    assert bench.changes.read() == [Notice(bench.wd, "ignored")]
    with pytest.raises(OSError, match="Invalid argument"):
        bench.changes.remove(bench.wd)

    bench.files.watch(bench.changes, "/media/in")
    bench.changes.close()
    bench.touch("/media/in/a")

    assert bench.changes.read() == []


def test_a_power_cut_ends_all_watches_without_a_word() -> None:
    bench = Bench()

    bench.disk.crash()
    bench.touch("/media/in/a")

    assert bench.changes.read() == []
    assert bench.changes.watches == {}


def test_there_is_a_limit_on_watches() -> None:
    bench = Bench()
    bench.changes.watches_max = 1

    with pytest.raises(OSError, match="No space left"):
        bench.files.watch(bench.changes, "/media")


def test_what_the_watcher_of_watchfiles_asks_for_leaves_reading_out() -> None:
    assert "open" in DEFAULT_MASK
    assert not {"access", "close_nowrite"} & DEFAULT_MASK
