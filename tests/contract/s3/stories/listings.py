"""Listings: both versions, in the order of bytes, by prefix and folder, in pages that neither lose nor repeat."""

import asyncio

from tests.contract.s3.contract import Contract

_KEYS = ["B", "a", "b/1", "b/2", "b/c/3", "b0", "d/1", "e", "ü &+%"]


async def _filled(told: Contract) -> None:
    await asyncio.gather(*(told.put(key, key.encode()) for key in _KEYS))


async def second_version(told: Contract) -> None:
    """ListObjectsV2: prefix, folders, start, sizes, counts."""
    await _filled(told)
    listed = await told.s3.list_objects_v2(Bucket=told.bucket)
    told.holds("in order", [item["Key"] for item in listed["Contents"]], _KEYS)
    told.holds("sizes", [item["Size"] for item in listed["Contents"]], [len(key.encode()) for key in _KEYS])
    told.holds("counts", [listed["KeyCount"], listed["IsTruncated"], listed["MaxKeys"]], [9, False, 1000])
    told.holds("no owner", "Owner" in listed["Contents"][0], False)
    listed = await told.s3.list_objects_v2(Bucket=told.bucket, FetchOwner=True)
    told.holds("an owner when asked", bool(listed["Contents"][0].get("Owner", {}).get("ID")), True)
    for name, options, keys, folders in (
        ("folders", {"Delimiter": "/"}, ["B", "a", "b0", "e", "ü &+%"], ["b/", "d/"]),
        ("a prefix", {"Prefix": "b"}, ["b/1", "b/2", "b/c/3", "b0"], []),
        ("a folder", {"Prefix": "b/", "Delimiter": "/"}, ["b/1", "b/2"], ["b/c/"]),
        ("after", {"StartAfter": "b/c/3"}, ["b0", "d/1", "e", "ü &+%"], []),
        ("after, in folders", {"StartAfter": "a", "Delimiter": "/"}, ["b0", "e", "ü &+%"], ["b/", "d/"]),
        ("another delimiter", {"Delimiter": "c"}, ["B", "a", "b/1", "b/2", "b0", "d/1", "e", "ü &+%"], ["b/c"]),
        ("nothing such", {"Prefix": "zz"}, [], []),
        ("none at all", {"MaxKeys": 0}, [], []),
    ):
        listed = await told.s3.list_objects_v2(Bucket=told.bucket, **options)
        shown = [[item["Key"] for item in listed.get("Contents", [])]]
        shown.append([item["Prefix"] for item in listed.get("CommonPrefixes", [])])
        told.holds(name, shown, [keys, folders])


async def pages(told: Contract) -> None:
    """Whatever the size of a page, together they are the whole, once; a folder counts as one."""
    await _filled(told)
    for size in (1, 2, 4, 9, 10):
        paging = told.s3.get_paginator("list_objects_v2").paginate(
            Bucket=told.bucket, Delimiter="/", PaginationConfig={"PageSize": size}
        )
        found = [page async for page in paging]
        keys = [item["Key"] for page in found for item in page.get("Contents", [])]
        folders = [item["Prefix"] for page in found for item in page.get("CommonPrefixes", [])]
        told.holds(f"by {size}", [keys, folders], [["B", "a", "b0", "e", "ü &+%"], ["b/", "d/"]])
        told.holds(f"pages of {size}", len(found), -(-7 // size))
    first = await told.s3.list_objects_v2(Bucket=told.bucket, MaxKeys=2)
    told.holds(
        "a page says that there is more", [first["IsTruncated"], bool(first["NextContinuationToken"])], [True, True]
    )
    bad = told.s3.list_objects_v2(Bucket=told.bucket, ContinuationToken="nonsense")
    await told.answers("a token of somebody else", bad, "400 InvalidArgument")


async def first_version(told: Contract) -> None:
    """ListObjects: markers."""
    await _filled(told)
    listed = await told.s3.list_objects(Bucket=told.bucket, Marker="b/2", MaxKeys=2)
    shown = [[item["Key"] for item in listed["Contents"]], listed["IsTruncated"], listed.get("NextMarker")]
    told.holds("after a marker", shown, [["b/c/3", "b0"], True, None])
    listed = await told.s3.list_objects(Bucket=told.bucket, Delimiter="/", MaxKeys=3)
    shown = [[item["Key"] for item in listed["Contents"]], [item["Prefix"] for item in listed["CommonPrefixes"]]]
    told.holds("a page of folders", [*shown, listed["NextMarker"]], [["B", "a"], ["b/"], "b/"])
    listed = await told.s3.list_objects(Bucket=told.bucket, Delimiter="/", Marker=listed["NextMarker"])
    shown = [[item["Key"] for item in listed["Contents"]], [item["Prefix"] for item in listed["CommonPrefixes"]]]
    told.holds("the next page of folders", shown, [["b0", "e", "ü &+%"], ["d/"]])
    told.holds("an owner", bool(listed["Contents"][0]["Owner"]["ID"]), True)


async def refusals(told: Contract) -> None:
    """Questions that make no sense."""
    for name, query, wanted in (
        ("a size that is no number", "max-keys=many", "400 InvalidArgument"),
        ("a size below zero", "max-keys=-1", "400 InvalidArgument"),
        ("a size beyond numbers", "max-keys=99999999999999999999", "400 InvalidArgument"),
        ("an encoding nobody knows", "encoding-type=base64", "400 InvalidArgument"),
        ("a size beyond the greatest", "max-keys=5000", "200"),
    ):
        answer = await told.ask("GET", f"{told.path()}?list-type=2&{query}")
        told.holds(name, answer.told, wanted)
    await told.put("a\x01b")
    raw = await told.ask("GET", f"{told.path()}?list-type=2&encoding-type=url")
    told.holds("what XML cannot say is escaped", b"<Key>a%01b</Key>" in raw.body, True)


STORIES = (second_version, pages, first_version, refusals)
