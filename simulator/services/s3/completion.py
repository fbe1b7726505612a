"""Completion: from parts to an object, after everything about them was checked.

The order of the checks: the upload is there; the list is a list; its numbers rise; each part is there and is the
one that was meant; all but the last are large enough; size and checksums are as stated; conditions hold.
Nothing changes before the last of them.
"""

import itertools
from typing import Final, NamedTuple

from simulator.services.http.message import Response
from simulator.services.rope import Rope
from simulator.services.s3 import checksums, conditions, lifecycle, versions
from simulator.services.s3.call import Call
from simulator.services.s3.errors import S3Error
from simulator.services.s3.markup import Malformed, Node, element
from simulator.services.s3.objects import ENCRYPTED
from simulator.services.s3.store import Bucket, Checksum, Completion, Part, PartOf, Upload, Version

# Ten thousand parts, each with the longest checksum, in the most long-winded XML.
DOCUMENT_BYTES_MAX: Final = 8 << 20


class Listed(NamedTuple):
    """A part as the client lists it."""

    number: int
    etag: str
    sums: dict[str, str]


def complete_multipart_upload(call: Call) -> Response:
    bucket = call.bucket("WRITE")
    upload = _upload(call, bucket)
    listed = _list(call)
    if upload.completion is not None:
        return _again(call, bucket, upload, listed)
    try:
        parts = _chosen(call, upload, listed)
    except S3Error:
        if call.settings.personality.refused_complete == "destroys-upload":
            call.store.drop_upload(bucket, upload)
        raise
    _check_stated(call, upload, parts)
    checksum = _checksum(call, upload, listed, parts)
    conditions.check_write(call, bucket, upload)
    version = _version(call, bucket, upload, parts, checksum)
    completion = Completion(
        at_ns=call.now_ns,
        parts=tuple((each.number, each.etag) for each in listed),
        etag=version.etag,
        version_id=version.version_id,
        checksum=checksum,
    )
    call.store.complete_upload(bucket, upload, version, completion)
    return _answer(call, bucket, upload, completion)


def _upload(call: Call, bucket: Bucket) -> Upload:
    try:
        return call.upload(bucket)
    except S3Error:
        if call.settings.personality.unknown_complete == "InternalError":
            raise S3Error("InternalError") from None
        raise


def _again(call: Call, bucket: Bucket, upload: Upload, listed: list[Listed]) -> Response:
    """A second Complete: the same answer, if it is the same request about an object that still stands."""
    done = upload.completion
    assert done is not None
    stands = any(version.upload_id == upload.id for version in bucket.versions.get(upload.key, ()))
    same = done.parts == tuple((each.number, each.etag) for each in listed)
    if call.settings.personality.second_complete == "NoSuchUpload" or not stands or not same:
        raise S3Error("NoSuchUpload", UploadId=upload.id)
    return _answer(call, bucket, upload, done)


def _list(call: Call) -> list[Listed]:
    try:
        node = call.document("CompleteMultipartUpload", bytes_max=DOCUMENT_BYTES_MAX, sums=False)
    except S3Error as error:
        if error.code == "MissingRequestBodyError":
            raise S3Error("InvalidRequest", "You must specify at least one part") from None
        raise
    try:
        node.only("Part")
        listed = [_listed(part) for part in node]
    except Malformed:
        raise S3Error("MalformedXML") from None
    if not listed:
        raise S3Error(call.settings.personality.no_parts)
    if len(listed) > call.settings.parts_max:
        raise S3Error("MalformedXML")
    return listed


_SUMS: Final = {f"Checksum{name}": name for name in checksums.SIZES}


def _listed(node: Node) -> Listed:
    node.only("PartNumber", "ETag", *_SUMS)
    number = node.number("PartNumber")
    if number is None:
        raise Malformed("no PartNumber")
    etag = node.one("ETag").leaf().strip().strip('"')
    return Listed(number, etag, {name: value for tag, name in _SUMS.items() if (value := node.value(tag))})


def _chosen(call: Call, upload: Upload, listed: list[Listed]) -> list[Part]:
    """The parts that are listed, in their order, each as it was uploaded last."""
    personality, settings = call.settings.personality, call.settings
    if any(nxt.number <= each.number for each, nxt in itertools.pairwise(listed)):
        if personality.part_order == "checked":
            raise S3Error("InvalidPartOrder", UploadId=upload.id)
        listed.sort(key=lambda each: each.number)
    parts = []
    for each in listed:
        part = upload.parts.get(each.number)
        if part is None or part.etag != each.etag or not _sums_fit(each, part):
            raise S3Error("InvalidPart", UploadId=upload.id, PartNumber=each.number, ETag=each.etag)
        parts.append(part)
    if personality.part_sizes == "checked":
        for part in parts[:-1]:
            if part.size < settings.part_bytes_min:
                raise S3Error(
                    "EntityTooSmall",
                    ProposedSize=part.size,
                    MinSizeAllowed=settings.part_bytes_min,
                    PartNumber=part.number,
                    ETag=part.etag,
                )
    return parts


def _sums_fit(listed: Listed, part: Part) -> bool:
    if not listed.sums or part.checksum is None:
        return True
    return listed.sums == {part.checksum.algorithm: part.checksum.value}


