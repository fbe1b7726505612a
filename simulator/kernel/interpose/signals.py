"""Signals: handlers, masks, timers and waits of the simulated process instead of this interpreter's.

Handlers run in the main thread of their process between two steps; a blocked call is interrupted for
them and begun again (PEP 475). What a signal does is decided in `Process.signal`.

One mask counts, the main thread's: signals are sent to processes, and CPython runs handlers there. The
masks of other threads are kept for them to read.
"""

import _signal  # type: ignore[import-not-found]  # typeshed knows `signal` only
import os
import signal
from collections.abc import Callable, Iterable
from errno import EBADF, EINVAL, ENOSYS, ESRCH
from typing import Any, Final

from simulator.errors import Unsupported
from simulator.kernel.interpose import redirect
from simulator.kernel.process import Process
from simulator.kernel.state import running_engine, running_thread

_NS: Final = 1_000_000_000
_UNCATCHABLE: Final = {signal.SIGKILL, signal.SIGSTOP, 32, 33}  # glibc keeps 32 and 33 for itself.
_valid: Final = frozenset(int(signum) for signum in signal.valid_signals())


def _process() -> Process:
    return running_thread().process


def error(number: int) -> OSError:
    """An OSError with the system's own words, of the subclass that belongs to the number."""
    return OSError(number, os.strerror(number))


def _check_number(signum: Any) -> int:
    number = int(signum)
    if not 1 <= number < signal.NSIG:
        raise ValueError("signal number out of range")
    return number


# --- handlers -----------------------------------------------------------------------------------------


def set_handler(signum: Any, handler: Any) -> Any:
    """`signal.signal`: returns the handler that was there before."""
    process, number = _process(), int(signum)
    if not running_thread().is_main:
        raise ValueError("signal only works in main thread of the main interpreter")
    _check_number(signum)
    if not callable(handler) and handler not in (signal.SIG_IGN, signal.SIG_DFL):
        raise TypeError("signal handler must be signal.SIG_IGN, signal.SIG_DFL, or a callable object")
    if number in _UNCATCHABLE:
        raise error(EINVAL)
    before = process.signal_handlers.get(number, signal.SIG_DFL)
    process.signal_handlers[number] = handler
    if handler == signal.SIG_IGN:
        process.masked_signals.pop(number, None)
    return before


def get_handler(signum: Any) -> Any:
    return _process().signal_handlers.get(_check_number(signum), signal.SIG_DFL)


def set_wakeup_fd(fd: int, /, *, warn_on_full_buffer: bool = True) -> int:
    """Let every caught signal write its number to a descriptor; returns the one that did so before."""
    thread, process = running_thread(), _process()
    if not thread.is_main:
        raise ValueError("set_wakeup_fd only works in main thread of the main interpreter")
    before: int = process.shelf.get("wakeup_fd", -1)
    if fd == -1:
        process.signal_wakeup = None
    else:
        description = process.fds.get(fd)
        if description is None:
            raise error(EBADF)
        if not description.nonblocking:
            raise ValueError(f"the fd {fd} must be in non-blocking mode")
        process.signal_wakeup = _writer(process, fd)
    process.shelf["wakeup_fd"] = fd
    return before


def _writer(process: Process, fd: int) -> Callable[[int], None]:
    def write(signum: int) -> None:
        description = process.fds.get(fd)
        if description is not None:
            try:
                description.write(bytes([signum]))
            except OSError:  # Full or closed: CPython warns on stderr at best, and so does nobody here.
                return

    return write


def siginterrupt(signum: Any, flag: Any) -> None:
    """Calls are always begun again, so there is nothing to switch."""
    if _check_number(signum) in _UNCATCHABLE:
        raise error(EINVAL)


# --- sending --------------------------------------------------------------------------------------------


def raise_signal(signum: Any) -> None:
    number = int(signum)
    if number not in _valid:
        raise error(EINVAL)
    _process().signal(number)


def pthread_kill(ident: int, signum: Any) -> None:
    """A thread of this process gets it; handlers run in the main thread whoever it was."""
    process, number = _process(), int(signum)
    if all(thread.ident != ident for thread in process.threads):
        raise error(ESRCH)
    if number not in _valid | {0}:
        raise error(EINVAL)
    if number:
        process.signal(number)


def no_such_call(*args: Any, **kwargs: Any) -> Any:
    """What a kernel answers that is older than the call."""
    raise error(ENOSYS)


# --- masks and waits --------------------------------------------------------------------------------------


def sigmask(how: int, mask: Iterable[int]) -> set[int]:
    """`pthread_sigmask`: change the mask, let go what it no longer blocks, return the mask of before."""
    process, thread, asked = _process(), running_thread(), _signal_set(mask)
    if thread.is_main:
        current = process.signal_mask
    else:
        current = process.shelf.setdefault("thread_masks", {}).setdefault(thread.ident, set(process.signal_mask))
    before = set(current)
    if how == signal.SIG_BLOCK:
        current |= asked
    elif how == signal.SIG_UNBLOCK:
        current -= asked
    elif how == signal.SIG_SETMASK:
        current.clear()
        current.update(asked)
    else:
        raise error(EINVAL)
    current.difference_update(_UNCATCHABLE)
    for signum in [signum for signum in process.masked_signals if signum not in process.signal_mask]:
        del process.masked_signals[signum]
        process.act_on_signal(signum)
    return before


