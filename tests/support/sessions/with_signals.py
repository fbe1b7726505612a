"""Sessions with signals: handlers, interruptions, masks, timers."""

# What returns nothing is told as well: that it went through.
# mypy: disable-error-code="func-returns-value"

import os
import select
import signal
import threading
import time
from collections.abc import Iterator
from subprocess import DEVNULL, Popen
from typing import Any

from tests.support.sessions.telling import attempt, ready


def handlers(root: str) -> Iterator[object]:
    told: list[object] = []

    def handle(signum: int, frame: Any) -> None:
        told.append((signum, frame is not None, threading.current_thread().name))

    yield signal.getsignal(signal.SIGUSR1), signal.getsignal(signal.SIGINT) is signal.default_int_handler
    yield (
        signal.getsignal(signal.SIGPIPE),
        signal.getsignal(signal.SIGKILL),
        attempt(signal.getsignal, 0),
        attempt(signal.getsignal, 65),
    )
    yield signal.signal(signal.SIGUSR1, handle), signal.getsignal(signal.SIGUSR1) is handle
    yield signal.raise_signal(signal.SIGUSR1), told, os.kill(os.getpid(), signal.SIGUSR1), len(told)
    yield signal.pthread_kill(threading.get_ident(), signal.SIGUSR1), len(told), attempt(signal.raise_signal, 999)
    yield signal.signal(signal.SIGUSR1, signal.SIG_IGN) is handle, signal.raise_signal(signal.SIGUSR1), len(told)
    yield (
        signal.signal(signal.SIGUSR1, signal.SIG_DFL),
        signal.raise_signal(signal.SIGCHLD),
        signal.raise_signal(signal.SIGURG),
    )
    for args in ((signal.SIGKILL, handle), (0, handle), (65, handle), (signal.SIGTERM, 3), (signal.SIGTERM, None)):
        yield attempt(signal.signal, *args), attempt(signal.siginterrupt, args[0], False)
    in_thread: list[object] = []
    thread = threading.Thread(target=lambda: in_thread.append(attempt(signal.signal, signal.SIGUSR1, handle)))
    yield thread.start(), thread.join(), in_thread, signal.strsignal(15), len(signal.valid_signals()) > 60


def interruptions(root: str) -> Iterator[object]:
    told: list[object] = []
    signal.signal(signal.SIGALRM, lambda signum, frame: told.append("alarm"))
    begun = time.monotonic()
    yield signal.setitimer(signal.ITIMER_REAL, 0.05), time.sleep(0.15), 0.15 <= time.monotonic() - begun < 1, told
    reading, writing = os.pipe()
    signal.signal(signal.SIGALRM, lambda signum, frame: os.write(writing, b"from the handler"))
    yield signal.setitimer(signal.ITIMER_REAL, 0.05), os.read(reading, 100)
    yield (
        signal.setitimer(signal.ITIMER_REAL, 0.05),
        select.select([reading], [], [], 5)[0] == [reading],
        os.read(reading, 100),
    )
    yield os.close(reading), os.close(writing)

    def fail(signum: int, frame: Any) -> None:
        raise RuntimeError("out of the handler")

    signal.signal(signal.SIGALRM, fail)
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    yield attempt(time.sleep, 30), signal.getitimer(signal.ITIMER_REAL)
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    yield attempt(threading.Event().wait, 30)
    child = ready("sleep-long")
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    yield attempt(child.wait), child.kill(), child.communicate(), child.wait()
    signal.setitimer(signal.ITIMER_REAL, 0.03, 0.03)
    yield attempt(time.sleep, 30), attempt(time.sleep, 30), 0 < signal.setitimer(signal.ITIMER_REAL, 0)[0] <= 0.03
    signal.signal(signal.SIGALRM, lambda signum, frame: told.append("pause"))
    yield signal.setitimer(signal.ITIMER_REAL, 0.02), signal.pause(), told
    yield signal.alarm(100), signal.alarm(0), signal.alarm(0), attempt(signal.setitimer, signal.ITIMER_REAL, -1)
    try:
        signal.signal(signal.SIGALRM, signal.default_int_handler)
        signal.setitimer(signal.ITIMER_REAL, 0.02)
        time.sleep(30)
    except KeyboardInterrupt as error:
        yield repr(error)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)


def masks(root: str) -> Iterator[object]:
    told: list[str] = []
    both = {signal.SIGUSR1, signal.SIGUSR2}
    for signum in both:
        signal.signal(signum, lambda signum, frame: told.append(signal.Signals(signum).name))
    yield signal.pthread_sigmask(signal.SIG_BLOCK, both), sorted(signal.pthread_sigmask(signal.SIG_BLOCK, []))
    yield signal.raise_signal(signal.SIGUSR2), signal.raise_signal(signal.SIGUSR1), told, sorted(signal.sigpending())
    yield (
        signal.sigwait(both),
        sorted(signal.sigpending()),
        sorted(signal.pthread_sigmask(signal.SIG_UNBLOCK, both)),
        told,
    )
    yield signal.pthread_sigmask(signal.SIG_SETMASK, [signal.SIGUSR1]), signal.sigtimedwait([signal.SIGUSR1], 0.02)
    os.kill(os.getpid(), signal.SIGUSR1)
    found = signal.sigwaitinfo([signal.SIGUSR1])
    yield found.si_signo, signal.sigpending(), attempt(signal.sigtimedwait, [], -1)
    waited: list[object] = []
    thread = threading.Thread(target=lambda: waited.append(signal.sigwait([signal.SIGUSR1])))
    thread.start()
    time.sleep(0.05)
    yield os.kill(os.getpid(), signal.SIGUSR1), thread.join(), waited
    yield sorted(signal.pthread_sigmask(signal.SIG_SETMASK, [])), attempt(signal.pthread_sigmask, 99, []), told
    yield (
        attempt(signal.pthread_sigmask, signal.SIG_BLOCK, [99]),
        attempt(signal.pthread_kill, threading.get_ident(), 999),
    )
    for signum in both:
        signal.signal(signum, signal.SIG_DFL)


def wake_up(root: str) -> Iterator[object]:
    reading, writing = os.pipe()
    yield attempt(signal.set_wakeup_fd, writing)
    os.set_blocking(writing, False)
    before = signal.set_wakeup_fd(writing)
    signal.signal(signal.SIGUSR1, lambda signum, frame: None)
    yield before, signal.raise_signal(signal.SIGUSR1), os.read(reading, 10), signal.set_wakeup_fd(-1) == writing
    yield (
        signal.raise_signal(signal.SIGUSR1),
        select.select([reading], [], [], 0),
        signal.signal(signal.SIGUSR1, signal.SIG_DFL) is None,
    )
    yield os.close(reading), os.close(writing), attempt(signal.set_wakeup_fd, 999_999)


def children_end(root: str) -> Iterator[object]:
    told: list[int] = []
    signal.signal(signal.SIGCHLD, lambda signum, frame: told.append(signum))
    child = Popen(["sleep-for", "0.05"], stdout=DEVNULL)
    time.sleep(1)
    yield told, child.poll()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    child = Popen(["say-words"])
    time.sleep(0.5)
    yield attempt(os.waitpid, child.pid, 0), child.wait(), signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    reading, writing = os.pipe()
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    stubborn = ready("sleep-long")
    yield stubborn.terminate(), attempt(stubborn.wait, 0.1), signal.signal(signal.SIGTERM, signal.SIG_DFL)
    yield stubborn.kill(), stubborn.communicate(), stubborn.wait(), os.close(reading), os.close(writing)
