"""Names: what `socket` knows of hosts and services comes from the simulated DNS, after the time it takes."""

import _socket
import socket
from ipaddress import ip_address
from typing import Any, Final

from simulator.kernel.interpose import redirect
from simulator.kernel.ports import Lookup
from simulator.kernel.state import running_engine, running_thread

_SERVICES: Final = {
    "domain": 53, "ftp": 21, "http": 80, "http-alt": 8080, "https": 443, "imap": 143, "ldap": 389, "mysql": 3306,
    "ntp": 123, "pop3": 110, "postgresql": 5432, "redis": 6379, "smtp": 25, "ssh": 22, "telnet": 23,
}  # fmt: skip
"""The part of /etc/services that programs name; the machine's own file differs from machine to machine."""

_PROTOCOLS: Final = {"icmp": 1, "tcp": 6, "udp": 17, "ipv6": 41, "ipv6-icmp": 58, "sctp": 132, "ip": 0}
_KINDS: Final = (
    (socket.SOCK_STREAM, socket.IPPROTO_TCP),
    (socket.SOCK_DGRAM, socket.IPPROTO_UDP),
    (socket.SOCK_RAW, 0),
)
_HOST_NAME_CHARS_MAX: Final = 253
_INTERFACES: Final = ((1, "lo"), (2, "eth0"))


def _network() -> Any:
    return running_thread().process.host.network


def _family_of(text: str) -> int:
    """The family of a numeric address; 0 for a name."""
    try:
        return socket.AF_INET6 if ip_address(text.partition("%")[0]).version == 6 else socket.AF_INET
    except ValueError:
        return socket.AF_INET if _old_style(text) is not None else 0


def _old_style(text: str) -> str | None:
    """The dotted form of an address in one of its old spellings, such as `127.1`."""
    try:
        return socket.inet_ntoa(socket.inet_aton(text)) if text[:1].isdigit() else None
    except OSError:
        return None


def _gai(error: int) -> socket.gaierror:
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


def _looked_up(name: str) -> tuple[str, ...]:
    """The addresses of a name, when its lookup is over; raises gaierror."""
    try:
        name.encode("idna") if name and not name.isascii() else None
    except UnicodeError:
        raise _gai(socket.EAI_NONAME) from None
    if len(name) > _HOST_NAME_CHARS_MAX or any(not label for label in name.rstrip(".").split(".")):
        raise _gai(socket.EAI_NONAME)
    answer: Lookup = _network().lookup(name)
    if answer.delay_ns:
        running_engine().sleep(answer.delay_ns)
    if answer.error:
        raise _gai(answer.error)
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
    if flags & socket.AI_NUMERICSERV or text not in _SERVICES:
        raise _gai(socket.EAI_SERVICE)
    return _SERVICES[text]


def getaddrinfo(
    host: Any,
    port: Any,
    family: int = 0,
    type: int = 0,  # noqa: A002 (Python's name)
    proto: int = 0,
    flags: int = 0,
) -> list[Any]:
    """`_socket.getaddrinfo`, which answers with plain numbers."""
    name = host.decode("ascii") if isinstance(host, bytes) else host
    if name is None and port is None:
        raise _gai(socket.EAI_NONAME)
    if family not in (0, socket.AF_INET, socket.AF_INET6):
        raise _gai(socket.EAI_FAMILY)
    raw = type == socket.SOCK_RAW  # Carries any protocol, but is an answer to "any type" only without one.
    kinds = [(kind, of) for kind, of in _KINDS if (not type or kind == type) and (not proto or raw or of == proto)]
    if not kinds:
        raise _gai(
            socket.EAI_SERVICE if any(type == kind for kind, _ in _KINDS) else getattr(socket, "EAI_SOCKTYPE", -7)
        )
    number = _port_of(port, kinds[0][0], flags)
    if isinstance(port, str) and port and not port.isdigit():
        kinds = [(kind, of) for kind, of in kinds if of]
    canonical = ""
    if name is None:
        passive = bool(flags & socket.AI_PASSIVE)
        found: tuple[str, ...] = ("0.0.0.0", "::") if passive else ("::1", "127.0.0.1")
    elif own := _family_of(name):
        found = (_old_style(name) or name,)
        if family and own != family:
            raise _gai(getattr(socket, "EAI_ADDRFAMILY", socket.EAI_NONAME))
    elif flags & socket.AI_NUMERICHOST:
        raise _gai(socket.EAI_NONAME)
    else:
        found = _looked_up(name)
    if flags & socket.AI_CANONNAME:
        canonical = str(name)
    wanted = [ip for ip in found if not family or _family_of(ip) == family]
    if not wanted:
        raise _gai(getattr(socket, "EAI_NODATA", socket.EAI_NONAME))
    infos = [(_family_of(ip), kind, proto or of, "", _address(ip, number)) for ip in wanted for kind, of in kinds]
    infos[0] = (*infos[0][:3], canonical, infos[0][4])
    return infos


def _address(ip: str, port: int) -> tuple[Any, ...]:
    return (ip, port, 0, 0) if _family_of(ip) == socket.AF_INET6 else (ip, port)


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
    own = _family_of(name)
    if own == family:
        return _old_style(name) or name
    if own:
        raise _gai(getattr(socket, "EAI_ADDRFAMILY", socket.EAI_NONAME))
    found = [ip for ip in _looked_up(name) if _family_of(ip) == family]
    if not found:
        raise _gai(getattr(socket, "EAI_NODATA", socket.EAI_NONAME))
    return found[0]


def getnameinfo(address: tuple[Any, ...], flags: int) -> tuple[str, str]:
    """The name and service of an address."""
    host, port = str(address[0]), int(address[1])
    if not _family_of(host):
        host = _looked_up(host)[0]
    name = None if flags & socket.NI_NUMERICHOST else _network().name_of(host)
    if name is None and flags & socket.NI_NAMEREQD:
        raise _gai(socket.EAI_NONAME)
    service = None if flags & socket.NI_NUMERICSERV else _service_of(port)
    return name or host, service or str(port)


def _service_of(port: int) -> str | None:
    return next((name for name, number in _SERVICES.items() if number == port), None)


def gethostbyname(name: str) -> str:
    """One IPv4 address of a name."""
    return _ip(socket.AF_INET, name, passive=False)


def gethostbyname_ex(name: str) -> tuple[str, list[str], list[str]]:
    found = (name,) if _family_of(name) else _looked_up(name)
    return name, [], [ip for ip in found if _family_of(ip) == socket.AF_INET]


def gethostbyaddr(text: str) -> tuple[str, list[str], list[str]]:
    """The name of an address."""
    ip = text if _family_of(text) else _looked_up(text)[0]
    name = _network().name_of(ip)
    if name is None:
        raise socket.herror(1, "Unknown host")
    return name, [], [ip]


def gethostname() -> str:
    name: str = _network().hostname
    return name


def getservbyname(name: str, protocol: str = "tcp") -> int:
    if name not in _SERVICES:
        raise OSError("service/proto not found")
    return _SERVICES[name]


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
