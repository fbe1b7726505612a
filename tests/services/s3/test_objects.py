"""Objects: what is put is what is got, with all it wears; parts of it, and what is refused."""

import hashlib
from typing import Any

import pytest

from tests.support.s3_model import Server, code, header, text

BODY = b"0123456789"


@pytest.fixture
def server() -> Server:
    server = Server()
    server.ask("PUT", "/bkt")
    server.ask("PUT", "/bkt/key", BODY, Content_Type="text/plain")
    return server


def test_what_is_put_is_what_is_got(server: Server) -> None:
    client = server.client()
    worn: dict[str, Any] = {
        "ContentType": "video/mp4",
        "CacheControl": "no-cache",
        "ContentDisposition": 'attachment; filename="a b"',
        "ContentEncoding": "gzip",
        "ContentLanguage": "de",
        "Metadata": {"camera": "lobby", "take": "2"},
        "StorageClass": "STANDARD_IA",
        "WebsiteRedirectLocation": "/elsewhere",
    }
    put = client.put_object(Bucket="bkt", Key="a/b c", Body=BODY, **worn)
    got = client.get_object(Bucket="bkt", Key="a/b c")

    assert got["Body"].read() == BODY
    assert {name: got[name] for name in worn} == worn
    assert got["ETag"] == put["ETag"] == f'"{hashlib.md5(BODY).hexdigest()}"'
    assert got["ContentLength"] == 10
    assert got["ServerSideEncryption"] == "AES256"
    head = client.head_object(Bucket="bkt", Key="a/b c")
    assert {name: head[name] for name in worn} == worn
    assert head["ContentLength"] == 10


def test_an_object_without_a_type_is_binary(server: Server) -> None:
    server.ask("PUT", "/bkt/plain", b"x")

    assert header(server.ask("GET", "/bkt/plain"), "Content-Type") == "binary/octet-stream"


def test_an_empty_object(server: Server) -> None:
    put = server.ask("PUT", "/bkt/empty")
    got = server.ask("GET", "/bkt/empty")

    assert header(put, "ETag") == '"d41d8cd98f00b204e9800998ecf8427e"'
    assert (got.status, text(got), got.length) == (200, b"", 0)


def test_an_encoding_is_kept_as_it_was_stated(server: Server) -> None:
    # A body that came in chunks of its own lost that word on the way here; this one only says so, as AWS lets it.
    server.ask("PUT", "/bkt/a", b"x", Content_Encoding="aws-chunked")
    server.ask("PUT", "/bkt/b", b"x", Content_Encoding="gzip")

    assert header(server.ask("HEAD", "/bkt/a"), "Content-Encoding") == "aws-chunked"
    assert header(server.ask("HEAD", "/bkt/b"), "Content-Encoding") == "gzip"


def test_a_head_has_the_length_and_no_body(server: Server) -> None:
    head = server.ask("HEAD", "/bkt/key")

    assert (head.status, head.length, text(head)) == (200, 10, b"")
    assert header(head, "Last-Modified") == "Fri, 15 Jan 2027 08:00:00 GMT"
    assert header(head, "Accept-Ranges") == "bytes"


def test_a_key_that_is_not_there(server: Server) -> None:
    answer = server.ask("GET", "/bkt/nope")

    assert (answer.status, code(answer)) == (404, "NoSuchKey")
    assert b"<Key>nope</Key>" in text(answer)
    head = server.ask("HEAD", "/bkt/nope")
    assert (head.status, text(head)) == (404, b"")


