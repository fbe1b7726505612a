"""Buckets: what they may be called, who may make and remove them, and how they are listed."""

import pytest

from simulator.services.s3.settings import Settings
from tests.support.s3_model import OTHER, Server, code, header, text

BODY = "<CreateBucketConfiguration><LocationConstraint>{}</LocationConstraint></CreateBucketConfiguration>"


@pytest.mark.parametrize("name", ["abc", "a-b.c", "0" * 63, "my.bucket.name", "1abc", "xn-abc"])
def test_a_good_name(name: str) -> None:
    assert Server().ask("PUT", f"/{name}").status == 200


@pytest.mark.parametrize(
    "name",
    [
        "ab", "0" * 64, "Abc", "a_b", "-ab", "ab-", "a..b", "a.-b", "1.2.3.4", "xn--abc", "abc-s3alias",
        "sthree-abc", "abc--ol-s3", "abc.mrap", "abc--x-s3", ".ab", "a%20b",
    ],
)  # fmt: skip
def test_a_bad_name(name: str) -> None:
    answer = Server().ask("PUT", f"/{name}")

    assert (answer.status, code(answer)) == (400, "InvalidBucketName")


def test_the_oldest_region_lets_its_owner_create_a_bucket_again_and_others_do_not() -> None:
    classic, modern = Server(), Server(region="eu-central-1")
    here = BODY.format("eu-central-1").encode()

    assert [classic.ask("PUT", "/bkt").status for _ in range(2)] == [200, 200]
    assert modern.ask("PUT", "/bkt", here).status == 200
    assert code(modern.ask("PUT", "/bkt", here)) == "BucketAlreadyOwnedByYou"


def test_a_bucket_of_another_account_is_taken() -> None:
    server = Server()
    server.ask("PUT", "/bkt")
    server.who = OTHER

    answer = server.ask("PUT", "/bkt")

    assert (answer.status, code(answer)) == (409, "BucketAlreadyExists")


@pytest.mark.parametrize(
    ("region", "body", "expected"),
    [
        ("us-east-1", "", ""),
        ("us-east-1", BODY.format("us-east-1"), "InvalidLocationConstraint"),
        ("us-east-1", BODY.format("eu-west-1"), "IllegalLocationConstraintException"),
        ("eu-west-1", "", "IllegalLocationConstraintException"),
        ("eu-west-1", BODY.format("eu-west-1"), ""),
        ("eu-west-1", BODY.format("eu-west-2"), "IllegalLocationConstraintException"),
        ("eu-west-1", BODY.format("a b"), "InvalidLocationConstraint"),
        ("us-east-1", "<CreateBucketConfiguration>", "MalformedXML"),
        ("us-east-1", "<Other/>", "MalformedXML"),
        ("us-east-1", "<CreateBucketConfiguration/>", ""),
    ],
)
def test_the_location_must_be_ours(region: str, body: str, expected: str) -> None:
    assert code(Server(region=region).ask("PUT", "/bkt", body.encode())) == expected


@pytest.mark.parametrize(("region", "shown"), [("us-east-1", None), ("eu-west-1", "eu-west-1")])
def test_where_a_bucket_is(region: str, shown: str | None) -> None:
    server = Server(region=region)
    server.ask("PUT", "/bkt", BODY.format(region).encode() if shown else b"")
    client = server.client()

    assert client.get_bucket_location(Bucket="bkt")["LocationConstraint"] == shown
    assert client.head_bucket(Bucket="bkt")["BucketRegion"] == region


def test_a_bucket_that_is_not_there() -> None:
    server = Server()

    for method, target in [("GET", "/nope"), ("DELETE", "/nope"), ("PUT", "/nope/key"), ("GET", "/nope/key")]:
        answer = server.ask(method, target)
        assert (answer.status, code(answer)) == (404, "NoSuchBucket")
        assert b"<BucketName>nope</BucketName>" in text(answer)
    head = server.ask("HEAD", "/nope")
    assert (head.status, text(head)) == (404, b"")


def test_only_an_empty_bucket_can_be_deleted() -> None:
    server = Server()
    server.ask("PUT", "/bkt")
    server.ask("PUT", "/bkt/key", b"x")

    answer = server.ask("DELETE", "/bkt")
    assert (answer.status, code(answer)) == (409, "BucketNotEmpty")
    server.ask("DELETE", "/bkt/key")

    assert server.ask("DELETE", "/bkt").status == 204
    assert code(server.ask("DELETE", "/bkt")) == "NoSuchBucket"


