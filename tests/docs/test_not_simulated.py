"""The page on what is not simulated is right: each claim is tried, in a program of its own."""

import asyncio
import errno
import re
from collections.abc import Awaitable, Callable
from textwrap import dedent

import pytest

from simulator import World, run, scenario, simulate
from simulator.errors import Unsupported
from tests.support.pages import ROOT

PAGE = (ROOT / "docs/not-simulated.md").read_text(encoding="utf-8")

REFUSED = {
    "os.fork": "import os; os.fork()",
    "os.execv": "import os; os.execv('/bin/true', ['true'])",
    "multiprocessing.Process": "import multiprocessing as m; m.Process(target=print).start()",
    "concurrent.futures.ProcessPoolExecutor": "import concurrent.futures as f; f.ProcessPoolExecutor(1).submit(int)",
    "interpreters.create": """
        import sys
        __import__("_interpreters" if sys.version_info >= (3, 13) else "_xxsubinterpreters").create()
        """,
    "mmap": "import mmap; file = open('/tmp/a', 'w+b'); file.write(b'x'); file.flush(); mmap.mmap(file.fileno(), 1)",
    "os.memfd_create": "import os; os.memfd_create('a')",
    "os.mkfifo": "import os; os.mkfifo('/tmp/a')",
    "os.mknod": "import os, stat; os.mknod('/tmp/a', stat.S_IFIFO)",
    "os.splice": "import os; os.splice(0, 1, 1)",
    "os.lockf": "import os; os.lockf(0, os.F_LOCK, 1)",
    "os.chroot": "import os; os.chroot('/tmp')",
    "os.pathconf": "import os; os.pathconf('/tmp', 'PC_NAME_MAX')",
    "io.FileIO": "import io; open('/tmp/a', 'w').close(); io.FileIO('/tmp/a')",
    "sqlite3.connect": "import sqlite3; sqlite3.connect('/tmp/db')",
    "os.openpty": "import os; os.openpty()",
    "os.eventfd": "import os; os.eventfd(0)",
    "select.EPOLLET": "import os, select as s; s.epoll().register(os.pipe()[0], s.EPOLLIN | s.EPOLLET)",
    "socket.sendmsg": "import socket as s; s.send_fds(s.socketpair()[0], [b'x'], [1])",
    "socket.AF_UNIX": "import socket as s; s.socket(s.AF_UNIX, s.SOCK_DGRAM)",
    "asyncio.SelectorEventLoop": """
        import asyncio
        class Mine(asyncio.SelectorEventLoop):
            def call_soon(self, *args, **options): return super().call_soon(*args, **options)
        Mine()
        """,
    "signal.setitimer": "import signal as s; s.setitimer(s.ITIMER_PROF, 1)",
    "os.setuid": "import os; os.setuid(1000)",
    "os.sysconf": "import os; os.sysconf('SC_ARG_MAX')",
    "syslog.syslog": "import syslog; syslog.syslog('a')",
}

MISSING = {
    "FileNotFoundError": "import subprocess; subprocess.run(['ls'])",
    "gaierror": "import socket; socket.getaddrinfo('example.com', 80)",
    "EHOSTUNREACH": "import socket; socket.create_connection(('198.51.100.1', 80))",
    "EAFNOSUPPORT": "import socket as s; s.socket(s.AF_NETLINK, s.SOCK_RAW)",
    "EPERM": "import socket as s; s.socket(s.AF_INET, s.SOCK_RAW)",
    "EOPNOTSUPP": "import os; open('/tmp/a', 'w').close(); os.setxattr('/tmp/a', 'user.a', b'b')",
    "EROFS": "open('/etc/a', 'w')",
}


def program(code: str) -> Callable[[], Awaitable[object]]:
    async def body() -> object:
        names: dict[str, object] = {}
        try:
            exec(dedent(code), names)
        except Exception as error:
            return error
        return names.get("told")

    return body


def told(code: str, *, seed: int = 1) -> object:
    found = simulate(program(code), seed=seed)
    assert found.outcome.passed, found.outcome
    return found.value


@pytest.mark.parametrize(("door", "code"), REFUSED.items(), ids=REFUSED)
def test_what_the_page_calls_refused_is_refused_by_name(door: str, code: str) -> None:
    assert f"`{door}`" in PAGE

    error = told(code)

    assert isinstance(error, Unsupported), error
    assert error.door.startswith(door) or door in str(error)


@pytest.mark.parametrize(("name", "code"), MISSING.items(), ids=MISSING)
def test_what_a_host_lacks_is_missing_as_on_a_machine(name: str, code: str) -> None:
    assert f"`{name}`" in PAGE

    error = told(code)

    found = {type(error).__name__, errno.errorcode.get(getattr(error, "errno", None) or 0)}
    assert name in found or (name == "EOPNOTSUPP" and "ENOTSUP" in found), error


