"""`serve redis` answers a real client on a real port, and `serve all` serves both from one process."""

import signal
from pathlib import Path
from typing import Any

import pytest
import redis

from tests.support.command import soundstage
from tests.support.served import Server, served


def client(server: Server, **options: Any) -> redis.Redis:
    return redis.Redis.from_url(server.urls["redis"], decode_responses=True, **options)


def test_a_client_writes_and_reads() -> None:
    with served("redis") as server, client(server) as asked:
        asked.set("key", "value", ex=100)
        asked.rpush("list", "a", "b")

        assert (asked.get("key"), asked.lrange("list", 0, -1), asked.ttl("key")) == ("value", ["a", "b"], 100)
        assert asked.info("server")["redis_version"] == "7.0.15"


def test_a_password_must_be_given() -> None:
    with served("redis", "--password", "word") as server:
        assert "word" not in server.urls["redis"]
        with client(server) as nobody, pytest.raises(redis.AuthenticationError):
            nobody.get("key")
        with client(server, password="word") as known:
            assert known.ping()


@pytest.mark.parametrize("when", ["always", "everysec"])
def test_what_is_appended_survives_kill_9(when: str, tmp_path: Path) -> None:
    with served("redis", "--data", tmp_path / "new", "--appendonly", when) as server, client(server) as asked:
        for number in range(100):
            asked.set(f"key{number}", number)
        server.kill()
    with served("redis", "--data", tmp_path / "new") as server, client(server) as asked:
        assert asked.dbsize() == 100


def test_a_fault_strikes() -> None:
    with served("redis", "--fault", "readonly:operation=SET,times=1") as server, client(server) as asked:
        with pytest.raises(redis.ReadOnlyError):
            asked.set("key", "1")
        assert asked.set("key", "1")


def test_shutdown_ends_it() -> None:
    with served("redis") as server, client(server) as asked:
        asked.shutdown(nosave=True)

        assert server.process.wait(20) == 0


def test_all_are_served_from_one_process(tmp_path: Path) -> None:
    with served("all", "--s3-port", "0", "--redis-port", "0", "--data", tmp_path, "--bucket", "films") as server:
        server.client().put_object(Bucket="films", Key="k", Body=b"x")
        with client(server) as asked:
            asked.set("key", "value")
        assert server.stop(signal.SIGINT) == 130

    assert sorted(path.name for path in tmp_path.iterdir()) == ["redis", "s3"]


def test_one_port_is_not_enough_for_all(tmp_path: Path) -> None:
    done = soundstage("serve", "all", "--port", "0", cwd=tmp_path)

    assert (done.code, done.out) == (2, "")
    assert done.hints == ["with several: --s3-port and --redis-port"]


def test_a_fault_may_be_for_one_of_all() -> None:
    words = ["--fault", "s3.throttled:operation=HeadBucket", "--fault", "loading:times=1,operation=GET,seconds=0.1"]
    with served("all", "--s3-port", "0", "--redis-port", "0", "--bucket", "films", *words) as server:
        assert server.health()["troubles"] == ["throttled:operation=HeadBucket,seconds=1,status=503,code=SlowDown"]
        with client(server) as asked, pytest.raises(redis.BusyLoadingError):
            asked.get("key")


def test_parameters_of_redis_conf_can_be_given() -> None:
    with served("redis", "--parameter", "maxmemory=100mb", "--parameter", "databases=2") as server:
        with client(server) as asked:
            assert asked.config_get("maxmemory") == {"maxmemory": "104857600"}
            assert asked.config_get("databases") == {"databases": "2"}


def test_a_parameter_has_a_value(tmp_path: Path) -> None:
    done = soundstage("serve", "redis", "--parameter", "maxmemory", cwd=tmp_path)

    assert (done.code, done.hints) == (2, ["write it as NAME=VALUE, as in maxmemory=100mb"])
