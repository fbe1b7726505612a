"""aws-chunked bodies are taken apart as S3 takes them apart, signatures and trailers included."""

import base64
import zlib
from collections.abc import Callable, Iterator, Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.services.http.message import Request
from simulator.services.rope import Rope
from simulator.services.s3.auth import Authenticator, Credentials
from simulator.services.s3.chunked_body import body_of, without_chunks
from simulator.services.s3.chunked_intake import Intake
from simulator.services.s3.errors import S3Error
from tests.support.signing import Signer, signature_of

NOW_S = 1_795_000_000
KEYS = Authenticator(
    (Credentials(access_key="test", secret_key="test"),), region="us-east-1", now_ns=lambda: NOW_S * 10**9
)
DATA = bytes(range(32))
UNSIGNED = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
SIGNED = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
SIGNED_TRAILER = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"


def crc(data: bytes = DATA) -> str:
    return base64.b64encode(zlib.crc32(data).to_bytes(4, "big")).decode()


def head(
    payload: str, *, size: int | str = len(DATA), trailer: str = "", more: dict[str, str] | None = None
) -> Request:
    headers = [("X-Amz-Decoded-Content-Length", str(size)), *(more or {}).items()]
    if trailer:
        headers.append(("X-Amz-Trailer", trailer))
    return Signer(now_s=NOW_S).signed("PUT", "/bucket/key", headers=headers, payload=payload)


def taken(request: Request, body: bytes, *, cut: int = 0) -> tuple[bytes, dict[str, str]]:
    """Data and trailers of a body, the same whether it is taken at once or while it arrives; `cut` is how."""
    request.length = len(body)
    pieces = [body[at : at + cut] for at in range(0, len(body), cut)] if cut else [body]
    expected = body_of(request, KEYS.check(request))
    intake = Intake(expected)
    for piece in pieces:
        intake.feed(piece)
    at_once, piecewise = outcome(lambda: expected.taken(pieces)), outcome(intake.finish)
    assert outcome(intake.finish) == piecewise == at_once
    if isinstance(at_once, tuple):
        return at_once
    raise at_once


def outcome(act: Callable[[], tuple[Rope, Mapping[str, str]]]) -> "tuple[bytes, dict[str, str]] | Refusal":
    """What comes of it, in a form that can be compared."""
    try:
        data, trailers = act()
    except S3Error as error:
        return Refusal(error)
    return bytes(data), dict(trailers)


class Refusal(S3Error):
    """An error that is equal to one that says the same."""

    def __init__(self, error: S3Error) -> None:
        super().__init__(error.code, error.message, **error.fields)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Refusal) and self.__dict__ == other.__dict__

    __hash__ = None  # type: ignore[assignment]


def refused(request: Request, body: bytes) -> S3Error:
    with pytest.raises(S3Error) as caught:
        taken(request, body)
    return caught.value


def plain(*chunks: bytes, tail: bytes = b"\r\n") -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks if chunk) + b"0\r\n" + tail


def chained(
    request: Request, chunks: list[bytes], form: bytes = b"%x;chunk-signature=%s\r\n"
) -> tuple[list[bytes], str]:
    """Signed chunks, and the signature of the last."""
    signer, signature = Signer(now_s=NOW_S), signature_of(request)
    parts: list[bytes] = []
    for chunk in chunks:
        signature = signer.chunk_signature(signature, chunk)
        parts.append(form % (len(chunk), signature.encode()) + chunk + (b"\r\n" if chunk else b""))
    return parts, signature


# --- unsigned -------------------------------------------------------------------------------------------


@settings(deadline=None)
@given(sizes=st.lists(st.integers(8192, 30_000), max_size=3), last=st.integers(0, 9000), cut=st.integers(1, 5000))
def test_any_chunks_in_any_pieces_give_the_data(sizes: list[int], last: int, cut: int) -> None:
    chunks = [bytes([number]) * size for number, size in enumerate([*sizes, last], 65) if size]
    data = b"".join(chunks)
    body = plain(*chunks, tail=f"x-amz-checksum-crc32:{crc(data)}\r\n\r\n".encode())

    found = taken(head(UNSIGNED, size=len(data), trailer="x-amz-checksum-crc32"), body, cut=cut)

    assert found == (data, {"x-amz-checksum-crc32": crc(data)})


