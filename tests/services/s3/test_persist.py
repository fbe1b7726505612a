"""What was committed is there again after any end of the process; what was not is gone without a trace."""

import os
import random
import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs, to_builtins

from simulator.errors import Misuse
from simulator.services.rope import Rope
from simulator.services.s3 import persist
from simulator.services.s3.persist import PersistentStore
from simulator.services.s3.store import Bucket, Completion, Owner, Part, Store, Upload, Version

ME = Owner("me", "me")


def picture(store: Store) -> object:
    """All that a store holds, as plain data."""
    return {
        name: to_builtins(bucket, enc_hook=lambda rope: bytes(rope).hex()) for name, bucket in store.buckets.items()
    }


def version(key: str, body: Rope, **more: object) -> Version:
    return structs.replace(Version(key=key, modified_ns=1, owner=ME, etag="e", body=body), **more)


def filled(store: Store) -> Store:
    store.add_bucket(Bucket(name="bucket", owner=ME, created_ns=1, region="r"))
    store.add_version(store.buckets["bucket"], version("small", Rope.of(b"small")))
    store.add_version(store.buckets["bucket"], version("large", Rope.of(os.urandom(100_000))))
    return store


def opened(folder: Path) -> PersistentStore:
    return PersistentStore.open(folder, mapped=True)


def test_objects_uploads_and_parts_are_there_again(tmp_path: Path) -> None:
    store = opened(tmp_path)
    filled(store)
    bucket = store.buckets["bucket"]
    upload = Upload(id="u", key="film", initiated_ns=1, initiator=ME, owner=ME)
    store.add_upload(bucket, upload)
    parts = [Part(number, "e", Rope.of(os.urandom(50_000)), 2) for number in (1, 2)]
    for part in parts:
        store.add_part(bucket, upload, part)
    done = Upload(id="d", key="done", initiated_ns=1, initiator=ME, owner=ME)
    store.add_upload(bucket, done)
    store.add_part(bucket, done, parts[0])
    whole = version("done", Rope.concat(part.body for part in done.parts.values()))
    store.complete_upload(bucket, done, whole, Completion(at_ns=3, parts=((1, "e"),), etag="x", version_id="null"))
    store.commit()
    before = picture(store)
    store.close()

    again = opened(tmp_path)

    assert picture(again) == before
    assert not again.notes
    again.close()


def test_what_was_not_committed_is_not_there(tmp_path: Path) -> None:
    store = opened(tmp_path)
    filled(store)
    store.commit()
    before = picture(store)
    store.add_version(store.buckets["bucket"], version("more", Rope.of(os.urandom(100_000))))
    store.close()

    again = opened(tmp_path)

    assert picture(again) == before
    assert len([path for path in (tmp_path / "blobs").rglob("*") if path.is_file()]) == 1
    again.close()


@pytest.mark.parametrize("cut", [1, 5, 8, 20])
def test_a_torn_record_is_dropped_and_its_place_is_written_again(tmp_path: Path, cut: int) -> None:
    store = opened(tmp_path)
    filled(store)
    store.commit()
    before = picture(store)
    store.add_version(store.buckets["bucket"], version("torn", Rope.of(b"x" * 100)))
    store.commit()
    store.close()
    os.truncate(tmp_path / "journal", os.path.getsize(tmp_path / "journal") - cut)

    again = opened(tmp_path)
    assert picture(again) == before
    assert "torn" in again.notes[0]
    again.add_version(again.buckets["bucket"], version("next", Rope.of(b"y")))
    again.commit()
    after = picture(again)
    again.close()

    assert picture(opened(tmp_path)) == after


def test_a_second_server_is_refused(tmp_path: Path) -> None:
    store = opened(tmp_path)

    with pytest.raises(Misuse, match="in use by another server"):
        opened(tmp_path)

    store.close()
    opened(tmp_path).close()


def test_a_folder_of_someone_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "journal").write_text("my diary, which begins so")

    with pytest.raises(Misuse, match="no journal of this server"):
        opened(tmp_path)

    assert (tmp_path / "journal").read_text() == "my diary, which begins so"


def test_bodies_in_files_are_not_held_in_memory_and_shared_by_copies(tmp_path: Path) -> None:
    store = filled(opened(tmp_path))
    large = store.buckets["bucket"].versions["large"][0]
    assert isinstance(large.body.extents[0].block, memoryview)

    store.add_version(store.buckets["bucket"], version("copy", large.body[10:90_000]))
    store.drop_version(store.buckets["bucket"], large)
    store.commit()  # type: ignore[attr-defined]

    assert len([path for path in (tmp_path / "blobs").rglob("*") if path.is_file()]) == 1


