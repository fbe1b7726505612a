"""The simulated loop runs drawn programs of tasks, timers, futures, locks, queues and cancellations as asyncio does.

Both arms run the same program: asyncio's stock loop over a clock that jumps, and the simulated loop. What happened, in
which order and when, must be equal to the letter.
"""

import asyncio
from typing import Any

from hypothesis import example, given

from tests.parity.loop_programs import PROGRAM, run_here
from tests.parity.stock_loop import run_on_stock
from tests.support.processes import run_in_process


@given(PROGRAM)
@example([[("sleep", 1), ("put", 0, 1)], [("get", 0), ("locked", 0, 1)], [("cancel", 1), ("group", 1, 2, True)]])
@example([[("shielded", 0), ("first", 1, 1)], [("sleep", 0), ("cancel", 0)]])
def test_a_program_does_the_same_on_both_loops(program: Any) -> None:
    stock = run_on_stock(run_here(program))

    simulated = run_in_process(lambda: asyncio.run(run_here(program)))

    assert simulated == stock
