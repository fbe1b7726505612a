"""The server keeps connections as HTTP says, simulated and over real sockets, and gives each peer its turn."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import pytest

from simulator.services.http.limits import Limits
from simulator.services.http.message import Request, Response
from simulator.services.http.server import HttpServer
from tests.support.http_arms import ARMS, Arm
from tests.support.http_raw import Raw, request

MIB = 1 << 20


class Probe:
    """Answers by path; remembers what it was asked."""

    def __init__(self, unit_s: float = 1.0) -> None:
        self.unit_s = unit_s
        self.asked: list[str] = []
        self.drawn = 0
        self.sizes: list[int] = []
        self.closed = False

    def operation(self, request: Request) -> tuple[str, str]:
        if request.path == "/broken-operation":
            raise KeyError("secret")
        return request.method, request.path

    def early(self, request: Request) -> Response | None:
        return Response(403, body=[b"no"]) if request.get("x-refuse") else None

    def answer(self, request: Request) -> Response | Awaitable[Response]:
        self.asked.append(request.path)
        self.sizes.append(request.size)
        answers: dict[str, Callable[[], Any]] = {
            "/stream": lambda: Response(200, body=self.stream()),
            "/sized-stream": lambda: Response(200, body=self.stream(), length=6),
            "/short-stream": lambda: Response(200, body=self.stream(), length=60),
            "/endless": lambda: Response(200, body=self.endless()),
            "/drawn": lambda: Response(200, body=self.pieces(64), length=64 * MIB),
            "/drawn-short": lambda: Response(200, body=self.pieces(1), length=2 * MIB),
            "/later": self.later,
            "/broken": self.broken,
            "/broken-later": self.broken_later,
            "/split": lambda: Response(200, [("X", "a\r\nSet-Cookie: b")]),
            "/nothing": lambda: Response(204),
            "/unchanged": lambda: Response(304, length=5),
            "/trailers": lambda: Response(200, body=self.stream(), trailers=[("X-Sum", "7")]),
            "/last": lambda: Response(200, body=[b"bye"], close=True),
        }
        return answers.get(request.path, lambda: Response(200, body=[request.path.encode(), request.whole()]))()  # type: ignore[no-any-return]

    async def stream(self) -> AsyncIterator[bytes]:
        for piece in (b"one", b"", b"two"):
            await asyncio.sleep(self.unit_s / 100)
            yield piece

    async def endless(self) -> AsyncIterator[bytes]:
        try:
            while True:
                self.drawn += 1
                yield b"x" * 100_000
        finally:
            self.closed = True

    def pieces(self, count: int) -> Iterator[bytes]:
        for _ in range(count):
            self.drawn += 1
            yield b"x" * MIB

    async def later(self) -> Response:
        await asyncio.sleep(self.unit_s)
        return Response(200, body=[b"later"])

    def broken(self) -> Response:
        raise KeyError("secret")

    async def broken_later(self) -> Response:
        raise KeyError("secret")


@pytest.fixture(params=ARMS, ids=lambda arm: arm.name)
def arm(request: pytest.FixtureRequest) -> Arm:
    found: Arm = request.param()
    return found


def talk(arm: Arm, talking: Callable[[Raw], Awaitable[Any]], app: Any = None, **limits: Any) -> Any:
    """What one raw connection comes to."""

    async def visit(host: str, port: int) -> Any:
        async with await Raw.to(host, port) as raw:
            return await talking(raw)

    return arm.visit(app or Probe(arm.unit_s), visit, limits=Limits(**limits))


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
        return [first.status, (await raw.ask(request("PUT", "/z", "Expect: 100-continue", "Content-Length: 0"))).status]

    assert talk(arm, talking) == [200, 200]


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


# --- back-pressure --------------------------------------------------------------------------------------


def test_a_body_is_drawn_only_as_fast_as_it_is_read(arm: Arm) -> None:
    app = Probe(arm.unit_s)

    async def talking(raw: Raw) -> tuple[int, int]:
        raw.send(request("GET", "/drawn"))
        await asyncio.sleep(arm.unit_s)
        drawn = app.drawn
        return drawn, len((await raw.answer()).body)

    drawn, received = talk(arm, talking, app)

    assert received == 64 * MIB
    assert drawn < 32
    assert app.drawn == 64


def test_an_endless_stream_waits_for_its_reader_and_ends_when_it_goes(arm: Arm) -> None:
    app = Probe(arm.unit_s)

    async def visit(host: str, port: int) -> tuple[int, int, bool]:
        async with await Raw.to(host, port) as raw:
            raw.send(request("GET", "/endless"))
            await asyncio.sleep(arm.unit_s / 2)
            drawn = app.drawn
            await asyncio.sleep(arm.unit_s / 2)
            later = app.drawn
            raw.writer.transport.abort()
        await asyncio.sleep(arm.unit_s)
        return drawn, later, app.closed

    drawn, later, closed = arm.visit(app, visit)

    assert 0 < drawn == later < 200
    assert closed


def test_requests_wait_while_one_is_handled_and_the_client_is_slowed_down(arm: Arm) -> None:
    app = Probe(arm.unit_s)

    async def talking(raw: Raw) -> tuple[int, int]:
        raw.send(request("GET", "/later"))
        for n in range(200):
            raw.send(request("PUT", f"/{n}", body=b"x" * 100_000))
        await asyncio.sleep(arm.unit_s / 2)
        assert arm.server is not None
        (connection,) = arm.server.connections.values()
        waiting = connection._parser.waiting
        for _ in range(201):
            await raw.answer()
        return waiting, len(app.asked)

    waiting, answered = talk(arm, talking, app)

    assert 256 << 10 < waiting < MIB
    assert answered == 201


def test_a_client_that_asks_and_never_reads_is_not_answered_for_ever(arm: Arm) -> None:
    app = Probe(arm.unit_s)

    async def talking(raw: Raw) -> int:
        raw.writer.transport.pause_reading()  # type: ignore[attr-defined]
        for n in range(150):
            raw.send(request("PUT", f"/{n}", body=b"x" * 200_000))
        await asyncio.sleep(2 * arm.unit_s)
        raw.writer.transport.abort()
        return len(app.asked)

    # They are 30 MB; how many of them the sockets hold depends on the machine.
    assert talk(arm, talking, app) < 140


def test_a_client_that_takes_nothing_is_cut(arm: Arm) -> None:
    async def talking(raw: Raw) -> int:
        raw.writer.transport.pause_reading()  # type: ignore[attr-defined]
        raw.send(request("GET", "/drawn"))
        await asyncio.sleep(3 * arm.unit_s)
        assert arm.server is not None
        return len(arm.server.connections)

    assert talk(arm, talking, write_stall_s=arm.unit_s) == 0


# --- time-outs ------------------------------------------------------------------------------------------


def test_an_idle_connection_is_closed(arm: Arm) -> None:
    async def talking(raw: Raw) -> tuple[int, bytes]:
        status = (await raw.get("/x")).status
        return status, await raw.closed()

    assert talk(arm, talking, idle_s=arm.unit_s / 2) == (200, b"")


def test_a_head_that_comes_byte_by_byte_is_given_up(arm: Arm) -> None:
    """Slow loris: each byte looks like progress."""

    async def talking(raw: Raw) -> Any:
        for byte in request("GET", "/" + "x" * 200):
            raw.send(bytes([byte]))
            await asyncio.sleep(arm.unit_s / 20)
            if raw.reader._buffer:  # type: ignore[attr-defined]
                break
        return await raw.answer()

    answer = talk(arm, talking, head_s=arm.unit_s)

    assert (answer.status, answer.headers["connection"]) == (408, "close")


def test_a_body_that_stops_is_given_up(arm: Arm) -> None:
    app = Probe()

    async def talking(raw: Raw) -> int:
        return (await raw.ask(request("PUT", "/x", "Content-Length: 10") + b"abc")).status

    assert talk(arm, talking, app, body_stall_s=arm.unit_s / 2) == 408
    assert app.asked == []


def test_a_body_that_only_just_goes_on_is_given_up(arm: Arm) -> None:
    async def talking(raw: Raw) -> int:
        raw.send(request("PUT", "/x", "Content-Length: 1000"))
        for _ in range(100):
            raw.send(b"x")
            await asyncio.sleep(arm.unit_s / 10)
            if raw.reader._buffer:  # type: ignore[attr-defined]
                break
        return (await raw.answer("PUT")).status

    assert talk(arm, talking, body_stall_s=arm.unit_s, body_bytes_per_s_min=1000) == 408


def test_a_request_that_is_handled_long_is_not_timed_out(arm: Arm) -> None:
    limits = dict.fromkeys(("idle_s", "head_s", "body_stall_s", "write_stall_s"), arm.unit_s / 4)

    assert talk(arm, lambda raw: raw.get("/later"), **limits).body == b"later"


# --- bad input and crowds -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
        (request("PUT", "/", "Content-Length: 3", "Transfer-Encoding: chunked"), 400),
        (b"GET /" + b"a" * 30_000, 414),
        (request("GET", "/", *[f"X-{n}: a" for n in range(300)]), 431),
        (request("PUT", "/", "Content-Length: 100000000000"), 413),
        (request("PUT", "/", "Transfer-Encoding: gzip, chunked"), 501),
        (b"GET / HTTP/3.0\r\n\r\n", 505),
        (request("PUT", "/", "Transfer-Encoding: chunked") + b"oops\r\n", 400),
    ],
)
def test_bad_input_is_told_and_the_connection_ends(arm: Arm, sent: bytes, status: int) -> None:
    app = Probe()

    async def visit(host: str, port: int) -> list[Any]:
        async with await Raw.to(host, port) as raw:
            answer = await raw.ask(sent, "GET")
            # What it sends afterwards is nobody's request, whatever it looks like.
            raw.send(request("GET", "/smuggled"))
            ended = await raw.closed()
        async with await Raw.to(host, port) as raw:
            return [answer.status, answer.headers["connection"], ended, (await raw.get("/x")).status]

    assert arm.visit(app, visit) == [status, "close", b"", 200]
    assert app.asked == ["/x"]
    (event,) = arm.told.of("http.refused")
    assert event["status"] == status
    assert event["why"]


def test_an_endless_body_is_refused_when_it_is_too_long(arm: Arm) -> None:
    async def talking(raw: Raw) -> int:
        raw.send(request("PUT", "/x", "Transfer-Encoding: chunked"))
        for _ in range(20):
            raw.send(b"10000\r\n" + b"x" * 65536 + b"\r\n")
            await raw.writer.drain()
        return (await raw.answer("PUT")).status

    assert talk(arm, talking, body_bytes_max=MIB) == 413


def test_more_connections_than_the_limit_are_turned_away(arm: Arm) -> None:
    async def visit(host: str, port: int) -> list[int]:
        many = [await Raw.to(host, port) for _ in range(3)]
        await asyncio.sleep(arm.unit_s / 10)
        statuses = []
        for raw in many[:2]:
            statuses.append((await raw.get("/x")).status)
        statuses.append((await many[2].answer()).status)
        many[0].writer.close()
        await asyncio.sleep(arm.unit_s / 10)
        async with await Raw.to(host, port) as raw:
            statuses.append((await raw.get("/x")).status)
        for raw in many:
            raw.writer.close()
        return statuses

    assert arm.visit(Probe(), visit, limits=Limits(connections_max=2)) == [200, 200, 503, 200]


def test_ten_thousand_idle_connections_leave_the_service_awake(arm: Arm) -> None:
    # Each end of a real one is a descriptor of this process.
    count = 10_000 if arm.name == "simulated" else 400

    async def visit(host: str, port: int) -> tuple[int, int]:
        crowd = []
        for _ in range(count // 100):
            crowd += await asyncio.gather(*[asyncio.open_connection(host, port) for _ in range(100)])
        async with await Raw.to(host, port) as raw:
            statuses = [(await raw.get(f"/{n}")).status for n in range(50)]
        assert arm.server is not None
        there = len(arm.server.connections)
        for _, writer in crowd:
            writer.close()
        return there, statuses.count(200)

    there, answered = arm.visit(Probe(), visit)

    assert there >= count
    assert answered == 50


# --- stopping -------------------------------------------------------------------------------------------


def test_a_server_that_stops_finishes_what_is_under_way_and_begins_nothing(arm: Arm) -> None:
    async def visit(host: str, port: int) -> list[Any]:
        server = arm.server
        assert server is not None
        under_way, idle, begun = [await Raw.to(host, port) for _ in range(3)]
        under_way.send(request("GET", "/later"))
        await idle.get("/x")
        begun.send(request("PUT", "/y", "Content-Length: 3"))
        await asyncio.sleep(arm.unit_s / 4)
        loop = server.loop
        stopping = asyncio.ensure_future(on(loop, lambda: server.stop(grace_s=10 * arm.unit_s)))
        await asyncio.sleep(arm.unit_s / 4)
        refused = await refuses(host, port)
        begun.send(b"abc")
        found = [refused, await idle.closed(), (await begun.answer("PUT")).headers["connection"]]
        answer = await under_way.answer()
        found += [answer.body, answer.headers["connection"], await under_way.closed()]
        await stopping
        for raw in (under_way, idle, begun):
            raw.writer.close()
        return found

    assert arm.visit(Probe(arm.unit_s), visit) == [True, b"", "close", b"later", "close", b""]


def test_what_takes_longer_than_the_grace_is_cut(arm: Arm) -> None:
    async def visit(host: str, port: int) -> Any:
        server = arm.server
        assert server is not None
        async with await Raw.to(host, port) as raw:
            raw.send(request("GET", "/later"))
            await asyncio.sleep(arm.unit_s / 10)
            await on(server.loop, lambda: server.stop(grace_s=arm.unit_s / 10))
            try:
                return await raw.closed()
            except ConnectionResetError:
                return b""

    assert arm.visit(Probe(arm.unit_s), visit) == b""


async def refuses(host: str, port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection(host, port)
    except OSError:
        return True
    writer.close()
    return False


async def on(loop: asyncio.AbstractEventLoop, work: Callable[[], Awaitable[None]]) -> None:
    """Do something on the server's loop, which in a simulation is another host's."""
    here = asyncio.get_running_loop()
    if loop is here:
        await work()
        return
    done = here.create_future()

    async def doing() -> None:
        await work()
        here.call_soon_threadsafe(done.set_result, None)

    loop.call_soon_threadsafe(lambda: loop.create_task(doing()))
    await done


def test_what_a_server_is_doing_can_be_seen(arm: Arm) -> None:
    async def visit(host: str, port: int) -> list[str]:
        server = arm.server
        assert isinstance(server, HttpServer)
        raws = [await Raw.to(host, port) for _ in range(4)]
        raws[1].send(b"GET")
        raws[2].send(request("PUT", "/x", "Content-Length: 3"))
        raws[3].send(request("GET", "/later"))
        await asyncio.sleep(arm.unit_s / 4)
        states = [connection.state for connection in server.connections.values()]
        assert "4 connections, 1 requests so far" in repr(server)
        for raw in raws:
            raw.writer.close()
        return states

    assert arm.visit(Probe(arm.unit_s), visit) == ["idle", "head", "body", "busy"]
