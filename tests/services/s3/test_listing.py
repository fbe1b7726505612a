"""Listings: every key once, in order, whatever the pages, the prefix and the delimiter; and strictly asked for."""

from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.services.s3.listing import page
from tests.support.s3_model import Server, code, text

KEYS = ["a", "a/b", "a/b/c", "a/c", "b", "b/", "c d", "c+d", "é", "\U0001f600", "￿"]

keys = st.lists(st.text(alphabet="ab/é\U0010ffff", min_size=1, max_size=6), unique=True, max_size=12).map(sorted)


def stocked(names: list[str], **options: Any) -> Server:
    server = Server(**options)
    client = server.client()
    client.create_bucket(Bucket="bkt")
    for name in names:
        client.put_object(Bucket="bkt", Key=name, Body=name.encode())
    return server


def by_hand(names: list[str], prefix: str, delimiter: str) -> list[tuple[str, bool]]:
    """What a listing comes to, worked out key by key."""
    found: list[tuple[str, bool]] = []
    for name in names:
        if not name.startswith(prefix):
            continue
        end = name.find(delimiter, len(prefix)) if delimiter else -1
        entry = (name, False) if end < 0 else (name[: end + len(delimiter)], True)
        if entry not in found:
            found.append(entry)
    return found


@given(keys, st.text(alphabet="ab/", max_size=3), st.sampled_from(["", "/", "b", "a/", "\U0010ffff"]))
def test_a_listing_rolls_up_what_lies_behind_a_delimiter(names: list[str], prefix: str, delimiter: str) -> None:
    found = page(names, prefix=prefix, delimiter=delimiter, after="", most=1000)

    assert (found.entries, found.truncated) == (by_hand(names, prefix, delimiter), False)


@pytest.mark.parametrize("begun", ["over", "shown"])
@given(
    names=keys,
    prefix=st.text(alphabet="ab/", max_size=3),
    delimiter=st.sampled_from(["", "/", "b", "a/", "\U0010ffff"]),
    most=st.integers(1, 4),
)
def test_pages_joined_make_the_whole_listing(
    names: list[str], prefix: str, delimiter: str, most: int, begun: Any
) -> None:
    entries: list[tuple[str, bool]] = []
    after, truncated = "", True
    while truncated:
        found = page(names, prefix=prefix, delimiter=delimiter, after=after, most=most, begun=begun)
        assert len(found.entries) <= most
        entries += found.entries
        after, truncated = found.last, found.truncated

    assert entries == by_hand(names, prefix, delimiter)


@pytest.mark.parametrize("size", [1, 2, 3, 1000])
@pytest.mark.parametrize(("prefix", "delimiter"), [("", ""), ("", "/"), ("a", "/"), ("a/", "/"), ("nope", "")])
@pytest.mark.parametrize("version", ["list_objects", "list_objects_v2"])
def test_a_client_pages_through_all_of_it(version: str, prefix: str, delimiter: str, size: int) -> None:
    pages = list(
        stocked(KEYS).client().get_paginator(version)
        .paginate(Bucket="bkt", Prefix=prefix, Delimiter=delimiter, PaginationConfig={"PageSize": size})
    )  # fmt: skip
    listed = [each["Key"] for page in pages for each in page.get("Contents", [])]
    rolled = [each["Prefix"] for page in pages for each in page.get("CommonPrefixes", [])]

    expected = by_hand(sorted(KEYS), prefix, delimiter)
    assert listed == [name for name, is_prefix in expected if not is_prefix]
    assert rolled == [name for name, is_prefix in expected if is_prefix]


@settings(max_examples=30)
@given(st.lists(st.text(min_size=1, max_size=5, alphabet=st.characters(codec="utf-8")), unique=True, max_size=6))
def test_any_key_can_be_listed_when_it_is_encoded(names: list[str]) -> None:
    server = stocked([])
    for name in names:
        server.ask("PUT", f"/bkt/{quote(name, safe='')}")
    listed = server.client().list_objects_v2(Bucket="bkt")

    assert [each["Key"] for each in listed.get("Contents", [])] == sorted(names)


def test_a_listing_shows_what_is_known_of_an_object() -> None:
    server = stocked(["a"])
    one = server.client().list_objects(Bucket="bkt")["Contents"][0]
    two = server.client().list_objects_v2(Bucket="bkt")["Contents"][0]
    owned = server.client().list_objects_v2(Bucket="bkt", FetchOwner=True)["Contents"][0]

    assert one["Owner"] == owned["Owner"] == {"DisplayName": "soundstage", "ID": server.s3.owner.id}
    assert "Owner" not in two
    assert (two["Size"], two["StorageClass"], two["ETag"]) == (1, "STANDARD", '"0cc175b9c0f1b6a831c399e269772661"')
    assert two["ChecksumAlgorithm"] == ["CRC32"]