def test_a_listing_of_buckets_shows_the_callers_own_by_name() -> None:
    server = Server()
    for name in ("ccc", "aaa", "bbb"):
        server.ask("PUT", f"/{name}")
    server.who = OTHER
    server.ask("PUT", "/other")
    mine = server.client().list_buckets()
    server.who = server.s3.owner
    listed = server.client().list_buckets()

    assert [bucket["Name"] for bucket in listed["Buckets"]] == ["aaa", "bbb", "ccc"]
    assert listed["Owner"] == {"DisplayName": "soundstage", "ID": server.s3.owner.id}
    assert [bucket["Name"] for bucket in mine["Buckets"]] == ["other"]


def test_pages_of_buckets_make_the_whole_list() -> None:
    server = Server()
    for number in range(7):
        server.ask("PUT", f"/bkt-{number}")
    server.ask("PUT", "/zzz")
    client = server.client()

    pages = list(client.get_paginator("list_buckets").paginate(PaginationConfig={"PageSize": 3}, Prefix="bkt-"))

    assert [len(page["Buckets"]) for page in pages] == [3, 3, 1]
    assert {bucket["BucketRegion"] for page in pages for bucket in page["Buckets"]} == {"us-east-1"}
    assert pages[0]["Prefix"] == "bkt-"


@pytest.mark.parametrize("query", ["max-buckets=0", "max-buckets=10001", "max-buckets=x", "continuation-token=%21"])
def test_a_bad_page_of_buckets(query: str) -> None:
    answer = Server().ask("GET", f"/?{query}")

    assert (answer.status, code(answer)) == (400, "InvalidArgument")


def test_there_is_a_limit_to_buckets() -> None:
    server = Server(buckets_max=2)

    assert [code(server.ask("PUT", f"/bkt-{number}")) for number in range(3)] == ["", "", "TooManyBuckets"]


def test_the_expected_owner_is_compared_with_the_owner() -> None:
    server = Server()
    server.ask("PUT", "/bkt")

    assert server.ask("HEAD", "/bkt", x_amz_expected_bucket_owner="123456789012").status == 200
    assert server.ask("HEAD", "/bkt", x_amz_expected_bucket_owner="999999999999").status == 403
    assert code(server.ask("GET", "/bkt/key", x_amz_expected_bucket_owner="9" * 12)) == "AccessDenied"


def test_every_answer_has_its_own_ids_drawn_from_the_given_chance() -> None:
    one, two = Server(), Server()
    answers = [[server.ask("GET", "/nope") for _ in range(3)] for server in (one, two)]
    ids = [header(answer, "x-amz-request-id") for answer in answers[0]]

    assert len(set(ids)) == 3
    assert [text(answer) for answer in answers[0]] == [text(answer) for answer in answers[1]]
    assert f"<RequestId>{ids[0]}</RequestId>".encode() in text(answers[0][0])
    assert header(answers[0][0], "Date") == "Fri, 15 Jan 2027 08:00:00 GMT"


def test_an_error_is_written_as_aws_writes_it() -> None:
    answer = Server(Settings()).ask("GET", "/nope")
    request_id, host_id = header(answer, "x-amz-request-id"), header(answer, "x-amz-id-2")

    assert text(answer).decode() == (
        '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NoSuchBucket</Code>'
        "<Message>The specified bucket does not exist</Message><BucketName>nope</BucketName>"
        f"<RequestId>{request_id}</RequestId><HostId>{host_id}</HostId></Error>"
    )
    assert header(answer, "Content-Type") == "application/xml"


def test_what_is_not_covered_may_be_declined() -> None:
    server = Server()

    assert server.ask("PUT", "/bkt", x_amz_bucket_object_lock_enabled="false").status == 200
    assert code(server.ask("PUT", "/new", x_amz_bucket_object_lock_enabled="true")) == "NotImplemented"


def test_buckets_can_be_created_with_tags() -> None:
    server = Server()
    client = server.client()
    client.create_bucket(Bucket="bkt", CreateBucketConfiguration={"Tags": [{"Key": "a", "Value": "b"}]})

    assert client.get_bucket_tagging(Bucket="bkt")["TagSet"] == [{"Key": "a", "Value": "b"}]
