"""The server gives each peer its turn and its time, and no more, simulated and over real sockets."""

import asyncio
from typing import Any

from tests.support.http_arms import Arm
from tests.support.http_probe import MIB, Probe, talk
from tests.support.http_raw import Raw, request

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
