"""Multipart uploads: parts in any number and order make the object, and everything else is refused as AWS does."""

import hashlib
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.services.rope import Rope
from tests.support.s3_model import SECOND_NS, Server, code, header, text

MIN = 5


@pytest.fixture
def server() -> Server:
    server = Server(part_bytes_min=MIN)
    server.ask("PUT", "/bkt")
    return server


def begin(server: Server, key: str = "key", **headers: str) -> str:
    answer = server.ask("POST", f"/bkt/{key}?uploads", **headers)
    return text(answer).partition(b"<UploadId>")[2].partition(b"<")[0].decode()


def send(server: Server, upload_id: str, number: int | str, body: bytes | Rope, key: str = "key") -> str:
    answer = server.ask("PUT", f"/bkt/{key}?uploadId={upload_id}&partNumber={number}", body)
    return header(answer, "ETag") or code(answer)


def document(parts: list[tuple[Any, str]]) -> bytes:
    rows = "".join(f"<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>" for number, etag in parts)
    space = "http://s3.amazonaws.com/doc/2006-03-01/"
    return f'<CompleteMultipartUpload xmlns="{space}">{rows}</CompleteMultipartUpload>'.encode()


def complete(server: Server, upload_id: str, parts: list[tuple[Any, str]], key: str = "key", **headers: str) -> Any:
    return server.ask("POST", f"/bkt/{key}?uploadId={upload_id}", document(parts), **headers)


@settings(max_examples=40)
@given(st.binary(max_size=60), st.lists(st.integers(0, 60), max_size=5), st.randoms())
def test_any_split_of_a_text_makes_the_text_again(body: bytes, cuts: list[int], order: Any) -> None:
    server = Server(part_bytes_min=0)
    server.ask("PUT", "/bkt")
    places = [0, *sorted({min(cut, len(body)) for cut in cuts}), len(body)]
    pieces = [body[start:stop] for start, stop in pairwise(places)]
    upload_id = begin(server)
    numbered = list(enumerate(pieces, 1))
    order.shuffle(numbered)
    etags = {number: send(server, upload_id, number * 7, piece) for number, piece in numbered}

    answer = complete(server, upload_id, [(number * 7, etags[number]) for number in sorted(etags)])

    md5s = b"".join(hashlib.md5(piece).digest() for piece in pieces)
    assert answer.status == 200
    got = server.ask("GET", "/bkt/key")
    assert text(got) == body
    assert header(got, "ETag") == f'"{hashlib.md5(md5s).hexdigest()}-{len(pieces)}"'


def test_a_client_uploads_in_parts(server: Server) -> None:
    client = server.client()
    begun = client.create_multipart_upload(
        Bucket="bkt", Key="key", Metadata={"a": "b"}, Tagging="c=d", ContentType="x/y"
    )
    parts = []
    for number, body in enumerate([b"aaaaa", b"bbbbb", b"c"], 1):
        etag = client.upload_part(Bucket="bkt", Key="key", UploadId=begun["UploadId"], PartNumber=number, Body=body)[
            "ETag"
        ]
        parts.append({"PartNumber": number, "ETag": etag})
    assert "Contents" not in client.list_objects_v2(Bucket="bkt")

    done = client.complete_multipart_upload(
        Bucket="bkt", Key="key", UploadId=begun["UploadId"], MultipartUpload={"Parts": parts}, MpuObjectSize=11
    )
    got = client.get_object(Bucket="bkt", Key="key")

    assert (done["Bucket"], done["Key"], done["ETag"]) == ("bkt", "key", got["ETag"])
    assert got["Body"].read() == b"aaaaabbbbbc"
    assert (got["Metadata"], got["TagCount"], got["ContentType"]) == ({"a": "b"}, 1, "x/y")
    second = client.get_object(Bucket="bkt", Key="key", PartNumber=2)
    assert (second["Body"].read(), second["PartsCount"], second["ContentRange"]) == (b"bbbbb", 3, "bytes 5-9/11")
    assert code(server.ask("GET", "/bkt/key?partNumber=4")) == "InvalidPartNumber"


def test_a_part_sent_again_takes_the_place_of_the_first(server: Server) -> None:
    upload_id = begin(server)
    first = send(server, upload_id, 1, b"first")
    second = send(server, upload_id, 1, b"second")

    refused = complete(server, upload_id, [(1, first)])
    assert (refused.status, code(refused)) == (400, "InvalidPart")
    assert complete(server, upload_id, [(1, second)]).status == 200
    assert text(server.ask("GET", "/bkt/key")) == b"second"


