"""Conditions: the four of a read in every combination, those of writes, of sources and of deletions."""

import pytest

from tests.support.s3_model import SECOND_NS, Server, code, header, text

BODY = b"body"
ETAG = '"841a2d689ad86bd1611447453c22c6fc"'
PAST, NOW, FUTURE = "Fri, 15 Jan 2027 07:00:00 GMT", "Fri, 15 Jan 2027 08:00:00 GMT", "Fri, 15 Jan 2027 09:00:00 GMT"
LATER = "Fri, 15 Jan 2027 12:00:00 GMT"


@pytest.fixture
def server() -> Server:
    server = Server()
    server.ask("PUT", "/bkt")
    server.ask("PUT", "/bkt/key", BODY)
    server.now_ns += 2 * 3600 * SECOND_NS
    return server


READS = [
    ({"If_Match": ETAG}, 200),
    ({"If_Match": "*"}, 200),
    ({"If_Match": ETAG.strip('"')}, 200),
    ({"If_Match": f'"x", {ETAG}'}, 200),
    ({"If_Match": '"x"'}, 412),
    ({"If_None_Match": ETAG}, 304),
    ({"If_None_Match": "*"}, 304),
    ({"If_None_Match": '"x"'}, 200),
    ({"If_Modified_Since": PAST}, 200),
    ({"If_Modified_Since": NOW}, 304),
    ({"If_Modified_Since": FUTURE}, 304),
    ({"If_Modified_Since": LATER}, 200),
    ({"If_Modified_Since": "no date"}, 200),
    ({"If_Unmodified_Since": PAST}, 412),
    ({"If_Unmodified_Since": NOW}, 200),
    ({"If_Unmodified_Since": "no date"}, 200),
    # RFC 9110: an entity tag decides, and the date beside it is not asked.
    ({"If_Match": ETAG, "If_Unmodified_Since": PAST}, 200),
    ({"If_Match": '"x"', "If_Unmodified_Since": FUTURE}, 412),
    ({"If_None_Match": ETAG, "If_Modified_Since": PAST}, 304),
    ({"If_None_Match": '"x"', "If_Modified_Since": FUTURE}, 200),
    ({"If_Match": ETAG, "If_None_Match": ETAG}, 304),
    ({"If_Match": '"x"', "If_None_Match": ETAG}, 412),
    ({"If_Unmodified_Since": FUTURE, "If_Modified_Since": FUTURE}, 304),
]


@pytest.mark.parametrize(("headers", "status"), READS)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_conditional_reads(server: Server, method: str, headers: dict[str, str], status: int) -> None:
    answer = server.ask(method, "/bkt/key", **headers)

    assert answer.status == status
    if status == 304:
        assert (header(answer, "ETag"), text(answer)) == (ETAG, b"")
    if status == 412 and method == "GET":
        assert code(answer) == "PreconditionFailed"
        assert b"<Condition>If-" in text(answer)


