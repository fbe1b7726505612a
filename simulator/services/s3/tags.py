"""Tags: of objects and buckets."""

import re
from collections.abc import Callable
from typing import Final
from urllib.parse import parse_qsl

from simulator.services.http.message import Response
from simulator.services.s3 import versions
from simulator.services.s3.call import Call
from simulator.services.s3.errors import S3Error
from simulator.services.s3.markup import Malformed, Node, element

Tags = tuple[tuple[str, str], ...]

_KEY_LETTERS_MAX: Final = 128
_VALUE_LETTERS_MAX: Final = 256
_FORBIDDEN: Final = re.compile(r"[^\w\s.:/=+\-@]")


def check(tags: Tags, most: int, *, bucket: bool = False) -> Tags:
    """The tags, if there may be such and so many."""
    if len(tags) > most:
        what = "Bucket" if bucket else "Object"
        raise S3Error("BadRequest", f"{what} tags cannot be greater than {most}")
    if len({key for key, _ in tags}) < len(tags):
        raise S3Error("InvalidTag", "Cannot provide multiple Tags with the same key")
    for key, value in tags:
        if not key or len(key) > _KEY_LETTERS_MAX or _FORBIDDEN.search(key):
            raise S3Error("InvalidTag", "The TagKey you have provided is invalid", TagKey=key)
        if len(value) > _VALUE_LETTERS_MAX or _FORBIDDEN.search(value):
            raise S3Error("InvalidTag", "The TagValue you have provided is invalid", TagKey=key, TagValue=value)
        if key.lower().startswith("aws:"):
            raise S3Error("InvalidTag", "System tags cannot be added/updated by requester", TagKey=key)
    return tags


def of_header(text: str, most: int) -> Tags:
    """`x-amz-tagging: a=1&b=2`"""
    pairs = tuple(parse_qsl(text, keep_blank_values=True))
    if len({key for key, _ in pairs}) < len(pairs) or any(not key for key, _ in pairs):
        raise S3Error(
            "InvalidArgument",
            "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag "
            "name duplicates.",
            ArgumentName="x-amz-tagging",
            ArgumentValue=text,
        )
    for key, _ in pairs:
        if key.lower().startswith("aws:"):
            raise S3Error("InvalidTag", "Your TagKey cannot be prefixed with aws:", TagKey=key)
    return check(pairs, most)


def of_set(node: Node, most: int, *, bucket: bool = True) -> Tags:
    """Of a TagSet, or whatever holds Tag elements."""
    try:
        node.only("Tag")
        found = []
        for tag in node:
            tag.only("Key", "Value")
            found.append((tag.one("Key").leaf(), tag.one("Value").leaf()))
    except Malformed:
        raise S3Error("MalformedXML") from None
    return check(tuple(found), most, bucket=bucket)


def _read(call: Call, most: int, *, bucket: bool) -> Tags:
    node = call.document("Tagging")
    try:
        node.only("TagSet")
        return of_set(node.one("TagSet"), most, bucket=bucket)
    except Malformed:
        raise S3Error("MalformedXML") from None


def _shown(call: Call, tags: Tags) -> Response:
    inside = "".join(f"<Tag>{element('Key', key)}{element('Value', value)}</Tag>" for key, value in tags)
    return call.xml("Tagging", f"<TagSet>{inside}</TagSet>")


def get_bucket_tagging(call: Call) -> Response:
    bucket = call.bucket("OWNER")
    if not bucket.tags:
        raise S3Error("NoSuchTagSet", BucketName=bucket.name)
    return _shown(call, bucket.tags)


def put_bucket_tagging(call: Call) -> Response:
    bucket = call.bucket("OWNER")
    bucket.tags = _read(call, call.settings.bucket_tags_max, bucket=True)
    call.store.change_bucket(bucket)
    return Response(204)


def delete_bucket_tagging(call: Call) -> Response:
    bucket = call.bucket("OWNER")
    bucket.tags = None
    call.store.change_bucket(bucket)
    return Response(204)


def get_object_tagging(call: Call) -> Response:
    bucket, version = versions.existing(call, "OWNER")
    answer = _shown(call, version.tags)
    answer.headers += versions.id_header(bucket, version)
    return answer


def put_object_tagging(call: Call) -> Response:
    bucket, version = versions.existing(call, "OWNER")
    version.tags = _read(call, call.settings.tags_max, bucket=False)
    call.store.change_version(bucket, version)
    return Response(200, versions.id_header(bucket, version))


def delete_object_tagging(call: Call) -> Response:
    bucket, version = versions.existing(call, "OWNER")
    version.tags = ()
    call.store.change_version(bucket, version)
    return Response(204, versions.id_header(bucket, version))


HANDLERS: Final[dict[str, Callable[[Call], Response]]] = {
    "GetBucketTagging": get_bucket_tagging,
    "PutBucketTagging": put_bucket_tagging,
    "DeleteBucketTagging": delete_bucket_tagging,
    "GetObjectTagging": get_object_tagging,
    "PutObjectTagging": put_object_tagging,
    "DeleteObjectTagging": delete_object_tagging,
}
