"""Signals reach one simulated process and no other, wake whatever it waits in, and end it with their number."""

import asyncio
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from subprocess import PIPE, Popen
from types import FrameType

import pytest

from simulator.errors import Unsupported
from tests.support.processes import OneHost

SECOND_NS = 10**9


@pytest.fixture
def stage() -> OneHost:
    return OneHost()


def quietly(signum: int, frame: FrameType | None) -> None:
    """A handler that does nothing."""


# --- what reaches whom ------------------------------------------------------------------------------------


def test_the_machines_own_handlers_are_left_alone(stage: OneHost) -> None:
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)

    def main() -> None:
        signal.signal(signal.SIGTERM, quietly)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGINT)

    stage.run(main)

    assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == before


def test_two_processes_have_two_sets_of_handlers(stage: OneHost) -> None:
    told: list[str] = []

    def program(name: str, delay_s: float) -> Callable[[], None]:
        def main() -> None:
            signal.signal(signal.SIGUSR1, lambda signum, frame: told.append(name))
            time.sleep(delay_s)
            signal.raise_signal(signal.SIGUSR1)
            time.sleep(10)

        return main

    stage.start(program("one", 1), name="one")
    stage.start(program("two", 2), name="two")
    stage.play()

    assert told == ["one", "two"]


def test_a_signal_from_the_world_wakes_a_program_from_whatever_it_waits_in(stage: OneHost) -> None:
    woken: list[tuple[str, float]] = []

    def waits_in(name: str, wait: Callable[[], object]) -> Callable[[], None]:
        def main() -> None:
            class Stop(Exception):
                pass

            def stop(signum: int, frame: FrameType | None) -> None:
                raise Stop

            signal.signal(signal.SIGTERM, stop)
            try:
                wait()
            except Stop:
                woken.append((name, time.monotonic()))

        return main

    def reads() -> object:
        reading, _ = os.pipe()
        return os.read(reading, 1)

    lock = threading.Lock()
    ways: dict[str, Callable[[], object]] = {
        "sleep": lambda: time.sleep(1000),
        "read": reads,
        "lock": lambda: lock.acquire() and lock.acquire(),
        "event": threading.Event().wait,
        "pause": signal.pause,
        "loop": lambda: asyncio.run(asyncio.sleep(1000)),
        "wait": lambda: subprocess.run(["sleeps"], stdout=PIPE),
    }
    stage.host.executables.install("sleeps", lambda: time.sleep(50))
    services = [stage.start(waits_in(name, wait), name=name) for name, wait in ways.items()]
    for service in services:
        stage.engine.call_at(SECOND_NS, service.terminate)
    stage.play()

    assert sorted(name for name, _ in woken) == sorted(ways)
    assert {at for _, at in woken} == {1.0}
    assert [service.exit_codes for service in services] == [[0]] * len(ways)


def test_a_sleep_goes_on_after_a_handler_has_run(stage: OneHost) -> None:
    told: list[float] = []

    def main() -> float:
        signal.signal(signal.SIGUSR1, lambda signum, frame: told.append(time.monotonic()))
        time.sleep(10)
        return time.monotonic()

    outcome: list[float] = []
    service = stage.start(lambda: outcome.append(main()))
    for second in (2, 5):
        stage.engine.call_at(second * SECOND_NS, service.signal, signal.SIGUSR1)
    stage.play()

    assert (told, outcome) == ([2.0, 5.0], [10.0])


def test_a_paused_process_gets_its_signals_when_it_goes_on(stage: OneHost) -> None:
    told: list[float] = []

    def main() -> None:
        signal.signal(signal.SIGTERM, lambda signum, frame: told.append(time.monotonic()))
        time.sleep(10)

    service = stage.start(main)
    stage.engine.call_at(1 * SECOND_NS, service.process.pause)
    stage.engine.call_at(2 * SECOND_NS, service.terminate)
    stage.engine.call_at(3 * SECOND_NS, service.process.resume)
    stage.play()

    assert told == [3.0]


