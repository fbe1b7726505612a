"""What a fault is: a value that says itself in words, and can begin and end in a world."""

from collections.abc import Callable
from typing import Protocol

from simulator.errors import Misuse
from simulator.world.host import Host
from simulator.world.world import World

End = Callable[[], object]
"""Undoes a fault; called at its end, or when the world is healed, whichever is first."""


class Fault(Protocol):
    """A frozen dataclass; its fields are what makes one fault differ from another of its kind."""

    def __str__(self) -> str:
        """The fault in words, for plans and reports."""
        ...

    def begin(self, world: World) -> End | None:
        """Let it happen; return how to end it, or None when there is nothing to undo."""
        ...


class Watcher:
    """Stands in a plan to look on from the beginning of the drive; it changes nothing, and no event tells of it."""

    def begin(self, world: World) -> None:
        """Begin to look on."""
        raise NotImplementedError


def known(world: World, name: str) -> Host:
    """The host that a fault is about: a misspelt one would be struck without anybody noticing."""
    if not world.has(name):
        raise Misuse(f"a fault is about host {name!r}, which does not exist", hint=f"hosts: {', '.join(world.hosts)}")
    return world.host(name)
