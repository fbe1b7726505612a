"""The table of cases: what they are called, how large they are, what counts as one operation."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, kw_only=True)
class Case:
    """One program at one size; `sizes` are its arguments and `operations` what its rate counts."""

    name: str
    title: str
    unit: str
    program: str  # The function's name in `programs`, `processes` and `expected`.
    sizes: tuple[int, ...]
    operations: int
    needs_time: bool = True  # Whether stock asyncio would really wait.

    def shrunk(self, factor: int) -> "Case":
        """The same case with less work; the number of tasks, which is its point, stays."""
        last = max(self.sizes[-1] // factor, 1)
        operations = max(self.operations * last // self.sizes[-1], 1)
        return Case(
            name=self.name,
            title=self.title,
            unit=self.unit,
            program=self.program,
            sizes=(*self.sizes[:-1], last),
            operations=operations,
            needs_time=self.needs_time,
        )


CASES: Final = (
    Case(
        name="timers-1", title="timers, 1 task", unit="sleeps", program="timers", sizes=(1, 100_000), operations=100_000
    ),
    Case(
        name="timers-1k", title="1,000 tasks", unit="sleeps", program="timers", sizes=(1_000, 100), operations=100_000
    ),
    Case(
        name="timers-100k", title="100k tasks", unit="sleeps", program="timers", sizes=(100_000, 2), operations=200_000
    ),
    Case(
        name="ping-pong",
        title="queue ping-pong",
        unit="messages",
        program="ping_pong",
        sizes=(100_000,),
        operations=100_000,
        needs_time=False,
    ),
    Case(name="mm3", title="M/M/3 queue", unit="customers", program="mm3", sizes=(20_000,), operations=20_000),
    Case(
        name="timeout-fired",
        title="time-out fired",
        unit="time-outs",
        program="timeout_fired",
        sizes=(25_000,),
        operations=25_000,
    ),
    Case(
        name="timeout-unfired",
        title="time-out unfired",
        unit="time-outs",
        program="timeout_unfired",
        sizes=(25_000,),
        operations=25_000,
    ),
    Case(
        name="streams-1k",
        title="streams, 1 KiB",
        unit="round trips",
        program="streams",
        sizes=(1 << 10, 10_000),
        operations=10_000,
        needs_time=False,
    ),
    Case(
        name="streams-64k",
        title="streams, 64 KiB",
        unit="round trips",
        program="streams",
        sizes=(1 << 16, 5_000),
        operations=5_000,
        needs_time=False,
    ),
)
