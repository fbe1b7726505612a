"""Checksums: stated ones are verified, kept and given back; of parts and of the whole, composite and full."""

import zlib
from base64 import b64decode, b64encode
from contextlib import nullcontext
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.services.rope import Rope
from simulator.services.s3.checksums import SIZES, check_type, compute, valid
from simulator.services.s3.errors import S3Error
from tests.support.s3_model import Server, code, header, text

BODY = b"hello, world"
NAMES = ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"]


def of(algorithm: str, body: bytes = BODY) -> str:
    return compute(algorithm, Rope.of(body))


@pytest.fixture
def server() -> Server:
    server = Server(part_bytes_min=1)
    server.ask("PUT", "/bkt")
    return server


def upload(client: Any, bodies: list[bytes], algorithm: str, kind: str, **finish: Any) -> dict[str, Any]:
    """A whole multipart upload, each part with its own checksum."""
    begun = client.create_multipart_upload(Bucket="bkt", Key="key", ChecksumAlgorithm=algorithm, ChecksumType=kind)
    assert (begun["ChecksumAlgorithm"], begun["ChecksumType"]) == (algorithm, kind)
    at = {"Bucket": "bkt", "Key": "key", "UploadId": begun["UploadId"]}
    parts = []
    for number, body in enumerate(bodies, 1):
        stated = {f"Checksum{algorithm}": of(algorithm, body)}
        sent = client.upload_part(**at, PartNumber=number, Body=body, **stated)
        assert sent[f"Checksum{algorithm}"] == stated[f"Checksum{algorithm}"]
        parts.append({"PartNumber": number, "ETag": sent["ETag"], **stated})
    listed = client.list_parts(**at)
    assert (listed["ChecksumAlgorithm"], listed["ChecksumType"]) == (algorithm, kind)
    assert [part[f"Checksum{algorithm}"] for part in listed["Parts"]] == [of(algorithm, body) for body in bodies]
    done: dict[str, Any] = client.complete_multipart_upload(**at, MultipartUpload={"Parts": parts}, **finish)
    return done


@pytest.mark.parametrize("algorithm", [*NAMES, "SHA512", "MD5"])
def test_a_stated_checksum_is_verified_and_given_back(server: Server, algorithm: str) -> None:
    name = f"x_amz_checksum_{algorithm.lower()}"
    put = server.ask("PUT", "/bkt/key", BODY, **{name: of(algorithm)})
    wrong = server.ask("PUT", "/bkt/wrong", BODY, **{name: of(algorithm, b"other")})
    asked = server.ask("GET", "/bkt/key", x_amz_checksum_mode="ENABLED")

    assert header(put, name.replace("_", "-")) == of(algorithm)
    assert header(put, "x-amz-checksum-type") == "FULL_OBJECT"
    assert header(asked, name.replace("_", "-")) == of(algorithm)
    assert header(server.ask("GET", "/bkt/key"), name.replace("_", "-")) is None
    assert (wrong.status, code(wrong)) == (400, "BadDigest")
    assert f"The {algorithm} you specified did not match the calculated checksum.".encode() in text(wrong)
    assert server.ask("HEAD", "/bkt/wrong").status == 404


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        ({"x_amz_checksum_crc32": "x"}, "Value for x-amz-checksum-crc32 header is invalid."),
        ({"x_amz_checksum_crc32": "AAAAAAA="}, "Value for x-amz-checksum-crc32 header is invalid."),
        ({"x_amz_checksum_crc32": "y/Q5Jh=="}, "Value for x-amz-checksum-crc32 header is invalid."),
        (
            {"x_amz_checksum_crc32": "AAAAAA==", "x_amz_checksum_sha1": "A"},
            "Expecting a single x-amz-checksum- header.",
        ),
        ({"x_amz_sdk_checksum_algorithm": "CRC32"}, "but no corresponding x-amz-checksum-*"),
        ({"x_amz_checksum_new": "A"}, "The algorithm type you specified in x-amz-checksum- header is invalid."),
        (
            {"x_amz_sdk_checksum_algorithm": "SHA1", "x_amz_checksum_crc32": "AAAAAA=="},
            "Value for x-amz-sdk-checksum-algorithm header is invalid.",
        ),
    ],
)
def test_a_checksum_that_cannot_be(server: Server, headers: dict[str, str], message: str) -> None:
    answer = server.ask("PUT", "/bkt/key", BODY, **headers)

    assert (answer.status, code(answer)) == (400, "InvalidRequest")
    assert message.encode() in text(answer)


