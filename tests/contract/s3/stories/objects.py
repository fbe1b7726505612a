"""Objects: what is put comes back, whatever its name; parts of it; and what is told of it."""

from hashlib import md5

from tests.contract.s3.contract import Contract

_NAMES = (
    "plain.txt",
    "with space and +plus",
    "per%cent %41",
    "ümläut/日本語.mp4",
    "a//b",
    "/leads",
    "ends/",
    "dots/../up",
    ".",
    "quote'\"<>&",
    "?query#fragment",
    "tilde~star*(paren)!",
    "k" * 1024,
)


async def life(told: Contract) -> None:
    """Put, get, head, overwritten, deleted."""
    first = await told.put("one", b"hello world")
    told.holds("etag is the digest", first["ETag"], f'"{md5(b"hello world").hexdigest()}"')
    told.holds("body", (await told.get("one"))["Body"], b"hello world")
    second = await told.put("one", b"another")
    told.holds("overwritten", (await told.get("one"))["Body"], b"another")
    head = await told.head("one")
    told.holds("head", [head["ContentLength"], head["ETag"] == second["ETag"]], [7, True])
    told.holds("accepts ranges", head["AcceptRanges"], "bytes")
    gone = await told.s3.delete_object(Bucket=told.bucket, Key="one")
    told.holds("deleted", gone["ResponseMetadata"]["HTTPStatusCode"], 204)
    await told.answers("deleted again", told.s3.delete_object(Bucket=told.bucket, Key="one"), "204")
    await told.answers("got when gone", told.get("one"), "404 NoSuchKey")
    await told.answers("head when gone", told.head("one"), "404 404")
    nowhere = f"{told.bucket}-nowhere"
    await told.answers("in no bucket", told.s3.get_object(Bucket=nowhere, Key="one"), "404 NoSuchBucket")
    await told.answers("head in no bucket", told.s3.head_object(Bucket=nowhere, Key="one"), "404 404")
    await told.answers("deleted in no bucket", told.s3.delete_object(Bucket=nowhere, Key="one"), "404 NoSuchBucket")
    empty = await told.put("empty")
    told.holds("empty", [empty["ETag"], (await told.get("empty"))["Body"]], [f'"{md5(b"").hexdigest()}"', b""])


async def names(told: Contract) -> None:
    """A name is a string of bytes, up to 1,024 of them, and nothing else."""
    for name in _NAMES:
        await told.put(name, name.encode())
    for name in _NAMES:
        told.holds(f"{name[:20]} comes back", (await told.get(name))["Body"], name.encode())
    keys = [item["Key"] for item in (await told.s3.list_objects_v2(Bucket=told.bucket))["Contents"]]
    told.holds("listed in the order of bytes", keys, sorted(_NAMES, key=str.encode))
    await told.answers("1,025 letters", told.put("k" * 1025), "400 KeyTooLongError")
    gone = await told.s3.delete_objects(Bucket=told.bucket, Delete={"Objects": [{"Key": name} for name in _NAMES]})
    told.holds("deleted together", sorted(item["Key"] for item in gone["Deleted"]), sorted(_NAMES))
    told.holds("none is left", (await told.s3.list_objects_v2(Bucket=told.bucket)).get("Contents"), None)


async def headers(told: Contract) -> None:
    """What was said of an object is told again, and may be overruled for one answer."""
    said = {
        "CacheControl": "max-age=60",
        "ContentDisposition": 'attachment; filename="a b.txt"',
        "ContentEncoding": "gzip",
        "ContentLanguage": "de",
        "ContentType": "text/plain; charset=utf-8",
        "Metadata": {"camera": "lobby 1", "empty": "", "other-name": "x"},
    }
    await told.put("said", b"x" * 100, **said)
    head, got = await told.head("said"), await told.get("said")
    told.holds("head", {name: head.get(name) for name in said}, said)
    told.holds("get", {name: got.get(name) for name in said}, said)
    await told.put("unsaid", b"x")
    told.holds("without a type", (await told.head("unsaid"))["ContentType"], "binary/octet-stream")
    other = await told.get("said", ResponseContentType="video/mp4", ResponseCacheControl="no-cache")
    told.holds("overruled", [other["ContentType"], other["CacheControl"]], ["video/mp4", "no-cache"])
    large = {"large": "x" * 2100}
    await told.answers("too much of it", told.put("large", Metadata=large), "400 MetadataTooLarge")