@pytest.mark.parametrize(
    ("asked", "status", "body", "content_range"),
    [
        ("bytes=0-3", 206, b"0123", "bytes 0-3/10"),
        ("bytes=3-3", 206, b"3", "bytes 3-3/10"),
        ("bytes=5-", 206, b"56789", "bytes 5-9/10"),
        ("bytes=5-99", 206, b"56789", "bytes 5-9/10"),
        ("bytes=-3", 206, b"789", "bytes 7-9/10"),
        ("bytes=-99", 206, BODY, "bytes 0-9/10"),
        ("bytes=0-9", 206, BODY, "bytes 0-9/10"),
        ("bytes=5-3", 200, BODY, None),
        ("bytes=x-y", 200, BODY, None),
        ("bytes=-", 200, BODY, None),
        ("bytes=0-1,3-4", 200, BODY, None),
        ("lines=0-1", 200, BODY, None),
    ],
)
def test_ranges(server: Server, asked: str, status: int, body: bytes, content_range: str | None) -> None:
    got = server.ask("GET", "/bkt/key", Range=asked)
    head = server.ask("HEAD", "/bkt/key", Range=asked)

    assert (got.status, text(got), header(got, "Content-Range")) == (status, body, content_range)
    assert (head.status, head.length, header(head, "Content-Range")) == (status, len(body), content_range)


@pytest.mark.parametrize("asked", ["bytes=10-", "bytes=10-20", "bytes=-0"])
def test_a_range_outside_the_object(server: Server, asked: str) -> None:
    answer = server.ask("GET", "/bkt/key", Range=asked)

    assert (answer.status, code(answer)) == (416, "InvalidRange")
    assert f"<RangeRequested>{asked}</RangeRequested><ActualObjectSize>10</ActualObjectSize>".encode() in text(answer)


def test_no_range_of_an_empty_object_can_be_satisfied(server: Server) -> None:
    server.ask("PUT", "/bkt/empty")

    assert server.ask("GET", "/bkt/empty", Range="bytes=0-").status == 416


def test_answers_can_be_dressed_otherwise(server: Server) -> None:
    got = server.ask("GET", "/bkt/key?response-content-type=a%2Fb&response-cache-control=x&response-expires=never")

    assert [header(got, name) for name in ("Content-Type", "Cache-Control", "Expires")] == ["a/b", "x", "never"]
    server.who = None
    server.s3.store.buckets["bkt"].acl = ()
    assert server.ask("GET", "/bkt/key?response-content-type=a%2Fb").status == 403


@pytest.mark.parametrize(("number", "status", "expected"), [("1", 206, ""), ("2", 416, "InvalidPartNumber")])
def test_an_object_put_at_once_is_its_only_part(server: Server, number: str, status: int, expected: str) -> None:
    got = server.ask("GET", f"/bkt/key?partNumber={number}")

    assert (got.status, code(got)) == (status, expected)


@pytest.mark.parametrize("number", ["0", "10001", "x", "-1", "1.5", ""])
def test_a_part_number_that_cannot_be(server: Server, number: str) -> None:
    answer = server.ask("GET", f"/bkt/key?partNumber={number}")

    assert (answer.status, code(answer)) == (400, "InvalidArgument")


def test_a_part_and_a_range_exclude_each_other(server: Server) -> None:
    assert code(server.ask("GET", "/bkt/key?partNumber=1", Range="bytes=0-1")) == "InvalidRequest"


