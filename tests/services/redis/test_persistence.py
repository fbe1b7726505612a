"""What was synced survives whatever happens, nothing else need; files are those of a real Redis."""

import asyncio
import os
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path
from socket import socket
from typing import Any

import pytest

from simulator import World
from simulator.errors import Misuse
from simulator.services.redis.hosted import HostedRedis
from simulator.services.redis.program import Redis
from simulator.services.redis.settings import Settings
from tests.support.redis_desk import Desk
from tests.support.stories.redis_world import client, played

VALUES = (
    "SET text hello", "SET number 12345", "SET end x PXAT 1800000000000", "RPUSH list a b 3", "SADD ints 1 2 300000",
    "SADD set a b", "ZADD zset 1.5 a -inf b", "HSET hash f v g 2", "XADD stream 5-1 a 1 b 2", "XADD stream 6-0 c 3",
    "XGROUP CREATE stream group 0",
)  # fmt: skip


def desk(folder: Path, **parameters: str) -> Desk:
    given = {"dir": str(folder)} | {name.replace("_", "-"): text for name, text in parameters.items()}
    made = Desk(Settings(parameters=given, persistent=True))
    made.server.persistence.start()
    return made


def filled(made: Desk) -> bytes:
    writer = made.client()
    for line in VALUES:
        assert not writer.line(line).startswith(b"-"), line
    writer.line("SELECT 3")
    writer.line("SET elsewhere 1")
    return digest(made)


def digest(made: Desk) -> bytes:
    made.server.config.start_with("enable-debug-command", "yes")
    return made.client().line("DEBUG DIGEST")


def test_the_append_only_file_brings_everything_back(tmp_path: Path) -> None:
    before = filled(desk(tmp_path, appendonly="yes"))

    assert digest(desk(tmp_path, appendonly="yes")) == before


def test_so_does_a_rewritten_one_in_either_form(tmp_path: Path) -> None:
    for preamble in ("yes", "no"):
        folder = tmp_path / preamble
        folder.mkdir()
        made = desk(folder, appendonly="yes", aof_use_rdb_preamble=preamble)
        filled(made)
        made.client().line("BGREWRITEAOF")
        made.sleep(0)
        made.client().line("SET after 1")

        assert digest(desk(folder, appendonly="yes")) == digest(made)
        assert len(list((folder / "appendonlydir").iterdir())) == 3


def test_a_snapshot_brings_everything_back(tmp_path: Path) -> None:
    made = desk(tmp_path)
    filled(made)
    made.client().line("XREADGROUP GROUP group ann COUNT 1 STREAMS stream >")
    before = digest(made)
    assert made.client().line("SAVE") == b"+OK\r\n"

    assert digest(desk(tmp_path)) == before


def test_save_points_are_kept(tmp_path: Path) -> None:
    made = desk(tmp_path, save="60 2")
    writer = made.client()
    writer.line("SET a 1")
    made.sleep(100)
    assert not (tmp_path / "dump.rdb").exists()
    writer.line("SET b 1")
    made.sleep(1)

    assert (tmp_path / "dump.rdb").exists()
    assert desk(tmp_path).client().line("DBSIZE") == b":2\r\n"


def test_a_tail_that_was_cut_off_is_cut_away(tmp_path: Path) -> None:
    made = desk(tmp_path, appendonly="yes")
    writer = made.client()
    for line in ("SET a 1", "MULTI", "SET b 1", "SET c 1", "EXEC"):
        writer.line(line)
    [part] = (tmp_path / "appendonlydir").glob("*.incr.aof")
    whole = part.read_bytes()

    for size in range(len(whole), 0, -1):
        part.write_bytes(whole[:size])
        keys = desk(tmp_path, appendonly="yes").client().line("DBSIZE")
        assert keys in (b":3\r\n", b":1\r\n", b":0\r\n")
        assert len(part.read_bytes()) <= size
    part.write_bytes(whole[:-3])
    with pytest.raises(Misuse, match="Unexpected end of file"):
        desk(tmp_path, appendonly="yes", aof_load_truncated="no")


@pytest.mark.parametrize("harm", [b"REDIS0099", b"garbage", b""])
def test_a_broken_snapshot_is_refused_at_the_start(tmp_path: Path, harm: bytes) -> None:
    (tmp_path / "dump.rdb").write_bytes(harm + b"x" * 20)

    with pytest.raises(Misuse, match="cannot load"):
        desk(tmp_path)


def test_every_flipped_byte_of_a_snapshot_is_noticed(tmp_path: Path) -> None:
    made = desk(tmp_path)
    filled(made)
    made.client().line("SAVE")
    whole = bytearray((tmp_path / "dump.rdb").read_bytes())

    for at in range(9, len(whole), 7):
        harmed = bytearray(whole)
        harmed[at] ^= 0x55
        (tmp_path / "dump.rdb").write_bytes(harmed)
        with pytest.raises(Misuse, match="cannot load"):
            desk(tmp_path)


def test_dump_and_restore_carry_every_kind_of_value() -> None:
    made = Desk()
    filled(made)
    one, body = made.client(), b""
    for key in ("text", "number", "list", "ints", "set", "zset", "hash", "stream"):
        packed = one("DUMP", key)
        body = packed.partition(b"\r\n")[2][:-2]
        assert one("RESTORE", f"{key}2", 0, body) == b"+OK\r\n"
        assert one("DEBUG", "DIGEST-VALUE", key) == one("DEBUG", "DIGEST-VALUE", f"{key}2")
    assert one("RESTORE", "text", 0, body) == b"-BUSYKEY Target key name already exists.\r\n"
    assert one("RESTORE", "x", 0, body[:-1] + b"!") == b"-ERR DUMP payload version or checksum are wrong\r\n"


