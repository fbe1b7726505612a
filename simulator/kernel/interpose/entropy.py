"""Entropy: every source of randomness gives what follows from the seed, each process from lanes of its own.

    os.urandom, os.getrandom, secrets, SystemRandom, uuid4     the lane "urandom"
    random.random(), random.Random()                           see `generators`
    uuid1, getnode                                             the host's wall clock, address and clock sequence
    tempfile                                                   names from a generator of the process's own
    ssl.RAND_bytes, and all that OpenSSL draws by itself       the lane "openssl"

Libraries bind these functions when they are imported, so all are changed in place. Outside of simulated processes they
are what they were. What is seeded when it is imported, such as the global generator of numpy, is not reached.
"""

import os
import tempfile
import uuid
from collections.abc import Callable
from hashlib import blake2b
from operator import index
from typing import Any, Final, SupportsIndex, cast
from weakref import WeakKeyDictionary

from simulator.kernel import importing
from simulator.kernel.interpose import generators, openssl, redirect
from simulator.kernel.state import here

_GREGORIAN_100NS: Final = 0x01B21DD213814000  # Between 1582-10-15, where version 1 counts from, and 1970-01-01.
_UNSAFE: Final = -1  # What libuuid says of a UUID that no daemon of the machine has coordinated.


def taken(count: int, lane: str) -> bytes:
    """Bytes from one of the current process's lanes; the choices let them count in the digest."""
    process = here.process
    assert process is not None, "only a simulated process draws entropy"
    if importing.depth:  # In later runs the module is there already, and draws nothing.
        lane = "import"
    return process.engine.choices.bytes(count, stream="entropy", site=f"{process.site} {lane}")


def urandom(size: SupportsIndex) -> bytes:
    count = index(size)
    if count < 0:
        raise ValueError("negative argument not allowed")
    return taken(count, "urandom")


def getrandom(size: int, flags: int = 0) -> bytes:
    if size < 0:
        raise OSError(22, os.strerror(22))
    return taken(size, "urandom")


# --- uuid ---------------------------------------------------------------------------------------------------


class _UuidClock:
    """What version 1 needs of a host: its address, and that no two stamps are alike."""

    def __init__(self, host: Any, sequence: int) -> None:
        # Locally administered, as the addresses of virtual machines and containers are.
        self.node = int.from_bytes(b"\x02" + blake2b(host.name.encode(), digest_size=5).digest(), "big")
        self.sequence = sequence & 0x3FFF
        self.last = 0

    def stamp(self, now_100ns: int) -> int:
        """A moment that was not given out before; a clock that went back begins another sequence."""
        if now_100ns + 10_000_000 < self.last:
            self.sequence = (self.sequence + 1) & 0x3FFF
            self.last = 0
        self.last = max(now_100ns, self.last + 1)
        return self.last


_uuid_clocks: Final[WeakKeyDictionary[Any, _UuidClock]] = WeakKeyDictionary()


def _uuid_clock() -> _UuidClock:
    process = here.process
    assert process is not None
    clock = _uuid_clocks.get(process.host)
    if clock is None:
        sequence = int.from_bytes(taken(2, "uuid clock sequence"), "big")
        clock = _uuid_clocks[process.host] = _UuidClock(process.host, sequence)
    return clock


def _uuid1_of(node: int | None, sequence: int | None) -> uuid.UUID:
    process, clock = here.process, _uuid_clock()
    assert process is not None
    now_ns = process.host.wall.wall_ns(process.engine.now_ns)
    stamp = clock.stamp(now_ns // 100 + _GREGORIAN_100NS)
    sequence = clock.sequence if sequence is None else sequence
    fields = (
        stamp & 0xFFFFFFFF,
        stamp >> 32 & 0xFFFF,
        stamp >> 48 & 0x0FFF,
        sequence >> 8 & 0x3F,
        sequence & 0xFF,
        clock.node if node is None else node,
    )
    made = uuid.UUID(fields=fields, version=1, is_safe=uuid.SafeUUID(_UNSAFE))
    process.engine.absorb("uuid1", made.bytes)
    return made


def _install_uuid() -> None:
    def make_uuid1(real: Callable[..., Any]) -> Callable[..., Any]:
        def uuid1(node: int | None = None, clock_seq: int | None = None) -> Any:
            return real(node, clock_seq) if here.process is None else _uuid1_of(node, clock_seq)

        return uuid1

    def make_getnode(real: Callable[..., Any]) -> Callable[..., Any]:
        return lambda: real() if here.process is None else _uuid_clock().node

    redirect.function(uuid, "uuid1", make_uuid1)
    redirect.function(uuid, "getnode", make_getnode)
    generate = getattr(uuid, "_generate_time_safe", None)
    if generate is not None:
        redirect.inside(generate, lambda: (_uuid1_of(None, None).bytes, _UNSAFE))


# --- tempfile -----------------------------------------------------------------------------------------------


def _install_tempfile() -> None:
    """Names from a generator of the process's own, in the folder that its own environment names."""
    stock = cast(Any, tempfile)

    def make_names(real: Callable[..., Any]) -> Callable[..., Any]:
        def names() -> Any:
            process = here.process
            if process is None:
                return real()
            return process.shelf.get("tempfile names") or process.shelf.setdefault(
                "tempfile names", stock._RandomNameSequence()
            )

        return names

    def make_folder(real: Callable[..., Any]) -> Callable[..., Any]:
        def folder() -> Any:
            process = here.process
            if process is None:
                return real()
            if tempfile.tempdir is not None and tempfile.tempdir != outer[0]:
                return tempfile.tempdir  # The program has set it.
            found = process.shelf.get("tempfile folder")
            if found is None:
                found = process.shelf["tempfile folder"] = stock._get_default_tempdir()
            return found

        outer = [tempfile.tempdir]
        return folder

    redirect.function(tempfile, "_get_candidate_names", make_names)
    redirect.function(tempfile, "_gettempdir", make_folder)


def install() -> None:
    """Redirect all of the above."""
    redirect.inside(os.urandom, urandom)
    redirect.inside(os.getrandom, getrandom)
    generators.install(taken)
    _install_uuid()
    _install_tempfile()
    openssl.install(lambda count: taken(count, "openssl"))
