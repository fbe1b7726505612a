"""Tags: of objects, given with them, apart from them, carried by copies; and what cannot be one."""

from collections.abc import Awaitable
from typing import Any

from botocore.exceptions import ClientError

from tests.contract.s3.contract import Contract


async def _tags(asked: Awaitable[Any]) -> object:
    """Tags as pairs, or the code of the refusal."""
    try:
        return [(tag["Key"], tag["Value"]) for tag in (await asked)["TagSet"]]
    except ClientError as error:
        return error.response["Error"]["Code"]


async def of_objects(told: Contract) -> None:
    """Put with the object, replaced, counted, copied, removed."""
    s3, name = told.s3, {"Bucket": told.bucket, "Key": "o"}
    await told.put("o", b"x")
    told.holds("none at first", await _tags(s3.get_object_tagging(**name)), [])
    await told.answers("with the object", told.put("o", b"x", Tagging="camera=lobby&floor=1"), "200")
    told.holds("told", await _tags(s3.get_object_tagging(**name)), [("camera", "lobby"), ("floor", "1")])
    told.holds("counted", (await told.get("o")).get("TagCount"), 2)
    tagged = s3.put_object_tagging(**name, Tagging={"TagSet": [{"Key": "a", "Value": "b c+ü"}]})
    await told.answers("replaced", tagged, "200")
    told.holds("told again", await _tags(s3.get_object_tagging(**name)), [("a", "b c+ü")])
    source = {"Bucket": told.bucket, "Key": "o"}
    await s3.copy_object(Bucket=told.bucket, Key="copy", CopySource=source)
    told.holds("of a copy", await _tags(s3.get_object_tagging(Bucket=told.bucket, Key="copy")), [("a", "b c+ü")])
    await told.answers("removed", s3.delete_object_tagging(**name), "204")
    told.holds("none", await _tags(s3.get_object_tagging(**name)), [])
    twice = {"TagSet": [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}]}
    await told.answers("one twice", s3.put_object_tagging(**name, Tagging=twice), "400 InvalidTag")
    many = {"TagSet": [{"Key": str(number), "Value": ""} for number in range(11)]}
    await told.answers("eleven", s3.put_object_tagging(**name, Tagging=many), "400 BadRequest")
    system = told.put("o", b"x", Tagging="aws:made=up")
    await told.answers("one of the system's", system, "400 InvalidTag")
    missing = s3.get_object_tagging(Bucket=told.bucket, Key="none")
    told.holds("of none", await _tags(missing), "NoSuchKey")


STORIES = (of_objects,)
