"""A leak of each kind, planted behind the doors that would simulate it, is found by `check`, which names its line.

`tests/kernel/test_leaks.py` shows the doors themselves: what the same call gives when it comes through them. Here a
program goes around them, as a library written in C might do.
"""

import glob
import os
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.command import soundstage
from tests.support.inside import simulated, told

PROGRAM = """
import ctypes, os, posix, time, uuid, zlib
from simulator.kernel.interpose.redirect import original

libc = ctypes.CDLL(None)
libc.setlocale.restype = ctypes.c_char_p

class Slotted:
    __slots__ = ()

held = [Slotted() for _ in range(60)]

def leak():
    return {leak}

print("before")
print(leak())
"""
LINE = 17  # Where what has leaked first shows.

LEAKS = {
    "the real clock": ("original(time.time)()", "zone"),
    "os.urandom": ("original(os.urandom)(8)", "garbage"),
    "uuid4": ("uuid.UUID(bytes=original(os.urandom)(16), version=4)", "folder"),
    "a set of objects": ("[held.index(one) for one in set(held)]", "heap"),
    "the order of id()": ("sorted(range(60), key=lambda nth: zlib.crc32(b'%d' % id(held[nth])))", "heap"),
    "environment": ("list(posix.environ)", "environ"),
    "locale": ("libc.setlocale(6, b'')", "environ"),
    "the order of a directory": ("original(os.listdir)('.')", "folder"),
    "a set of strings": ("{'a', 'set', 'of', 'some', 'words'}", "hashes"),
}


@pytest.mark.parametrize("kind", LEAKS)
def test_what_goes_around_the_doors_is_found_and_located(kind: str, tmp_path: Path) -> None:
    leak, perturbation = LEAKS[kind]
    (tmp_path / "program.py").write_text(PROGRAM.format(leak=leak))

    done = soundstage("check", "--seeds", "1", "--perturb", perturbation, "program.py", cwd=tmp_path)

    assert done.code == 5, done.out + done.err
    assert re.search(r"event \d+ differs in text", done.out)
    assert f"program.py:{LINE}" in done.out
    assert "before" in done.out  # The events before it tell where the program was.


# --- what the machine tells by files --------------------------------------------------------------------------


@pytest.fixture
def crowd(tmp_path: Path) -> Path:
    """A folder of the machine with many names, whose order on its disk is anybody's guess."""
    for name in ("zebra", "yak", "wolf", "vole", "urial", "tapir", "seal", "quail", "puma", "otter", "newt", "mole"):
        (tmp_path / f"{name}.txt").touch()
    return tmp_path


LISTINGS: dict[str, Callable[[Path], list[str]]] = {
    "os.listdir": os.listdir,
    "os.scandir": lambda folder: [entry.name for entry in os.scandir(folder)],
    "os.walk": lambda folder: next(os.walk(folder))[2],
    "glob": lambda folder: [os.path.basename(path) for path in glob.glob(f"{folder}/*")],
    "Path.iterdir": lambda folder: [path.name for path in folder.iterdir()],
    "Path.glob": lambda folder: [path.name for path in folder.glob("*.txt")],
}


@pytest.mark.parametrize("how", LISTINGS)
def test_a_folder_of_the_machine_is_listed_in_one_order(how: str, crowd: Path) -> None:
    found = told(lambda: LISTINGS[how](crowd), mounts=("/data",))

    assert found == sorted(path.name for path in crowd.iterdir())


@pytest.mark.parametrize(
    "path", ["/proc/uptime", "/proc/self/stat", "/proc/sys/kernel/random/uuid", "/sys/devices", "/usr/../proc/meminfo"]
)
def test_what_the_machines_kernel_tells_by_files_is_not_there(path: str) -> None:
    def program() -> list[Any]:
        seen: list[Any] = [os.path.exists(path), os.access(path, os.R_OK)]
        for look in (open, os.stat, os.listdir, lambda name: os.open(name, os.O_RDONLY)):
            try:
                seen.append(look(path))
            except OSError as error:
                seen.append((type(error).__name__, error.filename))
        return seen

    found = simulated(program, mounts=("/data",))

    assert found.value == [False, False, *[("FileNotFoundError", path)] * 4]
    assert {event.fields["error"] for event in found.trace.of("guard.refused").events} == {"ENOENT"}


def test_room_on_the_machines_disks_is_the_same_everywhere() -> None:
    assert told(lambda: shutil.disk_usage("/usr")) == (64 << 30, 32 << 30, 32 << 30)


def test_the_command_line_of_the_interpreter_is_the_programs() -> None:
    assert told(lambda: (sys.argv, sys.orig_argv)) == (["program"], ["python", "program"])


def test_a_write_outside_the_mounts_names_the_file_and_the_door(tmp_path: Path) -> None:
    def program() -> str:
        try:
            (tmp_path / "leak").write_text("leaked")
        except OSError as error:
            return str(error)
        return "it leaked"

    found = simulated(program, mounts=("/data",))

    assert str(tmp_path / "leak") in str(found.value)
    (event,) = found.trace.of("guard.refused").events
    assert event.fields["door"] == f"os.open {tmp_path / 'leak'}"
    assert event.fields["where"].startswith("test_planted_leaks.py:")
    assert list(tmp_path.iterdir()) == []
