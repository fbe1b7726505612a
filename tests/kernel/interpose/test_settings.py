"""What a program sets for its whole interpreter is gone with its run, and its hooks are gone with its process."""

import asyncio
import csv
import gc
import logging
import sys
import tempfile
import threading
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest

from simulator import World, run, scenario
from tests.support.inside import told


class Policy(asyncio.DefaultEventLoopPolicy):
    pass


class Logger(logging.Logger):
    pass


def record(*words: object) -> logging.LogRecord:
    return logging.makeLogRecord({})


def hook(*args: object) -> None:
    return None


SETTINGS: dict[str, tuple[Callable[[], object], Callable[[], object]]] = {
    "recursion limit": (sys.getrecursionlimit, lambda: sys.setrecursionlimit(5432)),
    "switch interval": (sys.getswitchinterval, lambda: sys.setswitchinterval(0.5)),
    "digits of numbers": (sys.get_int_max_str_digits, lambda: sys.set_int_max_str_digits(5000)),
    "origins": (sys.get_coroutine_origin_tracking_depth, lambda: sys.set_coroutine_origin_tracking_depth(3)),
    "search path": (lambda: list(sys.path), lambda: sys.path.insert(0, "/elsewhere")),
    "finders": (lambda: len(sys.meta_path), lambda: sys.meta_path.append(None)),  # type: ignore[arg-type]
    "excepthook": (lambda: sys.excepthook, lambda: setattr(sys, "excepthook", hook)),
    "displayhook": (lambda: sys.displayhook, lambda: setattr(sys, "displayhook", hook)),
    "hook of threads": (lambda: threading.excepthook, lambda: setattr(threading, "excepthook", hook)),
    "field size": (csv.field_size_limit, lambda: csv.field_size_limit(77)),
    "callbacks of the collector": (lambda: len(gc.callbacks), lambda: gc.callbacks.append(hook)),
    "folder of temporary files": (lambda: tempfile.tempdir, lambda: setattr(tempfile, "tempdir", "/tmp/mine")),
    "traces of memory": (tracemalloc.is_tracing, lambda: tracemalloc.start()),
    "names of levels": (lambda: logging.getLevelName(35), lambda: logging.addLevelName(35, "NOTICE")),
    "class of loggers": (logging.getLoggerClass, lambda: logging.setLoggerClass(Logger)),
    "records": (logging.getLogRecordFactory, lambda: logging.setLogRecordFactory(record)),
    "errors of handlers": (lambda: logging.raiseExceptions, lambda: setattr(logging, "raiseExceptions", False)),
    "policy": (lambda: type(asyncio.get_event_loop_policy()), lambda: asyncio.set_event_loop_policy(Policy())),
}


@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.filterwarnings("ignore:.*policy:DeprecationWarning")
def test_a_setting_ends_with_its_run(name: str) -> None:
    look, change = SETTINGS[name]

    def program() -> tuple[Any, Any]:
        before = look()
        change()
        return before, look()

    outside = look()
    first, second = told(program), told(program)

    assert first[0] != first[1]
    assert second == first
    assert look() == outside


def test_a_process_has_hooks_of_its_own() -> None:
    seen: dict[str, Any] = {}

    async def program(name: str) -> None:
        seen[name] = sys.excepthook is sys.__excepthook__
        sys.excepthook = lambda *error: print(f"hook of {name}")
        await asyncio.sleep(1)
        raise ValueError(name)

    @scenario()
    async def two(world: World) -> None:
        """Each host prints what its own hook prints."""
        services = [world.host(name).run(program, name) for name in ("one", "other")]
        for service in services:
            assert await service.wait() == 1

    found = run(two)

    assert found.outcome.passed, found.outcome.message
    assert seen == {"one": True, "other": True}
    said = [(event.host, event.fields["text"]) for event in found.trace.of("proc.stdout").events]
    assert said == [("one", "hook of one\n"), ("other", "hook of other\n")]