@pytest.mark.real
@pytest.mark.skipif(not shutil.which("redis-check-aof"), reason="redis-check-aof is not installed")
def test_redis_own_tools_accept_the_files(tmp_path: Path) -> None:
    made = desk(tmp_path, appendonly="yes")
    filled(made)
    made.client().line("BGREWRITEAOF")
    made.sleep(0)
    made.client().line("SET after 1")
    made.client().line("SAVE")

    manifest = tmp_path / "appendonlydir" / "appendonly.aof.manifest"
    subprocess.run(["redis-check-aof", str(manifest)], check=True, capture_output=True)
    subprocess.run(["redis-check-rdb", str(tmp_path / "dump.rdb")], check=True, capture_output=True)


# --- in the simulated world: the power is cut ---------------------------------------------------------------


async def write(redis: Any) -> int:
    """Count up for three seconds, until the server goes away; returns how much was acknowledged."""
    acknowledged = 0
    try:
        for number in range(1, 301):
            await redis.set("n", number)
            acknowledged = number
            await asyncio.sleep(0.01)
    except Exception:
        await asyncio.sleep(5)
    return acknowledged


async def cut(world: World, hosted: HostedRedis) -> None:
    await asyncio.sleep(1.7)
    hosted.host.crash()
    await asyncio.sleep(0.5)
    hosted.host.boot()


def lost(policy: str, seed: int) -> tuple[int, int]:
    """Return what was acknowledged and what is there after a power cut."""
    parameters = {"appendonly": "yes", "appendfsync": policy}
    seen = played(write, settings=Settings(persistent=True, parameters=parameters), during=cut, seed=seed)
    return seen.value, int(seen.kept.get("n", 0))


def test_with_always_a_power_cut_loses_nothing_that_was_acknowledged() -> None:
    for seed in range(4):
        acknowledged, kept = lost("always", seed)
        assert 100 < acknowledged <= kept <= acknowledged + 1


def test_with_everysec_it_loses_a_second_at_most() -> None:
    found = [lost("everysec", seed) for seed in range(6)]

    assert all(kept >= acknowledged - 110 for acknowledged, kept in found)
    assert any(kept < acknowledged for acknowledged, kept in found)


def test_a_server_that_loads_says_so() -> None:
    async def ask(redis: Any) -> list[str]:
        await redis.set("k", 1)
        said = []
        for _ in range(6):
            await asyncio.sleep(1)
            try:
                async with client() as fresh:
                    said.append(str(await fresh.get("k")))
            except Exception as error:
                said.append(type(error).__name__)
        return said

    settings = Settings(persistent=True, loading_s=2, parameters={"appendonly": "yes", "appendfsync": "always"})
    seen = played(ask, settings=settings, during=cut)

    assert seen.value[0] == "1"
    assert "BusyLoadingError" in seen.value
    assert seen.value[-1] == "1"


# --- a disk that takes nothing ------------------------------------------------------------------------------


def broken(folder: Path, **parameters: str) -> Desk:
    """A server whose file cannot be written any more."""
    made = desk(folder, appendonly="yes", **parameters)
    made.client().line("SET a 1")
    number = made.server.persistence._file
    assert number is not None
    os.dup2(os.open(folder, os.O_RDONLY), number)
    return made


def test_a_disk_that_takes_nothing_stops_writing_until_it_does_again(tmp_path: Path) -> None:
    made = broken(tmp_path)
    client_ = made.client()
    client_.line("SET b 1")

    assert client_.line("SET c 1").startswith(b"-MISCONF Errors writing to the AOF file: ")
    assert client_.line("GET a") == b"$1\r\n1\r\n"
    assert client_("EVAL", "return redis.call('SET', 'd', 1)", 0).startswith(b"-MISCONF")


def test_with_always_nobody_is_answered_whose_change_was_not_kept(tmp_path: Path) -> None:
    made = broken(tmp_path, appendfsync="always")
    client_ = made.client()

    assert client_.line("SET b 1") == b""
    assert client_.wire.aborted
    assert made.server.closing


@pytest.mark.real
@pytest.mark.skipif(not shutil.which("redis-server"), reason="redis-server is not installed")
def test_a_real_redis_copies_ours_and_ours_copies_a_real_one(tmp_path: Path) -> None:
    async def value(redis: Any, key: str) -> Any:
        for _ in range(200):
            with suppress(Exception):
                if (found := await redis.get(key)) is not None:
                    return found
            await asyncio.sleep(0.05)
        return None

    async def main() -> list[Any]:
        ours = Redis(Settings(host="127.0.0.1", port=0))
        await ours.start()
        with socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        words = ["--port", str(port), "--dir", str(tmp_path), "--save", "", "--repl-diskless-sync-delay", "0"]
        process = subprocess.Popen(
            ["redis-server", *words, "--replicaof", "127.0.0.1", str(ours.port)], stdout=subprocess.DEVNULL
        )
        try:
            async with client("127.0.0.1", port=ours.port) as one, client("127.0.0.1", port=port) as other:
                await one.set("before", 1)
                said = [await value(other, "before")]
                await one.eval("redis.call('SET', 'x', 1); redis.call('SET', 'after', 2)", 0)
                said += [await value(other, "after"), await one.wait(1, 2000)]
                await other.replicaof("NO", "ONE")
                await other.set("theirs", 3)
                await one.replicaof("127.0.0.1", port)
                said.append(await value(one, "theirs"))
                await other.set("later", 4)
                return [*said, await value(one, "later"), (await one.info("replication"))["master_link_status"]]
        finally:
            process.kill()  # a clean end would wait for its replica, which lives in this process
            process.wait(10)
            await ours.stop()

    assert asyncio.run(main()) == ["1", "2", 1, "3", "4", "up"]
