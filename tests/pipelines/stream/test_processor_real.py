"""StreamProcessor for real: against `python -m simulator serve all`, with a real directory and a real SIGKILL."""

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiobotocore.session import get_session

from pipelines.stream.plan import MIB
from tests.support.command import ROOT

pytestmark = [pytest.mark.real, pytest.mark.filterwarnings("ignore::ResourceWarning")]

WORKER = """
    import asyncio, sys
    from pipelines.stream.policy import Policy
    from pipelines.stream.processor import Standing, StreamProcessor
    from pipelines.stream.resume import unfinished
    from pipelines.stream.store import S3Access
    from pipelines.stream.workshop import open_workshop

    async def main(s3, redis, path):
        policy = Policy(bucket="films", part_base_bytes=5 << 20, idle_timeout_s=1.0, settle_s=0.3, lease_ttl_s=1.5,
                        abort_every_s=0.3, part_memory_bytes=6 << 20, backoff_cap_s=0.5)
        access = S3Access(endpoint=s3, region="us-east-1", access_key="test", secret_key="test")
        async with open_workshop(policy, access=access, redis_url=redis) as shop:
            streams = [stream for left in await unfinished(shop) for stream in left.streams]
            processor = StreamProcessor(path, shop, streams=streams)
            print("begun", flush=True)
            while await processor.check_idle() not in {Standing.FINISHED, Standing.GONE}:
                await asyncio.sleep(0.05)
            print("over", flush=True)
            while (await shop.state.counts())["abort_queue"]:
                await asyncio.sleep(0.05)

    asyncio.run(main(*sys.argv[1:]))
"""


@dataclass
class Site:
    s3: str
    redis: str
    folder: Path

    def worker(self) -> "subprocess.Popen[str]":
        words = [sys.executable, "-c", textwrap.dedent(WORKER), self.s3, self.redis, str(self.folder / "lobby.mp4")]
        worker = subprocess.Popen(words, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        assert worker.stdout is not None
        assert worker.stdout.readline() == "begun\n"
        return worker

    def bucket(self) -> tuple[list[bytes], int]:
        """The objects, and how many uploads are open."""

        async def look() -> tuple[list[bytes], int]:
            client = get_session().create_client(
                "s3",
                endpoint_url=self.s3,
                region_name="us-east-1",
                aws_access_key_id="test",
                aws_secret_access_key="test",
            )
            async with client as s3:
                listed = (await s3.list_objects_v2(Bucket="films")).get("Contents", [])
                objects = []
                for each in listed:
                    answer = await s3.get_object(Bucket="films", Key=each["Key"])
                    objects.append(await answer["Body"].read())
                return objects, len((await s3.list_multipart_uploads(Bucket="films")).get("Uploads", []))

        return asyncio.run(look())


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    command = [sys.executable, "-m", "simulator", "serve", "all", "--s3-port", "0", "--redis-port", "0", "--quiet"]
    (tmp_path / "media").mkdir()
    with subprocess.Popen(
        [*command, "--bucket", "films", "--data", str(tmp_path / "data")], stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as server:
        assert server.stdout is not None
        _, _, s3, _, redis = server.stdout.readline().split()
        yield Site(s3, redis, tmp_path / "media")
        server.terminate()


def test_a_file_that_grows_is_the_object_that_is_published(site: Site) -> None:
    film = os.urandom(12 * MIB + 345)
    path = site.folder / "lobby.mp4"
    path.write_bytes(b"")
    with site.worker() as worker:
        for start in range(0, len(film), 2 * MIB):
            with path.open("ab") as file:
                file.write(film[start : start + 2 * MIB])
            time.sleep(0.1)
        with path.open("r+b") as file:
            file.seek(41)
            file.write(b"abc")
        assert worker.wait(30) == 0

    assert site.bucket() == ([film[:41] + b"abc" + film[44:]], 0)


@pytest.mark.slow
def test_a_worker_that_is_killed_again_and_again_loses_nothing(site: Site) -> None:
    film = os.urandom(22 * MIB + 345)
    path = site.folder / "lobby.mp4"
    path.write_bytes(b"")
    for start in range(0, len(film), 2 * MIB):
        with site.worker() as worker:
            with path.open("ab") as file:
                file.write(film[start : start + 2 * MIB])
            time.sleep(0.05 + start / MIB / 100)
            worker.send_signal(signal.SIGKILL)
    with site.worker() as worker:
        assert worker.wait(60) == 0

    assert site.bucket() == ([film], 0)
