"""Effects: what one program does to the world that outlives it, counted in the order in which it happens.

An effect is a request to another host (S3, Redis, an API: whatever is sent until the answer begins), or a change of a
file. Each has moments at which its program may be struck:

    before      the request has not left the program: it was never made
    applied     the other side has carried it out, and its answer is on its way; a file has just been changed
    answered    the answer was read and acted upon, as far as one instant goes

They are seen in the events of a run, so that the same effect has the same number whenever the run is played again.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from simulator.kernel.process import Process
from simulator.kernel.state import here
from simulator.trace.event import Event
from simulator.world.world import World

MOMENTS: Final = ("before", "applied", "answered")
_OF_FILES: Final = frozenset({
    "fs.write", "fs.truncate", "fs.fsync", "fs.rename", "fs.unlink", "fs.link", "fs.symlink", "fs.mkdir", "fs.rmdir",
})  # fmt: skip
_REQUESTS: Final = {"s3.request": "operation", "http.request": "operation", "redis.command": "command"}


@dataclass
class Effect:
    """One effect: its number from 1 on, what it is in words, and when."""

    number: int
    at_ns: int
    family: str = "net"  # s3, redis, http, fs, or net for a request that no service of ours has told of.
    what: str = ""  # The operation or command; the path of a file.
    about: str = ""  # The key, or the host that was asked.

    def __str__(self) -> str:
        return " ".join(filter(None, (self.family, self.what, self.about)))


@dataclass
class _Talk:
    """A connection of the program, and the request that is under way on it."""

    server: str
    effect: Effect | None = None
    applied: bool = False


@dataclass
class EffectWatch:
    """Counts the effects of one program on one host, and tells each moment of each."""

    world: World
    host: str
    service: str  # The name of the program; all programs of the host when empty.
    tell: Callable[[Effect, str], None]
    count: int = 0
    _talks: dict[int, _Talk] = field(default_factory=dict)
    _delivered: dict[int, int] = field(default_factory=dict)

    def see(self, event: Event) -> None:
        """An event of the run; called at once, where it happens."""
        kind = event.kind
        if kind.startswith("net."):
            conn: int = event.fields.get("conn", 0)
            if kind == "net.connect" and event.host == self.host and self._is_ours(here.process):
                self._talks[conn] = _Talk(str(event.fields.get("dst")).partition(":")[0])
            elif conn in self._talks:
                self._see_talk(event, conn, self._talks[conn])
        elif event.cause in self._delivered and kind in _REQUESTS:
            self._name(event)
        elif kind in _OF_FILES and event.host == self.host and self._is_ours(here.process):
            self._see_file(event)

    def _is_ours(self, process: Process | None) -> bool:
        return process is not None and process.host.name == self.host and self.service in ("", process.name)

    def _see_talk(self, event: Event, conn: int, talk: _Talk) -> None:
        kind, mine = event.kind, event.host == self.host
        if kind == "net.send" and mine:
            if talk.effect is None:
                talk.effect, talk.applied = self._next(event, about=talk.server), False
                self.tell(talk.effect, "before")
        elif kind == "net.deliver" and not mine:
            self._delivered[event.seq] = conn
        elif kind == "net.send" and talk.effect is not None and not talk.applied:
            talk.applied = True
            self.tell(talk.effect, "applied")
        elif kind == "net.deliver" and talk.effect is not None and talk.applied:
            effect, talk.effect = talk.effect, None
            # The program reads its answer in this very instant, and acts upon it.
            self.world.engine.call_after(1, self.tell, effect, "answered")
        elif kind in ("net.close", "net.reset"):
            talk.effect = None

    def _name(self, event: Event) -> None:
        """A service says what the bytes were that it has just got."""
        talk = self._talks[self._delivered.pop(event.cause or 0)]
        effect = talk.effect
        if effect is not None and not effect.what:
            effect.family = event.kind.partition(".")[0]
            effect.what = str(event.fields.get(_REQUESTS[event.kind], ""))
            keys = event.fields.get("keys")
            effect.about = str(event.fields.get("key") or (keys[0] if keys else "") or effect.about)

    def _see_file(self, event: Event) -> None:
        path = str(event.fields.get("path", ""))
        self.tell(self._next(event, family="fs", what=event.kind.partition(".")[2], about=path), "applied")

    def _next(self, event: Event, *, about: str, family: str = "net", what: str = "") -> Effect:
        self.count += 1
        return Effect(self.count, event.at_ns, family, what, about)
