"""Whatever a client sends, the model answers, and with an answer of S3's; nothing that is refused leaves a trace."""

from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.services.http.message import Request
from simulator.services.rope import Rope
from simulator.services.s3.errors import ERRORS, S3Error
from simulator.services.s3.model import S3
from simulator.services.s3.operations import OPERATIONS
from simulator.services.s3.request import locate
from simulator.services.s3.store import Bucket
from tests.support.s3_model import START_NS, Server, code, header, text

MARKERS = sorted({each.marker for each in OPERATIONS.values() if each.marker})
HEADERS = sorted({name for each in OPERATIONS.values() for name in each.headers})
VALUES = [
    "",
    "0",
    "1",
    "-1",
    "x",
    "null",
    "*",
    "CRC32",
    "SHA256",
    "COMPOSITE",
    "REPLACE",
    "/bkt/key",
    "public-read",
    "2",
]

targets = st.sampled_from(["/", "/bkt", "/bkt/key", "/bkt/new", "/Bad_Name", "/nope/key", "/bkt/é"])
queries = st.dictionaries(
    st.one_of(
        st.sampled_from(MARKERS + ["partNumber", "versionId", "max-keys", "prefix", "delimiter", "encoding-type"])
    ),
    st.sampled_from(VALUES),
    max_size=3,
)
headers = st.dictionaries(
    st.sampled_from(
        [*HEADERS, "range", "if-match", "if-none-match", "content-md5", "origin", "x-amz-meta-a", "if-modified-since"]
    ),
    st.one_of(st.sampled_from(VALUES), st.text(alphabet=st.characters(codec="latin-1"), max_size=5)),
    max_size=4,
)
roots = sorted(
    ["Delete", "Tagging", "CompleteMultipartUpload", "CreateBucketConfiguration", "LifecycleConfiguration",
     "CORSConfiguration", "AccessControlPolicy", "VersioningConfiguration", "OwnershipControls",
     "PublicAccessBlockConfiguration"]
)  # fmt: skip
nodes = st.recursive(
    st.sampled_from(["", "1", "x", "Enabled"]),
    lambda inner: st.builds(
        lambda name, parts: f"<{name}>{''.join(parts)}</{name}>",
        st.sampled_from(
            ["Object", "Key", "Rule", "ID", "Status", "Filter", "Part", "PartNumber", "ETag", "TagSet", "Tag", "Quiet"]
        ),
        st.lists(inner, max_size=3),
    ),
    max_leaves=6,
)
bodies = st.one_of(
    st.just(b""),
    st.binary(max_size=10),
    st.builds(lambda root, inside: f"<{root}>{inside}</{root}>".encode(), st.sampled_from(roots), nodes),
)


def snapshot(bucket: Bucket | None) -> Any:
    if bucket is None:
        return None
    # When it was last looked through is nothing that anybody sees.
    return msgspec.json.encode(msgspec.structs.replace(bucket, swept_ns=0), enc_hook=lambda rope: bytes(rope).hex())


@settings(max_examples=600, deadline=None)
@given(
    st.sampled_from(["GET", "PUT", "POST", "DELETE", "HEAD", "OPTIONS", "PATCH"]),
    targets,
    queries,
    headers,
    bodies,
    st.booleans(),
)
def test_whatever_is_asked_there_is_an_answer_and_a_refusal_changes_nothing(
    method: str, target: str, query: dict[str, str], named: dict[str, str], body: bytes, signed: bool
) -> None:
    server = Server(part_bytes_min=1)
    server.ask("PUT", "/bkt")
    server.ask("PUT", "/bkt/key", b"x")
    server.ask("POST", "/bkt/key?uploads")
    before = snapshot(server.s3.store.buckets["bkt"])
    if not signed:
        server.who = None
    joined = "&".join(f"{name}={value}" if value else name for name, value in query.items())

    answer = server.ask(method, f"{target}?{joined}" if joined else target, body, **named)

    assert 200 <= answer.status < 600
    assert header(answer, "x-amz-request-id")
    if answer.status >= 400:
        if method != "HEAD":
            assert code(answer) in ERRORS
            assert answer.status == ERRORS[code(answer)][0]
        assert snapshot(server.s3.store.buckets.get("bkt")) == before


