"""Kinds of settings: how the text of an option, a variable or a file becomes a value, and what is refused.

Each kind takes what was written (text, or what TOML made of it) and returns a value, or raises `ValueError` with what
it expected; who wrote it, and where, is for `settings` to say.
"""

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

Kind = Callable[[object], object]

_SECONDS: Final = {"": 1.0, "ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_BYTES: Final = {"": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30}
_AMOUNT: Final = re.compile(r"(\d+(?:\.\d+)?)\s*([A-Za-z]*)")
_BUCKET: Final = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")


class Secret:
    """A value that is never shown: its `repr` and its text are asterisks, `reveal()` is what it is."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return "***"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)


@dataclass(frozen=True)
class Address:
    """Where to listen."""

    host: str
    port: int

    @property
    def loopback(self) -> bool:
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def without_secret(url: str) -> str:
    """A URL as it may be shown: without what stands before its host."""
    return re.sub(r"(?<=://)[^/@\s]*@", "***@", url)


def text(given: object) -> str:
    if not isinstance(given, str):
        raise ValueError("expected text")
    return given


def words(given: object) -> str:
    """Text that is not empty."""
    if not text(given).strip():
        raise ValueError("expected some text, found none")
    return text(given)


def secret(given: object) -> Secret:
    if not isinstance(given, str) or not given:
        raise ValueError("expected some text")  # Never what was found.
    return Secret(given)


def flag(given: object) -> bool:
    if isinstance(given, bool):
        return given
    known = {"yes": True, "true": True, "on": True, "1": True, "no": False, "false": False, "off": False, "0": False}
    value = known.get(text(given).strip().lower())
    if value is None:
        raise ValueError("expected yes or no")
    return value


def _amount(given: object, units: dict[str, float] | dict[str, int], example: str) -> float:
    if isinstance(given, bool) or not isinstance(given, str | int | float):
        raise ValueError(f"expected {example}")
    found = _AMOUNT.fullmatch(str(given).strip())
    if not found or found[2].lower() not in units:
        raise ValueError(f"expected {example}")
    return float(found[1]) * units[found[2].lower()]


def seconds(least: float, most: float) -> Kind:
    """A time between two bounds, as 30, 1.5, 500ms, 2m or 1h."""

    def read(given: object) -> float:
        value = _amount(given, _SECONDS, "a time such as 30, 1.5, 500ms, 2m or 1h")
        if not least <= value <= most:
            raise ValueError(f"expected between {least:g} and {most:g} seconds")
        return value

    return read


def size(least: int, most: int) -> Kind:
    """A number of bytes between two bounds, as 8388608, 8MiB or 8MB."""

    def read(given: object) -> int:
        value = int(_amount(given, _BYTES, "a size such as 8MiB, 8MB or 8388608"))
        if not least <= value <= most:
            raise ValueError(f"expected between {least:,} and {most:,} bytes")
        return value

    return read


def count(least: int, most: int) -> Kind:
    """A whole number between two bounds."""

    def read(given: object) -> int:
        if isinstance(given, bool) or not isinstance(given, str | int) or not re.fullmatch(r"\s*\d+\s*", str(given)):
            raise ValueError("expected a whole number")
        if not least <= int(given) <= most:
            raise ValueError(f"expected between {least:,} and {most:,}")
        return int(given)

    return read


def choice(*names: str) -> Kind:
    def read(given: object) -> str:
        if given not in names:
            raise ValueError(f"expected one of {', '.join(names)}")
        return text(given)

    return read


def url(*schemes: str) -> Kind:
    """An address with one of these schemes."""

    def read(given: object) -> str:
        try:
            parts = urlsplit(text(given))
            sound = parts.scheme in schemes and bool(parts.hostname or parts.scheme == "unix")
            _ = parts.port
        except ValueError:
            sound = False
        if not sound:
            raise ValueError(f"expected an address that begins with {' or '.join(f'{s}://' for s in schemes)}")
        return text(given)

    return read


def folder(given: object) -> Path:
    return Path(words(given)).absolute()


def bucket(given: object) -> str:
    if not _BUCKET.fullmatch(text(given)):
        raise ValueError("expected the name of a bucket: 3 to 63 of a-z, 0-9, dots and hyphens")
    return text(given)


def prefix(given: object) -> str:
    """What keys begin with; a slash belongs to it when it is wanted."""
    value = text(given)
    if value.startswith("/") or "//" in value or len(value.encode()) > 512:
        raise ValueError("expected no slash in front, none doubled, and at most 512 bytes")
    return value


def patterns(given: object) -> tuple[str, ...]:
    """Patterns of file names, separated by commas (or a list, in TOML)."""
    listed = text(given).split(",") if isinstance(given, str) else given
    if not isinstance(listed, list) or not all(isinstance(each, str) for each in listed):
        raise ValueError("expected patterns such as *.mp4,*.mov")
    return tuple(each.strip() for each in listed if each.strip())


def address(given: object) -> Address | None:
    """HOST:PORT, a port alone for this machine only, or `off`."""
    if given == "off" or given is False:
        return None
    host, _, port = str(given).strip().rpartition(":")
    if isinstance(given, bool) or not isinstance(given, str | int) or not port.isdecimal() or int(port) > 65535:
        raise ValueError("expected HOST:PORT, a port, or off")
    return Address(host.strip("[]") or "127.0.0.1", int(port))
