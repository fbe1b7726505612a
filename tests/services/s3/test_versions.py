"""Versions: nothing is lost in a bucket that keeps them, and each can be read, listed and deleted by its id."""

from typing import Any

import pytest

from tests.support.s3_model import SECOND_NS, Server, code, header, text


@pytest.fixture
def server() -> Server:
    server = Server()
    server.ask("PUT", "/bkt")
    return server


def keep(server: Server, status: str = "Enabled") -> None:
    server.client().put_bucket_versioning(Bucket="bkt", VersioningConfiguration={"Status": status})


def put(server: Server, body: bytes, key: str = "key") -> str:
    server.now_ns += SECOND_NS
    return header(server.ask("PUT", f"/bkt/{key}", body), "x-amz-version-id") or ""


def delete(server: Server, query: str = "", key: str = "key") -> tuple[str | None, str | None]:
    server.now_ns += SECOND_NS
    answer = server.ask("DELETE", f"/bkt/{key}{query}")
    assert answer.status == 204
    return header(answer, "x-amz-delete-marker"), header(answer, "x-amz-version-id")


def get(server: Server, query: str = "") -> tuple[int, bytes]:
    answer = server.ask("GET", f"/bkt/key{query}")
    return answer.status, text(answer) if answer.status == 200 else code(answer).encode()


def history(server: Server) -> list[tuple[str, bool, bool]]:
    """Version id, whether it is a marker, whether it is the latest, as a client lists them."""
    listed = server.client().list_object_versions(Bucket="bkt")
    rows = [(each["LastModified"], each["VersionId"], False, each["IsLatest"]) for each in listed.get("Versions", [])]
    rows += [
        (each["LastModified"], each["VersionId"], True, each["IsLatest"]) for each in listed.get("DeleteMarkers", [])
    ]
    return [row[1:] for row in sorted(rows, reverse=True)]


def test_a_bucket_keeps_no_versions_until_it_is_told_to(server: Server) -> None:
    client = server.client()

    assert "Status" not in client.get_bucket_versioning(Bucket="bkt")
    assert header(server.ask("PUT", "/bkt/key", b"x"), "x-amz-version-id") is None
    keep(server)
    assert client.get_bucket_versioning(Bucket="bkt")["Status"] == "Enabled"
    assert header(server.ask("GET", "/bkt/key"), "x-amz-version-id") == "null"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("<Status>On</Status>", "MalformedXML"),
        ("", "IllegalVersioningConfigurationException"),
        ("<Status>Enabled</Status><MfaDelete>Enabled</MfaDelete>", "NotImplemented"),
        ("<Status>Enabled</Status><Status>Enabled</Status>", "MalformedXML"),
        ("<Other/>", "MalformedXML"),
    ],
)
def test_a_bad_configuration(server: Server, body: str, expected: str) -> None:
    document = f"<VersioningConfiguration>{body}</VersioningConfiguration>".encode()

    assert code(server.ask("PUT", "/bkt?versioning", document)) == expected


def test_every_version_can_be_read(server: Server) -> None:
    put(server, b"old")
    keep(server)
    first, second = put(server, b"one"), put(server, b"two")

    assert len({first, second}) == 2
    assert get(server) == (200, b"two")
    assert [get(server, f"?versionId={each}")[1] for each in ("null", first, second)] == [b"old", b"one", b"two"]
    assert history(server) == [(second, False, True), (first, False, False), ("null", False, False)]


def test_a_deletion_lays_a_marker_over_the_object_and_taking_it_away_brings_the_object_back(server: Server) -> None:
    keep(server)
    first = put(server, b"one")
    marked, marker = delete(server)

    assert marked == "true"
    missing = server.ask("GET", "/bkt/key")
    assert (missing.status, code(missing)) == (404, "NoSuchKey")
    assert (header(missing, "x-amz-delete-marker"), header(missing, "x-amz-version-id")) == ("true", marker)
    assert "Contents" not in server.client().list_objects_v2(Bucket="bkt")
    assert history(server) == [(marker, True, True), (first, False, False)]
    asked = server.ask("GET", f"/bkt/key?versionId={marker}")
    assert (asked.status, code(asked), header(asked, "Allow")) == (405, "MethodNotAllowed", "DELETE")

    assert delete(server, f"?versionId={marker}") == ("true", marker)
    assert get(server) == (200, b"one")


def test_a_version_is_deleted_for_good(server: Server) -> None:
    keep(server)
    first, second = put(server, b"one"), put(server, b"two")

    assert delete(server, f"?versionId={second}") == (None, second)
    assert get(server) == (200, b"one")
    assert get(server, f"?versionId={second}") == (404, b"NoSuchVersion")
    delete(server, f"?versionId={first}")
    assert server.s3.store.buckets["bkt"].keys == []
    assert server.ask("DELETE", f"/bkt/key?versionId={first}").status == 204


