"""Files of a simulated program are its host's: the machine can be read, not written, and does not show through."""

import errno
import io
import os
import stat
import tempfile
from collections.abc import Callable
from os import listdir as early_listdir
from os import stat as early_stat
from pathlib import Path
from typing import Any

import pytest

from simulator.errors import Unsupported
from tests.support.processes import OneHost


@pytest.fixture
def one() -> OneHost:
    found = OneHost()
    found.host.mount("/media")
    found.host.mount("/var/lib/nowhere/app")
    return found


def error_of(act: Callable[..., object], *args: Any, **options: Any) -> tuple[str, str]:
    try:
        act(*args, **options)
    except OSError as error:
        return errno.errorcode[error.errno or 0], str(error)
    return "none", ""


def test_outside_a_simulation_every_door_is_the_function_it_was(one: OneHost, tmp_path: Path) -> None:
    path = tmp_path / "file"

    path.write_text("real")

    assert (path.read_text(), os.listdir(tmp_path), os.path.exists("/media/none")) == ("real", ["file"], False)
    with open(path, "rb", buffering=0) as raw:
        assert type(raw) is io.FileIO
    assert early_stat(path).st_size == 4


def test_functions_that_were_imported_early_are_simulated_as_well(one: OneHost) -> None:
    def program() -> tuple[list[str], int]:
        Path("/media/a").write_bytes(b"12345")
        return early_listdir("/media"), early_stat("/media/a").st_size

    assert one.run(program) == (["a"], 5)


def test_the_machine_can_be_read_and_its_folders_are_listed_in_order(one: OneHost, tmp_path: Path) -> None:
    for name in "gfedcba":
        (tmp_path / name).write_text(name)

    def program() -> object:
        with os.scandir(tmp_path) as entries:
            scanned = [(entry.name, entry.is_file(), entry.stat().st_size) for entry in entries]
        number = os.open(tmp_path / "a", os.O_RDONLY)
        read = os.read(number, 9), os.fstat(number).st_size
        os.close(number)
        os.chdir(tmp_path)
        with open("b") as file:
            near = file.read(), file.name, os.getcwd(), os.path.exists("c")
        return scanned, os.listdir(tmp_path), read, near

    assert one.run(program) == (
        [(name, True, 1) for name in "abcdefg"],
        list("abcdefg"),
        (b"a", 1),
        ("b", "b", str(tmp_path), True),
    )


