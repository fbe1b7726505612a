"""The generic oracles find what they are about in the traces of real programs, and nothing else."""

import asyncio
import sys
from collections.abc import Callable
from typing import Any

from simulator.oracles import at_most_one, judge, no_unhandled_errors, nobody_crashes, said
from simulator.oracles.fold import Oracle
from simulator.trace.event import Event
from tests.support.processes import OneHost


def violations(oracle: Oracle, main: Callable[[], Any]) -> list[str]:
    """What an oracle says of a program's run."""
    world = OneHost()
    try:
        world.run(main)
    except BaseException:  # The program's own, which is in the trace.
        pass
    return [one.text for one in judge([oracle], world.trace)]


def test_an_error_in_a_callback_is_an_unhandled_one() -> None:
    async def main() -> None:
        asyncio.get_running_loop().call_soon(lambda: 1 // 0)
        await asyncio.sleep(1)

    found = violations(no_unhandled_errors(), lambda: asyncio.run(main()))

    assert len(found) == 1
    assert "ZeroDivisionError" in found[0]


def test_an_error_that_a_handler_takes_is_handled() -> None:
    async def main() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: None)
        asyncio.get_running_loop().call_soon(lambda: 1 // 0)
        await asyncio.sleep(1)

    assert violations(no_unhandled_errors(), lambda: asyncio.run(main())) == []


def test_an_error_that_is_awaited_is_handled() -> None:
    async def fails() -> None:
        raise ValueError

    async def main() -> None:
        task = asyncio.create_task(fails())
        await asyncio.wait([task])
        task.exception()

    assert violations(no_unhandled_errors(), lambda: asyncio.run(main())) == []


def test_who_ends_with_a_status_has_crashed() -> None:
    assert violations(nobody_crashes(), lambda: sys.exit(3)) == ["program on main ended with status 3"]
    assert violations(nobody_crashes(), lambda: 1 // 0) == ["program on main ended with status 1"]
    assert violations(nobody_crashes(), lambda: None) == []
    assert violations(nobody_crashes(), lambda: sys.exit(0)) == []


def test_who_is_killed_has_not_crashed() -> None:
    import os
    import signal

    assert violations(nobody_crashes(), lambda: os.kill(os.getpid(), signal.SIGKILL)) == []


def leases() -> Oracle:
    return at_most_one(
        "one leader",
        begins=lambda event: event.fields["who"] if said(event, "elected") else None,
        ends=lambda event: event.fields["who"] if said(event, "resigned") else None,
    )()


def notes(*words: str) -> list[Event]:
    """A trace of "elected x" and "resigned x"."""
    split = [word.split() for word in words]
    return [
        Event(seq, seq * 10**9, "a", "log", {"message": message, "who": who})
        for seq, (message, who) in enumerate(split, 1)
    ]


def test_one_after_the_other_is_one_at_a_time() -> None:
    assert judge([leases()], notes("elected a", "elected a", "resigned a", "elected b", "resigned b")) == []


def test_two_at_a_time_are_named_with_the_moment() -> None:
    found = judge([leases()], notes("elected a", "resigned c", "elected b"))

    assert [one.text for one in found] == ["b while a (since event 1, 1 s)"]


def test_a_record_is_known_by_its_message_and_fields() -> None:
    event = Event(1, 0, "a", "log", {"message": "done", "n": 3})

    assert said(event, "done")
    assert said(event, "done", n=3)
    assert not said(event, "done", n=4)
    assert not said(event, "other")
    assert said(Event(1, 0, "a", "note", {"text": "done", "data": {"n": 3}}), "done", n=3)
    assert not said(Event(1, 0, "a", "fs.open", {"message": "done"}), "done")
