"""Version 2 of the signatures is taken where AWS takes it, as botocore signs it, and refused by name elsewhere."""

import time
from urllib.parse import quote

import pytest
from botocore.auth import HmacV1Auth, HmacV1QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotoCredentials
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.services.http.message import Request
from simulator.services.s3.auth import Authenticator, Credentials
from simulator.services.s3.errors import S3Error

KNOWN = (
    Credentials(access_key="AKID", secret_key="secret"),
    Credentials(access_key="ASIA", secret_key="secret", session_token="a/token+of=many=="),
)
keys = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=20),
    st.sampled_from(["a b", "a+b", "a//b", "ä/ö", "a%2Fb", "a/../b"]),
)
queries = st.sampled_from(
    ["", "?acl", "?uploads", "?uploadId=a%2Bb&partNumber=2", "?prefix=a&delimiter=%2F", "?x=1&acl"]
)


def keeper(*, region: str = "us-east-1", now_s: float = 0) -> Authenticator:
    return Authenticator(
        KNOWN,
        region=region,
        now_ns=lambda: int((now_s or time.time()) * 10**9),
        bucket_of_host=lambda host: host.partition(".")[0] if "." in host else "",
    )


def boto(known: Credentials) -> BotoCredentials:
    return BotoCredentials(known.access_key, known.secret_key, known.session_token or None)


def as_sent(request: AWSRequest) -> Request:
    prepared = request.prepare()
    host, _, target = prepared.url.partition("://")[2].partition("/")
    return Request(prepared.method, f"/{target}", [("Host", host), *prepared.headers.items()])


def refused(request: Request, **options: object) -> S3Error:
    with pytest.raises(S3Error) as caught:
        keeper(**options).check(request)  # type: ignore[arg-type]
    return caught.value


@settings(max_examples=200, deadline=None)
@given(key=keys, query=queries, known=st.sampled_from(KNOWN), virtual=st.booleans(), meta=st.booleans())
def test_every_request_that_botocore_signs_is_taken(
    key: str, query: str, known: Credentials, virtual: bool, meta: bool
) -> None:
    path = quote(f"/{key}" if virtual else f"/bucket/{key}", safe="/~")
    headers = {"Content-Type": "text/plain", "x-amz-meta-a": "one two"} if meta else {}
    request = AWSRequest(
        "PUT", f"http://{'bucket.localhost' if virtual else 'localhost'}{path}{query}", headers=headers
    )
    request.context["s3_redirect"] = {}
    request.auth_path = f"/bucket{path}" if virtual else path

    HmacV1Auth(boto(known), "s3", "us-east-1").add_auth(request)

    grant = keeper().check(as_sent(request))
    assert (grant.claim.access_key, grant.chunks) == (known.access_key, False)


@settings(max_examples=100, deadline=None)
@given(key=keys, query=queries, known=st.sampled_from(KNOWN))
def test_every_link_that_botocore_makes_is_taken_until_it_expires(key: str, query: str, known: Credentials) -> None:
    request = AWSRequest("GET", f"http://localhost{quote(f'/bucket/{key}', safe='/~')}{query}")

    HmacV1QueryAuth(boto(known), expires=60).add_auth(request)

    sent = as_sent(request)
    assert keeper().check(sent).claim.access_key == known.access_key
    expired = refused(sent, now_s=time.time() + 62)
    assert (expired.code, expired.message) == ("AccessDenied", "Request has expired")


def link(known: Credentials = KNOWN[0]) -> Request:
    request = AWSRequest("GET", "http://localhost/bucket/key")
    HmacV1QueryAuth(boto(known), expires=60).add_auth(request)
    return as_sent(request)


def test_a_changed_link_is_refused() -> None:
    error = refused(Request("GET", link().target.replace("/key", "/kez"), [("Host", "localhost")]))

    assert error.code == "SignatureDoesNotMatch"
    assert list(error.fields) == ["AWSAccessKeyId", "StringToSign", "SignatureProvided", "StringToSignBytes"]


def test_a_clock_that_is_off_is_told() -> None:
    request = AWSRequest("GET", "http://localhost/bucket/key")
    HmacV1Auth(boto(KNOWN[0]), "s3", "us-east-1").add_auth(request)

    assert refused(as_sent(request), now_s=time.time() + 1000).code == "RequestTimeTooSkewed"


def test_regions_that_came_later_do_not_take_it() -> None:
    error = refused(link(), region="eu-central-1")

    assert error.message.endswith("Please use AWS4-HMAC-SHA256.")


@pytest.mark.parametrize(
    ("header", "code"),
    [("AWS key", "InvalidArgument"), ("AWS :x", "InvalidArgument"), ("AWS nobody:x", "InvalidAccessKeyId")],
)
def test_a_malformed_header_is_told(header: str, code: str) -> None:
    date = ("Date", time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime()))

    assert refused(Request("GET", "/b", [("Host", "x"), date, ("Authorization", header)])).code == code


@pytest.mark.parametrize("expires", ["", "soon", "-1"])
def test_a_link_must_say_when_it_ends(expires: str) -> None:
    target = f"/b?AWSAccessKeyId=AKID&Signature=x&Expires={expires}"

    assert refused(Request("GET", target, [("Host", "x")])).code == "AccessDenied"
