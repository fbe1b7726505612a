"""Uploads: the multipart upload up to its completion: create, put and copy parts, list, abort.

An upload is open until Complete or Abort. A part may be sent again and the last one counts; parts are listed by
number, uploads by key and then by age.
"""

from collections.abc import Callable
from typing import Final

from simulator.services.http.message import Headers, Response
from simulator.services.rope import Rope
from simulator.services.s3 import attire, checksums, lifecycle, names, ranges
from simulator.services.s3.call import Call
from simulator.services.s3.dates import iso
from simulator.services.s3.errors import S3Error
from simulator.services.s3.listing import Encoding, owner_xml, page, stands_alone
from simulator.services.s3.markup import element, flag
from simulator.services.s3.numbers import NUMBER_MAX, bounded, integer
from simulator.services.s3.objects import ENCRYPTED, stated_checksum
from simulator.services.s3.store import Bucket, Checksum, Part, Upload


def create_multipart_upload(call: Call) -> Response:
    bucket, request = call.bucket("WRITE"), call.request
    names.check_key(request.key, call.settings)
    algorithm, kind = "", ""
    if call.settings.personality.checksums == "full":
        algorithm = checksums.announced(request.headers)
        kind = request.headers.get("x-amz-checksum-type", "")
        if kind:
            checksums.check_type(algorithm, kind)
        kind = kind or checksums.default_type(algorithm)
    wear = attire.of_request(call, bucket)
    found = bucket.current(request.key)
    upload = Upload(
        id=names.upload_id(call.rng, call.now_ns),
        key=request.key,
        initiated_ns=call.now_ns,
        initiator=call.who,
        owner=wear.owner,
        headers=wear.headers,
        metadata=wear.metadata,
        tags=wear.tags,
        acl=wear.acl,
        storage_class=wear.storage_class,
        algorithm=algorithm,
        checksum_type=kind,
        existed=found is not None and not found.marker,
    )
    call.store.add_upload(bucket, upload)
    response = call.xml(
        "InitiateMultipartUploadResult",
        f"{element('Bucket', bucket.name)}{element('Key', upload.key)}<UploadId>{upload.id}</UploadId>",
    )
    if call.settings.encryption_answered:
        response.headers.append(ENCRYPTED)
    if algorithm:
        response.headers += (("x-amz-checksum-algorithm", algorithm), ("x-amz-checksum-type", kind))
    response.headers += lifecycle.abort_headers(bucket, upload, call.settings)
    return response


def upload_part(call: Call) -> Response:
    bucket, request = call.bucket("WRITE"), call.request
    number = number_of_part(call)
    upload = open_upload(call, bucket)
    body = request.body
    if body.size > call.settings.part_bytes_max:
        raise S3Error("EntityTooLarge", ProposedSize=body.size, MaxSizeAllowed=call.settings.part_bytes_max)
    md5 = body.digest("md5")
    if call.settings.personality.content_md5 == "checked":
        checksums.check_md5(body, request.headers, md5)
    checksum = stated_checksum(call, body)
    _check_algorithm(upload, checksum)
    if upload.algorithm and checksum is None:
        checksum = Checksum(upload.algorithm, checksums.compute(upload.algorithm, body))
    etag = checksums.etag_of(md5, call.settings.personality.etags)
    _keep(call, bucket, upload, Part(number, etag, body, call.now_ns, checksum))
    headers: Headers = [("ETag", f'"{etag}"')]
    if checksum is not None:
        headers.append(checksums.header(checksum))
    elif call.settings.default_checksum_answered and call.settings.personality.checksums == "full":
        headers.append(checksums.header(_default_checksum(call, body)))
    if call.settings.encryption_answered:
        headers.append(ENCRYPTED)
    return Response(200, headers)


def _default_checksum(call: Call, body: Rope) -> Checksum:
    algorithm = call.settings.default_checksum or "CRC64NVME"
    return Checksum(algorithm, checksums.compute(algorithm, body))