def test_a_checksum_may_come_behind_the_body(server: Server) -> None:
    from simulator.services.http.message import Request
    from simulator.services.s3.request import locate

    for value, status in [(of("SHA256"), 200), (of("SHA256", b"x"), 400)]:
        request = locate(Request("PUT", "/bkt/key", [("x-amz-trailer", "x-amz-checksum-sha256")]), server.s3.settings)
        request.body, request.who = Rope.of(BODY), server.who
        request.trailers = {"x-amz-checksum-sha256": value}
        assert server.s3.apply(request, server.now_ns).status == status


def test_an_object_without_a_checksum_gets_the_default_one_when_it_is_asked_for(server: Server) -> None:
    server.ask("PUT", "/bkt/key", BODY)
    client = server.client()

    head = client.head_object(Bucket="bkt", Key="key", ChecksumMode="ENABLED")
    known = client.get_object_attributes(Bucket="bkt", Key="key", ObjectAttributes=["Checksum"])["Checksum"]

    assert head["ChecksumCRC64NVME"] == of("CRC64NVME")
    assert known == {"ChecksumCRC64NVME": of("CRC64NVME"), "ChecksumType": "FULL_OBJECT"}
    assert client.list_objects_v2(Bucket="bkt")["Contents"][0]["ChecksumAlgorithm"] == ["CRC64NVME"]


def test_that_default_is_answered_at_once_where_settings_say_so() -> None:
    server = Server(default_checksum_answered=True)
    server.ask("PUT", "/bkt")

    assert header(server.ask("PUT", "/bkt/key", BODY), "x-amz-checksum-crc64nvme") == of("CRC64NVME")


def test_no_checksum_comes_with_a_range_of_an_object(server: Server) -> None:
    server.ask("PUT", "/bkt/key", BODY, x_amz_checksum_crc32=of("CRC32"))

    answer = server.ask("GET", "/bkt/key", Range="bytes=0-3", x_amz_checksum_mode="ENABLED")

    assert answer.status == 206
    assert header(answer, "x-amz-checksum-crc32") is None


@pytest.mark.parametrize(
    ("algorithm", "kind", "allowed"),
    [(name, "COMPOSITE", name != "CRC64NVME") for name in NAMES]
    + [(name, "FULL_OBJECT", name.startswith("CRC")) for name in NAMES]
    + [("CRC32", "HALF", False), ("", "COMPOSITE", False)],
)
def test_not_every_algorithm_is_composite_and_not_every_one_full(algorithm: str, kind: str, allowed: bool) -> None:
    with nullcontext() if allowed else pytest.raises(S3Error, match="InvalidRequest"):
        check_type(algorithm, kind)


@pytest.mark.parametrize("algorithm", ["CRC32", "CRC32C", "SHA1", "SHA256"])
def test_a_composite_checksum_is_that_of_the_parts_checksums(server: Server, algorithm: str) -> None:
    bodies = [b"first part", b"second", b"3"]
    done = upload(server.client(), bodies, algorithm, "COMPOSITE")
    expected = of(algorithm, b"".join(b64decode(of(algorithm, body)) for body in bodies))

    assert (done[f"Checksum{algorithm}"], done["ChecksumType"]) == (f"{expected}-3", "COMPOSITE")
    head = server.client().head_object(Bucket="bkt", Key="key", ChecksumMode="ENABLED")
    assert head[f"Checksum{algorithm}"] == f"{expected}-3"


