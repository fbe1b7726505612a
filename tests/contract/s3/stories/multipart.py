"""Multipart uploads: their life, what they answer when it is over, each refusal, and their pages."""

import asyncio
from hashlib import md5
from typing import Any

from tests.contract.s3.contract import PART, Contract, outcome


class Upload:
    """One upload, and the parts of it that were acknowledged."""

    def __init__(self, told: Contract, key: str, upload_id: str) -> None:
        self.told, self.s3 = told, told.s3
        self.name = {"Bucket": told.bucket, "Key": key, "UploadId": upload_id}
        self.parts: dict[int, str] = {}

    @classmethod
    async def begin(cls, told: Contract, key: str, **options: Any) -> "Upload":
        answer = await told.s3.create_multipart_upload(Bucket=told.bucket, Key=key, **options)
        return cls(told, key, answer["UploadId"])

    async def send(self, number: int, body: bytes, **options: Any) -> Any:
        answer = await self.s3.upload_part(**self.name, PartNumber=number, Body=body, **options)
        self.parts[number] = answer["ETag"]
        return answer

    async def complete(self, *numbers: int, etags: dict[int, str] | None = None, **options: Any) -> Any:
        known = self.parts | (etags or {})
        listed = [{"PartNumber": number, "ETag": known[number]} for number in numbers or sorted(self.parts)]
        return await self.s3.complete_multipart_upload(**self.name, MultipartUpload={"Parts": listed}, **options)

    async def listed(self, **options: Any) -> Any:
        return await self.s3.list_parts(**self.name, **options)

    async def abort(self) -> Any:
        return await self.s3.abort_multipart_upload(**self.name)


async def life(told: Contract) -> None:
    """Begun, sent, sent again, completed: the object is there, and the upload is not."""
    upload = await Upload.begin(told, "film", ContentType="video/mp4", Metadata={"token": "1"})
    bodies = {1: b"a" * PART, 2: b"b" * PART, 5: b"the last may be small"}
    await upload.send(1, b"to be sent again")
    for number, body in bodies.items():
        await upload.send(number, body)
    told.holds("etags of parts", upload.parts, {n: f'"{md5(body).hexdigest()}"' for n, body in bodies.items()})
    await told.answers("no object before the end", told.get("film"), "404 NoSuchKey")
    parts = (await upload.listed())["Parts"]
    told.holds("parts", [(part["PartNumber"], part["Size"]) for part in parts], [(1, PART), (2, PART), (5, 21)])
    etag = f'"{md5(b"".join(md5(body).digest() for body in bodies.values())).hexdigest()}-3"'
    done = await upload.complete()
    told.holds("completed", [done["ETag"], done["Bucket"], done["Key"]], [etag, told.bucket, "film"])
    told.holds("located", done["Location"].endswith(f"/{told.bucket}/film"), True)
    got = await told.get("film")
    told.holds("object", [got["ETag"], got["ContentType"], got["Metadata"]], [etag, "video/mp4", {"token": "1"}])
    told.holds("body", got["Body"] == b"".join(bodies.values()), True)
    over = await told.get("film", Range=f"bytes={PART - 2}-{PART + 1}")
    told.holds("range over a border", over["Body"], b"aabb")
    part = await told.get("film", PartNumber=2)
    shown = [part["ResponseMetadata"]["HTTPStatusCode"], part["ContentRange"], part["PartsCount"], len(part["Body"])]
    told.holds("a part of it", shown, [206, f"bytes {PART}-{2 * PART - 1}/{2 * PART + 21}", 3, PART])
    open_now = await told.s3.list_multipart_uploads(Bucket=told.bucket)
    told.holds("none is open", open_now.get("Uploads"), None)
    await told.answers("list after complete", upload.listed(), "404 NoSuchUpload")
    await told.answers("abort after complete", upload.abort(), "404 NoSuchUpload")
    again = await outcome(upload.complete())
    told.holds("complete again", again in ("200", "404 NoSuchUpload"), True)
    await told.answers("send after complete", upload.send(1, b"late"), "404 NoSuchUpload")
    told.holds("the object stands", await outcome(told.get("film")), "200")


async def aborted(told: Contract) -> None:
    """Aborted: nothing is left, and everything is refused."""
    upload = await Upload.begin(told, "film")
    await upload.send(1, b"part")
    await told.answers("abort", upload.abort(), "204")
    for name, act in (
        ("abort again", upload.abort()),
        ("send", upload.send(1, b"x")),
        ("list", upload.listed()),
        ("complete", upload.complete()),
    ):
        await told.answers(f"{name} after abort", act, "404 NoSuchUpload")
    stranger = Upload(told, "film", "nonsense")
    stranger.parts = upload.parts
    for name, act in (
        ("abort", stranger.abort()),
        ("send", stranger.send(1, b"x")),
        ("list", stranger.listed()),
        ("complete", stranger.complete()),
    ):
        await told.answers(f"{name} an unknown one", act, "404 NoSuchUpload")
    other = await Upload.begin(told, "another key")
    other.name["Key"] = "film"
    await told.answers("under another key", other.send(1, b"x"), "404 NoSuchUpload")