async def digests(told: Contract) -> None:
    """A body that is not what its sender meant is refused, and nothing is stored."""
    wrong = "1B2M2Y8AsgTpgAmY7PhCfg=="  # of no bytes
    await told.answers("another digest", told.put("d", b"body", ContentMD5=wrong), "400 BadDigest")
    await told.answers("no digest at all", told.put("d", b"body", ContentMD5="nonsense"), "400 InvalidDigest")
    await told.answers("nothing was stored", told.get("d"), "404 NoSuchKey")


async def ranges(told: Contract) -> None:
    """Each kind of range, in bounds and out of them."""
    await told.put("r", b"0123456789")
    for asked, wanted in (
        ("bytes=0-4", [206, "bytes 0-4/10", b"01234"]),
        ("bytes=6-", [206, "bytes 6-9/10", b"6789"]),
        ("bytes=-3", [206, "bytes 7-9/10", b"789"]),
        ("bytes=-50", [206, "bytes 0-9/10", b"0123456789"]),
        ("bytes=9-50", [206, "bytes 9-9/10", b"9"]),
        ("bytes=0-0", [206, "bytes 0-0/10", b"0"]),
        ("bytes=5-2", [200, None, b"0123456789"]),
        ("pages=1-2", [200, None, b"0123456789"]),
    ):
        got = await told.get("r", Range=asked)
        shown = [got["ResponseMetadata"]["HTTPStatusCode"], got.get("ContentRange"), got["Body"]]
        told.holds(asked, shown, wanted)
    for asked in ("bytes=10-", "bytes=50-60", "bytes=-0"):
        await told.answers(asked, told.get("r", Range=asked), "416 InvalidRange")
    await told.put("nothing")
    await told.answers("of nothing", told.get("nothing", Range="bytes=0-"), "416 InvalidRange")
    head = await told.head("r", Range="bytes=2-5")
    told.holds("head", [head["ResponseMetadata"]["HTTPStatusCode"], head["ContentLength"]], [206, 4])
    await told.answers("head beyond", told.head("r", Range="bytes=10-"), "416 416")


async def many_deleted(told: Contract) -> None:
    """DeleteObjects tells of each, or of none when it is to be quiet; a key that was not there counts as deleted."""
    for name in "abc":
        await told.put(name)
    asked = {"Objects": [{"Key": "a"}, {"Key": "never there"}]}
    each = await told.s3.delete_objects(Bucket=told.bucket, Delete=asked)
    told.holds("each", sorted(item["Key"] for item in each["Deleted"]), ["a", "never there"])
    quiet = await told.s3.delete_objects(Bucket=told.bucket, Delete={"Objects": [{"Key": "b"}], "Quiet": True})
    told.holds("quiet", [quiet.get("Deleted"), quiet.get("Errors")], [None, None])
    left = await told.s3.list_objects_v2(Bucket=told.bucket)
    told.holds("left", [item["Key"] for item in left["Contents"]], ["c"])
    nothing = told.s3.delete_objects(Bucket=told.bucket, Delete={"Objects": []})
    await told.answers("nothing to delete", nothing, "400 MalformedXML")
    many = {"Objects": [{"Key": str(number)} for number in range(1001)]}
    await told.answers(
        "a thousand and one", told.s3.delete_objects(Bucket=told.bucket, Delete=many), "400 MalformedXML"
    )


STORIES = (life, names, headers, digests, ranges, many_deleted)
