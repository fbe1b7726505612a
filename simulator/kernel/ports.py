"""The sockets of the kernel: what it needs from the world above, said as protocols.

`Host` is the whole of it: a process reaches files, network, programs and the wall clock through the
host it runs on. The floors above implement these; the kernel never imports them.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from simulator.kernel.process import Process


class WallClock(Protocol):
    """A host's idea of the time of day."""

    def wall_ns(self, now_ns: int) -> int:
        """Nanoseconds since 1970 that this host believes in when virtual time is `now_ns`."""
        ...

    def set_wall_ns(self, now_ns: int, wall_ns: int) -> None:
        """What `clock_settime` does."""
        ...


class Executables(Protocol):
    """The programs installed on a host."""

    def find(self, name: str) -> "Callable[[Process], object] | None":
        """The main function of an installed program, by bare name or by path."""
        ...

    def paths(self) -> Sequence[str]:
        """Where each installed program lies, such as /usr/bin/ffprobe."""
        ...


class Host(Protocol):
    """A machine of the simulated world, as its processes see it."""

    name: str
    files: Any
    network: Any
    executables: Executables
    wall: WallClock