async def refused(told: Contract) -> None:
    """A list of parts must name what was sent, in order, large enough; and the upload survives each refusal."""
    upload = await Upload.begin(told, "film")
    for number, body in ((1, b"a" * PART), (2, b"small"), (3, b"last")):
        await upload.send(number, body)
    nothing = upload.s3.complete_multipart_upload(**upload.name, MultipartUpload={"Parts": []})
    wrong = {1: '"0123456789abcdef0123456789abcdef"'}
    for name, act, wanted in (
        ("no parts", nothing, "400 MalformedXML"),
        ("another etag", upload.complete(1, 2, etags=wrong), "400 InvalidPart"),
        ("a part never sent", upload.complete(1, 7, etags={7: wrong[1]}), "400 InvalidPart"),
        ("the wrong order", upload.complete(2, 1), "400 InvalidPartOrder"),
        ("one twice", upload.complete(1, 1, 2), "400 InvalidPartOrder"),
        ("a small one between", upload.complete(1, 2, 3), "400 EntityTooSmall"),
        ("part 0", upload.send(0, b"x"), "400 InvalidArgument"),
        ("part 10,001", upload.send(10_001, b"x"), "400 InvalidArgument"),
        ("another digest", upload.send(4, b"x", ContentMD5="1B2M2Y8AsgTpgAmY7PhCfg=="), "400 BadDigest"),
        ("another size in all", upload.complete(1, 3, MpuObjectSize=7), "400 InvalidRequest"),
    ):
        await told.answers(name, act, wanted)
    document = b"<CompleteMultipartUpload><Part><PartNumber>1</PartNumber>"
    path = told.path(f"film?uploadId={upload.name['UploadId']}")
    told.holds("half a document", (await told.ask("POST", path, body=document)).told, "400 MalformedXML")
    told.holds("no document", (await told.ask("POST", path)).code in ("InvalidRequest", "MalformedXML"), True)
    await told.answers("then some of the parts", upload.complete(1, 3), "200")
    told.holds("in all", (await told.head("film"))["ContentLength"], PART + 4)


async def conditions(told: Contract) -> None:
    """Completed only when there is none yet, or over the one that was seen."""
    etag = (await told.put("film", b"there"))["ETag"]
    upload = await Upload.begin(told, "film")
    await upload.send(1, b"new")
    await told.answers("there is one", upload.complete(IfNoneMatch="*"), "412 PreconditionFailed")
    other = '"0123456789abcdef0123456789abcdef"'
    await told.answers("over another", upload.complete(IfMatch=other), "412 PreconditionFailed")
    told.holds("it stayed", (await told.get("film"))["Body"], b"there")
    await told.answers("over the one that was seen", upload.complete(IfMatch=etag), "200")
    told.holds("it is new", (await told.get("film"))["Body"], b"new")
    fresh = await Upload.begin(told, "fresh")
    await fresh.send(1, b"x")
    await told.answers("there is none", fresh.complete(IfNoneMatch="*"), "200")


async def pages_of_parts(told: Contract) -> None:
    """Parts by number, in pages."""
    upload = await Upload.begin(told, "film")
    await asyncio.gather(*(upload.send(number, b"x" * number) for number in (1, 2, 9, 10, 100)))
    paging = told.s3.get_paginator("list_parts").paginate(**upload.name, PaginationConfig={"PageSize": 2})
    pages = [[part["PartNumber"] for part in page["Parts"]] async for page in paging]
    told.holds("by two", pages, [[1, 2], [9, 10], [100]])
    first = await upload.listed(MaxParts=2)
    told.holds("more", [first["IsTruncated"], first["NextPartNumberMarker"], first["MaxParts"]], [True, 2, 2])
    rest = await upload.listed(PartNumberMarker=9)
    told.holds("after nine", [part["PartNumber"] for part in rest["Parts"]], [10, 100])
    told.holds("class", rest["StorageClass"], "STANDARD")
    beyond = await upload.listed(PartNumberMarker=100)
    told.holds("after the last", [beyond.get("Parts"), beyond["IsTruncated"]], [None, False])


async def pages_of_uploads(told: Contract) -> None:
    """Uploads by key, and by the time they were begun; in pages, by prefix, in folders."""
    keys = ["a", "a", "b/1", "b/2", "c"]
    begun = [await Upload.begin(told, key) for key in keys]
    listed = await told.s3.list_multipart_uploads(Bucket=told.bucket)
    told.holds("all", [upload["Key"] for upload in listed["Uploads"]], keys)
    ids = {upload["UploadId"] for upload in listed["Uploads"]}
    told.holds("their ids", ids == {upload.name["UploadId"] for upload in begun}, True)
    paging = told.s3.get_paginator("list_multipart_uploads")
    pages = [
        [upload["Key"] for upload in page.get("Uploads", [])]
        async for page in paging.paginate(Bucket=told.bucket, PaginationConfig={"PageSize": 2})
    ]
    told.holds("by two", pages, [["a", "a"], ["b/1", "b/2"], ["c"]])
    one = [
        upload["UploadId"]
        async for page in paging.paginate(Bucket=told.bucket, PaginationConfig={"PageSize": 1})
        for upload in page.get("Uploads", [])
    ]
    told.holds("by one, none twice", [len(one), set(one) == ids], [5, True])
    listed = await told.s3.list_multipart_uploads(Bucket=told.bucket, Prefix="b/")
    told.holds("a prefix", [upload["Key"] for upload in listed["Uploads"]], ["b/1", "b/2"])
    listed = await told.s3.list_multipart_uploads(Bucket=told.bucket, Delimiter="/")
    shown = [[upload["Key"] for upload in listed["Uploads"]], [item["Prefix"] for item in listed["CommonPrefixes"]]]
    told.holds("folders", shown, [["a", "a", "c"], ["b/"]])
    listed = await told.s3.list_multipart_uploads(Bucket=told.bucket, KeyMarker="b/1")
    told.holds("after a key", [upload["Key"] for upload in listed["Uploads"]], ["b/2", "c"])


STORIES = (life, aborted, refused, conditions, pages_of_parts, pages_of_uploads)
