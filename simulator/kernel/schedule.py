"""Adversarial schedules: orders of ready callbacks that asyncio's documentation does not allow, but threads would.

asyncio runs what is ready first in, first out, and so does the simulator. `random` and `pct` are for those who
want to know what their program owes to that order. What fails only under them is labelled as such.

random   every turn's callbacks in a drawn order
pct      every task gets a drawn priority, which a few drawn moments lower: finds orderings of depth d with a
         known probability (Burckhardt and others, 2010)

Zero draws are the tamest: first in, first out.
"""

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from simulator.errors import Misuse

if TYPE_CHECKING:
    from simulator.kernel.engine import Engine

SCHEDULES: Final = ("fifo", "random", "pct")
_PRIORITIES: Final = 1 << 16
_DEPTH: Final = 3
_STEPS: Final = 1000  # Turns among which the moments of change are drawn.


def schedule(engine: "Engine", name: str) -> None:
    """Make an engine follow a schedule by name."""
    makers: dict[str, Callable[[Engine], Callable[[deque[Any]], object] | None]] = {
        "fifo": lambda engine: None,
        "random": _random,
        "pct": _pct,
    }
    if name not in makers:
        raise Misuse(f"unknown schedule {name!r}", hint=f"schedules: {', '.join(SCHEDULES)}")
    engine.reorder = makers[name](engine)


def _random(engine: "Engine") -> Callable[[deque[Any]], object]:
    def reorder(ready: deque[Any]) -> None:
        for index in range(len(ready) - 1):
            draw = engine.choices.draw(len(ready) - index, stream="schedule", site="loop", label="next")
            if draw:
                ready[index], ready[index + draw] = ready[index + draw], ready[index]

    return reorder


def _pct(engine: "Engine") -> Callable[[deque[Any]], object]:
    priorities: dict[int, int] = {}
    kept: list[object] = []  # Tasks by whose identity priorities are known; an identity must not be used twice.
    draw = engine.choices.draw
    changes = {draw(_STEPS, stream="schedule", site="pct", label="change") for _ in range(_DEPTH)} - {0}
    turns = 0

    def priority(entry: Any) -> int:
        owner = getattr(entry.callback, "__self__", None) or entry.callback
        found = priorities.get(id(owner))
        if found is None:
            kept.append(owner)
            found = priorities[id(owner)] = draw(_PRIORITIES, stream="schedule", site="pct", label="priority")
        return found

    def reorder(ready: deque[Any]) -> None:
        nonlocal turns
        turns += 1
        if turns in changes and ready:
            owner = getattr(ready[0].callback, "__self__", None) or ready[0].callback
            kept.append(owner)
            priorities[id(owner)] = _PRIORITIES + turns  # Behind everybody from now on.
        if len(ready) > 1:
            ordered = sorted(ready, key=priority)
            ready.clear()
            ready.extend(ordered)

    return reorder
