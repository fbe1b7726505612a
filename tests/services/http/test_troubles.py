"""Each trouble of HTTP does what its sentence says, with and without its effect, simulated and over real sockets."""

import asyncio
from typing import Any

import aiohttp
import pytest

from simulator.services.http.message import Request, Response
from simulator.services.http.troubles import HTTP_SURFACE
from tests.support.http_arms import Arm, Simulated
from tests.support.http_raw import Raw, request


class Counter:
    """Counts what it was asked; the count is its effect."""

    def __init__(self) -> None:
        self.count = 0
        self.bodies: list[bytes] = []

    def operation(self, request: Request) -> tuple[str, str]:
        return f"{request.method} {request.path}", request.path

    def early(self, request: Request) -> Response | None:
        return None

    def answer(self, request: Request) -> Response:
        if request.method == "DELETE":
            self.count += 1
            return Response(204)
        if request.path == "/count":
            return Response(200, body=[str(self.count).encode()])
        self.count += 1
        self.bodies.append(request.whole())
        return Response(200, [("Content-Type", "text/plain")], [f"{self.count} ".encode() * 100])


def now(arm: Arm) -> float:
    return asyncio.get_running_loop().time()


def hit(arm: Arm, trouble: str, data: bytes = request("POST", "/add", body=b"x" * 1000)) -> tuple[Any, int, float]:
    """What a raw client gets for a request (an answer, or the name of an error), the effect, and how long it took."""
    app = Counter()

    async def visit(host: str, port: int) -> Any:
        begun = now(arm)
        async with await Raw.to(host, port) as raw:
            try:
                async with asyncio.timeout(50 * arm.unit_s):
                    answer: Any = await raw.ask(data)
            except (OSError, asyncio.IncompleteReadError) as error:
                answer = type(error).__name__
            took = now(arm) - begun
        async with await Raw.to(host, port) as raw:
            count = int((await raw.get("/count")).body)
        return answer, count, took

    answer, count, took = arm.visit(app, visit, f"{trouble}operation=* /add,times=1")
    assert [event["verdict"] for event in arm.told.of("fault.hit")] == [trouble.partition(":")[0]]
    return answer, count, took


def test_a_lost_request_has_no_effect_and_no_answer(arm: Arm) -> None:
    answer, count, took = hit(arm, f"request-lost:seconds={arm.unit_s},")

    assert (answer, count) == ("IncompleteReadError", 0)
    assert took >= arm.unit_s
    assert [event["operation"] for event in arm.told.of("http.request")] == ["GET /count"]


def test_a_lost_reply_has_its_effect_and_no_answer(arm: Arm) -> None:
    answer, count, took = hit(arm, f"reply-lost:seconds={arm.unit_s},")

    assert (answer, count) == ("IncompleteReadError", 1)
    assert took >= arm.unit_s
    assert [event["status"] for event in arm.told.of("http.response")] == [200, 200]


def test_a_late_request_is_answered_late(arm: Arm) -> None:
    answer, count, took = hit(arm, f"late:seconds={arm.unit_s},")

    assert (answer.status, count) == (200, 1)
    assert took >= arm.unit_s


def test_a_late_request_has_its_effect_though_its_client_left(arm: Arm) -> None:
    app = Counter()

    async def visit(host: str, port: int) -> tuple[int, int]:
        async with await Raw.to(host, port) as raw:
            raw.send(request("POST", "/add", body=b"x"))
            await asyncio.sleep(arm.unit_s / 2)
        before = app.count
        await asyncio.sleep(arm.unit_s)
        return before, app.count

    assert arm.visit(app, visit, f"late:seconds={arm.unit_s}") == (0, 1)


@pytest.mark.parametrize(("which", "said"), [("last", b"2 "), ("first", b"1 ")])
def test_a_request_that_comes_twice_is_applied_twice(arm: Arm, which: str, said: bytes) -> None:
    answer, count, _ = hit(arm, f"twice:answer={which},")

    assert (answer.status, answer.body[:2], count) == (200, said, 2)


def test_a_slow_first_byte_comes_after_the_effect(arm: Arm) -> None:
    answer, count, took = hit(arm, f"slow-first-byte:seconds={arm.unit_s},")

    assert (answer.status, count) == (200, 1)
    assert took >= arm.unit_s


def test_a_trickled_body_comes_whole_and_no_faster_than_was_said(arm: Arm) -> None:
    answer, count, took = hit(arm, f"trickle:bytes_per_s={round(200 / arm.unit_s)},")

    assert (answer.status, len(answer.body), answer.whole, count) == (200, 200, True, 1)
    assert took >= 0.9 * arm.unit_s


@pytest.mark.parametrize(("at", "left"), [("", 100), ("at_byte=0,", 0), ("at_byte=150,", 150)])
def test_a_cut_body_ends_early_with_a_close(arm: Arm, at: str, left: int) -> None:
    answer, count, _ = hit(arm, f"cut-body:{at}")

    assert (answer.status, answer.headers["content-length"], len(answer.body)) == (200, "200", left)
    assert (answer.whole, count) == (False, 1)


