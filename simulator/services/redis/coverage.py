"""Coverage: what of Redis 7.0.15 is covered, what deviates and what is refused, as tables for the reference page.

Commands come from the table that the server works by, troubles from its surface: neither is kept by hand.
"""

from pathlib import Path
from typing import Final

from simulator.services.redis.commands import load
from simulator.services.redis.registry import TABLE, Command
from simulator.services.redis.troubles import SURFACE

COVERAGE: Final = ("<!-- coverage: written from simulator/services/redis/coverage.py -->", "<!-- end of coverage -->")
TROUBLES: Final = ("<!-- troubles: written from simulator/services/redis/troubles.py -->", "<!-- end of troubles -->")

DEVIATIONS: Final = (
    ("order of SCAN, KEYS, SMEMBERS, HGETALL of large values", "the order of entry, where Redis has its hash tables'"),
    ("memory: INFO, MEMORY, `maxmemory`", "estimated from the shape of values; equal in every run"),
    ("CPU, allocator, defragmentation in INFO", "constant"),
    ("a Lua script that does not end", "ended after `script_steps_max` steps; BUSY is a trouble, see below"),
    ("BGSAVE, BGREWRITEAOF", "done at once when the present command is over, instead of by a child process"),
    ("ACL LIST and GETUSER: rules on commands", "in the order in which they were given; Redis 7.0 sums them up anew"),
    ("COMMAND DOCS", "no arguments, no history; summaries in our words"),
    ("COMMAND INFO: notes in key specifications", "left out"),
    ("HELP of container commands", "the subcommands by name, without prose"),
    ("expiry of keys that nobody asks for", "all that are due every 100 ms, where Redis takes samples"),
    ("LRU and LFU", "exact times and counts behind the samples, where Redis has 24 bits"),
    ("OBJECT FREQ, LFU decay", "by the minute, as Redis; the counter's chance comes from the server's seed"),
    ("redis.set_repl", "taken note of without effect: effects are always passed on"),
    ("FAILOVER of connected replicas", "refused in words; REPLICAOF NO ONE promotes a replica"),
    ("a replica of a replica", "gets a first copy and nothing more"),
    (
        "cluster, modules, TLS, Unix sockets, `--user` ACL files",
        "not there; CLUSTER answers as with cluster-enabled no",
    ),
)
"""What differs where a command is covered: the thing, and how."""


def covered() -> list[Command]:
    """Return all commands and subcommands that have a function."""
    load()
    return [one for entry in TABLE.values() for one in (entry, *entry.subcommands.values()) if one.handler]


def refused() -> list[Command]:
    """Return all that have none: they answer as an unknown command does."""
    load()
    containers = (entry for entry in TABLE.values() if entry.covered)
    missing = [sub for entry in containers for sub in entry.subcommands.values() if not sub.handler]
    return [entry for entry in TABLE.values() if not entry.covered] + missing


def as_markdown() -> str:
    """Return the tables of commands, by group, and of deviations."""
    groups: dict[str, list[str]] = {}
    for one in covered():
        groups.setdefault(one.group, []).append(f"`{one.full.upper().replace('|', ' ')}`")
    count = sum(map(len, groups.values()))
    missing = ", ".join(f"`{one.full.upper().replace('|', ' ')}`" for one in refused())
    rows = [f"{count} commands and subcommands are covered.", "", "| group | commands |", "|---|---|"]
    rows += [f"| {group} | {', '.join(names)} |" for group, names in sorted(groups.items())]
    rows += ["", f"Not covered, and answered as unknown: {missing}.", "", "| deviates | how |", "|---|---|"]
    rows += [f"| {thing} | {how} |" for thing, how in DEVIATIONS]
    return "\n".join(rows)


def troubles_as_markdown() -> str:
    """Return the table of troubles."""
    rows = ["| kind | what happens | parameters |", "|---|---|---|"]
    rows += [f"| `{kind.name}` | {kind.doc} | {kind.parameters or 'none'} |" for kind in SURFACE.values()]
    return "\n".join(rows)


def write_reference(page: Path) -> None:
    """Put the tables into the reference page, in place of those that are there."""
    text = page.read_text()
    for (begin, end), table in ((COVERAGE, as_markdown()), (TROUBLES, troubles_as_markdown())):
        before, _, rest = text.partition(begin)
        _, _, after = rest.partition(end)
        text = f"{before}{begin}\n{table}\n{end}{after}"
    page.write_text(text)
