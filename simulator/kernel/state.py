"""Where execution stands: which engine, process and sim thread the running code belongs to.

Every interposed function asks here first. Outside a simulation, and while kernel code must reach the
real machine, all three are None and the original function answers.

A run has one OS thread. Others of the same interpreter (a test runner's, a debugger's) may run in between, and
are no part of it: while there are any, `here` says None to them, which costs each look a comparison. What a run
changes is the interpreter's, so there is one at a time, and who begins another is refused.
"""

from _thread import get_ident
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from sys import _current_frames
from typing import TYPE_CHECKING, Any, cast

from simulator.errors import Misuse

if TYPE_CHECKING:
    from simulator.kernel.engine import Engine
    from simulator.kernel.process import Process
    from simulator.kernel.threads import SimThread


class Here:
    """The current engine, process and thread; one instance, `here`, changed at every switch."""

    __slots__ = ("engine", "os_thread", "process", "thread")

    engine: "Engine | None"
    process: "Process | None"
    thread: "SimThread | None"
    os_thread: int  # Whose run it is; 0 while there is none.

    def __init__(self) -> None:
        self.engine = None
        self.process = None
        self.thread = None
        self.os_thread = 0


def _ours_alone(name: str) -> Any:
    """A part of `here` that other OS threads see as None, and cannot change."""
    slot: Any = vars(Here)[name]
    get, put = slot.__get__, slot.__set__

    def look(self: Here) -> Any:
        return get(self) if _real_ident() == self.os_thread else None

    def change(self: Here, value: Any) -> None:
        if _real_ident() == self.os_thread:
            put(self, value)

    return property(look, change)


class _Crowded(Here):
    """`here` while the interpreter has other threads than the one of the run."""

    __slots__ = ()

    engine = _ours_alone("engine")
    process = _ours_alone("process")
    thread = _ours_alone("thread")


here = Here()
_real_ident: Callable[[], int] = get_ident


def know_threads_by(ident: Callable[[], int]) -> None:
    """Take what tells one OS thread from another; every door to it is simulated."""
    global _real_ident
    _real_ident = ident


def is_crowded() -> bool:
    """Whether the interpreter has OS threads besides the one of the run."""
    return type(here) is _Crowded


def is_stranger() -> bool:
    """Whether this is another OS thread than the one of the run."""
    return type(here) is _Crowded and _real_ident() != here.os_thread


def refuse_second() -> None:
    """Misuse where a simulation runs already, in this OS thread or in another."""
    if here.engine is not None:
        raise Misuse("a simulation runs already", hint="begin this one when that one is over, not from inside it")
    _refuse_beside(_real_ident())


def _refuse_beside(mine: int) -> None:
    if here.os_thread not in (0, mine):
        raise Misuse(
            "a simulation runs already, in another thread",
            hint="begin this one when that one is over, or in a process of its own",
        )


@contextmanager
def belonging_to_this_thread() -> Iterator[None]:
    """For the time of a run: `here` belongs to the current OS thread, and to it alone."""
    mine = _real_ident()
    _refuse_beside(mine)
    before, here.os_thread = here.os_thread, mine
    kind = type(here)
    if kind is Here and len(_current_frames()) > 1:
        cast(Any, here).__class__ = _Crowded
    try:
        yield
    finally:
        cast(Any, here).__class__ = kind
        here.os_thread = before


@contextmanager
def outside() -> Iterator[None]:
    """Let the enclosed code reach the real machine; it must not block in virtual time."""
    process, thread = here.process, here.thread
    here.process = here.thread = None
    try:
        yield
    finally:
        here.process, here.thread = process, thread


def running_engine() -> "Engine":
    """The engine of the simulation that runs now; asking outside of one is a mistake of ours."""
    engine = here.engine
    assert engine is not None, "no simulation is running"
    return engine


def running_thread() -> "SimThread":
    """The sim thread whose code runs now."""
    thread = here.thread
    assert thread is not None, "not inside a simulated process"
    return thread
