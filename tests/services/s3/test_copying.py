"""Copies: the bytes are shared, what an object wears is taken over or replaced, and the source must be right."""

from typing import Any

import pytest

from tests.support.s3_model import OTHER, Server, code, header, text

BODY = b"0123456789"


@pytest.fixture
def server() -> Server:
    server = Server(part_bytes_min=1)
    server.ask("PUT", "/bkt")
    server.ask("PUT", "/bkt/a b+c", BODY, Content_Type="text/plain", x_amz_meta_x="1", x_amz_tagging="t=1")
    return server


SOURCE = "/bkt/a%20b%2Bc"


@pytest.mark.parametrize("source", [SOURCE, "bkt/a%20b%2Bc", "/bkt/a b%2Bc", "bkt%2Fa%20b%2Bc"])
def test_a_copy_shares_its_bytes_and_takes_over_what_the_source_wears(server: Server, source: str) -> None:
    answer = server.ask("PUT", "/bkt/copy", x_amz_copy_source=source)
    got = server.ask("GET", "/bkt/copy")
    versions = server.s3.store.buckets["bkt"].versions

    assert answer.status == 200
    assert b"<CopyObjectResult xmlns=" in text(answer)
    assert (text(got), header(got, "Content-Type"), header(got, "x-amz-meta-x")) == (BODY, "text/plain", "1")
    assert header(got, "x-amz-tagging-count") == "1"
    assert versions["copy"][0].body is versions["a b+c"][0].body


def test_a_copy_may_be_dressed_anew(server: Server) -> None:
    headers = {"x_amz_metadata_directive": "REPLACE", "x_amz_tagging_directive": "REPLACE", "x_amz_tagging": "u=2&v=3"}
    server.ask("PUT", "/bkt/copy", x_amz_copy_source=SOURCE, Content_Type="a/b", x_amz_meta_y="2", **headers)
    got = server.ask("GET", "/bkt/copy")

    assert (header(got, "Content-Type"), header(got, "x-amz-meta-x"), header(got, "x-amz-meta-y")) == ("a/b", None, "2")
    assert header(got, "x-amz-tagging-count") == "2"


def test_a_copy_to_itself_must_change_something(server: Server) -> None:
    at = "/bkt/a%20b%2Bc"
    refused = server.ask("PUT", at, x_amz_copy_source=SOURCE)

    assert (refused.status, code(refused)) == (400, "InvalidRequest")
    assert b"trying to copy an object to itself without changing" in text(refused)
    assert server.ask("PUT", at, x_amz_copy_source=SOURCE, x_amz_metadata_directive="REPLACE").status == 200
    assert server.ask("PUT", at, x_amz_copy_source=SOURCE, x_amz_storage_class="STANDARD_IA").status == 200


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"x_amz_copy_source": "nothing"}, "InvalidArgument"),
        ({"x_amz_copy_source": "/bkt/"}, "InvalidArgument"),
        ({"x_amz_copy_source": "%ff/a"}, "InvalidArgument"),
        ({"x_amz_copy_source": "/nope/key"}, "NoSuchBucket"),
        ({"x_amz_copy_source": "/bkt/nope"}, "NoSuchKey"),
        ({"x_amz_copy_source": SOURCE + "?versionId=bad"}, "InvalidArgument"),
        ({"x_amz_copy_source": SOURCE + "?versionId=" + "a" * 32}, "NoSuchVersion"),
        ({"x_amz_copy_source": SOURCE + "?versionId=null"}, ""),
        ({"x_amz_copy_source": SOURCE, "x_amz_metadata_directive": "MIX"}, "InvalidArgument"),
        ({"x_amz_copy_source": SOURCE, "x_amz_tagging_directive": "MIX"}, "InvalidArgument"),
        ({"x_amz_copy_source": SOURCE, "x_amz_source_expected_bucket_owner": "9" * 12}, "AccessDenied"),
        ({"x_amz_copy_source": SOURCE, "x_amz_copy_source_server_side_encryption_customer_key": "x"}, "NotImplemented"),
    ],
)
def test_a_source_must_be_right(server: Server, headers: dict[str, str], expected: str) -> None:
    assert code(server.ask("PUT", "/bkt/copy", **headers)) == expected


