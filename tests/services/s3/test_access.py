"""Access: who is let in by an ACL and who is not, for buckets and for objects; what turns ACLs off."""

from typing import Any

import pytest

from tests.support.s3_model import OTHER, Server, code, text

OWN = "own"


@pytest.fixture
def server() -> Server:
    server = Server()
    server.ask("PUT", "/bkt")
    server.ask("PUT", "/bkt/key", b"x")
    return server


def as_(server: Server, who: str) -> Server:
    server.who = {"own": server.s3.owner, "other": OTHER, "anybody": None}[who]
    return server


@pytest.mark.parametrize(
    ("acl", "reads", "writes"),
    [
        ("private", {OWN}, {OWN}),
        ("public-read", {OWN, "other", "anybody"}, {OWN}),
        ("public-read-write", {OWN, "other", "anybody"}, {OWN, "other", "anybody"}),
        ("authenticated-read", {OWN, "other"}, {OWN}),
    ],
)
def test_a_buckets_acl_says_who_lists_and_who_writes(
    server: Server, acl: str, reads: set[str], writes: set[str]
) -> None:
    server.ask("PUT", "/bkt?acl", x_amz_acl=acl)
    for who in (OWN, "other", "anybody"):
        as_(server, who)
        assert (server.ask("GET", "/bkt").status == 200) == (who in reads)
        assert (server.ask("PUT", f"/bkt/{who}", b"y").status == 200) == (who in writes)
        assert (server.ask("GET", "/bkt?versioning").status == 200) == (who == OWN)
    assert code(as_(server, "anybody").ask("PUT", "/bkt?acl", x_amz_acl="private")) == "AccessDenied"


@pytest.mark.parametrize(
    ("acl", "reads"),
    [
        ("private", {OWN}),
        ("public-read", {OWN, "other", "anybody"}),
        ("authenticated-read", {OWN, "other"}),
        ("bucket-owner-read", {OWN}),
    ],
)
def test_an_objects_acl_says_who_reads_it(server: Server, acl: str, reads: set[str]) -> None:
    server.ask("PUT", "/bkt/key", b"x", x_amz_acl=acl)

    for who in (OWN, "other", "anybody"):
        assert (as_(server, who).ask("GET", "/bkt/key").status == 200) == (who in reads)


def test_who_may_not_list_does_not_learn_what_is_missing(server: Server) -> None:
    assert as_(server, "other").ask("GET", "/bkt/nope").status == 403
    as_(server, OWN).ask("PUT", "/bkt?acl", x_amz_acl="public-read")
    assert as_(server, "other").ask("GET", "/bkt/nope").status == 404


def test_an_object_belongs_to_its_writer_until_the_bucket_says_otherwise(server: Server) -> None:
    server.ask("PUT", "/bkt?acl", x_amz_acl="public-read-write")
    as_(server, "other").ask("PUT", "/bkt/theirs", b"x")
    assert as_(server, OWN).ask("GET", "/bkt/theirs").status == 403
    as_(server, "other").ask("PUT", "/bkt/shared", b"x", x_amz_acl="bucket-owner-full-control")
    assert as_(server, OWN).ask("GET", "/bkt/shared").status == 200

    rules = {"Rules": [{"ObjectOwnership": "BucketOwnerPreferred"}]}
    server.client().put_bucket_ownership_controls(Bucket="bkt", OwnershipControls=rules)
    as_(server, "other").ask("PUT", "/bkt/given", b"x", x_amz_acl="bucket-owner-full-control")
    assert server.s3.store.buckets["bkt"].versions["given"][0].owner == server.s3.owner


def test_an_acl_is_shown_as_it_was_put(server: Server) -> None:
    client = server.client()
    grants: list[Any] = [
        {"Grantee": {"Type": "CanonicalUser", "ID": OTHER.id, "DisplayName": "other"}, "Permission": "READ_ACP"},
        {"Grantee": {"Type": "Group", "URI": "http://acs.amazonaws.com/groups/global/AllUsers"}, "Permission": "READ"},
    ]
    owner = {"ID": server.s3.owner.id}
    client.put_object_acl(Bucket="bkt", Key="key", AccessControlPolicy={"Owner": owner, "Grants": grants})
    got = client.get_object_acl(Bucket="bkt", Key="key")

    assert (got["Owner"]["ID"], got["Grants"]) == (server.s3.owner.id, grants)
    assert as_(server, "anybody").ask("GET", "/bkt/key").status == 200
    assert as_(server, "other").ask("GET", "/bkt/key?acl").status == 200
    client = as_(server, OWN).client()
    client.put_bucket_acl(Bucket="bkt", GrantRead=f'id="{OTHER.id}"')
    assert [grant["Permission"] for grant in client.get_bucket_acl(Bucket="bkt")["Grants"]] == ["READ"]
    assert as_(server, "other").ask("GET", "/bkt").status == 200


@pytest.mark.parametrize(
    ("headers", "body", "expected"),
    [
        ({"x_amz_acl": "none"}, "", "InvalidArgument"),
        ({"x_amz_acl": "private", "x_amz_grant_read": "id=x"}, "", "InvalidRequest"),
        ({"x_amz_grant_read": "name=x"}, "", "InvalidArgument"),
        ({"x_amz_grant_read": "uri=urn:x"}, "", "InvalidArgument"),
        ({"x_amz_grant_read": "emailAddress=a@b"}, "", "NotImplemented"),
        ({}, "", "MissingSecurityHeader"),
        ({"x_amz_acl": "private"}, "<AccessControlPolicy/>", "UnexpectedContent"),
        ({}, "<AccessControlPolicy/>", "MalformedACLError"),
        (
            {},
            "<AccessControlPolicy><Owner><ID>x</ID></Owner><AccessControlList/></AccessControlPolicy>",
            "AccessDenied",
        ),
    ],
)
def test_a_bad_acl(server: Server, headers: dict[str, str], body: str, expected: str) -> None:
    for target in ("/bkt?acl", "/bkt/key?acl"):
        assert code(server.ask("PUT", target, body.encode(), **headers)) == expected


