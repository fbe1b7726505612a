"""Against real servers, killed and started again in the midst of uploads, every published object is its file."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.config import Config

from tests.support import real_redis, real_s3
from tests.support.films import film
from tests.support.ports import free_port
from tests.support.served import Server, served
from tests.support.stream_worker import QUICK, command, grow, recordings, words_of, working

MIB = 1 << 20


class Redis:
    """A redis-server that keeps what it answered, and can be killed and started again."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        folder.mkdir()
        self.start()

    def start(self) -> None:
        words = ["--port", str(self.port), "--dir", str(self.folder), "--appendonly", "yes", "--appendfsync", "always"]
        self.process = subprocess.Popen(
            ["redis-server", *words, "--save", ""], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        real_redis.wait_for(self.port, self.process)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(20)


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Redis]:
    if not real_redis.installed():
        pytest.skip(real_redis.ABSENT)
    server = Redis(tmp_path / "redis")
    yield server
    server.kill()


def s3_of(real: real_s3.RealS3) -> Any:
    return boto3.client(
        "s3",
        endpoint_url=real.url,
        aws_access_key_id=real.access_key,
        aws_secret_access_key=real.secret_key,
        region_name=real_s3.REGION,
        config=Config(signature_version="s3v4", s3={"addressing_style": "path"}),
    )


def bodies(client: Any) -> dict[str, bytes]:
    found = client.list_objects_v2(Bucket="films").get("Contents", [])
    keys = [each["Key"] for each in found if not each["Key"].endswith(".json")]
    return {key.partition(".")[0]: client.get_object(Bucket="films", Key=key)["Body"].read() for key in keys}


@pytest.mark.real
@pytest.mark.slow
def test_with_a_real_s3_and_a_real_redis_kills_of_both_sides_lose_nothing(redis: Redis, tmp_path: Path) -> None:
    if not real_s3.installed():
        pytest.skip(real_s3.ABSENT)
    data, media = os.urandom(23 * MIB), tmp_path / "media"
    media.mkdir()
    (tmp_path / "swift").mkdir()
    with real_s3.RealS3(tmp_path / "swift") as real:
        client = s3_of(real)
        client.create_bucket(Bucket="films")
        keys = ("--s3-access-key", real.access_key, "--s3-secret-key", real.secret_key)
        where = ("--bucket", "films", "--s3-endpoint", real.url, "--redis", redis.url, *keys)
        examined = command("doctor", *where)
        words = ("--watch", media, *where, *QUICK, "--idle-timeout", "3")

        with working(tmp_path / "worker.log", *words) as worker:
            worker.until_told("watch.begun")
            grow(media / "a.mp4", data[: 6 * MIB])
            worker.until_told("stream.part")
            redis.kill()
            grow(media / "a.mp4", data[6 * MIB : 11 * MIB], pieces=1)
            time.sleep(0.5)
            redis.start()
            worker.until_told("stream.part", 2)
            worker.kill()
        grow(media / "a.mp4", data[11 * MIB :])
        (media / "b.mp4").write_bytes(film("h264_aac_plain"))
        with working(tmp_path / "worker.log", *words) as again:
            ended = {"a", "b"}
            again.until(lambda told: len(_completed(told)) == len(ended))
            assert again.stop() == 0

        assert bodies(client) == {"a": data, "b": film("h264_aac_plain")}
        assert client.list_multipart_uploads(Bucket="films").get("Uploads", []) == []
    assert examined.code == 0, examined.out


def _completed(told: list[dict[str, Any]]) -> set[str]:
    return {each["stream"] for each in told if each["event"] == "stream.state" and each["status"] == "completed"}


@contextmanager
def servers(folder: Path) -> Iterator[tuple[Server, list[str | Path]]]:
    """Our own servers, and the words that start them again at the same ports."""
    where: list[str | Path] = ["--data", folder, "--no-fsync", "--bucket", "films", "--appendonly", "always"]
    with served("all", "--s3-port", "0", "--redis-port", "0", *where) as server:
        ports = [str(urlsplit(server.urls[name]).port) for name in ("s3", "redis")]
        yield server, ["all", "--s3-port", ports[0], "--redis-port", ports[1], *where]


def test_servers_that_are_killed_in_the_midst_of_uploads_lose_nothing(tmp_path: Path) -> None:
    data, media = {f"f{number}": os.urandom(12 * MIB) for number in range(3)}, tmp_path / "media"
    media.mkdir()
    with servers(tmp_path / "served") as (server, anew):
        words = ("--watch", media, *words_of(server), *QUICK, "--idle-timeout", "3")
        with working(tmp_path / "worker.log", *words) as worker:
            worker.until_told("watch.begun")
            for name, body in data.items():
                grow(media / f"{name}.mp4", body[: 6 * MIB], pieces=1)
            worker.until_told("stream.part", 2)
            server.kill()
            for name, body in data.items():
                grow(media / f"{name}.mp4", body[6 * MIB :], pieces=1)
            time.sleep(1.0)
            with served(*anew) as again:
                worker.until(lambda told: len(_completed(told)) == len(data))
                assert worker.stop(signal.SIGTERM) == 0
                stored = recordings(again)

    assert stored == data