def test_only_what_is_listed_becomes_the_object(server: Server) -> None:
    upload_id = begin(server)
    etags = [send(server, upload_id, number, bytes([96 + number]) * 6) for number in (1, 2, 3)]

    complete(server, upload_id, [(1, etags[0]), (3, etags[2])])

    assert text(server.ask("GET", "/bkt/key")) == b"aaaaaacccccc"
    assert text(server.ask("GET", "/bkt/key?partNumber=2")) == b"cccccc"
    assert code(server.ask("GET", "/bkt/key?partNumber=3")) == "InvalidPartNumber"


def test_a_refused_completion_says_why_and_leaves_the_upload_as_it_was(server: Server) -> None:
    upload_id = begin(server)
    one, two, short = (send(server, upload_id, n, body) for n, body in [(1, b"aaaaa"), (2, b"bbbbb"), (3, b"c")])
    cases: list[tuple[list[tuple[Any, str]], str]] = [
        ([(2, two), (1, one)], "InvalidPartOrder"),
        ([(1, one), (1, one)], "InvalidPartOrder"),
        ([(1, one), (9, one)], "InvalidPart"),
        ([(1, two)], "InvalidPart"),
        ([(1, "")], "InvalidPart"),
        ([(1, one), (3, short), (4, one)], "InvalidPart"),
        ([], "MalformedXML"),
        ([("x", one)], "MalformedXML"),
        ([("-1", one)], "MalformedXML"),
        ([(1, one)] * 10_001, "MalformedXML"),
    ]
    for parts, expected in cases:
        answer = complete(server, upload_id, parts)
        assert (answer.status, code(answer)) == (400, expected), parts[:3]

    send(server, upload_id, 4, b"ddddd")
    small = complete(server, upload_id, [(1, one), (3, short), (4, hashlib.md5(b"ddddd").hexdigest())])
    assert (small.status, code(small)) == (400, "EntityTooSmall")
    assert b"<ProposedSize>1</ProposedSize><MinSizeAllowed>5</MinSizeAllowed><PartNumber>3</PartNumber>" in text(small)
    assert server.ask("HEAD", "/bkt/key").status == 404
    assert complete(server, upload_id, [(1, one), (2, two), (3, short)]).status == 200


@pytest.mark.parametrize(
    "body",
    [
        b"no xml", b"<CompleteMultipartUpload>", b"<Other/>",
        b"<CompleteMultipartUpload><Part/></CompleteMultipartUpload>",
        b"<CompleteMultipartUpload><Part><PartNumber>1</PartNumber></Part></CompleteMultipartUpload>",
        b"<CompleteMultipartUpload><Part><ETag>a</ETag></Part></CompleteMultipartUpload>",
        b"<CompleteMultipartUpload><Extra/></CompleteMultipartUpload>",
        b'<CompleteMultipartUpload xmlns="urn:other"/>',
        b'<!DOCTYPE a [<!ENTITY b "c">]><CompleteMultipartUpload/>',
    ],
)  # fmt: skip
def test_a_list_of_parts_that_is_none(server: Server, body: bytes) -> None:
    answer = server.ask("POST", f"/bkt/key?uploadId={begin(server)}", body)

    assert (answer.status, code(answer)) == (400, "MalformedXML")


def test_the_stated_size_must_be_the_size(server: Server) -> None:
    upload_id = begin(server)
    etag = send(server, upload_id, 1, b"aaaaa")

    assert code(complete(server, upload_id, [(1, etag)], x_amz_mp_object_size="6")) == "InvalidRequest"
    assert code(complete(server, upload_id, [(1, etag)], x_amz_mp_object_size="-1")) == "InvalidRequest"
    assert complete(server, upload_id, [(1, etag)], x_amz_mp_object_size="5").status == 200


def test_an_upload_nobody_knows(server: Server) -> None:
    other = begin(server, "other")
    for upload_id in ("nope", other):
        target = f"/bkt/key?uploadId={upload_id}"
        answers = [
            server.ask("PUT", target + "&partNumber=1", b"x"),
            server.ask("GET", target),
            server.ask("DELETE", target),
            complete(server, upload_id, [(1, "x")]),
        ]
        assert [(answer.status, code(answer)) for answer in answers] == [(404, "NoSuchUpload")] * 4


