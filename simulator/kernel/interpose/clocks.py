"""Clocks: every way to ask what time it is, and to sleep.

Monotonic clocks follow virtual time; wall clocks follow the host's. Reading a clock costs nothing, but
a step that reads clocks without end (a busy wait) is charged for it, or it would never be over.
"""

import datetime
import gc
import os
import time
from collections.abc import Callable
from struct import pack
from typing import Any, Final

from simulator.kernel.callsite import where
from simulator.kernel.interpose import redirect
from simulator.kernel.state import here

_NS: Final = 1_000_000_000
_SPIN_COST_NS: Final = 100_000  # What a clock read costs once a step has read too many.
_STEADY: Final = {
    getattr(time, name) for name in ("CLOCK_MONOTONIC", "CLOCK_MONOTONIC_RAW", "CLOCK_BOOTTIME") if hasattr(time, name)
}
_WALL: Final = {getattr(time, name) for name in ("CLOCK_REALTIME", "CLOCK_TAI") if hasattr(time, name)}
_CPU: Final = {time.CLOCK_PROCESS_CPUTIME_ID, time.CLOCK_THREAD_CPUTIME_ID}


def steady_ns() -> int:
    """The monotonic clock of the current process."""
    engine = here.engine
    assert engine is not None
    _charge()
    return engine.now_ns


def wall_ns() -> int:
    """The wall clock of the current process's host; what it hands out counts in the digest."""
    engine, process = here.engine, here.process
    assert engine is not None and process is not None
    _charge()
    value = process.host.wall.wall_ns(engine.now_ns)
    engine.absorb("wall", pack("<q", value))
    return value


def cpu_ns() -> int:
    """Processor time: waiting costs none, and computing is not simulated; a busy wait still moves."""
    process = here.process
    assert process is not None
    _charge()
    spun: int = process.shelf.get("spun_ns", 0)
    return spun


def _charge() -> None:
    """Let time pass for a step that does nothing but look at the clock."""
    engine, process = here.engine, here.process
    assert engine is not None and process is not None
    step = (engine.turns, engine.now_ns)
    shelf = process.shelf
    if shelf.get("clock_step") != step:
        shelf["clock_step"], shelf["clock_reads"] = step, 0
    shelf["clock_reads"] = reads = shelf["clock_reads"] + 1
    if reads > engine.limits.clock_reads_free:
        shelf["spun_ns"] = shelf.get("spun_ns", 0) + _SPIN_COST_NS
        if here.thread is not None:
            engine.park("busy wait on a clock", timeout_ns=_SPIN_COST_NS)
            shelf["clock_step"] = (engine.turns, engine.now_ns)


def sleep(seconds: float) -> None:
    """`time.sleep`: parks the thread; in a loop's thread it blocks the loop, and is reported."""
    engine, thread = here.engine, here.thread
    assert engine is not None and thread is not None
    if seconds != seconds:
        raise ValueError("Invalid value NaN (not a number)")
    if seconds < 0:
        raise ValueError("sleep length must be non-negative")
    delay_ns = round(seconds * _NS)
    if delay_ns == 0:
        _charge()  # Waiting in a loop of such sleeps takes time on a machine, too.
    elif thread.loop is not None:
        engine.emit("loop.blocked", duration_ns=delay_ns, call="time.sleep", where=where())
    engine.sleep(delay_ns)


def _gettime_ns(clock: int) -> int:
    if clock in _STEADY:
        return steady_ns()
    if clock in _WALL:
        return wall_ns()
    if clock in _CPU:
        return cpu_ns()
    raise OSError(22, "Invalid argument")


def _settime_ns(clock: int, value_ns: int) -> None:
    engine, process = here.engine, here.process
    assert engine is not None and process is not None
    if clock not in _WALL:
        raise OSError(22, "Invalid argument")
    process.host.wall.set_wall_ns(engine.now_ns, value_ns)


