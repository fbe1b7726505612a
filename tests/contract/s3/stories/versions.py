"""Versions: every body that was ever put, markers where one was deleted, and the way back."""

from tests.contract.s3.contract import Contract


async def life(told: Contract) -> None:
    """Two versions and a marker, each found by its id, listed from the newest, and removed for good."""
    s3, bucket = told.s3, told.bucket
    await told.put("old", b"from before")
    on = s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    await told.answers("switched on", on, "200")
    told.holds("is on", (await s3.get_bucket_versioning(Bucket=bucket)).get("Status"), "Enabled")
    one, two = await told.put("o", b"one"), await told.put("o", b"two")
    told.holds("each has an id", len({one["VersionId"], two["VersionId"]} - {"null"}), 2)
    told.holds("the newest", (await told.get("o"))["Body"], b"two")
    told.holds("the one before", (await told.get("o", VersionId=one["VersionId"]))["Body"], b"one")
    told.holds("from before", (await told.get("old", VersionId="null"))["Body"], b"from before")
    gone = await s3.delete_object(Bucket=bucket, Key="o")
    told.holds("a marker", gone.get("DeleteMarker"), True)
    await told.answers("deleted", told.get("o"), "404 NoSuchKey")
    await told.answers("the marker itself", told.get("o", VersionId=gone["VersionId"]), "405 MethodNotAllowed")
    listed = await s3.list_object_versions(Bucket=bucket)
    shown = [(item["Key"], item["VersionId"], item["IsLatest"]) for item in listed["Versions"]]
    wanted = [("o", two["VersionId"], False), ("o", one["VersionId"], False), ("old", "null", True)]
    told.holds("listed", shown, wanted)
    markers = [(item["Key"], item["VersionId"], item["IsLatest"]) for item in listed["DeleteMarkers"]]
    told.holds("markers", markers, [("o", gone["VersionId"], True)])
    told.holds(
        "listed plainly", [item["Key"] for item in (await s3.list_objects_v2(Bucket=bucket))["Contents"]], ["old"]
    )
    await s3.delete_object(Bucket=bucket, Key="o", VersionId=gone["VersionId"])
    told.holds("without the marker", (await told.get("o"))["Body"], b"two")
    await s3.delete_object(Bucket=bucket, Key="o", VersionId=two["VersionId"])
    told.holds("without the newest", (await told.get("o"))["Body"], b"one")
    await told.answers("an id nobody gave", told.get("o", VersionId="nonsense"), "400 InvalidArgument")


async def suspended(told: Contract) -> None:
    """No new versions, and what there is stays; the nameless one is replaced."""
    s3, bucket = told.s3, told.bucket
    await s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    kept = await told.put("o", b"kept")
    await s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})
    await told.put("o", b"nameless")
    await told.put("o", b"nameless too")
    told.holds("the newest", (await told.get("o"))["Body"], b"nameless too")
    told.holds("what was kept", (await told.get("o", VersionId=kept["VersionId"]))["Body"], b"kept")
    listed = (await s3.list_object_versions(Bucket=bucket))["Versions"]
    told.holds("two in all", [item["VersionId"] for item in listed], ["null", kept["VersionId"]])
    source = {"Bucket": bucket, "Key": "o", "VersionId": kept["VersionId"]}
    await s3.copy_object(Bucket=bucket, Key="back", CopySource=source)
    told.holds("copied from a version", (await told.get("back"))["Body"], b"kept")
    await told.answers("a bucket of versions is in use", s3.delete_bucket(Bucket=bucket), "409 BucketNotEmpty")


STORIES = (life, suspended)
