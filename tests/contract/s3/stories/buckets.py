"""Buckets: made, found, listed, refused by name, and removed when they are empty."""

from tests.contract.s3.contract import Contract, outcome, send


async def life(told: Contract) -> None:
    """Made, found, in use, empty, gone."""
    name = f"{told.bucket}-made"
    made = await told.s3.create_bucket(Bucket=name)
    told.holds("location", made["Location"], f"/{name}")
    await told.answers("found", told.s3.head_bucket(Bucket=name), "200")
    await told.answers("made again by its owner", told.s3.create_bucket(Bucket=name), "200")
    where = await told.s3.get_bucket_location(Bucket=name)
    told.holds("the first region has no name", where["LocationConstraint"], None)
    await told.s3.put_object(Bucket=name, Key="one", Body=b"1")
    await told.answers("removed while in use", told.s3.delete_bucket(Bucket=name), "409 BucketNotEmpty")
    await told.s3.delete_object(Bucket=name, Key="one")
    await told.answers("removed", told.s3.delete_bucket(Bucket=name), "204")
    await told.answers("removed again", told.s3.delete_bucket(Bucket=name), "404 NoSuchBucket")
    await told.answers("looked for", told.s3.head_bucket(Bucket=name), "404 404")
    await told.answers("listed when gone", told.s3.list_objects_v2(Bucket=name), "404 NoSuchBucket")
    await told.answers("written to when gone", told.s3.put_object(Bucket=name, Key="x"), "404 NoSuchBucket")
    upload = told.s3.create_multipart_upload(Bucket=name, Key="x")
    await told.answers("an upload when gone", upload, "404 NoSuchBucket")


async def listed(told: Contract) -> None:
    """One's buckets in the order of their names, with an owner."""
    mine = [f"{told.bucket}-{letter}" for letter in "bca"]
    for name in mine:
        await told.s3.create_bucket(Bucket=name)
    answer = await told.s3.list_buckets()
    names = [bucket["Name"] for bucket in answer["Buckets"]]
    told.holds("mine are there", [name for name in names if name in mine], sorted(mine))
    told.holds("in order", names == sorted(names), True)
    told.holds("with a date", all("CreationDate" in bucket for bucket in answer["Buckets"]), True)
    told.holds("with an owner", bool(answer["Owner"]["ID"]), True)


async def names(told: Contract) -> None:
    """What may be called a bucket, by the refusals."""
    for name in ("Capital", "under_score", "ab", "a" * 64, "dot..dot", "192.168.5.4", "-begins", "ends-"):
        act = told.s3.create_bucket(Bucket=name)
        await told.answers(f"{name[:12]!r}", act, "400 InvalidBucketName")
    await told.answers("63 letters", told.s3.create_bucket(Bucket="b" * 63), "200")
    await told.answers("a dot", told.s3.create_bucket(Bucket=f"{told.bucket}.dot"), "200")
    unlocked = told.s3.create_bucket(Bucket=f"{told.bucket}-free", ObjectLockEnabledForBucket=False)
    await told.answers("with no lock on its objects, as rclone says", unlocked, "200")


async def pages(told: Contract) -> None:
    """One's buckets, some at a time."""
    for letter in "abcde":
        await told.s3.create_bucket(Bucket=f"{told.bucket}-{letter}")
    paging = told.s3.get_paginator("list_buckets")
    found = [
        [bucket["Name"][-1] for bucket in page["Buckets"] if bucket["Name"].startswith(f"{told.bucket}-")]
        async for page in paging.paginate(Prefix=f"{told.bucket}-", PaginationConfig={"PageSize": 2})
    ]
    told.holds("by two", found, [["a", "b"], ["c", "d"], ["e"]])


async def by_host(told: Contract) -> None:
    """A bucket in the name of the host instead of the path."""
    await told.put("folder/o", b"body")
    port = told.server.url.rpartition(":")[2]
    signer = told.server.signer
    for name, path, wanted in (
        ("an object", "/folder/o", (200, b"body")),
        ("a listing", "/?list-type=2&prefix=none", (200, None)),
        ("another", "/none", (404, None)),
    ):
        _, headers, _ = signer.sign("GET", f"http://{told.bucket}.localhost:{port}{path}")
        answer = await send("GET", told.server.url + path, headers)
        told.holds(name, (answer.status, answer.body if wanted[1] else None), wanted)


async def settings(told: Contract) -> None:
    """What a bucket that was given none answers when it is asked for its settings."""
    s3, bucket = told.s3, told.bucket
    versioning = await s3.get_bucket_versioning(Bucket=bucket)
    told.holds("versioning", versioning.get("Status"), None)
    for name, act, wanted in (
        ("policy", s3.get_bucket_policy(Bucket=bucket), "404 NoSuchBucketPolicy"),
        ("rules of other origins", s3.get_bucket_cors(Bucket=bucket), "404 NoSuchCORSConfiguration"),
    ):
        told.holds(name, (await outcome(act)) in (wanted, "501 NotImplemented"), True)


STORIES = (life, listed, names, pages, by_host, settings)
