"""ACLs: given by header or document, shown, and put."""

from collections.abc import Callable
from typing import Final

from simulator.services.http.message import Response
from simulator.services.s3 import versions
from simulator.services.s3.access import GROUPS, PERMISSIONS, canned, grants_of, public
from simulator.services.s3.call import Call
from simulator.services.s3.errors import S3Error, not_implemented
from simulator.services.s3.markup import Malformed, Node, element
from simulator.services.s3.store import Bucket, Grant, Owner

_GRANT_HEADERS: Final = {
    "x-amz-grant-full-control": "FULL_CONTROL",
    "x-amz-grant-read": "READ",
    "x-amz-grant-write": "WRITE",
    "x-amz-grant-read-acp": "READ_ACP",
    "x-amz-grant-write-acp": "WRITE_ACP",
}
_GRANTS_MAX: Final = 100
_XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"


def from_headers(call: Call, bucket: Bucket, owner: Owner) -> tuple[Grant, ...]:
    """The ACL that x-amz-acl or x-amz-grant-* ask for; empty for the owner's own."""
    headers = call.request.headers
    name = headers.get("x-amz-acl")
    granted = [header for header in _GRANT_HEADERS if header in headers]
    if name is None and not granted:
        return ()
    if name is not None and granted:
        raise S3Error("InvalidRequest", "Specifying both Canned ACLs and Header Grants is not allowed")
    if name is not None:
        acl = canned(name, owner, bucket.owner)
    else:
        acl = tuple(grant for header in granted for grant in _grants(call, header, headers[header]))
    _check_public(bucket, acl)
    return acl


def _check_public(bucket: Bucket, acl: tuple[Grant, ...]) -> None:
    block = bucket.public_access_block
    if block is not None and block[0] and public(acl):
        raise S3Error("AccessDenied")


def _grants(call: Call, header: str, text: str) -> list[Grant]:
    """`id="...", uri="..."`"""
    found = []
    for word in text.split(","):
        kind, _, value = word.strip().partition("=")
        value = value.strip().strip('"')
        if kind == "emailAddress":
            raise not_implemented(f"{header} with emailAddress", Header=header)
        if kind not in ("id", "uri") or not value or (kind == "uri" and value not in GROUPS):
            raise S3Error("InvalidArgument", "Argument format not recognized",
                          ArgumentName=header, ArgumentValue=text)  # fmt: skip
        permission = _GRANT_HEADERS[header]
        found.append(
            Grant(permission, id=value, name=_name(call, value)) if kind == "id" else Grant(permission, uri=value)
        )
    return found


def _name(call: Call, owner_id: str) -> str:
    for bucket in call.store.buckets.values():
        if bucket.owner.id == owner_id:
            return bucket.owner.name
    return call.who.name if call.who.id == owner_id else ""


def more_than_owner(acl: tuple[Grant, ...], owner: Owner) -> bool:
    return any(grant.id != owner.id for grant in acl)


def for_new_object(call: Call, bucket: Bucket) -> tuple[Grant, ...]:
    """The ACL of an object about to be written; where ACLs are off, only the owner's full control may be asked for."""
    headers = call.request.headers
    if "x-amz-acl" not in headers and not any(header in headers for header in _GRANT_HEADERS):
        return ()
    if bucket.ownership == "BucketOwnerEnforced":
        if headers.get("x-amz-acl") != "bucket-owner-full-control":
            raise S3Error("AccessControlListNotSupported")
        return ()
    return from_headers(call, bucket, call.who)


def owner_of_new_object(call: Call, bucket: Bucket) -> Owner:
    """Whose a new object is: the bucket's owner, or the writer, as the bucket's ownership says."""
    if call.who.id == bucket.owner.id or bucket.ownership == "BucketOwnerEnforced":
        return bucket.owner
    wanted = call.request.headers.get("x-amz-acl") == "bucket-owner-full-control"
    return bucket.owner if bucket.ownership == "BucketOwnerPreferred" and wanted else call.who


def _shown(call: Call, acl: tuple[Grant, ...], owner: Owner) -> Response:
    inside = "".join(_grant_xml(grant) for grant in grants_of(acl, owner))
    return call.xml(
        "AccessControlPolicy",
        f"<Owner>{element('ID', owner.id)}{element('DisplayName', owner.name or None)}</Owner>"
        f"<AccessControlList>{inside}</AccessControlList>",
    )