def test_a_run_costs_its_block_on_the_disk_as_well(tmp_path: Path) -> None:
    store = opened(tmp_path)
    filled(store)
    store.add_version(store.buckets["bucket"], version("zeros", Rope.repeat(bytes(65_536), 5 << 30)))
    store.commit()
    store.close()

    again = opened(tmp_path)

    assert again.buckets["bucket"].versions["zeros"][0].size == 5 << 30
    assert sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file()) < 300_000
    again.close()


def test_the_journal_does_not_grow_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(persist, "COMPACT_BYTES_MIN", 20_000)
    store = opened(tmp_path)
    filled(store)
    for number in range(500):
        store.add_version(store.buckets["bucket"], version("small", Rope.of(b"%d" % number * 100)))
        store.commit()
    before = picture(store)
    store.close()

    assert os.path.getsize(tmp_path / "journal") < 40_000
    again = opened(tmp_path)
    assert picture(again) == before
    again.close()


def test_a_full_disk_is_told_and_nothing_more_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = opened(tmp_path)
    filled(store)
    store.commit()
    before = picture(store)

    def full(fd: int, data: object) -> int:
        raise OSError(28, "No space left on device")

    store.add_version(store.buckets["bucket"], version("more", Rope.of(b"x")))
    with monkeypatch.context() as patched:
        patched.setattr(os, "write", full)
        with pytest.raises(OSError, match="No space"):
            store.commit()
    store.add_version(store.buckets["bucket"], version("even more", Rope.of(b"x")))
    with pytest.raises(OSError, match="No space"):
        store.commit()
    store.close()

    again = opened(tmp_path)
    assert picture(again) == before
    again.close()


NAMES = ["put", "null", "drop", "part", "complete", "abort", "change", "copy", "commit", "kill", "compact"]
ACTS = st.lists(st.tuples(st.sampled_from(NAMES), st.integers(0, 3), st.integers(0, 3)), max_size=30)


@settings(max_examples=60, deadline=None)
@given(acts=ACTS, seed=st.integers(0, 1000))
def test_any_row_of_acts_is_kept_up_to_the_last_commit(
    tmp_path_factory: pytest.TempPathFactory, acts: list[tuple[str, int, int]], seed: int
) -> None:
    folder = tmp_path_factory.mktemp("store")
    rng = random.Random(seed)
    store = opened(folder)
    store.add_bucket(Bucket(name="bucket", owner=ME, created_ns=1, region="r"))
    store.commit()
    committed = picture(store)
    for act, one, other in acts:
        if act == "kill":
            copy = folder.with_name(f"{folder.name}x")
            shutil.copytree(folder, copy)
            store.close()
            shutil.rmtree(folder)
            copy.rename(folder)
            store = opened(folder)
            assert picture(store) == committed
        elif act == "commit":
            store.commit()
        elif act == "compact":
            store.commit()
            store.compact()
        else:
            play(store, act, one, other, rng)
        if not store.dirty:
            committed = picture(store)
    store.commit()
    files = [path for path in (folder / "blobs").rglob("*") if path.is_file()]
    assert len(files) == len(store._blobs._uses)
    store.close()
    shutil.rmtree(folder)


def play(store: PersistentStore, act: str, one: int, other: int, rng: random.Random) -> None:
    """One act on a key of four, with bodies on both sides of what stands in the journal."""
    bucket, key = store.buckets["bucket"], f"key{one}"
    body = Rope.of(rng.randbytes(10 if other % 2 else 30_000))
    versions, upload = bucket.versions.get(key, []), bucket.uploads.get(key)
    if act in ("put", "null"):
        store.add_version(bucket, version(key, body, version_id="null" if act == "null" else f"{rng.random()}"))
    elif act == "drop" and versions:
        store.drop_version(bucket, versions[other % len(versions)])
    elif act == "change" and versions:
        changed = versions[other % len(versions)]
        changed.tags, changed.body = (("a", str(other)),), (body if other > 1 else changed.body)
        store.change_version(bucket, changed)
    elif act == "copy" and versions:
        store.add_version(bucket, version(f"key{other}", versions[0].body[3:], version_id=f"{rng.random()}"))
    elif act == "part":
        if upload is None or upload.completion is not None:
            upload = Upload(id=key, key=key, initiated_ns=1, initiator=ME, owner=ME)
            store.add_upload(bucket, upload)
        store.add_part(bucket, upload, Part(other + 1, "e", body, 1))
    elif act == "complete" and upload is not None and upload.parts:
        whole = Rope.concat(part.body for part in upload.parts.values())
        done = Completion(at_ns=1, parts=(), etag="e", version_id="null")
        store.complete_upload(bucket, upload, version(key, whole), done)
    elif act == "abort" and upload is not None:
        store.drop_upload(bucket, upload)
