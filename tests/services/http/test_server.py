"""The server keeps connections and answers as HTTP says, simulated and over real sockets."""

from typing import Any

import pytest

from tests.support.http_arms import Arm
from tests.support.http_probe import MIB, Probe, talk
from tests.support.http_raw import Raw, request

# --- answers --------------------------------------------------------------------------------------------


def test_a_connection_carries_one_request_after_the_other(arm: Arm) -> None:
    async def talking(raw: Raw) -> list[tuple[int, bytes]]:
        answers = [await raw.ask(request("PUT", f"/{n}", body=b"b" * n)) for n in range(5)]
        return [(answer.status, answer.body) for answer in answers]

    assert talk(arm, talking) == [(200, b"/%d" % n + b"b" * n) for n in range(5)]


def test_an_answer_has_a_date_a_length_and_nothing_twice(arm: Arm) -> None:
    answer = talk(arm, lambda raw: raw.get("/x"))

    assert answer.headers.keys() == {"date", "content-length"}
    assert answer.headers["content-length"] == "2"
    assert answer.headers["date"].endswith(" GMT")


def test_pipelined_requests_are_answered_in_their_order(arm: Arm) -> None:
    async def talking(raw: Raw) -> list[bytes]:
        paths = ["/a", "/later", "/b", "/stream", "/drawn-nothing", "/c"]
        raw.send(b"".join(request("GET", path) for path in paths))
        return [(await raw.answer()).body for _ in paths]

    assert talk(arm, talking) == [b"/a", b"later", b"/b", b"onetwo", b"/drawn-nothing", b"/c"]


def test_a_thousand_pipelined_requests_are_answered(arm: Arm) -> None:
    async def talking(raw: Raw) -> int:
        raw.send(b"".join(request("GET", f"/{n}") for n in range(1000)))
        return sum([(await raw.answer()).body == b"/%d" % n for n in range(1000)])

    assert talk(arm, talking) == 1000


def test_a_client_that_sends_no_more_still_gets_its_answers(arm: Arm) -> None:
    async def talking(raw: Raw) -> bytes:
        raw.send(request("GET", "/later") + request("GET", "/a"))
        raw.writer.write_eof()
        return await raw.closed()

    sent = talk(arm, talking)

    assert sent.count(b"HTTP/1.1 200 OK") == 2
    assert sent.endswith(b"/a")


