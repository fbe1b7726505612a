"""Socket options: what setsockopt keeps and getsockopt gives back.

Most options change nothing in the simulation and are only remembered. These do: SO_REUSEADDR, SO_REUSEPORT and
IPV6_V6ONLY (who may bind where) and SO_LINGER with no time (close is a reset).
"""

import socket
import struct
from typing import Any, Final

_BUFFER_BYTES: Final = {"SO_SNDBUF": 87_040, "SO_RCVBUF": 131_072}
"""Linux's defaults for TCP; what a program sets is doubled, as Linux does."""


def _number(name: str, default: int = -1) -> int:
    return int(getattr(socket, name, default))


_LEVELS: Final = {
    "SO_REUSEADDR": socket.SOL_SOCKET,
    "SO_REUSEPORT": socket.SOL_SOCKET,
    "SO_LINGER": socket.SOL_SOCKET,
    "SO_SNDBUF": socket.SOL_SOCKET,
    "SO_RCVBUF": socket.SOL_SOCKET,
    "SO_TYPE": socket.SOL_SOCKET,
    "SO_DOMAIN": socket.SOL_SOCKET,
    "SO_PROTOCOL": socket.SOL_SOCKET,
    "IPV6_V6ONLY": socket.IPPROTO_IPV6,
    "TCP_MAXSEG": socket.IPPROTO_TCP,
}
_KEYS: Final = {name: (int(level), _number(name)) for name, level in _LEVELS.items()}


class SocketOptions:
    """The options of one socket."""

    def __init__(self, family: int, type_: int, proto: int) -> None:
        self._values: dict[tuple[int, int], int | bytes] = {
            _KEYS["SO_TYPE"]: type_,
            _KEYS["SO_DOMAIN"]: family,
            _KEYS["SO_PROTOCOL"]: proto or (socket.IPPROTO_TCP if type_ == socket.SOCK_STREAM else socket.IPPROTO_UDP),
            _KEYS["TCP_MAXSEG"]: 536,
        }
        for name, size in _BUFFER_BYTES.items():
            self._values[_KEYS[name]] = size

    def on(self, name: str) -> bool:
        """Whether a boolean option is set."""
        value = self._values.get(_KEYS[name], 0)
        return any(value) if isinstance(value, bytes) else bool(value)

    def lingers_for_nothing(self) -> bool:
        """SO_LINGER on with a time of zero: a close that throws away what was not sent."""
        value = self._values.get(_KEYS["SO_LINGER"])
        if not isinstance(value, bytes) or len(value) < 8:
            return False
        on, seconds = struct.unpack_from("ii", value)
        return bool(on) and seconds == 0

    def set(self, level: int, name: int, value: Any, length: int | None) -> None:
        """Keep an option; `value` None stands for `length` zero bytes."""
        key = int(level), int(name)
        if value is None:
            self._values[key] = bytes(length or 0)
        elif isinstance(value, int):
            self._values[key] = value * 2 if key in (_KEYS["SO_SNDBUF"], _KEYS["SO_RCVBUF"]) else int(value)
        else:
            self._values[key] = bytes(value)

    def get(self, level: int, name: int, length: int = 0) -> int | bytes:
        """An option as a number, or as `length` bytes of it."""
        value = self._values.get((int(level), int(name)), 0)
        if length:
            data = value if isinstance(value, bytes) else struct.pack("i", value)
            return data[:length]
        if isinstance(value, bytes):
            return int(struct.unpack_from("i", value.ljust(4, b"\0"))[0])
        return value

    def inherit(self, other: "SocketOptions") -> None:
        """Start with the options of the listening socket, as accepted ones do."""
        self._values.update(other._values)