def _grant_xml(grant: Grant) -> str:
    kind = "Group" if grant.uri else "CanonicalUser"
    who = (
        element("URI", grant.uri) if grant.uri else element("ID", grant.id) + element("DisplayName", grant.name or None)
    )
    return (
        f'<Grant><Grantee xmlns:xsi="{_XSI}" xsi:type="{kind}">{who}</Grantee>'
        f"<Permission>{grant.permission}</Permission></Grant>"
    )


def _asked(call: Call, bucket: Bucket, owner: Owner) -> tuple[Grant, ...]:
    """What a request to put an ACL says: in its headers or in its body, not in both."""
    headers = call.request.headers
    stated = "x-amz-acl" in headers or any(header in headers for header in _GRANT_HEADERS)
    if stated:
        if call.request.body.size:
            raise S3Error("UnexpectedContent")
        return from_headers(call, bucket, owner)
    if not call.request.body.size:
        raise S3Error(
            "MissingSecurityHeader", "Your request was missing a required header", MissingHeaderName="x-amz-acl"
        )
    node = call.document("AccessControlPolicy", code="MalformedACLError")
    try:
        node.only("Owner", "AccessControlList")
        told = node.one("Owner").value("ID")
        listed = node.one("AccessControlList")
        listed.only("Grant")
        acl = tuple(_grant(call, grant) for grant in listed)
    except Malformed:
        raise S3Error("MalformedACLError") from None
    if told != owner.id:
        raise S3Error("AccessDenied")
    if len(acl) > _GRANTS_MAX:
        raise S3Error("MalformedACLError")
    _check_public(bucket, acl)
    return acl


def _grant(call: Call, node: Node) -> Grant:
    node.only("Grantee", "Permission")
    permission = node.one("Permission").leaf()
    grantee = node.one("Grantee")
    kind = next((value for name, value in grantee.attributes.items() if name.split(" ")[-1] == "type"), "")
    if permission not in PERMISSIONS:
        raise Malformed(permission)
    if kind == "AmazonCustomerByEmail":
        raise not_implemented("a grantee by e-mail address")
    if kind == "Group":
        uri = grantee.one("URI").leaf()
        if uri not in GROUPS:
            raise S3Error("InvalidArgument", "Invalid group uri", ArgumentName="Group/URI", ArgumentValue=uri)
        return Grant(permission, uri=uri)
    if kind != "CanonicalUser":
        raise Malformed(kind)
    user = grantee.one("ID").leaf()
    if not user:
        raise S3Error("InvalidArgument", "Invalid id", ArgumentName="CanonicalUser/ID", ArgumentValue=user)
    return Grant(permission, id=user, name=grantee.value("DisplayName") or _name(call, user))


def get_bucket_acl(call: Call) -> Response:
    bucket = call.bucket("READ_ACP")
    return _shown(call, bucket.acl, bucket.owner)


def put_bucket_acl(call: Call) -> Response:
    bucket = call.bucket("WRITE_ACP")
    acl = _asked(call, bucket, bucket.owner)
    if bucket.ownership == "BucketOwnerEnforced" and more_than_owner(acl, bucket.owner):
        raise S3Error("AccessControlListNotSupported")
    bucket.acl = acl
    call.store.change_bucket(bucket)
    return Response(200)


def get_object_acl(call: Call) -> Response:
    bucket, version = versions.existing(call, "READ_ACP")
    answer = _shown(call, version.acl, version.owner)
    answer.headers += versions.id_header(bucket, version)
    return answer


def put_object_acl(call: Call) -> Response:
    bucket, version = versions.existing(call, "WRITE_ACP")
    if bucket.ownership == "BucketOwnerEnforced":
        raise S3Error("AccessControlListNotSupported")
    version.acl = _asked(call, bucket, version.owner)
    call.store.change_version(bucket, version)
    return Response(200, versions.id_header(bucket, version))


HANDLERS: Final[dict[str, Callable[[Call], Response]]] = {
    "GetBucketAcl": get_bucket_acl,
    "PutBucketAcl": put_bucket_acl,
    "GetObjectAcl": get_object_acl,
    "PutObjectAcl": put_object_acl,
}
