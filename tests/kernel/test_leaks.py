"""A leak of each kind, planted in a small program, is simulated, refused with name and place, or found by `check`.

A real machine would show through each: its clock, its entropy, its heap, its threads, sockets and programs, its disk,
its environment.
"""

import _socket
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from os import urandom
from pathlib import Path
from textwrap import dedent
from typing import Any
from uuid import uuid4

import pytest

from simulator import simulate
from simulator.errors import Unsupported
from simulator.kernel.interpose import redirect
from tests.support.inside import ROOT, fresh, simulated, told


class Plain:
    """Hashed by identity."""


def order_of_a_set() -> list[int]:
    held = [Plain() for _ in range(20)]
    return [held.index(one) for one in set(held)]


def listing() -> list[str]:
    """What a folder of the machine has in it, in the order in which it is told."""
    return os.listdir(os.path.dirname(json.__file__))


SIMULATED: dict[str, Callable[[], Any]] = {
    "datetime.now through an early import": lambda: datetime.now().isoformat(),
    "uuid4": lambda: str(uuid4()),
    "os.urandom": lambda: urandom(16),
    "a set of objects": order_of_a_set,
}


@pytest.mark.parametrize("kind", SIMULATED)
def test_what_would_differ_from_run_to_run_follows_from_the_seed(kind: str) -> None:
    first = told(SIMULATED[kind], seed=1)

    assert told(SIMULATED[kind], seed=1) == first
    assert told(SIMULATED[kind], seed=2) != first


def test_the_order_of_a_folder_is_not_the_disks() -> None:
    assert told(listing) == sorted(listing())


@pytest.mark.parametrize("number", range(3))
def test_environment_locale_and_zone_of_the_machine_do_not_show(number: int, tmp_path: Path) -> None:
    source = """
        import datetime, locale, os, time
        print(dict(os.environ), os.path.expanduser("~"), locale.getlocale(), locale.strxfrm("Zz"), time.tzname)
        print(datetime.datetime.fromtimestamp(0), open(__file__).encoding)
    """
    machines = [{"TZ": "Asia/Tokyo"}, {"LC_ALL": "POSIX", "PYTHONUTF8": "0"}, {"SECRET_OF_MINE": "1", "HOME": "/x"}]

    assert fresh(source, tmp_path, env=machines[number]).said == fresh(source, tmp_path).said


# The doors of C behind our own: what code that came round them would call.
REFUSED: dict[str, Callable[[], Any]] = {
    "socket.__new__": lambda: _socket.socket(),
    "os.posix_spawn": lambda: past("posix.posix_spawn")("/bin/true", ["true"], {}),
    "open": lambda: past("posix.open")("/tmp/leak", os.O_CREAT | os.O_WRONLY),
    "os.putenv": lambda: past("posix.putenv")("LEAK", "1"),
    "socket.getaddrinfo": lambda: past("_socket.getaddrinfo")("localhost", 80),
}


if sys.version_info >= (3, 12):  # Before, CPython did not announce threads.
    REFUSED["_thread.start_new_thread"] = lambda: past("_thread.start_new_thread")(print, ())


def past(name: str) -> Callable[..., Any]:
    """The real function behind a door."""
    module, _, function = name.partition(".")
    return redirect.original(getattr(__import__(module), function))


@pytest.mark.parametrize("door", REFUSED)
def test_what_comes_round_a_door_is_refused_with_name_and_place(door: str) -> None:
    def program() -> str:
        try:
            REFUSED[door]()
        except Unsupported as error:
            return str(error)
        return "it leaked"

    run = simulated(program)

    assert isinstance(run.value, str)
    assert run.value.startswith(door)
    assert re.search(r"called at test_leaks\.py:\d+", run.value), run.value
    (event,) = run.trace.of("guard.refused").events
    assert event.fields["where"].startswith("test_leaks.py:")


def test_a_thread_is_simulated() -> None:
    import threading

    def program() -> Any:
        idents: list[int] = []
        thread = threading.Thread(target=lambda: idents.append(threading.get_ident()))
        thread.start()
        thread.join()
        return idents, threading.active_count()

    before = threading.active_count()

    assert told(program) == told(program)
    assert threading.active_count() == before


def test_a_socket_reaches_nobody_outside() -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as real:

        def program() -> str:
            try:
                socket.create_connection(real.getsockname(), timeout=1)
            except OSError as error:
                return type(error).__name__
            return "it leaked"

        assert told(program) == "ConnectionRefusedError"


def test_a_program_of_the_machine_is_not_there() -> None:
    def program() -> str:
        try:
            subprocess.run([sys.executable, "-c", "pass"], check=False)
        except OSError as error:
            return type(error).__name__
        return "it leaked"

    assert told(program) == "FileNotFoundError"


def test_a_write_outside_the_mounts_is_refused_and_told(tmp_path: Path) -> None:
    async def program() -> None:
        (tmp_path / "leak").write_text("leaked")

    run = simulate(program, mounts=("/data",))

    assert "lies outside the mounts" in run.outcome.message
    assert run.trace.of("guard.refused").count() == 1
    assert list(tmp_path.iterdir()) == []


def test_an_order_that_follows_addresses_is_found_by_check(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(
        dedent("""
            from zlib import crc32
            class Plain: pass
            held = [Plain() for _ in range(50)]
            print("the same")
            print(sorted(range(50), key=lambda nth: crc32(b"%d" % id(held[nth]))))
        """)
    )
    command = [sys.executable, "-m", "simulator", "check", "--seeds", "1", "--perturb", "heap,environ", "program.py"]

    done = subprocess.run(
        command, cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False
    )

    assert done.returncode == 5, done.stdout + done.stderr
    assert re.search(r"event \d+ differs in text", done.stdout)
    assert "proc.stdout" in done.stdout
    assert "the same" in done.stdout  # What came just before tells where the program was.
