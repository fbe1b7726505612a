"""A process: one program on one host, with all that it may believe to be its own.

It has a pid, an environment, arguments, a working directory, standard streams, signal handlers,
a random generator and threads. Whatever of this Python keeps in interpreter-wide places (`sys.argv`,
`sys.stdout`, the data of `os.environ`, `__main__`) is exchanged when another process gets its turn.

Its end comes in one of two ways. It `exit`s: the main thread returns or raises, threads are awaited,
`atexit` runs, streams are flushed. Or it is `cut` (power failure, SIGKILL): not one more line of it
runs, and whatever the garbage collector later finishes of it finds every door closed.
"""

import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Mapping
from functools import cached_property, partial
from operator import itemgetter
from random import Random
from types import ModuleType
from typing import TYPE_CHECKING, Any, ClassVar, Final, Protocol

from simulator.kernel import importing, real_values, zone
from simulator.kernel.burial import keep
from simulator.kernel.descriptors import Description, DescriptorTable
from simulator.kernel.state import here
from simulator.kernel.stdio import OutputSink, standard_streams
from simulator.kernel.threads import SimThread, WaitQueue
from simulator.kernel.uncaught import print_uncaught

if TYPE_CHECKING:
    from simulator.kernel.engine import Engine
    from simulator.kernel.loop import SimLoop
    from simulator.kernel.ports import Host

_FIRST_PID: Final = 1000
_IGNORED: Final = {signal.SIGCHLD, signal.SIGURG, signal.SIGWINCH, signal.SIGCONT}
_STOPPING: Final = {signal.SIGSTOP, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU}
_sys: Final = vars(sys)
_of_sys: Final = itemgetter(*real_values.OF_SYS)
SignalHandler = Callable[[int, Any], object] | int | signal.Handlers | None


class Exchange(Protocol):
    """Something interpreter-wide that a process has its own of."""

    def show(self) -> None:
        """Put the process's own where Python looks for it."""
        ...

    def hide(self) -> None:
        """Take it back, and leave what was there before."""
        ...

    def succeed(self, other: "Any") -> None:
        """Hide another's of the same kind and show one's own."""
        ...


