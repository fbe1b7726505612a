"""Store: the calls to S3. One client for a worker; refusals come as `S3Refusal`, by kind.

A call is tried a few times with full jitter before it is given up, and passes the worker's limiter, which learns
from every SlowDown. botocore itself tries once: two layers that retry multiply.
"""

import asyncio
import base64
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, NamedTuple

import aiohttp
from aiobotocore.config import AioConfig
from aiobotocore.session import get_session
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, ParamValidationError
from botocore.parsers import ResponseParserError

from pipelines.common.limiter import Limiter
from pipelines.common.retry import full_jitter
from pipelines.stream import bodies
from pipelines.stream.answers import UPLOAD_GONE, Head, Kind, Listed, Listing, S3Refusal, kind_of
from pipelines.stream.checksums import ALGORITHMS, NONE, Checksum, Digests, field_of
from pipelines.stream.policy import Policy
from pipelines.stream.records import Intent, bare
from pipelines.stream.signing import ServersTime
from pipelines.stream.source import RangeReader

_log: Final = logging.getLogger("pipelines.stream")
TOKEN: Final = "sp-token"
"""The metadata that says whose an object is."""
_TRY_AGAIN: Final = {Kind.AGAIN, Kind.THROTTLED, Kind.CREDENTIALS, Kind.CLOCK}
_USER_AGENT: Final = "soundstage-stream"
_PAGES_MAX: Final = 10_000
_BYTES_PER_S_MIN: Final = 64 * 1024
"""A part that is slower than this is sent again, over another connection."""


@dataclass(frozen=True, kw_only=True)
class S3Access:
    """How S3 is reached. What is None is what botocore finds for itself: environment, files, instance roles."""

    endpoint: str | None = None
    region: str | None = None
    access_key: str | None = None
    secret_key: str | None = None
    session_token: str | None = None
    addressing: str = "auto"
    """`path`, `virtual`, or what botocore thinks best."""
    connect_timeout_s: float = 5.0
    read_timeout_s: float = 60.0
    connections_max: int = 64


class Begun(NamedTuple):
    """An upload that was begun."""

    upload_id: str
    doubtful: bool
    """Whether others may have been begun whose answers were lost."""
    checksum: str
    """The algorithm by which its parts bear checksums: ours, or none if the server says nothing of it."""


