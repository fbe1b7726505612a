"""Threads of a simulated process look to it like threads of a real one, and like nobody else's."""

import _thread
import signal
import sys
import threading
import time
from typing import Any

import pytest

from tests.support.processes import OneHost, run_in_process

early_current_thread = threading.current_thread
early_main_thread = threading.main_thread
early_enumerate = threading.enumerate


def test_a_thread_runs_and_is_joined_in_virtual_time() -> None:
    def main() -> tuple[list[str], float]:
        said: list[str] = []

        def work() -> None:
            time.sleep(3600)
            said.append("done")

        thread = threading.Thread(target=work)
        thread.start()
        said.append("started")
        thread.join()
        return said, time.monotonic()

    assert run_in_process(main) == (["started", "done"], 3600.0)


def test_a_join_with_a_timeout_gives_up_in_time() -> None:
    def main() -> list[Any]:
        thread = threading.Thread(target=time.sleep, args=(10,), daemon=True)
        thread.start()
        thread.join(timeout=2.5)
        seen = [time.monotonic(), thread.is_alive()]
        thread.join(timeout=60)
        return [*seen, time.monotonic(), thread.is_alive()]

    assert run_in_process(main) == [2.5, True, 10.0, False]


def test_the_main_thread_of_a_process_is_its_own() -> None:
    def main() -> list[Any]:
        mine = early_current_thread()
        return [mine is early_main_thread(), mine.name, mine.ident == threading.get_ident(), mine]

    is_main, name, same_ident, first = run_in_process(main)
    *_, second = run_in_process(main)

    assert [is_main, name, same_ident] == [True, "MainThread", True]
    assert first is not second
    assert threading.current_thread() is threading.main_thread() is not first


def test_threads_are_named_counted_and_listed_per_process() -> None:
    def main() -> list[Any]:
        gate = threading.Event()
        threads = [threading.Thread(target=gate.wait) for _ in range(2)]
        for thread in threads:
            thread.start()
        seen = [threading.active_count(), [thread.name for thread in early_enumerate()]]
        gate.set()
        for thread in threads:
            thread.join()
        return [*seen, threading.active_count()]

    expected = [3, ["MainThread", "Thread-1 (wait)", "Thread-2 (wait)"], 1]
    assert [run_in_process(main), run_in_process(main)] == [expected, expected]
    assert all("(wait)" not in thread.name for thread in threading.enumerate())


def test_every_thread_has_idents_of_its_own() -> None:
    def main() -> set[Any]:
        seen = {threading.get_ident()}
        threads = [threading.Thread(target=lambda: seen.add(threading.get_ident())) for _ in range(3)]
        for thread in threads:
            thread.start()
            thread.join()
        assert {thread.ident for thread in threads} < seen
        return seen

    assert len(run_in_process(main)) == 4


def test_the_other_thread_is_not_the_main_thread() -> None:
    def main() -> list[bool]:
        seen: list[bool] = []
        thread = threading.Thread(
            target=lambda: seen.extend(
                [threading.current_thread() is thread, threading.current_thread() is threading.main_thread()]
            )
        )
        thread.start()
        thread.join()
        return seen

    assert run_in_process(main) == [True, False]


def test_a_thread_made_before_the_simulation_starts_in_it() -> None:
    said: list[float] = []
    thread = threading.Thread(target=lambda: said.append(time.monotonic()))

    def main() -> bool:
        time.sleep(5)
        thread.start()
        thread.join()
        return thread.is_alive()

    assert run_in_process(main) is False
    assert said == [5.0]


def test_bare_threads_work_and_have_a_dummy_for_an_object() -> None:
    def main() -> list[Any]:
        seen: list[Any] = []
        lock = _thread.allocate_lock()
        lock.acquire()

        def run(word: str, *, times: int) -> None:
            seen.extend([word * times, type(threading.current_thread()).__name__, _thread._count()])
            lock.release()

        ident = _thread.start_new_thread(run, ("ab",), {"times": 2})
        lock.acquire()
        return [*seen, isinstance(ident, int)]

    assert run_in_process(main) == ["abab", "_DummyThread", 1, True]


@pytest.mark.parametrize("wrong", [("f", ()), (print, []), (print, (), [])])
def test_bare_threads_refuse_wrong_arguments_as_the_real_call_does(wrong: tuple[Any, ...]) -> None:
    def attempt() -> str:
        with pytest.raises(TypeError) as found:
            _thread.start_new_thread(*wrong)
        return str(found.value)

    assert run_in_process(attempt) == attempt()


