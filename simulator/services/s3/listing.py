"""Listing: one page of anything that is ordered by key and rolled up at a delimiter; objects in versions 1 and 2."""

from base64 import b64decode, urlsafe_b64encode
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Literal, NamedTuple
from urllib.parse import quote_plus

from simulator.services.http.message import Response
from simulator.services.s3.call import Call
from simulator.services.s3.dates import iso
from simulator.services.s3.errors import S3Error
from simulator.services.s3.markup import element, flag
from simulator.services.s3.numbers import bounded
from simulator.services.s3.store import Owner, Version


class Page(NamedTuple):
    """Keys and rolled-up prefixes in one row, in order: `(text, is a prefix)`."""

    entries: list[tuple[str, bool]]
    truncated: bool

    @property
    def last(self) -> str:
        return self.entries[-1][0] if self.entries else ""


def page(
    keys: Sequence[str],
    *,
    prefix: str,
    delimiter: str,
    after: str,
    most: int,
    begun: Literal["over", "shown", "new"] = "over",
    shown: Callable[[str], bool] | None = None,
) -> Page:
    """The first entries behind `after`, at most so many; whole stretches under one prefix are stepped over.

    `begun` says what becomes of the prefix that `after` lies under: it is over (markers), over only if it was the
    last entry itself (tokens), or new, since nothing of it was shown (start-after).
    """
    entries: list[tuple[str, bool]] = []
    if most <= 0:
        return Page(entries, False)
    at = max(bisect_left(keys, prefix), bisect_right(keys, after) if after else 0)
    if delimiter and after:
        rolled = _rolled(after, prefix, delimiter)
        if rolled is not None and (begun == "over" or (begun == "shown" and rolled == after)):
            at = max(at, _behind(keys, rolled))
    while at < len(keys):
        key = keys[at]
        if not key.startswith(prefix):
            break
        rolled = _rolled(key, prefix, delimiter) if delimiter else None
        if rolled is not None and shown is not None:
            end = _behind(keys, rolled)
            if not any(shown(keys[index]) for index in range(at, end)):
                at = end
                continue
        elif shown is not None and not shown(key):
            at += 1
            continue
        if len(entries) == most:
            return Page(entries, True)
        entries.append((key, False) if rolled is None else (rolled, True))
        at = at + 1 if rolled is None else _behind(keys, rolled)
    return Page(entries, False)


def _rolled(key: str, prefix: str, delimiter: str) -> str | None:
    """The key up to and with the first delimiter behind the prefix."""
    if not key.startswith(prefix):
        return None
    end = key.find(delimiter, len(prefix))
    return None if end < 0 else key[: end + len(delimiter)]


def stands_alone(key: str, prefix: str, delimiter: str) -> bool:
    """Whether a listing shows a key itself: it is not left out, nor rolled up."""
    return key.startswith(prefix) and (not delimiter or _rolled(key, prefix, delimiter) is None)


def _behind(keys: Sequence[str], prefix: str) -> int:
    """The place of the first key after all that begin so."""
    last = ord(prefix[-1])
    if last < 0x10FFFF:
        return bisect_left(keys, prefix[:-1] + chr(last + 1))
    at = bisect_left(keys, prefix)
    while at < len(keys) and keys[at].startswith(prefix):
        at += 1
    return at


class Encoding:
    """How keys are written: as they are, or as in addresses (encoding-type=url)."""

    def __init__(self, parameters: Mapping[str, str]) -> None:
        text = parameters.get("encoding-type")
        if text not in (None, "", "url"):
            raise S3Error(
                "InvalidArgument",
                "Invalid Encoding Method specified in Request",
                ArgumentName="encoding-type",
                ArgumentValue=text,
            )
        self.name = text or None

    def __call__(self, text: str) -> str:
        return quote_plus(text, safe="/*", errors="surrogatepass") if self.name else text


def owner_xml(owner: Owner, tag: str = "Owner") -> str:
    return f"<{tag}>{element('ID', owner.id)}{element('DisplayName', owner.name or None)}</{tag}>"


def _contents(version: Version, encoded: Encoding, default: str, owner: bool) -> str:
    checksum = version.checksum
    algorithm = checksum.algorithm if checksum else default
    kind = checksum.type if checksum else "FULL_OBJECT"
    sums = f"<ChecksumAlgorithm>{algorithm}</ChecksumAlgorithm><ChecksumType>{kind}</ChecksumType>" if algorithm else ""
    return (
        f"<Contents>{element('Key', encoded(version.key))}<LastModified>{iso(version.modified_ns)}</LastModified>"
        f"<ETag>&quot;{version.etag}&quot;</ETag>{sums}<Size>{version.size}</Size>"
        f"{owner_xml(version.owner) if owner else ''}<StorageClass>{version.storage_class}</StorageClass></Contents>"
    )


