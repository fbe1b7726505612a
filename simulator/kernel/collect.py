"""Garbage: collected at fixed points of a run, and what a run leaves behind buried where it can reach nothing.

Python's collector runs when enough was allocated, which depends on everything the interpreter ever did. Finalizers
are part of a program's behaviour, so inside a run it is off, and loops call it at turns that follow from the number
of turns alone. What existed before the run is frozen: a collection costs what the run has made.

At its end a run is buried, see `burial`.
"""

import gc
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from simulator.kernel import hashes, task_register, zone
from simulator.kernel.burial import bury as bury
from simulator.kernel.interpose import logs, settings, warned
from simulator.kernel.state import belonging_to_this_thread, refuse_second

if TYPE_CHECKING:
    from simulator.kernel.engine import Engine

YOUNG_TURNS: Final = 10_000
"""Turns between two collections of what was made since the last: a fraction of a millisecond in some ten."""

FULL_TURNS: Final = 100_000
"""Turns before the first collection of all that a run made; the next comes when the run is half as long again."""

LEFT_MAX: Final = 30_000
"""So much may have come to be since the last collection between runs, or an eighth of all, if that is more.

Counted in blocks of memory, some three for each object: the interpreter knows how many there are, where to count
objects takes a walk through all of them.
"""

_settled = 0
"""How many blocks there were after the last collection between runs."""


@contextmanager
def run_policy(engine: "Engine") -> Iterator[None]:
    """Everything interpreter-wide that a run wants its own way: garbage, hashes, warnings; as it was, afterwards.

    Refuses, before it touches anything, to begin a second run beside another.
    """
    refuse_second()
    with belonging_to_this_thread(), _policy(engine):
        yield


@contextmanager
def _policy(engine: "Engine") -> Iterator[None]:
    automatic = gc.isenabled()
    hashes.restart(int.from_bytes(engine.choices.bytes(8, stream="hashes", site="run"), "big"))
    task_register.restart()
    zone.hold(True)
    gc.disable()
    _freeze()
    engine.collect_at(YOUNG_TURNS, _Schedule().collect)
    try:
        with settings.restored(), warned.fresh():
            yield
    finally:
        zone.hold(False)
        zone.restore()
        logs.forget()
        gc.unfreeze()
        if automatic:
            gc.enable()


def _freeze() -> None:
    """Set aside what exists, but not heaps of what earlier runs have left: what is frozen is collected by nobody."""
    global _settled
    if sys.getallocatedblocks() > _settled + max(LEFT_MAX, _settled // 8):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Of what was left by runs that are over, nobody wants to hear any more.
            gc.collect()
        _settled = sys.getallocatedblocks()
    gc.freeze()


class _Schedule:
    """When a run collects: a function of the turn."""

    def __init__(self) -> None:
        self.full_at = FULL_TURNS

    def collect(self, turns: int) -> int:
        """Collect, and say at which turn to do it again."""
        if turns < self.full_at:
            gc.collect(1)
        else:
            gc.collect()
            self.full_at = turns + turns // 2
        return turns + YOUNG_TURNS
