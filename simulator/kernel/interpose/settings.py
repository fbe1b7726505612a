"""Settings: what a program may set for its whole interpreter is as in a fresh one when a run begins.

Limits, hooks, search paths, the policy of asyncio: each is one per interpreter, and a run must neither find what the
run before has set nor leave anything to whoever started it. The hooks of `sys` are even a process's own, see
`kernel/real_values`.
What a program changes in modules (a patched function, a registered codec) stays: modules are shared, see
docs/not-simulated.md.
"""

import asyncio
import csv
import gc
import logging
import sys
import tempfile
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

_HOOKS: Final = ("excepthook", "displayhook", "breakpointhook")

Setting = tuple[Callable[[], Any], Callable[[Any], object]]
"""How it is asked for, and how it is set."""


def _attribute(owner: Any, name: str) -> Setting:
    return lambda: getattr(owner, name), lambda value: setattr(owner, name, value)


def _content(owner: Any, name: str) -> Setting:
    """A list or dictionary that others hold as well: its content is put back, in the same object."""

    def restore(before: Any) -> None:
        held = getattr(owner, name)
        if held != before:
            held.clear()
            (held.update if isinstance(held, dict) else held.extend)(before)

    return lambda: getattr(owner, name).copy(), restore


def _int_digits_max(value: int) -> None:
    sys.set_int_max_str_digits(value)


def _trace_memory(on: bool) -> None:
    if tracemalloc.is_tracing() and not on:
        tracemalloc.stop()


_SETTINGS: Final[tuple[Setting, ...]] = (
    (sys.getrecursionlimit, sys.setrecursionlimit),
    (sys.getswitchinterval, sys.setswitchinterval),
    (sys.get_int_max_str_digits, _int_digits_max),
    (sys.get_coroutine_origin_tracking_depth, sys.set_coroutine_origin_tracking_depth),
    (csv.field_size_limit, csv.field_size_limit),
    (threading.stack_size, threading.stack_size),
    (tracemalloc.is_tracing, _trace_memory),
    (gc.get_debug, gc.set_debug),
    _content(gc, "callbacks"),
    *(_content(sys, name) for name in ("path", "meta_path", "path_hooks")),
    *(_attribute(sys, name) for name in (*_HOOKS, "dont_write_bytecode", "tracebacklimit") if hasattr(sys, name)),
    _attribute(threading, "excepthook"),
    _attribute(tempfile, "tempdir"),
    _attribute(asyncio.events, "_event_loop_policy"),
    *(_attribute(logging, name) for name in ("raiseExceptions", "logThreads", "logProcesses", "logMultiprocessing")),
    *(_attribute(logging, name) for name in ("_loggerClass", "_logRecordFactory", "lastResort")),
    *(_content(logging, name) for name in ("_levelToName", "_nameToLevel")),
)


@contextmanager
def restored() -> Iterator[None]:
    """For a run: what it sets is put back."""
    before = [ask() for ask, _ in _SETTINGS]
    try:
        yield
    finally:
        for (_, put), value in zip(_SETTINGS, before, strict=True):
            put(value)
