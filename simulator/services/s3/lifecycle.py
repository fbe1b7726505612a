"""Lifecycle: what a bucket's rules do as time passes."""

from simulator.services.s3.settings import Settings
from simulator.services.s3.store import Bucket, Store


def sweep(store: Store, bucket: Bucket, settings: Settings, now_ns: int) -> list[tuple[str, str]]:
    return []