class Store:
    """One bucket, and the calls that the protocol needs."""

    def __init__(self, policy: Policy, access: S3Access, *, limiter: Limiter | None = None) -> None:
        self.policy, self.access = policy, access
        self.limiter = limiter or Limiter(policy.requests_in_flight)
        self._client: Any = None
        self._stack = AsyncExitStack()
        self._time = ServersTime()

    async def __aenter__(self) -> "Store":
        access = self.access
        config = AioConfig(
            connect_timeout=access.connect_timeout_s,
            read_timeout=access.read_timeout_s,
            max_pool_connections=access.connections_max,
            # Else botocore puts one together for each request, for longer than it takes to sign it.
            user_agent=_USER_AGENT,
            retries={"mode": "standard", "total_max_attempts": 1},
            # Parts carry Content-MD5, which is signed; a digest of the body besides would cost a second reading.
            s3={"addressing_style": access.addressing, "payload_signing_enabled": False},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        )
        self._client = await self._stack.enter_async_context(
            get_session().create_client(
                "s3",
                endpoint_url=access.endpoint,
                region_name=access.region,
                aws_access_key_id=access.access_key,
                aws_secret_access_key=access.secret_key,
                aws_session_token=access.session_token,
                config=config,
            )
        )
        self._time.register(self._client)
        bodies.register(self._client)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    @property
    def client(self) -> Any:
        """The client itself, for whoever examines the server rather than works with it."""
        return self._client

    # --- uploads ------------------------------------------------------------------------------------

    async def create(self, key: str, token: str, content_type: str) -> Begun:
        """Begin an upload."""
        tries: list[S3Refusal] = []
        words: dict[str, Any] = {"Key": key, "Metadata": {TOKEN: token}, "ContentType": content_type}
        if self.policy.checksum != NONE:
            words["ChecksumAlgorithm"] = self.policy.checksum.upper()
        answer = await self._call("create_multipart_upload", tries, **words)
        doubtful = any(each.kind is Kind.AGAIN for each in tries)
        return Begun(str(answer["UploadId"]), doubtful, _algorithm(answer))

    async def upload_part(
        self,
        key: str,
        upload_id: str,
        n: int,
        body: bytes | RangeReader,
        digests: Digests,
        tries: list[S3Refusal],
        *,
        checksum: str = "",
    ) -> str:
        """Send a part; its ETag. `tries` collects what went wrong on the way, `checksum` names the upload's kind."""
        words = {field_of(checksum): digests.checksum} if checksum else {}
        answer = await self._call(
            "upload_part",
            tries,
            Key=key,
            UploadId=upload_id,
            PartNumber=n,
            Body=body,
            ContentLength=len(body),
            ContentMD5=base64.b64encode(bytes.fromhex(digests.md5)).decode(),
            **words,
        )
        return bare(answer["ETag"])

    async def list_parts(self, key: str, upload_id: str, *, bucket: str | None = None) -> Listing:
        """Every part of an upload, of all pages, by number."""
        found: dict[int, Listed] = {}
        marker, algorithm = 0, ""
        for _ in range(_PAGES_MAX):
            where = {"Bucket": bucket or self.policy.bucket, "Key": key, "UploadId": upload_id}
            page = await self._call("list_parts", **where, PartNumberMarker=marker)
            numbers, algorithm = [], _algorithm(page)
            for part in page.get("Parts", ()):
                checksum = part.get(field_of(algorithm), "") if algorithm else ""
                found[int(part["PartNumber"])] = Listed(int(part["Size"]), bare(part["ETag"]), checksum)
                numbers.append(int(part["PartNumber"]))
            if not page.get("IsTruncated") or not numbers:
                break
            marker = max(numbers)  # What a page says of the next one is wrong on some servers.
        listing = Listing(sorted(found.items()))
        listing.checksum = algorithm if all(part.checksum for part in found.values()) else ""
        return listing

    async def uploads(self, prefix: str, *, exact: bool = False) -> AsyncIterator[tuple[str, str]]:
        """Open uploads below a prefix (or of exactly that key): key and upload id."""
        markers: dict[str, str] = {}
        for _ in range(_PAGES_MAX):
            page = await self._call("list_multipart_uploads", Prefix=prefix, **markers)
            for upload in page.get("Uploads", ()):
                if not exact or upload["Key"] == prefix:
                    yield str(upload["Key"]), str(upload["UploadId"])
            following = {"KeyMarker": page.get("NextKeyMarker"), "UploadIdMarker": page.get("NextUploadIdMarker")}
            given = {name: value for name, value in following.items() if value}
            if not page.get("IsTruncated") or not given or given == markers:
                return
            markers = given

    async def complete(self, key: str, intent: Intent, *, replaces: str | None = None) -> str:
        """Complete an upload of exactly these parts: its ETag. `replaces`: what may be at the key already."""
        words: dict[str, Any] = {}
        if self.policy.complete_size:
            words["MpuObjectSize"] = intent.size
        if self.policy.complete_condition:
            words |= {"IfMatch": f'"{replaces}"'} if replaces else {"IfNoneMatch": "*"}
        parts: list[dict[str, Any]] = [{"PartNumber": n, "ETag": f'"{etag}"'} for n, etag in enumerate(intent.etags, 1)]
        for part, checksum in zip(parts, intent.checksums, strict=False):
            part[field_of(intent.algorithm)] = checksum
        words |= {"UploadId": intent.upload_id, "MultipartUpload": {"Parts": parts}}
        answer = await self._call("complete_multipart_upload", Key=key, **words)
        return bare(answer.get("ETag"))

    async def abort(self, key: str, upload_id: str, *, bucket: str | None = None) -> bool:
        """Abort an upload; whether it was there."""
        try:
            await self._call("abort_multipart_upload", Bucket=bucket or self.policy.bucket, Key=key, UploadId=upload_id)
        except S3Refusal as refusal:
            if refusal.kind in UPLOAD_GONE:
                return False
            raise
        return True

    async def head(self, key: str) -> Head | None:
        """What is at a key."""
        words = {"ChecksumMode": "ENABLED"} if self.policy.checksum != NONE else {}
        try:
            answer = await self._call("head_object", Key=key, **words)
        except S3Refusal as refusal:
            if refusal.kind is Kind.NOT_FOUND:
                return None
            raise
        token = answer.get("Metadata", {}).get(TOKEN, "")
        return Head(int(answer["ContentLength"]), bare(answer["ETag"]), token, _checksum(answer))

    async def put(self, key: str, body: bytes, content_type: str) -> None:
        """A small object, whole."""
        await self._call("put_object", Key=key, Body=body, ContentType=content_type)

    # --- how a call is made -------------------------------------------------------------------------

    async def _call(self, operation: str, tries: list[S3Refusal] | None = None, /, **words: Any) -> Any:
        policy = self.policy
        words.setdefault("Bucket", policy.bucket)
        for attempt in range(1, policy.call_tries_max + 1):
            try:
                return await self._once(operation, words)
            except S3Refusal as refusal:
                if tries is not None:
                    tries.append(refusal)
                fields = {"operation": operation, "key": words.get("Key", ""), "try": attempt, "error": str(refusal)}
                _log.debug("stream.refused", extra=fields | {"what": refusal.kind.value})
                if refusal.kind not in _TRY_AGAIN or attempt == policy.call_tries_max:
                    raise
            await asyncio.sleep(full_jitter(attempt, base_s=policy.backoff_base_s, cap_s=policy.backoff_cap_s))
            body = words.get("Body")
            if isinstance(body, RangeReader):
                body.seek(0)
        raise AssertionError("unreachable")

    def _limit_s(self, words: dict[str, Any]) -> float:
        """How long a call may take in all: botocore's own limits are about silence, and aiohttp may wait for ever."""
        access, size = self.access, int(words.get("ContentLength", 0))
        return access.connect_timeout_s + 2 * access.read_timeout_s + size / _BYTES_PER_S_MIN

    async def _once(self, operation: str, words: dict[str, Any]) -> Any:
        async with self.limiter.slot():
            try:
                async with asyncio.timeout(self._limit_s(words)):
                    answer = await getattr(self._client, operation)(**words)
            except ClientError as error:
                refusal = _refusal(operation, error)
                if refusal.kind is Kind.THROTTLED:
                    self.limiter.throttled()
                elif refusal.kind is Kind.CLOCK:
                    headers = error.response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
                    self._time.learn(headers.get("date", ""))
                raise refusal from error
            except NoCredentialsError as error:
                raise S3Refusal(Kind.CREDENTIALS, operation, "NoCredentials", str(error)) from error
            except ParamValidationError as error:
                raise S3Refusal(Kind.REJECTED, operation, "ParamValidation", str(error)) from error
            except (BotoCoreError, aiohttp.ClientError, ResponseParserError, OSError, TimeoutError) as error:
                raise S3Refusal(Kind.AGAIN, operation, type(error).__name__, str(error)) from error
        self.limiter.succeeded()
        return answer


def _algorithm(answer: dict[str, Any]) -> str:
    """The algorithm by which an upload has its parts bear checksums, if it is one of ours."""
    named = str(answer.get("ChecksumAlgorithm", "")).lower()
    return named if named in ALGORITHMS else ""


def _checksum(answer: dict[str, Any]) -> Checksum | None:
    """The checksum of an object; one that was made of its parts' bears their number."""
    found = ((algorithm, answer.get(field_of(algorithm))) for algorithm in ALGORITHMS)
    return next((Checksum(algorithm, str(value)) for algorithm, value in found if value), None)


def _refusal(operation: str, error: ClientError) -> S3Refusal:
    told = error.response.get("Error", {})
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    code = str(told.get("Code") or status)
    return S3Refusal(kind_of(code, status), operation, code, str(told.get("Message", "")))
