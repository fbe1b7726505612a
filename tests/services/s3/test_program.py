"""The server runs as a program of a simulated host: over crashes it keeps what its store or its disk keeps."""

import asyncio
from typing import Any

import pytest
from botocore.exceptions import ClientError

from simulator import World, run, scenario
from simulator.errors import Misuse
from simulator.services.s3.auth import Credentials
from simulator.services.s3.program import S3Server, S3Service, serve_s3
from simulator.services.s3.settings import Settings, personality
from simulator.services.s3.store import Bucket, Owner, Store, Version
from tests.support.stories.troubled_s3 import client

# botocore's own, on some versions of Python.
pytestmark = pytest.mark.filterwarnings("ignore:datetime.datetime.utc:DeprecationWarning")

PART = 5 << 20


class Asker:
    """A client that keeps writing, whatever happens to the server, and remembers what was answered."""

    def __init__(self) -> None:
        self.answered: dict[str, bytes] = {}
        self.tried: dict[str, set[bytes]] = {}
        self.failed = 0
        self.found: dict[str, bytes] = {}

    async def write(self, rounds: int) -> None:
        async with client() as s3:
            for number in range(rounds):
                key = f"key{number % 4}" if number % 3 else f"once{number}"
                body = b"%d." % number * (10 if number % 2 else 10_000)
                self.tried.setdefault(key, set()).add(body)
                try:
                    # aiohttp waits for a "100 Continue" without a limit of its own.
                    async with asyncio.timeout(8):
                        if number % 5 == 4:
                            await self.in_parts(s3, key, body)
                        else:
                            await s3.put_object(Bucket="films", Key=key, Body=body)
                except Exception:
                    self.failed += 1
                    await asyncio.sleep(1)
                else:
                    self.answered[key] = body
                await asyncio.sleep(0.05)

    async def in_parts(self, s3: Any, key: str, body: bytes) -> None:
        upload = (await s3.create_multipart_upload(Bucket="films", Key=key))["UploadId"]
        sent = await s3.upload_part(Bucket="films", Key=key, UploadId=upload, PartNumber=1, Body=body)
        parts = {"Parts": [{"PartNumber": 1, "ETag": sent["ETag"]}]}
        await s3.complete_multipart_upload(Bucket="films", Key=key, UploadId=upload, MultipartUpload=parts)

    async def read(self) -> None:
        async with client() as s3:
            listed = await s3.list_objects_v2(Bucket="films")
            for each in listed.get("Contents", []):
                found = await s3.get_object(Bucket="films", Key=each["Key"])
                self.found[each["Key"]] = await found["Body"].read()

    def verify(self) -> None:
        """Nothing that was answered is lost; what is there was sent at some time, as a whole."""
        assert self.found.keys() >= self.answered.keys()
        for key, body in self.found.items():
            later = self.tried[key] - {self.answered.get(key, b"")}
            assert body == self.answered.get(key) or body in later


def suffered(server: S3Server, *, seed: int, kills: bool = False, mount: bool = False) -> Asker:
    asker = Asker()

    @scenario()
    async def story(world: World) -> None:
        """What was answered stays, although the power fails again and again."""
        host = world.host("s3")
        if mount:
            host.mount("/data")
        service = host.run(serve_s3, server)
        await asyncio.sleep(1)
        writing = world.host("client").run(asker.write, 40)
        for _ in range(4):
            await asyncio.sleep(0.61 + 0.137 * seed)
            if kills:
                service.kill()
            else:
                host.crash()
            await asyncio.sleep(0.5)
            if kills:
                service.start()
            else:
                host.boot()
        assert await writing.wait() == 0
        assert await world.host("client").run(asker.read).wait() == 0
        asker.verify()

    found = run(story, seed=seed)
    assert found.outcome.passed, found.outcome.message
    assert asker.failed or found.trace.of("net.reset", host="client"), "nothing has disturbed the client"
    return asker


@pytest.mark.parametrize("seed", range(4))
def test_on_its_disk_everything_outlives_power_cuts(seed: int) -> None:
    suffered(S3Server(buckets=("films",), data="/data/s3"), seed=seed, mount=True)


def test_in_a_store_of_its_owner_everything_outlives_a_kill() -> None:
    store = Store()

    suffered(S3Server(buckets=("films",), store=store), seed=1, kills=True)

    assert len(store.buckets["films"].keys) >= 4


def test_a_store_may_see_many_lives_of_its_program() -> None:
    store = Store()

    async def live() -> None:
        service = S3Service(S3Server(host="127.0.0.1", port=0, store=store))
        await service.start()
        await service.stop()

    async def lives() -> None:
        for _ in range(1500):
            await live()

    asyncio.run(lives())
    bucket = Bucket(name="films", owner=Owner("me"), created_ns=1, region="r")
    store.add_bucket(bucket)
    store.add_version(bucket, Version(key="k", modified_ns=1, owner=Owner("me")))

    assert bucket.keys == ["k"]


def test_with_neither_it_forgets() -> None:
    with pytest.raises(AssertionError):
        suffered(S3Server(buckets=("films",)), seed=1, kills=True)


def test_a_store_and_a_folder_are_one_too_many() -> None:
    with pytest.raises(Misuse, match="not in both"):
        asyncio.run(S3Service(S3Server(store=Store(), data="/nowhere")).start())


def asked(server: S3Server, act: Any, *, skew_s: float = 0) -> Any:
    """What a client gets from a server in a world; `skew_s` is how far the client's clock is off."""
    found: list[Any] = []

    async def program() -> None:
        async with client() as s3:
            try:
                found.append(await act(s3))
            except ClientError as error:
                found.append(error.response["Error"]["Code"])

    @scenario()
    async def story(world: World) -> None:
        """Asked and answered."""
        world.host("s3").run(serve_s3, server)
        await asyncio.sleep(1)
        asking = world.host("client")
        asking.wall.jump(round(skew_s * 10**9))
        assert await asking.run(program).wait() == 0

    played = run(story, seed=3)
    assert played.outcome.passed, played.outcome.message
    return found[0]


async def buckets(s3: Any) -> list[str]:
    return [each["Name"] for each in (await s3.list_buckets())["Buckets"]]


def test_buckets_are_there_from_the_start() -> None:
    assert asked(S3Server(buckets=("one", "two")), buckets) == ["one", "two"]


def test_a_clock_that_is_off_is_refused_by_the_clock_of_the_server() -> None:
    # botocore learns the server's time from the refusal, but has no more attempts here.
    assert asked(S3Server(), buckets, skew_s=1000) == "RequestTimeTooSkewed"
    assert asked(S3Server(), buckets, skew_s=-800) == []


def test_credentials_may_end() -> None:
    ended = Credentials(access_key="test", secret_key="test", expires_ns=1)

    assert asked(S3Server(credentials=(ended,)), buckets) == "ExpiredToken"


def test_a_personality_may_let_anybody_in() -> None:
    lax = Settings(personality=personality("moto"))
    other = Credentials(access_key="other", secret_key="other")

    assert asked(S3Server(settings=lax, credentials=(other,), buckets=("films",)), buckets) == ["films"]
    assert asked(S3Server(credentials=(other,)), buckets) == "InvalidAccessKeyId"
