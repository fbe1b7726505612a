"""One story of films, told by the simulator and by a real machine, is the same story for every stream."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from tests.parity.stream_scenes import real, simulated
from tests.parity.stream_story import BUCKET, FILMS, Raw, Told, abstracted, differences
from tests.support import real_redis, real_s3
from tests.support.served import served


@pytest.fixture(scope="module")
def raw() -> Raw:
    """What the simulator tells."""
    return simulated()


@pytest.fixture(scope="module")
def told(raw: Raw) -> dict[str, Told]:
    return abstracted(raw)


@pytest.fixture
def redis() -> Iterator[real_redis.RealRedis]:
    if not real_redis.installed():
        pytest.skip(real_redis.ABSENT)
    with real_redis.RealRedis("--appendonly", "yes") as server:
        yield server


def client_of(url: str, keys: tuple[str, str]) -> Any:
    return boto3.client(
        "s3",
        endpoint_url=url,
        aws_access_key_id=keys[0],
        aws_secret_access_key=keys[1],
        region_name=real_s3.REGION,
        config=Config(signature_version="s3v4", s3={"addressing_style": "path"}),
    )


def retold(url: str, keys: tuple[str, str], redis: real_redis.RealRedis, folder: Path) -> dict[str, Told]:
    """What this machine tells, with a bucket at a server."""
    client = client_of(url, keys)
    client.create_bucket(Bucket=BUCKET)
    return abstracted(real(folder, s3_url=url, keys=keys, client=client, redis_port=redis.port))


def test_the_simulated_story_is_the_one_that_was_meant(told: dict[str, Told]) -> None:
    assert {stream.partition(".")[0] for stream in told} == {*FILMS, "deleted"}
    assert [words[0] for words in told["killed.1.0"].states].count("stream.taken") == 1
    assert [call[1] for call in told["patched.1.0"].calls if call[0] == "UploadPart"] == [1, 1, 2]
    assert told["deleted.1.0"].fields["reason"] == "missing_file"
    assert told["empty.1.0"].fields["reason"] == "no_parts"
    assert told["growing.1.0"].sets == [("active",), ("pending_completion",), ("completed",)]
    assert told["short.1.0"].description["probe"]["status"] == "ok"


@pytest.mark.real
@pytest.mark.slow
def test_with_our_own_servers_a_real_worker_does_as_the_simulated_one(
    told: dict[str, Told], redis: real_redis.RealRedis, tmp_path: Path
) -> None:
    with served("s3") as server:
        found = retold(server.urls["s3"], ("test", "test"), redis, tmp_path)

    assert differences(told, found) == []


@pytest.mark.real
@pytest.mark.slow
def test_with_a_real_s3_a_real_worker_does_as_the_simulated_one(
    told: dict[str, Told], redis: real_redis.RealRedis, tmp_path: Path
) -> None:
    if not real_s3.installed():
        pytest.skip(real_s3.ABSENT)
    (tmp_path / "swift").mkdir()
    with real_s3.RealS3(tmp_path / "swift") as server:
        found = retold(server.url, real_s3.USERS[0], redis, tmp_path)

    assert differences(told, found) == []


def test_another_seed_tells_the_same(told: dict[str, Told]) -> None:
    assert differences(told, abstracted(simulated(seed=2))) == []


def test_a_call_that_had_to_be_made_twice_is_a_difference(told: dict[str, Told]) -> None:
    found = abstracted(simulated(faults=("error-before:operation=UploadPart,times=1,key=*growing*",)))

    assert [words.partition(":")[0] for words in differences(told, found)] == ["calls of growing.1.0"]


def test_parts_of_another_size_are_a_difference(told: dict[str, Told]) -> None:
    found = abstracted(simulated(part_size="5243KiB"))

    assert {words.partition(" of ")[0] for words in differences(told, found)} >= {"calls", "parts", "fields"}


def test_a_set_that_is_left_late_is_a_difference(raw: Raw, told: dict[str, Told]) -> None:
    changes = list(raw.sets)
    at = next(at for at, (_, sets) in enumerate(changes) if sets == ("completed",))
    stream, sets = changes[at]
    changes[at] = (stream, ("pending_completion", *sets))

    (found,) = differences(told, abstracted(replace(raw, sets=changes)))

    assert found.startswith(f"sets of {stream.partition('.')[0]}")


def test_a_stream_of_which_one_world_knows_nothing_is_a_difference(told: dict[str, Told]) -> None:
    assert differences(told, abstracted(Raw())) == [f"{stream} is in one world only" for stream in sorted(told)]
