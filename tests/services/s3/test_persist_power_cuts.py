"""On a disk that loses power at any moment, everything that was acknowledged is there again, and nothing half."""

import asyncio
import os

import pytest

from simulator import World, run, scenario
from simulator.services.rope import Rope
from simulator.services.s3.persist import PersistentStore
from simulator.services.s3.store import Bucket, Completion, Owner, Part, Upload, Version

ME = Owner("me", "me")
CUTS = 6


class Ledger:
    """What the server promised: object -> its bytes, and what else may be there, since it was under way."""

    def __init__(self) -> None:
        self.promised: dict[str, bytes] = {}
        self.pending: dict[str, bytes] = {}
        self.starts = 0
        self.verified = 0

    def verify(self, store: PersistentStore) -> None:
        bucket = store.buckets.get("bucket")
        found = {} if bucket is None else {key: bytes(versions[0].body) for key, versions in bucket.versions.items()}
        for key, body in self.promised.items():
            assert found.get(key) in (body, self.pending.get(key)), f"{key} is lost after start {self.starts}"
        strangers = {key for key in found if key not in self.promised and found[key] != self.pending.get(key)}
        assert not strangers
        self.promised, self.pending = found, {}
        self.verified += 1


def version(key: str, body: Rope) -> Version:
    return Version(key=key, modified_ns=1, owner=ME, etag="e", body=body)


async def keep(ledger: Ledger) -> None:
    """A server without its network: changes, and commits before it promises."""
    ledger.starts += 1
    store = PersistentStore.open("/data/s3")
    ledger.verify(store)
    if "bucket" not in store.buckets:
        store.add_bucket(Bucket(name="bucket", owner=ME, created_ns=1, region="r"))
        store.commit()
    bucket = store.buckets["bucket"]
    for number in range(10_000):
        key = f"key{number % 5}"
        body = os.urandom(40 if number % 3 else 50_000)
        ledger.pending = {key: body}
        if number % 4 == 3:
            upload = Upload(id=key, key=key, initiated_ns=1, initiator=ME, owner=ME)
            store.add_upload(bucket, upload)
            for part, piece in enumerate((body[:20], body[20:]), 1):
                store.add_part(bucket, upload, Part(part, "e", Rope.of(piece), 1))
                store.commit()
                await asyncio.sleep(0.001)
            whole = Rope.concat(part.body for part in upload.parts.values())
            done = Completion(at_ns=1, parts=(), etag="e", version_id="null")
            store.complete_upload(bucket, upload, version(key, whole), done)
            store.drop_upload(bucket, upload)
        else:
            store.add_version(bucket, version(key, Rope.of(body)))
        store.commit()
        if number % 50 == 49:
            store.compact()
        ledger.promised[key] = body
        ledger.pending = {}
        await asyncio.sleep(0.001)


@pytest.mark.parametrize("seed", range(8))
def test_what_was_promised_before_a_power_cut_is_there_after_it(seed: int) -> None:
    ledger = Ledger()

    @scenario()
    async def story(world: World) -> None:
        """Nothing that was promised is lost."""
        host = world.host("s3")
        host.mount("/data")
        host.run(keep, ledger)
        for cut in range(CUTS):
            await asyncio.sleep(0.013 * (seed + 1) + 0.0371 * cut)
            host.crash()
            await asyncio.sleep(1)
            host.boot()
        await asyncio.sleep(0.1)
        host.crash()

    found = run(story, seed=seed)

    assert found.outcome.passed, found.outcome.message
    assert ledger.verified == CUTS + 1, found.trace.of("proc.error").events
    assert len(ledger.promised) == 5
