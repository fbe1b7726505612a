"""What falls due at one and the same moment happens in the order in which stock asyncio lets it happen.

Whole delays make nearly everything in these programs fall due together: sleepers, callbacks, time-outs, events and
cancellations of each other. Stock asyncio leaves the order of equal timers to its heap; here its timers are told apart
by when they were made, as the simulated ones are.
"""

import asyncio
from asyncio import events
from functools import total_ordering
from itertools import count
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.parity.stock_loop import run_on_stock
from tests.support.processes import run_in_process

_WORKERS = 4
_ACTS = ("sleep", "yield", "later", "soon_after", "nested", "timeout", "queue", "event", "cancel")
_PROGRAM = st.lists(
    st.lists(st.tuples(st.sampled_from(_ACTS), st.integers(1, 3), st.integers(0, _WORKERS - 1)), max_size=6),
    min_size=2,
    max_size=_WORKERS,
)

_made = count()


@total_ordering
class _OrderedTimer(asyncio.TimerHandle):
    """A stock timer that comes after those of the same moment that were made before it."""

    def __init__(self, when: float, *args: Any, **options: Any) -> None:
        super().__init__(when, *args, **options)
        self._place = (when, next(_made))

    def __lt__(self, other: Any) -> bool:
        return bool(self._place < other._place)


class _Program:
    """Workers that act in turn, and a log of what happened."""

    def __init__(self, scripts: list[list[tuple[str, int, int]]]) -> None:
        self.scripts = scripts
        self.log: list[Any] = []
        self.tasks: list[asyncio.Task[None]] = []

    async def run(self) -> list[Any]:
        self.queue: asyncio.Queue[Any] = asyncio.Queue()
        self.events = [asyncio.Event() for _ in range(_WORKERS)]
        self.tasks += [asyncio.create_task(self.work(number)) for number in range(len(self.scripts))]
        await asyncio.gather(*self.tasks, return_exceptions=True)  # One may be cancelled before it begins.
        return self.log

    async def work(self, number: int) -> None:
        for step, (act, delay_s, other) in enumerate(self.scripts[number]):
            try:
                await self.act((number, step), act, delay_s, other)
            except asyncio.CancelledError:
                self.log.append(("cancelled", number, step))
            self.log.append((number, step, asyncio.get_running_loop().time()))

    async def act(self, me: Any, act: str, delay_s: int, other: int) -> None:
        loop, log = asyncio.get_running_loop(), self.log
        if act == "later":
            loop.call_later(delay_s, log.append, ("later", me))
        elif act == "nested":
            loop.call_later(delay_s, loop.call_later, 0, log.append, ("nested", me))
        elif act == "soon_after":
            loop.call_later(0, log.append, ("soon after", me))
        elif act == "queue":
            loop.call_later(delay_s, self.queue.put_nowait, me)
            log.append(("got", await self.queue.get()))
        elif act == "event":
            loop.call_later(delay_s, self.events[other].set)
            await self.events[other].wait()
        elif act == "timeout":
            try:
                async with asyncio.timeout(delay_s):
                    await asyncio.sleep(2)
            except TimeoutError:
                log.append(("timeout", me))
        elif act == "yield":
            await asyncio.sleep(0)
        if act in {"sleep", "later", "nested", "cancel"}:
            await asyncio.sleep(delay_s)
        if act == "cancel":
            log.append(("cancel", me, self.tasks[other % len(self.tasks)].cancel()))


@given(_PROGRAM)
@example([[("nested", 1, 0)], [("later", 1, 0), ("sleep", 1, 0)]])
@example([[("timeout", 2, 0)], [("cancel", 2, 0), ("soon_after", 1, 0)]])
def test_what_is_due_together_happens_in_the_order_of_stock_asyncio(scripts: Any) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(events, "TimerHandle", _OrderedTimer)
        stock = run_on_stock(_Program(scripts).run())

    simulated = run_in_process(lambda: asyncio.run(_Program(scripts).run()))

    assert simulated == stock