@pytest.mark.parametrize(
    ("headers", "status", "expected"),
    [
        ({"Content_MD5": "eB5eJF1ptWaXm4bijSPyxw=="}, 200, ""),
        ({"Content_MD5": "AAAAAAAAAAAAAAAAAAAAAA=="}, 400, "BadDigest"),
        ({"Content_MD5": "short"}, 400, "InvalidDigest"),
        ({"Content_MD5": ""}, 400, "InvalidDigest"),
        ({"x_amz_storage_class": "COLD"}, 400, "InvalidStorageClass"),
        ({"x_amz_server_side_encryption": "AES256"}, 200, ""),
        ({"x_amz_server_side_encryption": "aws:kms"}, 501, "NotImplemented"),
        ({"x_amz_server_side_encryption": "ROT13"}, 400, "InvalidArgument"),
        ({"x_amz_website_redirect_location": "nowhere"}, 400, "InvalidRedirectLocation"),
        ({"x_amz_acl": "anybody"}, 400, "InvalidArgument"),
        ({"x_amz_meta_a": "b" * 2047}, 200, ""),
        ({"x_amz_meta_a": "b" * 2048}, 400, "MetadataTooLarge"),
        ({"x_amz_tagging": "a=1&b=2"}, 200, ""),
        ({"x_amz_tagging": "a=1&a=2"}, 400, "InvalidArgument"),
        ({"x_amz_tagging": "=1"}, 400, "InvalidArgument"),
        ({"x_amz_tagging": "aws:x=1"}, 400, "InvalidTag"),
        ({"x_amz_tagging": "k" * 129 + "=1"}, 400, "InvalidTag"),
        ({"x_amz_tagging": "&".join(f"k{n}=1" for n in range(11))}, 400, "BadRequest"),
        ({"x_amz_checksum_algorithm": "CRC99"}, 400, "InvalidRequest"),
    ],
)
def test_what_an_object_may_wear(server: Server, headers: dict[str, str], status: int, expected: str) -> None:
    answer = server.ask("PUT", "/bkt/new", BODY, **headers)

    assert (answer.status, code(answer)) == (status, expected)
    assert server.ask("HEAD", "/bkt/new").status == (200 if status == 200 else 404)


def test_a_key_has_at_most_1024_bytes(server: Server) -> None:
    assert server.ask("PUT", "/bkt/" + "k" * 1024).status == 200
    assert code(server.ask("PUT", "/bkt/" + "k" * 1025)) == "KeyTooLongError"
    assert code(server.ask("PUT", "/bkt/" + "%C3%A9" * 513)) == "KeyTooLongError"


def test_an_object_has_a_largest_size() -> None:
    server = Server(put_bytes_max=10)
    server.ask("PUT", "/bkt")

    answer = server.ask("PUT", "/bkt/key", b"x" * 11)

    assert (answer.status, code(answer)) == (400, "EntityTooLarge")
    assert b"<ProposedSize>11</ProposedSize><MaxSizeAllowed>10</MaxSizeAllowed>" in text(answer)


def test_an_archived_object_cannot_be_read(server: Server) -> None:
    server.ask("PUT", "/bkt/cold", BODY, x_amz_storage_class="GLACIER")

    answer = server.ask("GET", "/bkt/cold")
    assert (answer.status, code(answer)) == (403, "InvalidObjectState")
    assert b"<StorageClass>GLACIER</StorageClass>" in text(answer)
    assert header(server.ask("HEAD", "/bkt/cold"), "x-amz-storage-class") == "GLACIER"
    assert code(server.ask("PUT", "/bkt/copy", x_amz_copy_source="/bkt/cold")) == "ObjectNotInActiveTierError"


def test_an_object_that_is_deleted_is_gone_and_can_be_deleted_again(server: Server) -> None:
    assert server.ask("DELETE", "/bkt/key").status == 204
    assert server.ask("GET", "/bkt/key").status == 404
    assert server.ask("DELETE", "/bkt/key").status == 204


def test_tags_are_put_counted_and_deleted(server: Server) -> None:
    client = server.client()
    tags = [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": ""}]
    client.put_object_tagging(Bucket="bkt", Key="key", Tagging={"TagSet": tags})

    assert client.get_object_tagging(Bucket="bkt", Key="key")["TagSet"] == tags
    assert client.get_object(Bucket="bkt", Key="key")["TagCount"] == 2
    client.delete_object_tagging(Bucket="bkt", Key="key")
    assert client.get_object_tagging(Bucket="bkt", Key="key")["TagSet"] == []
    assert code(server.ask("GET", "/bkt/nope?tagging")) == "NoSuchKey"
    assert code(server.ask("PUT", "/bkt/key?tagging", b"<Tagging/>")) == "MalformedXML"
    double = b"<Tagging><TagSet>" + b"<Tag><Key>a</Key><Value>1</Value></Tag>" * 2 + b"</TagSet></Tagging>"
    assert code(server.ask("PUT", "/bkt/key?tagging", double)) == "InvalidTag"
