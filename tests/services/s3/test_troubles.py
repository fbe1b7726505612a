"""Each trouble of an S3, as an unmodified client of aiobotocore meets it in the simulated world."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from simulator.services.s3.troubles import S3_SURFACE
from tests.support.stories.troubled_s3 import suffered

# botocore's own, on some versions of Python.
pytestmark = pytest.mark.filterwarnings("ignore:datetime.datetime.utc:DeprecationWarning")

ETAG = '"5d41402abc4b2a76b9719d911017c592"'


async def put(s3: Any) -> str:
    return str((await s3.put_object(Bucket="films", Key="k", Body=b"hello"))["ETag"])


async def get(s3: Any) -> bytes:
    found = await s3.get_object(Bucket="films", Key="k")
    return bytes(await asyncio.wait_for(found["Body"].read(), 8))


async def listed(s3: Any) -> list[str]:
    found = await s3.list_objects_v2(Bucket="films")
    return [each["Key"] for each in found.get("Contents", [])]


class Film:
    """An upload with one part, as its client sees it."""

    async def begin(self, s3: Any) -> None:
        self.id = (await s3.create_multipart_upload(Bucket="films", Key="film"))["UploadId"]
        self.etag = await self.part(s3)

    async def part(self, s3: Any) -> str:
        sent = await s3.upload_part(Bucket="films", Key="film", UploadId=self.id, PartNumber=1, Body=b"part")
        return str(sent["ETag"])

    async def complete(self, s3: Any) -> str:
        parts = {"Parts": [{"PartNumber": 1, "ETag": self.etag}]}
        done = await s3.complete_multipart_upload(Bucket="films", Key="film", UploadId=self.id, MultipartUpload=parts)
        return str(done["ETag"])


# --- what every service behind HTTP can meet --------------------------------------------------------------

WRITING = {
    "request-lost": ("ReadTimeoutError", 5, False),
    "reply-lost": ("ReadTimeoutError", 5, True),
    "late:seconds=2": (ETAG, 2, True),
    "twice": (ETAG, 0, True),
    "slow-first-byte:seconds=3": (ETAG, 3, True),
    "reset-before": ("EndpointConnectionError", 0, False),
    "reset-during": ("EndpointConnectionError", 0, False),
    "reset-after": ("EndpointConnectionError", 0, True),
    "error-before": ("InternalError", 0, False),
    "error-after": ("InternalError", 0, True),
    "throttled": ("SlowDown", 0, False),
    "expired-credentials": ("ExpiredToken", 0, False),
    "restart:seconds=20": ("EndpointConnectionError", 0, False),
}
READING = {
    "trickle:bytes_per_s=2": (b"hello", 2.5),
    "cut-body": ("ClientPayloadError", 0),
    "reset-body": ("ClientPayloadError", 0),
    # aiohttp waits for ever for the rest of a body whose chunks cannot be read.
    "malformed-chunk": ("TimeoutError", 8),
}
OF_S3 = {"error-in-200", "error-in-200-after", "listing-lag", "upload-expiry"}
"""Those that have tests of their own below."""


def test_every_kind_is_tested() -> None:
    shown = {fault.partition(":")[0] for fault in (*WRITING, *READING)}
    assert shown | OF_S3 == S3_SURFACE.keys()


@pytest.mark.parametrize("fault", WRITING)
def test_a_put_in_trouble(fault: str) -> None:
    expected, took_s, effect = WRITING[fault]

    seen = suffered(f"{fault}{',' if ':' in fault else ':'}operation=PutObject,key=films/*", put)

    assert seen.value or seen.error == expected
    assert seen.error == ("" if expected == ETAG else expected)
    assert seen.took_s == pytest.approx(took_s, abs=0.5)
    assert seen.objects == ({"k": b"hello"} if effect else {})
    assert set(seen.told) == {fault.partition(":")[0]}


@pytest.mark.parametrize("fault", READING)
def test_a_get_in_trouble(fault: str) -> None:
    expected, took_s = READING[fault]

    seen = suffered(f"{fault}{',' if ':' in fault else ':'}operation=GetObject", get, before=put)

    assert (seen.value if seen.value is not None else seen.error) == expected
    assert seen.took_s == pytest.approx(took_s, abs=0.5)


def test_what_is_meant_for_another_operation_or_key_strikes_nobody() -> None:
    seen = suffered("error-before:operation=GetObject", put)
    other = suffered("error-before:key=films/other", put)

    assert (seen.value, seen.told, other.value, other.told) == (ETAG, [], ETAG, [])


@pytest.mark.parametrize("fault", ["throttled", "error-before", "error-after", "reset-after", "reply-lost"])
def test_a_client_that_tries_again_gets_through(fault: str) -> None:
    seen = suffered(f"{fault}:times=1,operation=PutObject", put, attempts=2)

    assert (seen.value, seen.objects) == (ETAG, {"k": b"hello"})


# --- what only an S3 does -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("fault", "effect"), [("error-in-200", False), ("error-in-200-after", True)])
def test_a_complete_that_fails_behind_its_200(fault: str, effect: bool) -> None:
    film = Film()

    seen = suffered(fault, film.complete, before=film.begin)

    assert seen.error == "InternalError"
    assert seen.objects == ({"film": b"part"} if effect else {})
    assert seen.uploads == (0 if effect else 1)


@pytest.mark.parametrize("fault", ["error-in-200:times=1", "error-in-200-after:times=1"])
def test_a_complete_that_is_tried_again_is_done_once(fault: str) -> None:
    film = Film()

    seen = suffered(fault, film.complete, before=film.begin, attempts=2)

    assert seen.value.endswith('-1"')
    assert seen.objects == {"film": b"part"}
    assert seen.asked == ["CompleteMultipartUpload"] * 2


def test_a_copy_can_fail_behind_its_200_as_well() -> None:
    async def copy(s3: Any) -> None:
        await s3.copy_object(Bucket="films", Key="copy", CopySource="films/k")

    seen = suffered("error-in-200:code=SlowDown", copy, before=put)

    assert (seen.error, list(seen.objects)) == ("SlowDown", ["k"])


def test_a_listing_lags() -> None:
    async def write_and_list(s3: Any) -> list[list[str]]:
        await put(s3)
        at_once = await listed(s3)
        await asyncio.sleep(4)
        later = await listed(s3)
        await s3.delete_object(Bucket="films", Key="k")
        deleted = await listed(s3)
        await asyncio.sleep(4)
        return [at_once, later, deleted, await listed(s3)]

    seen = suffered("listing-lag:seconds=3", write_and_list)

    assert seen.value == [[], ["k"], ["k"], []]
    assert seen.told == ["listing-lag"] * 4


def test_a_listing_of_uploads_and_parts_lags_too() -> None:
    film = Film()

    async def upload_and_list(s3: Any) -> list[int]:
        found: list[int] = []
        await film.begin(s3)
        for _ in range(2):
            uploads = await s3.list_multipart_uploads(Bucket="films")
            found.append(len(uploads.get("Uploads", [])))
            await asyncio.sleep(4)
        await s3.upload_part(Bucket="films", Key="film", UploadId=film.id, PartNumber=2, Body=b"more")
        parts = await s3.list_parts(Bucket="films", Key="film", UploadId=film.id)
        return [*found, len(parts["Parts"])]

    seen = suffered("listing-lag:seconds=3", upload_and_list)

    assert seen.value == [0, 1, 1]


def test_old_uploads_are_swept() -> None:
    young, old = Film(), Film()

    assert suffered("upload-expiry:seconds=10", young.part, before=young.begin).error == ""
    seen = suffered("upload-expiry:operation=UploadPart", old.part, before=old.begin)
    assert (seen.error, seen.uploads) == ("NoSuchUpload", 0)


@pytest.mark.parametrize(("like", "error"), [("aws", ""), ("rclone", "NoSuchUpload")])
def test_a_restart_resets_everybody_and_may_lose_uploads(like: str, error: str) -> None:
    film = Film()

    seen = suffered("restart:times=1,seconds=2", film.part, before=film.begin, like=like, attempts=4)

    assert seen.error == error
    assert seen.took_s > 2
    assert seen.uploads == (0 if error else 1)


def test_the_same_seed_suffers_the_same() -> None:
    async def try_often(s3: Any) -> list[bool]:
        found: list[bool] = []
        for _ in range(20):
            try:
                await put(s3)
                found.append(True)
            except Exception:
                found.append(False)
        return found

    first, again, other = (suffered("throttled:chance=0.5", try_often, seed=seed).value for seed in (1, 1, 2))

    assert first == again
    assert first != other
    assert 3 < sum(first) < 17


def test_the_reference_has_every_kind_as_the_surface_words_it() -> None:
    page = (Path(__file__).parents[3] / "docs/reference/s3-faults.md").read_text()

    assert [kind.name for kind in S3_SURFACE.values() if f"| `{kind.name}` | {kind.doc} |" not in page] == []
    assert page.count("\n| `") == len(S3_SURFACE) + 5
