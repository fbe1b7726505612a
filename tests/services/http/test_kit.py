"""A service written with the kit answers what its endpoints return, alike on a simulated host and on real sockets."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import msgspec
import pytest
from yarl import URL

from simulator.errors import Misuse
from simulator.services.http.kit import Api, Call, Refusal, Response
from tests.support.http_arms import Arm, Simulated
from tests.support.http_raw import Raw


class Order(msgspec.Struct):
    film: str
    copies: int = 1


Asking = Callable[[aiohttp.ClientSession, str], Awaitable[Any]]


def ask(arm: Arm, api: Api, asking: Asking) -> Any:
    async def visit(host: str, port: int) -> Any:
        async with aiohttp.ClientSession() as session:
            return await asking(session, f"http://{host}:{port}")

    return arm.visit(api, visit)


async def told(answer: Any) -> tuple[int, str, str]:
    async with answer as found:
        return found.status, found.content_type, await found.text()


def shop() -> Api:
    api = Api("shop")

    @api.post("/orders")
    def create(call: Call) -> Any:
        order = call.json(Order)
        number = len(call.state) + 1
        call.state[number] = order
        return 201, order, {"Location": f"/orders/{number}"}

    @api.get("/orders/{number}")
    async def show(call: Call) -> Any:
        await asyncio.sleep(0)
        return call.state.get(int(call.path["number"])) or 404

    @api.delete("/orders/{number}")
    def drop(call: Call) -> None:
        if call.state.pop(int(call.path["number"]), None) is None:
            raise Refusal(404, "no such order", number=call.path["number"])

    return api


def test_a_service_keeps_its_state_and_speaks_json(arm: Arm) -> None:
    async def asking(session: aiohttp.ClientSession, base: str) -> list[Any]:
        async with session.post(f"{base}/orders", json={"film": "M"}) as made:
            found = [made.status, made.headers["Location"], made.headers["Server"], await made.json()]
        found.append(await told(session.get(f"{base}/orders/1")))
        found.append(await told(session.delete(f"{base}/orders/1")))
        found.append(await told(session.get(f"{base}/orders/1")))
        found.append(await told(session.delete(f"{base}/orders/1")))
        return found

    json = "application/json"
    assert ask(arm, shop(), asking) == [
        201, "/orders/1", "shop", {"film": "M", "copies": 1},
        (200, json, '{"film":"M","copies":1}'),
        (204, "application/octet-stream", ""),
        (404, json, '{"error":"Not Found"}'),
        (404, json, '{"error":"no such order","number":"1"}'),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        (b"{", 400, "the body is no JSON: Input data was truncated"),
        (b"", 400, "the body is no JSON: Input data was truncated"),
        (b"\xff", 400, "the body is no JSON"),
        (b'{"copies": 1}', 422, "Object missing required field `film`"),
        (b'{"film": 1}', 422, "Expected `str`, got `int` - at `$.film`"),
    ],
)
def test_a_body_of_another_form_is_refused_in_words(arm: Arm, body: bytes, status: int, error: str) -> None:
    async def asking(session: aiohttp.ClientSession, base: str) -> tuple[int, str]:
        async with session.post(f"{base}/orders", data=body) as answer:
            return answer.status, (await answer.json())["error"]

    found, said = ask(arm, shop(), asking)

    assert found == status
    assert said.startswith(error)


async def count() -> AsyncIterator[Any]:
    yield "text,"
    yield b"bytes,"
    yield {"json": 1}


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (None, (204, "application/octet-stream", "")),
        (201, (201, "application/octet-stream", "")),
        (409, (409, "application/json", '{"error":"Conflict"}')),
        ("text ü", (200, "text/plain", "text ü")),
        (b"bytes", (200, "application/octet-stream", "bytes")),
        ([1, None], (200, "application/json", "[1,null]")),
        (True, (200, "application/json", "true")),
        (Order("M"), (200, "application/json", '{"film":"M","copies":1}')),
        ((202, {"a": 1}), (202, "application/json", '{"a":1}')),
        ((200, "<p>", {"content-type": "text/html"}), (200, "text/html", "<p>")),
        ((302, None, {"Location": "/x"}), (302, "application/octet-stream", "")),
        (Response(418, [("Content-Type", "tea/pot")], [b"short"], reason="Teapot"), (418, "tea/pot", "short")),
    ],
)
def test_an_endpoint_returns_what_it_has(result: Any, expected: tuple[int, str, str]) -> None:
    api = Api()
    api.get("/")(lambda call: result)

    async def asking(session: aiohttp.ClientSession, base: str) -> Any:
        return await told(session.get(base, allow_redirects=False))

    assert ask(Simulated(), api, asking) == expected


def test_a_stream_goes_out_as_it_is_made(arm: Arm) -> None:
    api = Api()
    api.get("/")(lambda call: count())

    async def asking(session: aiohttp.ClientSession, base: str) -> Any:
        return await told(session.get(base))

    assert ask(arm, api, asking) == (200, "application/octet-stream", 'text,bytes,{"json":1}\n')


def test_paths_give_their_parameters_decoded() -> None:
    api = Api()
    api.get("/films/{name}/parts/{number}")(lambda call: call.path | call.query)
    api.get("/films/new/parts/{number}")(lambda call: "shadowed, for it came later")
    api.get("/films/all")(lambda call: "all")
    api.get("/files/{path...}")(lambda call: [call.path["path"], call.queries])

    async def asking(session: aiohttp.ClientSession, base: str) -> list[Any]:
        paths = [
            "/films/a%2Fb%20%C3%BC/parts/7?x=1&x=2&y=",
            "/films/new/parts/1",
            "/films/all",
            "/files/a/b?q=1",
            "/films/",
        ]
        return [(await told(session.get(URL(base + path, encoded=True))))[2] for path in paths]

    assert ask(Simulated(), api, asking) == [
        '{"name":"a/b ü","number":"7","x":"2","y":""}',
        '{"name":"new","number":"1"}',
        "all",
        '["a/b",[["q","1"]]]',
        '{"error":"there is nothing at /films/"}',
    ]


def test_methods_that_a_path_does_not_know_are_named(arm: Arm) -> None:
    async def visit(host: str, port: int) -> list[Any]:
        async with await Raw.to(host, port) as raw:
            wrong = await raw.get("/orders")
            options = await raw.ask(b"OPTIONS /orders/1 HTTP/1.1\r\nHost: a\r\n\r\n")
            head = await raw.ask(b"HEAD /orders/1 HTTP/1.1\r\nHost: a\r\n\r\n")
            return [
                (wrong.status, wrong.headers["allow"]),
                (options.status, options.headers["allow"]),
                (head.status, head.body),
            ]

    assert arm.visit(shop(), visit) == [(405, "POST"), (204, "DELETE, GET, HEAD"), (404, b"")]


def test_answers_can_be_scripted(arm: Arm) -> None:
    api = shop()
    api.script(
        "GET /orders/{number}", [503, ..., (429, "slowly", {"Retry-After": "3"}), Refusal(410, "gone"), KeyError()]
    )

    async def asking(session: aiohttp.ClientSession, base: str) -> list[int]:
        return [(await told(session.get(f"{base}/orders/1")))[0] for _ in range(7)]

    assert ask(arm, api, asking) == [503, 404, 429, 410, 500, 404, 404]


def test_endpoints_take_their_time(arm: Arm) -> None:
    api = Api(latency_s=arm.unit_s / 2, rng=random.Random(1))
    api.get("/fixed")(lambda call: 200)
    api.get("/drawn", latency_s=(arm.unit_s, 2 * arm.unit_s))(lambda call: 200)
    api.get("/function", latency_s=lambda rng: arm.unit_s * rng.choice([1, 2]))(lambda call: 200)
    api.get("/quick", latency_s=0)(lambda call: 200)

    async def asking(session: aiohttp.ClientSession, base: str) -> list[float]:
        loop, took = asyncio.get_running_loop(), []
        for path in ("fixed", "drawn", "function", "quick"):
            begun = loop.time()
            await told(session.get(f"{base}/{path}"))
            took.append((loop.time() - begun) / arm.unit_s)
        return took

    fixed, drawn, function, quick = ask(arm, api, asking)

    assert fixed >= 0.5
    assert drawn >= 1
    assert function >= 1
    assert quick < 0.5


def test_endpoints_fail_as_often_as_they_are_told_to_and_without_effect() -> None:
    done = []
    api = Api(failure_rate=0.3, rng=random.Random(3))
    api.post("/often")(lambda call: done.append(1))
    api.post("/always", failure_rate=1.0, failure=(503, "down"))(lambda call: done.append(1))
    api.post("/never", failure_rate=0)(lambda call: 200)

    async def asking(session: aiohttp.ClientSession, base: str) -> list[Any]:
        often = [(await told(session.post(f"{base}/often")))[0] for _ in range(300)]
        assert often.count(204) + often.count(500) == 300
        assert often.count(204) == len(done)
        return [
            often.count(500),
            await told(session.post(f"{base}/always")),
            (await told(session.post(f"{base}/never")))[0],
        ]

    failures, always, never = ask(Simulated(), api, asking)

    assert 60 < failures < 120
    assert always == (503, "text/plain", "down")
    assert never == 200


def test_a_token_is_wanted_and_checked_before_the_body(arm: Arm) -> None:
    api = Api("safe", token="hunter2")
    api.put("/")(lambda call: call.body)
    api.get("/healthz", public=True)(lambda call: "ok")

    async def visit(host: str, port: int) -> list[Any]:
        async with await Raw.to(host, port) as raw:
            open_to_all = (await raw.get("/healthz")).text
            right = await raw.ask(put("Authorization: bearer hunter2", "Content-Length: 2") + b"ok")
            wrong = await raw.ask(put("Authorization: Bearer hunter", "Content-Length: 2") + b"no")
            none = await raw.ask(put("Expect: 100-continue", "Content-Length: 9"))
        return [open_to_all, right.text, wrong.status, none.status, none.headers["www-authenticate"]]

    def put(*headers: str) -> bytes:
        return "\r\n".join(["PUT / HTTP/1.1", "Host: a", *headers]).encode() + b"\r\n\r\n"

    assert arm.visit(api, visit) == ["ok", "ok", 401, 401, 'Bearer realm="safe"']
    assert "hunter2" not in str(arm.told.events)


def test_a_function_may_say_whose_token_it_is() -> None:
    api = Api(token={"t1": "anna"}.get)
    api.get("/")(lambda call: call.who)

    async def asking(session: aiohttp.ClientSession, base: str) -> list[Any]:
        return [await told(session.get(base, headers={"Authorization": f"Bearer {token}"})) for token in ("t1", "t2")]

    found = ask(Simulated(), api, asking)

    assert [status for status, _, _ in found] == [200, 401]
    assert found[0][2] == "anna"


def test_troubles_of_an_endpoint_are_declared_with_it(arm: Arm) -> None:
    api = Api()
    api.get("/cut/{n}", troubles=["cut-body:at_byte=3,times=1", "throttled:skip=1"])(lambda call: "whole")
    api.get("/other")(lambda call: "whole")

    async def visit(host: str, port: int) -> list[Any]:
        answers = []
        for path in ("/cut/1", "/cut/1", "/other"):
            async with await Raw.to(host, port) as raw:
                answers.append(await raw.get(path))
        return [(answer.status, answer.text, answer.whole) for answer in answers]

    assert arm.visit(api, visit) == [
        (200, "who", False),
        (503, '{"error":"SlowDown"}', True),
        (200, "whole", True),
    ]


def test_work_in_the_background_runs_as_long_as_the_service() -> None:
    api = Api()
    beats: list[str] = []

    @api.background
    async def beat(api: Api) -> None:
        try:
            while True:
                await asyncio.sleep(1)
                beats.append("beat")
        finally:
            beats.append("over")

    async def main() -> None:
        serving = asyncio.ensure_future(api.serve(80))
        await asyncio.sleep(3.5)
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)

    from tests.support.hosts import run_on_host

    run_on_host(main)

    assert beats == ["beat", "beat", "beat", "over"]


def test_a_service_begins_anew_with_each_start() -> None:
    api = shop()

    async def asking(session: aiohttp.ClientSession, base: str) -> int:
        await told(session.post(f"{base}/orders", json={"film": "M"}))
        return len(api.state)

    async def visit(host: str, port: int) -> int:
        async with aiohttp.ClientSession() as session:
            return await asking(session, f"http://{host}:{port}")

    from tests.support.hosts import Hosts

    async def main() -> list[int]:
        found = []
        for _ in range(2):
            serving = asyncio.ensure_future(api.serve(80))
            await asyncio.sleep(0.1)
            found.append(await visit("main", 80))
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)
        return found

    assert Hosts().run(main=main) == [1, 1]


@pytest.mark.parametrize(
    ("declare", "said"),
    [
        (lambda api: api.get("films")(print), "does not begin with a slash"),
        (lambda api: [api.get("/a")(print), api.get("/a")(print)], "there are two endpoints 'GET /a'"),
        (lambda api: api.get("/{a}/{a}")(print), "{a} is twice in the path"),
        (lambda api: api.get("/{a-b}")(print), "a brace that belongs to no {name}"),
        (lambda api: api.get("/{a")(print), "a brace that belongs to no {name}"),
        (lambda api: api.get("/", failure_rate=2)(print), "failure_rate of GET / is 2, not from 0 to 1"),
        (lambda api: api.script("GET /", [1]), "there is no endpoint 'GET /'"),
        (lambda api: api.trouble("layte"), "unknown kind of trouble 'layte'"),
    ],
)
def test_what_cannot_be_meant_is_refused(declare: Callable[[Api], Any], said: str) -> None:
    with pytest.raises(Misuse) as caught:
        declare(Api())

    assert said in str(caught.value)


def test_requests_are_told_with_their_endpoint(arm: Arm) -> None:
    async def asking(session: aiohttp.ClientSession, base: str) -> Any:
        return await told(session.get(f"{base}/orders/7"))

    ask(arm, shop(), asking)

    (heard,), (answered,) = arm.told.of("http.request"), arm.told.of("http.response")
    assert (heard["operation"], heard["key"], heard["method"]) == ("GET /orders/{number}", "/orders/7", "GET")
    assert (answered["operation"], answered["status"], answered["bytes"]) == ("GET /orders/{number}", 404, 21)