# --- how a process ends -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("signum", "code"),
    [(signal.SIGTERM, -15), (signal.SIGKILL, -9), (signal.SIGHUP, -1), (signal.SIGUSR2, -12), (40, -40)],
)
def test_a_signal_without_a_handler_ends_the_process_with_its_number(stage: OneHost, signum: int, code: int) -> None:
    after: list[str] = []

    def main() -> None:
        try:
            time.sleep(10)
        finally:
            after.append("no line runs after it")

    service = stage.start(main)
    stage.engine.call_at(SECOND_NS, service.signal, signum)

    def judge() -> None:
        assert service.exit_codes == [code]
        assert after == []

    stage.play(judge)


@pytest.mark.parametrize("signum", [signal.SIGCHLD, signal.SIGURG, signal.SIGWINCH, signal.SIGCONT, signal.SIGPIPE])
def test_some_signals_are_ignored_unless_asked_for(stage: OneHost, signum: signal.Signals) -> None:
    service = stage.start(lambda: time.sleep(3))
    stage.engine.call_at(SECOND_NS, service.signal, signum)
    stage.play()

    assert service.exit_codes == [0]
    assert stage.trace.of("proc.signal")[0].fields["signal"] == signum.name


def test_an_interrupt_that_nobody_catches_ends_the_program_as_python_ends(stage: OneHost) -> None:
    service = stage.start(lambda: time.sleep(10))
    stage.engine.call_at(SECOND_NS, service.signal, signal.SIGINT)
    stage.play()

    assert service.exit_codes == [-2]
    assert b"KeyboardInterrupt" in stage.output[2]


def test_asyncio_run_turns_an_interrupt_into_a_cancellation(stage: OneHost) -> None:
    told: list[object] = []

    async def serve() -> None:
        try:
            await asyncio.sleep(1000)
        except asyncio.CancelledError:
            told.append("cancelled")
            await asyncio.sleep(1)
            raise

    def main() -> None:
        try:
            asyncio.run(serve())
        except KeyboardInterrupt as error:
            told.extend((repr(error), time.monotonic()))

    service = stage.start(main)
    stage.engine.call_at(SECOND_NS, service.signal, signal.SIGINT)
    stage.play()

    assert told == ["cancelled", "KeyboardInterrupt()", 2.0]


def test_a_second_interrupt_does_not_wait_for_order(stage: OneHost) -> None:
    async def stubborn() -> None:
        try:
            await asyncio.sleep(1000)
        except asyncio.CancelledError:
            await asyncio.sleep(1000)

    service = stage.start(lambda: asyncio.run(stubborn()))
    stage.engine.call_at(1 * SECOND_NS, service.signal, signal.SIGINT)
    stage.engine.call_at(2 * SECOND_NS, service.signal, signal.SIGINT)
    stage.play()

    assert service.exit_codes == [-2]
    assert b"KeyboardInterrupt" in stage.output[2]
    assert stage.engine.now_ns == 2 * SECOND_NS


def test_an_alarm_of_a_process_that_is_over_rings_for_nobody(stage: OneHost) -> None:
    stage.start(lambda: signal.alarm(3600))
    stage.play()

    assert stage.engine.now_ns == 0


def test_timers_of_processor_time_are_refused_by_name(stage: OneHost) -> None:
    def main() -> str:
        with pytest.raises(Unsupported) as refused:
            signal.setitimer(signal.ITIMER_PROF, 1)
        return refused.value.door

    assert stage.run(main) == "signal.setitimer"


def test_a_child_inherits_what_is_ignored_and_not_what_is_handled(stage: OneHost) -> None:
    stage.host.executables.install("waits", lambda: time.sleep(5))

    def main() -> list[int]:
        signal.signal(signal.SIGUSR1, signal.SIG_IGN)
        signal.signal(signal.SIGUSR2, quietly)
        children = [Popen(["waits"]), Popen(["waits"])]
        for child, signum in zip(children, (signal.SIGUSR1, signal.SIGUSR2), strict=True):
            child.send_signal(signum)
        return [child.wait() for child in children]

    assert stage.run(main, env={"PATH": "/usr/bin"}) == [0, -12]