@pytest.mark.parametrize("algorithm", ["CRC32", "CRC32C", "CRC64NVME"])
def test_a_full_checksum_is_that_of_the_whole_object(server: Server, algorithm: str) -> None:
    bodies = [b"first part", b"second", b"3"]
    whole = of(algorithm, b"".join(bodies))
    done = upload(server.client(), bodies, algorithm, "FULL_OBJECT", **{f"Checksum{algorithm}": whole})

    assert (done[f"Checksum{algorithm}"], done["ChecksumType"]) == (whole, "FULL_OBJECT")


@settings(max_examples=30)
@given(st.lists(st.binary(min_size=1, max_size=40), min_size=1, max_size=5), st.sampled_from(["CRC32", "CRC64NVME"]))
def test_a_full_checksum_of_any_split_is_that_of_the_whole(bodies: list[bytes], algorithm: str) -> None:
    server = Server(part_bytes_min=1)
    server.ask("PUT", "/bkt")

    done = upload(server.client(), bodies, algorithm, "FULL_OBJECT")

    assert done[f"Checksum{algorithm}"] == of(algorithm, b"".join(bodies))


def begun(server: Server, **headers: str) -> str:
    answer = server.ask("POST", "/bkt/key?uploads", **headers)
    assert answer.status == 200, text(answer)
    return text(answer).partition(b"<UploadId>")[2].partition(b"<")[0].decode()


def finish(server: Server, upload_id: str, part: str, **headers: str) -> Any:
    body = f"<CompleteMultipartUpload><Part><PartNumber>1</PartNumber>{part}</Part></CompleteMultipartUpload>"
    return server.ask("POST", f"/bkt/key?uploadId={upload_id}", body.encode(), **headers)


def test_a_part_must_bring_the_announced_checksum(server: Server) -> None:
    upload_id = begun(server, x_amz_checksum_algorithm="SHA256")
    target = f"/bkt/key?uploadId={upload_id}&partNumber=1"
    start = "Checksum Type mismatch occurred, expected checksum Type: sha256, actual checksum Type: "

    for headers, actual in [({}, "null"), ({"x_amz_checksum_crc32": of("CRC32")}, "crc32")]:
        answer = server.ask("PUT", target, BODY, **headers)
        assert (answer.status, code(answer)) == (400, "InvalidRequest")
        assert (start + actual).encode() in text(answer)


def test_a_part_of_a_full_checksum_may_come_without_one(server: Server) -> None:
    upload_id = begun(server, x_amz_checksum_algorithm="CRC32", x_amz_checksum_type="FULL_OBJECT")
    sent = server.ask("PUT", f"/bkt/key?uploadId={upload_id}&partNumber=1", BODY)
    done = finish(server, upload_id, f"<ETag>{header(sent, 'ETag')}</ETag>")

    assert header(sent, "x-amz-checksum-crc32") == of("CRC32")
    assert f"<ChecksumCRC32>{of('CRC32')}</ChecksumCRC32><ChecksumType>FULL_OBJECT</ChecksumType>".encode() in text(
        done
    )


def test_a_completion_must_list_the_checksums_and_state_the_right_one(server: Server) -> None:
    upload_id = begun(server, x_amz_checksum_algorithm="SHA1")
    sent = server.ask("PUT", f"/bkt/key?uploadId={upload_id}&partNumber=1", BODY, x_amz_checksum_sha1=of("SHA1"))
    etag = f"<ETag>{header(sent, 'ETag')}</ETag>"
    sha1 = f"<ChecksumSHA1>{of('SHA1')}</ChecksumSHA1>"
    cases = [
        (etag, {}, "InvalidRequest"),
        (etag + f"<ChecksumSHA1>{of('SHA1', b'x')}</ChecksumSHA1>", {}, "InvalidPart"),
        (etag + f"<ChecksumCRC32>{of('CRC32')}</ChecksumCRC32>", {}, "InvalidPart"),
        (etag + sha1, {"x_amz_checksum_type": "FULL_OBJECT"}, "InvalidRequest"),
        (etag + sha1, {"x_amz_checksum_sha1": of("SHA1", b"x")}, "BadDigest"),
        (etag + sha1, {"x_amz_checksum_crc32": of("CRC32")}, "InvalidRequest"),
        (etag + sha1, {"x_amz_checksum_sha1": of("SHA1", b64decode(of("SHA1")))}, ""),
    ]
    for part, headers, expected in cases:
        assert code(finish(server, upload_id, part, **headers)) == expected


