"""Addresses: what IP addresses mean to a host, without asking the machine we run on."""

from functools import lru_cache
from ipaddress import AddressValueError, IPv4Address, IPv6Address, ip_address
from typing import Any, Final

LOOPBACK_V4: Final = "127.0.0.1"
LOOPBACK_V6: Final = "::1"


@lru_cache(maxsize=4096)
def parse(text: str) -> IPv4Address | IPv6Address | None:
    """The address that a text spells, None when it is a name."""
    try:
        return ip_address(text.partition("%")[0])
    except (ValueError, AddressValueError):
        return None


@lru_cache(maxsize=4096)
def normal(text: str) -> str:
    """One spelling for an address; an IPv4 address mapped into IPv6 is the IPv4 address."""
    address = parse(text)
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return text if address is None else str(address)


@lru_cache(maxsize=4096)
def is_v6(text: str) -> bool:
    return isinstance(parse(text), IPv6Address)


@lru_cache(maxsize=4096)
def is_loopback(text: str) -> bool:
    """Whether an address is the host itself, whatever the host."""
    address = parse(normal(text))
    return address is not None and address.is_loopback


@lru_cache(maxsize=4096)
def is_any(text: str) -> bool:
    """Whether an address stands for all addresses of a host."""
    address = parse(text)
    return text == "" or (address is not None and address.is_unspecified)


def ip_of(address: tuple[Any, ...]) -> str:
    """The IP address of a socket address, in its one spelling."""
    return normal(str(address[0]))


def socket_address(ip: str, port: int, *, v6: bool) -> tuple[str, int] | tuple[str, int, int, int]:
    """What `getsockname` returns for an address on a socket of a family."""
    if not v6:
        return ip, port
    return (ip if is_v6(ip) else f"::ffff:{ip}"), port, 0, 0
