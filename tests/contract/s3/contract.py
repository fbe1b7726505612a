"""What a story of the contract is told with: a client, a bucket of its own, raw HTTP, and a ledger of what held.

A story states what AWS does. A server that is known to do something else has that written down, as data, by the
story and the name of the observation; the ledger then demands the deviating answer, and notices when it is gone.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

import aiohttp
from aiobotocore.config import AioConfig
from aiobotocore.session import get_session
from botocore.exceptions import ClientError

from tests.contract.s3.signing import Signer

REGION: Final = "us-east-1"
MIB: Final = 1 << 20
PART: Final = 5 * MIB  # the least that S3 takes for a part that is not the last


@dataclass(frozen=True, kw_only=True)
class Server:
    """Where a server is, and who may ask it."""

    url: str
    access_key: str
    secret_key: str

    @property
    def signer(self) -> Signer:
        return Signer(access_key=self.access_key, secret_key=self.secret_key, region=REGION)


@dataclass
class Ledger:
    """What was observed, against what AWS answers or what this server is known to answer instead."""

    story: str
    deviations: Mapping[str, object]
    complaints: list[str] = field(default_factory=list)
    met: set[str] = field(default_factory=set)

    def holds(self, what: str, got: object, wanted: object) -> None:
        """Note one observation; `wanted` is what AWS says."""
        name = f"{self.story}: {what}"
        if name in self.deviations:
            self.met.add(name)
            known = self.deviations[name]
            if got == wanted:
                self.complaints.append(f"{name}: no longer deviates: {got!r}")
            elif got != known:
                self.complaints.append(f"{name}: {got!r}, expected its deviation {known!r} (AWS: {wanted!r})")
        elif got != wanted:
            self.complaints.append(f"{name}: {got!r}, expected {wanted!r}")

    def close(self) -> list[str]:
        """Every complaint, and every deviation that the story never came to."""
        listed = {name for name in self.deviations if name.startswith(f"{self.story}: ")}
        return self.complaints + [
            f"{name}: listed as a deviation, never observed" for name in sorted(listed - self.met)
        ]


@dataclass
class Contract:
    """What a story acts with."""

    server: Server
    s3: Any
    bucket: str
    ledger: Ledger

    def holds(self, what: str, got: object, wanted: object) -> None:
        self.ledger.holds(what, got, wanted)

    async def answers(self, what: str, act: Awaitable[Any], wanted: str) -> None:
        """Note how a call ends: `404 NoSuchKey`, or `200` and the like when it is accepted."""
        self.holds(what, await outcome(act), wanted)

    async def put(self, key: str, body: bytes = b"", **options: Any) -> Any:
        return await self.s3.put_object(Bucket=self.bucket, Key=key, Body=body, **options)

    async def get(self, key: str, **options: Any) -> Any:
        """The answer to GetObject with its body read, or the name of the refusal as its body."""
        answer = await self.s3.get_object(Bucket=self.bucket, Key=key, **options)
        answer["Body"] = await answer["Body"].read()
        return answer

    async def head(self, key: str, **options: Any) -> Any:
        return await self.s3.head_object(Bucket=self.bucket, Key=key, **options)

    async def ask(self, method: str, path: str, **options: Any) -> "Answer":
        """Sign a request by ourselves and send it; what is said of it in `options` is the signer's."""
        url, headers, body = self.server.signer.sign(method, self.server.url + path, **options)
        return await send(method, url, headers, body)

    def path(self, key: str = "") -> str:
        return f"/{self.bucket}/{key}" if key else f"/{self.bucket}"


@dataclass(frozen=True)
class Answer:
    """A raw answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def code(self) -> str:
        """The S3 error code, or nothing."""
        return self.body.partition(b"<Code>")[2].partition(b"</Code>")[0].decode()

    @property
    def told(self) -> str:
        """Status and code: `403 AccessDenied`."""
        return f"{self.status} {self.code}".strip()


async def send(method: str, url: str, headers: Mapping[str, str], body: bytes = b"") -> Answer:
    """Send a request exactly as it is, with nothing added but a length."""
    from yarl import URL

    skip = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")
    async with aiohttp.ClientSession(skip_auto_headers=skip, auto_decompress=False) as http:
        async with http.request(method, URL(url, encoded=True), headers=headers, data=body or None) as answer:
            return Answer(answer.status, answer.headers, await answer.read())


async def outcome(act: Awaitable[Any]) -> str:
    """Status and code of a refusal, or the status of what was accepted."""
    try:
        answer = await act
    except ClientError as error:
        return f"{error.response['ResponseMetadata']['HTTPStatusCode']} {error.response['Error']['Code']}"
    return str(answer["ResponseMetadata"]["HTTPStatusCode"])


@cache
def _session() -> Any:
    """One session for all clients: it keeps the service's description, which takes long to read."""
    return get_session()


@asynccontextmanager
async def client(server: Server, **options: Any) -> AsyncIterator[Any]:
    """An S3 client with botocore's defaults, which does not try again."""
    config = {"retries": {"mode": "standard", "total_max_attempts": 1}, "s3": {"addressing_style": "path"}} | options
    async with _session().create_client(
        "s3",
        endpoint_url=server.url,
        region_name=REGION,
        aws_access_key_id=server.access_key,
        aws_secret_access_key=server.secret_key,
        config=AioConfig(**config),
    ) as made:
        yield made


Story = Callable[[Contract], Awaitable[None]]


def name_of(story: Story) -> str:
    module, function = story.__module__.rpartition(".")[2], story.__name__
    return f"{module}.{function}"


async def tell(story: Story, server: Server, deviations: Mapping[str, object]) -> list[str]:
    """Tell a story in a bucket of its own; everything that did not hold."""
    ledger = Ledger(name_of(story), deviations)
    bucket = name_of(story).replace("_", "-")
    async with client(server) as s3:
        await s3.create_bucket(Bucket=bucket)
        await asyncio.wait_for(story(Contract(server, s3, bucket, ledger)), 60)
    return ledger.close()
