"""Personalities: each known deviation of a real server can be had, and none is had unasked."""

from typing import Any

import pytest

from simulator.errors import Misuse
from simulator.services.s3.settings import PERSONALITIES, Personality, Settings, personality
from tests.support.s3_model import DAY_NS, Server, code, header, text

SMALL, LARGE = b"abc", b"abcdefgh"


def server_of(name: str) -> Server:
    server = Server(Settings(personality=personality(name), part_bytes_min=5))
    server.ask("PUT", "/bkt")
    return server


def begin(server: Server) -> str:
    return text(server.ask("POST", "/bkt/key?uploads")).partition(b"<UploadId>")[2].partition(b"<")[0].decode()


def send(server: Server, upload_id: str, number: int, body: bytes) -> tuple[int, str]:
    answer = server.ask("PUT", f"/bkt/key?uploadId={upload_id}&partNumber={number}", body)
    return number, header(answer, "ETag") or code(answer)


def complete(server: Server, upload_id: str, *parts: tuple[int, str]) -> Any:
    rows = "".join(f"<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>" for number, etag in parts)
    body = f"<CompleteMultipartUpload>{rows}</CompleteMultipartUpload>"
    return server.ask("POST", f"/bkt/key?uploadId={upload_id}", body.encode())


def twice(server: Server) -> Any:
    upload_id = begin(server)
    part = send(server, upload_id, 1, LARGE)
    complete(server, upload_id, part)
    return complete(server, upload_id, part)


def disorder(server: Server) -> Any:
    upload_id = begin(server)
    one, two = send(server, upload_id, 1, LARGE), send(server, upload_id, 2, LARGE)
    return complete(server, upload_id, two, one)


def short_middle(server: Server) -> Any:
    upload_id = begin(server)
    return complete(server, upload_id, send(server, upload_id, 1, SMALL), send(server, upload_id, 2, LARGE))


def no_parts(server: Server) -> Any:
    return complete(server, begin(server))


def unknown(server: Server) -> Any:
    return complete(server, "nope", (1, "x"))


def unknown_part(server: Server) -> Any:
    return server.ask("PUT", "/bkt/key?uploadId=nope&partNumber=1", b"x")


def wrong_md5(server: Server) -> Any:
    return server.ask("PUT", "/bkt/key", b"x", Content_MD5="AAAAAAAAAAAAAAAAAAAAAA==")


def wrong_crc(server: Server) -> Any:
    return server.ask("PUT", "/bkt/key", b"x", x_amz_checksum_crc32="AAAAAA==")


def if_none_match(server: Server) -> Any:
    server.ask("PUT", "/bkt/key", b"x")
    return server.ask("PUT", "/bkt/key", b"y", If_None_Match="*")


def part_zero(server: Server) -> Any:
    return server.ask("PUT", f"/bkt/key?uploadId={begin(server)}&partNumber=20000", b"x")


# What an aiobotocore client met, as measured on the real servers: AWS' column is what the documentation says.
TABLE = [
    (
        twice,
        {"aws": "", "swift": "", "radosgw": "", "localstack": "NoSuchUpload", "moto": "", "rclone": "NoSuchUpload"},
    ),
    (disorder, {"aws": "InvalidPartOrder", "swift": "InvalidPartOrder", "radosgw": "", "moto": ""}),
    (short_middle, {"aws": "EntityTooSmall", "rclone": ""}),
    (no_parts, {"aws": "MalformedXML", "localstack": "InvalidRequest", "rclone": "InvalidPart"}),
    (unknown, {"aws": "NoSuchUpload", "radosgw": "InternalError", "moto": "InternalError"}),
    (unknown_part, {"aws": "NoSuchUpload", "radosgw": "NoSuchUpload", "moto": "InternalError"}),
    (wrong_md5, {"aws": "BadDigest", "moto": ""}),
    (wrong_crc, {"aws": "BadDigest", "swift": "BadDigest", "radosgw": "", "rclone": ""}),
    (if_none_match, {"aws": "PreconditionFailed", "rclone": ""}),
    (part_zero, {"aws": "InvalidArgument", "radosgw": ""}),
]


@pytest.mark.parametrize(
    ("act", "name", "expected"), [(act, name, expected) for act, row in TABLE for name, expected in row.items()]
)
def test_each_server_answers_as_the_real_one_was_seen_to(act: Any, name: str, expected: str) -> None:
    assert code(act(server_of(name))) == expected


def test_an_etag_may_be_missing_from_the_answer_and_be_there_all_the_same() -> None:
    server = server_of("radosgw")
    upload_id = begin(server)

    done = complete(server, upload_id, send(server, upload_id, 1, LARGE))

    assert b"<ETag></ETag>" in text(done)
    assert (header(server.ask("HEAD", "/bkt/key"), "ETag") or "").endswith('-1"')


def test_a_late_part_may_damage_a_finished_object() -> None:
    server = server_of("swift")
    upload_id = begin(server)
    parts = [send(server, upload_id, number, LARGE) for number in (1, 2)]
    complete(server, upload_id, *parts)

    assert send(server, upload_id, 2, b"late")[1].startswith('"')
    assert text(server.ask("GET", "/bkt/key")) == LARGE
    assert server.ask("GET", f"/bkt/key?uploadId={upload_id}").status == 200


def test_a_refused_completion_may_destroy_the_upload() -> None:
    server = server_of("rclone")
    upload_id = begin(server)

    assert code(complete(server, upload_id, (1, "x"))) == "InvalidPart"
    assert send(server, upload_id, 1, LARGE)[1] == "NoSuchUpload"


def test_a_next_marker_may_be_one_too_high() -> None:
    server = server_of("rclone")
    upload_id = begin(server)
    for number in (1, 2, 3):
        send(server, upload_id, number, LARGE)

    page = server.client().list_parts(Bucket="bkt", Key="key", UploadId=upload_id, MaxParts=1)

    assert page["NextPartNumberMarker"] == 2


@pytest.mark.parametrize(("name", "expected"), [("aws", ""), ("rclone", "NoSuchUpload")])
def test_a_restart_may_lose_uploads(name: str, expected: str) -> None:
    server = server_of(name)
    upload_id = begin(server)
    part = send(server, upload_id, 1, LARGE)
    server.s3.restarted()

    assert code(complete(server, upload_id, part)) == expected


def test_old_uploads_may_be_swept() -> None:
    server = server_of("minio")
    upload_id = begin(server)
    server.now_ns += DAY_NS

    assert send(server, upload_id, 1, LARGE)[1] == "NoSuchUpload"


def test_a_personality_can_be_made_up() -> None:
    made = personality("aws:second_complete=NoSuchUpload,complete_etag=false,upload_lifetime_ns=5")

    assert made == Personality(second_complete="NoSuchUpload", complete_etag=False, upload_lifetime_ns=5)
    assert personality("swift") is PERSONALITIES["swift"]


@pytest.mark.parametrize("text", ["nimbus", "aws:colour=blue", "aws:second_complete=maybe", "aws:name=x"])
def test_a_personality_that_cannot_be_is_refused_with_what_can(text: str) -> None:
    with pytest.raises(Misuse):
        personality(text)
