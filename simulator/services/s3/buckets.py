"""Buckets: create, head, delete, list, and where they are."""

from base64 import b64decode, urlsafe_b64encode
from typing import Final

from simulator.services.http.message import Response
from simulator.services.s3 import acls, tags
from simulator.services.s3.call import Call
from simulator.services.s3.dates import iso
from simulator.services.s3.errors import S3Error, not_implemented
from simulator.services.s3.markup import Malformed, Node, element
from simulator.services.s3.names import valid_bucket
from simulator.services.s3.numbers import bounded
from simulator.services.s3.store import Bucket

OWNERSHIPS: Final = frozenset(("BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter"))
# The region whose name no location constraint bears.
CLASSIC: Final = "us-east-1"


def create_bucket(call: Call) -> Response:
    request, settings = call.request, call.settings
    name = request.bucket
    if request.who is None:
        raise S3Error("AccessDenied")
    if not valid_bucket(name):
        raise S3Error("InvalidBucketName", BucketName=name)
    ownership = request.headers.get("x-amz-object-ownership", settings.object_ownership)
    if ownership not in OWNERSHIPS:
        raise S3Error(
            "InvalidArgument", "Invalid x-amz-object-ownership header: " + ownership,
            ArgumentName="x-amz-object-ownership", ArgumentValue=ownership,
        )  # fmt: skip
    new_tags = _configuration(call)
    bucket = Bucket(name=name, owner=call.who, created_ns=call.now_ns, region=settings.region, ownership=ownership)
    bucket.acl = acls.from_headers(call, bucket, call.who)
    if ownership == "BucketOwnerEnforced" and acls.more_than_owner(bucket.acl, call.who):
        raise S3Error("InvalidBucketAclWithObjectOwnership")
    bucket.tags = new_tags
    before = call.store.buckets.get(name)
    if before is None:
        if sum(each.owner.id == call.who.id for each in call.store.buckets.values()) >= settings.buckets_max:
            raise S3Error("TooManyBuckets")
        call.store.add_bucket(bucket)
    elif before.owner.id != call.who.id:
        raise S3Error("BucketAlreadyExists", BucketName=name)
    elif settings.region != CLASSIC:
        raise S3Error("BucketAlreadyOwnedByYou", BucketName=name)
    else:
        # The oldest region answers 200 to its own owner, and the ACL is as the last request says.
        before.acl = bucket.acl
        call.store.change_bucket(before)
    return Response(200, [("Location", f"/{name}"), ("x-amz-bucket-arn", f"arn:aws:s3:::{name}")])


def _configuration(call: Call) -> tuple[tuple[str, str], ...] | None:
    """Read the body, if there is one: the location must be ours; tags may come with it."""
    region = call.settings.region
    if not call.request.body.size:
        if region != CLASSIC:
            raise S3Error("IllegalLocationConstraintException")
        return None
    node = call.document("CreateBucketConfiguration")
    try:
        node.only("LocationConstraint", "Location", "Bucket", "Tags")
        constraint = node.value("LocationConstraint", "") or ""
        directory = node.maybe("Location") or node.maybe("Bucket")
        found: Node | None = node.maybe("Tags")
    except Malformed:
        raise S3Error("MalformedXML") from None
    if directory is not None:
        raise not_implemented("a directory bucket (CreateBucketConfiguration with Location or Bucket)")
    nameless = constraint == CLASSIC and region == CLASSIC  # The oldest region is asked for by saying nothing.
    if nameless or not all(letter.isalnum() or letter == "-" for letter in constraint):
        raise S3Error("InvalidLocationConstraint", LocationConstraint=constraint)
    if (constraint or CLASSIC) != region:
        raise S3Error(
            "IllegalLocationConstraintException",
            f"The {constraint or 'unspecified'} location constraint is incompatible for the region specific "
            "endpoint this request was sent to.",
        )
    return tags.of_set(found, call.settings.bucket_tags_max) if found is not None else None


def head_bucket(call: Call) -> Response:
    bucket = call.bucket("READ")
    return Response(
        200,
        [
            ("x-amz-bucket-arn", f"arn:aws:s3:::{bucket.name}"),
            ("x-amz-bucket-region", bucket.region),
            ("x-amz-access-point-alias", "false"),
            ("Content-Type", "application/xml"),
        ],
    )


def delete_bucket(call: Call) -> Response:
    bucket = call.bucket("OWNER")
    if bucket.keys:
        if bucket.versioning and all(versions[0].marker for versions in bucket.versions.values()):
            raise S3Error(
                "BucketNotEmpty",
                "The bucket you tried to delete is not empty. You must delete all versions in the bucket.",
                BucketName=bucket.name,
            )
        raise S3Error("BucketNotEmpty", BucketName=bucket.name)
    call.store.drop_bucket(bucket)
    return Response(204)


def get_bucket_location(call: Call) -> Response:
    region = call.bucket("OWNER").region
    return call.xml("LocationConstraint", "" if region == CLASSIC else region)


def list_buckets(call: Call) -> Response:
    """The caller's own, by name; paged if the request asks for pages."""
    parameters, who = call.request.parameters, call.request.who
    if who is None:
        raise S3Error("AccessDenied")
    prefix = parameters.get("prefix", "")
    most = bounded(parameters, "max-buckets", call.settings.page_buckets_max, least=1)
    after = _token(parameters.get("continuation-token", ""))
    region = parameters.get("bucket-region", call.settings.region)
    mine = sorted(
        name
        for name, bucket in call.store.buckets.items()
        if bucket.owner.id == who.id and name.startswith(prefix) and name > after and bucket.region == region
    )
    paged = "max-buckets" in parameters or "continuation-token" in parameters or "bucket-region" in parameters
    listed = "".join(
        f"<Bucket><Name>{name}</Name><CreationDate>{iso(call.store.buckets[name].created_ns)}</CreationDate>"
        + (f"<BucketRegion>{call.store.buckets[name].region}</BucketRegion>" if paged else "")
        + "</Bucket>"
        for name in mine[:most]
    )
    token = urlsafe_b64encode(mine[most - 1].encode()).decode() if len(mine) > most else None
    return call.xml(
        "ListAllMyBucketsResult",
        f"<Owner>{element('ID', who.id)}{element('DisplayName', who.name)}</Owner><Buckets>{listed}</Buckets>"
        f"{element('ContinuationToken', token)}{element('Prefix', prefix or None)}",
    )


def _token(text: str) -> str:
    try:
        return b64decode(text, altchars=b"-_", validate=True).decode()
    except ValueError:
        raise S3Error(
            "InvalidArgument", "The continuation token provided is incorrect",
            ArgumentName="continuation-token", ArgumentValue=text,
        ) from None  # fmt: skip