def _signal_set(mask: Iterable[int]) -> set[int]:
    numbers = {int(signum) for signum in mask}
    for number in sorted(numbers):
        if not 1 <= number < signal.NSIG:
            raise ValueError(f"signal number {number} out of range [1; {signal.NSIG - 1}]")
    return numbers


def sigpending() -> set[int]:
    return set(_process().masked_signals)


def sigwait(sigset: Iterable[int]) -> int:
    signum = _await_signal(_signal_set(sigset), None)
    assert signum is not None
    return signum


def sigwaitinfo(sigset: Iterable[int]) -> signal.struct_siginfo:
    return _info(sigwait(sigset))


def sigtimedwait(sigset: Iterable[int], timeout: float) -> signal.struct_siginfo | None:
    if timeout < 0:
        raise ValueError("timeout must be non-negative")
    signum = _await_signal(_signal_set(sigset), round(timeout * _NS))
    return None if signum is None else _info(signum)


def _info(signum: int) -> signal.struct_siginfo:
    return signal.struct_siginfo((signum, 0, 0, 0, 0, 0, 0))


def _await_signal(asked: set[int], timeout_ns: int | None) -> int | None:
    """Take one of the asked signals that are blocked and were sent; None when the time is over first."""
    process, engine = _process(), running_engine()
    until_ns = None if timeout_ns is None else engine.now_ns + timeout_ns
    while True:
        for signum in sorted(asked & process.masked_signals.keys()):
            del process.masked_signals[signum]
            return signum
        left_ns = None if until_ns is None else until_ns - engine.now_ns
        if not process.signal_waiters.wait("sigwait", left_ns):
            return None


def pause() -> None:
    """Sleep until a handler has run."""
    running_engine().park("signal.pause")


# --- timers -----------------------------------------------------------------------------------------------


class _Interval:
    """ITIMER_REAL of one process: sends SIGALRM at a time, and again at every interval."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.due_ns = 0
        self.interval_ns = 0
        self._entry: Any = None
        process.shelf.setdefault("on_release", []).append(self.stop)

    def set(self, delay_ns: int, interval_ns: int) -> None:
        self.stop()
        self.interval_ns = interval_ns
        if delay_ns > 0:
            engine = self.process.engine
            self.due_ns = engine.now_ns + delay_ns
            self._entry = engine.call_at(self.due_ns, self._fire)

    def stop(self) -> None:
        if self._entry is not None:
            self._entry.cancel()
            self._entry = None

    def left_ns(self) -> int:
        return max(self.due_ns - self.process.engine.now_ns, 1) if self._entry is not None else 0

    def _fire(self) -> None:
        self._entry = None
        if self.interval_ns:
            self.set(self.interval_ns, self.interval_ns)
        self.process.signal(signal.SIGALRM)


def _interval(which: int = signal.ITIMER_REAL) -> _Interval:
    if which != signal.ITIMER_REAL:
        raise Unsupported("signal.setitimer", "processor time is not simulated; ITIMER_REAL is")
    process = _process()
    found: _Interval | None = process.shelf.get("itimer")
    if found is None:
        found = process.shelf["itimer"] = _Interval(process)
    return found


def alarm(seconds: int) -> int:
    """Send SIGALRM later; returns what was left of the alarm before, in whole seconds, rounded up."""
    timer = _interval()
    left_ns = timer.left_ns()
    timer.set(int(seconds) * _NS, 0)
    return -(-left_ns // _NS)


def setitimer(which: int, seconds: float, interval: float = 0.0) -> tuple[float, float]:
    if seconds < 0 or interval < 0:
        raise signal.ItimerError(EINVAL, os.strerror(EINVAL))
    timer = _interval(which)
    before = getitimer(which)
    timer.set(round(seconds * _NS), round(interval * _NS))
    return before


def getitimer(which: int) -> tuple[float, float]:
    timer = _interval(which)
    return timer.left_ns() / _NS, timer.interval_ns / _NS


DOORS: Final[dict[str, Callable[..., Any]]] = {
    "signal": set_handler,
    "getsignal": get_handler,
    "set_wakeup_fd": set_wakeup_fd,
    "siginterrupt": siginterrupt,
    "raise_signal": raise_signal,
    "pthread_kill": pthread_kill,
    "pidfd_send_signal": no_such_call,
    "pthread_sigmask": sigmask,
    "sigpending": sigpending,
    "sigwait": sigwait,
    "sigwaitinfo": sigwaitinfo,
    "sigtimedwait": sigtimedwait,
    "pause": pause,
    "alarm": alarm,
    "setitimer": setitimer,
    "getitimer": getitimer,
}


def _int_to_enum(value: Any, kind: Any) -> Any:
    """`signal._int_to_enum` as it is from Python 3.13: before, a handler that is a function was turned into a text."""
    if not isinstance(value, int):
        return value
    try:
        return kind(value)
    except ValueError:
        return value


def install() -> None:
    """Redirect what `signal` is made of; `strsignal`, `valid_signals` and `default_int_handler` need no world."""
    for name, simulated in DOORS.items():
        builtin = getattr(_signal, name, None)
        if builtin is not None:
            redirect.inside(builtin, simulated)
    vars(signal)["_int_to_enum"] = _int_to_enum
