"""The loop keeps asyncio's contract: turns, handles, errors and debug mode are as on a machine, in virtual time."""

import asyncio
import contextvars
import gc
import logging
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import pytest

from tests.support.processes import OneHost, run_in_process


def run(main: Callable[[], Coroutine[Any, Any, Any]], *, debug: bool = False) -> Any:
    """What a coroutine function returns on a simulated loop."""
    return run_in_process(lambda: asyncio.run(main(), debug=debug))


# --- turns --------------------------------------------------------------------------------------------------


def test_what_a_turn_makes_ready_waits_for_the_next() -> None:
    async def main() -> list[str]:
        loop, seen = asyncio.get_running_loop(), list[str]()

        def first() -> None:
            seen.append("first")
            loop.call_soon(seen.append, "made by the first")

        loop.call_soon(first)
        loop.call_soon(seen.append, "second")
        await asyncio.sleep(0)
        seen.append("after a turn")
        await asyncio.sleep(0)
        return seen

    assert run(main) == ["first", "second", "after a turn", "made by the first"]


def test_timers_of_one_moment_fire_in_the_order_of_their_making() -> None:
    async def main() -> list[int]:
        loop, seen = asyncio.get_running_loop(), list[int]()
        for number in range(5):
            loop.call_at(1.0, seen.append, number)
        await asyncio.sleep(2)
        return seen

    assert run(main) == [0, 1, 2, 3, 4]


def test_a_loop_that_sleeps_is_woken_by_a_thread() -> None:
    async def main() -> float:
        loop, woken = asyncio.get_running_loop(), asyncio.Event()
        threading.Timer(3, loop.call_soon_threadsafe, (woken.set,)).start()
        await woken.wait()
        return loop.time()

    assert run(main) == 3.0


def test_a_sleeping_task_is_cancelled_with_the_message_and_its_timer_is_gone() -> None:
    async def main() -> tuple[Any, ...]:
        task = asyncio.create_task(asyncio.sleep(100))
        await asyncio.sleep(1)
        task.cancel("enough")
        try:
            await task
        except asyncio.CancelledError as error:
            return error.args, asyncio.get_running_loop().time(), task.cancelled()
        return ()

    assert run(main) == (("enough",), 1.0, True)


def test_time_outs_strike_on_time() -> None:
    async def main() -> list[float]:
        loop, seen = asyncio.get_running_loop(), list[float]()
        for wait in (asyncio.timeout(1.5), asyncio.timeout_at(loop.time() + 4)):
            try:
                async with wait:
                    await asyncio.Event().wait()
            except TimeoutError:
                seen.append(loop.time())
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.Event().wait(), 2)
        return [*seen, loop.time()]

    assert run(main) == [1.5, 4.0, 6.0]


def test_a_loop_that_is_used_again_goes_on_where_it_was() -> None:
    def main() -> list[Any]:
        loop, seen = asyncio.new_event_loop(), list[Any]()
        loop.call_later(2, seen.append, "from the first run")
        loop.run_until_complete(asyncio.sleep(1))
        time.sleep(5)
        loop.run_until_complete(asyncio.sleep(0))
        seen.append(loop.time())
        loop.call_soon(loop.stop)
        loop.run_forever()
        loop.close()
        return seen

    assert run_in_process(main) == ["from the first run", 6.0]