def _simulated(simulated: Callable[..., Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A replacement that asks `simulated` inside a process and the original elsewhere."""

    def make(real: Callable[..., Any]) -> Callable[..., Any]:
        def door(*args: Any) -> Any:
            return real(*args) if here.process is None else simulated(*args)

        return door

    return make


def _moment(default_at: int) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A replacement for what formats the present moment unless it is told another at argument `default_at`."""

    def make(real: Callable[..., Any]) -> Callable[..., Any]:
        def door(*args: Any) -> Any:
            if here.process is None or (len(args) > default_at and args[default_at] is not None):
                return real(*args)
            return real(*args[:default_at], wall_ns() / _NS)

        return door

    return make


def _moment_tuple(default_at: int) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The same for functions that take the moment as a time tuple: `strftime` and `asctime`."""

    def make(real: Callable[..., Any]) -> Callable[..., Any]:
        def door(*args: Any) -> Any:
            if here.process is None or len(args) > default_at:
                return real(*args)
            return real(*args, time.localtime())

        return door

    return make


DOORS: Final[dict[str, Callable[[Callable[..., Any]], Callable[..., Any]]]] = {
    "time": _simulated(lambda: wall_ns() / _NS),
    "time_ns": _simulated(wall_ns),
    "monotonic": _simulated(lambda: steady_ns() / _NS),
    "monotonic_ns": _simulated(steady_ns),
    "perf_counter": _simulated(lambda: steady_ns() / _NS),
    "perf_counter_ns": _simulated(steady_ns),
    "process_time": _simulated(lambda: cpu_ns() / _NS),
    "process_time_ns": _simulated(cpu_ns),
    "thread_time": _simulated(lambda: cpu_ns() / _NS),
    "thread_time_ns": _simulated(cpu_ns),
    "clock_gettime": _simulated(lambda clock: _gettime_ns(clock) / _NS),
    "clock_gettime_ns": _simulated(_gettime_ns),
    "clock_settime": _simulated(lambda clock, value: _settime_ns(clock, round(value * _NS))),
    "clock_settime_ns": _simulated(_settime_ns),
    "sleep": _simulated(sleep),
    "gmtime": _moment(0),
    "localtime": _moment(0),
    "ctime": _moment(0),
    "strftime": _moment_tuple(1),
    "asctime": _moment_tuple(0),
}


def install() -> None:
    """Redirect the clocks of `time` and `datetime`."""
    for name, make in DOORS.items():
        redirect.door(getattr(time, name), make)
    redirect.door(os.times, _simulated(lambda: os.times_result((0.0, 0.0, 0.0, 0.0, steady_ns() / _NS))))
    _install_datetime()


def _install_datetime() -> None:
    """`datetime.now` and `utcnow` ask the kernel in C: they are replaced in the type and wherever they are bound."""
    owner = datetime.datetime
    real_now, real_utcnow = owner.now, owner.utcnow

    def now(cls: type[datetime.datetime], tz: datetime.tzinfo | None = None) -> datetime.datetime:
        if here.process is None:
            return real_now(tz) if cls is owner else _as(cls, real_now(tz))
        return _from_ns(cls, wall_ns(), tz)

    def utcnow(cls: type[datetime.datetime]) -> datetime.datetime:
        if here.process is None:
            return real_utcnow() if cls is owner else _as(cls, real_utcnow())
        return _from_ns(cls, wall_ns(), datetime.UTC).replace(tzinfo=None)

    for name, function in (("now", now), ("utcnow", utcnow)):
        bound: list[Any] = [held for held in gc.get_objects() if type(held) is type(len) and held.__name__ == name]
        for held in bound:
            # By identity: all methods that are bound to one thing are equal, ours among them.
            if held.__self__ is owner and held is not real_now and held is not real_utcnow:
                redirect.redirect(held, function.__get__(owner))
        redirect.method(owner, name, classmethod(function))


def _from_ns(cls: type[datetime.datetime], value_ns: int, tz: datetime.tzinfo | None) -> datetime.datetime:
    """A moment to the microsecond, without the rounding of a float."""
    seconds, rest_ns = divmod(value_ns, _NS)
    return cls.fromtimestamp(seconds, tz).replace(microsecond=rest_ns // 1000)


def _as(cls: type[datetime.datetime], moment: datetime.datetime) -> datetime.datetime:
    return cls.combine(moment.date(), moment.timetz())
