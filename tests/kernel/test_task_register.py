"""The register of tasks: the living are found in the order in which they were made, and the dead are swept out."""

import asyncio
from typing import Any

from simulator.kernel import task_register
from simulator.kernel.state import here
from tests.support.processes import run_in_process


def test_the_living_are_found_in_the_order_in_which_they_were_made() -> None:
    async def main() -> list[str]:
        async def wait(seconds: float) -> None:
            await asyncio.sleep(seconds)

        kept = [asyncio.create_task(wait(number % 3), name=f"kept {number}") for number in range(6)]
        await asyncio.sleep(1.5)
        found = [task.get_name() for task in task_register.tasks_of(here.process) if task in kept and not task.done()]
        await asyncio.gather(*kept)
        return found

    assert run_in_process(lambda: asyncio.run(main())) == ["kept 2", "kept 5"]


def test_references_to_the_dead_do_not_pile_up() -> None:
    async def main() -> int:
        async def nothing() -> None:
            return

        for _ in range(5_000):
            await asyncio.create_task(nothing())
        assert here.process is not None
        register: Any = here.process.shelf["tasks"]
        return len(register._references)

    assert run_in_process(lambda: asyncio.run(main())) < 2_000


def test_the_living_survive_a_sweep() -> None:
    async def main() -> int:
        async def wait() -> None:
            await asyncio.sleep(1)

        kept = [asyncio.create_task(wait()) for _ in range(3_000)]
        await asyncio.gather(*(asyncio.create_task(asyncio.sleep(0)) for _ in range(10_000)))
        found = asyncio.all_tasks()
        assert found >= set(kept)
        await asyncio.gather(*kept)
        return len(found - set(kept))

    assert run_in_process(lambda: asyncio.run(main())) == 1  # It who asks.


def test_who_was_taken_out_is_found_no_more() -> None:
    async def main() -> tuple[bool, bool]:
        task = asyncio.create_task(asyncio.sleep(1))
        before = task in asyncio.all_tasks()
        asyncio.tasks._unregister_task(task)
        after = task in asyncio.all_tasks()
        await task
        return before, after

    assert run_in_process(lambda: asyncio.run(main())) == (True, False)