def test_threads_have_loops_of_their_own() -> None:
    def main() -> list[tuple[str, float]]:
        seen: list[tuple[str, float]] = []

        async def tick(name: str, period: float) -> None:
            for _ in range(2):
                await asyncio.sleep(period)
                seen.append((name, asyncio.get_running_loop().time()))

        threads = [threading.Thread(target=lambda p=p: asyncio.run(tick(f"{p}", p))) for p in (2, 3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return seen

    assert run_in_process(main) == [("2", 2), ("3", 3), ("2", 4), ("3", 6)]


# --- handles ------------------------------------------------------------------------------------------------


def test_handles_say_what_they_are() -> None:
    async def main() -> tuple[Any, ...]:
        loop, context = asyncio.get_running_loop(), contextvars.Context()
        soon: Any = loop.call_soon(print, 1, context=context)
        later = loop.call_later(5, print)
        before = repr(soon), repr(later), later.when(), soon.get_context() is context, soon.cancelled()
        soon.cancel()
        later.cancel()
        return *before, repr(soon), repr(later), later.cancelled()

    shown = "print()" if sys.version_info >= (3, 13) else "print(1)"
    first = (f"<Handle {shown}>", "<TimerHandle print()>", 5.0, True, False)
    assert run(main) == (*first, "<Handle cancelled>", "<TimerHandle cancelled>", True)


def test_a_loop_looks_like_the_one_that_was_asked_for() -> None:
    async def main() -> tuple[Any, ...]:
        loop = asyncio.get_running_loop()
        return repr(loop), isinstance(loop, asyncio.SelectorEventLoop), isinstance(loop, asyncio.BaseEventLoop)

    told, *kinds = run(main)

    assert told == f"<{asyncio.SelectorEventLoop.__name__} running=True closed=False debug=False>"
    assert kinds == [True, True]


@pytest.mark.parametrize("method", ["call_soon", "call_later", "call_at", "call_soon_threadsafe", "create_task", "run"])
def test_a_closed_loop_takes_nothing_more(method: str) -> None:
    def main() -> str:
        loop = asyncio.new_event_loop()
        loop.close()
        loop.close()
        coroutine = asyncio.sleep(0)
        acts: dict[str, Callable[[], object]] = {
            "call_soon": lambda: loop.call_soon(print),
            "call_later": lambda: loop.call_later(1, print),
            "call_at": lambda: loop.call_at(1, print),
            "call_soon_threadsafe": lambda: loop.call_soon_threadsafe(print),
            "create_task": lambda: loop.create_task(coroutine),
            "run": loop.run_forever,
        }
        try:
            acts[method]()
        except RuntimeError as error:
            return str(error)
        finally:
            coroutine.close()
        return "taken"

    assert run_in_process(main) == "Event loop is closed"


def test_a_running_loop_is_neither_run_again_nor_closed() -> None:
    async def main() -> list[str]:
        loop, said = asyncio.get_running_loop(), list[str]()
        other = asyncio.new_event_loop()
        for act in (loop.run_forever, loop.close, other.run_forever):
            with pytest.raises(RuntimeError) as caught:
                act()
            said.append(str(caught.value))
        other.close()
        return said

    assert run(main) == [
        "This event loop is already running",
        "Cannot close a running event loop",
        "Cannot run the event loop while another loop is running",
    ]


# --- errors -------------------------------------------------------------------------------------------------


def test_an_error_of_a_callback_goes_to_the_handler_and_the_loop_goes_on() -> None:
    async def main() -> tuple[list[Any], float]:
        loop, told = asyncio.get_running_loop(), list[Any]()
        loop.set_exception_handler(lambda loop, context: told.append((context["message"], context["exception"])))
        loop.call_soon(int, "x")
        await asyncio.sleep(1)
        return told, loop.time()

    told, at = run(main)

    assert told[0][0] == f"Exception in callback int({'' if sys.version_info >= (3, 13) else repr('x')})"
    assert isinstance(told[0][1], ValueError)
    assert at == 1.0


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit])
def test_what_ends_a_program_leaves_the_loop(kind: type[BaseException]) -> None:
    def main() -> bool:
        loop = asyncio.new_event_loop()

        def fail() -> None:
            raise kind

        loop.call_later(1, fail)
        with pytest.raises(kind):
            loop.run_forever()
        still = loop.is_running()
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()
        return still

    assert run_in_process(main) is False


def test_an_error_of_a_task_that_nobody_holds_is_told_at_once() -> None:
    async def main(told: list[float]) -> list[float]:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda loop, context: told.append(loop.time()))

        async def fails() -> None:
            raise ValueError

        asyncio.create_task(fails())  # noqa: RUF006 - that is the point
        await asyncio.sleep(5)
        return list(told)

    gc.disable()
    try:
        assert run(lambda: main([])) == run(lambda: main([]), debug=True) == [0.0]
    finally:
        gc.enable()


