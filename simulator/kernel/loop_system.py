"""What the loop owes to the operating system: signals, subprocesses and pipes."""

import asyncio
import contextvars
import os
import signal
import subprocess
from asyncio import unix_events
from asyncio.base_subprocess import BaseSubprocessTransport
from collections.abc import Callable
from errno import EINVAL
from typing import TYPE_CHECKING, Any, Final, TypeVarTuple

from simulator.kernel.children import family
from simulator.kernel.state import running_thread

if TYPE_CHECKING:
    from simulator.kernel.process import Process

_Base: Any = asyncio.BaseEventLoop
_END_GENERATORS: Final = _Base.shutdown_asyncgens.__code__
_END_EXECUTOR: Final = _Base.shutdown_default_executor.__code__
_STATUS_UNKNOWN: Final = 255  # What asyncio says of a child whose status somebody else has taken.
_Unix: Any = unix_events

_Ts = TypeVarTuple("_Ts")
_Callback = tuple[Callable[..., object], tuple[Any, ...], contextvars.Context]


class _Transport(BaseSubprocessTransport):
    """asyncio's transport over the standard library's Popen, with pipes on all three streams on every Python."""

    _proc: Any

    def _start(self, args: Any, shell: bool, stdin: Any, stdout: Any, stderr: Any, bufsize: int, **kwargs: Any) -> None:
        self._proc = subprocess.Popen(
            args,
            shell=shell,
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            universal_newlines=False,
            bufsize=bufsize,
            **kwargs,
        )