def test_the_same_requests_and_the_same_chance_give_the_same_answers() -> None:
    def story() -> list[Any]:
        server = Server()
        answers = [
            server.ask(method, target, body)
            for method, target, body in [
                ("PUT", "/bkt", b""),
                ("POST", "/bkt/key?uploads", b""),
                ("PUT", "/bkt/key", b"x"),
                ("GET", "/bkt", b""),
                ("GET", "/bkt?uploads", b""),
                ("GET", "/bkt/nope", b""),
            ]
        ]
        return [(answer.status, answer.headers, text(answer)) for answer in answers]

    assert story() == story()


def test_two_models_may_share_one_store() -> None:
    server = Server()
    server.ask("PUT", "/bkt")
    other = S3(server.s3.settings, server.s3.store, rng=Random(1))
    request = locate(Request("HEAD", "/bkt", []), other.settings)
    request.who = other.owner

    assert other.apply(request, START_NS).status == 200


def test_a_refusal_can_be_worded_for_others() -> None:
    s3 = S3()
    answer = s3.refusal(S3Error("SlowDown"), None, START_NS)

    assert (answer.status, code(answer)) == (503, "SlowDown")
    assert header(answer, "Server") == "AmazonS3"


@pytest.mark.parametrize("name", sorted(ERRORS))
def test_every_error_has_a_status_and_words(name: str) -> None:
    status, message = ERRORS[name]

    assert 300 <= status < 600
    assert message


def test_every_error_that_is_raised_is_in_the_table() -> None:
    import re

    import simulator.services.s3 as package

    found = set()
    for path in Path(package.__path__[0]).glob("*.py"):
        found |= set(re.findall(r'S3Error\(\s*"(\w+)"', path.read_text(encoding="utf-8")))

    assert found <= set(ERRORS)


def test_deletions_in_a_list_are_quiet_on_demand_and_limited() -> None:
    server = Server(delete_keys_max=3)
    server.ask("PUT", "/bkt")
    client = server.client()
    keys = [{"Key": str(number)} for number in range(4)]

    assert "Deleted" not in client.delete_objects(Bucket="bkt", Delete={"Objects": keys[:3], "Quiet": True})
    assert len(client.delete_objects(Bucket="bkt", Delete={"Objects": keys[:3]})["Deleted"]) == 3
    with pytest.raises(client.exceptions.ClientError, match="MalformedXML"):
        client.delete_objects(Bucket="bkt", Delete={"Objects": keys})


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"<Delete/>", "MalformedXML"),
        (b"<Delete><Object/></Delete>", "MalformedXML"),
        (b"<Delete><Object><Key></Key></Object></Delete>", "UserKeyMustBeSpecified"),
        (b"<Delete><Object><Key>a</Key><Size>1</Size></Object></Delete>", "NotImplemented"),
        (b"<Delete><Object><Key>a</Key></Object><Quiet>maybe</Quiet></Delete>", "MalformedXML"),
        (b"", "MissingRequestBodyError"),
    ],
)
def test_a_bad_list_of_deletions(body: bytes, expected: str) -> None:
    server = Server()
    server.ask("PUT", "/bkt")
    import hashlib
    from base64 import b64encode

    md5 = b64encode(hashlib.md5(body).digest()).decode()

    assert code(server.ask("POST", "/bkt?delete", body, Content_MD5=md5)) == expected
    assert code(server.ask("POST", "/bkt?delete", body)) == "InvalidRequest"


def test_a_body_is_never_copied_on_its_way_in_and_out() -> None:
    server = Server()
    server.ask("PUT", "/bkt")
    body = Random(1).randbytes(1 << 20)
    server.ask("PUT", "/bkt/key", Rope.of(body))

    answer = server.ask("GET", "/bkt/key").body

    assert isinstance(answer, list)
    assert answer[0] is body
