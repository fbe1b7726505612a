"""Handlers: which function answers which operation."""

from collections.abc import Callable, Mapping
from typing import Final

from simulator.services.http.message import Response
from simulator.services.s3 import (
    acls,
    attributes,
    buckets,
    completion,
    configurations,
    copying,
    cors,
    deletions,
    lifecycle,
    listing,
    listing_versions,
    objects,
    tags,
    uploads,
    versions,
)
from simulator.services.s3.call import Call

HANDLERS: Final[Mapping[str, Callable[[Call], Response]]] = {
    "ListBuckets": buckets.list_buckets,
    "CreateBucket": buckets.create_bucket,
    "HeadBucket": buckets.head_bucket,
    "DeleteBucket": buckets.delete_bucket,
    "GetBucketLocation": buckets.get_bucket_location,
    "GetBucketVersioning": versions.get_bucket_versioning,
    "PutBucketVersioning": versions.put_bucket_versioning,
    **acls.HANDLERS,
    **attributes.HANDLERS,
    **completion.HANDLERS,
    **configurations.HANDLERS,
    **copying.HANDLERS,
    **cors.HANDLERS,
    **deletions.HANDLERS,
    **lifecycle.HANDLERS,
    **listing.HANDLERS,
    **listing_versions.HANDLERS,
    **objects.HANDLERS,
    **tags.HANDLERS,
    **uploads.HANDLERS,
}
