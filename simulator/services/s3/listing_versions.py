"""ListObjectVersions: every version and every delete marker, newest first under each key."""

from collections.abc import Callable
from typing import Final

from simulator.services.http.message import Response
from simulator.services.s3 import names
from simulator.services.s3.call import Call
from simulator.services.s3.dates import iso
from simulator.services.s3.errors import S3Error
from simulator.services.s3.listing import Encoding, default_algorithm, owner_xml, page, stands_alone
from simulator.services.s3.markup import element, flag
from simulator.services.s3.numbers import bounded
from simulator.services.s3.store import Bucket, Version

_Entry = tuple[str, str, str]
"""Key or prefix, version id ("" for a prefix), and the XML."""


def list_object_versions(call: Call) -> Response:
    bucket, parameters = call.bucket("READ"), call.request.parameters
    encoded = Encoding(parameters)
    prefix, delimiter = parameters.get("prefix", ""), parameters.get("delimiter", "")
    key_marker, id_marker = parameters.get("key-marker", ""), parameters.get("version-id-marker")
    if id_marker is not None and not names.valid_version_id(id_marker):
        raise S3Error(
            "InvalidArgument",
            "Invalid version id specified" if id_marker else "A version-id marker cannot be empty.",
            ArgumentName="version-id-marker",
            ArgumentValue=id_marker,
        )
    if id_marker is not None and not key_marker:
        raise S3Error(
            "InvalidArgument",
            "A version-id marker cannot be specified without a key marker.",
            ArgumentName="version-id-marker",
            ArgumentValue=id_marker,
        )
    most = bounded(parameters, "max-keys", call.settings.page_keys_max)
    entries: list[_Entry] = []
    if id_marker and most and stands_alone(key_marker, prefix, delimiter):
        entries = _rest_of(bucket, key_marker, id_marker, encoded, call)
    found = page(bucket.keys, prefix=prefix, delimiter=delimiter, after=key_marker, most=most and most + 1)
    for text, is_prefix in found.entries:
        if len(entries) > most:
            break
        if is_prefix:
            xml = f"<CommonPrefixes>{element('Prefix', encoded(text))}</CommonPrefixes>"
            entries.append((text, "", xml))
        else:
            entries += _versions_of(bucket, text, encoded, call)
    truncated, entries = len(entries) > most, entries[:most]
    last = entries[-1] if truncated and entries else None
    listed = [xml for _, version_id, xml in entries if version_id] + [xml for _, vid, xml in entries if not vid]
    return call.xml(
        "ListVersionsResult",
        f"{element('Name', bucket.name)}{element('Prefix', encoded(prefix))}{element('KeyMarker', encoded(key_marker))}"
        f"{element('VersionIdMarker', id_marker or '')}"
        + (
            f"{element('NextKeyMarker', encoded(last[0]))}{element('NextVersionIdMarker', last[1] or None)}"
            if last
            else ""
        )
        + f"<MaxKeys>{most}</MaxKeys>{element('Delimiter', encoded(delimiter) or None)}"
        f"{element('EncodingType', encoded.name)}<IsTruncated>{flag(truncated)}</IsTruncated>{''.join(listed)}",
    )


def _rest_of(bucket: Bucket, key: str, marker: str, encoded: Encoding, call: Call) -> list[_Entry]:
    """The versions of the marked key that come behind the marked version."""
    entries = _versions_of(bucket, key, encoded, call)
    places = [place for place, entry in enumerate(entries) if entry[1] == marker]
    return entries[places[0] + 1 :] if places else []


def _versions_of(bucket: Bucket, key: str, encoded: Encoding, call: Call) -> list[_Entry]:
    versions = bucket.versions.get(key, ())
    default = default_algorithm(call)
    return [
        (key, version.version_id, _xml(version, place == 0, encoded, default)) for place, version in enumerate(versions)
    ]


def _xml(version: Version, latest: bool, encoded: Encoding, default: str) -> str:
    head = (
        f"{element('Key', encoded(version.key))}<VersionId>{version.version_id}</VersionId>"
        f"<IsLatest>{flag(latest)}</IsLatest><LastModified>{iso(version.modified_ns)}</LastModified>"
    )
    if version.marker:
        return f"<DeleteMarker>{head}{owner_xml(version.owner)}</DeleteMarker>"
    algorithm = version.checksum.algorithm if version.checksum else default
    kind = version.checksum.type if version.checksum else "FULL_OBJECT"
    sums = f"{element('ChecksumAlgorithm', algorithm)}{element('ChecksumType', kind)}" if algorithm else ""
    return (
        f"<Version>{head}<ETag>&quot;{version.etag}&quot;</ETag>{sums}<Size>{version.size}</Size>"
        f"<StorageClass>{version.storage_class}</StorageClass>{owner_xml(version.owner)}</Version>"
    )


HANDLERS: Final[dict[str, Callable[[Call], Response]]] = {"ListObjectVersions": list_object_versions}
