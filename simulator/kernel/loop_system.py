"""What the loop owes to the operating system: signals, subprocesses and pipes."""

import asyncio
import signal
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simulator.kernel.process import Process


class LoopSystem:
    """Signals for the simulated loop; a handler is per process, as on a real machine."""

    process: "Process"
    post: Callable[..., Any]

    def add_signal_handler(self, sig: int, callback: Callable[..., object], *args: Any) -> None:
        """Call back on this loop when the process gets a signal."""
        if asyncio.iscoroutine(callback) or asyncio.iscoroutinefunction(callback):
            raise TypeError("coroutines cannot be used with add_signal_handler()")
        self._check_signal(sig)
        self._check_closed()  # type: ignore[attr-defined]
        handlers = self.process.shelf.setdefault("loop_signals", {})
        handlers[sig] = (self, callback, args)
        self.process.signal_handlers[sig] = lambda signum, frame: self._on_signal(sig)

    def _on_signal(self, sig: int) -> None:
        owner, callback, args = self.process.shelf["loop_signals"].get(sig, (None, None, ()))
        if owner is not None:
            owner.post(callback, *args)

    def remove_signal_handler(self, sig: int) -> bool:
        """Give a signal back its default; False if it had no handler of the loop's."""
        self._check_signal(sig)
        handlers = self.process.shelf.get("loop_signals", {})
        if handlers.pop(sig, None) is None:
            return False
        default = signal.default_int_handler if sig == signal.SIGINT else signal.SIG_DFL
        self.process.signal_handlers[sig] = default
        return True

    def remove_signal_handlers(self) -> None:
        handlers = self.process.shelf.get("loop_signals", {})
        for sig in [sig for sig, (owner, _, _) in handlers.items() if owner is self]:
            self.remove_signal_handler(sig)

    def _check_signal(self, sig: object) -> None:
        if not isinstance(sig, int):
            raise TypeError(f"sig must be an int, not {sig!r}")
        if sig not in signal.valid_signals():
            raise ValueError(f"invalid signal number {sig}")
        if sig in (signal.SIGKILL, signal.SIGSTOP):
            raise RuntimeError(f"sig {sig} cannot be caught")
