"""Faults of services: a trouble of a simulated S3, Redis, ffprobe or API, on for a while."""

from dataclasses import dataclass

from simulator.errors import Misuse
from simulator.faults.fault import End, known
from simulator.world.world import World


@dataclass(frozen=True)
class ServiceTrouble:
    """A trouble of a service on a host, in the words of its surface: `ServiceTrouble("s3", "throttled:chance=0.2")`."""

    host: str
    trouble: str

    def __str__(self) -> str:
        return f"{self.host}: {self.trouble}"

    def begin(self, world: World) -> End:
        boards = known(world, self.host).boards
        kind = self.trouble.partition(":")[0].strip()
        for board in boards:
            if kind in board.surface:
                number = board.on(self.trouble)
                return lambda: board.off(number)
        words = ", ".join(word for board in boards for word in board.surface)
        hint = f"it knows {words}" if words else "no service stands there"
        raise Misuse(f"no service on host {self.host!r} knows the trouble {kind!r}", hint=hint)