def test_a_second_completion_is_answered_again_until_the_object_is_gone(server: Server) -> None:
    upload_id = begin(server)
    parts = [(1, send(server, upload_id, 1, b"aaaaa"))]
    first = complete(server, upload_id, parts)
    again = complete(server, upload_id, parts)

    assert (first.status, text(first)) == (again.status, text(again))
    assert code(complete(server, upload_id, [(2, "x")])) == "NoSuchUpload"
    server.ask("PUT", "/bkt/key", b"another")
    assert code(complete(server, upload_id, parts)) == "NoSuchUpload"


def test_after_a_day_nobody_remembers_a_finished_upload(server: Server) -> None:
    upload_id = begin(server)
    parts = [(1, send(server, upload_id, 1, b"aaaaa"))]
    complete(server, upload_id, parts)
    server.now_ns += server.s3.settings.completed_kept_ns

    assert code(complete(server, upload_id, parts)) == "NoSuchUpload"
    assert server.s3.store.buckets["bkt"].uploads == {}


def test_a_finished_upload_takes_no_part_no_abort_and_no_listing(server: Server) -> None:
    upload_id = begin(server)
    complete(server, upload_id, [(1, send(server, upload_id, 1, b"aaaaa"))])
    target = f"/bkt/key?uploadId={upload_id}"

    assert send(server, upload_id, 2, b"late") == "NoSuchUpload"
    assert code(server.ask("DELETE", target)) == "NoSuchUpload"
    assert code(server.ask("GET", target)) == "NoSuchUpload"
    assert text(server.ask("GET", "/bkt/key")) == b"aaaaa"


def test_an_aborted_upload_is_gone(server: Server) -> None:
    upload_id = begin(server)
    send(server, upload_id, 1, b"aaaaa")

    assert server.ask("DELETE", f"/bkt/key?uploadId={upload_id}").status == 204
    assert code(server.ask("DELETE", f"/bkt/key?uploadId={upload_id}")) == "NoSuchUpload"
    assert send(server, upload_id, 2, b"x") == "NoSuchUpload"


@pytest.mark.parametrize("number", ["0", "10001", "-1", "x", ""])
def test_parts_are_numbered_from_one_to_ten_thousand(server: Server, number: str) -> None:
    answer = server.ask("PUT", f"/bkt/key?uploadId={begin(server)}&partNumber={number}", b"x")

    assert (answer.status, code(answer)) == (400, "InvalidArgument")
    assert b"Part number must be an integer between 1 and 10000, inclusive" in text(answer)


def test_a_part_number_without_an_upload_is_refused(server: Server) -> None:
    assert code(server.ask("PUT", "/bkt/key?partNumber=1", b"x")) == "InvalidArgument"
    assert code(server.ask("PUT", f"/bkt/key?uploadId={begin(server)}", b"x")) == "InvalidArgument"


def test_ten_thousand_parts_make_an_object_and_a_listing_of_ten_pages() -> None:
    server = Server(part_bytes_min=1)
    server.ask("PUT", "/bkt")
    upload_id = begin(server)
    etags = [(number, send(server, upload_id, number, b"x")) for number in range(1, 10_001)]
    pages = list(server.client().get_paginator("list_parts").paginate(Bucket="bkt", Key="key", UploadId=upload_id))

    assert [len(page["Parts"]) for page in pages] == [1000] * 10
    assert pages[0]["NextPartNumberMarker"] == 1000
    done = complete(server, upload_id, etags)
    assert done.status == 200
    assert b"-10000&quot;</ETag>" in text(done)
    assert server.ask("HEAD", "/bkt/key").length == 10_000


def test_a_list_of_parts_is_by_number_and_paged(server: Server) -> None:
    upload_id = begin(server)
    for number in (30, 2, 11):
        send(server, upload_id, number, b"x" * number)
    client = server.client()
    first = client.list_parts(Bucket="bkt", Key="key", UploadId=upload_id, MaxParts=2)
    second = client.list_parts(
        Bucket="bkt", Key="key", UploadId=upload_id, PartNumberMarker=first["NextPartNumberMarker"]
    )

    assert [(part["PartNumber"], part["Size"]) for part in first["Parts"]] == [(2, 2), (11, 11)]
    assert (first["IsTruncated"], first["NextPartNumberMarker"], second["IsTruncated"]) == (True, 11, False)
    assert [part["PartNumber"] for part in second["Parts"]] == [30]
    assert client.list_parts(Bucket="bkt", Key="key", UploadId=upload_id, MaxParts=0)["IsTruncated"] is False