KINDER = {
    "an unlocked counter never goes wrong": """
        import threading
        told = 0
        def count():
            global told
            for _ in range(1000):
                value = told
                told = value + 1
        threads = [threading.Thread(target=count) for _ in range(4)]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
        told = told == 4000
        """,
    "computing takes no time, and processor time stands still": """
        import time
        sum(range(1_000_000))
        told = (time.monotonic(), time.process_time()) == (0.0, 0.0)
        """,
    "a disk takes no time": """
        import os, time
        with open("/tmp/a", "wb") as file:
            file.write(b"x" * 1_000_000)
            os.fsync(file.fileno())
        told = time.monotonic() == 0.0
        """,
    "permissions deny nothing": """
        import os
        open("/tmp/a", "w").close()
        os.chmod("/tmp/a", 0)
        told = open("/tmp/a").read() == ""
        """,
    "a port is free at once": """
        import socket
        def used():
            server = socket.create_server(("127.0.0.1", 9000), reuse_port=False)
            client = socket.create_connection(("127.0.0.1", 9000))
            accepted, _ = server.accept()
            for one in (accepted, client, server): one.close()
            server = socket.socket()
            server.bind(("127.0.0.1", 9000))
            return True
        told = used()
        """,
    "a broadcast reaches nobody": """
        import socket
        ear = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        ear.bind(("", 9001))
        ear.settimeout(5)
        mouth = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        mouth.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        mouth.sendto(b"x", ("255.255.255.255", 9001))
        try:
            ear.recv(1)
            told = False
        except TimeoutError:
            told = True
        """,
    "an anonymous map, a database in memory, level-triggered epoll work": """
        import mmap, os, select, sqlite3
        mmap.mmap(-1, 10)
        sqlite3.connect(":memory:").execute("select 1")
        select.epoll().register(os.pipe()[0], select.EPOLLIN)
        told = True
        """,
}

MADE_UP = {
    "four processors": "import os; told = os.cpu_count() == 4",
    "`x86_64`": "import os; told = os.uname().machine == 'x86_64'",
    "4,096 descriptors": "import resource as r; told = r.getrlimit(r.RLIMIT_NOFILE)[0] == 4096",
    "locale `C.UTF-8`": "import locale; told = locale.setlocale(locale.LC_ALL, '') == 'C.UTF-8'",
    "zone UTC": "import time; told = time.tzname == ('UTC', 'UTC')",
    "begin at zero": "import time; told = time.monotonic() == 0.0",
    "within 2026": "import datetime; told = datetime.datetime.now().year == 2026",
    "`/dev/zero`": "told = open('/dev/zero', 'rb').read(2) == bytes(2)",
    "`/dev/urandom`": "told = len(open('/dev/urandom', 'rb').read(3)) == 3",
}

HARSHER = {
    "charged 0.1 ms": """
        import time
        for _ in range(20_001): time.monotonic()
        told = 0.9 < time.monotonic() < 1.1
        """,
}


@pytest.mark.parametrize("code", [*KINDER.values()], ids=[*KINDER])
def test_where_it_is_kinder_it_is_so(code: str) -> None:
    assert told(code) is True


@pytest.mark.parametrize(("words", "code"), [*MADE_UP.items(), *HARSHER.items()], ids=[*MADE_UP, *HARSHER])
def test_what_the_page_says_of_a_host_is_so(words: str, code: str) -> None:
    assert words in re.sub(r"\s+", " ", PAGE)

    assert told(code) is True


def test_a_host_without_power_is_silent_for_as_long_as_the_page_says() -> None:
    said: dict[str, float] = {}

    async def connect() -> None:
        try:
            await asyncio.open_connection("dark", 80)
        except OSError:
            said["connect"] = asyncio.get_running_loop().time()

    @scenario()
    async def silence(world: World) -> None:
        """Nothing is heard of a host without power."""
        world.host("dark").crash()
        await world.host("client").run(connect).wait()

    assert run(silence).outcome.passed
    assert "a connect after 127 seconds for each address (a host's name has two)" in PAGE
    assert said["connect"] == pytest.approx(2 * 127, abs=0.1)


def test_the_order_of_names_in_a_folder_differs_from_seed_to_seed() -> None:
    code = """
        import os
        for name in "abcdefgh": open(f"/tmp/{name}", "w").close()
        told = os.listdir("/tmp")
        """

    assert told(code, seed=1) == told(code, seed=1)
    assert len({str(told(code, seed=seed)) for seed in range(5)}) > 1


def test_executors_work_in_order_unless_the_schedule_is_random() -> None:
    async def work() -> list[int]:
        done: list[int] = []
        await asyncio.gather(*(asyncio.to_thread(done.append, number) for number in range(6)))
        return done

    assert [simulate(work, seed=seed).value for seed in range(3)] == [list(range(6))] * 3
