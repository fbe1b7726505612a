"""Catalogue: COMMAND, the table of commands as clients may ask for it."""

from collections.abc import Mapping

from simulator.services.redis.call import Call
from simulator.services.redis.commands.access import keys_said
from simulator.services.redis.globs import matcher
from simulator.services.redis.permissions import CATEGORIES
from simulator.services.redis.registry import TABLE, Command, command, find
from simulator.services.redis.reply import SYNTAX, Map, Refusal, Reply, SetOf, Status


def _covered() -> list[Command]:
    return [entry for entry in TABLE.values() if entry.covered]


def _named(name: bytes) -> Command | None:
    parent, _, sub = name.partition(b"|")
    entry = find(parent)
    return entry.subcommands.get(sub.upper()) if entry is not None and sub else entry


def _statuses(words: list[str] | tuple[str, ...]) -> list[Reply]:
    return [Status(word.encode()) for word in words]


def _number(text: str) -> int | bytes:
    return int(text) if text.lstrip("-").isdigit() else text.encode()


_BEGIN = {"index": ("index",), "keyword": ("keyword", "startfrom")}
_FIND = {"range": ("lastkey", "keystep", "limit"), "keynum": ("keynumidx", "firstkey", "keystep")}


def _part(text: str, fields: Mapping[str, tuple[str, ...]]) -> Reply:
    kind, *values = text.split()
    pairs = [(name.encode(), _number(value)) for name, value in zip(fields.get(kind, ()), values, strict=False)]
    return Map([(b"type", kind.encode()), (b"spec", Map(pairs))])


def _spec(text: str) -> Reply:
    flags, begin, finding = text.split(":", 2)
    return Map(
        [
            (b"flags", SetOf(_statuses(flags.split()))),
            (b"begin_search", _part(begin, _BEGIN)),
            (b"find_keys", _part(finding, _FIND)),
        ]
    )


def _info(entry: Command) -> Reply:
    return [
        entry.full.encode(),
        entry.arity,
        SetOf(_statuses(sorted(entry.flags))),
        entry.first,
        entry.last,
        entry.step,
        SetOf(_statuses([f"@{category}" for category in entry.categories])),
        SetOf([hint.encode() for hint in entry.hints.split()]),
        SetOf([_spec(text) for text in entry.specs.split(";") if text]),
        [_info(sub) for sub in entry.subcommands.values() if sub.handler],
    ]


@command("COMMAND")
def command_all(call: Call, args: list[bytes]) -> Reply:
    return [_info(entry) for entry in _covered()]


@command("COMMAND|COUNT")
def command_count(call: Call, args: list[bytes]) -> Reply:
    return len(_covered())


@command("COMMAND|INFO")
def command_info(call: Call, args: list[bytes]) -> Reply:
    if len(args) == 2:
        return [_info(entry) for entry in _covered()]
    found = (_named(name) for name in args[2:])
    return [None if entry is None else _info(entry) for entry in found]


def _docs(entry: Command) -> Reply:
    doc = (entry.handler.__doc__ or "").strip().partition("\n")[0] if entry.handler else ""
    pairs: list[tuple[Reply, Reply]] = [
        (b"summary", doc.encode()),
        (b"since", entry.since.encode()),
        (b"group", entry.group.encode()),
    ]
    if entry.subcommands:
        covered = [sub for sub in entry.subcommands.values() if sub.handler]
        pairs.append((b"subcommands", Map([(sub.full.encode(), _docs(sub)) for sub in covered])))
    return Map(pairs)


@command("COMMAND|DOCS")
def command_docs(call: Call, args: list[bytes]) -> Reply:
    found = _covered() if len(args) == 2 else [entry for entry in map(_named, args[2:]) if entry is not None]
    return Map([(entry.full.encode(), _docs(entry)) for entry in found])


@command("COMMAND|LIST")
def command_list(call: Call, args: list[bytes]) -> Reply:
    entries = [one for entry in _covered() for one in (entry, *entry.subcommands.values()) if one.covered]
    if len(args) == 2:
        return [entry.full.encode() for entry in entries]
    if len(args) != 5 or args[2].upper() != b"FILTERBY":
        raise Refusal(SYNTAX)
    kind, wanted = args[3].upper(), args[4]
    if kind == b"MODULE":
        return []
    if kind == b"ACLCAT":
        category = wanted.decode(errors="replace").lower()
        chosen = [one for one in entries if category in one.categories] if category in CATEGORIES else []
        return [one.full.encode() for one in chosen]
    if kind == b"PATTERN":
        fits = matcher(wanted, any_case=True)
        return [one.full.encode() for one in entries if fits(one.full.encode())]
    raise Refusal(SYNTAX)


@command("COMMAND|GETKEYS")
def command_getkeys(call: Call, args: list[bytes]) -> Reply:
    return [key for key, _ in keys_said(args[2:])]


@command("COMMAND|GETKEYSANDFLAGS")
def command_getkeysandflags(call: Call, args: list[bytes]) -> Reply:
    return [[key, _statuses(sorted(marks, key=_mark_order))] for key, marks in keys_said(args[2:])]


def _mark_order(mark: str) -> tuple[int, str]:
    return (0 if mark.isupper() else 1, mark)
