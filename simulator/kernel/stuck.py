"""Reports of runs that cannot go on: why, and who waits for what."""

import asyncio
from typing import TYPE_CHECKING

from simulator.errors import LimitReached, Stuck
from simulator.kernel.callsite import is_ours, is_stdlib, place, where

if TYPE_CHECKING:
    from simulator.kernel.engine import Engine
    from simulator.kernel.process import Process
    from simulator.kernel.threads import SimThread

_LINES_MAX = 40  # A report fits a screen.


def nothing_can_happen(engine: "Engine") -> Stuck:
    """The report of a run in which nothing can ever happen again."""
    waiting = describe(engine)
    at = f"nothing is ready and no timer is due at {engine.now_ns / 1e9:.9g} s; waiting:"
    return Stuck("\n".join([at, *waiting]), waiting=waiting, at_ns=engine.now_ns)


def out_of_time(engine: "Engine") -> LimitReached:
    """The report of a run whose next event lies beyond the end of time."""
    return LimitReached("time_max_ns", engine.limits.time_max_ns, waiting=describe(engine), at_ns=engine.now_ns)


def too_many_turns(engine: "Engine") -> LimitReached:
    """The report of a run that goes on and on."""
    return LimitReached("turns_max", engine.limits.turns_max, waiting=describe(engine), at_ns=engine.now_ns)


def time_stands_still(engine: "Engine", program: str, callback: object) -> LimitReached:
    """The report of a loop whose callbacks go on and on while time does not."""
    task = getattr(callback, "__self__", None)
    name = f"task {_task_name(task)}" if isinstance(task, asyncio.Task) else repr(callback)
    what = f"time stands still at {engine.now_ns / 1e9:.9g} s while {program} runs {name}"
    limit = engine.limits.turns_per_instant_max
    return LimitReached("turns_per_instant_max", limit, what, waiting=describe(engine), at_ns=engine.now_ns)


def describe(engine: "Engine") -> list[str]:
    """One line for every thread and task that still waits, with the place where it does."""
    lines = [line for process in engine.processes if process.alive for line in _process(process)]
    if len(lines) > _LINES_MAX:
        lines = [*lines[:_LINES_MAX], f"... and {len(lines) - _LINES_MAX} more"]
    return lines or ["no process is alive"]


def _process(process: "Process") -> list[str]:
    state = " (paused)" if process.paused else ""
    lines = [f"{process.host.name}: {process.name} [{process.pid}]{state}"]
    for thread in process.threads:
        lines.append(f"  thread {thread.name}: {thread.why}, at {_thread_place(thread)}")
        loop = thread.loop
        if loop is not None:
            lines += [f"    task {_task_name(task)} waits at {task_place(task)}" for task in _tasks(loop)]
    return lines


def _tasks(loop: asyncio.AbstractEventLoop) -> list["asyncio.Task[object]"]:
    return sorted(asyncio.all_tasks(loop), key=lambda task: (len(task.get_name()), task.get_name()))


def _task_name(task: "asyncio.Task[object]") -> str:
    coroutine = task.get_coro()
    name = getattr(coroutine, "__qualname__", None) or repr(coroutine)
    return f"{task.get_name()} ({name})"


def _thread_place(thread: "SimThread") -> str:
    frame = thread.greenlet.gr_frame
    return where(frame) if frame is not None else "its start"


def task_place(task: "asyncio.Task[object]") -> str:
    """The innermost line of the program's own that a task waits in, else the innermost line there is."""
    found = "its start"
    coroutine: object = task.get_coro()
    seen = 0
    while coroutine is not None and seen < 100:
        seen += 1
        frame = getattr(coroutine, "cr_frame", None) or getattr(coroutine, "gi_frame", None)
        frame = frame or getattr(coroutine, "ag_frame", None)
        if frame is None:
            break
        file = frame.f_code.co_filename
        if not is_ours(file) and (found == "its start" or not is_stdlib(file)):
            found = place(frame.f_code, frame.f_lineno)
        coroutine = getattr(coroutine, "cr_await", None) or getattr(coroutine, "gi_yieldfrom", None)
    return found
