"""Redis: a model of Redis 7.0.15 that speaks RESP from bytes, in simulated time or in real time.

    async def main() -> None:
        await serve_redis(Settings(port=6379))              # a program, for a real machine or a simulated host

| module             | what it holds                                                                   |
|--------------------|---------------------------------------------------------------------------------|
| `reply.py`         | what a command answers, as values; `encoder.py` writes them, `numerals.py` numbers |
| `protocol.py`      | commands from bytes                                                             |
| `registry.py`      | the table of commands (`commands.tsv`), and the functions put to its lines      |
| `call.py`          | one command on its way: what its function may touch                             |
| `commands/`        | the functions, by data type or part of the server                               |
| `keyspace.py`      | databases, expiry; `values/` is what keys hold, `memory.py` what that weighs    |
| `server.py`        | one command after the other; `gate.py` says which may run                       |
| `session.py`       | one client; `waiting.py`, `watching.py`, `pubsub.py`, `tracking.py`, `monitor.py` many |
| `acl.py`           | users; `permissions.py` their rules, `positions.py` where keys stand            |
| `config.py`        | parameters (`parameters.tsv`); `settings.py` what is ours                       |
| `upkeep.py`        | expiry, eviction, pauses, limits                                                |
| `statistics.py`    | what is counted; `information.py` tells it, `chronicle.py` tells the trace      |
| `scripting/`       | Lua                                                                             |
| `persistence.py`   | append-only file and snapshots; `files.py`, `rdb/`                              |
| `replication.py`   | masters and replicas; `follower.py`, `standby.py`                               |
| `troubles.py`      | what can be made to go wrong                                                    |
| `connection.py`    | a socket; `program.py` the whole as a program, `hosted.py` on a simulated host  |

Commands are plain functions without I/O, and so is the server: bytes in, bytes out, time and timers from outside.
"""
