"""The Redis servers that redis-py's suite and the benchmark ask: ours, the real one, fakeredis over TCP."""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Final

from tests.fidelity.servers import environment
from tests.support.ports import free_port
from tests.support.real_redis import RealRedis, wait_for
from tests.support.serve_process import Served

_FAKEREDIS: Final = "2.40.0"


@contextmanager
def soundstage() -> Iterator[str]:
    """Our own, as a user starts it, with DEBUG allowed."""
    with Served("redis", "--port", "0", "--parameter", "enable-debug-command=yes", services=("redis",)) as served:
        yield served.url


@contextmanager
def redis() -> Iterator[str]:
    with RealRedis() as real:
        yield real.url


@contextmanager
def fakeredis() -> Iterator[str]:
    """fakeredis' own TCP server; redis-py's suite begins with INFO, which it has not, so that is added to it."""
    python = environment("fakeredis", f"fakeredis[lua]=={_FAKEREDIS}")
    port, quiet = free_port(), subprocess.DEVNULL
    program = Path(__file__).with_name("fakeredis_program.py")
    process = subprocess.Popen([str(python), str(program), str(port)], stdout=quiet, stderr=quiet)
    try:
        wait_for(port, process)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        process.kill()
        process.wait(20)


SERVERS: Final[dict[str, tuple[str, Callable[[], AbstractContextManager[str]]]]] = {
    "soundstage": ("Soundstage", soundstage),
    "redis": ("Redis 7.0.15", redis),
    "fakeredis": (f"fakeredis {_FAKEREDIS} over TCP", fakeredis),
}
