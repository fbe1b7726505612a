"""Names: the simulated DNS, and each host's own view of it.

Rules
1. A host's own file (`override`) is asked first; then the zone that all share.
2. A name nobody knows is NXDOMAIN (EAI_NONAME); a server that does not answer is EAI_AGAIN after `timeout_ns`.
3. Every answer takes the name's delay; what comes from the host's own file takes none.
4. `localhost` is the host itself, and a host's name is its own address; neither asks anybody.
5. A name on offer comes true when somebody first asks for it: its host is made then.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from socket import EAI_AGAIN, EAI_NONAME
from typing import Final

from simulator.world.network.profile import MILLISECOND_NS, SECOND_NS

DELAY_NS: Final = 1 * MILLISECOND_NS
TIMEOUT_NS: Final = 10 * SECOND_NS  # glibc: two tries of five seconds.


@dataclass(frozen=True)
class Answer:
    """What a lookup comes to: addresses or a getaddrinfo error, and how long it takes."""

    addresses: tuple[str, ...] = ()
    error: int = 0
    delay_ns: int = 0


@dataclass
class _Record:
    addresses: tuple[str, ...]
    delay_ns: int = DELAY_NS


@dataclass
class Zone:
    """All names that the world's name servers know."""

    delay_ns: int = DELAY_NS
    silent: bool = False  # The servers answer nobody.
    _records: dict[str, _Record] = field(default_factory=dict)
    _offers: dict[str, Callable[[], object]] = field(default_factory=dict)

    def offer(self, name: str, make: Callable[[], object]) -> None:
        """Let `make` be called when a name is first looked up; it is to set the name."""
        self._offers[key(name)] = make

    @property
    def offers(self) -> list[str]:
        """The names that nobody has asked for yet."""
        return list(self._offers)

    def set(self, name: str, *addresses: str, delay_ns: int | None = None) -> None:
        """Let a name have these addresses from now on."""
        self._records[key(name)] = _Record(addresses, self.delay_ns if delay_ns is None else delay_ns)

    def remove(self, name: str) -> None:
        """Let nobody know a name."""
        self._records.pop(key(name), None)

    def slow(self, name: str, delay_ns: int) -> None:
        """Let lookups of a known name take longer."""
        self._records[key(name)].delay_ns = delay_ns

    def lookup(self, name: str) -> Answer:
        if self.silent:
            return Answer(error=EAI_AGAIN, delay_ns=TIMEOUT_NS)
        make = self._offers.pop(key(name), None) if self._offers else None
        if make is not None:
            make()
        record = self._records.get(key(name))
        if record is None:
            return Answer(error=EAI_NONAME, delay_ns=self.delay_ns)
        return Answer(record.addresses, delay_ns=record.delay_ns)

    def name_of(self, ip: str) -> str | None:
        """The first name with an address."""
        return next((name for name, record in self._records.items() if ip in record.addresses), None)


def key(name: str) -> str:
    """Names are the same in upper and lower case, with and without the final dot."""
    return name.rstrip(".").lower()