class LoopSystem:
    """Signals, subprocesses and pipes of the simulated loop."""

    process: "Process"
    post: Callable[..., Any]
    create_future: Callable[[], "asyncio.Future[Any]"]
    is_closed: Callable[[], bool]
    _check_closed: Callable[[], None]
    _signal_callbacks: dict[int, _Callback]
    _ready: Any
    _asyncgens: Any
    _default_executor: Any
    _task_factory: Any
    _debug: bool

    # --- its end ------------------------------------------------------------------------------------

    def run_until_complete(self, future: Any) -> Any:
        """Asyncio's own; but who asks a loop that has nothing left to end it needs neither a task nor a turn for it."""
        code = getattr(future, "cr_code", None)
        if (
            (code is _END_GENERATORS and not self._asyncgens)
            or (code is _END_EXECUTOR and self._default_executor is None)
        ) and self._is_at_rest():
            self.process.tasks_made += 1  # Later tasks have the names that they would have.
            try:
                future.send(None)
            except StopIteration:
                return None
        return super().run_until_complete(future)  # type: ignore[misc]

    def _is_at_rest(self) -> bool:
        """Whether nothing would happen in a turn, and nobody would see the task that asked for it."""
        return not (
            self._ready
            or self.is_closed()
            or asyncio._get_running_loop() is not None
            or self._task_factory is not None
            or self._debug
            or self.process.pending_signals
            or self.process.gone
        )

    # --- signals ------------------------------------------------------------------------------------

    def add_signal_handler(self, sig: int, callback: Callable[[*_Ts], object], *args: *_Ts) -> None:
        """Call back on this loop when the process gets a signal."""
        if any(asks(callback) for asks in (asyncio.iscoroutine, asyncio.iscoroutinefunction)):
            raise TypeError("coroutines cannot be used with add_signal_handler()")
        self._check_signal(sig)
        self._check_closed()
        if not running_thread().is_main:
            raise RuntimeError("set_wakeup_fd only works in main thread of the main interpreter")
        callbacks = self._callbacks()
        callbacks[sig] = (callback, args, contextvars.copy_context())
        self.process.signal_wakeup = self._on_signal
        try:
            signal.signal(sig, _handled_by_the_loop)
        except OSError as error:
            del callbacks[sig]
            self._stop_listening()
            if error.errno == EINVAL:
                raise RuntimeError(f"sig {sig} cannot be caught") from None
            raise

    def remove_signal_handler(self, sig: int) -> bool:
        """Give a signal back its default; False if it had no handler of the loop's."""
        self._check_signal(sig)
        if self._callbacks().pop(sig, None) is None:
            return False
        self.process.signal_handlers[sig] = signal.default_int_handler if sig == signal.SIGINT else signal.SIG_DFL
        self._stop_listening()
        return True

    def remove_signal_handlers(self) -> None:
        """The loop is closed: all its signals have their defaults again."""
        for sig in list(self._callbacks()):
            self.remove_signal_handler(sig)

    def _callbacks(self) -> dict[int, _Callback]:
        try:
            return self._signal_callbacks
        except AttributeError:
            self._signal_callbacks = {}
            return self._signal_callbacks

    def _stop_listening(self) -> None:
        if not self._callbacks():
            self.process.signal_wakeup = None

    def _on_signal(self, sig: int) -> None:
        found = self._callbacks().get(sig)
        if found is not None:
            callback, args, context = found
            self.post(callback, *args, context=context)

    def _check_signal(self, sig: object) -> None:
        if not isinstance(sig, int):
            raise TypeError(f"sig must be an int, not {sig!r}")
        if sig not in signal.valid_signals():
            raise ValueError(f"invalid signal number {sig}")

    # --- subprocesses and pipes -----------------------------------------------------------------------

    def _make_read_pipe_transport(self, pipe: Any, protocol: Any, waiter: Any = None, extra: Any = None) -> Any:
        return _Unix._UnixReadPipeTransport(self, pipe, protocol, waiter, extra)

    def _make_write_pipe_transport(self, pipe: Any, protocol: Any, waiter: Any = None, extra: Any = None) -> Any:
        return _Unix._UnixWritePipeTransport(self, pipe, protocol, waiter, extra)

    async def _make_subprocess_transport(
        self,
        protocol: Any,
        args: Any,
        shell: bool,
        stdin: Any,
        stdout: Any,
        stderr: Any,
        bufsize: int,
        extra: Any = None,
        **kwargs: Any,
    ) -> Any:
        _check_watcher()
        waiter = self.create_future()
        loop: Any = self
        transport: Any = _Transport(
            loop, protocol, args, shell, stdin, stdout, stderr, bufsize, waiter=waiter, extra=extra, **kwargs
        )
        self._watch_child(transport)
        try:
            await waiter
        except (SystemExit, KeyboardInterrupt):
            raise
        except BaseException:
            transport.close()
            await transport._wait()
            raise
        return transport

    def _watch_child(self, transport: Any) -> None:
        """Learn of the child's end from the kernel; asyncio's watchers need a thread or a pidfd for it."""
        mine, pid = family(self.process), transport.get_pid()

        def ended() -> None:
            if not self.is_closed():
                self.post(self._bury, transport)

        if pid in mine.ended:
            ended()
        else:
            mine.watchers[pid] = ended

    def _bury(self, transport: Any) -> None:
        """Take the status of a child that has ended, unless somebody was faster, and tell the transport."""
        popen = transport.get_extra_info("subprocess")
        try:
            code = os.waitstatus_to_exitcode(os.waitpid(popen.pid, os.WNOHANG)[1])
        except ChildProcessError:
            code = _STATUS_UNKNOWN if popen.returncode is None else popen.returncode
        transport._process_exited(code)


def _check_watcher() -> None:
    """A watcher that a program has chosen is not needed here, but must be one with which a machine's loop would do."""
    watcher = getattr(asyncio.get_event_loop_policy(), "_watcher", None)
    if watcher is not None:
        with watcher:
            if not watcher.is_active():
                raise RuntimeError("asyncio.get_child_watcher() is not activated, subprocess support is not installed.")


def _handled_by_the_loop(signum: int, frame: object) -> None:
    """What `signal.getsignal` shows for a signal that a loop listens to."""
