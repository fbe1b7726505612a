"""Redis on the fidelity page: from the table of Redis 7.0.15's commands that the server itself works by."""

from collections import defaultdict
from typing import Final

from simulator.services.redis.registry import Command, everything, load
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
redis-py's own asyncio tests, as its sdist has them, played against ours and the machine's Redis."""


def redis() -> str:
    """Everything about Redis."""
    parts = [_INTRODUCTION, section(counts.REDIS_PY, "redis-py's own tests", _SUITE, REDIS_PY), _commands()]
    return "\n".join(part for part in parts if part)


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