def test_suspended_there_is_one_null_version_that_is_overwritten(server: Server) -> None:
    keep(server)
    first = put(server, b"one")
    keep(server, "Suspended")
    assert [put(server, b"two"), put(server, b"three")] == ["null", "null"]

    assert history(server) == [("null", False, True), (first, False, False)]
    assert delete(server) == ("true", "null")
    assert history(server) == [("null", True, True), (first, False, False)]


@pytest.mark.parametrize("version_id", ["", "x", "a" * 31, "a" * 33, "é" * 32])
def test_an_id_that_cannot_be(server: Server, version_id: str) -> None:
    for method in ("GET", "DELETE"):
        answer = server.ask(method, f"/bkt/key?versionId={version_id}")
        assert (answer.status, code(answer)) == (400, "InvalidArgument")


def test_pages_of_versions_make_the_whole_history(server: Server) -> None:
    keep(server)
    ids = [put(server, b"x", key) for key in ("a", "b/1", "b/2") for _ in range(3)]
    delete(server, key="b/1")
    client = server.client()
    for size in (1, 2, 3, 100):
        pages = client.get_paginator("list_object_versions").paginate(Bucket="bkt", PaginationConfig={"PageSize": size})
        seen = [each["VersionId"] for page in pages for each in page.get("Versions", [])]
        assert sorted(seen) == sorted(ids)
        assert len(seen) == len(set(seen))
    rolled = client.list_object_versions(Bucket="bkt", Delimiter="/")
    assert [each["Prefix"] for each in rolled["CommonPrefixes"]] == ["b/"]
    assert {each["Key"] for each in rolled["Versions"]} == {"a"}


def test_a_marker_outside_of_what_is_listed_adds_nothing_to_it(server: Server) -> None:
    keep(server)
    put(server, b"older", "a/1")
    newest = put(server, b"newer", "a/1")
    asked = {"Bucket": "bkt", "KeyMarker": "a/1", "VersionIdMarker": newest}
    client = server.client()

    assert len(client.list_object_versions(**asked)["Versions"]) == 1
    assert "Versions" not in client.list_object_versions(**asked, Prefix="b")
    assert "Versions" not in client.list_object_versions(**asked, Delimiter="/")


def test_a_list_of_deletions_tells_what_became_of_each(server: Server) -> None:
    keep(server)
    first = put(server, b"one")
    wanted = [{"Key": "key"}, {"Key": "key", "VersionId": first}, {"Key": "never"}, {"Key": "key", "VersionId": "bad"}]
    done: dict[str, Any] = server.client().delete_objects(Bucket="bkt", Delete={"Objects": wanted})

    marked, gone, never = done["Deleted"]
    assert (marked["DeleteMarker"], len(marked["DeleteMarkerVersionId"])) == (True, 32)
    assert gone == {"Key": "key", "VersionId": first}
    assert never["DeleteMarker"] is True
    assert [(each["Code"], each["VersionId"]) for each in done["Errors"]] == [("NoSuchVersion", "bad")]


def test_tags_and_copies_are_of_a_version(server: Server) -> None:
    keep(server)
    first, second = put(server, b"one"), put(server, b"two")
    client = server.client()
    client.put_object_tagging(
        Bucket="bkt", Key="key", VersionId=first, Tagging={"TagSet": [{"Key": "a", "Value": "1"}]}
    )

    assert client.get_object_tagging(Bucket="bkt", Key="key")["TagSet"] == []
    assert client.get_object_tagging(Bucket="bkt", Key="key", VersionId=first)["VersionId"] == first
    copied = client.copy_object(Bucket="bkt", Key="key", CopySource={"Bucket": "bkt", "Key": "key", "VersionId": first})
    assert copied["CopySourceVersionId"] == first
    assert copied["VersionId"] not in (first, second)
    assert get(server) == (200, b"one")


def test_a_bucket_with_versions_left_says_that_they_are_in_the_way(server: Server) -> None:
    keep(server)
    put(server, b"one")
    delete(server)

    answer = server.ask("DELETE", "/bkt")

    assert (answer.status, code(answer)) == (409, "BucketNotEmpty")
    assert b"You must delete all versions in the bucket." in text(answer)


def test_a_multipart_upload_makes_a_version(server: Server) -> None:
    keep(server)
    put(server, b"one")
    client = server.client()
    at = {
        "Bucket": "bkt",
        "Key": "key",
        "UploadId": client.create_multipart_upload(Bucket="bkt", Key="key")["UploadId"],
    }
    etag = client.upload_part(**at, PartNumber=1, Body=b"two")["ETag"]
    parts = {"Parts": [{"PartNumber": 1, "ETag": etag}]}
    done = client.complete_multipart_upload(**at, MultipartUpload=parts)
    again = client.complete_multipart_upload(**at, MultipartUpload=parts)

    assert done["VersionId"] == again["VersionId"]
    assert len(history(server)) == 2
    assert get(server) == (200, b"two")
