"""Interposition: every way out of a Python program leads to the simulated world instead.

| module      | what it stands before                                                       |
|-------------|------------------------------------------------------------------------------|
| `redirect`  | how: C builtins and types are changed in place, below early imports           |
| `clocks`    | `time`, `datetime`, `time.sleep`                                              |
| `loops`     | asyncio's stock event loop                                                    |

`install()` is called once per interpreter. Outside a simulated process each replacement calls the
function that it replaced.
"""

from simulator.kernel.interpose import clocks, loops

_installed = False


def install() -> None:
    """Put every replacement in its place; a second call does nothing."""
    global _installed
    if _installed:
        return
    _installed = True
    clocks.install()
    loops.install()
