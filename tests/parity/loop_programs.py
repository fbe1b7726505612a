"""Small asyncio programs as data: drawn by hypothesis, run on any loop, and told as a list of what happened.

Every delay has a fraction of its own, to the microsecond, so that sums of them meet nowhere: no two timers are ever due
at the same time, which is the one thing that a real machine leaves open.
"""

import asyncio
from collections.abc import Iterator
from itertools import count
from random import Random
from typing import Any

from hypothesis import strategies as st

Step = tuple[Any, ...]
Told = list[tuple[Any, ...]]
OBJECTS = 2  # Queues, events, locks, conditions and futures of each kind.
TASKS = 4

_index = st.integers(0, OBJECTS - 1)
_other = st.integers(0, TASKS - 1)
_whole = st.integers(0, 3)

STEP: st.SearchStrategy[Step] = st.one_of(
    st.tuples(st.just("yield")),
    st.tuples(st.just("sleep"), _whole),
    st.tuples(st.just("put"), _index, st.integers(0, 9)),
    st.tuples(st.just("get"), _index),
    st.tuples(st.just("get within"), _index, _whole),
    st.tuples(st.just("set"), _index),
    st.tuples(st.just("clear"), _index),
    st.tuples(st.just("wait"), _index),
    st.tuples(st.just("locked"), _index, _whole),
    st.tuples(st.just("notify"), _index),
    st.tuples(st.just("condition"), _index),
    st.tuples(st.just("resolve"), _index, st.sampled_from(["result", "error", "cancel"])),
    st.tuples(st.just("future"), _index),
    st.tuples(st.just("shielded"), _index),
    st.tuples(st.just("cancel"), _other),
    st.tuples(st.just("soon"), st.integers(0, 9)),
    st.tuples(st.just("later"), _whole, st.integers(0, 9)),
    st.tuples(st.just("overdue"), st.integers(1, 3)),
    st.tuples(st.just("cancelled timer"), _whole),
    st.tuples(st.just("gather"), _whole, _whole),
    st.tuples(st.just("group"), _whole, _whole, st.booleans()),
    st.tuples(st.just("first"), _whole, _whole),
    st.tuples(st.just("spawn"), _whole),
    st.tuples(st.just("raise")),
)
PROGRAM = st.lists(st.lists(STEP, min_size=1, max_size=6), min_size=1, max_size=TASKS)


