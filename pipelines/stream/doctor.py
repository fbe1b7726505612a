"""Doctor: whether everything is there that streams need, tried out rather than read from settings.

Each examination gives findings: a name, how it stands (ok, warning, failed), what was seen, and what to do. Objects
that it makes have keys of their own below the prefix, and are taken away again.
"""

import email.utils
import shutil
import subprocess
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal
from uuid import uuid4

import anyio
import anyio.to_thread
from botocore.exceptions import BotoCoreError, ClientError
from redis.exceptions import RedisError

from pipelines.stream.kinds import without_secret
from pipelines.stream.settings import Settings

How = Literal["ok", "warning", "failed"]
_PATIENCE_S: Final = 15.0
_CLOCK_WARN_S: Final = 30.0
_CLOCK_FAIL_S: Final = 840.0
"""S3 refuses requests whose time is off by 15 minutes."""
_WATCHES_MIN: Final = 8_192


@dataclass(frozen=True)
class Finding:
    """One line of the report."""

    name: str
    how: How
    seen: str
    todo: str = ""


def _why(error: BaseException) -> str:
    """An error as its own words, or its name where it has none."""
    if isinstance(error, ClientError):
        told = error.response.get("Error", {})
        return f"{error.operation_name}: {told.get('Code')}: {told.get('Message')}"
    return without_secret(str(error) or type(error).__name__)


Examine = Callable[[], Awaitable[list[Finding]]]


