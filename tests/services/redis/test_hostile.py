"""No client takes the server down: whatever it sends, however slowly, however little it reads, others are served."""

import asyncio
import os
import socket
import struct
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulator.kernel.limits import Limits
from simulator.services.redis.hosted import host_redis
from tests.support.processes import OneHost
from tests.support.serve_process import Served

PIECES = (
    b"*2\r\n", b"*1\r\n", b"$3\r\n", b"$3\r\nGET\r\n", b"GET\r\n", b"k\r\n", b"\r\n", b"\n", b"\r", b"*-1\r\n",
    b"*0\r\n", b"$-1\r\n",b"*1048576\r\n", b"*1048577\r\n", b"$536870912\r\n", b"$536870913\r\n",
    b"$99999999999999999999\r\n", b"*x\r\n", b"$\r\n",b"PING\r\n", b'"', b"'a\\x\r\n", b"\x00", b"\xff" * 100,
    b"MULTI\r\n", b"EXEC\r\n", b"SUBSCRIBE a\r\n", b"HELLO 3\r\n",b"EVAL x 0\r\n",
    b"EVAL 'return redis.call(\"GET\")' 0\r\n", b"MONITOR\r\n", b":1\r\n", b"+OK\r\n", b"_\r\n", b"%1\r\n",
    b">2\r\n",b"RESET\r\n", b"CLIENT REPLY OFF\r\n", b"BLPOP k 0\r\n", b"PSYNC ? -1\r\n", b"REPLCONF ACK 1\r\n",
    b"x" * 70_000,
)  # fmt: skip


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with Served("redis", "--port", "0", services=("redis",)) as ours:
        yield ours


def port_of(served: Served) -> int:
    return int(served.url.rpartition(":")[2].partition("/")[0])


def connected(served: Served) -> socket.socket:
    made = socket.create_connection(("127.0.0.1", port_of(served)), 20)
    made.settimeout(20)
    return made


def answers(served: Served) -> bool:
    with connected(served) as asked:
        asked.sendall(b"PING\r\n")
        return asked.recv(64) == b"+PONG\r\n"


def resident_mb(served: Served) -> float:
    pages = int(Path(f"/proc/{served.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


@settings(max_examples=150, suppress_health_check=list(HealthCheck))
@given(sent=st.lists(st.sampled_from(PIECES) | st.binary(max_size=40), max_size=12))
def test_whatever_is_sent_others_are_served(served: Served, sent: list[bytes]) -> None:
    with connected(served) as stranger:
        try:
            for piece in sent:
                stranger.sendall(piece)
        except ConnectionError:
            pass  # It has seen enough.
        assert answers(served)


def test_a_line_without_an_end_is_cut_off(served: Served) -> None:
    sent = 0
    with connected(served) as stranger:
        try:
            while sent < 100_000_000:
                sent += stranger.send(b"x" * 10_000)
        except ConnectionError:
            pass
    assert sent < 100_000_000
    assert answers(served)


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (b"*1\r\n$536870913\r\n", b"-ERR Protocol error: invalid bulk length\r\n"),
        (b"*2147483648\r\n", b"-ERR Protocol error: invalid multibulk length\r\n"),
    ],
)
def test_lengths_beyond_what_is_allowed_are_refused(served: Served, sent: bytes, said: bytes) -> None:
    with connected(served) as stranger:
        stranger.sendall(sent)
        assert stranger.recv(1000) == said


def test_lengths_that_are_announced_take_no_memory(served: Served) -> None:
    before_mb = resident_mb(served)
    strangers = [connected(served) for _ in range(50)]
    for stranger in strangers:
        stranger.sendall(b"*1048576\r\n$536870912\r\n" + b"x" * 1000)

    assert answers(served)
    assert resident_mb(served) - before_mb < 20
    for stranger in strangers:
        stranger.close()


def test_who_asks_for_much_and_reads_nothing_is_not_listened_to_any_more(served: Served) -> None:
    with connected(served) as writer:
        writer.sendall(b"*3\r\n$3\r\nSET\r\n$3\r\nbig\r\n$1000000\r\n" + b"v" * 1_000_000 + b"\r\n")
        assert writer.recv(5) == b"+OK\r\n"
    before_mb = resident_mb(served)
    with connected(served) as greedy:
        greedy.setblocking(False)
        request, sent = b"GET big\r\n" * 10_000, 0
        for _ in range(200):
            try:
                sent += greedy.send(request)
            except BlockingIOError:
                break
            assert answers(served)
        assert resident_mb(served) - before_mb < 100
        assert answers(served)


def test_who_asks_for_much_at_once_and_reads_late_gets_it_all_in_order(served: Served) -> None:
    count, size = 100, 500_000
    with connected(served) as asked:
        for number in range(count):
            asked.sendall(
                b"*3\r\n$3\r\nSET\r\n$4\r\nb%03d\r\n$%d\r\n" % (number, size) + b"%05d" % number * 100_000 + b"\r\n"
            )
            assert asked.recv(5) == b"+OK\r\n"
        asked.sendall(b"".join(b"GET b%03d\r\n" % number for number in range(count)))
        time.sleep(0.3)
        with asked.makefile("rb") as answers_:
            for number in range(count):
                assert answers_.readline() == b"$%d\r\n" % size
                assert answers_.read(size + 2) == b"%05d" % number * 100_000 + b"\r\n"


def test_who_is_reset_in_the_midst_of_anything_leaves_nothing_behind(served: Served) -> None:
    beginnings = (
        b"MULTI\r\nSET a 1\r\n",
        b"SUBSCRIBE a\r\n",
        b"BLPOP l 0\r\n",
        b"MONITOR\r\n",
        b"*3\r\n$3\r\nSET\r\n$1",
    )
    for sent in beginnings:
        with connected(served) as stranger:
            stranger.sendall(sent)
            stranger.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    time.sleep(0.2)
    with connected(served) as asked:
        asked.sendall(b"PUBSUB CHANNELS\r\nEXISTS a\r\nRPUSH l 1\r\nLLEN l\r\nDEL l\r\n")
        assert asked.recv(1000) == b"*0\r\n:0\r\n:1\r\n:1\r\n:1\r\n"


@pytest.mark.slow
def test_ten_thousand_idle_connections_are_held_in_simulation() -> None:
    one = OneHost(limits=Limits(descriptors_max=20_000))
    host_redis(one.world.host("redis"))

    async def main() -> tuple[int, bytes]:
        idle = [await asyncio.open_connection("redis", 6379) for _ in range(9_998)]
        reader, writer = await asyncio.open_connection("redis", 6379)
        await asyncio.sleep(3600)
        writer.write(b"PING\r\n")
        return len(idle), await reader.readline()

    assert one.run(lambda: asyncio.run(main())) == (9_998, b"+PONG\r\n")
