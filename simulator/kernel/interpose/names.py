"""Names: what `socket` knows of hosts and services comes from the simulated DNS, after the time it takes."""

import _socket
import socket
from typing import Any, Final

from simulator.kernel import lookup
from simulator.kernel.interpose import redirect
from simulator.kernel.lookup import SERVICES, family_of, gai, old_style
from simulator.kernel.state import running_thread

_PROTOCOLS: Final = {"icmp": 1, "tcp": 6, "udp": 17, "ipv6": 41, "ipv6-icmp": 58, "sctp": 132, "ip": 0}
_INTERFACES: Final = ((1, "lo"), (2, "eth0"))


def _network() -> Any:
    return running_thread().process.host.network


def _looked_up(name: str) -> tuple[str, ...]:
    """The addresses of a name, when its lookup is over; raises gaierror."""
    return lookup.slept_through(lookup.addresses(name))


def getaddrinfo(
    host: Any,
    port: Any,
    family: int = 0,
    type: int = 0,  # noqa: A002 (Python's name)
    proto: int = 0,
    flags: int = 0,
) -> list[Any]:
    """`_socket.getaddrinfo`, which answers with plain numbers."""
    return lookup.slept_through(lookup.infos(host, port, family, type, proto, flags))


def resolved(family: int, address: Any, call: str, *, passive: bool = False) -> Any:
    """The address that a socket method was given, with its name looked up."""
    if family == socket.AF_UNIX:
        if isinstance(address, (bytes, bytearray)):
            return bytes(address).decode("utf-8", "surrogateescape")
        if not isinstance(address, str):
            raise TypeError(f"a bytes-like object is required, not '{type(address).__name__}'")
        return address
    v6 = family == socket.AF_INET6
    if not isinstance(address, tuple):
        raise TypeError(f"{call}(): AF_INET{'6' * v6} address must be tuple, not {type(address).__name__}")
    if not 2 <= len(address) <= (4 if v6 else 2):
        raise TypeError("AF_INET6 address must be a tuple (host, port[, flowinfo[, scopeid]])" if v6 else
                        "AF_INET address must be a pair (host, port)")  # fmt: skip
    host, port = address[:2]
    if not isinstance(host, (str, bytes, bytearray)):
        raise TypeError(f"str, bytes or bytearray expected, not {type(host).__name__}")
    if not isinstance(port, int):
        raise TypeError(f"'{type(port).__name__}' object cannot be interpreted as an integer")
    if not 0 <= port <= 0xFFFF:
        raise OverflowError(f"{call}(): port must be 0-65535.")
    name = host if isinstance(host, str) else bytes(host).decode("ascii")
    ip = _ip(family, name, passive=passive)
    return (ip, port, *(address[2:] or (0, 0))[:2]) if v6 else (ip, port)


def _ip(family: int, name: str, *, passive: bool) -> str:
    if name == "":
        return "::" if family == socket.AF_INET6 else "0.0.0.0"
    if name == "<broadcast>":
        return "255.255.255.255"
    own = family_of(name)
    if own == family:
        return old_style(name) or name
    if own:
        raise gai(getattr(socket, "EAI_ADDRFAMILY", socket.EAI_NONAME))
    found = [ip for ip in _looked_up(name) if family_of(ip) == family]
    if not found:
        raise gai(getattr(socket, "EAI_NODATA", socket.EAI_NONAME))
    return found[0]


def getnameinfo(address: tuple[Any, ...], flags: int) -> tuple[str, str]:
    """The name and service of an address."""
    host, port = str(address[0]), int(address[1])
    if not family_of(host):
        host = _looked_up(host)[0]
    name = None if flags & socket.NI_NUMERICHOST else _network().name_of(host)
    if name is None and flags & socket.NI_NAMEREQD:
        raise gai(socket.EAI_NONAME)
    service = None if flags & socket.NI_NUMERICSERV else _service_of(port)
    return name or host, service or str(port)


def _service_of(port: int) -> str | None:
    return next((name for name, number in SERVICES.items() if number == port), None)


def gethostbyname(name: str) -> str:
    """One IPv4 address of a name."""
    return _ip(socket.AF_INET, name, passive=False)


def gethostbyname_ex(name: str) -> tuple[str, list[str], list[str]]:
    found = (name,) if family_of(name) else _looked_up(name)
    return name, [], [ip for ip in found if family_of(ip) == socket.AF_INET]


def gethostbyaddr(text: str) -> tuple[str, list[str], list[str]]:
    """The name of an address."""
    ip = text if family_of(text) else _looked_up(text)[0]
    name = _network().name_of(ip)
    if name is None:
        raise socket.herror(1, "Unknown host")
    return name, [], [ip]


def gethostname() -> str:
    name: str = _network().hostname
    return name


def getservbyname(name: str, protocol: str = "tcp") -> int:
    if name not in SERVICES:
        raise OSError("service/proto not found")
    return SERVICES[name]


def getservbyport(port: int, protocol: str = "tcp") -> str:
    name = _service_of(port)
    if name is None:
        raise OSError("port/proto not found")
    return name


def getprotobyname(name: str) -> int:
    if name not in _PROTOCOLS:
        raise OSError("protocol not found")
    return _PROTOCOLS[name]


def _refuse_name(name: Any) -> None:
    raise PermissionError(1, "Operation not permitted")


def if_nameindex() -> list[tuple[int, str]]:
    return list(_INTERFACES)


def if_nametoindex(name: str) -> int:
    for number, own in _INTERFACES:
        if own == name:
            return number
    raise OSError("no interface with this name")


def if_indextoname(number: int) -> str:
    for own, name in _INTERFACES:
        if own == number:
            return name
    raise OSError(6, "No such device or address")


def install() -> None:
    """Redirect the names of `_socket`."""
    for function in (
        getaddrinfo, getnameinfo, gethostbyname, gethostbyname_ex, gethostbyaddr, gethostname, getservbyname,
        getservbyport, getprotobyname, if_nameindex, if_nametoindex, if_indextoname,
    ):  # fmt: skip
        redirect.inside(getattr(_socket, function.__name__), function)
    redirect.inside(_socket.sethostname, _refuse_name)
