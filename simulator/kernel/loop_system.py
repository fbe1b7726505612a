"""What the loop owes to the operating system: signals, subprocesses and pipes."""

import asyncio
import contextvars
import signal
from collections.abc import Callable
from errno import EINVAL
from typing import TYPE_CHECKING, Any

from simulator.kernel.state import running_thread

if TYPE_CHECKING:
    from simulator.kernel.process import Process

_Callback = tuple[Callable[..., object], tuple[Any, ...], contextvars.Context]


class LoopSystem:
    """Signals, subprocesses and pipes of the simulated loop."""

    process: "Process"
    post: Callable[..., Any]
    _check_closed: Callable[[], None]
    _signal_callbacks: dict[int, _Callback]

    def add_signal_handler(self, sig: int, callback: Callable[..., object], *args: Any) -> None:
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


def _handled_by_the_loop(signum: int, frame: object) -> None:
    """What `signal.getsignal` shows for a signal that a loop listens to."""