def _check_algorithm(upload: Upload, checksum: Checksum | None) -> None:
    """A composite checksum is made of the parts' own, so each must bring one, and of the announced algorithm."""
    if not upload.algorithm:
        return
    if checksum is None:
        if upload.checksum_type == "FULL_OBJECT":
            return
        actual = "null"
    elif checksum.algorithm == upload.algorithm:
        return
    else:
        actual = checksum.algorithm.lower()
    raise S3Error(
        "InvalidRequest",
        f"Checksum Type mismatch occurred, expected checksum Type: {upload.algorithm.lower()}, "
        f"actual checksum Type: {actual}",
    )


def number_of_part(call: Call) -> int:
    text = call.request.parameters.get("partNumber")
    if text is None:
        raise S3Error("InvalidArgument", "This operation does not accept an uploadId without a partNumber.",
                      ArgumentName="uploadId", ArgumentValue=call.request.parameters["uploadId"])  # fmt: skip
    unchecked = call.settings.personality.part_numbers == "ignored"
    return ranges.part_number(text, NUMBER_MAX if unchecked else call.settings.parts_max)


def open_upload(call: Call, bucket: Bucket) -> Upload:
    """The upload that a part is for."""
    personality = call.settings.personality
    try:
        upload = call.upload(bucket)
    except S3Error:
        if personality.unknown_part == "InternalError":
            raise S3Error("InternalError") from None
        raise
    if upload.completion is not None and personality.part_after_complete == "NoSuchUpload":
        raise S3Error("NoSuchUpload", UploadId=upload.id)
    return upload


def _keep(call: Call, bucket: Bucket, upload: Upload, part: Part) -> None:
    if upload.completion is None:
        call.store.add_part(bucket, upload, part)
        return
    # As on Swift: the segment of the finished object is overwritten, and reading it ends where that begins.
    for version in bucket.versions.get(upload.key, ()):
        if version.upload_id == upload.id:
            places = [place for place, each in enumerate(version.parts) if each.number == part.number]
            if places:
                version.body = version.body[: sum(each.size for each in version.parts[: places[0]])]
                call.store.change_version(bucket, version)


def abort_multipart_upload(call: Call) -> Response:
    bucket = call.bucket("WRITE")
    upload = call.upload(bucket)
    if upload.completion is not None:
        raise S3Error("NoSuchUpload", UploadId=upload.id)
    call.store.drop_upload(bucket, upload)
    return Response(204)


def list_parts(call: Call) -> Response:
    bucket, parameters, settings = call.bucket("READ"), call.request.parameters, call.settings
    upload = call.upload(bucket)
    if upload.completion is not None and settings.personality.list_parts_after_complete == "NoSuchUpload":
        raise S3Error("NoSuchUpload", UploadId=upload.id)
    most = bounded(parameters, "max-parts", settings.page_parts_max)
    marker = integer("part-number-marker", parameters.get("part-number-marker") or "0")
    if marker < 0:
        raise S3Error(
            "InvalidArgument",
            f"Argument part-number-marker must be an integer between 0 and {NUMBER_MAX}",
            ArgumentName="part-number-marker",
            ArgumentValue=str(marker),
        )
    behind = sorted(number for number in upload.parts if number > marker)
    listed, truncated = behind[:most], len(behind) > most > 0
    following = listed[-1] if listed else 0
    if settings.personality.next_part_number_marker == "one-too-high" and truncated:
        following += 1
    sums = f"{element('ChecksumAlgorithm', upload.algorithm)}{element('ChecksumType', upload.checksum_type)}"
    response = call.xml(
        "ListPartsResult",
        f"{element('Bucket', bucket.name)}{element('Key', upload.key)}<UploadId>{upload.id}</UploadId>"
        f"{owner_xml(upload.initiator, 'Initiator')}{owner_xml(upload.owner)}"
        f"<StorageClass>{upload.storage_class}</StorageClass><PartNumberMarker>{marker}</PartNumberMarker>"
        f"<NextPartNumberMarker>{following}</NextPartNumberMarker><MaxParts>{most}</MaxParts>"
        f"<IsTruncated>{flag(truncated)}</IsTruncated>{sums if upload.algorithm else ''}"
        + "".join(_part_xml(upload.parts[number], settings.personality.etag_quotes) for number in listed),
    )
    response.headers += lifecycle.abort_headers(bucket, upload, settings)
    return response