def default_algorithm(call: Call) -> str:
    settings = call.settings
    return settings.default_checksum if settings.personality.checksums == "full" else ""


def prefixes_xml(found: Page, encoded: Encoding) -> str:
    return "".join(
        f"<CommonPrefixes>{element('Prefix', encoded(text))}</CommonPrefixes>"
        for text, is_prefix in found.entries
        if is_prefix
    )


def _refuse_optional(call: Call) -> None:
    wanted = call.request.headers.get("x-amz-optional-object-attributes")
    if wanted is not None and wanted.strip() != "RestoreStatus":
        raise S3Error("InvalidArgument", "Invalid attribute name specified",
                      ArgumentName="x-amz-optional-object-attributes", ArgumentValue=wanted)  # fmt: skip


def _list(call: Call, after: str, begun: Literal["over", "shown", "new"]) -> tuple[Page, Encoding, str, str, int, str]:
    """What both versions share: the page, and the parameters as they are shown again."""
    bucket, parameters = call.bucket("READ"), call.request.parameters
    encoded = Encoding(parameters)
    _refuse_optional(call)
    prefix, delimiter = parameters.get("prefix", ""), parameters.get("delimiter", "")
    most = bounded(parameters, "max-keys", call.settings.page_keys_max)
    versions = bucket.versions
    found = page(
        bucket.keys,
        prefix=prefix,
        delimiter=delimiter,
        after=after,
        most=most,
        begun=begun,
        shown=(lambda key: not versions[key][0].marker) if bucket.versioning else None,
    )
    version_2 = call.request.operation is not None and call.request.operation.name == "ListObjectsV2"
    owner = not version_2 or parameters.get("fetch-owner", "").lower() == "true"
    default = default_algorithm(call)
    contents = "".join(
        _contents(versions[text][0], encoded, default, owner) for text, is_prefix in found.entries if not is_prefix
    )
    return found, encoded, prefix, delimiter, most, contents + prefixes_xml(found, encoded)


def list_objects(call: Call) -> Response:
    marker = call.request.parameters.get("marker", "")
    found, encoded, prefix, delimiter, most, contents = _list(call, marker, "over")
    # Without a delimiter the last key is the next marker, and the answer leaves it at that.
    following = encoded(found.last) if found.truncated and delimiter else None
    return call.xml(
        "ListBucketResult",
        f"{element('Name', call.request.bucket)}{element('Prefix', encoded(prefix))}"
        f"{element('Marker', encoded(marker))}{element('NextMarker', following)}<MaxKeys>{most}</MaxKeys>"
        f"{element('Delimiter', encoded(delimiter) or None)}{element('EncodingType', encoded.name)}"
        f"<IsTruncated>{flag(found.truncated)}</IsTruncated>{contents}",
    )


def list_objects_v2(call: Call) -> Response:
    parameters = call.request.parameters
    token, start = parameters.get("continuation-token"), parameters.get("start-after")
    after = start or "" if token is None else _key_of_token(token)
    found, encoded, prefix, delimiter, most, contents = _list(call, after, "new" if token is None else "shown")
    return call.xml(
        "ListBucketResult",
        f"{element('Name', call.request.bucket)}{element('Prefix', encoded(prefix))}"
        f"{element('StartAfter', None if start is None else encoded(start))}{element('ContinuationToken', token)}"
        f"{element('NextContinuationToken', _token(found.last) if found.truncated else None)}"
        f"<KeyCount>{len(found.entries)}</KeyCount><MaxKeys>{most}</MaxKeys>"
        f"{element('Delimiter', encoded(delimiter) or None)}{element('EncodingType', encoded.name)}"
        f"<IsTruncated>{flag(found.truncated)}</IsTruncated>{contents}",
    )


_TOKEN_MARK: Final = "1"


def _token(key: str) -> str:
    return _TOKEN_MARK + urlsafe_b64encode(key.encode("utf-8", "surrogatepass")).decode()


def _key_of_token(token: str) -> str:
    try:
        if token[:1] != _TOKEN_MARK:
            raise ValueError
        return b64decode(token[1:], altchars=b"-_", validate=True).decode("utf-8", "surrogatepass")
    except ValueError:
        raise S3Error(
            "InvalidArgument", "The continuation token provided is incorrect",
            ArgumentName="continuation-token", ArgumentValue=token,
        ) from None  # fmt: skip


HANDLERS: Final[dict[str, Callable[[Call], Response]]] = {
    "ListObjects": list_objects,
    "ListObjectsV2": list_objects_v2,
}
