"""Threads: `threading`, `_thread`, `queue` and thread pools, over the engine's sim threads.

Everything of the standard library that is Python runs unmodified; only what it stands on is replaced.

| module    | what it replaces                                                                       |
|-----------|-----------------------------------------------------------------------------------------|
| `start`   | starting a thread, its ident, its sentinel; `interrupt_main`                            |
| `handles` | what `Thread.join` waits on from Python 3.13                                            |
| `waiting` | (the automaton of a lock, and how threads stand in line for it)                         |
| `locks`   | `_thread.lock`                                                                          |
| `rlocks`  | `_thread.RLock`                                                                         |
| `queues`  | `_queue.SimpleQueue`                                                                    |
| `own`     | what `threading` and `concurrent.futures` keep per interpreter: kept per process        |
| `uncaught` | `threading.excepthook`: each process has its own                                        |
| `ending`  | the end of a process: pools, awaited threads, `atexit`, finalizers                      |
| `machine` | `os.fork` and what leads to it is refused; how many processors there are                |

`threading.local` needs nothing here: the engine exchanges the data behind it at every switch.
"""

from simulator.kernel.interpose.threads import ending, locks, machine, own, queues, rlocks, start, uncaught


def install() -> None:
    """Put threads in virtual time in their place; called once per interpreter."""
    for part in (locks, rlocks, queues, own, uncaught, start, ending, machine):
        part.install()