def test_where_no_algorithm_was_announced_only_the_default_one_is_compared(server: Server) -> None:
    for headers, expected in [
        ({"x_amz_checksum_crc32": of("CRC32", b"x")}, ""),
        ({"x_amz_checksum_crc64nvme": of("CRC64NVME", b"x")}, "BadDigest"),
        ({"x_amz_checksum_crc64nvme": of("CRC64NVME")}, ""),
    ]:
        upload_id = begun(server)
        sent = server.ask("PUT", f"/bkt/key?uploadId={upload_id}&partNumber=1", BODY)
        assert code(finish(server, upload_id, f"<ETag>{header(sent, 'ETag')}</ETag>", **headers)) == expected


def test_the_parts_of_an_object_are_told_in_pages(server: Server) -> None:
    client = server.client()
    upload(client, [b"first", b"second", b"3"], "SHA256", "COMPOSITE")
    asked: dict[str, Any] = {"Bucket": "bkt", "Key": "key", "ObjectAttributes": ["ObjectParts", "ObjectSize", "ETag"]}

    first = client.get_object_attributes(**asked, MaxParts=2)
    second = client.get_object_attributes(**asked, PartNumberMarker=first["ObjectParts"]["NextPartNumberMarker"])

    assert (first["ObjectSize"], first["ETag"][-2:]) == (12, "-3")
    assert first["ObjectParts"]["TotalPartsCount"] == 3
    assert (first["ObjectParts"]["IsTruncated"], second["ObjectParts"]["IsTruncated"]) == (True, False)
    parts = first["ObjectParts"]["Parts"] + second["ObjectParts"]["Parts"]
    assert [(part["PartNumber"], part["Size"]) for part in parts] == [(1, 5), (2, 6), (3, 1)]
    assert [part["ChecksumSHA256"] for part in parts] == [of("SHA256", body) for body in (b"first", b"second", b"3")]


@pytest.mark.parametrize(("wanted", "expected"), [("", "InvalidRequest"), ("Colour", "InvalidArgument"), ("ETag", "")])
def test_attributes_must_be_named_and_must_exist(server: Server, wanted: str, expected: str) -> None:
    server.ask("PUT", "/bkt/key", BODY)

    assert code(server.ask("GET", "/bkt/key?attributes", x_amz_object_attributes=wanted)) == expected


def test_a_part_that_is_read_alone_comes_with_its_own_checksum(server: Server) -> None:
    upload(server.client(), [b"first", b"second"], "CRC32", "COMPOSITE")

    answer = server.ask("GET", "/bkt/key?partNumber=2", x_amz_checksum_mode="ENABLED")

    assert (text(answer), header(answer, "x-amz-checksum-crc32")) == (b"second", of("CRC32", b"second"))


def test_every_document_is_verified_like_a_body(server: Server) -> None:
    body = b"<Tagging><TagSet></TagSet></Tagging>"

    assert server.ask("PUT", "/bkt?tagging", body, x_amz_checksum_crc32=of("CRC32", body)).status == 204
    assert code(server.ask("PUT", "/bkt?tagging", body, x_amz_checksum_crc32=of("CRC32"))) == "BadDigest"
    assert code(server.ask("PUT", "/bkt?tagging", body, Content_MD5="AAAAAAAAAAAAAAAAAAAAAA==")) == "BadDigest"


@pytest.mark.parametrize("algorithm", list(SIZES))
def test_a_checksum_has_one_spelling(algorithm: str) -> None:
    assert valid(algorithm, of(algorithm))
    assert not valid(algorithm, of(algorithm) + "=")
    assert not valid(algorithm, "")
    assert not valid(algorithm, "é")


def test_a_crc32_is_what_zlib_says() -> None:
    assert of("CRC32") == b64encode(zlib.crc32(BODY).to_bytes(4, "big")).decode()
