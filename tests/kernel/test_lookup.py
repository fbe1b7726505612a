"""Lookups of a loop: without a thread where nobody could tell the difference, elsewhere as asyncio does them."""

import asyncio
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from simulator.trace.query import Trace
from tests.support.hosts import Hosts


def host() -> Hosts:
    made = Hosts()
    made.network.zone.set("quick.example", "10.9.9.1")
    made.network.zone.set("slow.example", "10.9.9.2", delay_ns=3_000_000_000)
    return made


def recorded(hosts: Hosts) -> Trace:
    assert hosts.recorder is not None
    return hosts.recorder.trace()


async def ask(name: str, **options: Any) -> list[Any]:
    return await asyncio.get_running_loop().getaddrinfo(name, 80, **options)


def test_a_quick_lookup_takes_its_time_and_no_thread() -> None:
    async def program() -> tuple[float, Any, int]:
        loop = asyncio.get_running_loop()
        found = await ask("quick.example", type=socket.SOCK_STREAM)
        return loop.time(), found[0], threading.active_count()

    one = host()
    assert one.run(main=program) == (
        0.001, (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", ("10.9.9.1", 80)), 1
    )  # fmt: skip
    assert not recorded(one).of("thread.start")


def test_its_answer_has_the_names_that_socket_gives_numbers() -> None:
    async def program() -> tuple[str, str]:
        found = await ask("quick.example", type=socket.SOCK_STREAM)
        return repr(found[0][0]), repr(found[0][1])

    assert host().run(main=program) == (repr(socket.AF_INET), repr(socket.SOCK_STREAM))


def test_even_what_is_known_is_answered_in_a_later_turn() -> None:
    async def program() -> list[str]:
        told: list[str] = []
        asyncio.get_running_loop().call_soon(told.append, "others")
        await ask("localhost")
        return [*told, "answer"]

    assert host().run(main=program) == ["others", "answer"]


def test_who_asks_for_an_unknown_name_is_told_after_the_lookup() -> None:
    async def program() -> float:
        with pytest.raises(socket.gaierror):
            await ask("nowhere.example")
        return asyncio.get_running_loop().time()

    assert host().run(main=program) == 0.001


def test_a_slow_lookup_has_a_thread_that_holds_up_the_end_of_the_loop() -> None:
    one = host()

    async def program() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(ask("slow.example"), 1)

    one.run(main=program)
    assert recorded(one).of("thread.start")
    assert one.engine.now_ns == 3_000_000_000


def test_with_an_executor_of_its_own_a_loop_asks_there() -> None:
    async def program() -> int:
        loop = asyncio.get_running_loop()
        pool = ThreadPoolExecutor(1)
        loop.set_default_executor(pool)
        loop.run_in_executor(None, threading.Event().wait, 2)
        await ask("quick.example")
        return round(loop.time())

    assert host().run(main=program) == 2


def test_many_at_once_share_threads_as_they_do_on_a_machine() -> None:
    async def program() -> bool:
        await asyncio.gather(*(ask("quick.example") for _ in range(10)))
        return threading.active_count() > 1

    assert host().run(main=program)


def test_what_a_test_puts_in_the_place_of_getaddrinfo_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args: [("instead", *args[:1])])

    async def program() -> Any:
        return await ask("quick.example")

    assert host().run(main=program) == [("instead", "quick.example")]
