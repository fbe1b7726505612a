"""Burial: what a run leaves behind is ended where it can reach nothing.

A program that was cut leaves threads, coroutines and generators that are suspended in the middle. Python would finish
them whenever it drops the last reference, running their `finally` and `__del__` on the real machine, perhaps long after
the run. So they are kept until the run is over, and then ended at once: as a process that is gone, to which
every door is closed, without a recorder, and with all output discarded.
"""

import gc
import sys
import warnings
import weakref
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import compress
from types import AsyncGeneratorType, CoroutineType, GeneratorType
from typing import TYPE_CHECKING, Any, Final

from greenlet import GreenletExit, getcurrent, greenlet

from simulator.kernel import task_register
from simulator.kernel.callsite import is_ours
from simulator.kernel.state import belonging_to_this_thread, here

if TYPE_CHECKING:
    from simulator.kernel.engine import Engine
    from simulator.kernel.process import Process
    from simulator.kernel.threads import SimThread

_THROWS_MAX: Final = 3  # So often a thread of the dead may survive its end.
_PLAIN_STEPS_MAX: Final = 100  # So often an asynchronous generator may await on its way out.

_SUSPENDED: Final = frozenset((CoroutineType, GeneratorType, AsyncGeneratorType))
_undying: Final[list[object]] = []
"""Threads that would not end. They stay suspended as long as the interpreter lives, for dropping them runs them."""


def keep(process: "Process") -> None:
    """Hold on to what a process had under way at its end, so that nothing of it is finished before the burial."""
    generators = [generator for loop in process.loops for generator in loop._asyncgens]
    process.shelf["kept"] = [*task_register.tasks_of(process), *generators]


def bury(engine: "Engine") -> None:
    """End all that a run has left, where nothing of it can reach anything. The engine is of no use afterwards."""
    if not engine.processes:
        return
    keys: list[Any] = [loop for process in engine.processes for loop in process.loops]
    keys += [task for process in engine.processes for task in task_register.tasks_of(process)]
    with belonging_to_this_thread(), _grave(engine):
        for process in engine.processes:
            for thread in dict.fromkeys([*process.threads, *engine.abandoned(process)]):
                _end_thread(engine, thread)
        for process in engine.processes:
            _stand_in(engine, process)
            _end_all(_silenced(task).get_coro() for task in task_register.tasks_of(process))
            _end_all(generator for loop in process.loops for generator in loop._asyncgens)
        _stand_in(engine, engine.processes[0])
        if engine.is_collected:
            _end_all(_left_over())
        for process in engine.processes:
            for finalizer in process.shelf.get("finalizers", ()):
                finalizer.detach()  # Its object may live on in a module, and end on the real machine.
            process.fds.close_all()  # The network outlives this, and would hold on to transports.
        for key in keys:
            _strike_out(key)
        keys.clear()
        engine.forget()
        for process in engine.processes:
            process.forget()
        gc.collect()
        if engine.struck_midway and _without_frames():
            gc.collect()


@contextmanager
def _grave(engine: "Engine") -> Iterator[None]:
    """Where code of the dead may run: nothing is recorded, printed, logged or complained of."""
    before = here.engine, here.process, here.thread, engine.recorder, engine.hub
    hook, hooks = sys.unraisablehook, sys.get_asyncgen_hooks()
    here.engine, engine.recorder, engine.hub, engine.stopping = engine, None, getcurrent(), True
    for process in engine.processes:
        process.gone = True
    sys.unraisablehook = _discard
    sys.set_asyncgen_hooks(None, None)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        engine.show(None)
        here.engine, here.process, here.thread, engine.recorder, engine.hub = before
        sys.set_asyncgen_hooks(*hooks)
        sys.unraisablehook = hook


def _discard(unraisable: object) -> None:
    """What the dead complain of is not heard."""


def _silenced(task: Any) -> Any:
    """A task that will not complain, whenever it is destroyed, that it was pending."""
    task._log_destroy_pending = False
    return task


def _without_frames() -> bool:
    """Part each exit of a thread from the frames that it came through; whether there are any.

    Where a thread was struck in the midst of a call, something below Python holds on to its exit, and by it to all that
    those frames held: they would end much later, on the real machine.
    """
    exits = [found for found in gc.get_objects() if isinstance(found, GreenletExit)]
    for found in exits:
        found.__traceback__ = None
    return bool(exits)


def _stand_in(engine: "Engine", process: "Process") -> None:
    engine.show(process)
    here.process, here.thread = process, None


def _end_thread(engine: "Engine", thread: "SimThread") -> None:
    """Throw a thread out of what it waits in."""
    ending = thread.greenlet
    for _ in range(_THROWS_MAX):
        if ending.dead:
            return
        ending.parent = getcurrent()
        engine.enter(thread)
        ending.throw(GreenletExit)
        engine.leave(thread)
    if not ending.dead:
        _undying.append(ending)


def _end_all(suspended: Iterable[Any]) -> None:
    """End coroutines and generators, in a greenlet that can be left behind with one that will not end."""
    ahead = list(suspended)
    while ahead:
        worker = greenlet(lambda: _end_each(ahead))
        worker.switch()
        if not worker.dead:
            _undying.append(worker)


def _end_each(ahead: list[Any]) -> None:
    while ahead:
        try:
            _end(ahead.pop(0))
        except BaseException:  # The dead may raise what they like.
            continue


def _end(suspended: Any) -> None:
    if isinstance(suspended, AsyncGeneratorType):
        closing = suspended.aclose()
        for _ in range(_PLAIN_STEPS_MAX):
            closing.send(None)
    elif hasattr(suspended, "close"):
        suspended.close()


def _strike_out(key: Any) -> None:
    """Remove a loop or a task from each `WeakKeyDictionary`, as it does by itself once a key is gone.

    anyio keeps its threads by their loop, and they refer to the loop: a key that its own value holds never goes, and
    with it all of the run would stay.
    """
    for reference in weakref.getweakrefs(key):
        gone: Any = getattr(reference, "__callback__", None)
        if getattr(gone, "__module__", "") == weakref.__name__:
            gone(reference)


def _left_over() -> list[Any]:
    """Coroutines and generators that the run has made and somebody still holds, such as a module of the program."""
    # What existed before the run is frozen, and not among these.
    held = gc.get_objects()
    found = list(compress(held, map(_SUSPENDED.__contains__, map(type, held))))  # Without a line for each of thousands.
    held.clear()
    return [one for one in found if not _is_running(one) and not is_ours(_file_of(one))]


def _is_running(held: Any) -> bool:
    return any(getattr(held, name, False) for name in ("cr_running", "gi_running", "ag_running"))


def _file_of(held: Any) -> str:
    code = getattr(held, "cr_code", None) or getattr(held, "gi_code", None) or held.ag_code
    return str(code.co_filename)
