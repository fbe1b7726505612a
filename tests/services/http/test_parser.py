"""The parser reads the same requests however their bytes are cut, and nothing that could be read in two ways."""

from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.services.http.limits import Limits
from simulator.services.http.message import Request
from simulator.services.http.parser import Parser, Refused

HOST = b"Host: a\r\n"


def read(parts: Iterable[bytes], limits: Limits | None = None) -> list[Request]:
    """The requests in these bytes, as a server reads them."""
    parser = Parser(limits or Limits())
    requests: list[Request] = []
    for part in parts:
        parser.feed(part)
        while True:
            if parser.request is None and parser.head() is None:
                break
            request = parser.request
            assert request is not None
            if not parser.body():
                break
            requests.append(request)
    return requests


def told(requests: list[Request]) -> list[Any]:
    return [
        (one.method, one.target, one.version, one.headers, one.whole(), one.size, one.trailers, one.keep_alive)
        for one in requests
    ]


def one(data: bytes, **limits: Any) -> Request:
    (request,) = read([data], Limits(**limits))
    return request


def refused(data: bytes, **limits: Any) -> tuple[int, str]:
    with pytest.raises(Refused) as caught:
        read([data], Limits(**limits))
    return caught.value.status, caught.value.text


# --- what is read ---------------------------------------------------------------------------------------


def test_a_request_is_read_as_it_was_sent() -> None:
    request = one(b"GET /a%20b?x=1&y=?2 HTTP/1.1\r\nHost: api:80\r\nX-Many:  a \t\r\nx-many: \xe9\r\nEmpty:\r\n\r\n")

    assert (request.method, request.target, request.path, request.query) == (
        "GET", "/a%20b?x=1&y=?2", "/a%20b", "x=1&y=?2",
    )  # fmt: skip
    assert request.headers == [("Host", "api:80"), ("X-Many", "a"), ("x-many", "\xe9"), ("Empty", "")]
    assert (request.get("HOST"), request.get("X-MANY"), request.get("empty")) == ("api:80", "a, \xe9", "")
    assert request.get("absent") is None
    assert request.get("absent", "default") == "default"
    assert (request.body, request.length, request.keep_alive) == ([], None, True)


@pytest.mark.parametrize(
    ("target", "path", "query"),
    [
        ("/", "/", ""),
        ("//a//b", "//a//b", ""),
        ("http://other/a/b?c", "/a/b", "c"),
        ("HTTP://other:81", "/", ""),
        ("https://other?c=/", "/", "c=/"),
        ("/a?u=http://b/c", "/a", "u=http://b/c"),
    ],
)
def test_targets_are_split_raw(target: str, path: str, query: str) -> None:
    request = one(f"GET {target} HTTP/1.1\r\nHost: a\r\n\r\n".encode())

    assert (request.target, request.path, request.query) == (target, path, query)