def test_a_private_source_cannot_be_copied_by_others(server: Server) -> None:
    server.who = OTHER
    server.ask("PUT", "/mine")

    assert code(server.ask("PUT", "/mine/copy", x_amz_copy_source=SOURCE)) == "AccessDenied"


def test_a_source_may_be_too_large_to_copy_at_once() -> None:
    server = Server(copy_bytes_max=9)
    server.ask("PUT", "/bkt")
    server.ask("PUT", "/bkt/key", BODY)

    assert code(server.ask("PUT", "/bkt/copy", x_amz_copy_source="/bkt/key")) == "InvalidRequest"


def test_a_copy_of_a_multipart_object_is_in_one_piece(server: Server) -> None:
    client = server.client()
    begun = client.create_multipart_upload(Bucket="bkt", Key="big", ChecksumAlgorithm="SHA256")
    at = {"Bucket": "bkt", "Key": "big", "UploadId": begun["UploadId"]}
    sent = client.upload_part(**at, PartNumber=1, Body=BODY, ChecksumAlgorithm="SHA256")
    part = {"PartNumber": 1, "ETag": sent["ETag"], "ChecksumSHA256": sent["ChecksumSHA256"]}
    client.complete_multipart_upload(**at, MultipartUpload={"Parts": [part]})

    copied = client.copy_object(Bucket="bkt", Key="copy", CopySource="bkt/big")["CopyObjectResult"]

    assert copied["ETag"] == '"781e5e245d69b566979b86e28d23f2c7"'
    assert (copied["ChecksumType"], copied["ChecksumSHA256"]) == ("FULL_OBJECT", sent["ChecksumSHA256"])


@pytest.mark.parametrize("algorithm", ["CRC32", "CRC64NVME", "SHA1"])
def test_a_copy_may_ask_for_another_checksum(server: Server, algorithm: str) -> None:
    client = server.client()

    copied = client.copy_object(
        Bucket="bkt", Key="copy", CopySource={"Bucket": "bkt", "Key": "a b+c"}, ChecksumAlgorithm=algorithm
    )

    head = client.head_object(Bucket="bkt", Key="copy", ChecksumMode="ENABLED")
    assert copied["CopyObjectResult"][f"Checksum{algorithm}"] == head[f"Checksum{algorithm}"]


def parts_of(server: Server, spans: list[str | None]) -> tuple[int, bytes]:
    client = server.client()
    begun = client.create_multipart_upload(Bucket="bkt", Key="made")
    at: dict[str, Any] = {"Bucket": "bkt", "Key": "made", "UploadId": begun["UploadId"]}
    parts = []
    for number, span in enumerate(spans, 1):
        more = {} if span is None else {"CopySourceRange": span}
        sent = client.upload_part_copy(**at, PartNumber=number, CopySource={"Bucket": "bkt", "Key": "a b+c"}, **more)
        parts.append({"PartNumber": number, "ETag": sent["CopyPartResult"]["ETag"]})
    client.complete_multipart_upload(**at, MultipartUpload={"Parts": parts})
    got = server.ask("GET", "/bkt/made")
    return got.status, text(got)


def test_parts_can_be_copied_whole_or_by_range(server: Server) -> None:
    assert parts_of(server, ["bytes=5-9", None, "bytes=0-0"]) == (200, b"56789" + BODY + b"0")


@pytest.mark.parametrize("span", ["bytes=0-", "bytes=-5", "bytes=5-3", "bytes=0-10", "0-5", "bytes=0-1,3-4"])
def test_a_range_to_copy_must_lie_inside_the_source(server: Server, span: str) -> None:
    begun = server.ask("POST", "/bkt/made?uploads")
    upload_id = text(begun).partition(b"<UploadId>")[2].partition(b"<")[0].decode()

    answer = server.ask(
        "PUT", f"/bkt/made?uploadId={upload_id}&partNumber=1", x_amz_copy_source=SOURCE, x_amz_copy_source_range=span
    )

    assert (answer.status, code(answer)) == (400, "InvalidArgument")
