"""A program on a host: started, ended, restarted by a policy, and awaited by whoever tests it."""

import asyncio
import signal
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from simulator.errors import Misuse
from simulator.kernel.loop import SimLoop
from simulator.kernel.process import Process

if TYPE_CHECKING:
    from simulator.world.host import Host

_NS: Final = 10**9
_POLICIES: Final = ("never", "on-failure", "always")


@dataclass(frozen=True, kw_only=True)
class Restart:
    """When a program that ended is started again: `never`, `on-failure` or `always`, with a growing delay."""

    when: str = "never"
    delay_s: float = 1.0
    factor: float = 2.0
    delay_max_s: float = 60.0
    times_max: int = 1000

    def __post_init__(self) -> None:
        if self.when not in _POLICIES:
            raise Misuse(f"unknown restart policy {self.when!r}", hint=f"policies: {', '.join(_POLICIES)}")
        if self.delay_s < 0 or self.factor < 1 or self.times_max < 0:
            raise Misuse(f"a delay that grows from 0 s or more is expected, not {self!r}")

    def after(self, code: int, starts: int) -> float | None:
        """How long to wait before the next start; None for no next start."""
        wanted = self.when == "always" or (self.when == "on-failure" and code != 0)
        if not wanted or starts > self.times_max:
            return None
        try:
            return float(min(self.delay_s * self.factor ** (starts - 1), self.delay_max_s))
        except OverflowError:
            return self.delay_max_s


NEVER: Final = Restart()
ALWAYS: Final = Restart(when="always")
ON_FAILURE: Final = Restart(when="on-failure")


@dataclass(frozen=True, kw_only=True)
class Program:
    """What to run and how: everything a start needs, so that it can be started again."""

    main: Callable[..., Any]
    args: tuple[Any, ...] = ()
    name: str
    argv: tuple[str, ...]
    env: tuple[tuple[str, str], ...] = ()
    cwd: str = "/"
    options: tuple[tuple[str, Any], ...] = ()

    def run(self) -> None:
        """The body of the process: a coroutine function gets a loop of its own, as under `asyncio.run`."""
        if asyncio.iscoroutinefunction(self.main):
            asyncio.run(self.main(*self.args))
        else:
            result = self.main(*self.args)
            if asyncio.iscoroutine(result):
                asyncio.run(result)


class Service:
    """A program that belongs to a host, over all its runs."""

    def __init__(self, host: "Host", program: Program, restart: Restart) -> None:
        self.host, self.program, self.restart = host, program, restart
        self.process: Process | None = None
        self.starts = 0
        self.exit_codes: list[int] = []
        self.on_exit: list[Callable[[int], object]] = []
        """Called with the exit code at the end of each of its runs."""
        self.returns = False
        """Whether somebody who ends its run is going to start it again; see `leave`."""
        self._waiting: list[tuple[SimLoop, asyncio.Future[int]]] = []
        self._wanted = True

    def __repr__(self) -> str:
        state = repr(self.process) if self.process is not None else "not running"
        return f"<service {self.program.name} on {self.host.name}, started {self.starts}x: {state}>"

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.alive

    def start(self) -> None:
        """Start the program if it does not run and its host is up."""
        self.returns = False
        if self.running or not self.host.up or not self._wanted:
            return
        program = self.program
        self.starts += 1
        self.process = process = Process(
            self.host.world.engine,
            self.host,
            name=program.name,
            argv=list(program.argv),
            env=dict(self.host.env) | dict(program.env),
            cwd=program.cwd,
            **dict(program.options),
        )
        process.on_end.append(self._ended)
        process.start(program.run)

    def leave(self) -> None:
        """Let it be known that its run is ended from outside, and that it will be started again."""
        self.returns = True

    def _ended(self, code: int) -> None:
        self.exit_codes.append(code)
        engine = self.host.world.engine
        for loop, future in self._waiting:
            loop.post(_settle, future, code)
        self._waiting.clear()
        for told in self.on_exit:
            told(code)
        delay_s = self.restart.after(code, self.starts) if self.host.up and self._wanted else None
        if delay_s is not None:
            engine.call_after(round(delay_s * _NS), self.start)

    # --- what a test does to it ---------------------------------------------------------------------

    def signal(self, signum: int) -> None:
        """Send a signal to the running process, if there is one."""
        if self.process is not None:
            self.process.signal(signum)

    def terminate(self) -> None:
        """SIGTERM: what an orchestrator sends first."""
        self.signal(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL: not one more line of it runs; the host and its disk go on."""
        self.signal(signal.SIGKILL)

    def pause(self) -> None:
        """Freeze it while the world goes on, like a long garbage collection."""
        if self.process is not None:
            self.process.pause()

    def resume(self) -> None:
        if self.process is not None:
            self.process.resume()

    def stop(self) -> None:
        """End it for good: SIGTERM, and no restart."""
        self._wanted = False
        self.terminate()

    async def wait(self) -> int:
        """The exit code of the current run, once it is over."""
        if not self.running:
            return self.exit_codes[-1] if self.exit_codes else 0
        loop = asyncio.get_running_loop()
        assert isinstance(loop, SimLoop)
        future: asyncio.Future[int] = loop.create_future()
        self._waiting.append((loop, future))
        return await future


def _settle(future: "asyncio.Future[int]", code: int) -> None:
    if not future.done():
        future.set_result(code)