def test_a_star_asks_about_the_whole_server() -> None:
    assert one(b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n").path == "*"
    assert refused(b"GET * HTTP/1.1\r\nHost: a\r\n\r\n")[0] == 400


@pytest.mark.parametrize(
    ("version", "connection", "goes_on"),
    [
        ("1.1", "", True),
        ("1.1", "close", False),
        ("1.1", "Keep-Alive", True),
        ("1.1", "x, CLOSE", False),
        ("1.0", "", False),
        ("1.0", "keep-alive", True),
        ("1.0", "Keep-Alive, x", True),
    ],
)
def test_a_connection_goes_on_as_version_and_header_say(version: str, connection: str, goes_on: bool) -> None:
    header = f"Connection: {connection}\r\n" if connection else ""

    assert one(f"GET / HTTP/{version}\r\nHost: a\r\n{header}\r\n".encode()).keep_alive is goes_on


def test_chunks_are_joined_and_trailers_kept_apart() -> None:
    request = one(
        b"PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\nTrailer: X-Sum\r\n\r\n"
        b'5\r\nhello\r\n00006 ;name="v"\r\n world\r\n0;last\r\nX-Sum: 7 \r\nX-More: \r\n\r\n'
    )

    assert (request.whole(), request.size, request.chunked) == (b"hello world", 11, True)
    assert request.trailers == [("X-Sum", "7"), ("X-More", "")]


def test_large_pieces_are_handed_on_as_they_came_and_small_ones_gathered() -> None:
    big = bytes(range(256)) * 256
    parser = Parser()
    parser.feed(b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % (len(big) + 10))
    request = parser.head()
    assert request is not None
    assert not parser.body()
    for piece in [*[b"x"] * 10, big]:
        parser.feed(piece)

    assert parser.body()
    assert request.body == [b"x" * 10, big]
    assert request.body[1] is big, "no copy was made"


def test_a_sink_gets_the_body_instead_of_the_request() -> None:
    parser, got = Parser(), bytearray()
    parser.feed(b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel")
    request = parser.head()
    assert request is not None
    parser.sink = got.extend
    assert not parser.body()
    parser.feed(b"lo")

    assert parser.body()
    assert (bytes(got), request.body, request.size) == (b"hello", [], 5)
    assert parser.sink is None, "the next request has its own"


STREAM = (
    b"\r\nGET /v1?x=1 HTTP/1.1\r\nHost: localhost:8080\r\nAccept: */*\r\n\r\n"
    b"POST /a HTTP/1.1\r\nHost: b\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n1\r\n!\r\n0\r\nX-T: 1 \r\n\r\n"
    b"PUT /p HTTP/1.1\r\nHost: b\r\nContent-Length: 7\r\n\r\nab\r\n\r\nc"
    b"\r\nPOST /b HTTP/1.1\r\nHost: b\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    b"HEAD http://x/y HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
)


def test_a_stream_of_requests_reads_the_same_split_at_every_byte() -> None:
    whole = told(read([STREAM]))

    assert [(method, body) for method, _, _, _, body, *_ in whole] == [
        ("GET", b""), ("POST", b"hello!"), ("PUT", b"ab\r\n\r\nc"), ("POST", b""), ("HEAD", b""),
    ]  # fmt: skip
    for at in range(len(STREAM)):
        assert told(read([STREAM[:at], STREAM[at:]])) == whole, f"split at {at}"
    assert told(read([STREAM[at : at + 1] for at in range(len(STREAM))])) == whole


tokens = st.text("abcXYZ019-_.!#$%&'*+^`|~", min_size=1, max_size=12)
values = st.text(st.characters(codec="latin-1", exclude_categories=["Cc"]) | st.just("\t"), max_size=30).map(
    lambda text: text.strip(" \t")
)
headers = st.lists(st.tuples(tokens.map("x-".__add__), values), max_size=8)
targets = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters="#"), max_size=30).map(
    "/".__add__
)
bodies = st.none() | st.lists(st.binary(min_size=1, max_size=200), max_size=5)


@st.composite
def messages(draw: st.DrawFn) -> tuple[bytes, Any]:
    method, target, fields, pieces = draw(tokens), draw(targets), draw(headers), draw(bodies)
    if method == "CONNECT":
        method = "GET"
    chunked = pieces is not None and draw(st.booleans())
    trailers = draw(headers) if chunked else []
    fields = [("Host", "a"), *fields]
    payload = b"".join(pieces or [])
    if chunked:
        fields.append(("Transfer-Encoding", "chunked"))
        chunks = b"".join(b"%X\r\n%b\r\n" % (len(piece), piece) for piece in pieces or [])
        sent = chunks + b"0\r\n" + lines(trailers) + b"\r\n"
    else:
        sent = payload
        if pieces is not None:
            fields.append(("Content-Length", str(len(payload))))
    head = f"{method} {target} HTTP/1.1\r\n".encode() + lines(fields) + b"\r\n"
    return head + sent, (method, target, "1.1", fields, payload, len(payload), trailers, True)


def lines(fields: list[tuple[str, str]]) -> bytes:
    return "".join(f"{name}: {value}\r\n" for name, value in fields).encode("latin-1")


@given(st.lists(messages(), max_size=4), st.data())
def test_what_is_written_is_read_back_however_it_is_cut(several: list[tuple[bytes, Any]], data: st.DataObject) -> None:
    stream = b"".join(sent for sent, _ in several)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    parts = [stream[start:end] for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)]

    assert told(read(parts)) == [expected for _, expected in several]


@given(st.binary(max_size=300), st.sampled_from([b"", b"GET / HTTP/1.1\r\n", b"GET / HTTP/1.1\r\nHost: a\r\n", STREAM]))
def test_any_bytes_are_read_or_refused_and_cutting_them_changes_nothing(noise: bytes, before: bytes) -> None:
    def outcome(parts: list[bytes]) -> Any:
        try:
            return told(read(parts))
        except Refused as refused:
            return refused.status

    data = before + noise

    whole, bytewise = outcome([data]), outcome([data[at : at + 1] for at in range(len(data))])
    assert whole == bytewise


@given(st.integers(0, len(STREAM) - 1), st.binary(max_size=3), st.integers(0, 3))
def test_a_damaged_request_is_read_or_refused(at: int, put: bytes, dropped: int) -> None:
    status = 400
    try:
        read([STREAM[:at] + put + STREAM[at + dropped :]])
    except Refused as refused:
        status = refused.status

    assert status in {400, 413, 414, 417, 431, 501, 505}


# --- what is refused ------------------------------------------------------------------------------------

