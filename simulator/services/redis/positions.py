"""Positions: where the keys of a command stand, from the table or, where that cannot say, from its arguments."""

from collections.abc import Iterator
from typing import Final

from simulator.services.redis.numerals import as_integer
from simulator.services.redis.registry import Command

Found = tuple[int, frozenset[str]]
"""Where a key stands, and what is done to it: RO, RW, OW, RM and access, update, insert, delete."""

_READ_ONLY: Final = frozenset({"RO", "access"})
_WRITTEN: Final = frozenset({"OW", "update"})


def positions(command: Command, argv: list[bytes]) -> list[Found] | None:
    """Return where the keys stand, or None where the arguments make no sense."""
    special = _SPECIAL.get(command.full)
    if special is not None:
        return special(argv)
    found: list[Found] = []
    for spec in command.specs.split(";") if command.specs else ():
        flags, begin, finding = spec.split(":", 2)
        marks = frozenset(flags.split())
        if "not_key" in marks:
            continue
        first = _begin(begin.split(), argv)
        if first is None:
            continue
        places = list(_places(finding.split(), first, argv))
        if any(place >= len(argv) for place in places):
            return None
        found += [(place, marks) for place in places]
    return found


def keys_of(command: Command, argv: list[bytes]) -> list[bytes]:
    """Return the keys of a command; none where it has none or makes no sense."""
    return [argv[place] for place, _ in positions(command, argv) or ()]


def has_keys(command: Command) -> bool:
    """Whether a command ever has keys."""
    return command.full in _SPECIAL or any("not_key" not in spec for spec in command.specs.split(";") if spec)


def _begin(words: list[str], argv: list[bytes]) -> int | None:
    if words[0] == "index":
        return int(words[1])
    if words[0] == "keyword":
        keyword, start = words[1].encode(), int(words[2])
        step = 1 if start > 0 else -1
        at = start if start > 0 else len(argv) + start
        while 0 < at < len(argv):
            if argv[at].upper() == keyword:
                return at + 1
            at += step
    return None


def _places(words: list[str], first: int, argv: list[bytes]) -> Iterator[int]:
    if words[0] == "range":
        last, step, limit = map(int, words[1:])
        if last >= 0:
            end = first + last
        elif limit <= 1:
            end = len(argv) + last
        else:
            end = first + (len(argv) - first) // limit + last
        yield from range(first, end + 1, step)
    elif words[0] == "keynum":
        number_at, first_key, step = map(int, words[1:])
        count = as_integer(argv[first + number_at]) if first + number_at < len(argv) else None
        if count is None or count < 0 or (count - 1) * step + first + first_key >= len(argv):
            yield len(argv)
        else:
            yield from range(first + first_key, first + first_key + count * step, step)


def _sort(argv: list[bytes]) -> list[Found]:
    found: list[Found] = [(1, _READ_ONLY)]
    at = 2
    while at < len(argv):
        word = argv[at].upper()
        if word == b"LIMIT":
            at += 2
        elif word in (b"GET", b"BY"):
            at += 1
        elif word == b"STORE" and at + 1 < len(argv):
            found = [found[0], (at + 1, _WRITTEN)]
            at += 1
        at += 1
    return found


def _set(argv: list[bytes]) -> list[Found]:
    reads = any(word.upper() == b"GET" for word in argv[3:])
    return [(1, frozenset({"RW", "access", "update"}) if reads else _WRITTEN)]


def _bitfield(argv: list[bytes]) -> list[Found]:
    reads = all(word.upper() == b"GET" for word in argv[2::3])
    return [(1, _READ_ONLY if reads else frozenset({"RW", "access", "update"}))]


def _georadius(argv: list[bytes]) -> list[Found]:
    found: list[Found] = [(1, _READ_ONLY)]
    for at in range(5, len(argv) - 1):
        if argv[at].upper() in (b"STORE", b"STOREDIST"):
            found = [found[0], (at + 1, _WRITTEN)]
    return found


def _migrate(argv: list[bytes]) -> list[Found] | None:
    marks = frozenset({"RW", "access", "delete"})
    if len(argv) > 3 and not argv[3]:
        for at in range(6, len(argv)):
            if argv[at].upper() == b"KEYS":
                return [(place, marks) for place in range(at + 1, len(argv))]
    return [(3, marks)]


_SPECIAL: Final = {
    "sort": _sort, "georadius": _georadius, "georadiusbymember": _georadius, "migrate": _migrate, "set": _set,
    "bitfield": _bitfield,
}  # fmt: skip
