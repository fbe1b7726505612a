"""Websockets carry messages both ways and end as they should: aiohttp's client, simulated and over real sockets."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest
from aiohttp import ClientWebSocketResponse, WSMsgType

from simulator.services.http.frames import TEXT, frame
from simulator.services.http.kit import Api, Call, WebSocket
from tests.support.http_arms import Arm
from tests.support.http_raw import Raw, request

Said = list[Any]
HANDSHAKE = request(
    "GET", "/echo", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
)  # fmt: skip


def echoing(ended: Said | None = None) -> Api:
    api = Api("talk")

    @api.websocket("/echo", message_bytes_max=100_000)
    async def echo(call: Call, socket: WebSocket) -> None:
        async for message in socket:
            await socket.send(message)
        if ended is not None:
            ended.append((socket.close_code, socket.close_reason))

    return api


def talk(arm: Arm, api: Api, talking: Callable[[ClientWebSocketResponse], Awaitable[Any]], path: str = "/echo") -> Any:
    async def visit(host: str, port: int) -> Any:
        async with aiohttp.ClientSession() as session:
            async with session.ws_connect(f"http://{host}:{port}{path}") as socket:
                return await talking(socket)

    return arm.visit(api, visit)


async def said(message: aiohttp.WSMessage) -> tuple[str, Any]:
    return message.type.name, message.data


def test_text_and_bytes_go_both_ways(arm: Arm) -> None:
    async def talking(socket: ClientWebSocketResponse) -> Said:
        await socket.send_str("grüß")
        await socket.send_bytes(b"\0\xff" * 40_000)
        await socket.send_str("")
        return [(await socket.receive()).data for _ in range(3)]

    assert talk(arm, echoing(), talking) == ["grüß", b"\0\xff" * 40_000, ""]


def test_a_ping_is_answered_and_closing_is_mutual(arm: Arm) -> None:
    ended: Said = []

    async def talking(socket: ClientWebSocketResponse) -> Said:
        await socket.ping(b"there?")
        await socket.send_str("x")
        echoed = (await socket.receive()).data
        await socket.close(code=4001, message=b"enough")
        return [echoed, socket.close_code]

    assert talk(arm, echoing(ended), talking)[0] == "x"
    assert ended == [(4001, "enough")]


def test_a_client_that_goes_without_a_word_is_noticed(arm: Arm) -> None:
    ended: Said = []

    async def visit(host: str, port: int) -> None:
        async with await Raw.to(host, port) as raw:
            assert (await raw.ask(HANDSHAKE)).status == 101
        await asyncio.sleep(arm.unit_s)

    arm.visit(echoing(ended), visit)

    assert ended == [(1006, "")]


def test_the_service_pushes_and_closes_when_its_endpoint_returns(arm: Arm) -> None:
    api = Api("clock")

    @api.websocket("/ticks/{count}")
    async def ticks(call: Call, socket: WebSocket) -> None:
        for number in range(int(call.path["count"])):
            await asyncio.sleep(arm.unit_s / 10)
            await socket.send_json({"tick": number})

    async def talking(socket: ClientWebSocketResponse) -> Said:
        return [message.json() async for message in socket] + [socket.close_code]

    assert talk(arm, api, talking, "/ticks/3") == [{"tick": 0}, {"tick": 1}, {"tick": 2}, 1000]


def test_a_service_tells_all_who_listen(arm: Arm) -> None:
    api = Api("news")

    @api.websocket("/news")
    async def listen(call: Call, socket: WebSocket) -> None:
        async for _ in socket:
            pass

    @api.post("/news")
    async def tell(call: Call) -> Any:
        return {"told": await api.broadcast("/news", call.json())}

    async def visit(host: str, port: int) -> Said:
        base = f"http://{host}:{port}/news"
        async with aiohttp.ClientSession() as session:
            async with session.ws_connect(base) as one, session.ws_connect(base) as other:
                await asyncio.sleep(arm.unit_s / 10)
                async with session.post(base, json={"headline": "rain"}) as answer:
                    told = await answer.json()
                return [told, await one.receive_json(), await other.receive_json(), len(api.sockets())]

    assert arm.visit(api, visit) == [{"told": 2}, {"headline": "rain"}, {"headline": "rain"}, 2]
    assert api.sockets() == []


def test_an_endpoint_that_raises_closes_with_1011(arm: Arm, caplog: pytest.LogCaptureFixture) -> None:
    api = Api()

    @api.websocket("/")
    async def fail(call: Call, socket: WebSocket) -> None:
        raise KeyError("secret")

    async def talking(socket: ClientWebSocketResponse) -> Said:
        message = await socket.receive()
        return [message.type, message.data]

    assert talk(arm, api, talking, "/") == [WSMsgType.CLOSE, 1011]
    assert "websocket / failed" in [*arm.logged, *caplog.messages]


@pytest.mark.parametrize(
    ("trouble", "received"),
    [
        ("message-lost:operation=SEND /echo,skip=1,times=1", ["a", "c"]),
        ("message-lost:operation=RECEIVE *,skip=1,times=1", ["a", "c"]),
        ("message-twice:operation=SEND *,times=1", ["a", "a", "b"]),
        ("message-twice:operation=RECEIVE *,times=1", ["a", "a", "b"]),
        ("socket-dropped:operation=SEND *,skip=1", ["a", 1006]),
        ("socket-cut:operation=SEND *,skip=1", ["a", 1006]),
        ("socket-reset:operation=SEND *,skip=1", ["a", 1006]),
        ("socket-dropped:operation=RECEIVE *", [1006]),
    ],
)
def test_messages_meet_their_troubles(arm: Arm, trouble: str, received: Said) -> None:
    api = echoing()
    api.trouble(trouble)

    async def talking(socket: ClientWebSocketResponse) -> Said:
        for letter in "abc":
            await socket.send_str(letter)
        heard: Said = []
        for _ in received:
            message = await socket.receive(timeout=5 * arm.unit_s)
            heard.append(message.data if message.type is WSMsgType.TEXT else socket.close_code)
        return heard

    assert talk(arm, api, talking) == received


@pytest.mark.parametrize("way", ["SEND", "RECEIVE"])
def test_a_late_message_holds_up_those_behind_it(arm: Arm, way: str) -> None:
    api = echoing()
    api.trouble(f"message-late:operation={way} *,skip=1,times=1,seconds={arm.unit_s}")

    async def talking(socket: ClientWebSocketResponse) -> Said:
        loop = asyncio.get_running_loop()
        begun, heard = loop.time(), []
        for letter in "abc":
            await socket.send_str(letter)
        for _ in range(3):
            heard.append(((await socket.receive()).data, loop.time() - begun >= arm.unit_s))
        return heard

    assert talk(arm, api, talking) == [("a", False), ("b", True), ("c", True)]


def test_a_breach_of_the_protocol_closes_with_its_code(arm: Arm) -> None:
    async def visit(host: str, port: int) -> bytes:
        async with await Raw.to(host, port) as raw:
            await raw.ask(HANDSHAKE)
            raw.send(frame(TEXT, b"no mask"))
            return await raw.closed()

    sent = arm.visit(echoing(), visit)

    assert sent[:1] == b"\x88"
    assert sent[2:4] == (1002).to_bytes(2)


def test_a_message_that_is_too_long_closes_with_1009(arm: Arm) -> None:
    async def talking(socket: ClientWebSocketResponse) -> Any:
        await socket.send_bytes(b"x" * 100_001)
        return (await socket.receive()).data

    assert talk(arm, echoing(), talking) == 1009


def test_messages_that_come_with_the_handshake_are_read(arm: Arm) -> None:
    async def visit(host: str, port: int) -> bytes:
        async with await Raw.to(host, port) as raw:
            await raw.ask(HANDSHAKE + frame(TEXT, b"early", mask=b"abcd"))
            return await raw.reader.readexactly(7)

    assert arm.visit(echoing(), visit) == frame(TEXT, b"early")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ((), 426),
        (("Connection: Upgrade", "Upgrade: h2c"), 426),
        (("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 8"), 426),
        (("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"), 400),
        (("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: x"), 400),
    ],
)
def test_a_handshake_that_is_none_is_refused_and_the_connection_goes_on(
    arm: Arm, headers: tuple[str, ...], status: int
) -> None:
    async def visit(host: str, port: int) -> list[int]:
        async with await Raw.to(host, port) as raw:
            return [(await raw.get("/echo", *headers)).status, (await raw.get("/nowhere")).status]

    assert arm.visit(echoing(), visit) == [status, 404]


def test_a_peer_that_sends_more_than_the_service_takes_is_read_no_further(arm: Arm) -> None:
    api = Api()
    taken: Said = []

    @api.websocket("/")
    async def slow(call: Call, socket: WebSocket) -> None:
        await asyncio.sleep(arm.unit_s)
        taken.append(len(socket._messages))
        async for message in socket:
            taken.append(message)

    async def talking(socket: ClientWebSocketResponse) -> None:
        for number in range(2000):
            await socket.send_str(f"{number}" + "x" * 5000)
        await socket.close()

    talk(arm, api, talking, "/")

    assert taken[0] < 1000
    assert [int(message.rstrip("x")) for message in taken[1:]] == list(range(2000))


def test_a_server_that_stops_says_good_bye(arm: Arm) -> None:
    async def talking(socket: ClientWebSocketResponse) -> Any:
        server = arm.server
        assert server is not None
        server.loop.call_soon_threadsafe(lambda: server.spawn(server.stop(grace_s=arm.unit_s)))
        return (await socket.receive()).data

    assert talk(arm, echoing(), talking) == 1001
