"""Redis: a model of Redis 7.0.15 that speaks RESP from bytes, in simulated time or in real time.

| module          | what it holds                                                          |
|-----------------|-------------------------------------------------------------------------|
| `reply.py`      | what a command answers, as values                                       |
| `registry.py`   | the table of commands, and the functions put to its lines               |
| `call.py`       | one command on its way: what its function may touch                     |
| `numerals.py`   | numbers as arguments and replies spell them                             |
| `commands/`     | the functions, by data type or part of the server                       |

Commands are plain functions without I/O. The keyspace (`keyspace.py`) and the framework know each other by this much:

- `Keyspace(hooks: Hooks, databases: int)` has `.now_ms` (set by the framework before each command, read by all who ask
  whether a key is expired), `.databases: list[Database]`, `.expires_itself` (false on a replica, where an expired key is
  hidden but stays until the master says DEL), `.expire_cycle(keys_max) -> int` (active expiry).
- `Database` has `.index`, `__len__`, `.expires_count`, `.get(key)` / `.items()` of (key, value, expires_at_ms or None)
  for persistence, `.put(key, value, expires_at_ms)`, `.remove(key) -> bool`, `.flush() -> int`, `.expires_at_ms(key)`,
  `.random_key(rng)`, `.idle_ms(key)`, `.frequency(key)`.
- a value has `.encoding(config) -> str` (as OBJECT ENCODING says) and `.memory() -> int` (an estimate, cheap to ask).

DUMP, RESTORE, OBJECT, DEBUG, MEMORY, SWAPDB, FLUSHDB and FLUSHALL belong to the framework; EXPIRE and the like, SCAN,
SORT, COPY, MOVE, RENAME, DEL, TYPE, KEYS, RANDOMKEY, TOUCH to the keyspace's commands.
"""