@pytest.mark.parametrize(
    ("asked", "goes_on"),
    [
        (b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", False),
        (b"GET / HTTP/1.0\r\n\r\n", False),
        (b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", True),
        (b"GET /last HTTP/1.1\r\nHost: a\r\n\r\n", False),
    ],
)
def test_a_connection_ends_when_one_side_says_so(arm: Arm, asked: bytes, goes_on: bool) -> None:
    async def talking(raw: Raw) -> tuple[str, bool]:
        answer = await raw.ask(asked)
        raw.send(asked)
        try:
            more = await raw.closed() if not goes_on else (await raw.answer()).body
        except OSError:
            more = b""
        return answer.headers.get("connection", ""), bool(more)

    assert talk(arm, talking) == (("keep-alive" if goes_on else "close"), goes_on)


def test_head_and_bodiless_answers_send_no_body(arm: Arm) -> None:
    async def talking(raw: Raw) -> list[Any]:
        answers = [
            await raw.ask(request(method, path))
            for method, path in [("HEAD", "/abc"), ("HEAD", "/drawn"), ("HEAD", "/stream"), ("GET", "/nothing")]
        ]
        answers.append(await raw.ask(request("GET", "/unchanged")))
        answers.append(await raw.get("/end"))
        return [(answer.status, answer.headers.get("content-length"), answer.body) for answer in answers]

    assert talk(arm, talking) == [
        (200, "4", b""), (200, str(64 * MIB), b""), (200, None, b""), (204, None, b""), (304, "5", b""),
        (200, "4", b"/end"),
    ]  # fmt: skip


def test_a_stream_goes_out_in_chunks_or_ends_with_the_connection(arm: Arm) -> None:
    async def talking(raw: Raw) -> list[Any]:
        answers = [await raw.get("/stream"), await raw.get("/sized-stream"), await raw.get("/trailers")]
        answers.append(await raw.ask(b"GET /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"))
        seen = ("transfer-encoding", "content-length", "connection")
        return [(*map(answer.headers.get, seen), answer.body, answer.trailers) for answer in answers]

    assert talk(arm, talking) == [
        ("chunked", None, None, b"onetwo", {}),
        (None, "6", None, b"onetwo", {}),
        ("chunked", None, None, b"onetwo", {"x-sum": "7"}),
        (None, None, "close", b"onetwo", {}),
    ]


@pytest.mark.parametrize("path", ["/short-stream", "/drawn-short"])
def test_a_body_that_is_shorter_than_promised_breaks_the_connection(arm: Arm, path: str) -> None:
    async def talking(raw: Raw) -> Any:
        try:
            return (await raw.get(path)).whole
        except ConnectionResetError:
            return False

    assert talk(arm, talking) is False


@pytest.mark.parametrize("path", ["/broken", "/broken-later", "/split", "/broken-operation"])
def test_a_service_that_raises_answers_500_and_says_nothing_of_it(
    arm: Arm, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def talking(raw: Raw) -> list[Any]:
        answers = [await raw.get(path), await raw.get("/next")]
        return [(answer.status, answer.text) for answer in answers]

    assert talk(arm, talking) == [(500, "500 Internal Server Error: InternalError\n"), (200, "/next")]
    logged = [*arm.logged, *caplog.messages]
    assert f"GET {path} failed" in logged


# --- 100-continue and early refusals --------------------------------------------------------------------


def test_the_body_is_asked_for(arm: Arm) -> None:
    async def talking(raw: Raw) -> list[Any]:
        go_on = await raw.ask(request("PUT", "/x", "Content-Length: 3", "Expect: 100-Continue"))
        return [go_on.status, (await raw.ask(b"abc", "PUT")).body, (await raw.get("/y")).body]

    assert talk(arm, talking) == [100, b"/xabc", b"/y"]


def test_a_body_that_comes_unasked_is_not_asked_for(arm: Arm) -> None:
    async def talking(raw: Raw) -> list[Any]:
        first = await raw.ask(request("PUT", "/x", "Expect: 100-continue", body=b"abc"))
        return [first.status, (await raw.ask(request("GET", "/z", "Expect: 100-continue"))).status]

    assert talk(arm, talking) == [200, 200]


def test_a_body_of_no_bytes_is_asked_for(arm: Arm) -> None:
    """To botocore, an answer in place of the 100 is the answer to the next request that asks, too."""

    async def talking(raw: Raw) -> list[Any]:
        go_on = await raw.ask(request("PUT", "/z", "Expect: 100-continue", "Content-Length: 0"))
        return [go_on.status, (await raw.ask(b"", "PUT")).status]

    assert talk(arm, talking) == [100, 200]


def test_a_refused_body_is_not_asked_for_and_ends_the_connection(arm: Arm) -> None:
    app = Probe()

    async def talking(raw: Raw) -> list[Any]:
        answer = await raw.ask(request("PUT", "/x", "Content-Length: 3", "Expect: 100-continue", "X-Refuse: 1"))
        return [answer.status, answer.headers["connection"], answer.body, await raw.closed()]

    assert talk(arm, talking, app) == [403, "close", b"no", b""]
    assert app.asked == []


def test_a_refused_body_that_is_small_keeps_the_connection(arm: Arm) -> None:
    async def talking(raw: Raw) -> list[Any]:
        answer = await raw.ask(request("PUT", "/x", "X-Refuse: 1", body=b"b" * 100_000))
        return [answer.status, answer.headers.get("connection"), (await raw.get("/y")).body]

    assert talk(arm, talking) == [403, None, b"/y"]


@pytest.mark.parametrize("framing", ["Content-Length: 40000000", "Transfer-Encoding: chunked"])
def test_a_refused_body_that_is_large_is_answered_while_it_comes(arm: Arm, framing: str) -> None:
    async def talking(raw: Raw) -> int:
        raw.send(request("PUT", "/x", "X-Refuse: 1", framing))
        piece = b"100000\r\n" + b"x" * MIB + b"\r\n" if "chunked" in framing else b"x" * MIB
        for _ in range(8):
            raw.send(piece)
            await raw.writer.drain()
        return (await raw.answer("PUT")).status

    assert talk(arm, talking) == 403


def test_other_expectations_are_refused(arm: Arm) -> None:
    assert talk(arm, lambda raw: raw.get("/x", "Expect: a-pony")).status == 417
