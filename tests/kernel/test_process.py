"""A process ends as one of Python does, and what belongs to it is its own while others take their turns."""

import asyncio
import atexit
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from time import monotonic, sleep
from typing import Any

import pytest

from tests.support.hosts import Hosts
from tests.support.processes import OneHost


class Ended:
    """How a program ended: its status, and what it wrote."""

    def __init__(self, main: Callable[[], Any]) -> None:
        world = OneHost()
        service = world.start(main)
        service.process.on_end.append(lambda code: world.engine.stop())
        world.play()
        self.code: int = service.process.exit_code
        self.out = world.output[1].decode()
        self.err = world.output[2].decode()
        self.kinds = [event.kind for event in world.trace]


def leave(code: Any) -> Callable[[], None]:
    return lambda: sys.exit(code)


# --- how it ends ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "status"), [(None, 0), (0, 0), (3, 3), (256, 0), (-1, 255), (True, 1), ("gone wrong", 1), ((1, 2), 1)]
)
def test_the_status_is_that_of_a_python_process(code: Any, status: int) -> None:
    ended = Ended(leave(code))

    assert ended.code == status
    assert ended.err == ("" if isinstance(code, int | None) else f"{code}\n")


def test_a_main_that_returns_ends_well_whatever_it_returns() -> None:
    assert Ended(lambda: 5).code == 0


def test_an_uncaught_error_is_told_as_python_tells_it() -> None:
    def fails() -> None:
        raise ValueError("wrong") from KeyError("cause")

    ended = Ended(fails)

    assert ended.code == 1
    assert ended.err.startswith("KeyError: 'cause'\n\nThe above exception was the direct cause")
    assert ended.err.endswith("ValueError: wrong\n")
    assert "in fails" in ended.err
    assert "simulator" not in ended.err
    assert "proc.error" in ended.kinds


def test_an_excepthook_of_its_own_is_asked() -> None:
    def main() -> None:
        sys.excepthook = lambda kind, error, trace: print("hooked", error, file=sys.stderr)
        raise ValueError("wrong")

    before = sys.excepthook
    ended = Ended(main)
    sys.excepthook = before

    assert (ended.code, ended.err) == (1, "hooked wrong\n")


def test_an_interrupt_that_nobody_catches_is_the_end_by_its_signal() -> None:
    def main() -> None:
        os.kill(os.getpid(), signal.SIGINT)
        sleep(1)

    ended = Ended(main)

    assert ended.code == -signal.SIGINT
    assert ended.err.endswith("KeyboardInterrupt\n")


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGKILL, signal.SIGHUP, signal.SIGUSR1])
def test_a_signal_that_nobody_handles_is_the_end(signum: signal.Signals) -> None:
    def main() -> None:
        print("before", flush=True)
        os.kill(os.getpid(), signum)
        print("after", flush=True)

    ended = Ended(main)

    assert (ended.code, ended.out) == (-signum, "before\n")


