"""Conditions: reads and writes that hold only for the object that the client has in mind."""

from datetime import timedelta

from tests.contract.s3.contract import Contract

_DAY = timedelta(days=1)


async def reads(told: Contract) -> None:
    """Each condition alone, met and not met."""
    etag = (await told.put("o", b"body"))["ETag"]
    other, now = '"0123456789abcdef0123456789abcdef"', (await told.head("o"))["LastModified"]
    for name, options, wanted in (
        ("if match", {"IfMatch": etag}, "200"),
        ("if match, unquoted", {"IfMatch": etag.strip('"')}, "200"),
        ("if match, any", {"IfMatch": "*"}, "200"),
        ("if match, another", {"IfMatch": other}, "412 PreconditionFailed"),
        ("if match, one of two", {"IfMatch": f"{other}, {etag}"}, "200"),
        ("if none match", {"IfNoneMatch": etag}, "304 304"),
        ("if none match, another", {"IfNoneMatch": other}, "200"),
        ("if none match, any", {"IfNoneMatch": "*"}, "304 304"),
        ("if modified since yesterday", {"IfModifiedSince": now - _DAY}, "200"),
        ("if modified since then", {"IfModifiedSince": now}, "304 304"),
        ("if unmodified since then", {"IfUnmodifiedSince": now}, "200"),
        ("if unmodified since yesterday", {"IfUnmodifiedSince": now - _DAY}, "412 PreconditionFailed"),
        ("match beats date", {"IfMatch": etag, "IfUnmodifiedSince": now - _DAY}, "200"),
        ("none match beats date", {"IfNoneMatch": etag, "IfModifiedSince": now - _DAY}, "304 304"),
        ("none match, another, beats date", {"IfNoneMatch": other, "IfModifiedSince": now}, "200"),
    ):
        await told.answers(name, told.get("o", **options), wanted)
        await told.answers(f"head {name}", told.head("o", **options), wanted.replace("PreconditionFailed", "412"))
    await told.answers("of none", told.get("none", IfMatch=etag), "404 NoSuchKey")


async def writes(told: Contract) -> None:
    """Put only when there is none, or only over the one that was seen."""
    first = await told.put("w", b"1", IfNoneMatch="*")
    await told.answers("there is one", told.put("w", b"2", IfNoneMatch="*"), "412 PreconditionFailed")
    told.holds("it stayed", (await told.get("w"))["Body"], b"1")
    await told.answers("over the one that was seen", told.put("w", b"2", IfMatch=first["ETag"]), "200")
    await told.answers("over an old one", told.put("w", b"3", IfMatch=first["ETag"]), "412 PreconditionFailed")
    told.holds("the second stayed", (await told.get("w"))["Body"], b"2")
    await told.answers("over one that is not there", told.put("none", IfMatch=first["ETag"]), "404 NoSuchKey")
    await told.answers("if none match an etag", told.put("x", IfNoneMatch=first["ETag"]), "501 NotImplemented")


STORIES = (reads, writes)
