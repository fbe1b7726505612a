"""Conditions: If-Match and its kin, on reads, on writes, on the sources of copies and on deletions."""

from collections.abc import Mapping
from typing import Final

from simulator.services.s3.call import Call
from simulator.services.s3.dates import SECOND_NS, parse_http
from simulator.services.s3.errors import S3Error
from simulator.services.s3.store import Bucket, Upload, Version

_VALUE: Final = "We don't accept the provided value of {} header for this API"


def _names(text: str, etag: str) -> bool:
    """Whether a list of entity tags (or the star) names this one."""
    if text.strip() == "*":
        return True
    return any(word.strip().removeprefix("W/").strip('"') == etag for word in text.split(","))


def _second(at_ns: int) -> int:
    return at_ns // SECOND_NS * SECOND_NS


def _failed(condition: str) -> S3Error:
    return S3Error("PreconditionFailed", Condition=condition)


def check_read(headers: Mapping[str, str], version: Version, now_ns: int) -> S3Error | None:
    """What a conditional GET or HEAD comes to: None to go on, 412 or 304.

    1. If-Match decides, and If-Unmodified-Since is asked only where there is no If-Match.
    2. Then If-None-Match decides, and If-Modified-Since is asked only where there is none.
    """
    match, none_match = headers.get("if-match"), headers.get("if-none-match")
    modified_ns = _second(version.modified_ns)
    if match is not None:
        if not _names(match, version.etag):
            return _failed("If-Match")
    elif (since_ns := parse_http(headers.get("if-unmodified-since", ""))) is not None and modified_ns > since_ns:
        return _failed("If-Unmodified-Since")
    if none_match is not None:
        return S3Error("NotModified") if _names(none_match, version.etag) else None
    since_ns = parse_http(headers.get("if-modified-since", ""))
    # A date to come says nothing: what is newer than tomorrow cannot be known today.
    if since_ns is not None and modified_ns <= since_ns <= now_ns:
        return S3Error("NotModified")
    return None


def check_source(headers: Mapping[str, str], version: Version, now_ns: int) -> None:
    """The same of a copy's source, where "not modified" is a failure too."""
    start = "x-amz-copy-source-"
    own = {name.removeprefix(start): value for name, value in headers.items() if name.startswith(start + "if-")}
    if not own:
        return
    error = check_read(own, version, now_ns)
    if error is not None:
        which = error.fields.get("Condition") or ("If-None-Match" if "if-none-match" in own else "If-Modified-Since")
        raise _failed(start + str(which))


def check_write(call: Call, bucket: Bucket, upload: Upload | None = None) -> None:
    """If-Match and If-None-Match of PutObject, CopyObject and CompleteMultipartUpload."""
    headers = call.request.headers
    match, none_match = headers.get("if-match"), headers.get("if-none-match")
    if match is None and none_match is None:
        return
    if call.settings.personality.conditional_writes == "ignored":
        return
    if match is not None and none_match is not None:
        raise _unsupported("If-Match,If-None-Match", "Multiple conditional request headers present in the request")
    found = bucket.current(call.request.key)
    if found is not None and found.marker:
        found = None
    if none_match is not None:
        if none_match.strip() != "*":
            raise _unsupported("If-None-Match", _VALUE.format("If-None-Match"))
        if found is not None:
            raise _failed("If-None-Match")
        if upload is not None and upload.existed:
            # What was there when the upload began was deleted meanwhile.
            raise _conflict(call, "If-None-Match")
    elif match is not None:
        if match.strip() == "*":
            raise _unsupported("If-Match", _VALUE.format("If-Match"))
        if found is None:
            raise S3Error("NoSuchKey", Key=call.request.key)
        if not _names(match, found.etag):
            raise _failed("If-Match")
        if upload is not None and found.modified_ns > upload.initiated_ns:
            raise _conflict(call, "If-Match")


def check_delete(headers: Mapping[str, str], found: Version | None, key: str) -> None:
    """If-Match of DeleteObject: that the object is there, or that it is this one."""
    match = headers.get("if-match")
    if match is None:
        return
    if found is None:
        raise S3Error("NoSuchKey", Key=key)
    if found.marker or not _names(match, found.etag):
        raise _failed("If-Match")


def _conflict(call: Call, condition: str) -> S3Error:
    return S3Error("ConditionalRequestConflict", Condition=condition, Key=call.request.key)


def _unsupported(header: str, why: str) -> S3Error:
    return S3Error("NotImplemented", Header=header, additionalMessage=why)
