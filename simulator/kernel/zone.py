"""Time zone: the one of C's library, exchanged when a process with another one gets its turn.

`time.localtime`, `mktime`, `strftime` and naive datetimes ask C's library, which knows one zone at a time and by
default the machine's. A process has the zone of its variable TZ, and UTC without one.
"""

import os
import time
from typing import Final

from simulator.kernel.state import outside

shown: str | None = None
"""The zone that C's library was told; None while it has the machine's own."""

_UTC: Final = "UTC"

_machine: str | None = None
_machine_has_utc = False
_has_utc = False  # Whether that is what C's library answers now.
_held = False


def show(name: str) -> None:
    """Let C's library know a process's zone; what `time.tzname` and its like say follows."""
    global shown, _machine, _machine_has_utc, _has_utc
    if shown is None:
        _machine = os.environ.get("TZ")
        _machine_has_utc = _has_utc = time.tzname == (_UTC, _UTC) and not time.timezone
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
    global _has_utc
    had_utc, _has_utc = _has_utc, name == _UTC or (name is None and _machine_has_utc)
    with outside():
        if name is None:
            os.unsetenv("TZ")
        else:
            os.putenv("TZ", name)
        if not (_has_utc and had_utc):  # Where both are UTC, as on most servers, there is nothing to read anew.
            time.tzset()
