"""Subprocesses: the operating system's primitives under the standard library's `subprocess`.

| module     | what it stands before                                                       |
|------------|-------------------------------------------------------------------------------|
| `identity` | pids, groups, sessions, users; `os.kill` and what else one process does to others |
| `spawning` | `_posixsubprocess.fork_exec`, `os.posix_spawn`, `os.system`; forks are refused |
| `waiting`  | `os.wait*`                                                                    |

The child is a process of the simulation on the same host; its program is one that is installed there.
"""

from simulator.kernel.interpose.subprocesses import identity, spawning, waiting


def install() -> None:
    """Redirect everything that starts, ends or awaits processes."""
    identity.install()
    spawning.install()
    waiting.install()