def test_where_the_owner_is_enforced_acls_are_off() -> None:
    server = Server(object_ownership="BucketOwnerEnforced")
    server.ask("PUT", "/bkt")

    assert code(server.ask("PUT", "/bkt/key", b"x", x_amz_acl="public-read")) == "AccessControlListNotSupported"
    assert server.ask("PUT", "/bkt/key", b"x", x_amz_acl="bucket-owner-full-control").status == 200
    assert code(server.ask("PUT", "/bkt/key?acl", x_amz_acl="private")) == "AccessControlListNotSupported"
    assert code(server.ask("PUT", "/bkt?acl", x_amz_acl="public-read")) == "AccessControlListNotSupported"
    assert code(server.ask("PUT", "/new", x_amz_acl="public-read")) == "InvalidBucketAclWithObjectOwnership"


def test_ownership_controls_are_put_shown_and_deleted(server: Server) -> None:
    client = server.client()
    rules = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    client.put_bucket_ownership_controls(Bucket="bkt", OwnershipControls=rules)

    assert client.get_bucket_ownership_controls(Bucket="bkt")["OwnershipControls"] == rules
    client.delete_bucket_ownership_controls(Bucket="bkt")
    assert code(server.ask("GET", "/bkt?ownershipControls")) == "OwnershipControlsNotFoundError"
    server.ask("PUT", "/bkt?acl", x_amz_acl="public-read")
    body = text(server.ask("GET", "/bkt?acl"))
    assert b"AllUsers" in body
    with pytest.raises(client.exceptions.ClientError, match="InvalidBucketAclWithObjectOwnership"):
        client.put_bucket_ownership_controls(Bucket="bkt", OwnershipControls=rules)


def test_a_public_access_block_blocks(server: Server) -> None:
    client = server.client()
    server.ask("PUT", "/bkt/key", b"x", x_amz_acl="public-read")
    blocks = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True)
    client.put_public_access_block(Bucket="bkt", PublicAccessBlockConfiguration=blocks)

    assert client.get_public_access_block(Bucket="bkt")["PublicAccessBlockConfiguration"] == blocks
    assert server.ask("PUT", "/bkt/other", b"x", x_amz_acl="public-read").status == 403
    assert as_(server, "anybody").ask("GET", "/bkt/key").status == 403
    client = as_(server, OWN).client()
    client.delete_public_access_block(Bucket="bkt")
    assert as_(server, "anybody").ask("GET", "/bkt/key").status == 200
    assert code(as_(server, OWN).ask("GET", "/bkt?publicAccessBlock")) == "NoSuchPublicAccessBlockConfiguration"


@pytest.mark.parametrize(
    ("sub_resource", "status", "expected"),
    [
        ("policy", 404, "NoSuchBucketPolicy"),
        ("website", 404, "NoSuchWebsiteConfiguration"),
        ("replication", 404, "ReplicationConfigurationNotFoundError"),
        ("object-lock", 404, "ObjectLockConfigurationNotFoundError"),
        ("tagging", 404, "NoSuchTagSet"),
        ("encryption", 200, ""),
        ("requestPayment", 200, ""),
        ("logging", 200, ""),
        ("notification", 200, ""),
        ("accelerate", 200, ""),
    ],
)
def test_what_a_bucket_never_has_is_not_found(server: Server, sub_resource: str, status: int, expected: str) -> None:
    answer = server.ask("GET", f"/bkt?{sub_resource}")

    assert (answer.status, code(answer)) == (status, expected)


@pytest.mark.parametrize(
    ("target", "body"),
    [
        ("encryption", "<ServerSideEncryptionConfiguration>{}</ServerSideEncryptionConfiguration>"),
        ("requestPayment", "<RequestPaymentConfiguration><Payer>Requester</Payer></RequestPaymentConfiguration>"),
        ("logging", "<BucketLoggingStatus><LoggingEnabled/></BucketLoggingStatus>"),
        ("notification", "<NotificationConfiguration><EventBridgeConfiguration/></NotificationConfiguration>"),
    ],
)
def test_what_would_have_no_effect_is_refused(server: Server, target: str, body: str) -> None:
    kms = (
        "<ApplyServerSideEncryptionByDefault><SSEAlgorithm>aws:kms</SSEAlgorithm></ApplyServerSideEncryptionByDefault>"
    )
    document = body.format(f"<Rule>{kms}</Rule>").encode()

    assert code(server.ask("PUT", f"/bkt?{target}", document)) == "NotImplemented"


def test_bucket_tags_are_put_shown_and_deleted(server: Server) -> None:
    client = server.client()
    tags = [{"Key": "a", "Value": "1"}]
    client.put_bucket_tagging(Bucket="bkt", Tagging={"TagSet": tags})

    assert client.get_bucket_tagging(Bucket="bkt")["TagSet"] == tags
    client.delete_bucket_tagging(Bucket="bkt")
    assert code(server.ask("GET", "/bkt?tagging")) == "NoSuchTagSet"