def test_an_uncaught_error_of_a_thread_goes_to_the_excepthook_of_its_process() -> None:
    outside, seen = threading.excepthook, []

    def main() -> bool:
        was_plain = threading.excepthook is threading.__excepthook__
        threading.excepthook = lambda told: seen.append((told.exc_type, told.thread.name))  # type: ignore[union-attr]
        thread = threading.Thread(target=lambda: 1 // 0, name="divider")
        thread.start()
        thread.join()
        return was_plain

    assert [run_in_process(main), run_in_process(main)] == [True, True]
    assert seen == [(ZeroDivisionError, "divider")] * 2
    assert threading.excepthook is outside


def test_an_error_in_the_excepthook_is_told_as_well() -> None:
    world = OneHost()

    def main() -> None:
        threading.excepthook = lambda told: int("x")
        thread = threading.Thread(target=lambda: 1 // 0, name="divider")
        thread.start()
        thread.join()

    world.run(main)

    told = world.output[2].decode()
    assert "Exception in threading.excepthook:" in told
    assert "ValueError" in told


def test_an_uncaught_error_of_a_thread_is_printed_by_its_process() -> None:
    world = OneHost()

    def main() -> None:
        thread = threading.Thread(target=lambda: 1 // 0, name="divider")
        thread.start()
        thread.join()

    world.run(main)

    told = world.output[2].decode()
    assert "Exception in thread divider:" in told
    assert "ZeroDivisionError" in told


def test_an_uncaught_error_of_a_bare_thread_is_unraisable(monkeypatch: pytest.MonkeyPatch) -> None:
    world = OneHost()
    seen: list[Any] = []

    def fail() -> None:
        raise IndexError("bare")

    def main() -> None:
        monkeypatch.setattr(sys, "unraisablehook", sys.__unraisablehook__)
        _thread.start_new_thread(fail, ())
        time.sleep(1)
        monkeypatch.setattr(sys, "unraisablehook", seen.append)
        _thread.start_new_thread(fail, ())
        time.sleep(1)

    world.run(main)

    told = world.output[2].decode()
    assert "Exception ignored in thread started by" in told
    assert "IndexError: bare" in told
    assert [(told.exc_type, told.object) for told in seen] == [(IndexError, fail)]


def test_exiting_a_thread_ends_that_thread_only() -> None:
    def main() -> str:
        for leave in (_thread.exit, sys.exit):
            thread = threading.Thread(target=leave)
            thread.start()
            thread.join()
        _thread.start_new_thread(_thread.exit, ())
        time.sleep(1)
        return "still here"

    world = OneHost()
    assert world.run(main) == "still here"
    assert world.output[2] == b""


def test_interrupt_main_interrupts_the_main_thread() -> None:
    def main() -> float:
        threading.Timer(2, _thread.interrupt_main).start()
        try:
            time.sleep(60)
        except KeyboardInterrupt:
            return time.monotonic()
        return -1

    assert run_in_process(main) == 2.0


def test_interrupt_main_with_an_ignored_signal_does_nothing() -> None:
    def main() -> float:
        signal.signal(signal.SIGUSR1, signal.SIG_IGN)
        threading.Timer(2, _thread.interrupt_main, (signal.SIGUSR1,)).start()
        time.sleep(60)
        with pytest.raises(ValueError, match="signal number out of range"):
            _thread.interrupt_main(10_000)  # type: ignore[arg-type]
        return time.monotonic()

    assert run_in_process(main) == 60.0


def test_the_stack_size_is_kept_per_process() -> None:
    def main() -> list[int]:
        with pytest.raises(ValueError, match="size not valid"):
            threading.stack_size(1)
        return [threading.stack_size(), threading.stack_size(1 << 20), threading.stack_size()]

    assert run_in_process(main) == [0, 0, 1 << 20]
    assert run_in_process(main) == [0, 0, 1 << 20]


class Worded(threading.local):
    def __init__(self, word: str) -> None:
        self.word = word
        self.said: list[str] = []


plain_local = threading.local()
worded_local = Worded("hello")


def test_thread_locals_are_each_threads_own() -> None:
    def main() -> list[Any]:
        plain_local.value = "main"
        worded_local.said.append("main")
        seen: list[Any] = []

        def run(name: str) -> None:
            seen.append([getattr(plain_local, "value", "unset"), worded_local.word, list(worded_local.said)])
            plain_local.value = name
            worded_local.said.append(name)
            time.sleep(1)
            seen.append([plain_local.value, worded_local.said])

        threads = [threading.Thread(target=run, args=(name,)) for name in "ab"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return [*seen, [plain_local.value, worded_local.said]]

    plain_local.value = "outside"
    fresh = ["unset", "hello", []]
    assert run_in_process(main) == [fresh, fresh, ["a", ["a"]], ["b", ["b"]], ["main", ["main"]]]
    assert plain_local.value == "outside"


def test_thread_locals_end_with_their_thread() -> None:
    class Noisy:
        def __del__(self) -> None:
            said.append(threading.current_thread().name)

    said: list[str] = []

    def main() -> list[str]:
        def run() -> None:
            plain_local.noisy = Noisy()
            time.sleep(1)

        thread = threading.Thread(target=run)
        thread.start()
        time.sleep(0.5)
        assert said == []
        thread.join()
        return list(said)

    assert len(run_in_process(main)) == 1


def test_threads_tell_the_trace_of_their_life() -> None:
    world = OneHost()

    def main() -> None:
        thread = threading.Thread(target=time.sleep, args=(1,), name="napper")
        thread.start()
        thread.join()

    world.run(main)

    told = [
        (event.kind, event.fields["name"], event.at_ns) for event in world.trace if event.kind.startswith("thread.")
    ]
    assert told == [("thread.start", "napper", 0), ("thread.exit", "napper", 1_000_000_000)]


def test_too_many_threads_are_refused_as_a_real_machine_refuses_them() -> None:
    from simulator.kernel.limits import Limits

    def main() -> str:
        gate = threading.Event()
        try:
            for _ in range(10):
                threading.Thread(target=gate.wait, daemon=True).start()
        except RuntimeError as error:
            return str(error)
        return "all started"

    assert run_in_process(main, limits=Limits(threads_max=5)) == "can't start new thread: threads_max=5 reached"
