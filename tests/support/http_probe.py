"""A service that answers by path, in all the ways in which a service can, and remembers what it was asked."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

from simulator.services.http.limits import Limits
from simulator.services.http.message import Request, Response
from tests.support.http_arms import Arm
from tests.support.http_raw import Raw

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


def talk(arm: Arm, talking: Callable[[Raw], Awaitable[Any]], app: Any = None, **limits: Any) -> Any:
    """What one raw connection comes to."""

    async def visit(host: str, port: int) -> Any:
        async with await Raw.to(host, port) as raw:
            return await talking(raw)

    return arm.visit(app or Probe(arm.unit_s), visit, limits=Limits(**limits))
