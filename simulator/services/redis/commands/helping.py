"""Helping: the HELP of every command that has subcommands, made from the table."""

from simulator.services.redis.call import Call
from simulator.services.redis.registry import TABLE, Command
from simulator.services.redis.reply import Reply, Status


def install() -> None:
    """Put a function to every HELP that has none."""
    for entry in TABLE.values():
        helping = entry.subcommands.get(b"HELP")
        if helping is not None and helping.handler is None and entry.covered:
            helping.handler = _help(entry)


def _help(entry: Command):  # type: ignore[no-untyped-def]
    def answer(call: Call, args: list[bytes]) -> Reply:
        lines = [f"{entry.name.upper()} <subcommand> [<arg> [value] [opt] ...]. Subcommands are:"]
        for sub in entry.subcommands.values():
            if sub.handler is not None:
                more = sub.arity - 2 if sub.arity > 0 else -sub.arity - 2
                rest = " <arg>" * more + (" [<arg> ...]" if sub.arity < 0 else "")
                lines.append(f"{sub.name.upper()}{rest}")
        return [Status(line.encode()) for line in lines]

    return answer
