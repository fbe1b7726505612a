"""Kit: API services in a few lines, for simulated hosts and for real sockets alike.

    api = Api("films", state=dict)

    @api.get("/films/{name}")
    def film(call):
        return call.state.get(call.path["name"]) or 404

    @api.put("/films/{name}", latency_s=(0.05, 0.2))
    def put(call):
        call.state[call.path["name"]] = call.json()
        return 201

    world.host("films").run(api.serve, 80)          # in a scenario
    asyncio.run(api.serve(8080))                    # for real

Whatever can go wrong with it is switched on by `api.trouble("reply-lost:operation=PUT *,times=1")`, and answers are
scripted by `api.script("GET /films/{name}", [503, (429, "slowly"), ...])`, where `...` is the endpoint's own.
"""

import asyncio
import inspect
import os
import random
from collections.abc import Awaitable, Callable, Iterable
from hmac import compare_digest
from typing import Any, Final, TypeVar

import msgspec

from simulator.errors import Misuse
from simulator.services.http.call import Call, Refusal, refusal_of, response_of
from simulator.services.http.message import Request, Response
from simulator.services.http.routes import Latency, Route, Routes
from simulator.services.http.server import serve
from simulator.services.http.troubles import HTTP_SURFACE
from simulator.services.http.websocket import SOCKET_SURFACE, WebSocket, upgrade
from simulator.services.trouble import Surface, Switchboard, Trouble

__all__ = ["Api", "Call", "Refusal", "Response", "WebSocket"]

API_SURFACE: Final[Surface] = HTTP_SURFACE | SOCKET_SURFACE
"""What an API service can meet."""

H = TypeVar("H", bound=Callable[..., Any])