GET = b"GET / HTTP/1.1\r\nHost: a\r\n"
PUT = b"PUT / HTTP/1.1\r\nHost: a\r\n"
CHUNKED = PUT + b"Transfer-Encoding: chunked\r\n\r\n"

SMUGGLED = {
    "a length beside a coding": (PUT + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
    "a coding beside a length": (PUT + b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n", 400),
    "two lengths": (PUT + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", 400),
    "two equal lengths": (PUT + b"Content-Length: 3\r\ncontent-length: 3\r\n\r\nabc", 400),
    "a list of lengths": (PUT + b"Content-Length: 3, 3\r\n\r\nabc", 400),
    "a signed length": (PUT + b"Content-Length: +3\r\n\r\nabc", 400),
    "a negative length": (PUT + b"Content-Length: -3\r\n\r\nabc", 400),
    "a length in hex": (PUT + b"Content-Length: 0x3\r\n\r\nabc", 400),
    "a length with an underscore": (PUT + b"Content-Length: 1_0\r\n\r\n0123456789", 400),
    "a length in other digits": (PUT + b"Content-Length: \xb2\r\n\r\nab", 400),
    "an empty length": (PUT + b"Content-Length:\r\n\r\n", 400),
    "a length beyond any": (PUT + b"Content-Length: " + b"9" * 30 + b"\r\n\r\n", 400),
    "two codings": (PUT + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n", 400),
    "a list of codings": (PUT + b"Transfer-Encoding: gzip, chunked\r\n\r\n", 501),
    "a coding with a tab in it": (PUT + b"Transfer-Encoding: \tchunk\ted\r\n\r\n", 501),
    "an unknown coding": (PUT + b"Transfer-Encoding: xchunked\r\n\r\n", 501),
    "a coding in HTTP/1.0": (b"PUT / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
    "a blank before a colon": (PUT + b"Content-Length : 3\r\n\r\nabc", 400),
    "a tab before a colon": (PUT + b"Transfer-Encoding\t: chunked\r\n\r\n", 400),
    "a blank before a name": (PUT + b" Content-Length: 3\r\n\r\nabc", 400),
    "a folded header": (PUT + b"X: a\r\n b\r\n\r\n", 400),
    "a header that begins with a fold": (b"GET / HTTP/1.1\r\n X: a\r\nHost: a\r\n\r\n", 400),
    "a bare line feed after a header": (PUT + b"X: a\nContent-Length: 3\r\n\r\nabc", 400),
    "bare line feeds only": (b"GET / HTTP/1.1\nHost: a\n\n", 400),
    "a bare line feed as the last": (PUT + b"X: a\r\n\n", 400),
    "a bare carriage return": (PUT + b"X: a\rContent-Length: 3\r\n\r\n", 400),
    "a NUL in a value": (PUT + b"X: a\0b\r\n\r\n", 400),
    "a NUL in the target": (b"GET /a\0b HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "a control character in a value": (PUT + b"X: a\x01b\r\n\r\n", 400),
    "a header without a colon": (PUT + b"Content-Length 3\r\n\r\n", 400),
    "a header without a name": (PUT + b": 3\r\n\r\n", 400),
    "a name that is no token": (PUT + b"Content(Length: 3\r\n\r\n", 400),
    "a name that is not ASCII": (PUT + b"X\xe9: 3\r\n\r\n", 400),
    "no host": (b"GET / HTTP/1.1\r\n\r\n", 400),
    "two hosts": (GET + b"host: b\r\n\r\n", 400),
    "a host that is none": (b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
    "a host with a path": (b"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400),
    "no version": (b"GET /\r\nHost: a\r\n\r\n", 400),
    "two blanks": (b"GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "a blank in the target": (b"GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "a tab for a blank": (b"GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "a fragment": (b"GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "a target that is not ASCII": (b"GET /\xc3\xa9 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "a target without a slash": (b"GET a HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "another scheme": (b"GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "a tunnel": (b"CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", 501),
    "HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    "HTTP/1.2": (b"GET / HTTP/1.2\r\nHost: a\r\n\r\n", 505),
    "HTTP/0.9": (b"GET / HTTP/0.9\r\nHost: a\r\n\r\n", 505),
    "http in small letters": (b"GET / http/1.1\r\nHost: a\r\n\r\n", 400),
    "a longer version": (b"GET / HTTP/1.10\r\nHost: a\r\n\r\n", 505),
    "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
    "blanks at first": (b" GET / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "empty lines only": (b"\r\n" * 10, 400),
    "a chunk without a size": (CHUNKED + b"\r\nabc\r\n", 400),
    "a chunk's size that is no number": (CHUNKED + b"xyz\r\nabc\r\n", 400),
    "a chunk's size with a sign": (CHUNKED + b"+3\r\nabc\r\n0\r\n\r\n", 400),
    "a chunk's size with 0x": (CHUNKED + b"0x3\r\nabc\r\n0\r\n\r\n", 400),
    "a chunk's size with an underscore": (CHUNKED + b"0_3\r\nabc\r\n0\r\n\r\n", 400),
    "a chunk's size beyond any": (CHUNKED + b"F" * 17 + b"\r\n", 400),
    "a blank before a chunk's size": (CHUNKED + b" 3\r\nabc\r\n0\r\n\r\n", 400),
    "a blank after a chunk's size": (CHUNKED + b"3 \r\nabc\r\n0\r\n\r\n", 400),
    "a bare line feed after a chunk's size": (CHUNKED + b"3\nabc\r\n0\r\n\r\n", 400),
    "a bare line feed in an extension": (CHUNKED + b"3;a\nb\r\nabc\r\n0\r\n\r\n", 400),
    "a chunk that is longer than its size": (CHUNKED + b"3\r\nabcd\r\n0\r\n\r\n", 400),
    "a chunk that is shorter than its size": (CHUNKED + b"5\r\nabc\r\n0\r\n\r\n", 400),
    "a bare line feed after a chunk": (CHUNKED + b"3\r\nabc\n0\r\n\r\n", 400),
    "a length in the trailers": (CHUNKED + b"0\r\nContent-Length: 3\r\n\r\n", 400),
    "a host in the trailers": (CHUNKED + b"0\r\nHost: b\r\n\r\n", 400),
    "a blank before a colon of a trailer": (CHUNKED + b"0\r\nX : b\r\n\r\n", 400),
    "a folded trailer": (CHUNKED + b"0\r\nX: b\r\n c\r\n\r\n", 400),
}


@pytest.mark.parametrize("shape", SMUGGLED)
def test_what_could_be_read_in_two_ways_is_refused(shape: str) -> None:
    data, status = SMUGGLED[shape]

    found, text = refused(data)

    assert found == status
    assert text


@pytest.mark.parametrize("shape", SMUGGLED)
def test_it_is_refused_alike_byte_by_byte(shape: str) -> None:
    data, status = SMUGGLED[shape]

    with pytest.raises(Refused) as caught:
        read([data[at : at + 1] for at in range(len(data))])

    assert caught.value.status == status


@pytest.mark.parametrize(
    ("data", "limits", "status", "name"),
    [
        (b"GET /" + b"a" * 200 + b" HTTP/1.1\r\nHost: a\r\n\r\n", {"target_bytes_max": 100}, 414, "target_bytes_max"),
        (b"GET /" + b"a" * 20_000, {}, 414, "target_bytes_max"),
        (b"G" * 20_000, {}, 414, "target_bytes_max"),
        (GET + b"X: " + b"a" * 2000 + b"\r\n\r\n", {"head_bytes_max": 1000}, 431, "head_bytes_max"),
        (GET + b"X: " + b"a" * 70_000, {}, 431, "head_bytes_max"),
        (GET + b"X: a\r\n" * 200 + b"\r\n", {}, 431, "headers_max"),
        (GET + b"".join(b"X%d: a\r\n" % n for n in range(200)) + b"\r\n", {}, 431, "headers_max"),
        (PUT + b"Content-Length: 11\r\n\r\n", {"body_bytes_max": 10}, 413, "body_bytes_max"),
        (CHUNKED + b"B\r\n", {"body_bytes_max": 10}, 413, "body_bytes_max"),
        (CHUNKED + b"6\r\nabcdef\r\n6\r\n", {"body_bytes_max": 10}, 413, "body_bytes_max"),
        (CHUNKED + b"3;" + b"x" * 2000, {}, 400, "chunk_line_bytes_max"),
        (CHUNKED + (b"1;" + b"x" * 900 + b"\r\na\r\n") * 100, {}, 400, "chunk_overhead_bytes_max"),
        (CHUNKED + b"0\r\nX: " + b"x" * 20_000, {}, 431, "trailer_bytes_max"),
        (CHUNKED + b"0\r\n" + b"X: a\r\n" * 200 + b"\r\n", {}, 431, "headers_max"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_goes_beyond_a_limit_is_refused_and_the_limit_named(
    data: bytes, limits: dict[str, int], status: int, name: str
) -> None:
    found, text = refused(data, **limits)

    assert found == status
    assert f"({name})" in text


def test_what_is_at_a_limit_passes() -> None:
    assert one(PUT + b"Content-Length: 10\r\n\r\n" + b"x" * 10, body_bytes_max=10).size == 10
    assert one(CHUNKED + b"A\r\n" + b"x" * 10 + b"\r\n0\r\n\r\n", body_bytes_max=10).size == 10
    assert len(one(GET + b"".join(b"X%d: a\r\n" % n for n in range(127)) + b"\r\n").headers) == 128
