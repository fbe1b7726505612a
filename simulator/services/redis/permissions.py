"""Permissions: what one selector of an ACL rule allows: commands, keys, channels, and the words that say so."""

import re
from typing import Final

from simulator.services.redis.globs import matches
from simulator.services.redis.registry import TABLE, Command, everything

CATEGORIES: Final = (
    "keyspace", "read", "write", "set", "sortedset", "list", "hash", "string", "bitmap", "hyperloglog", "geo", "stream",
    "pubsub", "admin", "fast", "slow", "blocking", "dangerous", "connection", "transaction", "scripting",
)  # fmt: skip
_KEY_RULE: Final = re.compile(r"%([RW]+)~(.*)", re.IGNORECASE | re.DOTALL)
_READS: Final = frozenset({"access"})
_WRITES: Final = frozenset({"update", "insert", "delete"})


class BadRule(Exception):
    """A rule does not make sense; the text says why."""


class Permissions:
    """One set of what is allowed; a user has one, and more as selectors."""

    def __init__(self) -> None:
        self.all_commands = False
        self.words: list[str] = []
        """The rules on commands beyond `+@all` or `-@all`, in order."""
        self.commands: set[Command] = set()
        self.first_args: dict[Command, set[bytes]] = {}
        self.all_keys = self.all_channels = False
        self.keys: list[tuple[str, bytes]] = []
        self.channels: list[bytes] = []

    def apply(self, rule: str) -> bool:
        """Apply one rule; whether it is one about permissions."""
        lowered = rule.lower()
        plain = {
            "allkeys": self._every_key, "~*": self._every_key, "resetkeys": self._no_key,
            "allchannels": self._every_channel, "&*": self._every_channel, "resetchannels": self._no_channel,
            "allcommands": self._every_command, "+@all": self._every_command,
            "nocommands": self._no_command, "-@all": self._no_command,
        }.get(lowered)  # fmt: skip
        if plain is not None:
            plain()
        elif rule[:1] == "~" or rule[:1] == "%":
            self._key(rule)
        elif rule[:1] == "&":
            if self.all_channels:
                raise BadRule(
                    "Adding a pattern after the * pattern (or the 'allchannels' flag) is not valid and does not have"
                    " any effect. Try 'resetchannels' to start with an empty list of channels"
                )
            pattern = _raw(rule[1:])
            if pattern not in self.channels:
                self.channels.append(pattern)
        elif rule[:1] in ("+", "-") and rule[1:2] == "@":
            self._category(rule)
        elif rule[:1] in ("+", "-") and len(rule) > 1:
            self._command(rule)
        else:
            return False
        return True

    # ---------------------------------------------------------------- rules

    def _every_key(self) -> None:
        self.all_keys, self.keys = True, []

    def _no_key(self) -> None:
        self.all_keys, self.keys = False, []

    def _every_channel(self) -> None:
        self.all_channels, self.channels = True, []

    def _no_channel(self) -> None:
        self.all_channels, self.channels = False, []

    def _every_command(self) -> None:
        self.all_commands, self.words, self.commands, self.first_args = True, [], set(everything()), {}

    def _no_command(self) -> None:
        self.all_commands, self.words, self.commands, self.first_args = False, [], set(), {}

    def _key(self, rule: str) -> None:
        if rule[:1] == "~":
            flags, pattern = "RW", rule[1:]
        else:
            found = _KEY_RULE.fullmatch(rule)
            if not found:
                raise BadRule("Syntax error")
            flags, pattern = "".join(sorted(set(found[1].upper()))), found[2]
        if self.all_keys:
            raise BadRule(
                "Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid and does not have any"
                " effect. Try 'resetkeys' to start with an empty list of patterns"
            )
        if pattern == "*" and flags == "RW":
            self._every_key()
        elif (flags, _raw(pattern)) not in self.keys:
            self.keys.append((flags, _raw(pattern)))

    def _category(self, rule: str) -> None:
        category = rule[2:].lower()
        if category not in CATEGORIES:
            raise BadRule("Unknown command or category name in ACL")
        members = {one for one in everything() if category in one.categories}
        self._change(rule[0], members)
        self._note(f"{rule[0]}@{category}")

    def _command(self, rule: str) -> None:
        name, _, sub = rule[1:].lower().partition("|")
        entry = TABLE.get(name.upper().encode())
        if entry is None:
            raise BadRule("Unknown command or category name in ACL")
        if not sub:
            self._change(rule[0], {entry, *entry.subcommands.values()})
        elif entry.subcommands:
            if "|" in sub:
                raise BadRule("Allowing first-arg of a subcommand is not supported")
            child = entry.subcommands.get(sub.upper().encode())
            if child is None:
                raise BadRule("Unknown command or category name in ACL")
            self._change(rule[0], {child})
        elif rule[0] == "-" or "|" in sub:
            raise BadRule("Unknown command or category name in ACL")
        else:
            self.first_args.setdefault(entry, set()).add(sub.encode())
        self._note(rule.lower())

    def _change(self, sign: str, members: set[Command]) -> None:
        if sign == "+":
            self.commands |= members
        else:
            self.commands -= members
            for member in members:
                self.first_args.pop(member, None)

    def _note(self, word: str) -> None:
        """Keep a rule's word; an earlier one on the same thing, or on a part of it, is overridden."""
        about = word[1:]
        self.words = [old for old in self.words if old[1:] != about and not old[1:].startswith(f"{about}|")]
        self.words.append(word)

    # ---------------------------------------------------------------- in words

    @property
    def commands_text(self) -> str:
        return " ".join(["+@all" if self.all_commands else "-@all", *self.words])

    @property
    def keys_text(self) -> str:
        if self.all_keys:
            return "~*"
        return " ".join(f"{'' if flags == 'RW' else f'%{flags}'}~{_text(pattern)}" for flags, pattern in self.keys)

    @property
    def channels_text(self) -> str:
        return "&*" if self.all_channels else " ".join(f"&{_text(pattern)}" for pattern in self.channels)

    @property
    def text(self) -> str:
        """Return all of it as rules; channels that nobody may use are said as `resetchannels`."""
        channels = self.channels_text
        if not self.all_channels:
            channels = f"resetchannels {channels}".rstrip()
        return " ".join(part for part in (self.keys_text, channels, self.commands_text) if part)

    # ---------------------------------------------------------------- questions

    def allows(self, command: Command, argv: list[bytes]) -> bool:
        if command in self.commands:
            return True
        first = self.first_args.get(command)
        return first is not None and len(argv) > 1 and argv[1].lower() in first

    def allows_key(self, key: bytes, marks: frozenset[str]) -> bool:
        """Whether a key may be used for what the marks say."""
        if self.all_keys:
            return True
        needs = ("R" if marks & _READS else "") + ("W" if marks & _WRITES else "")
        return any(set(needs) <= set(flags) and matches(pattern, key) for flags, pattern in self.keys)

    def allows_channel(self, channel: bytes, *, pattern: bool) -> bool:
        """Whether a channel may be used; a pattern must be allowed as it stands."""
        if self.all_channels:
            return True
        return any(one == channel if pattern else matches(one, channel) for one in self.channels)


def _raw(text: str) -> bytes:
    return text.encode(errors="surrogateescape")


def _text(raw: bytes) -> str:
    return raw.decode(errors="surrogateescape")
