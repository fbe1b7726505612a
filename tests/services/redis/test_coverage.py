"""The table of commands is Redis' own, nearly all of it is covered, and the reference page says so."""

import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

from simulator.errors import Misuse
from simulator.services.redis import coverage
from simulator.services.redis.commands import load
from simulator.services.redis.config import Config
from simulator.services.redis.positions import keys_of
from simulator.services.redis.registry import TABLE, find
from tests.support.real_redis import ABSENT, installed
from tests.support.redis_desk import Desk

PAGE = Path(__file__).resolve().parents[3] / "docs/reference/redis.md"


def test_the_reference_page_holds_the_tables_as_they_are() -> None:
    text = PAGE.read_text()
    told = "run: coverage.write_reference(Path('docs/reference/redis.md'))"

    assert coverage.as_markdown() in text, told
    assert coverage.troubles_as_markdown() in text, told


def test_what_is_not_covered_answers_as_unknown() -> None:
    client = Desk().client()

    for entry in coverage.refused():
        words = entry.full.split("|")
        assert client(*words).startswith((b"-ERR unknown command", b"-ERR unknown subcommand")), entry


@pytest.mark.parametrize(
    ("call", "keys"),
    [
        ("GET a", "a"),
        ("MSET a 1 b 2", "a b"),
        ("BLPOP a b 0", "a b"),
        ("XREAD COUNT 1 STREAMS a b 1 2", "a b"),
        ("XREADGROUP GROUP g c STREAMS a >", "a"),
        ("EVAL x 2 a b c", "a b"),
        ("ZUNIONSTORE d 2 a b WEIGHTS 1 2", "d a b"),
        ("SORT a BY b* GET c* STORE d", "a d"),
        ("GEORADIUS a 1 2 3 m STORE b", "a b"),
        ("BITOP AND d a b", "d a b"),
        ("LMPOP 2 a b LEFT", "a b"),
        ("OBJECT ENCODING a", "a"),
        ("PING x", ""),
    ],
)
def test_keys_are_found_wherever_they_stand(call: str, keys: str) -> None:
    load()
    argv = [word.encode() for word in call.split()]
    entry = find(argv[0])
    assert entry is not None
    entry = entry.subcommands.get(argv[1], entry)

    assert b" ".join(keys_of(entry, argv)).decode() == keys


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[redis.Redis]:
    if not shutil.which("redis-server"):
        pytest.skip("redis-server is not installed")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder = tmp_path_factory.mktemp("redis")
    process = subprocess.Popen(
        ["redis-server", "--port", str(port), "--save", "", "--dir", str(folder)], stdout=subprocess.DEVNULL
    )
    client = redis.Redis(port=port)
    try:
        for _ in range(100):
            try:
                client.ping()
                break
            except redis.ConnectionError:
                time.sleep(0.05)
        yield client
    finally:
        client.close()
        process.terminate()
        process.wait(10)


def ask(real: redis.Redis, call: str) -> Any:
    """Say something to the real one; the answer is not interpreted."""
    connection = real.connection_pool.get_connection()
    try:
        connection.send_command(*call.split())  # type: ignore[no-untyped-call]
        return connection.read_response()
    finally:
        real.connection_pool.release(connection)


@pytest.mark.real
def test_the_table_is_that_of_a_real_redis(real: redis.Redis) -> None:
    load()
    for row in ask(real, "COMMAND"):
        name, entry = row[0], TABLE[row[0].upper()]
        assert entry.arity == row[1], name
        assert entry.flags == {flag if isinstance(flag, str) else flag.decode() for flag in row[2]}, name
        assert [entry.first, entry.last, entry.step] == row[3:6], name
        assert set(entry.subcommands) == {sub[0].partition(b"|")[2].upper() for sub in row[9]}


@pytest.mark.real
@pytest.mark.skipif(not installed(), reason=ABSENT)
def test_the_parameters_are_those_of_a_real_redis() -> None:
    script = Path(__file__).resolve().parents[3] / "scripts/redis-parameters"
    checked = subprocess.run([sys.executable, str(script), "--check"], capture_output=True, text=True, timeout=120)

    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("databases", "0", "argument must be between 1 and 2147483647 inclusive"),
        ("io-threads", "129", "argument must be between 1 and 128 inclusive"),
        ("supervised", "maybe", "argument(s) must be one of the following: upstart, systemd, auto, no"),
    ],
)
def test_a_server_does_not_start_with_what_a_parameter_cannot_be(name: str, value: str, told: str) -> None:
    with pytest.raises(Misuse, match=re.escape(told)):
        Config().start_with(name, value)


REFUSED = """
CLIENT KILL ID abc / CLIENT TRACKING ON OPTIN OPTOUT / CONFIG SET maxmemory-policy x / CONFIG SET hz x / HELLO 4
ACL SETUSER x +nosuch / SLOWLOG GET -2 / COMMAND GETKEYS PING x / EVAL 1 x / FUNCTION LOAD foo / WAIT 0 -1 / EXEC
SELECT 99 / SHUTDOWN foo / RESTORE a -1 b / PSYNC a / NOSUCH a b / CONFIG NOSUCH / OBJECT ENCODING / FUNCTION RESTORE x
"""


@pytest.mark.real
@pytest.mark.parametrize("call", [call.strip() for line in REFUSED.split("\n") for call in line.split("/") if call])
def test_a_refusal_has_the_words_of_a_real_redis(real: redis.Redis, call: str) -> None:
    with pytest.raises(redis.RedisError) as told:
        ask(real, call)

    code, _, text = Desk().client().line(call).decode().removesuffix("\r\n").partition(" ")
    assert str(told.value) in (text, f"{code[1:]} {text}")
