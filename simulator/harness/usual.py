"""The usual weather: what a plain program may meet when nobody says what it should.

| group      | what strikes                                                                                |
|------------|-----------------------------------------------------------------------------------------------|
| `network`  | partitions, resets, held and slow links between the program and its services                    |
| `services` | an S3 that throttles, errs, and loses requests and replies; a Redis that does, and restarts     |
| `time`     | the program's host stands still for a while, its wall clock jumps, its disk is slow             |
| `disk`     | I/O errors, and no space (not by default: few programs promise to survive that)                 |
| `kill`     | the program is killed, and started again (not by default: not every program can be)             |
| `power`    | its host loses power, and comes back; the services do not (not by default, either)              |

All of it ends: after the horizon and the last fault's end the world is well again, and the program owes its end.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from simulator.errors import Misuse
from simulator.faults import (
    ClockJump,
    DiskFails,
    DiskFull,
    Held,
    Kill,
    MenuItem,
    Partition,
    Pause,
    PowerCycle,
    Reset,
    ServiceTrouble,
    SlowDisk,
    SlowLink,
    may,
)

GROUPS: Final = ("network", "services", "time", "disk", "kill", "power")
DEFAULT: Final = ("network", "services", "time")
NONE: Final = ("none",)
"""No fault at all; what chance leaves open is drawn all the same."""
HORIZON_S: Final = 60.0

_S3: Final = (
    "throttled:chance=0.2",
    "error-before:chance=0.2",
    "error-after:chance=0.1",
    "reply-lost:chance=0.1,seconds=5",
    "request-lost:chance=0.1,seconds=5",
    "reset-after:chance=0.2",
    "cut-body:chance=0.1",
    "twice:chance=0.2",
    "late:chance=0.1,seconds=3",
    "error-in-200:chance=0.5",
)
_REDIS: Final = (
    "reply-lost:chance=0.1",
    "request-lost:chance=0.1",
    "reset-after:chance=0.1",
    "reset-before:chance=0.1",
    "twice:chance=0.1",
    "late-reply:chance=0.2,seconds=2",
    "loading:times=1,seconds=3",
    "restart:times=1",
)


def parse(words: str) -> tuple[str, ...]:
    """Groups from a list with commas; the usual ones from nothing."""
    names = tuple(filter(None, (word.strip() for word in words.split(",")))) or DEFAULT
    if names == NONE:
        return names
    for name in names:
        if name not in GROUPS:
            raise Misuse(f"there is no group of faults {name!r}", hint=f"groups: {', '.join(GROUPS)}, or none")
    return tuple(dict.fromkeys(names))


def usual_menu(groups: Iterable[str], *, client: str, s3: Sequence[str], redis: Sequence[str]) -> tuple[MenuItem, ...]:
    """The menu of a program on one host and its services on others."""
    made = {
        "network": lambda: [item for server in (*s3, *redis) for item in _network(client, server)],
        "services": lambda: [*(_services(s3, _S3)), *_services(redis, _REDIS)],
        "time": lambda: [
            may(Pause(client), times_max=2, lasts_s=(0.5, 60)),
            may(*(ClockJump(client, by_s) for by_s in (-3600.0, -5.0, 5.0, 3600.0)), lasts_s=(5, 60)),
            may(SlowDisk(client, 0.05), lasts_s=(5, 30)),
        ],
        "disk": lambda: [may(DiskFails(client, one_in=5), DiskFails(client), DiskFull(client), lasts_s=(1, 20))],
        "kill": lambda: [may(Kill(client), times_max=3, lasts_s=(0.1, 10))],
        "power": lambda: [may(PowerCycle(client), times_max=3, lasts_s=(1, 20))],
    }
    return tuple(item for group in groups if group in made for item in made[group]())


def _network(client: str, server: str) -> list[MenuItem]:
    return [
        may(
            Partition(client, server),
            Partition(client, server, one_way=True),
            Partition(server, client, one_way=True),
            times_max=2,
            lasts_s=(0.5, 20),
        ),
        may(Reset(client, server, one_in=4), Reset(client, server, one_in=20), times_max=2, lasts_s=(1, 20)),
        may(Held(client, server), Held(server, client, one_way=True), times_max=2, lasts_s=(0.5, 10)),
        may(SlowLink(client, server, 0.3), SlowLink(client, server, 2.0), lasts_s=(5, 30)),
    ]


def _services(hosts: Sequence[str], troubles: Sequence[str]) -> list[MenuItem]:
    """Each kind on its own, so that a seed may have any of them and none of the others."""
    return [may(ServiceTrouble(host, trouble), times_max=2, lasts_s=(2, 30)) for host in hosts for trouble in troubles]
