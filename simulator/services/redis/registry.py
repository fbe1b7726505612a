"""Registry: which commands there are, what is known of each, and the function that carries it out.

What is known (arity, flags, key positions, categories, hints) is data: `commands.tsv`, one line for every command
and subcommand of Redis 7.0.15, written by `scripts/redis-commands` from a server. A function is put to a
line by its name:

    @command("GET")
    def get(call: Call, args: list[bytes]) -> Reply: ...

    @command("CONFIG|GET")
    def config_get(call: Call, args: list[bytes]) -> Reply: ...

`args` is all that was sent: `args[0]` is the name as the client wrote it, `args[1]` the first argument (for a
subcommand: its name). Arity has been checked. Lines without a function are the list of what is not covered: such a
command answers as an unknown one would, and says so in the fidelity page. COMMAND, ACL and the scripts' rules read
the same lines.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from simulator.errors import Misuse
from simulator.services.redis.reply import Reply

if TYPE_CHECKING:
    from simulator.services.redis.call import Call

Handler = Callable[["Call", list[bytes]], Reply]

_SPELLINGS_MAX: Final = 4096  # spellings of names that are kept for quick look-up (get, Get, GET)


class Command:
    """One line of the table, with what is asked of it at every call worked out beforehand."""

    __slots__ = (
        "name", "full", "parent", "handler", "arity", "flags", "first", "last", "step", "categories", "hints", "specs",
        "since", "group", "subcommands", "writes", "reads", "denies_oom", "while_loading", "while_stale",
        "not_in_scripts", "not_in_multi", "blocks", "admin", "without_auth", "movable", "key_index", "may_replicate",
        "skip_monitor", "skip_slowlog",
    )  # fmt: skip

    def __init__(self, line: str) -> None:
        full, arity, flags, keys, categories, hints, specs, since, group = line.split("\t")
        self.full = full.lower()
        parent, _, sub = self.full.partition("|")
        self.name = sub or parent
        self.parent = parent if sub else None
        self.handler: Handler | None = None
        self.arity = int(arity)
        self.flags = frozenset(flags.split())
        self.first, self.last, self.step = map(int, keys.split())
        self.categories = tuple(categories.split())
        self.hints, self.specs, self.since, self.group = hints, specs, since, group
        self.subcommands: dict[bytes, Command] = {}
        self.writes, self.reads = "write" in self.flags, "readonly" in self.flags
        self.denies_oom = "denyoom" in self.flags
        self.while_loading, self.while_stale = "loading" in self.flags, "stale" in self.flags
        self.not_in_scripts, self.not_in_multi = "noscript" in self.flags, "no_multi" in self.flags
        self.blocks, self.admin = "blocking" in self.flags, "admin" in self.flags
        self.without_auth, self.movable = "no_auth" in self.flags, "movablekeys" in self.flags
        self.may_replicate = "may_replicate" in self.flags
        self.skip_monitor, self.skip_slowlog = "skip_monitor" in self.flags, "skip_slowlog" in self.flags
        # Where the one key is that most commands have; 0 asks for the long way (`positions.py`).
        self.key_index = self.first if self.first == self.last and not self.movable else 0

    def __repr__(self) -> str:
        return f"<{self.full} {'covered' if self.covered else 'not covered'}>"

    @property
    def covered(self) -> bool:
        """Whether there is a function for it, or for one of its subcommands."""
        return self.handler is not None or any(sub.handler for sub in self.subcommands.values())

    def fits(self, count: int) -> bool:
        """Whether that many words, the name included, are a call."""
        return count == self.arity if self.arity >= 0 else count >= -self.arity


TABLE: Final[dict[bytes, Command]] = {}
"""Every command of Redis 7.0.15 by its name in capitals, covered or not. Subcommands hang on their command."""

_spellings: dict[bytes, Command] = {}


def _read_table() -> None:
    text = Path(__file__).with_name("commands.tsv").read_text(encoding="ascii")
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        entry = Command(line)
        if entry.parent is None:
            TABLE[entry.name.upper().encode()] = entry
        else:
            TABLE[entry.parent.upper().encode()].subcommands[entry.name.upper().encode()] = entry


def command(name: str) -> Callable[[Handler], Handler]:
    """Put a function to its line of the table; `name` is `GET` or `CONFIG|GET`."""
    parent, _, sub = name.upper().partition("|")
    entry = TABLE.get(parent.encode())
    if entry is not None and sub:
        entry = entry.subcommands.get(sub.encode())
    if entry is None:
        raise Misuse(f"Redis 7.0.15 has no command {name!r}", hint="the table is commands.tsv, beside registry.py")
    found = entry

    def put(handler: Handler) -> Handler:
        assert found.handler is None, f"{name} has two functions"
        found.handler = handler
        return handler

    return put


def find(name: bytes) -> Command | None:
    """Return a command by its name as a client spelt it, if it is covered."""
    entry = _spellings.get(name)
    if entry is None:
        entry = TABLE.get(name.upper())
        if entry is None or not entry.covered:
            return None
        if len(_spellings) < _SPELLINGS_MAX:
            _spellings[name] = entry
    return entry


def everything() -> list[Command]:
    """Return all commands and subcommands of the table, in its order."""
    return [one for entry in TABLE.values() for one in (entry, *entry.subcommands.values())]


_read_table()
