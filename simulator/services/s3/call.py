"""Call: one request being answered: what it asks, by whom, when, and the bucket it is about."""

from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from simulator.services.http.message import Response
from simulator.services.s3 import checksums
from simulator.services.s3.access import allowed
from simulator.services.s3.errors import S3Error
from simulator.services.s3.markup import Malformed, Node, document, parse
from simulator.services.s3.request import S3Request
from simulator.services.s3.settings import Settings
from simulator.services.s3.store import Bucket, Owner, Store, Upload, Version

if TYPE_CHECKING:
    from random import Random

XML: Final = [("Content-Type", "application/xml")]
ANYBODY: Final = Owner("65a011a29cdf8ec533ec3d1ccaae921c", "")
"""Whose objects are that nobody signed for, as AWS names them."""


class Call:
    """What every operation is given."""

    __slots__ = ("now_ns", "request", "rng", "settings", "store", "who")

    def __init__(self, request: S3Request, now_ns: int, settings: Settings, store: Store, rng: "Random") -> None:
        self.request = request
        self.now_ns = now_ns
        self.settings = settings
        self.store = store
        self.rng = rng
        self.who = request.who or ANYBODY

    def bucket(self, permission: str) -> Bucket:
        """The bucket the request names, if it is there and the caller may do this to it."""
        bucket = self.bucket_named(self.request.bucket)
        expected = self.request.headers.get("x-amz-expected-bucket-owner")
        if expected is not None and expected not in (bucket.owner.id, self.settings.account_id):
            raise S3Error("AccessDenied")
        if self.who.id != bucket.owner.id:
            self._check(bucket, permission)
        return bucket

    def bucket_named(self, name: str) -> Bucket:
        bucket = self.store.buckets.get(name)
        if bucket is None:
            raise S3Error("NoSuchBucket", BucketName=name)
        return bucket

    def _check(self, bucket: Bucket, permission: str) -> None:
        if permission == "OWNER" or not allowed(bucket, bucket.acl, bucket.owner, self.request.who, permission):
            raise S3Error("AccessDenied")

    def readable(self, bucket: Bucket, version: Version, permission: str = "READ") -> None:
        """Refuse those whom the object's own ACL does not let in."""
        if self.who.id == bucket.owner.id == version.owner.id:
            return
        if not allowed(bucket, version.acl, version.owner, self.request.who, permission):
            raise S3Error("AccessDenied")

    def bucket_of_object(self) -> Bucket:
        """The bucket of an object whose own ACL decides; who may not list must not learn what is missing."""
        bucket = self.bucket_named(self.request.bucket)
        expected = self.request.headers.get("x-amz-expected-bucket-owner")
        if expected is not None and expected not in (bucket.owner.id, self.settings.account_id):
            raise S3Error("AccessDenied")
        return bucket

    def no_key(self, bucket: Bucket, code: str = "NoSuchKey", **fields: object) -> S3Error:
        """That a key is missing; to those who may not list, that they may not know."""
        if self.who.id != bucket.owner.id and not allowed(bucket, bucket.acl, bucket.owner, self.request.who, "READ"):
            return S3Error("AccessDenied")
        return S3Error(code, Key=self.request.key, **fields)

    def upload(self, bucket: Bucket) -> Upload:
        """The upload the request names, open or complete."""
        upload_id = self.request.parameters["uploadId"]
        upload = bucket.uploads.get(upload_id)
        done = upload.completion if upload is not None else None
        if upload is not None and done is not None and done.at_ns + self.settings.completed_kept_ns <= self.now_ns:
            self.store.drop_upload(bucket, upload)
            upload = None
        if upload is None or upload.key != self.request.key:
            raise S3Error("NoSuchUpload", UploadId=upload_id)
        return upload

    def document(self, root: str, *, code: str = "MalformedXML", bytes_max: int = 0, sums: bool = True) -> Node:
        """The body, as the XML document it has to be; `sums`: x-amz-checksum-* speaks of this body."""
        request, body = self.request, self.request.body
        if not body.size:
            raise S3Error("MissingRequestBodyError")
        checksums.check_md5(body, request.headers)
        if sums:
            checksums.verified(body, request.headers, request.trailers)
        try:
            return parse(bytes(body), root, bytes_max=bytes_max or self.settings.xml_bytes_max)
        except Malformed:
            raise S3Error(code) from None

    def address(self, bucket: str, key: str) -> str:
        """Where an object is, as the client addressed its bucket."""
        host = self.request.host or f"s3.{self.settings.region}.amazonaws.com"
        return f"http://{host}/{quote(key if self.request.virtual else f'{bucket}/{key}')}"

    def xml(self, root: str, inside: str) -> Response:
        return Response(200, list(XML), [document(root, inside)])
