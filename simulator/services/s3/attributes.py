"""GetObjectAttributes: what is known of an object, its parts in pages."""

from typing import Final

from simulator.services.http.message import Response
from simulator.services.s3 import versions
from simulator.services.s3.call import Call
from simulator.services.s3.dates import http
from simulator.services.s3.errors import S3Error
from simulator.services.s3.markup import element, flag
from simulator.services.s3.numbers import NUMBER_MAX, bounded, integer
from simulator.services.s3.objects import checksum_of
from simulator.services.s3.store import Checksum, Version

ATTRIBUTES: Final = ("ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize")
_HEADER: Final = "x-amz-object-attributes"


def get_object_attributes(call: Call) -> Response:
    bucket, version = versions.existing(call, "READ")
    wanted = _wanted(call)
    checksum = checksum_of(call, version) if {"Checksum", "ObjectParts"} & wanted else None
    inside = ""
    if "ETag" in wanted:
        inside += element("ETag", version.etag)
    if "Checksum" in wanted and checksum is not None:
        value = checksum.value.partition("-")[0]
        sums = element(f"Checksum{checksum.algorithm}", value) + element("ChecksumType", checksum.type)
        inside += f"<Checksum>{sums}</Checksum>"
    if "ObjectParts" in wanted and version.parts:
        inside += _parts(call, version, checksum)
    if "StorageClass" in wanted:
        inside += element("StorageClass", version.storage_class)
    if "ObjectSize" in wanted:
        inside += element("ObjectSize", version.size)
    response = call.xml("GetObjectAttributesResponse", inside)
    response.headers.append(("Last-Modified", http(version.modified_ns)))
    response.headers += versions.id_header(bucket, version)
    return response


def _wanted(call: Call) -> set[str]:
    text = call.request.headers.get(_HEADER, "")
    wanted = {word.strip() for word in text.split(",") if word.strip()}
    if not wanted:
        raise S3Error(
            "InvalidRequest",
            f"The {_HEADER} header specifying the attributes to be retrieved is either missing or empty",
        )
    unknown = wanted.difference(ATTRIBUTES)
    if unknown:
        raise S3Error("InvalidArgument", "Invalid attribute name specified.", ArgumentName=_HEADER, ArgumentValue=text)
    return wanted


def _parts(call: Call, version: Version, checksum: Checksum | None) -> str:
    """How many parts there are; and, where they have checksums of their own, a page of them."""
    count = f"<PartsCount>{len(version.parts)}</PartsCount>"
    if checksum is None or not any(part.checksum for part in version.parts):
        return f"<ObjectParts>{count}</ObjectParts>"
    headers = call.request.headers
    most = bounded({"max-parts": headers.get("x-amz-max-parts", "")}, "max-parts", call.settings.page_parts_max)
    marker = integer("part-number-marker", headers.get("x-amz-part-number-marker") or "0")
    if not 0 <= marker <= NUMBER_MAX:
        raise S3Error("InvalidArgument", ArgumentName="x-amz-part-number-marker", ArgumentValue=str(marker))
    # Here too parts are counted as they stand in the object.
    behind = list(enumerate(version.parts, 1))[marker:]
    listed = behind[:most]
    name = f"Checksum{checksum.algorithm}"
    rows = "".join(
        f"<Part><PartNumber>{number}</PartNumber><Size>{part.size}</Size>{element(name, part.checksum)}</Part>"
        for number, part in listed
    )
    return (
        f"<ObjectParts>{count}<PartNumberMarker>{marker}</PartNumberMarker>"
        f"<NextPartNumberMarker>{listed[-1][0] if listed else 0}</NextPartNumberMarker>"
        f"<MaxParts>{most}</MaxParts><IsTruncated>{flag(len(behind) > most > 0)}</IsTruncated>{rows}</ObjectParts>"
    )


HANDLERS: Final = {"GetObjectAttributes": get_object_attributes}
