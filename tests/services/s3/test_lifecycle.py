"""Lifecycle: what rules say is what happens, at the midnight they say, and not before."""

from typing import Any

import pytest

from tests.support.s3_model import DAY_NS, SECOND_NS, Server, code, header, text

# The clock of the tests begins on 2027-01-15 at 08:00 UTC.
MIDNIGHT_NS = 16 * 3600 * SECOND_NS


@pytest.fixture
def server() -> Server:
    server = Server()
    server.ask("PUT", "/bkt")
    return server


def rule(server: Server, *rules: dict[str, Any]) -> None:
    whole = [
        {"ID": f"rule-{number}", "Status": "Enabled", "Filter": {"Prefix": ""}, **each}
        for number, each in enumerate(rules)
    ]
    server.client().put_bucket_lifecycle_configuration(Bucket="bkt", LifecycleConfiguration={"Rules": whole})


def test_what_is_put_is_what_is_got(server: Server) -> None:
    rules = [
        {"ID": "a", "Status": "Enabled", "Filter": {"Prefix": "x/"}, "Expiration": {"Days": 3}},
        {"ID": "b", "Status": "Disabled", "Filter": {}, "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1}},
        {
            "ID": "c",
            "Status": "Enabled",
            "Filter": {"And": {"Prefix": "y", "Tags": [{"Key": "k", "Value": "v"}], "ObjectSizeGreaterThan": 5}},
            "NoncurrentVersionExpiration": {"NoncurrentDays": 2, "NewerNoncurrentVersions": 1},
            "Expiration": {"ExpiredObjectDeleteMarker": True},
        },
        {"ID": "d", "Status": "Enabled", "Prefix": "old", "Expiration": {"Days": 1}},
    ]
    client = server.client()
    client.put_bucket_lifecycle_configuration(Bucket="bkt", LifecycleConfiguration={"Rules": rules})
    got = client.get_bucket_lifecycle_configuration(Bucket="bkt")["Rules"]

    assert got == [rules[0], {**rules[1], "Filter": {"Prefix": ""}}, *rules[2:]]
    client.delete_bucket_lifecycle(Bucket="bkt")
    assert code(server.ask("GET", "/bkt?lifecycle")) == "NoSuchLifecycleConfiguration"


def test_an_object_expires_at_the_midnight_after_its_days(server: Server) -> None:
    server.ask("PUT", "/bkt/key", b"x")
    rule(server, {"Expiration": {"Days": 2}})
    due = header(server.ask("HEAD", "/bkt/key"), "x-amz-expiration")
    server.now_ns += 2 * DAY_NS + MIDNIGHT_NS - 1

    assert due == 'expiry-date="Mon, 18 Jan 2027 00:00:00 GMT", rule-id="rule-0"'
    assert server.ask("HEAD", "/bkt/key").status == 200
    server.now_ns += 1
    assert server.ask("HEAD", "/bkt/key").status == 404


@pytest.mark.parametrize(
    ("condition", "gone"),
    [
        ({"Prefix": "ke"}, True),
        ({"Prefix": "x"}, False),
        ({"Tag": {"Key": "a", "Value": "1"}}, True),
        ({"Tag": {"Key": "a", "Value": "2"}}, False),
        ({"ObjectSizeGreaterThan": 3}, True),
        ({"ObjectSizeGreaterThan": 4}, False),
        ({"ObjectSizeLessThan": 5}, True),
        ({"ObjectSizeLessThan": 4}, False),
    ],
)
def test_only_what_a_rule_is_about_expires(server: Server, condition: dict[str, Any], gone: bool) -> None:
    server.ask("PUT", "/bkt/key", b"four", x_amz_tagging="a=1")
    rule(server, {"Filter": condition, "Expiration": {"Days": 1}})
    server.now_ns += 3 * DAY_NS

    assert server.ask("HEAD", "/bkt/key").status == (404 if gone else 200)


def test_a_rule_that_is_off_does_nothing(server: Server) -> None:
    server.ask("PUT", "/bkt/key", b"x")
    rule(server, {"Status": "Disabled", "Expiration": {"Days": 1}})
    server.now_ns += 9 * DAY_NS

    assert server.ask("HEAD", "/bkt/key").status == 200


def test_a_date_is_a_date(server: Server) -> None:
    server.ask("PUT", "/bkt/key", b"x")
    rule(server, {"Expiration": {"Date": "2027-01-17T00:00:00Z"}})
    server.now_ns += DAY_NS + MIDNIGHT_NS - 1

    assert server.ask("HEAD", "/bkt/key").status == 200
    server.now_ns += 1
    assert server.ask("HEAD", "/bkt/key").status == 404


def test_an_upload_nobody_completes_is_aborted_and_says_when(server: Server) -> None:
    rule(server, {"AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1}})
    begun = server.client().create_multipart_upload(Bucket="bkt", Key="key")
    target = f"/bkt/key?uploadId={begun['UploadId']}"
    server.now_ns += DAY_NS + MIDNIGHT_NS - 1

    assert str(begun["AbortDate"]).startswith("2027-01-17 00:00:00")
    assert begun["AbortRuleId"] == "rule-0"
    assert server.ask("GET", target).status == 200
    server.now_ns += 1
    assert code(server.ask("PUT", target + "&partNumber=1", b"x")) == "NoSuchUpload"


def test_in_a_bucket_with_versions_expiry_lays_a_marker_and_old_versions_go_later(server: Server) -> None:
    client = server.client()
    client.put_bucket_versioning(Bucket="bkt", VersioningConfiguration={"Status": "Enabled"})
    server.ask("PUT", "/bkt/key", b"one")
    server.ask("PUT", "/bkt/key", b"two")
    rule(server, {"Expiration": {"Days": 1}, "NoncurrentVersionExpiration": {"NoncurrentDays": 3}})
    server.now_ns += 2 * DAY_NS
    listed = client.list_object_versions(Bucket="bkt")

    assert server.ask("HEAD", "/bkt/key").status == 404
    assert (len(listed["Versions"]), len(listed["DeleteMarkers"])) == (2, 1)
    server.now_ns += 2 * DAY_NS
    assert len(client.list_object_versions(Bucket="bkt")["Versions"]) == 1
    server.now_ns += 3 * DAY_NS
    assert server.ask("DELETE", "/bkt").status == 204


def test_the_newest_old_versions_can_be_kept(server: Server) -> None:
    client = server.client()
    client.put_bucket_versioning(Bucket="bkt", VersioningConfiguration={"Status": "Enabled"})
    for number in range(5):
        server.ask("PUT", "/bkt/key", str(number).encode())
    rule(server, {"NoncurrentVersionExpiration": {"NoncurrentDays": 1, "NewerNoncurrentVersions": 2}})
    server.now_ns += 3 * DAY_NS

    assert len(client.list_object_versions(Bucket="bkt")["Versions"]) == 3


def test_a_shorter_day_makes_everything_come_sooner() -> None:
    server = Server(day_ns=SECOND_NS)
    server.ask("PUT", "/bkt")
    server.ask("PUT", "/bkt/key", b"x")
    rule(server, {"Expiration": {"Days": 2}})
    server.now_ns += 3 * SECOND_NS

    assert server.ask("HEAD", "/bkt/key").status == 404


def test_what_was_done_is_told() -> None:
    told: list[Any] = []
    server = Server()
    server.s3.tell = lambda kind, **fields: told.append((kind, fields["key"], fields["what"]))
    server.ask("PUT", "/bkt")
    server.ask("PUT", "/bkt/key", b"x")
    rule(server, {"Expiration": {"Days": 1}})
    server.s3.sweep_all(server.now_ns + 3 * DAY_NS)

    assert told == [("s3.lifecycle", "key", "object-expired")]


RULE = "<Status>Enabled</Status><Filter></Filter>"


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        ("<Filter/><Expiration><Days>1</Days></Expiration>", "MalformedXML"),
        ("<Status>On</Status><Filter/><Expiration><Days>1</Days></Expiration>", "MalformedXML"),
        ("<Status>Enabled</Status><Expiration><Days>1</Days></Expiration>", "MalformedXML"),
        (f"{RULE}<Prefix/><Expiration><Days>1</Days></Expiration>", "MalformedXML"),
        (RULE, "InvalidRequest"),
        (f"{RULE}<Expiration/>", "MalformedXML"),
        (f"{RULE}<Expiration><Days>0</Days></Expiration>", "InvalidArgument"),
        (f"{RULE}<Expiration><Days>x</Days></Expiration>", "MalformedXML"),
        (f"{RULE}<Expiration><Date>2027-01-17T01:00:00Z</Date></Expiration>", "InvalidArgument"),
        (f"{RULE}<Expiration><Date>soon</Date></Expiration>", "MalformedXML"),
        (f"{RULE}<Transition><Days>1</Days><StorageClass>GLACIER</StorageClass></Transition>", "NotImplemented"),
        (f"{RULE}<AbortIncompleteMultipartUpload/>", "MalformedXML"),
        (f"{RULE}<Other/>", "MalformedXML"),
        (f"<ID>{'x' * 256}</ID>{RULE}<Expiration><Days>1</Days></Expiration>", "InvalidArgument"),
    ],
)
def test_a_bad_rule(server: Server, inside: str, expected: str) -> None:
    body = f"<LifecycleConfiguration><Rule>{inside}</Rule></LifecycleConfiguration>"

    assert code(server.ask("PUT", "/bkt?lifecycle", body.encode())) == expected


def test_rules_bear_different_names_and_get_one_if_they_have_none(server: Server) -> None:
    one = "<Rule><ID>a</ID><Status>Enabled</Status><Filter/><Expiration><Days>1</Days></Expiration></Rule>"
    both = f"<LifecycleConfiguration>{one}{one}</LifecycleConfiguration>"
    nameless = f"<LifecycleConfiguration>{one.replace('<ID>a</ID>', '')}</LifecycleConfiguration>"

    assert code(server.ask("PUT", "/bkt?lifecycle", both.encode())) == "InvalidArgument"
    assert server.ask("PUT", "/bkt?lifecycle", nameless.encode()).status == 200
    assert len(text(server.ask("GET", "/bkt?lifecycle")).partition(b"<ID>")[2].partition(b"<")[0]) == 32
