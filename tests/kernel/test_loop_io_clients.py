"""Unmodified client libraries talk over the simulated network: aiohttp, redis.asyncio and aiobotocore."""

import asyncio
import hashlib
import warnings
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from simulator.world.network import LAN, LinkProfile
from tests.support.hosts import Hosts
from tests.support.small_servers import RespServer, S3Server

SLOW = LinkProfile(latency_ns=2_000_000, jitter_ns=3_000_000, bytes_per_s=50_000_000, chopped_parts=300_000)
links = pytest.mark.parametrize("link", [LAN, SLOW], ids=["lan", "slow and chopped"])


async def forever() -> None:
    await asyncio.sleep(1e6)


# --- aiohttp ------------------------------------------------------------------------------------------------


def web_server() -> Any:
    async def echo(request: web.Request) -> web.Response:
        return web.Response(body=await request.read(), headers={"X-Peer": str(request.remote)})

    async def serve() -> None:
        app = web.Application(client_max_size=1 << 30)
        app.add_routes([web.post("/echo", echo)])
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "0.0.0.0", 80).start()
        await forever()

    return serve


@links
def test_aiohttp_finds_its_server_by_name_and_gets_every_byte(link: LinkProfile) -> None:
    body = bytes(range(256)) * 4096  # 1 MiB: above it, aiohttp warns of bodies in one piece.

    async def client() -> list[Any]:
        await asyncio.sleep(1)
        async with aiohttp.ClientSession() as http:
            answers = []
            for size in (0, 10, 100_000, len(body)):
                async with http.post("http://server/echo", data=body[:size]) as answer:
                    answers.append((answer.status, await answer.read() == body[:size], answer.headers["X-Peer"]))
            return answers

    hosts = Hosts(link=link)

    assert hosts.run(client=client, server=web_server()) == [(200, True, "10.0.0.1")] * 4


def test_aiohttp_sees_a_partition_as_a_time_out_and_recovers_after_it() -> None:
    async def client() -> list[str]:
        await asyncio.sleep(1)
        seen = []
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as http:
            for _ in range(3):
                try:
                    async with http.post("http://server/echo", data=b"x") as answer:
                        seen.append(str(answer.status))
                except TimeoutError as error:
                    seen.append(type(error).__name__)
                await asyncio.sleep(10)
        return seen

    hosts = Hosts()
    hosts.engine.call_at(5 * 10**9, hosts.network.partition, "client", "server")
    hosts.engine.call_at(20 * 10**9, hosts.network.heal, "client", "server")

    first, second, third = hosts.run(client=client, server=web_server())

    assert (first, third) == ("200", "200")
    assert second.endswith("TimeoutError")


def test_aiohttp_names_what_does_not_exist_and_what_refuses() -> None:
    async def client() -> list[str]:
        seen = []
        async with aiohttp.ClientSession() as http:
            for url in ("http://nowhere.example/", "http://server:81/"):
                try:
                    await http.get(url)
                except aiohttp.ClientConnectorError as error:
                    seen.append(f"{type(error).__name__}: {type(error.os_error).__name__}")
        return seen

    seen = Hosts().run(client=client, server=web_server())

    assert seen == ["ClientConnectorDNSError: gaierror", "ClientConnectorError: ConnectionRefusedError"]


# --- redis ----------------------------------------------------------------------------------------------------


@links
def test_redis_runs_its_commands_pipelines_and_subscriptions(link: LinkProfile) -> None:
    from redis.asyncio import Redis

    async def client() -> list[Any]:
        await asyncio.sleep(1)
        async with Redis.from_url("redis://server:6379/0", decode_responses=True) as redis:
            seen: list[Any] = [
                await redis.ping(),
                await redis.set("key", "x" * 100_000),
                len(await redis.get("key") or ""),
            ]
            seen.append(await redis.get("missing"))
            async with redis.pipeline(transaction=False) as pipe:
                for number in range(50):
                    pipe.incrby("sum", number)
                seen.append((await pipe.execute())[-1])
            answers = await asyncio.gather(*(redis.incrby("many", 1) for _ in range(30)))
            seen.append(sorted(answers) == list(range(1, 31)))
            return seen

    hosts = Hosts(link=link)

    assert hosts.run(client=client, server=RespServer().serve) == [True, True, 100_000, None, 1225, True]


def test_redis_reconnects_after_its_server_lost_power() -> None:
    from redis.asyncio import Redis
    from redis.asyncio.retry import Retry
    from redis.backoff import NoBackoff
    from redis.exceptions import RedisError

    async def client() -> list[str]:
        await asyncio.sleep(1)
        seen = []
        async with Redis(host="server", socket_timeout=5, retry=Retry(NoBackoff(), 0)) as redis:
            for _ in range(4):
                try:
                    seen.append(str(await redis.ping()))
                except RedisError as error:
                    seen.append(type(error).__name__)
                await asyncio.sleep(20)
        return seen

    hosts = Hosts()
    server = hosts.world.host("server")
    hosts.engine.call_at(10 * 10**9, server.crash)
    hosts.engine.call_at(50 * 10**9, server.boot)

    seen = hosts.run(client=client, server=RespServer().serve)

    assert seen == ["True", "TimeoutError", "TimeoutError", "True"]


# --- S3 -------------------------------------------------------------------------------------------------------


@links
def test_aiobotocore_puts_gets_and_uploads_in_parts(link: LinkProfile) -> None:
    from aiobotocore.config import AioConfig
    from aiobotocore.session import get_session

    part = hashlib.shake_128(b"part").digest(5 << 20)

    async def client() -> list[Any]:
        await asyncio.sleep(1)
        config = AioConfig(s3={"addressing_style": "path"}, retries={"max_attempts": 1})
        async with get_session().create_client(
            "s3", endpoint_url="http://server:9000", region_name="us-east-1", config=config,
            aws_access_key_id="test", aws_secret_access_key="test",
        ) as s3:  # fmt: skip
            await s3.put_object(Bucket="bucket", Key="small", Body=b"hello")
            small = await (await s3.get_object(Bucket="bucket", Key="small"))["Body"].read()
            upload = (await s3.create_multipart_upload(Bucket="bucket", Key="large"))["UploadId"]
            etags = []
            for number in (1, 2):
                done = await s3.upload_part(Bucket="bucket", Key="large", UploadId=upload, PartNumber=number, Body=part)
                etags.append({"PartNumber": number, "ETag": done["ETag"]})
            await s3.complete_multipart_upload(
                Bucket="bucket", Key="large", UploadId=upload, MultipartUpload={"Parts": etags}
            )
            large = await (await s3.get_object(Bucket="bucket", Key="large"))["Body"].read()
            return [small, large == part * 2]

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # botocore's own, on some versions of Python.
        seen = Hosts(link=link).run(client=client, server=S3Server().serve)

    assert seen == [b"hello", True]


def test_equal_seeds_give_equal_digests_and_other_seeds_others() -> None:
    async def client() -> None:
        await asyncio.sleep(1)
        async with aiohttp.ClientSession() as http:
            await asyncio.gather(*(http.post("http://server/echo", data=bytes(5000)) for _ in range(8)))

    def digest(seed: int) -> str:
        hosts = Hosts(seed=seed)
        hosts.run(client=client, server=web_server())
        return hosts.digest()

    assert digest(1) == digest(1)
    assert digest(1) != digest(2)
