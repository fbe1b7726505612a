"""Lookups: what `getaddrinfo` answers, as steps, so that a thread can sleep through one and a loop can await it.

A numeric address answers itself. A name is asked of the host's network at once, and the answer comes after its delay:
the steps yield that, as nanoseconds, and go on when it is over.
"""

import socket
from collections.abc import Generator
from functools import lru_cache
from ipaddress import ip_address
from typing import Any, Final, TypeVar

from simulator.kernel.ports import Lookup
from simulator.kernel.state import running_engine, running_thread

SERVICES: Final = {
    "domain": 53, "ftp": 21, "http": 80, "http-alt": 8080, "https": 443, "imap": 143, "ldap": 389, "mysql": 3306,
    "ntp": 123, "pop3": 110, "postgresql": 5432, "redis": 6379, "smtp": 25, "ssh": 22, "telnet": 23,
}  # fmt: skip
"""The part of /etc/services that programs name; the machine's own file differs from machine to machine."""

_KINDS: Final = (
    (socket.SOCK_STREAM, socket.IPPROTO_TCP),
    (socket.SOCK_DGRAM, socket.IPPROTO_UDP),
    (socket.SOCK_RAW, 0),
)
_PASSIVE, _CANONICAL_NAME, _NUMERIC_HOST = map(int, (socket.AI_PASSIVE, socket.AI_CANONNAME, socket.AI_NUMERICHOST))
_HOST_NAME_CHARS_MAX: Final = 253
_SPELLINGS_MAX: Final = 4096  # Of addresses, whose families are remembered.

AddressInfo = tuple[Any, ...]
_Answer = TypeVar("_Answer")


def slept_through(steps: Generator[int, None, _Answer], delay_ns: int = 0) -> _Answer:
    """What a lookup comes to; the thread sleeps while it goes on, and first for the step that was taken already."""
    try:
        if delay_ns:
            running_engine().sleep(delay_ns)
        while True:
            running_engine().sleep(next(steps))
    except StopIteration as over:
        answer: _Answer = over.value
        return answer


@lru_cache(maxsize=_SPELLINGS_MAX)
def family_of(text: str) -> int:
    """The family of a numeric address; 0 for a name."""
    try:
        return socket.AF_INET6 if ip_address(text.partition("%")[0]).version == 6 else socket.AF_INET
    except ValueError:
        return socket.AF_INET if old_style(text) is not None else 0


def old_style(text: str) -> str | None:
    """The dotted form of an address in one of its old spellings, such as `127.1`."""
    try:
        return socket.inet_ntoa(socket.inet_aton(text)) if text[:1].isdigit() else None
    except OSError:
        return None


def gai(error: int) -> socket.gaierror:
    """The error with the words of the C library."""
    texts = {
        socket.EAI_NONAME: "Name or service not known",
        socket.EAI_AGAIN: "Temporary failure in name resolution",
        socket.EAI_FAMILY: "ai_family not supported",
        socket.EAI_SERVICE: "Servname not supported for ai_socktype",
        socket.EAI_FAIL: "Non-recoverable failure in name resolution",
        getattr(socket, "EAI_ADDRFAMILY", -9): "Address family for hostname not supported",
        getattr(socket, "EAI_NODATA", -5): "No address associated with hostname",
    }
    return socket.gaierror(error, texts.get(error, "Unknown error"))


def addresses(name: str) -> Generator[int, None, tuple[str, ...]]:
    """The addresses of a name, once its lookup is over; raises gaierror."""
    try:
        name.encode("idna") if name and not name.isascii() else None
    except UnicodeError:
        raise gai(socket.EAI_NONAME) from None
    if len(name) > _HOST_NAME_CHARS_MAX or any(not label for label in name.rstrip(".").split(".")):
        raise gai(socket.EAI_NONAME)
    answer: Lookup = running_thread().process.host.network.lookup(name)
    if answer.delay_ns:
        yield answer.delay_ns
    if answer.error:
        raise gai(answer.error)
    return answer.addresses


def _port_of(port: Any, kind: int, flags: int) -> int:
    if port is None:
        return 0
    if isinstance(port, int):
        return port & 0xFFFF
    text = port.decode() if isinstance(port, bytes) else str(port)
    if text.lstrip("-").isdigit():
        return int(text) & 0xFFFF
    if not text:
        return 0
    if flags & socket.AI_NUMERICSERV or text not in SERVICES:
        raise gai(socket.EAI_SERVICE)
    return SERVICES[text]


def infos(
    host: Any, port: Any, family: int, kind: int, proto: int, flags: int
) -> Generator[int, None, list[AddressInfo]]:
    """The answers of `_socket.getaddrinfo`, in plain numbers."""
    flags = int(flags)  # Not an enumeration's, which makes one more of each combination.
    name = host.decode("ascii") if isinstance(host, bytes) else host
    if name is None and port is None:
        raise gai(socket.EAI_NONAME)
    if family not in (0, socket.AF_INET, socket.AF_INET6):
        raise gai(socket.EAI_FAMILY)
    raw = kind == socket.SOCK_RAW  # Carries any protocol, but is an answer to "any type" only without one.
    kinds = [(own, of) for own, of in _KINDS if (not kind or own == kind) and (not proto or raw or of == proto)]
    if not kinds:
        known = any(own == kind for own, _ in _KINDS)
        raise gai(socket.EAI_SERVICE if known else getattr(socket, "EAI_SOCKTYPE", -7))
    number = _port_of(port, kinds[0][0], flags)
    if isinstance(port, str) and port and not port.isdigit():
        kinds = [(own, of) for own, of in kinds if of]
    canonical = ""
    if name is None:
        passive = bool(flags & _PASSIVE)
        found: tuple[str, ...] = ("0.0.0.0", "::") if passive else ("::1", "127.0.0.1")
    elif given := family_of(name):
        found = (old_style(name) or name,)
        if family and given != family:
            raise gai(getattr(socket, "EAI_ADDRFAMILY", socket.EAI_NONAME))
    elif flags & _NUMERIC_HOST:
        raise gai(socket.EAI_NONAME)
    else:
        found = yield from addresses(name)
    if flags & _CANONICAL_NAME:
        canonical = str(name)
    wanted = [ip for ip in found if not family or family_of(ip) == family]
    if not wanted:
        raise gai(getattr(socket, "EAI_NODATA", socket.EAI_NONAME))
    told = [(family_of(ip), own, proto or of, "", _address(ip, number)) for ip in wanted for own, of in kinds]
    told[0] = (*told[0][:3], canonical, told[0][4])
    return told


def _address(ip: str, port: int) -> tuple[Any, ...]:
    return (ip, port, 0, 0) if family_of(ip) == socket.AF_INET6 else (ip, port)
