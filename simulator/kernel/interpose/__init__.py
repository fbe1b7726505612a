"""Interposition: every way out of a Python program leads to the simulated world instead.

| module      | what it stands before                                                       |
|-------------|------------------------------------------------------------------------------|
| `redirect`  | how: C builtins and types are changed in place, below early imports           |
| `clocks`    | `time`, `datetime`, `time.sleep`                                              |
| `hashing`   | hashes of objects, and the order of sets that follows from them               |
| `identity`  | `os.uname`, `platform`, `pwd`, `resource`, the environment, terminals           |
| `settings`  | limits, hooks and policies of the interpreter: as in a fresh one in every run |
| `locales`   | `locale`, `time.tzset`                                                       |
| `logs`      | `logging`: records as events, a set-up for each process                       |
| `warned`    | `warnings`, errors in finalizers                                              |
| `garbage`   | `gc`                                                                          |
| `closed`    | what nobody else stands before; `kernel/guard` is the alarm behind all of it  |
| `loops`     | asyncio's stock event loop                                                    |
| `entropy`   | `os.urandom`, `random`, `secrets`, `uuid`, `tempfile`, OpenSSL                |
| `generators`| `random`: generators of a process's own                                       |
| `imports`   | counts imports that are under way                                             |
| `files/`    | `open`, `os.*` on paths and descriptors, `fcntl`                               |
| `signals`   | `signal`: handlers, masks, alarms                                             |
| `pipes`     | `os.pipe`                                                                     |
| `polling`   | `select`: `select`, `poll`, `epoll`                                           |
| `sockets`   | `socket.socket`                                                               |
| `socket_numbers` | `_socket`: pairs, copies and closes by descriptor, default time-outs     |
| `tls`       | `ssl.SSLContext.wrap_socket`                                                  |
| `names`     | `socket.getaddrinfo` and its kin                                              |
| `subprocesses/` | `subprocess`, `os.kill`, `os.wait*`, `os.getpid`                          |
| `threads/`  | `threading`, `_thread`, `queue`, thread pools, `atexit`, `os.fork`            |
| `watch/`    | `watchfiles`: its Rust core                                                   |

`install()` is called once per interpreter. Outside a simulated process each replacement calls the
function that it replaced.
"""

from simulator.kernel import guard
from simulator.kernel.interpose import (
    clocks,
    closed,
    entropy,
    files,
    garbage,
    hashing,
    identity,
    imports,
    locales,
    logs,
    loops,
    names,
    pipes,
    polling,
    signals,
    socket_numbers,
    sockets,
    subprocesses,
    threads,
    tls,
    warned,
    watch,
)

_installed = False


def install() -> None:
    """Put every replacement in its place; a second call does nothing."""
    global _installed
    if _installed:
        return
    _installed = True
    imports.install()
    clocks.install()
    entropy.install()
    loops.install()
    files.install()
    signals.install()
    pipes.install()
    polling.install()
    sockets.install()
    socket_numbers.install()
    tls.install()
    names.install()
    subprocesses.install()
    threads.install()
    watch.install()
    identity.install()
    locales.install()
    logs.install()
    warned.install()
    garbage.install()
    hashing.install()
    closed.install()
    guard.install()
