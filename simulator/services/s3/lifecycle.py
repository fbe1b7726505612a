"""Lifecycle: a bucket's rules: put, shown, and carried out as time passes.

AWS looks once a day: an object of January 1st, 10:30, with `Days` 3 is due three days later, at the next
midnight (UTC), January 5th. So it is here; `Settings.day_ns` shortens the day. Rules act when the bucket is next
asked for anything, so that nothing due is ever seen.
"""

from collections.abc import Callable
from typing import Final
from urllib.parse import quote

from simulator.services.http.message import Headers, Response
from simulator.services.s3 import names
from simulator.services.s3.call import Call
from simulator.services.s3.dates import http
from simulator.services.s3.errors import S3Error
from simulator.services.s3.rules import read, rule_xml
from simulator.services.s3.settings import Settings
from simulator.services.s3.store import NULL_VERSION, Bucket, LifecycleRule, Store, Upload, Version


def get_bucket_lifecycle(call: Call) -> Response:
    bucket = call.bucket("OWNER")
    if not bucket.lifecycle:
        raise S3Error("NoSuchLifecycleConfiguration", BucketName=bucket.name)
    response = call.xml("LifecycleConfiguration", "".join(map(rule_xml, bucket.lifecycle)))
    response.headers.append(("x-amz-transition-default-minimum-object-size", "all_storage_classes_128K"))
    return response


def put_bucket_lifecycle(call: Call) -> Response:
    bucket = call.bucket("OWNER")
    bucket.lifecycle = read(call)
    # What was due under these rules before they were written is due now.
    bucket.swept_ns = 0
    call.store.change_bucket(bucket)
    return Response(200, [("x-amz-transition-default-minimum-object-size", "all_storage_classes_128K")])


def delete_bucket_lifecycle(call: Call) -> Response:
    bucket = call.bucket("OWNER")
    bucket.lifecycle = ()
    call.store.change_bucket(bucket)
    return Response(204)