def _part_xml(part: Part, quotes: str) -> str:
    checksum = part.checksum
    quote = "&quot;" if quotes == "everywhere" else ""
    return (
        f"<Part><PartNumber>{part.number}</PartNumber><LastModified>{iso(part.modified_ns)}</LastModified>"
        f"<ETag>{quote}{part.etag}{quote}</ETag><Size>{part.size}</Size>"
        f"{element('Checksum' + checksum.algorithm, checksum.value) if checksum else ''}</Part>"
    )


def list_multipart_uploads(call: Call) -> Response:
    """By key, and under each key the oldest first; ids begin with the time, so their order is the same."""
    bucket, parameters = call.bucket("READ"), call.request.parameters
    encoded = Encoding(parameters)
    prefix, delimiter = parameters.get("prefix", ""), parameters.get("delimiter", "")
    key_marker, id_marker = parameters.get("key-marker", ""), parameters.get("upload-id-marker", "")
    if not key_marker:
        # AWS: without a key marker the other one is passed over.
        id_marker = ""
    most = bounded(parameters, "max-uploads", call.settings.page_keys_max)
    by_key: dict[str, list[Upload]] = {}
    for upload in bucket.open_uploads():
        by_key.setdefault(upload.key, []).append(upload)
    rows: list[tuple[str, str, str]] = []
    if id_marker and stands_alone(key_marker, prefix, delimiter):
        rows = [_row(each, encoded) for each in by_key.get(key_marker, ()) if each.id > id_marker]
    found = page(list(by_key), prefix=prefix, delimiter=delimiter, after=key_marker, most=most and most + 1)
    for text, is_prefix in found.entries:
        if is_prefix:
            rows.append((text, "", f"<CommonPrefixes>{element('Prefix', encoded(text))}</CommonPrefixes>"))
        else:
            rows += [_row(each, encoded) for each in by_key[text]]
    truncated, rows = len(rows) > most > 0, rows[:most]
    key, upload_id = (rows[-1][0], rows[-1][1]) if rows else ("", "")
    listed = [xml for _, upload_id_, xml in rows if upload_id_] + [xml for _, upload_id_, xml in rows if not upload_id_]
    return call.xml(
        "ListMultipartUploadsResult",
        f"{element('Bucket', bucket.name)}{element('KeyMarker', encoded(key_marker))}"
        f"{element('UploadIdMarker', id_marker)}{element('NextKeyMarker', encoded(key))}"
        f"{element('NextUploadIdMarker', upload_id)}{element('Delimiter', encoded(delimiter) or None)}"
        f"{element('Prefix', encoded(prefix) or None)}{element('EncodingType', encoded.name)}"
        f"<MaxUploads>{most}</MaxUploads><IsTruncated>{flag(truncated)}</IsTruncated>{''.join(listed)}",
    )


def _row(upload: Upload, encoded: Encoding) -> tuple[str, str, str]:
    sums = f"{element('ChecksumAlgorithm', upload.algorithm)}{element('ChecksumType', upload.checksum_type)}"
    xml = (
        f"<Upload>{element('Key', encoded(upload.key))}<UploadId>{upload.id}</UploadId>"
        f"{owner_xml(upload.initiator, 'Initiator')}{owner_xml(upload.owner)}"
        f"<StorageClass>{upload.storage_class}</StorageClass><Initiated>{iso(upload.initiated_ns)}</Initiated>"
        f"{sums if upload.algorithm else ''}</Upload>"
    )
    return upload.key, upload.id, xml


HANDLERS: Final[dict[str, Callable[[Call], Response]]] = {
    "CreateMultipartUpload": create_multipart_upload,
    "UploadPart": upload_part,
    "AbortMultipartUpload": abort_multipart_upload,
    "ListParts": list_parts,
    "ListMultipartUploads": list_multipart_uploads,
}
