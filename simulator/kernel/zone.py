"""Time zone: the one of C's library, exchanged when a process with another one gets its turn.

`time.localtime`, `mktime`, `strftime` and naive datetimes ask C's library, which knows one zone at a time and by
default the machine's. A process has the zone of its variable TZ, and UTC without one.
"""

import os
import time

from simulator.kernel.state import outside

shown: str | None = None
"""The zone that C's library was told; None while it has the machine's own."""

_machine: str | None = None
_held = False


def show(name: str) -> None:
    """Let C's library know a process's zone; what `time.tzname` and its like say follows."""
    global shown, _machine
    if shown is None:
        _machine = os.environ.get("TZ")
    shown = name
    _tell(name)


def hold(held: bool) -> None:
    """While held, nobody gives the machine's zone back: telling C's library costs more than a small run."""
    global _held
    _held = held


def restore() -> None:
    """Give C's library the machine's zone back."""
    global shown
    if shown is not None and not _held:
        shown = None
        _tell(_machine)


def _tell(name: str | None) -> None:
    with outside():
        if name is None:
            os.unsetenv("TZ")
        else:
            os.putenv("TZ", name)
        time.tzset()
