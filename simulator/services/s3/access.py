"""Access: ACLs, as far as they go: owners, accounts and the two groups of everybody."""

from typing import Final

from simulator.services.s3.errors import S3Error
from simulator.services.s3.store import Bucket, Grant, Owner

_GROUPS: Final = "http://acs.amazonaws.com/groups/"
ALL_USERS: Final = f"{_GROUPS}global/AllUsers"
AUTHENTICATED: Final = f"{_GROUPS}global/AuthenticatedUsers"
LOG_DELIVERY: Final = f"{_GROUPS}s3/LogDelivery"
GROUPS: Final = frozenset((ALL_USERS, AUTHENTICATED, LOG_DELIVERY))
PERMISSIONS: Final = frozenset(("FULL_CONTROL", "READ", "WRITE", "READ_ACP", "WRITE_ACP"))
CANNED: Final = frozenset(
    (
        "private", "public-read", "public-read-write", "authenticated-read", "bucket-owner-read",
        "bucket-owner-full-control", "log-delivery-write",
    )
)  # fmt: skip


def canned(name: str, owner: Owner, bucket_owner: Owner) -> tuple[Grant, ...]:
    """The grants a canned ACL stands for."""
    if name not in CANNED:
        raise S3Error("InvalidArgument", ArgumentName="x-amz-acl", ArgumentValue=name)
    more: tuple[Grant, ...] = {
        "public-read": (Grant("READ", uri=ALL_USERS),),
        "public-read-write": (Grant("READ", uri=ALL_USERS), Grant("WRITE", uri=ALL_USERS)),
        "authenticated-read": (Grant("READ", uri=AUTHENTICATED),),
        "bucket-owner-read": (Grant("READ", bucket_owner.id, bucket_owner.name),),
        "bucket-owner-full-control": (Grant("FULL_CONTROL", bucket_owner.id, bucket_owner.name),),
        "log-delivery-write": (Grant("WRITE", uri=LOG_DELIVERY), Grant("READ_ACP", uri=LOG_DELIVERY)),
    }.get(name, ())
    own = Grant("FULL_CONTROL", owner.id, owner.name)
    return (own, *(grant for grant in more if grant.id != owner.id))


def grants_of(acl: tuple[Grant, ...], owner: Owner) -> tuple[Grant, ...]:
    """The ACL as it is shown: an empty one is the owner's own."""
    return acl or (Grant("FULL_CONTROL", owner.id, owner.name),)


def allowed(bucket: Bucket, acl: tuple[Grant, ...], owner: Owner, who: Owner | None, permission: str) -> bool:
    """Whether the ACL lets this caller (None: anybody) do what needs the permission."""
    if bucket.ownership == "BucketOwnerEnforced":
        return who is not None and who.id == bucket.owner.id
    # An owner can always read and write the ACL, whatever it says.
    if who is not None and who.id == owner.id and (not acl or permission in ("READ_ACP", "WRITE_ACP")):
        return True
    ignore_public = bucket.public_access_block is not None and bucket.public_access_block[1]
    for grant in grants_of(acl, owner):
        if grant.permission not in (permission, "FULL_CONTROL"):
            continue
        if grant.uri:
            if not ignore_public and (grant.uri == ALL_USERS or (grant.uri == AUTHENTICATED and who is not None)):
                return True
        elif who is not None and grant.id == who.id:
            return True
    return False


def public(acl: tuple[Grant, ...]) -> bool:
    return any(grant.uri in (ALL_USERS, AUTHENTICATED) for grant in acl)