@pytest.mark.parametrize(
    ("body", "trailer"),
    [
        (plain(DATA), ""),
        (plain(DATA, tail=b""), ""),
        (plain(DATA, tail=b"\r\nwhat stands here is not read"), ""),
        (plain(DATA, tail=f"x-amz-checksum-crc32: {crc()}\r\n".encode()), "x-amz-checksum-crc32"),
        (
            plain(DATA, tail=f"x-amz-checksum-crc32: {crc()}\r\n\r\n\r\n\xff".encode("latin-1")),
            "x-amz-checksum-crc32,,",
        ),
        (
            plain(DATA, tail=f"x-amz-checksum-crc32: AAAAAA==\r\nx-amz-checksum-crc32: {crc()}\r\n".encode()),
            "x-amz-checksum-crc32",
        ),
    ],
)
def test_what_s3_forgives_is_forgiven(body: bytes, trailer: str) -> None:
    data, trailers = taken(head(UNSIGNED, trailer=trailer), body)

    assert (data, list(trailers.values())) == (DATA, [crc()] if trailer else [])


@pytest.mark.parametrize(
    "body",
    [
        b"not in chunks at all, and then some more",
        b"20\n" + DATA + b"\n0\n\nxxxxxx",
        b"20\r\n" + DATA + b"0\r\n\r\n",
        b"20\r\n" + DATA + b"\r\n",
        b"20\r\n" + DATA + b"\r\n0\r\n\r",
        b"-20\r\n" + DATA + b"\r\n0\r\n\r\n",
        b"zz\r\n" + DATA + b"\r\n0\r\n\r\n",
        b"2000\r\n" + DATA,
        plain(DATA, tail=b"x-amz-checksum-crc32:AAAAAA==\r\n\r\n"),
        b"1" * 5000,
    ],
)
def test_a_body_that_is_not_whole_is_incomplete(body: bytes) -> None:
    error = refused(head(UNSIGNED), body)

    assert (error.code, error.status, error.fields) == ("IncompleteBody", 400, {})


@pytest.mark.parametrize(("body", "provided"), [(plain(DATA[:4]) + plain(DATA[4:]), 4), (plain(DATA * 2), 64)])
def test_more_or_fewer_bytes_than_announced_are_counted(body: bytes, provided: int) -> None:
    error = refused(head(UNSIGNED), body)

    assert error.fields == {"NumberBytesExpected": 32, "NumberBytesProvided": provided}
    assert error.code == "IncompleteBody"


@pytest.mark.parametrize("size", ["", "many", "-1", "1" * 20])
def test_the_length_of_the_data_must_be_announced(size: str) -> None:
    error = refused(head(UNSIGNED, size=size), plain(DATA))

    assert (error.code, error.status) == ("MissingContentLength", 411)


def test_a_request_as_long_as_its_data_cannot_be_in_chunks() -> None:
    assert refused(head(UNSIGNED, size=len(plain(DATA))), plain(DATA)).code == "IncompleteBody"


def test_short_chunks_are_for_the_end() -> None:
    error = refused(head(UNSIGNED, size=9000), plain(b"x" * 1000, b"y" * 8000))

    assert (error.code, error.status) == ("InvalidChunkSizeError", 403)
    assert error.fields == {"Chunk": 2, "BadChunkSize": 1000}