class Run:
    """One run of a program on the loop that is running."""

    def __init__(self, program: list[list[Step]]) -> None:
        self.program = program
        self.told: Told = []
        self.loop = asyncio.get_running_loop()
        self.start_s = self.loop.time()
        self.fraction = (round(Random(n).random(), 6) for n in count(1))
        self.queues: list[asyncio.Queue[int]] = [asyncio.Queue(maxsize=1 + n) for n in range(OBJECTS)]
        self.events = [asyncio.Event() for _ in range(OBJECTS)]
        self.locks = [asyncio.Lock(), asyncio.Semaphore(2)]
        self.conditions = [asyncio.Condition() for _ in range(OBJECTS)]
        self.futures: list[asyncio.Future[str]] = [self.loop.create_future() for _ in range(OBJECTS)]
        self.tasks: list[asyncio.Task[None]] = []

    def delay(self, whole: int) -> float:
        """A delay that no other, and no sum of a few others, is equal to."""
        return whole + next(self.fraction)

    def tell(self, *what: Any) -> None:
        self.told.append((*what, round(self.loop.time() - self.start_s, 6)))

    async def main(self) -> Told:
        """All tasks side by side; what does not end within a minute is cancelled."""
        self.tasks = [self.loop.create_task(self.task(name, steps)) for name, steps in enumerate(self.program)]
        _, pending = await asyncio.wait(self.tasks, timeout=60)
        for task in self.tasks:
            if task in pending:
                task.cancel()
        ends = await asyncio.gather(*self.tasks, return_exceptions=True)
        self.tell("ends", [repr(end) for end in ends])
        for future in self.futures:
            future.cancel()
        return self.told

    async def task(self, name: int, steps: list[Step]) -> None:
        try:
            for number, step in enumerate(steps):
                self.tell(name, number, step[0])
                try:
                    self.tell(name, number, "came to", repr(await self.act(name, *step)))
                except (TimeoutError, ArithmeticError, ExceptionGroup) as error:
                    self.tell(name, number, "failed", repr(error))
        except asyncio.CancelledError:
            self.tell(name, "cancelled")
            raise
        finally:
            self.tell(name, "over")

    async def nap(self, label: str, delay_s: float, *, fails: bool = False) -> str:
        await asyncio.sleep(delay_s)
        self.tell(label, "woke")
        if fails:
            raise ZeroDivisionError(label)
        return label

    async def act(self, name: int, verb: str, *rest: Any) -> Any:
        """One step; the names of the methods below are those of the steps."""
        return await getattr(self, "do_" + verb.replace(" ", "_"))(name, *rest)

    async def do_yield(self, name: int) -> None:
        await asyncio.sleep(0)

    async def do_sleep(self, name: int, whole: int) -> None:
        await asyncio.sleep(self.delay(whole))

    async def do_put(self, name: int, index: int, value: int) -> None:
        async with asyncio.timeout(self.delay(3)):
            await self.queues[index].put(value)

    async def do_get(self, name: int, index: int) -> int:
        return await asyncio.wait_for(self.queues[index].get(), self.delay(2))

    async def do_get_within(self, name: int, index: int, whole: int) -> int:
        async with asyncio.timeout(self.delay(whole)):
            return await self.queues[index].get()

    async def do_set(self, name: int, index: int) -> None:
        self.events[index].set()

    async def do_clear(self, name: int, index: int) -> None:
        self.events[index].clear()

    async def do_wait(self, name: int, index: int) -> bool:
        return await asyncio.wait_for(self.events[index].wait(), self.delay(4))

    async def do_locked(self, name: int, index: int, whole: int) -> None:
        async with self.locks[index]:
            self.tell(name, "in", index)
            await asyncio.sleep(self.delay(whole))

    async def do_notify(self, name: int, index: int) -> None:
        async with self.conditions[index]:
            self.conditions[index].notify()

    async def do_condition(self, name: int, index: int) -> None:
        async with self.conditions[index], asyncio.timeout(self.delay(3)):
            await self.conditions[index].wait()

    async def do_resolve(self, name: int, index: int, how: str) -> bool:
        future = self.futures[index]
        if future.done():
            return False
        if how == "result":
            future.set_result(f"by {name}")
        elif how == "error":
            future.set_exception(ZeroDivisionError(f"by {name}"))
            future.exception()
        else:
            future.cancel()
        return True

    async def do_future(self, name: int, index: int) -> str:
        done, _ = await asyncio.wait([self.futures[index]], timeout=self.delay(3))
        return "done" if done else "pending"

    async def do_shielded(self, name: int, index: int) -> str:
        inner = self.loop.create_task(self.nap(f"inner {name}", self.delay(1)))
        return await asyncio.shield(inner)

    async def do_cancel(self, name: int, other: int) -> bool:
        task = self.tasks[other % len(self.tasks)]
        return task.cancel(f"by {name}")

    async def do_soon(self, name: int, value: int) -> None:
        self.loop.call_soon(self.tell, "soon", value)

    async def do_later(self, name: int, whole: int, value: int) -> None:
        self.loop.call_later(self.delay(whole), self.tell, "later", value)

    async def do_overdue(self, name: int, yields: int) -> None:
        self.loop.call_at(self.loop.time() - self.delay(0), self.tell, "overdue", name)
        for _ in range(yields):
            await asyncio.sleep(0)
        self.tell("yielded", name)

    async def do_cancelled_timer(self, name: int, whole: int) -> None:
        timer = self.loop.call_later(self.delay(whole), self.tell, "never")
        await asyncio.sleep(0)
        timer.cancel()

    async def do_gather(self, name: int, one: int, other: int) -> list[str]:
        return list(await asyncio.gather(self.nap("one", self.delay(one)), self.nap("other", self.delay(other))))

    async def do_group(self, name: int, one: int, other: int, fails: bool) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self.nap("member", self.delay(one), fails=fails))
            group.create_task(self.nap("fellow", self.delay(other)))

    async def do_first(self, name: int, one: int, other: int) -> list[str]:
        naps = [self.loop.create_task(self.nap(f"racer {n}", self.delay(n))) for n in (one, other)]
        done, pending = await asyncio.wait(naps, return_when=asyncio.FIRST_COMPLETED)
        for nap in pending:
            nap.cancel()
        return [nap.result() for nap in naps if nap in done]

    async def do_spawn(self, name: int, whole: int) -> None:
        self.tasks.append(self.loop.create_task(self.nap(f"child of {name}", self.delay(whole))))  # type: ignore[arg-type]

    async def do_raise(self, name: int) -> None:
        raise ArithmeticError(f"of {name}")


def run_here(program: list[list[Step]]) -> Any:
    """The coroutine of a program, for whatever loop will run it."""

    async def main() -> Told:
        return await Run(program).main()

    return main()


def lines(told: Told) -> Iterator[str]:
    return map(repr, told)