class Process:
    """One run of one program on one host."""

    exchanges: ClassVar["list[Callable[[Process], Exchange]]"] = []
    """Makers of what else is exchanged for a process; doors add theirs."""

    def __init__(
        self,
        engine: "Engine",
        host: "Host",
        *,
        name: str,
        argv: list[str] | None = None,
        env: dict[str, str] | None = None,
        cwd: str = "/",
        main_module: ModuleType | None = None,
        sinks: tuple[OutputSink, OutputSink] = (None, None),
        parent: "Process | None" = None,
        descriptors: Mapping[int, Description] | None = None,
    ) -> None:
        self.engine, self.host, self.name, self.parent = engine, host, name, parent
        self.pid = _FIRST_PID + len(engine.processes)
        self.env = dict(env or {})
        self.cwd = cwd
        self.zone = self.env.get("TZ") or "UTC"
        self.alive = True
        self.gone = False  # Cut: nothing of it may run or reach anything any more.
        self.paused = False
        self.exit_code: int | None = None
        self.threads: dict[SimThread, None] = {}
        self.frozen: list[SimThread] = []
        self.loops: list[SimLoop] = []
        self.tasks_made = 0
        self.pending_signals: deque[int] = deque()
        self.signal_handlers: dict[int, SignalHandler] = {
            signal.SIGINT: signal.default_int_handler,
            signal.SIGPIPE: signal.SIG_IGN,
            signal.SIGXFSZ: signal.SIG_IGN,
        }
        self.signal_mask: set[int] = set()
        self.masked_signals: dict[int, None] = {}  # Sent while blocked, in the order in which they came.
        self.signal_waiters = WaitQueue()  # Threads in sigwait.
        self.signal_wakeup: Callable[[int], object] | None = None  # What set_wakeup_fd names.
        self.atexit: list[tuple[Callable[..., object], tuple[Any, ...], dict[str, Any]]] = []
        self.on_end: list[Callable[[int], None]] = []
        self.shelf: dict[str, Any] = {}  # What doors keep for this process, by door.
        self.locks: dict[int, Any] = {}  # Locks that its threads hold, by id: see interpose/threads.
        self.fds = DescriptorTable(descriptors_max=engine.limits.descriptors_max)
        for number, description in (descriptors or {}).items():
            self.fds.place(number, description)
        self.site = site = f"{host.name}/{name}"
        self._random_seed = engine.choices.bytes(32, stream="entropy", site=f"{site} random")
        self.streams = standard_streams(self, sinks)
        argv = list(argv or [name])
        stdin, stdout, stderr = self.streams
        self._sys: dict[str, Any] = real_values.of_sys(argv, stdin, stdout, stderr)
        self._of_sys = tuple(self._sys.values())
        self._main_module = main_module or sys.modules["__main__"]
        self._owns_main = main_module is not None  # The interpreter's own belongs to whoever called us.
        self.environ = {os.fsencode(key): os.fsencode(value) for key, value in self.env.items()}
        self._exchanges = [make(self) for make in self.exchanges]
        engine.processes.append(self)
        engine.processes_of[host.name].append(self)

    def __repr__(self) -> str:
        state = "gone" if self.gone else f"exit {self.exit_code}" if not self.alive else "alive"
        return f"<process {self.pid} {self.name} on {self.host.name}: {state}>"

    @cached_property
    def random(self) -> Random:
        """The hidden generator of the module `random`."""
        imports = importing.act()  # What is made while a module is imported, runs share.
        try:
            return Random(self._random_seed)
        finally:
            importing.end(imports)

    # --- what is exchanged ------------------------------------------------------------------------

    def show(self, last: "Process | None" = None) -> None:
        """Put this process's values where Python keeps them, in place of the `last` one's; done at every switch."""
        if zone.shown != self.zone:
            zone.show(self.zone)
        if last is None:
            for exchange in self._exchanges:
                exchange.show()
        else:
            last._keep_sys()
            for exchange, of_last in zip(self._exchanges, last._exchanges, strict=True):
                exchange.succeed(of_last)
        _sys.update(self._sys)
        os.environ._data = self.environ  # type: ignore[attr-defined]
        sys.modules["__main__"] = self._main_module

    def become(self, main_module: ModuleType) -> None:
        """Have another module as `__main__`, from now on: what a program that is started again needs."""
        sys.modules["__main__"] = self._main_module = main_module

    def hide(self) -> None:
        """Take them as the process has left them; what stands there now is for others to replace."""
        self._keep_sys()
        for exchange in self._exchanges:
            exchange.hide()

    def _keep_sys(self) -> None:
        now, before = _of_sys(_sys), self._of_sys
        # A tuple looks whether it holds the same objects before it compares them; lists may be equal and not the same.
        if now != before or now[0] is not before[0] or now[1] is not before[1]:
            self._of_sys, self._sys = now, dict(zip(real_values.OF_SYS, now, strict=True))

    # --- threads ------------------------------------------------------------------------------------

    def start(self, main: Callable[[], object]) -> SimThread:
        """Start the program: `main` runs in the main thread, and its end is the end of the process."""
        thread = self.thread(lambda: self._main(main), name="MainThread")
        thread.is_main = True
        self.engine.emit("proc.start", host=self.host.name, pid=self.pid, name=self.name, argv=self._sys["argv"])
        self.engine.start(thread)
        return thread

    def thread(self, target: Callable[[], object], *, name: str) -> SimThread:
        """Make one more thread; it does not run yet."""
        limit = self.engine.limits.threads_max
        if len(self.threads) >= limit:
            raise RuntimeError(f"can't start new thread: threads_max={limit} reached")
        made = SimThread(self.engine, self, target, name=name)
        self.threads[made] = None
        return made

    @property
    def main_thread(self) -> SimThread | None:
        return next((thread for thread in self.threads if thread.is_main), None)

    # --- the end ------------------------------------------------------------------------------------

    def _main(self, main: Callable[[], object]) -> None:
        code = self._guarded(main)
        if self.gone:  # Cut, and the program has caught even that.
            return
        for step in self._finalizers():
            code = self._guarded(step) or code
        self._flush()
        self.end(code, "exit")

    def _finalizers(self) -> list[Callable[[], object]]:
        return [self._join_threads, self._run_atexit]

    def _guarded(self, act: Callable[[], object]) -> int:
        """Run a part of the program; its exit code as the interpreter would have it."""
        try:
            act()
        except SystemExit as stop:
            return self._status(stop.code)
        except KeyboardInterrupt as error:
            self._print_error(error)
            return -signal.SIGINT  # Python sends itself the signal again, so that its parent can tell.
        except Exception as error:  # The program's, which ends with it as it would anywhere.
            self._print_error(error)
            return 1
        return 0

    def _status(self, code: object) -> int:
        if code is None:
            return 0
        if isinstance(code, int):
            return code & 0xFF
        sys.stderr.write(f"{code}\n")
        return 1

    def _print_error(self, error: BaseException) -> None:
        self.engine.emit("proc.error", error=type(error).__name__, text=str(error)[:500])
        self.shelf["error"] = error
        try:
            hook = sys.excepthook
            if hook is not sys.__excepthook__:
                hook(type(error), error, error.__traceback__)
            else:
                print_uncaught(error)
        except Exception:  # A closed stderr: the exit code still tells.
            return

    def _join_threads(self) -> None:
        joiner: Callable[[], None] | None = self.shelf.get("join_threads")
        if joiner is not None:
            joiner()

    def _run_atexit(self) -> None:
        while self.atexit:
            function, args, kwargs = self.atexit.pop()
            code = self._guarded(partial(function, *args, **kwargs))
            if code:
                self.shelf["atexit_code"] = code

    def _flush(self) -> None:
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except (ValueError, OSError, AttributeError):
                continue

    def end(self, code: int, how: str) -> None:
        """The process is no more: release what it held and tell who waits."""
        if not self.alive:
            return
        self.alive, self.exit_code = False, code
        keep(self)
        for thread in list(self.threads):
            if thread is not here.thread:
                self.engine.abandon(thread)
        for callback in list(self.shelf.get("on_release", ())):
            callback()
        self.fds.close_all()
        self.engine.emit("proc.exit", host=self.host.name, pid=self.pid, name=self.name, code=code, how=how)
        for ended in self.on_end:
            ended(code)
        if how == "exit":
            self.gone = True

    def cut(self, code: int, how: str) -> None:
        """End the process at once: not one more line of it runs."""
        if not self.alive:
            return
        self.gone = True
        self.end(code, how)
        thread = here.thread
        if thread is not None and thread.process is self:
            self.engine.abandon(thread)
            self.engine.leave_for_ever()

    def forget(self) -> None:
        """Drop whatever could still run; called when the run is over and nothing can be reached any more."""
        for held in (self.threads, self.loops, self.atexit, self.on_end, self.signal_handlers, self.shelf):
            held.clear()
        if self._owns_main:
            self._main_module.__dict__.clear()

    # --- pausing -------------------------------------------------------------------------------------

    def pause(self) -> None:
        """Freeze every thread while the world goes on."""
        if self.alive and not self.paused:
            self.paused = True
            self.engine.emit("proc.pause", host=self.host.name, pid=self.pid)
            mine = [thread for thread in self.engine.runnable if thread.process is self]
            for thread in mine:
                self.engine.runnable.remove(thread)
            self.frozen.extend(mine)

    def resume(self) -> None:
        """Let the threads go on; what fell due meanwhile happens now."""
        if self.paused:
            self.paused = False
            self.engine.emit("proc.resume", host=self.host.name, pid=self.pid)
            self.engine.runnable.extend(self.frozen)
            self.frozen.clear()

    # --- signals ------------------------------------------------------------------------------------

    def signal(self, signum: int) -> None:
        """Send a signal, as `kill` does; may be called by the kernel or by any process."""
        if not self.alive:
            return
        name = signal_name(signum)
        self.engine.emit("proc.signal", host=self.host.name, pid=self.pid, signal=name)
        if signum == signal.SIGKILL:
            self.cut(-signum, name)
            return
        if signum == signal.SIGCONT:
            self.resume()
        if signum in self.signal_mask:
            self.masked_signals[signum] = None
            self.signal_waiters.wake_all()
        else:
            self.act_on_signal(signum)

    def act_on_signal(self, signum: int) -> None:
        """What a signal does that is not blocked: its default action, nothing, or a handler's call."""
        handler = self.signal_handlers.get(signum, signal.SIG_DFL)
        if handler is None or handler == signal.SIG_IGN:
            return
        if handler == signal.SIG_DFL:
            if signum in _STOPPING:
                self.pause()
                if here.thread is not None and here.process is self:
                    self.engine.park("stopped", timeout_ns=0)  # Due at once, but a paused process does not run.
            elif signum not in _IGNORED:
                self.cut(-signum, signal_name(signum))
            return
        if self.signal_wakeup is not None:
            self.signal_wakeup(signum)
        if signum in self.pending_signals:
            return  # Signals are not counted: one that is pending already is delivered once.
        self.pending_signals.append(signum)
        main = self.main_thread
        if main is here.thread and main is not None:
            self.deliver_signals()
        elif main is not None:
            self.engine.wake(main)

    def deliver_signals(self) -> None:
        """Run the handlers of pending signals; only in the main thread, between two steps."""
        thread = here.thread
        if thread is None or not thread.is_main or not self.pending_signals:
            return
        while self.pending_signals:
            signum = min(self.pending_signals)  # CPython looks them through by number.
            self.pending_signals.remove(signum)
            handler = self.signal_handlers.get(signum)
            if callable(handler):
                handler(signum, sys._getframe(1))


def signal_name(signum: int) -> str:
    """SIGTERM for 15; real-time signals have no name of their own."""
    try:
        return signal.Signals(signum).name
    except ValueError:
        return f"SIG{signum}"
