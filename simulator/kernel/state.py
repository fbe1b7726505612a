"""Where execution stands: which engine, process and sim thread the running code belongs to.

Every interposed function asks here first. Outside a simulation, and while kernel code must reach the
real machine, all three are None and the original function answers.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulator.kernel.engine import Engine
    from simulator.kernel.process import Process
    from simulator.kernel.threads import SimThread


class Here:
    """The current engine, process and thread; one instance, `here`, changed at every switch."""

    __slots__ = ("engine", "process", "thread")

    engine: "Engine | None"
    process: "Process | None"
    thread: "SimThread | None"

    def __init__(self) -> None:
        self.engine = None
        self.process = None
        self.thread = None


here = Here()


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
