"""Wiring: what the parts of the program are given, as it follows from the settings."""

import asyncio
import os
import socket

from pipelines.stream.describing import Describer
from pipelines.stream.metadata import Prober
from pipelines.stream.policy import Policy
from pipelines.stream.settings import Settings
from pipelines.stream.store import S3Access


def policy_of(settings: Settings) -> Policy:
    """The numbers of the protocol."""
    return Policy(
        bucket=settings.bucket,
        root=str(settings.watch or ""),
        prefix=settings.prefix,
        redis_prefix=settings.redis_prefix,
        part_base_bytes=settings.part_size_bytes,
        idle_timeout_s=settings.idle_timeout_s,
        settle_s=settings.settle_s,
        checksum=settings.checksum,
        salvage=settings.salvage,
        lease_ttl_s=settings.lease_ttl_s,
        parts_in_flight=settings.parts_parallel,
        requests_in_flight=settings.requests_parallel,
        memory_bytes=settings.memory_bytes,
        retry_count_max=settings.retries,
    )


def access_of(settings: Settings) -> S3Access:
    """How S3 is reached; keys that are not given are for botocore to find, and to find again when they expire."""
    secret = settings.s3_secret_key
    return S3Access(
        endpoint=settings.s3_endpoint,
        region=settings.s3_region,
        access_key=settings.s3_access_key,
        secret_key=secret.reveal() if secret is not None else None,
        connections_max=settings.requests_parallel + 8,
    )


def describer_of(settings: Settings) -> Describer:
    """What finds out about recordings."""
    if not settings.probe:
        return Describer(None)
    places = asyncio.Semaphore(settings.probes_parallel)
    prober = Prober(timeout_s=settings.probe_timeout_s, places=places, program=settings.ffprobe)
    return Describer(prober, sha256=settings.sha256)


def instance_of(settings: Settings) -> str:
    """A name that no other run of the program has, and that tells people which one it is."""
    return f"{settings.instance or socket.gethostname()}-{os.getpid()}-{os.urandom(4).hex()}"
