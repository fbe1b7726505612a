"""Whatever a head says of itself, it gets an answer in S3's words, and no error of ours."""

import asyncio
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.services.http.message import Request, Response
from simulator.services.s3.app import S3App
from simulator.services.s3.auth import Authenticator, Credentials
from simulator.services.s3.model import S3
from simulator.services.s3.troubles import S3_SURFACE
from simulator.services.trouble import Switchboard
from tests.support.signing import Signer

NOW_S = 1_795_000_000
latin = st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_characters="\x7f"), max_size=40)
visible = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=40)
pieces = st.sampled_from([
    "AWS4-HMAC-SHA256 ", "AWS ", "Credential=", "test/20261118/us-east-1/s3/aws4_request", ", SignedHeaders=", "host",
    ";x-amz-date", ", Signature=", "0" * 64, "test:", "²", "%", "=", ",", "/", "\xa0",
])  # fmt: skip
names = st.sampled_from([
    "X-Amz-Algorithm=AWS4-HMAC-SHA256", "X-Amz-Credential=test%2F20261118%2Fus-east-1%2Fs3%2Faws4_request",
    "X-Amz-Date=20261118T110640Z", "X-Amz-Date=99999999T999999Z", "X-Amz-Expires=1", "X-Amz-Expires=%B2",
    "X-Amz-SignedHeaders=host", "X-Amz-Signature=0", "AWSAccessKeyId=test", "Signature=x", "Expires=1", "Expires=%B2",
    "uploadId=%FF", "partNumber=x", "a=%", "&", "=",
])  # fmt: skip
headers = st.sampled_from([
    ("x-amz-date", "20261118T110640Z"), ("x-amz-date", "x"), ("Date", "Wed, 18 Nov 2026 11:06:40 GMT"), ("Date", "-1"),
    ("x-amz-content-sha256", "UNSIGNED-PAYLOAD"), ("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"),
    ("x-amz-decoded-content-length", "5"), ("x-amz-decoded-content-length", "\xb2"),
    ("x-amz-trailer", "x-amz-checksum-crc32"),
    ("x-amz-trailer", ","), ("content-md5", "x"), ("content-md5", "\xff"), ("x-amz-security-token", "t"),
    ("x-amz-checksum-crc32", "\xff"), ("x-amz-sdk-checksum-algorithm", "CRC32"), ("content-encoding", "aws-chunked"),
])  # fmt: skip


@pytest.fixture(scope="module")
def app() -> S3App:
    model = S3(rng=Random(1))
    keys = Authenticator(
        (Credentials(access_key="test", secret_key="test"),), region="us-east-1", now_ns=lambda: NOW_S * 10**9
    )
    return S3App(model, keys, now_ns=lambda: NOW_S * 10**9, troubles=Switchboard(S3_SURFACE, rng=Random(1)))


def answered(app: S3App, request: Request) -> Response:
    app.operation(request)
    refusal = app.early(request)
    if refusal is not None:
        return refusal
    found = app.answer(request)
    return found if isinstance(found, Response) else asyncio.run(asyncio.wait_for(found, 5))


@settings(max_examples=600, deadline=None)
@given(
    method=st.sampled_from(["GET", "PUT", "POST", "DELETE", "HEAD", "BREW"]),
    path=st.one_of(visible.map(lambda text: "/" + text.replace("?", "")), st.just("/bucket/key")),
    query=st.one_of(visible, st.lists(names, max_size=8).map("&".join)),
    authorization=st.one_of(st.none(), latin, st.lists(pieces, max_size=8).map("".join)),
    more=st.lists(headers, max_size=4),
    body=st.one_of(st.binary(max_size=30), st.just(b"5\r\nhello\r\n0\r\n\r\n")),
)
def test_no_head_is_too_strange(
    app: S3App,
    method: str,
    path: str,
    query: str,
    authorization: str | None,
    more: list[tuple[str, str]],
    body: bytes,
) -> None:
    sent = [("Host", "localhost"), *more]
    if authorization is not None:
        sent.append(("Authorization", authorization))
    request = Request(method, f"{path}?{query}" if query else path, sent, [body] if body else [])
    request.length = len(body)

    response = answered(app, request)

    assert response.status < 500 or response.status == 501


@settings(max_examples=300, deadline=None)
@given(more=st.lists(headers, max_size=4), body=st.binary(max_size=30), method=st.sampled_from(["PUT", "POST"]))
def test_no_body_that_is_rightly_signed_is_too_strange(
    app: S3App, more: list[tuple[str, str]], body: bytes, method: str
) -> None:
    more = [
        (name, value) for name, value in more if name != "x-amz-date" and "\xb2" not in value and "\xff" not in value
    ]
    payload = next((value for name, value in more if name == "x-amz-content-sha256"), "")
    more = [pair for pair in dict(more).items() if pair[0] != "x-amz-content-sha256"]
    signer = Signer(now_s=NOW_S, host="localhost")
    request = signer.signed(method, "/bucket/key", headers=more, body=body, payload=payload)

    response = answered(app, request)

    assert response.status < 500 or response.status == 501


@pytest.mark.parametrize("signature", ["\xb2", "%B2", "", "0" * 5000])
def test_a_signature_of_any_letters_is_compared(app: S3App, signature: str) -> None:
    signed = Signer(now_s=NOW_S, host="localhost").signed("GET", "/bucket")
    header = (signed.get("authorization") or "").rpartition("=")[0]
    link = Signer(now_s=NOW_S, host="localhost").presigned("GET", "/bucket")
    sent = [pair for pair in signed.headers if pair[0] != "Authorization"]

    in_header = answered(app, Request("GET", "/bucket", [*sent, ("Authorization", f"{header}={signature}")]))
    in_link = answered(app, Request("GET", link.target.rpartition("=")[0] + f"={signature}", link.headers))

    assert in_header.status in (400, 403)
    assert in_link.status in (400, 403)