def test_start_after_begins_behind_a_key_and_gives_way_to_a_token() -> None:
    client = stocked(["a", "b", "c", "d"]).client()
    first = client.list_objects_v2(Bucket="bkt", StartAfter="a", MaxKeys=1)
    second = client.list_objects_v2(Bucket="bkt", StartAfter="a", ContinuationToken=first["NextContinuationToken"])

    assert [each["Key"] for each in first["Contents"]] == ["b"]
    assert [each["Key"] for each in second["Contents"]] == ["c", "d"]
    assert (first["StartAfter"], first["KeyCount"], second["KeyCount"]) == ("a", 1, 2)
    assert second["ContinuationToken"] == first["NextContinuationToken"]


@pytest.mark.parametrize(
    ("query", "prefixes"),
    [
        ("marker=b/1", []),
        ("marker=b/", []),
        ("list-type=2&start-after=b/1", ["b/"]),
        ("list-type=2&start-after=b/", ["b/"]),
    ],
)
def test_a_marker_inside_a_prefix_is_past_it_and_a_start_inside_it_is_not(query: str, prefixes: list[str]) -> None:
    answer = text(stocked(["a", "b/1", "b/2"]).ask("GET", f"/bkt?delimiter=/&{query}")).decode()

    assert answer.count("<CommonPrefixes>") == len(prefixes)
    assert "<Contents>" not in answer


def test_the_next_marker_is_given_only_with_a_delimiter() -> None:
    client = stocked(KEYS).client()

    assert "NextMarker" not in client.list_objects(Bucket="bkt", MaxKeys=1)
    rolled = client.list_objects(Bucket="bkt", MaxKeys=2, Delimiter="/")
    assert (rolled["NextMarker"], rolled["IsTruncated"]) == ("a/", True)


def test_no_keys_asked_for_none_given() -> None:
    server = stocked(["a"])
    one = server.client().list_objects_v2(Bucket="bkt", MaxKeys=0)

    assert (one["KeyCount"], one["IsTruncated"], one["MaxKeys"]) == (0, False, 0)


def test_a_page_holds_at_most_a_thousand_keys() -> None:
    assert stocked([]).client().list_objects_v2(Bucket="bkt", MaxKeys=5000)["MaxKeys"] == 1000


@pytest.mark.parametrize(
    "query",
    [
        "max-keys=-1", "max-keys=x", "max-keys=99999999999", "encoding-type=base64", "list-type=2&max-keys=-1",
        "list-type=2&continuation-token=", "list-type=2&continuation-token=abc", "list-type=2&max-keys=2147483648",
        "versions&version-id-marker=x", "uploads&max-uploads=-1", "uploads&encoding-type=x",
    ],
)  # fmt: skip
def test_a_bad_question(query: str) -> None:
    answer = stocked([]).ask("GET", f"/bkt?{query}")

    assert (answer.status, code(answer)) == (400, "InvalidArgument")
    assert b"<ArgumentName>" in text(answer)


def test_the_elements_of_a_listing_come_in_the_order_aws_has_them() -> None:
    server = stocked(["a", "b/c"])
    one = text(server.ask("GET", "/bkt?delimiter=/&max-keys=1&encoding-type=url")).decode()
    two = text(server.ask("GET", "/bkt?list-type=2&delimiter=/&start-after=A")).decode()

    assert one.startswith(
        '<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
        "<Name>bkt</Name><Prefix></Prefix><Marker></Marker><NextMarker>a</NextMarker><MaxKeys>1</MaxKeys>"
        "<Delimiter>/</Delimiter><EncodingType>url</EncodingType><IsTruncated>true</IsTruncated><Contents><Key>a</Key>"
        "<LastModified>2027-01-15T08:00:00.000Z</LastModified><ETag>&quot;0cc175b9c0f1b6a831c399e269772661&quot;</ETag>"
    )
    assert "<Prefix></Prefix><StartAfter>A</StartAfter><KeyCount>2</KeyCount><MaxKeys>1000</MaxKeys>" in two
    assert two.endswith("</Contents><CommonPrefixes><Prefix>b/</Prefix></CommonPrefixes></ListBucketResult>")
