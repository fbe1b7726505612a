"""CORS: a bucket's rules for browsers."""

from simulator.services.s3.request import S3Request
from simulator.services.s3.store import Bucket


def headers_for(bucket: Bucket, request: S3Request) -> list[tuple[str, str]]:
    return []