@pytest.mark.parametrize("query", ["max-parts=-1", "max-parts=x", "part-number-marker=x", "part-number-marker=-1"])
def test_a_bad_question_about_parts(server: Server, query: str) -> None:
    assert code(server.ask("GET", f"/bkt/key?uploadId={begin(server)}&{query}")) == "InvalidArgument"


def test_uploads_of_one_instant_are_each_on_one_page(server: Server) -> None:
    begun = {begin(server) for _ in range(8)}
    client = server.client()

    pages = client.get_paginator("list_multipart_uploads").paginate(Bucket="bkt", PaginationConfig={"PageSize": 1})

    assert sorted(each["UploadId"] for page in pages for each in page["Uploads"]) == sorted(begun)


def test_a_marker_outside_of_what_is_listed_adds_nothing_to_it(server: Server) -> None:
    first = min(begin(server, "a/1"), begin(server, "a/1"))
    asked = {"Bucket": "bkt", "KeyMarker": "a/1", "UploadIdMarker": first}
    client = server.client()

    assert len(client.list_multipart_uploads(**asked)["Uploads"]) == 1
    assert "Uploads" not in client.list_multipart_uploads(**asked, Prefix="b")
    assert "Uploads" not in client.list_multipart_uploads(**asked, Delimiter="/")


def test_uploads_are_listed_by_key_and_then_by_age_in_pages(server: Server) -> None:
    ids = []
    for key in ("b", "a/1", "a/2", "b", "c"):
        ids.append((key, begin(server, key)))
        server.now_ns += SECOND_NS
    client = server.client()
    whole = [(each["Key"], each["UploadId"]) for each in client.list_multipart_uploads(Bucket="bkt")["Uploads"]]
    pages = client.get_paginator("list_multipart_uploads").paginate(Bucket="bkt", PaginationConfig={"PageSize": 1})

    assert whole == sorted(ids, key=lambda each: each[0])
    assert [(each["Key"], each["UploadId"]) for page in pages for each in page["Uploads"]] == whole
    rolled = client.list_multipart_uploads(Bucket="bkt", Delimiter="/")
    assert [each["Prefix"] for each in rolled["CommonPrefixes"]] == ["a/"]
    assert [each["Key"] for each in rolled["Uploads"]] == ["b", "b", "c"]
    assert [each["Key"] for each in client.list_multipart_uploads(Bucket="bkt", Prefix="a/")["Uploads"]] == [
        "a/1",
        "a/2",
    ]


def test_a_part_has_a_largest_size_and_a_digest_to_keep() -> None:
    server = Server(part_bytes_max=10)
    server.ask("PUT", "/bkt")
    upload_id = begin(server)
    target = f"/bkt/key?uploadId={upload_id}&partNumber=1"

    assert code(server.ask("PUT", target, b"x" * 11)) == "EntityTooLarge"
    assert code(server.ask("PUT", target, b"x", Content_MD5="AAAAAAAAAAAAAAAAAAAAAA==")) == "BadDigest"
    assert code(server.ask("PUT", target, b"x", Content_MD5="AAAA")) == "InvalidDigest"


def test_a_film_of_five_gibibytes_costs_its_blocks_only() -> None:
    server = Server()
    server.ask("PUT", "/bkt")
    upload_id = begin(server)
    part = Rope.repeat(bytes(4096), 512 << 20)
    etags = [(number, send(server, upload_id, number, part)) for number in range(1, 11)]

    assert complete(server, upload_id, etags).status == 200
    version = server.s3.store.buckets["bkt"].current("key")
    assert version is not None
    assert (version.size, version.body.stored) == (5 << 30, 4096)
    got = server.ask("GET", "/bkt/key", Range=f"bytes={(5 << 30) - 3}-")
    assert text(got) == b"\0\0\0"


def test_a_multipart_object_bears_the_date_its_upload_began(server: Server) -> None:
    began = header(server.ask("HEAD", "/bkt"), "Date")
    upload_id = begin(server)
    server.now_ns += 60 * SECOND_NS
    complete(server, upload_id, [(1, send(server, upload_id, 1, b"aaaaa"))])

    assert header(server.ask("HEAD", "/bkt/key"), "Last-Modified") == began
