"""The collector as programs see it: it seems to be on, and does its work when the run says so.

Turning it on for real would let it run at moments that depend on everything that the interpreter ever allocated.
`gc.collect()` works, and costs what the run has made.
"""

import gc
from collections.abc import Callable
from typing import Any, Final

from simulator.kernel.interpose import redirect
from simulator.kernel.state import here

_THRESHOLD: Final = (700, 10, 10)


def _shelf() -> dict[str, Any]:
    process = here.process
    assert process is not None
    return process.shelf


def _turn(on: bool) -> None:
    _shelf()["gc enabled"] = on


def set_threshold(*threshold: int) -> None:
    _shelf()["gc threshold"] = (*threshold, *_THRESHOLD[len(threshold) :])


DOORS: Final[dict[str, Callable[..., Any]]] = {
    "enable": lambda: _turn(True),
    "disable": lambda: _turn(False),
    "isenabled": lambda: _shelf().get("gc enabled", True),
    "set_threshold": set_threshold,
    "get_threshold": lambda: _shelf().get("gc threshold", _THRESHOLD),
    "get_count": lambda: (0, 0, 0),
    "get_stats": lambda: [{"collections": 0, "collected": 0, "uncollectable": 0} for _ in range(3)],
    "freeze": lambda: None,
    "unfreeze": lambda: None,
    "get_freeze_count": lambda: 0,
}


def _make_collect(real: Callable[..., int]) -> Callable[..., int]:
    def collect(generation: int = 2) -> int:
        engine = here.engine
        if engine is None or engine.collecting:
            return real(generation)
        engine.collecting = True
        try:
            return real(generation)
        finally:
            engine.collecting = False

    return collect


def install() -> None:
    """Redirect `gc`."""
    for name, simulated in DOORS.items():
        redirect.inside(getattr(gc, name), simulated)
    redirect.door(gc.collect, _make_collect)
