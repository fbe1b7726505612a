"""Checksums are those that S3 makes of the same bytes, of parts and of what is made of them."""

from base64 import b64encode

import pytest

from pipelines.stream.answers import Listed
from pipelines.stream.checksums import ALGORITHMS, Checksum, Digesting, composite, field_of
from pipelines.stream.records import Intent
from tests.support.s3_model import Server

PARTS = (bytes(range(256)) * 20_480, b"the last part is short")


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_what_s3_makes_of_parts_and_of_the_object_is_what_is_made_here(algorithm: str) -> None:
    server = Server()
    client = server.client()
    client.create_bucket(Bucket="films")
    where = {"Bucket": "films", "Key": "lobby.mp4"}
    begun = client.create_multipart_upload(**where, ChecksumAlgorithm=algorithm.upper())
    where["UploadId"] = begun["UploadId"]
    values, listed = [], []
    for n, part in enumerate(PARTS, 1):
        made = Digesting(algorithm)
        for at in range(0, len(part), 1_000_003):
            made.update(part[at : at + 1_000_003])
        values.append(made.digests().checksum)
        told = client.upload_part(**where, PartNumber=n, Body=part, **{field_of(algorithm): values[-1]})
        listed.append({"PartNumber": n, "ETag": told["ETag"], field_of(algorithm): values[-1]})
    done = client.complete_multipart_upload(**where, MultipartUpload={"Parts": listed})

    assert composite(algorithm, values) == Checksum(algorithm, done[field_of(algorithm)])


def test_where_one_part_has_none_there_is_none_of_the_whole() -> None:
    assert composite("crc32", ["AAAAAQ==", ""]) is None
    assert composite("", ["AAAAAQ=="]) is None


def test_without_an_algorithm_there_is_only_the_md5() -> None:
    made = Digesting()
    made.update(b"abc")

    assert made.digests() == ("900150983cd24fb0d6963f7d28e17f72", "")


def test_a_promise_keeps_its_checksums_and_one_without_reads_as_it_always_did() -> None:
    value = b64encode(b"\0\0\0\1").decode()
    plain = Intent("U", 7, "e-1", ("a",))
    summed = Intent("U", 7, "e-1", ("a",), "crc32", (value,))

    assert Intent.parse(summed.text()) == summed
    assert Intent.parse(plain.text()) == plain
    assert plain.checksum is None
    assert "checksum" not in plain.text()
    assert summed.checksum == composite("crc32", [value])


def test_a_part_is_the_same_part_whether_or_not_its_checksum_was_listed() -> None:
    assert Listed(7, "e", "AAAAAQ==") == Listed(7, "e")