class Api:
    """A service made of endpoints.

    `state` is called at each start, so that a restart begins anew; give a function that returns an object of yours for
    a state that outlives it. With `token`, every endpoint that is not `public` wants `Authorization: Bearer ...`: the
    text, or a function that says who that is (None: nobody). `latency_s` and `failure_rate` hold for all endpoints that
    say nothing else. `rng` draws what is left to chance.
    """

    def __init__(
        self,
        name: str = "api",
        *,
        state: Callable[[], Any] = dict,
        token: str | Callable[[str], Any] | None = None,
        latency_s: Latency = 0.0,
        failure_rate: float = 0.0,
        rng: random.Random | None = None,
    ) -> None:
        self.name, self._make_state, self._token = name, state, token
        self._latency_s, self._failure_rate = latency_s, failure_rate
        self.state: Any = None
        self.rng = rng
        self.routes = Routes()
        self.troubles = Switchboard(API_SURFACE, rng=rng)
        self.surface = API_SURFACE
        self._sockets: dict[str, dict[int, WebSocket]] = {}
        self._socket_count = 0
        self._background: list[Callable[[Api], Awaitable[object]]] = []

    def __repr__(self) -> str:
        return f"<api {self.name}: {', '.join(self.routes.by_name) or 'no endpoints'}>"

    # --- endpoints --------------------------------------------------------------------------------------

    def route(
        self,
        method: str,
        path: str,
        *,
        latency_s: Latency | None = None,
        failure_rate: float | None = None,
        failure: Any = 500,
        public: bool = False,
        troubles: Iterable[str] = (),
    ) -> Callable[[H], H]:
        """Declare an endpoint; `failure` is what it answers, without effect, as often as `failure_rate` says."""

        def add(handler: H) -> H:
            rate = self._failure_rate if failure_rate is None else failure_rate
            if not 0 <= rate <= 1:
                raise Misuse(f"failure_rate of {method} {path} is {rate!r}, not from 0 to 1")
            latency = self._latency_s if latency_s is None else latency_s
            route = Route(method, path, handler, latency, rate, failure, public)
            self.routes.add(route)
            for text in troubles:
                self.trouble(f"{text}{',' if ':' in text else ':'}operation={route.name}")
            return handler

        return add

    def get(self, path: str, **options: Any) -> Callable[[H], H]:
        return self.route("GET", path, **options)

    def post(self, path: str, **options: Any) -> Callable[[H], H]:
        return self.route("POST", path, **options)

    def put(self, path: str, **options: Any) -> Callable[[H], H]:
        return self.route("PUT", path, **options)

    def patch(self, path: str, **options: Any) -> Callable[[H], H]:
        return self.route("PATCH", path, **options)

    def delete(self, path: str, **options: Any) -> Callable[[H], H]:
        return self.route("DELETE", path, **options)

    def websocket(self, path: str, *, public: bool = False, message_bytes_max: int = 1 << 20) -> Callable[[H], H]:
        """Declare a websocket: `async def endpoint(call, socket)`; it is closed when that returns."""

        def add(handler: H) -> H:
            route = Route("GET", path, handler, public=public, socket=True, message_bytes_max=message_bytes_max)
            self.routes.add(route)
            return handler

        return add

    def background(self, work: Callable[["Api"], Awaitable[object]]) -> Callable[["Api"], Awaitable[object]]:
        """Run a coroutine function, beside the endpoints, for as long as the service runs."""
        self._background.append(work)
        return work

    # --- what a scenario does to it ---------------------------------------------------------------------

    def trouble(self, trouble: Trouble | str) -> int:
        """Switch a trouble on; the number switches it off again (`api.troubles.off`)."""
        return self.troubles.on(trouble)

    def script(self, endpoint: str, answers: Iterable[Any]) -> None:
        """Let an endpoint (`"GET /films/{name}"`) answer these first, one for each request, and then as always.

        Each is what an endpoint may return, or an exception to raise; `...` is the endpoint's own answer.
        """
        route = self.routes.by_name.get(endpoint)
        if route is None:
            raise Misuse(f"there is no endpoint {endpoint!r}", hint=f"endpoints: {', '.join(self.routes.by_name)}")
        route.script.extend(answers)

    def sockets(self, path: str = "") -> list[WebSocket]:
        """The websockets that are open, all or those of one path as it was declared."""
        return [socket for name, those in self._sockets.items() if path in {"", name} for socket in those.values()]

    async def broadcast(self, path: str, message: Any) -> int:
        """Send a message to all websockets of a path; a dict or list goes as JSON. How many took it."""
        if not isinstance(message, str | bytes):
            message = msgspec.json.encode(message).decode()
        sends = [socket.send(message) for socket in self.sockets(path)]
        results = await asyncio.gather(*sends, return_exceptions=True)
        return sum(result is None for result in results)

    # --- running ----------------------------------------------------------------------------------------

    async def serve(self, port: int = 8080, host: str | None = None, **options: Any) -> None:
        """Serve until told to end; `options` are those of `server.serve` and of `HttpServer`."""
        self.state = self._make_state()
        self.rng = self.rng or random.Random(os.urandom(32))
        self.troubles.tell = options.get("tell", self.troubles.tell)
        self._sockets.clear()
        tasks = [asyncio.ensure_future(work(self)) for work in self._background]
        try:
            settings: dict[str, Any] = {"troubles": self.troubles, "name": self.name}
            await serve(self, host, port, **settings | options)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    # --- what the server asks (`App`) -------------------------------------------------------------------

    def operation(self, request: Request) -> tuple[str, str]:
        route, path, allowed = self.routes.find(request.method, request.path)
        if self.rng is None:
            self.rng = random.Random(os.urandom(32))
        if self.state is None:
            self.state = self._make_state()
        request.context = (route, Call(request, path, self.state, self.rng), allowed)
        return (route.name if route is not None else f"{request.method} (no endpoint)"), request.path

    def early(self, request: Request) -> Response | None:
        route, call, _ = request.context
        if self._token is None or (route is not None and route.public):
            return None
        scheme, _, token = (request.get("authorization") or "").partition(" ")
        if scheme.lower() == "bearer":
            token = token.strip()
            if callable(self._token):
                call.who = self._token(token)
            elif compare_digest(token.encode(), self._token.encode()):
                call.who = "bearer"
        if call.who is not None:
            return None
        wanted = {"WWW-Authenticate": f'Bearer realm="{self.name}"'}
        return refusal_of(Refusal(401, "a valid token is needed", headers=wanted))

    def answer(self, request: Request) -> Response | Awaitable[Response]:
        route, call, allowed = request.context
        if route is None:
            return _nowhere(request, allowed)
        delay_s = self._drawn(route.latency_s)
        if delay_s > 0:
            return self._delayed(delay_s, route, call)
        return self._answered(route, call)

    def failure(self, request: Request | None, status: int, code: str) -> Response:
        """An error that was not the endpoint's own."""
        return refusal_of(Refusal(status, code))

    def _drawn(self, latency_s: Latency) -> float:
        if isinstance(latency_s, int | float):
            return latency_s
        assert self.rng is not None
        if callable(latency_s):
            return latency_s(self.rng)
        return self.rng.uniform(*latency_s)

    async def _delayed(self, delay_s: float, route: Route, call: Call) -> Response:
        await asyncio.sleep(delay_s)
        result = self._answered(route, call)
        return result if isinstance(result, Response) else await result

    def _answered(self, route: Route, call: Call) -> Response | Awaitable[Response]:
        scripted = route.script.pop(0) if route.script else ...
        try:
            if scripted is not ...:
                if isinstance(scripted, BaseException):
                    raise scripted
                return response_of(scripted)
            if route.failure_rate and call.rng.random() < route.failure_rate:
                return response_of(route.failure)
            if route.socket:
                return self._upgraded(route, call)
            result = route.handler(call)
            return _awaited(result) if inspect.isawaitable(result) else response_of(result)
        except Refusal as refusal:
            return refusal_of(refusal)

    def _upgraded(self, route: Route, call: Call) -> Response:
        async def attend(socket: WebSocket) -> None:
            self._socket_count += 1
            number, those = self._socket_count, self._sockets.setdefault(route.pattern, {})
            those[number] = socket
            try:
                await route.handler(call, socket)
            finally:
                those.pop(number, None)

        return upgrade(call.request, attend, name=route.pattern, message_bytes_max=route.message_bytes_max)


async def _awaited(result: Awaitable[Any]) -> Response:
    try:
        return response_of(await result)
    except Refusal as refusal:
        return refusal_of(refusal)


def _nowhere(request: Request, allowed: list[str]) -> Response:
    if not allowed:
        return refusal_of(Refusal(404, f"there is nothing at {request.path}"))
    headers = {"Allow": ", ".join(allowed)}
    if request.method == "OPTIONS":
        return Response(204, list(headers.items()))
    return refusal_of(Refusal(405, f"{request.method} is not one of {', '.join(allowed)}", headers=headers))