def _check_stated(call: Call, upload: Upload, parts: list[Part]) -> None:
    """What the request says about the whole: its size, and how its checksum is made."""
    headers = call.request.headers
    size = sum(part.size for part in parts)
    stated = headers.get("x-amz-mp-object-size")
    if stated is not None:
        if not (stated.isascii() and stated.isdecimal()):
            raise S3Error("InvalidRequest", "Value for x-amz-mp-object-size header is less than zero")
        if int(stated) != size:
            raise S3Error(
                "InvalidRequest",
                "The provided 'x-amz-mp-object-size' header does not match what was computed",
            )
    if size > call.settings.object_bytes_max:
        raise S3Error("EntityTooLarge", ProposedSize=size, MaxSizeAllowed=call.settings.object_bytes_max)
    kind = headers.get("x-amz-checksum-type")
    if kind is not None and upload.checksum_type and kind != upload.checksum_type:
        raise S3Error(
            "InvalidRequest",
            f"The upload was created using the {upload.checksum_type} checksum mode. "
            "The complete request must use the same checksum mode.",
        )


def _checksum(call: Call, upload: Upload, listed: list[Listed], parts: list[Part]) -> Checksum | None:
    """The object's checksum, from those of its parts; compared with what the client states."""
    if not upload.algorithm:
        return _stated_default(call, upload, parts)
    algorithm = upload.algorithm
    values = [part.checksum.value for part in parts if part.checksum is not None]
    assert len(values) == len(parts), "every part of an upload with an algorithm has a checksum"
    if upload.checksum_type == "COMPOSITE":
        for each in listed:
            if algorithm not in each.sums:
                raise S3Error(
                    "InvalidRequest",
                    f"The upload was created using a {algorithm.lower()} checksum. The complete request must include "
                    f"the checksum for each part. It was missing for part {each.number} in the request.",
                )
        checksum = checksums.composite(algorithm, values)
    else:
        sizes = [part.size for part in parts]
        checksum = checksums.full(algorithm, list(zip(values, sizes, strict=True)))
    _compare(call, upload, checksum)
    return checksum


def _stated_default(call: Call, upload: Upload, parts: list[Part]) -> Checksum | None:
    """An upload without an algorithm has the default one, which is worked out now only if the client states it.

    A checksum by another algorithm is passed over: it may well be one of the list of parts.
    """
    algorithm = call.settings.default_checksum
    if call.settings.personality.checksums != "full" or not algorithm:
        return None
    if f"x-amz-checksum-{algorithm.lower()}" not in call.request.headers:
        return None
    values = [(checksums.compute(algorithm, part.body), part.size) for part in parts]
    checksum = checksums.full(algorithm, values)
    _compare(call, upload, checksum)
    return checksum


def _compare(call: Call, upload: Upload, checksum: Checksum) -> None:
    for header, algorithm in checksums.HEADERS.items():
        stated = call.request.headers.get(header)
        if stated is None:
            continue
        if algorithm != checksum.algorithm:
            if not upload.algorithm:
                continue
            raise S3Error(
                "InvalidRequest",
                f"Checksum Type mismatch occurred, expected checksum Type: {checksum.algorithm.lower()}, "
                f"actual checksum Type: {algorithm.lower()}",
            )
        value = checksum.value
        if not checksums.valid(algorithm, stated.partition("-")[0]):
            raise S3Error("InvalidRequest", f"Value for {header} header is invalid.")
        if stated != value and stated != value.partition("-")[0]:
            raise S3Error("BadDigest", f"The {algorithm.lower()} you specified did not match the calculated checksum.")


def _version(call: Call, bucket: Bucket, upload: Upload, parts: list[Part], checksum: Checksum | None) -> Version:
    began = call.settings.personality.multipart_modified == "initiated"
    return Version(
        key=upload.key,
        modified_ns=upload.initiated_ns if began else call.now_ns,
        owner=upload.owner,
        version_id=versions.new_id(call, bucket),
        etag=checksums.etag_of_parts([part.etag for part in parts]),
        body=Rope.concat(part.body for part in parts),
        headers=upload.headers,
        metadata=upload.metadata,
        tags=upload.tags,
        checksum=checksum,
        parts=tuple(
            PartOf(part.number, part.size, part.checksum.value if part.checksum and upload.algorithm else "")
            for part in parts
        ),
        storage_class=upload.storage_class,
        acl=upload.acl,
        upload_id=upload.id,
    )


def _answer(call: Call, bucket: Bucket, upload: Upload, done: Completion) -> Response:
    personality = call.settings.personality
    quote = '"' if personality.etag_quotes == "everywhere" else ""
    etag = f"{quote}{done.etag}{quote}" if personality.complete_etag else ""
    sums = ""
    if done.checksum is not None:
        sums = element(f"Checksum{done.checksum.algorithm}", done.checksum.value)
        sums += element("ChecksumType", done.checksum.type)
    response = call.xml(
        "CompleteMultipartUploadResult",
        f"{element('Location', call.address(bucket.name, upload.key))}{element('Bucket', bucket.name)}"
        f"{element('Key', upload.key)}{element('ETag', etag)}{sums}",
    )
    if call.settings.encryption_answered:
        response.headers.append(ENCRYPTED)
    if bucket.versioning:
        response.headers.append(("x-amz-version-id", done.version_id))
    version = bucket.version(upload.key, done.version_id)
    if bucket.lifecycle and version is not None:
        response.headers += lifecycle.expiration_header(bucket, version, call.settings)
    return response


HANDLERS: Final = {"CompleteMultipartUpload": complete_multipart_upload}
