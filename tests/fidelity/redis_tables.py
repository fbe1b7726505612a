"""Redis on the fidelity page: from the table of Redis 7.0.15's commands that the server itself works by."""

from collections import defaultdict
from typing import Final

from simulator.services.redis.commands import load
from simulator.services.redis.registry import Command, everything
from tests.differential.known import KNOWN
from tests.fidelity import counts
from tests.fidelity.known import REDIS_PY
from tests.fidelity.suites import section
from tests.fidelity.tables import table

_INTRODUCTION: Final = """\
## Redis

The server says that it is Redis 7.0.15 and is held to that: its table of commands was written by such a server, and
what is not covered answers as an unknown command does.
"""

_SUITE: Final = """\
redis-py's own asyncio tests, as its sdist has them, played by `scripts/peer-redis suite`. What needs a cluster,
modules, TLS or several servers is left out; what Redis 7.0 has not is skipped."""


def redis() -> str:
    """Everything about Redis."""
    suite = section(counts.REDIS_PY, "redis-py's own tests", _SUITE, REDIS_PY)
    parts = [_INTRODUCTION, suite, _sequences(), _commands()]
    return "\n".join(part for part in parts if part)


def _sequences() -> str:
    """What sequences beside the real server came to, and every known difference with its reason."""
    found = counts.read(counts.SEQUENCES)
    if not found:
        return ""
    met = found["known"]
    rows = [[each.why, str(met.get(each.why, 0))] for each in KNOWN]
    return (
        f"### Sequences beside the real one\n\n{found['sequences']:,} sequences of {found['steps']:,} commands by three"
        " clients in RESP2 and RESP3, drawn from a grammar of all commands (`tests/differential/`), right and wrong"
        " ones, transactions, scripts, waiting and expiring keys among them, told to ours and to Redis 7.0.15 by"
        f" `scripts/peer-redis sequences`: after every command every client had heard the same, to the byte, in all but"
        f" {found['differing']} of them. Free are the order of what hash tables hold, what is drawn, and a few"
        " milliseconds. What is known to differ:\n\n"
    ) + table(["what", "met"], rows, numbers=1)


def _commands() -> str:
    load()
    groups = defaultdict[str, list[Command]](list)
    for command in everything():
        groups[command.group].append(command)
    rows = []
    for name, found in sorted(groups.items()):
        covered = [command for command in found if command.covered]
        missing = ", ".join(command.full.replace("|", " ").upper() for command in found if not command.covered)
        rows.append([name.replace("_", "-"), f"{len(covered)} of {len(found)}", missing])
    covered_in_all = sum(command.covered for command in everything())
    text = f"### Commands\n\n{covered_in_all} of {len(everything())} commands and subcommands.\n\n"
    return text + table(["group", "covered", "not covered"], rows)
