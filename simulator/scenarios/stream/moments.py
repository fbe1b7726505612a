"""Moments: let something happen at the very event that a story turns on."""

from collections.abc import Callable
from typing import Any

from simulator.harness.stage import Stage
from simulator.trace.event import Event


def at_event(stage: Stage, kind: str, act: Callable[[], object], *, skip: int = 0, **fields: Any) -> None:
    """Do something at the first event of a kind with these fields (after so many), before anything else happens.

    What a note or a log record carries under `data` counts as its fields; a function of a field says whether it is the
    one that is meant.
    """
    engine, left = stage.engine, [skip + 1]
    recorder = engine.recorder
    assert recorder is not None

    def see(event: Event) -> None:
        if event.kind != kind or not left[0]:
            return
        told = {**event.fields, **(event.fields.get("data") or {})}
        if all(value(told.get(name)) if callable(value) else told.get(name) == value for name, value in fields.items()):
            left[0] -= 1
            if not left[0]:
                engine.call_after(0, act)

    recorder.subscribe(see)