def test_functions_of_atexit_run_last_first_and_do_not_change_the_status() -> None:
    def main() -> None:
        atexit.register(print, "first registered")
        atexit.register(lambda: 1 // 0)
        atexit.register(print, "last registered")
        sys.exit(4)

    ended = Ended(main)

    assert ended.out == "last registered\nfirst registered\n"
    assert ended.code == 4
    assert "ZeroDivisionError" in ended.err


def test_threads_are_awaited_but_daemons_are_not() -> None:
    def say_later(seconds: float) -> None:
        sleep(seconds)
        print(f"after {seconds:g}")

    def main() -> None:
        threading.Thread(target=say_later, args=(5,)).start()
        threading.Thread(target=say_later, args=(3,), daemon=True).start()
        threading.Thread(target=say_later, args=(10,), daemon=True).start()
        atexit.register(lambda: print(f"the end at {monotonic():g}"))

    assert Ended(main).out == "after 3\nafter 5\nthe end at 5\n"


def test_what_is_left_in_buffers_is_written_at_the_end_but_not_after_a_kill() -> None:
    def main() -> None:
        sys.stdout.write("buffered")

    def killed() -> None:
        main()
        os.kill(os.getpid(), signal.SIGKILL)

    assert Ended(main).out == "buffered"
    assert Ended(killed).out == ""


def test_a_closed_stdout_does_not_hide_the_status() -> None:
    def main() -> None:
        sys.stdout.close()
        sys.exit(7)

    assert Ended(main).code == 7


def test_what_it_held_is_released_at_its_end() -> None:
    def server() -> None:
        connection, _ = socket.create_server(("", 7)).accept()
        connection.recv(1)

    def client() -> bytes:
        with socket.create_connection(("b", 7)) as sock:
            sock.sendall(b"x")
            return sock.recv(1)

    assert Hosts().run(a=client, b=server) == b""


# --- signals ------------------------------------------------------------------------------------------------


def test_a_handler_runs_in_the_main_thread_between_two_steps() -> None:
    seen: list[Any] = []

    def main() -> None:
        signal.signal(signal.SIGUSR1, lambda *_: seen.append((threading.current_thread().name, monotonic())))
        threading.Timer(1, os.kill, (os.getpid(), signal.SIGUSR1)).start()
        sleep(3)
        seen.append(monotonic())

    Ended(main)

    assert seen == [("MainThread", 1.0), 3.0]


def test_a_signal_that_is_pending_already_is_delivered_once() -> None:
    seen: list[int] = []

    def main() -> None:
        signal.signal(signal.SIGUSR1, lambda *_: seen.append(1))

        def send() -> None:
            for _ in range(5):
                os.kill(os.getpid(), signal.SIGUSR1)

        thread = threading.Thread(target=send)
        thread.start()
        thread.join()

    Ended(main)

    assert seen == [1]


def test_ignored_signals_are_ignored_and_stopped_processes_stand_still() -> None:
    hosts = Hosts()
    seen: list[float] = []

    def main() -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        while True:
            sleep(1)
            seen.append(monotonic())

    service = hosts.world.host("a").run(main)

    def stage() -> list[float]:
        sleep(1.5)
        service.signal(signal.SIGTERM)
        service.signal(signal.SIGSTOP)
        sleep(3)
        service.signal(signal.SIGCONT)
        sleep(1)
        return list(seen)

    assert hosts.run(stage=stage) == [1.0, 4.5]


# --- what is its own ------------------------------------------------------------------------------------------


def test_two_processes_of_a_host_keep_what_python_keeps_once() -> None:
    world = OneHost()
    found: dict[str, Any] = {}

    def program(name: str) -> Callable[[], None]:
        def main() -> None:
            os.environ["NAME"] = name
            sys.argv.append(name)
            sys.stdout.write(f"{name} begins\n")
            sleep(1)
            sys.stdout = sys.stderr
            sleep(1)
            print(name, "ends")
            found[name] = os.environ["NAME"], os.environ.get("GIVEN"), sys.argv, os.getcwd(), os.getpid()

        return main

    for name in ("one", "two"):
        world.start(program(name), name=name, env={"GIVEN": f"to {name}"})
    world.run(lambda: sleep(5))

    assert found["one"] == ("one", "to one", ["one", "one"], "/", 1000)
    assert found["two"] == ("two", "to two", ["two", "two"], "/", 1001)
    assert world.output[1] == b"one begins\ntwo begins\n"
    assert world.output[2] == b"one ends\ntwo ends\n"
    assert "NAME" not in os.environ
    assert sys.stdout is not sys.stderr


def test_stdin_is_empty_and_has_an_end() -> None:
    assert Ended(lambda: print(repr(sys.stdin.read()))).out == "''\n"


def test_random_numbers_of_one_process_do_not_depend_on_what_another_does() -> None:
    import random

    def draws(others: int) -> list[float]:
        hosts = Hosts()

        def main() -> list[float]:
            found = [random.random()]
            sleep(1)
            return [*found, random.random(), random.random()]

        def noise() -> None:
            for _ in range(20):
                random.random()
                sleep(0.1)

        for number in range(others):
            hosts.world.host(f"noise{number}").run(noise)
        return list(hosts.run(a=main))

    assert draws(0) == draws(3)


def test_names_of_tasks_and_threads_begin_anew_in_every_process() -> None:
    async def main() -> tuple[str, str]:
        names: list[str] = []
        thread = threading.Thread(target=lambda: names.append(threading.current_thread().name))
        thread.start()
        thread.join()
        return asyncio.create_task(asyncio.sleep(0)).get_name(), names[0]

    first = OneHost().run(lambda: asyncio.run(main()))

    assert first == OneHost().run(lambda: asyncio.run(main()))
    assert first[0] == "Task-2"


def test_a_gone_process_finds_every_door_closed() -> None:
    hosts = Hosts()
    reached: list[str] = []

    def main() -> None:
        try:
            sleep(100)
        finally:
            print("written to nobody", flush=True)
            for act in (lambda: socket.create_connection(("b", 7)), lambda: sleep(1)):
                act()
                reached.append("a door was open")

    service = hosts.world.host("a").run(main, sinks=(hosts.output.extend, hosts.output.extend))

    def stage() -> int:
        sleep(1)
        service.kill()
        sleep(1)
        return len(reached)

    assert hosts.run(stage=stage) == 0
    assert reached == []
    assert hosts.output == b""