@pytest.mark.parametrize(
    ("key", "headers", "status", "expected"),
    [
        ("new", {"If_None_Match": "*"}, 200, ""),
        ("key", {"If_None_Match": "*"}, 412, "PreconditionFailed"),
        ("key", {"If_None_Match": ETAG}, 501, "NotImplemented"),
        ("key", {"If_Match": ETAG}, 200, ""),
        ("key", {"If_Match": '"x"'}, 412, "PreconditionFailed"),
        ("new", {"If_Match": ETAG}, 404, "NoSuchKey"),
        ("key", {"If_Match": "*"}, 501, "NotImplemented"),
        ("key", {"If_Match": ETAG, "If_None_Match": "*"}, 501, "NotImplemented"),
    ],
)
def test_conditional_writes(server: Server, key: str, headers: dict[str, str], status: int, expected: str) -> None:
    answer = server.ask("PUT", f"/bkt/{key}", b"changed", **headers)

    assert (answer.status, code(answer)) == (status, expected)
    assert text(server.ask("GET", "/bkt/key")) == (b"changed" if key == "key" and status == 200 else BODY)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"x_amz_copy_source_if_match": ETAG}, 200),
        ({"x_amz_copy_source_if_match": '"x"'}, 412),
        ({"x_amz_copy_source_if_none_match": ETAG}, 412),
        ({"x_amz_copy_source_if_none_match": '"x"'}, 200),
        ({"x_amz_copy_source_if_modified_since": PAST}, 200),
        ({"x_amz_copy_source_if_modified_since": NOW}, 412),
        ({"x_amz_copy_source_if_unmodified_since": PAST}, 412),
        ({"x_amz_copy_source_if_unmodified_since": NOW}, 200),
        ({"x_amz_copy_source_if_match": ETAG, "x_amz_copy_source_if_unmodified_since": PAST}, 200),
        ({"x_amz_copy_source_if_none_match": ETAG, "x_amz_copy_source_if_modified_since": PAST}, 412),
        ({"If_None_Match": "*"}, 412),
    ],
)
def test_conditional_copies(server: Server, headers: dict[str, str], status: int) -> None:
    server.ask("PUT", "/bkt/there", b"there")

    assert server.ask("PUT", "/bkt/there", x_amz_copy_source="/bkt/key", **headers).status == status


@pytest.mark.parametrize(
    ("key", "match", "status"),
    [("key", ETAG, 204), ("key", "*", 204), ("key", '"x"', 412), ("new", ETAG, 404), ("new", "*", 404)],
)
def test_conditional_deletions(server: Server, key: str, match: str, status: int) -> None:
    assert server.ask("DELETE", f"/bkt/{key}", If_Match=match).status == status
    assert server.ask("HEAD", "/bkt/key").status == (404 if status == 204 else 200)


def test_a_list_of_deletions_may_hold_conditions(server: Server) -> None:
    server.ask("PUT", "/bkt/other", b"other")
    wanted = [{"Key": "key", "ETag": ETAG}, {"Key": "other", "ETag": '"x"'}]

    done = server.client().delete_objects(Bucket="bkt", Delete={"Objects": wanted})

    assert [each["Key"] for each in done["Deleted"]] == ["key"]
    assert [(each["Key"], each["Code"]) for each in done["Errors"]] == [("other", "PreconditionFailed")]


def complete(server: Server, upload_id: str, etag: str, **headers: str) -> tuple[int, str]:
    body = (
        f"<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{etag}</ETag></Part></CompleteMultipartUpload>"
    )
    answer = server.ask("POST", f"/bkt/key?uploadId={upload_id}", body.encode(), **headers)
    return answer.status, code(answer)


def begin(server: Server) -> tuple[str, str]:
    begun = server.ask("POST", "/bkt/key?uploads")
    upload_id = text(begun).partition(b"<UploadId>")[2].partition(b"<")[0].decode()
    part = server.ask("PUT", f"/bkt/key?uploadId={upload_id}&partNumber=1", b"part")
    return upload_id, header(part, "ETag") or ""


def test_a_completion_may_demand_that_nothing_is_there(server: Server) -> None:
    upload = begin(server)

    assert complete(server, *upload, If_None_Match="*") == (412, "PreconditionFailed")
    server.ask("DELETE", "/bkt/key")
    # What was there when the upload began was deleted meanwhile: somebody else is at work.
    assert complete(server, *upload, If_None_Match="*") == (409, "ConditionalRequestConflict")
    fresh = begin(server)
    assert complete(server, *fresh, If_None_Match="*") == (200, "")


def test_a_completion_may_demand_that_the_object_is_unchanged(server: Server) -> None:
    upload = begin(server)

    assert complete(server, *upload, If_Match='"x"') == (412, "PreconditionFailed")
    server.now_ns += SECOND_NS
    server.ask("PUT", "/bkt/key", BODY)
    assert complete(server, *upload, If_Match=ETAG) == (409, "ConditionalRequestConflict")
    server.ask("DELETE", "/bkt/key")
    assert complete(server, *upload, If_Match=ETAG) == (404, "NoSuchKey")
    assert complete(server, *upload) == (200, "")
