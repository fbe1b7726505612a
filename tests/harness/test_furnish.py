"""A host gets its disks, and sees of the machine what it is shown, wherever that lies."""

import os
from pathlib import Path

import pytest

from simulator import Misuse
from simulator.harness.furnish import furnish, make_folders, must_be_mountable
from simulator.kernel.choices import Choices
from simulator.kernel.engine import Engine
from simulator.kernel.ports import OutsideMounts
from simulator.trace.recorder import Recorder
from simulator.world.host import Host
from simulator.world.world import World


def a_host() -> Host:
    return World(Engine(choices=Choices.from_seed(1), recorder=Recorder())).host("host")


def outside(host: Host, path: str, base: str = "/") -> str:
    """Where the machine is to look for a path."""
    with pytest.raises(OutsideMounts) as error:
        host.files.place(path, base)
    return str(error.value)


def test_a_folder_of_the_machine_shows_deep_under_a_mount_and_is_listed_nowhere() -> None:
    host = a_host()

    furnish(host, mounts=[("/tmp", "")], visible=["/tmp/work/.deep/app"])

    assert outside(host, "/tmp/work/.deep/app/lib/x.py") == "/tmp/work/.deep/app/lib/x.py"
    assert outside(host, "x.py", "/tmp/work/.deep/app") == "/tmp/work/.deep/app/x.py"
    assert host.files.listing("/tmp", "/") == []
    for hidden in ("/tmp/work", "/tmp/work/.deep", "/tmp/work/.deep/other"):
        with pytest.raises(FileNotFoundError):
            host.files.stat(hidden, "/")


def test_what_is_shown_does_not_change_what_the_disk_says_of_itself() -> None:
    shown, plain = a_host(), a_host()
    furnish(shown, mounts=[("/tmp", "")], visible=["/tmp/a/b/c"])
    furnish(plain, mounts=[("/tmp", "")], visible=[])

    for host in (shown, plain):
        host.files.mkdir("/tmp/new", "/", 0o755)

    assert shown.files.stat("/tmp/new", "/").st_ino == plain.files.stat("/tmp/new", "/").st_ino


def test_a_folder_that_is_mounted_itself_is_not_shown() -> None:
    host = a_host()

    furnish(host, mounts=[("/app", "")], visible=["/app"])

    assert host.files.listing("/app", "/") == []


def test_a_mount_is_filled_in_an_order_that_is_not_the_machines(tmp_path: Path) -> None:
    for name in ("c", "a", "b"):
        (tmp_path / "source" / name).mkdir(parents=True)
        (tmp_path / "source" / name / "file").write_text(name)
    host = a_host()

    furnish(host, mounts=[("/data", str(tmp_path / "source"))], visible=[])

    inodes = [host.files.stat(f"/data/{name}", "/").st_ino for name in "abc"]
    assert inodes == sorted(inodes)
    assert host.files.stat("/data/b/file", "/").st_size == 1


def test_pipes_and_dead_links_in_a_source_are_no_trap(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("nowhere")
    host = a_host()

    furnish(host, mounts=[("/data", str(tmp_path))], visible=[])

    assert host.files.stat("/data/pipe", "/").st_size == 0


def test_folders_are_made_on_disks_only() -> None:
    host = a_host()
    host.mount("/data")

    make_folders(host, "/data/a/b")
    make_folders(host, "/etc/a/b")

    assert [name for name, *_ in map(tuple, host.files.listing("/data", "/"))] == ["a"]


@pytest.mark.parametrize(("mount", "says"), [(("data", ""), "absolute path"), (("/data", "/no/such"), "not a folder")])
def test_what_cannot_be_mounted_is_refused_before_the_run(mount: tuple[str, str], says: str) -> None:
    with pytest.raises(Misuse, match=says):
        must_be_mountable([mount])