# --- trailers -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("trailer", "tail", "code", "words"),
    [
        ("x-amz-checksum-crc32", b"\r\n", "MalformedTrailerError", "not well-formed"),
        ("x-amz-checksum-crc32", b"\r\nx-amz-checksum-crc32:AAAAAA==\r\n", "MalformedTrailerError", ""),
        ("x-amz-checksum-crc32c", b"x-amz-checksum-crc32:AAAAAA==\r\n", "MalformedTrailerError", ""),
        ("x-amz-checksum-crc32", b"x-amz-checksum-crc32:AAAAAA==\r\nbonus: x\r\n", "MalformedTrailerError", ""),
        ("x-amz-checksum-crc32", b"no colon\r\n", "MalformedTrailerError", ""),
        ("x-amz-checksum-crc32", b"x-amz-checksum-crc32:AAAAAA==\n", "IncompleteBody", ""),
        ("x-amz-checksum-crc32", b"x-amz-checksum-crc32:AAAAAA==", "IncompleteBody", ""),
        (
            "x-amz-checksum-crc32",
            b"x-amz-checksum-crc32:none\r\n",
            "InvalidRequest",
            "crc32 trailing header is invalid.",
        ),
        ("x-amz-foo", b"x-amz-foo: bar\r\n", "InvalidRequest", "x-amz-trailer header is not supported"),
        ("content-md5", b"\r\n", "InvalidRequest", "x-amz-trailer header is not supported"),
        (",x-amz-checksum-crc32", b"\r\n", "InvalidRequest", "x-amz-trailer header is not supported"),
        ("x-amz-checksum-crc32, ,", b"\r\n", "InvalidRequest", "x-amz-trailer header is not supported"),
        (
            "x-amz-checksum-crc32,x-amz-checksum-sha1",
            b"\r\n",
            "InvalidRequest",
            "Multiple checksum Types are not allowed",
        ),
    ],
)
def test_trailers_must_be_those_that_were_announced(trailer: str, tail: bytes, code: str, words: str) -> None:
    error = refused(head(UNSIGNED, trailer=trailer), plain(DATA, tail=tail))

    assert error.code == code
    assert words in error.message


def test_a_checksum_stands_in_front_or_behind_but_not_both() -> None:
    more = {"x-amz-checksum-crc32": crc()}

    error = refused(head(UNSIGNED, trailer="x-amz-checksum-crc32", more=more), plain(DATA))

    assert error.message == "Expecting a single x-amz-checksum- header"


def test_trailers_need_chunks() -> None:
    request = Signer(now_s=NOW_S).signed("PUT", "/b/k", body=DATA, headers=[("x-amz-trailer", "x-amz-checksum-crc32")])

    assert refused(request, DATA).code == "MalformedTrailerError"


# --- signed ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", [b"%x;chunk-signature=%s\r\n", b"%x ; chunk-signature = %s \r\n"])
def test_signed_chunks_are_taken(form: bytes) -> None:
    request = head(SIGNED, size=8192 + 32)
    parts, _ = chained(request, [b"x" * 8192, DATA, b""], form)

    assert taken(request, b"".join(parts) + b"\r\n", cut=100)[0] == b"x" * 8192 + DATA


def spoiled() -> Iterator[tuple[str, bytes]]:
    request = head(SIGNED)
    parts, _ = chained(request, [DATA, b""])
    good = b"".join(parts) + b"\r\n"
    yield "IncompleteBody", plain(DATA)
    yield "IncompleteBody", good.replace(b"chunk-signature=", b"chunk-signature=\r\n", 1)
    yield "IncompleteBody", parts[0]
    yield "IncompleteBody", good.replace(b"\r\n", b";extra=param\r\n", 1)
    yield "SignatureDoesNotMatch", good.replace(b";", b";extra=param;", 1)
    yield "SignatureDoesNotMatch", good.replace(DATA, DATA[::-1])
    yield "SignatureDoesNotMatch", good.replace(b"chunk-signature=", b"chunk-signature=0", 1)
    yield "SignatureDoesNotMatch", good[:-20] + b"0" * 16 + b"\r\n\r\n"


@pytest.mark.parametrize(("code", "body"), list(spoiled()))
def test_a_chunk_that_is_not_as_it_was_signed_is_refused(code: str, body: bytes) -> None:
    error = refused(head(SIGNED), body)

    assert error.code == code
    if code == "SignatureDoesNotMatch":
        assert str(error.fields["StringToSign"]).startswith("AWS4-HMAC-SHA256-PAYLOAD\n")