def due_ns(since_ns: int, days: int, day_ns: int) -> int:
    """So many days later, and then the next midnight."""
    return ((since_ns + days * day_ns) // day_ns + 1) * day_ns


def _about(rule: LifecycleRule, version: Version) -> bool:
    """Whether a rule is about this object."""
    return (
        rule.enabled
        and version.key.startswith(rule.prefix)
        and all(tag in version.tags for tag in rule.tags)
        and (rule.bytes_over is None or version.size > rule.bytes_over)
        and (rule.bytes_under is None or version.size < rule.bytes_under)
    )


def expiry_of(bucket: Bucket, version: Version, settings: Settings) -> tuple[int, str] | None:
    """When the earliest rule expires a current version, and which rule that is."""
    found: tuple[int, str] | None = None
    for rule in bucket.lifecycle:
        if not _about(rule, version):
            continue
        at_ns = rule.expire_at_ns
        if rule.expire_days is not None:
            at_ns = due_ns(version.modified_ns, rule.expire_days, settings.day_ns)
        if at_ns is not None and (found is None or at_ns < found[0]):
            found = at_ns, rule.id
    return found


def expiration_header(bucket: Bucket, version: Version, settings: Settings) -> Headers:
    if not bucket.lifecycle or version.marker:
        return []
    found = expiry_of(bucket, version, settings)
    if found is None:
        return []
    return [("x-amz-expiration", f'expiry-date="{http(found[0])}", rule-id="{quote(found[1])}"')]


def _abort_of(bucket: Bucket, upload: Upload, settings: Settings) -> tuple[int, str] | None:
    found: tuple[int, str] | None = None
    for rule in bucket.lifecycle:
        if rule.enabled and rule.abort_days is not None and upload.key.startswith(rule.prefix):
            at_ns = due_ns(upload.initiated_ns, rule.abort_days, settings.day_ns)
            if found is None or at_ns < found[0]:
                found = at_ns, rule.id
    return found


def abort_headers(bucket: Bucket, upload: Upload, settings: Settings) -> Headers:
    found = _abort_of(bucket, upload, settings)
    if found is None:
        return []
    return [("x-amz-abort-date", http(found[0])), ("x-amz-abort-rule-id", quote(found[1]))]


def sweep(store: Store, bucket: Bucket, settings: Settings, now_ns: int) -> list[tuple[str, str]]:
    """Carry out what is due: `(what was done, key)` for each thing done."""
    # Rules come due at midnight only, so a bucket is looked through once a day, however many uploads are open.
    new_day = now_ns // settings.day_ns != bucket.swept_ns // settings.day_ns
    if not new_day and settings.personality.upload_lifetime_ns is None:
        return []
    done = _sweep_uploads(store, bucket, settings, now_ns)
    if new_day:
        bucket.swept_ns = now_ns
        if bucket.lifecycle:
            done += _sweep_objects(store, bucket, settings, now_ns)
    return done


def _sweep_uploads(store: Store, bucket: Bucket, settings: Settings, now_ns: int) -> list[tuple[str, str]]:
    done = []
    lifetime_ns = settings.personality.upload_lifetime_ns
    for upload in list(bucket.uploads.values()):
        if upload.completion is not None:
            if upload.completion.at_ns + settings.completed_kept_ns <= now_ns:
                store.drop_upload(bucket, upload)
            continue
        due = _abort_of(bucket, upload, settings) if bucket.lifecycle else None
        aged = lifetime_ns is not None and upload.initiated_ns + lifetime_ns <= now_ns
        if aged or (due is not None and due[0] <= now_ns):
            store.drop_upload(bucket, upload)
            done.append(("upload-aborted", upload.key))
    return done


def _sweep_objects(store: Store, bucket: Bucket, settings: Settings, now_ns: int) -> list[tuple[str, str]]:
    done: list[tuple[str, str]] = []
    for key in list(bucket.keys):
        current = bucket.versions[key][0]
        if not current.marker:
            due = expiry_of(bucket, current, settings)
            if due is not None and due[0] <= now_ns:
                _expire(store, bucket, current, now_ns)
                done.append(("object-expired", key))
        if bucket.versioning:
            done += _sweep_noncurrent(store, bucket, key, settings, now_ns)
    return done


def _expire(store: Store, bucket: Bucket, version: Version, now_ns: int) -> None:
    """As a deletion without a version would: in a bucket with versions a marker is laid over it."""
    if not bucket.versioning:
        store.drop_version(bucket, version)
        return
    # The ids of such markers are drawn from the time, for no request brings chance along.
    new = NULL_VERSION if bucket.versioning == "Suspended" else names.timed_version_id(now_ns)
    store.add_version(
        bucket, Version(key=version.key, modified_ns=now_ns, owner=bucket.owner, version_id=new, marker=True)
    )


def _sweep_noncurrent(store: Store, bucket: Bucket, key: str, settings: Settings, now_ns: int) -> list[tuple[str, str]]:
    done = []
    versions = list(bucket.versions[key])
    for rule in bucket.lifecycle:
        if rule.noncurrent_days is not None:
            kept = rule.noncurrent_kept or 0
            for place in range(1 + kept, len(versions)):
                version = versions[place]
                # A version stops being current when the next one is made.
                since_ns = versions[place - 1].modified_ns
                if (
                    _about(rule, version)
                    and any(each is version for each in bucket.versions.get(key, ()))
                    and due_ns(since_ns, rule.noncurrent_days, settings.day_ns) <= now_ns
                ):
                    store.drop_version(bucket, version)
                    done.append(("version-expired", key))
        left = bucket.versions.get(key, [])
        alone = len(left) == 1 and left[0].marker
        if alone and (rule.expire_markers or rule.expire_days is not None) and _about(rule, left[0]):
            store.drop_version(bucket, left[0])
            done.append(("marker-expired", key))
            break
    return done


HANDLERS: Final[dict[str, Callable[[Call], Response]]] = {
    "GetBucketLifecycleConfiguration": get_bucket_lifecycle,
    "PutBucketLifecycleConfiguration": put_bucket_lifecycle,
    "DeleteBucketLifecycle": delete_bucket_lifecycle,
}
