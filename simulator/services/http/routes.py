"""Routes: which endpoint of a service a request is for, by method and path.

/films/{name}           one segment, percent-decoded, as `name`
/files/{path...}        the rest of the path
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import unquote

from simulator.errors import Misuse

Latency = float | tuple[float, float] | Callable[[Any], float]
"""Seconds; two bounds between which they are drawn; or a function of the generator."""

_PART: Final = re.compile(r"\{([a-z_][a-z0-9_]*)(\.\.\.)?\}")


@dataclass
class Route:
    """An endpoint: what answers it, and what it suffers."""

    method: str
    pattern: str
    handler: Callable[..., Any]
    latency_s: Latency = 0.0
    failure_rate: float = 0.0
    failure: Any = 500
    public: bool = False
    """Whether anybody may ask, without a token."""
    socket: bool = False
    """Whether it is a websocket's; then the handler gets the socket as well."""
    message_bytes_max: int = 1 << 20
    script: list[Any] = field(default_factory=list)
    """Answers that come first, one for each request; `...` stands for the handler's own."""

    @property
    def name(self) -> str:
        """The operation, as events and troubles know it: `GET /films/{name}`."""
        return f"{self.method} {self.pattern}"


class Routes:
    """The routes of one service; those without parameters win, then those that were added first."""

    def __init__(self) -> None:
        self._plain: dict[str, dict[str, Route]] = {}
        self._patterns: list[tuple[re.Pattern[str], str, dict[str, Route]]] = []
        self.by_name: dict[str, Route] = {}

    def add(self, route: Route) -> None:
        if not route.pattern.startswith("/"):
            raise Misuse(f"the path of {route.name!r} does not begin with a slash")
        if route.name in self.by_name:
            raise Misuse(f"there are two endpoints {route.name!r}")
        self.by_name[route.name] = route
        if "{" not in route.pattern:
            self._plain.setdefault(route.pattern, {})[route.method] = route
            return
        for _, pattern, methods in self._patterns:
            if pattern == route.pattern:
                methods[route.method] = route
                return
        self._patterns.append((_compiled(route.pattern), route.pattern, {route.method: route}))

    def find(self, method: str, path: str) -> tuple[Route | None, dict[str, str], list[str]]:
        """The route, the parameters in the path, and the methods that the path knows (none: no such path)."""
        known = self._plain.get(path)
        if known is not None and (route := _for(method, known)) is not None:
            return route, {}, []
        allowed = set(known or ())
        for pattern, _, methods in self._patterns:
            if found := pattern.fullmatch(path):
                if (route := _for(method, methods)) is not None:
                    return route, {name: unquote(value) for name, value in found.groupdict().items()}, []
                allowed |= methods.keys()
        return None, {}, sorted(allowed | {"HEAD"} if "GET" in allowed else allowed)


def _for(method: str, methods: dict[str, Route]) -> Route | None:
    return methods.get(method) or (methods.get("GET") if method == "HEAD" else None)


def _compiled(pattern: str) -> re.Pattern[str]:
    written, at, names = "", 0, set()
    for found in _PART.finditer(pattern):
        name, rest = found.groups()
        if name in names:
            raise Misuse(f"{{{name}}} is twice in the path {pattern!r}")
        names.add(name)
        written += re.escape(pattern[at : found.start()]) + (f"(?P<{name}>.*)" if rest else f"(?P<{name}>[^/]+)")
        at = found.end()
    tail = pattern[at:]
    if "{" in tail or "}" in tail or "{" in _PART.sub("", pattern):
        raise Misuse(f"the path {pattern!r} has a brace that belongs to no {{name}}")
    return re.compile(written + re.escape(tail))