class Doctor:
    """Examines what a worker with these settings would use."""

    def __init__(self, settings: Settings, *, s3: Any, redis: Any) -> None:
        self.settings = settings
        self.s3 = s3
        self.redis = redis

    async def findings(self) -> list[Finding]:
        """All findings, in the order of the examinations; one that hangs is given up."""
        found: list[Finding] = []
        examinations: list[tuple[str, Examine]] = [
            ("folder", self._folder),
            ("inotify", self._inotify),
            ("S3", self._s3),
            ("Redis", self._redis),
            ("ffprobe", self._ffprobe),
        ]
        for name, examine in examinations:
            done = False
            with anyio.move_on_after(_PATIENCE_S):
                found += await examine()
                done = True
            if not done:
                found.append(
                    Finding(name, "failed", f"no answer within {_PATIENCE_S:g} s", "see whether it can be reached")
                )
        return found

    # --- the machine --------------------------------------------------------------------------------

    async def _folder(self) -> list[Finding]:
        root = self.settings.watch
        if root is None:
            return []
        try:
            entries = await anyio.to_thread.run_sync(lambda: len(list(root.iterdir())))
        except OSError as error:
            return [Finding("folder", "failed", f"{root}: {error.strerror}", "make it, or let this user read it")]
        return [Finding("folder", "ok", f"{root} can be read, {entries} entries")]

    async def _inotify(self) -> list[Finding]:
        found = []
        for name, least in (
            ("max_user_watches", _WATCHES_MIN),
            ("max_user_instances", 16),
            ("max_queued_events", 4096),
        ):
            try:
                value = int(Path("/proc/sys/fs/inotify", name).read_text())
            except (OSError, ValueError):
                continue
            how: How = "ok" if value >= least else "warning"
            todo = "" if how == "ok" else f"sysctl fs.inotify.{name}={least} or more; until then changes are found late"
            found.append(Finding(f"inotify {name}", how, str(value), todo))
        return found or [Finding("inotify", "warning", "no limits to be read", "changes may be found by reading alone")]

    async def _ffprobe(self) -> list[Finding]:
        if not self.settings.probe:
            return [Finding("ffprobe", "ok", "not wanted (--probe no)")]
        program = shutil.which(self.settings.ffprobe)
        missing = Finding(
            "ffprobe",
            "warning",
            f"there is no {self.settings.ffprobe}",
            "install ffmpeg; recordings complete without, undescribed",
        )
        if program is None:
            return [missing]
        try:
            done = await anyio.to_thread.run_sync(
                lambda: subprocess.run(
                    [program, "-version"], capture_output=True, timeout=10, check=False, stdin=subprocess.DEVNULL
                )
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            return [Finding("ffprobe", "warning", f"{program}: {error}", missing.todo)]
        said = done.stdout.decode("utf-8", "replace").splitlines()
        return [Finding("ffprobe", "ok", said[0].partition(" Copyright")[0][:80] if said else program)]

    # --- S3 -----------------------------------------------------------------------------------------

    async def _s3(self) -> list[Finding]:
        where = self.settings.s3_endpoint or "AWS"
        try:
            before = time.time()
            answer = await self.s3.head_bucket(Bucket=self.settings.bucket)
        except ClientError as error:
            return [Finding("S3", "ok", f"{where} answers"), self._no_bucket(error)]
        except (BotoCoreError, OSError) as error:
            return [
                Finding(
                    "S3", "failed", f"{where}: {_why(error)}", "see --s3-endpoint, the network, and the credentials"
                )
            ]
        found = [Finding("S3", "ok", f"{where} answers"), Finding("bucket", "ok", self.settings.bucket)]
        found += _clock("clock of S3", answer, (before + time.time()) / 2)
        return found + await self._permissions()

    def _no_bucket(self, error: ClientError) -> Finding:
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        todo = {
            404: f"make it: aws s3 mb s3://{self.settings.bucket}",
            403: "see the credentials, and whether their policy allows s3:ListBucket on the bucket",
            301: "the bucket is in another region: see --s3-region",
        }.get(int(status or 0), "see --bucket and --s3-endpoint")
        return Finding("bucket", "failed", f"{self.settings.bucket}: {_why(error)}", todo)

    async def _permissions(self) -> list[Finding]:
        """Try what a worker does, under a key of its own."""
        place = {"Bucket": self.settings.bucket, "Key": f"{self.settings.prefix}.soundstage-doctor/{uuid4().hex}"}
        found: list[Finding] = []
        acts: list[tuple[str, str, Callable[[], Awaitable[Any]]]] = [
            ("put", "s3:PutObject", lambda: self.s3.put_object(**place, Body=b"soundstage")),
            ("head", "s3:GetObject", lambda: self.s3.head_object(**place)),
            ("delete", "s3:DeleteObject", lambda: self.s3.delete_object(**place)),
            (
                "multipart",
                "s3:PutObject, s3:AbortMultipartUpload, s3:ListMultipartUploadParts",
                lambda: self._multipart(place),
            ),
            (
                "list uploads",
                "s3:ListBucketMultipartUploads",
                lambda: self.s3.list_multipart_uploads(Bucket=place["Bucket"], Prefix=place["Key"]),
            ),
        ]
        for name, allowed, act in acts:
            try:
                await act()
            except (ClientError, BotoCoreError, OSError) as error:
                # An object of ours that stays is untidy; all else the worker cannot do without.
                how: How = "warning" if name == "delete" else "failed"
                found.append(
                    Finding(
                        f"may {name}", how, _why(error), f"let the policy allow {allowed} below {self.settings.prefix}*"
                    )
                )
            else:
                found.append(Finding(f"may {name}", "ok", "tried"))
        return found

    async def _multipart(self, place: dict[str, str]) -> None:
        upload = place | {"UploadId": (await self.s3.create_multipart_upload(**place))["UploadId"]}
        try:
            await self.s3.upload_part(**upload, PartNumber=1, Body=b"soundstage")
            await self.s3.list_parts(**upload)
        finally:
            await self.s3.abort_multipart_upload(**upload)

    # --- Redis --------------------------------------------------------------------------------------

    async def _redis(self) -> list[Finding]:
        where = without_secret(self.settings.redis)
        try:
            before = time.time()
            seconds, micros = await self.redis.time()
            offset_s = int(seconds) + int(micros) / 1e6 - (before + time.time()) / 2
            found = [Finding("Redis", "ok", f"{where} answers"), _offset("clock of Redis", offset_s)]
            found += await self._try_redis()
            about = await self.redis.info()
        except (RedisError, OSError) as error:
            return [Finding("Redis", "failed", f"{where}: {_why(error)}", "see --redis, the network, and the password")]
        return found + _of_redis(about)

    async def _try_redis(self) -> list[Finding]:
        """What a worker does: a script that writes."""
        key = f"{self.settings.redis_prefix}doctor:{uuid4().hex}"
        try:
            await self.redis.eval(
                "redis.call('HSET', KEYS[1], 'a', ARGV[1]); return redis.call('DEL', KEYS[1])", 1, key, "1"
            )
        except (RedisError, OSError) as error:
            todo = "let this user run scripts and write, on a server that is no replica and has memory left"
            return [Finding("scripts of Redis", "failed", _why(error), todo)]
        return [Finding("scripts of Redis", "ok", "tried")]


def _of_redis(about: dict[str, Any]) -> list[Finding]:
    """What Redis says of itself: whether it forgets."""
    policy = str(about.get("maxmemory_policy", "unknown"))
    limited = int(about.get("maxmemory", 0) or 0) > 0
    kept = policy in {"noeviction", "unknown"}
    found = [
        Finding(
            "eviction of Redis",
            "ok" if kept else ("failed" if limited else "warning"),
            policy if limited else f"{policy}, with no limit to its memory",
            "" if kept else "config set maxmemory-policy noeviction: else it forgets streams when its memory is full",
        )
    ]
    appends = str(about.get("aof_enabled", "0")) == "1"
    todo = (
        "" if appends else "appendonly yes: else a restart of Redis forgets the last minutes, and parts are sent again"
    )
    found.append(
        Finding(
            "persistence of Redis",
            "ok" if appends else "warning",
            "appendonly yes" if appends else "no appendonly file",
            todo,
        )
    )
    return found


def _clock(name: str, answer: dict[str, Any], here_s: float) -> list[Finding]:
    """How far our clock is from the one of an HTTP server."""
    told = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date")
    try:
        return [_offset(name, email.utils.parsedate_to_datetime(told).timestamp() - here_s)]
    except (TypeError, ValueError):
        return [Finding(name, "warning", f"its answer has no date ({told})", "")]


def _offset(name: str, offset_s: float) -> Finding:
    how: How = "ok" if abs(offset_s) < _CLOCK_WARN_S else "warning" if abs(offset_s) < _CLOCK_FAIL_S else "failed"
    todo = (
        "" if how == "ok" else "let NTP set the clock of this machine; S3 refuses requests that are off by 15 minutes"
    )
    return Finding(name, how, f"{offset_s:+.1f} s from ours", todo)


def words(findings: list[Finding]) -> Iterator[str]:
    """The report, as lines."""
    width = max((len(each.name) for each in findings), default=0)
    for each in findings:
        yield f"{each.how:8} {each.name:{width}}  {each.seen}"
        if each.todo and each.how != "ok":
            yield f"{'':8} {'':{width}}  -> {each.todo}"


def exit_code(findings: list[Finding]) -> int:
    """1 if a worker could not do its work."""
    return 1 if any(each.how == "failed" for each in findings) else 0