# --- debug mode -----------------------------------------------------------------------------------------------


def test_debug_mode_reports_callbacks_that_block_the_loop() -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        loop.slow_callback_duration = 0.5
        loop.call_soon(time.sleep, 0.25)
        loop.call_soon(time.sleep, 2)
        await asyncio.sleep(10)

    world = OneHost()
    world.run(lambda: asyncio.run(main(), debug=True))

    told = [event.fields["message"] for event in world.trace.of("log", level="WARNING")]
    assert len(told) == 1
    assert "sleep(2)" in told[0]
    assert told[0].endswith("took 2.000 seconds")


def test_debug_mode_says_where_a_handle_was_made() -> None:
    async def main() -> list[Any]:
        loop, told = asyncio.get_running_loop(), list[Any]()
        loop.set_exception_handler(lambda loop, context: told.append(context["source_traceback"][-1].name))
        loop.call_soon(int, "x")
        loop.call_later(1, int, "x")
        await asyncio.sleep(2)
        return [*told, "test_loop.py" in repr(loop.call_later(1, print))]

    assert run(main, debug=True) == ["main", "main", True]


def test_debug_mode_refuses_what_belongs_to_another_thread_and_coroutines_as_callbacks() -> None:
    async def main() -> list[str]:
        loop, said = asyncio.get_running_loop(), list[str]()

        def act() -> None:
            schedules: list[Callable[[], object]] = [lambda: loop.call_soon(print), lambda: loop.call_later(1, print)]
            for schedule in schedules:
                with pytest.raises(RuntimeError) as caught:
                    schedule()
                said.append(str(caught.value))

        await asyncio.to_thread(act)
        with pytest.raises(TypeError, match="coroutines cannot be used with call_soon"):
            loop.call_soon(main)
        return said

    assert all("Non-thread-safe operation" in text for text in run(main, debug=True))


# --- what is counted ------------------------------------------------------------------------------------------


def test_names_of_tasks_do_not_depend_on_earlier_runs() -> None:
    async def main() -> list[str]:
        tasks = [asyncio.create_task(asyncio.sleep(0)) for _ in range(2)]
        await asyncio.gather(*tasks)
        return [task.get_name() for task in (asyncio.current_task(), *tasks) if task is not None]

    assert run(main) == run(main) == ["Task-1", "Task-2", "Task-3"]


def test_a_second_run_in_a_program_names_its_tasks_as_if_the_first_had_ended_by_tasks() -> None:
    async def name() -> str:
        task = asyncio.current_task()
        assert task is not None
        return task.get_name()

    def twice() -> list[str]:
        return [asyncio.run(name()), asyncio.run(name())]

    assert run_in_process(twice) == ["Task-1", "Task-4"]


def test_a_loop_that_has_generators_left_ends_them_before_it_closes() -> None:
    ended: list[str] = []

    async def numbers() -> AsyncIterator[int]:
        try:
            yield 1
        finally:
            await asyncio.sleep(1)
            ended.append("generator")

    async def main() -> object:
        left = numbers()
        await anext(left)
        return left

    run(main)

    assert ended == ["generator"]


def test_all_tasks_are_those_of_this_loop_in_the_order_of_their_making() -> None:
    async def main() -> list[str]:
        tasks = [asyncio.create_task(asyncio.sleep(1), name=f"{number}") for number in range(20)]
        found = [task.get_name() for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        await asyncio.gather(*tasks)
        return found

    assert sorted(run(main), key=int) == [str(number) for number in range(20)]
    assert run(main) == run(main)


def test_logging_of_asyncio_is_a_programs_own(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        asyncio.get_running_loop().call_soon(int, "x")
        await asyncio.sleep(1)

    with caplog.at_level(logging.ERROR):
        run(main)

    assert caplog.records == []