def test_signed_trailers_are_taken() -> None:
    request = head(SIGNED_TRAILER, trailer="x-amz-checksum-crc32")
    parts, last = chained(request, [DATA, b""])
    line = f"x-amz-checksum-crc32:{crc()}\n".encode()
    signature = Signer(now_s=NOW_S).trailer_signature(last, line)
    tail = f"x-amz-checksum-crc32: {crc()}\r\nx-amz-trailer-signature:{signature}\r\n\r\n".encode()

    assert taken(request, b"".join(parts) + tail) == (DATA, {"x-amz-checksum-crc32": crc()})
    wrong = refused(request, b"".join(parts) + tail.replace(signature.encode(), b"0" * 64))
    assert str(wrong.fields["StringToSign"]).startswith("AWS4-HMAC-SHA256-TRAILER\n")
    assert refused(request, b"".join(parts) + tail.partition(b"x-amz-trailer-sig")[0]).code == "IncompleteBody"


def test_what_is_not_covered_names_itself() -> None:
    error = refused(head("STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD"), plain(DATA))

    assert (error.code, error.status) == ("NotImplemented", 501)
    assert "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD" in error.message


# --- without chunks -------------------------------------------------------------------------------------


def test_a_body_that_is_not_the_one_that_was_signed_is_refused() -> None:
    request = Signer(now_s=NOW_S).signed("PUT", "/bucket/key", body=DATA)

    error = refused(request, DATA[::-1])

    assert error.code == "XAmzContentSHA256Mismatch"
    assert list(error.fields) == ["ClientComputedContentSHA256", "S3ComputedContentSHA256"]


def test_the_body_of_a_get_is_not_looked_at() -> None:
    request = Signer(now_s=NOW_S).signed("GET", "/bucket/key", body=DATA)

    assert taken(request, b"another")[0] == b"another"


def test_a_presigned_url_has_no_chunks() -> None:
    headers = [("X-Amz-Content-SHA256", UNSIGNED), ("X-Amz-Decoded-Content-Length", "32")]
    request = Signer(now_s=NOW_S).presigned("PUT", "/bucket/key", headers=headers)

    assert refused(request, DATA).code == "XAmzContentSHA256Mismatch"
    assert refused(request, plain(DATA)).fields == {"NumberBytesExpected": 32, "NumberBytesProvided": len(plain(DATA))}


def test_a_put_needs_a_length() -> None:
    request = Signer(now_s=NOW_S).signed("PUT", "/bucket/key", body=DATA)
    request.length = None

    with pytest.raises(S3Error) as caught:
        body_of(request, KEYS.check(request))

    assert caught.value.code == "MissingContentLength"


@pytest.mark.parametrize(
    ("sent", "stored"),
    [("aws-chunked", ""), ("gzip,aws-chunked", "gzip"), ("foo, aws-chunked, bar", "foo, bar"), ("gzip", "gzip")],
)
def test_the_coding_of_the_way_is_not_stored(sent: str, stored: str) -> None:
    assert without_chunks(sent) == stored


@given(body=st.binary(max_size=200), payload=st.sampled_from([UNSIGNED, SIGNED, SIGNED_TRAILER]))
def test_no_bytes_are_too_strange(body: bytes, payload: str) -> None:
    request = head(payload, trailer="x-amz-checksum-crc32" if payload == UNSIGNED else "")

    with pytest.raises(S3Error) as caught:
        taken(request, body, cut=7)

    assert caught.value.status < 500


def test_a_body_of_zeros_is_never_there_as_its_bytes() -> None:
    request = Signer(now_s=NOW_S).signed("PUT", "/bucket/key", payload="UNSIGNED-PAYLOAD")
    request.length = 1 << 30
    intake = Intake(body_of(request, KEYS.check(request)))
    piece = bytes(1 << 16)
    for _ in range(1 << 14):
        intake.feed(piece)

    data, _ = intake.finish()

    assert (data.size, data.stored < 1 << 17) == (1 << 30, True)