def test_nothing_of_the_machine_can_be_changed(one: OneHost, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("kept")

    def program() -> dict[str, str]:
        acts: dict[str, Callable[[], object]] = {
            "open": lambda: file.open("w"),
            "open new": lambda: Path(tmp_path, "new").open("x"),  # noqa: SIM115 - it is refused.
            "append": lambda: file.open("a"),
            "os.open": lambda: os.open(tmp_path / "new", os.O_CREAT | os.O_WRONLY),
            "unlink": lambda: os.unlink(file),
            "rename": lambda: os.rename(file, tmp_path / "other"),
            "mkdir": lambda: os.mkdir(tmp_path / "new"),
            "rmdir": lambda: os.rmdir(tmp_path),
            "link": lambda: os.link(file, tmp_path / "new"),
            "symlink": lambda: os.symlink("file", tmp_path / "new"),
            "chmod": lambda: os.chmod(file, 0o600),
            "utime": lambda: os.utime(file),
            "truncate": lambda: os.truncate(file, 0),
            "mkstemp": lambda: tempfile.mkstemp(dir=tmp_path),
            "write": lambda: os.write(os.open(file, os.O_RDONLY), b"x"),
        }
        return {name: error_of(act)[0] for name, act in acts.items()}

    found = one.run(program)

    assert found == {name: "EBADF" if name == "write" else "EROFS" for name in found}
    assert (file.read_text(), [path.name for path in tmp_path.iterdir()]) == ("kept", ["file"])
    assert one.trace.count("guard.refused") == 14


def test_a_refusal_names_the_path_the_mounts_and_the_option(one: OneHost) -> None:
    name, text = one.run(lambda: error_of(open, "/usr/share/new.txt", "w"))

    assert name == "EROFS"
    assert text == (
        "[Errno 30] Read-only file system: /usr/share/new.txt lies outside the mounts of host 'main' "
        "(/media, /var/lib/nowhere/app); `--mount /usr/share` gives it a disk: '/usr/share/new.txt'"
    )


def test_folders_that_lead_to_a_mount_exist(one: OneHost) -> None:
    def program() -> object:
        os.makedirs("/var/lib/nowhere/app/deep/er", exist_ok=True)
        os.makedirs("/var/lib/nowhere", exist_ok=True)
        walked = [where for where, _, _ in os.walk("/var/lib/nowhere")]
        found = Path("/var/lib/nowhere").is_dir(), os.listdir("/var/lib/nowhere"), "media" in os.listdir("/")
        return walked, found, error_of(os.mkdir, "/var/lib/nowhere")[0], error_of(os.mkdir, "/var/lib/nowhere/x")[0]

    top = "/var/lib/nowhere"
    walked = [top, f"{top}/app", f"{top}/app/deep", f"{top}/app/deep/er"]
    assert one.run(program) == (walked, (True, ["app"], True), "EEXIST", "EROFS")


def test_the_devices_that_programs_count_on_are_there(one: OneHost) -> None:
    def program() -> tuple[tuple[int | None, ...], bytes, str, bool]:
        with open("/dev/null", "r+b", buffering=0) as null, open("/dev/zero", "rb", buffering=0) as zero:
            plain = null.write(b"gone"), len(null.read(5)), zero.read(3).count(0)
        with open("/dev/urandom", "rb", buffering=0) as random:
            drawn = random.read(8)
        full = error_of(os.write, os.open("/dev/full", os.O_WRONLY), b"x")[0]
        return plain, drawn, full, stat.S_ISCHR(os.fstat(os.open("/dev/null", os.O_RDWR)).st_mode)

    plain, drawn, full, is_device = one.run(program)
    again = OneHost().run(lambda: os.read(os.open("/dev/urandom", os.O_RDONLY), 8))

    assert (plain, full, is_device) == ((4, 0, 3), "ENOSPC", True)
    assert drawn == again


def test_descriptors_are_numbered_from_a_thousand_and_used_again(one: OneHost) -> None:
    def program() -> list[int]:
        numbers = [os.open("/media/a", os.O_CREAT | os.O_RDWR) for _ in range(3)]
        os.close(numbers[1])
        with open("/etc/passwd") as real:
            assert real.fileno() < 1000
        return [*numbers, os.dup(numbers[0]), os.open("/etc/passwd", os.O_RDONLY), os.dup2(numbers[0], 1500)]

    assert one.run(program) == [1000, 1001, 1002, 1001, 1003, 1500]


def test_a_program_that_leaks_descriptors_runs_out_of_them(one: OneHost) -> None:
    def program() -> str:
        while True:
            name, _ = error_of(os.open, "/media/a", os.O_CREAT)
            if name != "none":
                return name

    assert one.run(program) == "EMFILE"


def test_the_default_encoding_does_not_follow_the_machine(one: OneHost, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("locale.getencoding", lambda: "latin-1")

    def program() -> object:
        Path("/media/a").write_text("grün")
        with open("/media/a") as simulated, open("/etc/passwd") as real:
            return simulated.encoding, Path("/media/a").read_bytes(), real.encoding

    assert one.run(program) == ("UTF-8", "grün".encode(), "UTF-8")


def test_what_is_not_simulated_says_so_by_name(one: OneHost) -> None:
    def program() -> list[str]:
        Path("/media/a").touch()
        doors: list[Callable[[], object]] = [
            lambda: os.mkfifo("/media/pipe"),
            lambda: os.chroot("/media"),
            lambda: os.memfd_create("x"),
            lambda: io.FileIO("/media/a"),
        ]
        found = []
        for door in doors:
            with pytest.raises(Unsupported) as caught:
                door()
            found.append(caught.value.door)
        return found

    assert one.run(program) == ["os.mkfifo", "os.chroot", "os.memfd_create", "io.FileIO"]


def test_a_new_program_starts_with_its_own_umask_and_folder(one: OneHost) -> None:
    def first() -> object:
        os.chdir("/media")
        return os.umask(0o077), os.getcwd()

    def second() -> object:
        os.close(os.open("/media/made", os.O_CREAT, 0o666))
        return oct(os.stat("/media/made").st_mode), os.getcwd()

    assert (one.run(first), one.run(second)) == ((0o022, "/media"), ("0o100644", "/"))