def test_an_answer_without_a_body_is_cut_within_its_head(arm: Arm) -> None:
    answer, count, _ = hit(arm, "cut-body:", request("DELETE", "/add"))

    assert (answer, count) == ("IncompleteReadError", 1)


def test_a_reset_body_ends_early_with_a_reset(arm: Arm) -> None:
    answer, count, _ = hit(arm, "reset-body:")

    assert (answer, count) == ("ConnectionResetError", 1)


@pytest.mark.parametrize(("kind", "effect"), [("reset-before", 0), ("reset-during", 0), ("reset-after", 1)])
def test_a_reset_strikes_before_or_after_the_effect(arm: Arm, kind: str, effect: int) -> None:
    answer, count, _ = hit(arm, f"{kind}:")

    assert (answer, count) == ("ConnectionResetError", effect)


def test_a_reset_during_a_body_strikes_at_its_byte(arm: Arm) -> None:
    app = Counter()

    async def visit(host: str, port: int) -> list[bool]:
        alive = []
        async with await Raw.to(host, port) as raw:
            raw.send(request("POST", "/add", "Content-Length: 1000") + b"x" * 699)
            for _ in range(2):
                await asyncio.sleep(arm.unit_s / 2)
                alive.append(raw.reader.exception() is None)
                raw.send(b"x")
        return alive

    assert arm.visit(app, visit, "reset-during:at_byte=700") == [True, False]
    assert app.count == 0


@pytest.mark.parametrize(("kind", "effect"), [("error-before", 0), ("error-after", 1)])
def test_an_error_comes_before_or_after_the_effect(arm: Arm, kind: str, effect: int) -> None:
    answer, count, _ = hit(arm, f"{kind}:status=502,code=Oops,")

    assert (answer.status, answer.text, count) == (502, "502 Bad Gateway: Oops\n", effect)


def test_a_throttled_request_is_asked_to_come_again(arm: Arm) -> None:
    answer, count, _ = hit(arm, "throttled:seconds=7,")

    assert (answer.status, answer.headers["retry-after"], count) == (503, "7", 0)
    assert "SlowDown" in answer.text


def test_a_malformed_chunk_comes_after_good_ones(arm: Arm) -> None:
    app = Counter()

    async def visit(host: str, port: int) -> bytes:
        async with await Raw.to(host, port) as raw:
            raw.send(request("POST", "/add"))
            return await raw.closed()

    head, _, body = arm.visit(app, visit, "malformed-chunk").partition(b"\r\n\r\n")

    assert b"Transfer-Encoding: chunked" in head
    assert body == b"64\r\n" + b"1 " * 50 + b"\r\nno size\r\n\r\n"


def test_after_a_trouble_the_connection_goes_on_where_it_can(arm: Arm) -> None:
    async def visit(host: str, port: int) -> list[int]:
        async with await Raw.to(host, port) as raw:
            return [(await raw.ask(request("POST", "/add", body=b"x"))).status for _ in range(7)]

    troubles = [
        f"{kind},times=1"
        for kind in (
            "error-before:status=500", "throttled:skip=1", "error-after:skip=2,status=501", "twice:skip=3",
            f"late:skip=4,seconds={arm.unit_s / 10}", "trickle:skip=5,bytes_per_s=10k",
        )
    ]  # fmt: skip

    assert arm.visit(Counter(), visit, *troubles) == [500, 503, 501, 200, 200, 200, 200]


# What the same troubles look like to a client of many programs.
SEEN_BY_AIOHTTP = {
    "request-lost:seconds=5": ("ServerDisconnectedError", 0),
    "reply-lost:seconds=5": ("ServerDisconnectedError", 1),
    "late:seconds=3": (200, 1),
    "twice": (200, 2),
    "slow-first-byte:seconds=3": (200, 1),
    "trickle:bytes_per_s=50": (200, 1),
    "cut-body": ("ClientPayloadError", 1),
    "reset-before": ("ClientOSError", 0),
    "reset-during": ("ClientOSError", 0),
    "reset-after": ("ClientOSError", 1),
    "reset-body": ("ClientPayloadError", 1),
    "error-before": (500, 0),
    "error-after": (500, 1),
    "throttled": (503, 0),
    # Its reader is not told that the parser gave up once the head was handed over: it waits, on real sockets as well.
    "malformed-chunk": ("TimeoutError", 1),
}


def test_each_kind_is_shown_to_aiohttp() -> None:
    assert {text.partition(":")[0] for text in SEEN_BY_AIOHTTP} == HTTP_SURFACE.keys()


@pytest.mark.parametrize("trouble", SEEN_BY_AIOHTTP)
def test_what_aiohttp_sees_of_a_trouble(trouble: str) -> None:
    app = Counter()

    async def visit(host: str, port: int) -> Any:
        # A client that tries again by itself would hide what it met.
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20)) as session:
            session._retry_connection = False
            try:
                async with session.post(f"http://{host}:{port}/add", data=b"x" * 1000) as answer:
                    await answer.read()
                    return answer.status
            except (aiohttp.ClientError, TimeoutError) as error:
                return type(error).__name__

    seen = Simulated().visit(app, visit, trouble)

    assert (seen, app.count) == SEEN_BY_AIOHTTP[trouble]
