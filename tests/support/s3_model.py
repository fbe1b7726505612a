"""The S3 model without a network: a boto client whose requests it answers, and requests by hand."""

import io
from functools import cache
from random import Random
from typing import Any

import botocore.session
from botocore.awsrequest import AWSResponse
from botocore.config import Config

from simulator.services.http.message import Request, Response
from simulator.services.rope import Rope
from simulator.services.s3.model import S3
from simulator.services.s3.request import locate
from simulator.services.s3.settings import Settings
from simulator.services.s3.store import Owner

SECOND_NS = 10**9
DAY_NS = 86_400 * SECOND_NS
START_NS = 1_800_000_000 * SECOND_NS
OTHER = Owner("b" * 64, "other")


@cache
def _session() -> Any:
    """One for all, for it takes a second to read its descriptions."""
    return botocore.session.Session()


class Server:
    """A model with a clock that moves by hand, and ways to ask it."""

    def __init__(self, settings: Settings | None = None, **options: Any) -> None:
        self.s3 = S3(settings or Settings(**options), rng=Random(7))
        self.now_ns = START_NS
        self.who: Owner | None = self.s3.owner

    def ask(self, method: str, target: str, body: bytes | Rope = b"", /, **headers: str) -> Response:
        """One request; `x_amz_acl="private"` is the header x-amz-acl."""
        named = [("Host", "localhost"), *((name.replace("_", "-"), value) for name, value in headers.items())]
        located = locate(Request(method, target, named), self.s3.settings)
        located.body = body if isinstance(body, Rope) else Rope.of(body)
        located.who = self.who
        return self.s3.apply(located, self.now_ns)

    def client(self, **config: Any) -> Any:
        """A boto client, with all its checks of what it sends and its reading of what it gets."""
        client = _session().create_client(
            "s3",
            region_name=self.s3.settings.region,
            endpoint_url="http://localhost:9000",
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}, **config),
        )
        client.meta.events.register("before-send.s3", self._send)
        return client

    def _send(self, request: Any, **_: Any) -> AWSResponse:
        headers = [
            (name, value.decode() if isinstance(value, bytes) else value) for name, value in request.headers.items()
        ]
        located = locate(Request(request.method, request.url, headers), self.s3.settings)
        body = request.body.read() if hasattr(request.body, "read") else request.body or b""
        located.body = Rope.of(body.encode() if isinstance(body, str) else body)
        located.who = self.who
        response = self.s3.apply(located, self.now_ns)
        raw = text(response)
        told = {
            **dict(response.headers),
            "Content-Length": str(len(raw) if response.length is None else response.length),
        }
        return AWSResponse(request.url, response.status, told, _Raw(raw))


class _Raw(io.BytesIO):
    """A body as botocore reads it."""

    def stream(self, amount: int = 65536, **_: Any) -> Any:
        while chunk := self.read(amount):
            yield chunk


def text(response: Response) -> bytes:
    """The whole body of an answer."""
    return b"".join(response.body)  # type: ignore[arg-type]


def header(response: Response, name: str) -> str | None:
    return next((value for each, value in response.headers if each.lower() == name.lower()), None)


def code(response: Response) -> str:
    """The code of an error's XML, or nothing."""
    return text(response).partition(b"<Code>")[2].partition(b"</Code>")[0].decode()
