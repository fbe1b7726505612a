"""What botocore signs is taken, whatever the key, the query and the headers; what is changed afterwards is not."""

import time
from urllib.parse import quote

import pytest
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotoCredentials
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.services.http.message import Request
from simulator.services.s3.auth import Authenticator, Credentials, Grant
from simulator.services.s3.errors import S3Error

SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
KEYS = (
    Credentials(access_key="AKIDEXAMPLE", secret_key=SECRET),
    Credentials(access_key="test", secret_key="test"),
    Credentials(access_key="ASIATEMPORARY", secret_key=SECRET, session_token="a/token+of=many=="),
)

words = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=20)
keys = st.one_of(
    words, st.sampled_from(["a b", "a+b", "a//b", "/a", "ä/ö", "a%2Fb", "~-._", "a/../b", "日本", "'()*!"])
)
# A request that is signed twice is another matter.
names = words.filter(lambda name: not name.startswith("X-Amz-") and name not in ("Signature", "AWSAccessKeyId"))
tokens = st.text("abcdefghijklmnopqrstuvwxyz0123456789-", min_size=1, max_size=12)
values = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=30).map(str.strip)


def authenticator() -> Authenticator:
    return Authenticator(KEYS, region="us-east-1", now_ns=time.time_ns)


def boto(known: Credentials) -> BotoCredentials:
    return BotoCredentials(known.access_key, known.secret_key, known.session_token or None)


def as_sent(request: AWSRequest) -> Request:
    """The request as it goes over the wire."""
    prepared = request.prepare()
    target = prepared.url.partition("://")[2].partition("/")[2]
    headers = [
        (name, value.decode() if isinstance(value, bytes) else value) for name, value in prepared.headers.items()
    ]
    if "host" not in {name.lower() for name, _ in headers}:
        headers.append(("Host", prepared.url.partition("://")[2].partition("/")[0]))
    return Request(prepared.method, f"/{target}", headers)


def url(host: str, path: str, query: dict[str, str]) -> str:
    words = "&".join(f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}" for name, value in query.items())
    return f"http://{host}{quote(path, safe='/~')}" + (f"?{words}" if words else "")


@settings(max_examples=300, deadline=None)
@given(
    key=keys,
    query=st.dictionaries(names, words, max_size=4),
    headers=st.dictionaries(tokens.map(lambda name: f"x-amz-meta-{name}"), values, max_size=4),
    method=st.sampled_from(["GET", "PUT", "POST", "DELETE", "HEAD"]),
    body=st.binary(max_size=20),
    virtual=st.booleans(),
    known=st.sampled_from(KEYS),
)
def test_every_request_that_botocore_signs_is_taken(
    key: str,
    query: dict[str, str],
    headers: dict[str, str],
    method: str,
    body: bytes,
    virtual: bool,
    known: Credentials,
) -> None:
    host, path = ("bucket.localhost:9000", f"/{key}") if virtual else ("localhost:9000", f"/bucket/{key}")
    request = AWSRequest(method=method, url=url(host, path, query), headers=headers, data=body)

    S3SigV4Auth(boto(known), "s3", "us-east-1").add_auth(request)

    grant = authenticator().check(as_sent(request))
    assert grant.claim.access_key == known.access_key


@settings(max_examples=200, deadline=None)
@given(
    key=keys,
    query=st.dictionaries(names, words, max_size=3),
    known=st.sampled_from(KEYS),
    expires=st.integers(1, 604800),
)
def test_every_url_that_botocore_presigns_is_taken(
    key: str, query: dict[str, str], known: Credentials, expires: int
) -> None:
    request = AWSRequest(method="GET", url=url("localhost:9000", f"/bucket/{key}", query))

    S3SigV4QueryAuth(boto(known), "s3", "us-east-1", expires=expires).add_auth(request)

    grant = authenticator().check(as_sent(request))
    assert grant.payload == "UNSIGNED-PAYLOAD"
    assert grant.claim.expires_s == expires


def signed(*, headers: dict[str, str] | None = None, known: Credentials = KEYS[0], secret: str = "") -> AWSRequest:
    request = AWSRequest(
        method="PUT", url="http://localhost:9000/bucket/a%20b?partNumber=1", headers=headers, data=b"x"
    )
    credentials = BotoCredentials(known.access_key, secret or known.secret_key, known.session_token or None)
    S3SigV4Auth(credentials, "s3", "us-east-1").add_auth(request)
    return request


def refused(request: Request) -> S3Error:
    with pytest.raises(S3Error) as caught:
        authenticator().check(request)
    return caught.value


def test_a_wrong_secret_is_told_with_what_the_server_signed() -> None:
    error = refused(as_sent(signed(secret="another")))

    assert (error.code, error.status) == ("SignatureDoesNotMatch", 403)
    assert list(error.fields) == [
        "AWSAccessKeyId", "StringToSign", "SignatureProvided", "StringToSignBytes", "CanonicalRequest",
        "CanonicalRequestBytes",
    ]  # fmt: skip
    canonical = str(error.fields["CanonicalRequest"])
    assert canonical.startswith("PUT\n/bucket/a%20b\npartNumber=1\nhost:localhost:9000\n")
    assert bytes.fromhex(str(error.fields["CanonicalRequestBytes"])) == canonical.encode()


@pytest.mark.parametrize("change", ["method", "path", "query", "header", "payload"])
def test_what_is_changed_after_signing_is_refused(change: str) -> None:
    request = as_sent(signed(headers={"x-amz-meta-a": "1"}))
    target, method, headers = request.target, request.method, dict(request.headers)
    if change == "method":
        method = "GET"
    elif change == "path":
        target = target.replace("a%20b", "a%20c")
    elif change == "query":
        target += "&x=1"
    elif change == "header":
        headers["x-amz-meta-a"] = "2"
    else:
        headers["X-Amz-Content-SHA256"] = "0" * 64

    error = refused(Request(method, target, list(headers.items())))

    assert error.code == "SignatureDoesNotMatch"


def test_a_header_of_amazons_that_is_not_signed_is_refused_by_name() -> None:
    request = as_sent(signed())

    error = refused(Request("PUT", request.target, [*request.headers, ("x-amz-acl", "private")]))

    assert (error.code, error.fields) == ("AccessDenied", {"HeadersNotSigned": "x-amz-acl"})


def test_repeated_headers_and_runs_of_blanks_are_signed_as_aws_reads_them() -> None:
    request = AWSRequest(method="GET", url="http://localhost:9000/b/k")
    request.headers.add_header("x-amz-meta-a", "one   two")
    request.headers.add_header("x-amz-meta-a", " three ")
    S3SigV4Auth(boto(KEYS[0]), "s3", "us-east-1").add_auth(request)

    sent = [("Host", "localhost:9000"), *((name, value.strip()) for name, value in request.headers.items())]
    grant: Grant = authenticator().check(Request("GET", "/b/k", sent))

    assert [value for name, value in sent if name == "x-amz-meta-a"] == ["one   two", "three"]
    assert "x-amz-meta-a" in grant.claim.signed
