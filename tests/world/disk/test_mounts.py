"""A host sees disks at its mount points and the machine elsewhere, whatever path leads there."""

import os
from collections.abc import Callable

import pytest

from simulator.errors import Misuse
from simulator.kernel.ports import OutsideMounts
from simulator.world.disk import Disk, MountTable, ls


def table(*points: str) -> MountTable:
    files = MountTable()
    for point in points:
        files.mount(point, Disk(point))
    return files


def outside(act: Callable[..., object], *args: object) -> str:
    with pytest.raises(OutsideMounts) as caught:
        act(*args)
    return caught.value.text


def test_a_path_under_a_mount_point_is_on_its_disk() -> None:
    files = table("/media", "/var/lib/app")

    files.mkdir("/media/a", "/", 0o755)
    files.mkdir("b", "/var/lib/app", 0o755)

    assert (ls(files.disks()["/media"]), ls(files.disks()["/var/lib/app"])) == (["a/"], ["b/"])


def test_what_leads_out_of_the_mounts_says_where() -> None:
    files = table("/media")
    files.symlink("/usr/lib", "/media/lib", "/")
    files.symlink("../etc", "/media/etc", "/")

    assert outside(files.stat, "/media/../usr//./lib/x", "/") == "/usr/lib/x"
    assert outside(files.stat, "lib/x", "/media") == "/usr/lib/x"
    assert outside(files.stat, "/media/etc/hosts", "/") == "/etc/hosts"
    assert outside(files.listing, "/", "/") == "/"


def test_paths_come_back_into_a_mount_by_any_way() -> None:
    files = table("/media")
    files.mkdir("/media/a", "/", 0o755)
    files.symlink("/media/a", "/media/absolute", "/")

    for path in ("/usr/../media/a", "//media/a", "/media/./a/", "/media/a/../absolute", "/media/absolute/../absolute"):
        assert files.stat(path, "/usr").st_nlink == 2, path


def test_the_machine_shows_where_it_is_let_through_and_disks_where_they_are_put_on_top() -> None:
    files = table("/tmp", "/tmp/shown/cache")
    files.expose("/tmp/shown")

    assert outside(files.stat, "/tmp/shown/lib", "/") == "/tmp/shown/lib"
    assert files.is_outside("/tmp/shown/lib")
    assert not files.is_outside("/tmp/other")
    assert files.stat("/tmp/shown/cache", "/").st_ino == 2
    assert files.stat("/tmp/shown/..", "/").st_dev == files.disks()["/tmp"].device


def test_names_on_the_way_to_a_mount_are_known() -> None:
    files = table("/var/lib/app", "/var/log", "/media")

    assert files.above_mounts("/") == ["media", "var"]
    assert files.above_mounts("/var") == ["lib", "log"]
    assert files.above_mounts("/var/lib/app") is None
    assert files.above_mounts("/usr") is None
    assert not files.is_outside("/var")


def test_files_do_not_move_between_disks() -> None:
    files = table("/a", "/b")
    files.open("/a/file", "/", os.O_CREAT | os.O_WRONLY, 0o644)

    for act in (files.rename, files.link):
        with pytest.raises(OSError, match="Invalid cross-device link"):
            act("/a/file", "/", "/b/file", "/")
        with pytest.raises(OSError, match="Invalid cross-device link"):
            act("/a/file", "/", "/usr/file", "/")
    assert outside(files.rename, "/usr/a", "/", "/usr/b", "/") == "/usr/a"


def test_an_open_folder_is_a_start_that_follows_its_renames() -> None:
    files = table("/media")
    files.mkdir("/media/a", "/", 0o755)
    folder = files.open("/media/a", "/", os.O_RDONLY)

    files.rename("/media/a", "/", "/media/b", "/")
    files.mkdir("inner", folder, 0o755)

    assert folder.where() == "/media/b"
    assert files.stat("/media/b/inner", "/").st_nlink == 2
    assert outside(files.stat, "../..", folder) == "/"


def test_a_removed_folder_is_no_start() -> None:
    files = table("/media")
    files.mkdir("/media/a", "/", 0o755)
    folder = files.open("/media/a", "/", os.O_RDONLY)
    files.rmdir("/media/a", "/")

    with pytest.raises(FileNotFoundError):
        files.mkdir("inner", folder, 0o755)
    with pytest.raises(FileNotFoundError):
        folder.where()


def test_links_in_a_circle_end() -> None:
    files = table("/media")
    files.symlink("b", "/media/a", "/")
    files.symlink("/media/a", "/media/b", "/")

    with pytest.raises(OSError, match="Too many levels of symbolic links"):
        files.stat("/media/a", "/")


def test_a_mount_point_is_one_absolute_path() -> None:
    files = table("/media")

    with pytest.raises(Misuse, match="already"):
        files.mount("/media/", Disk())
    with pytest.raises(Misuse, match="absolute"):
        files.mount("media", Disk())
