"""What each case must return, computed directly and without any engine."""

import random
from functools import cache
from heapq import heappop, heappush
from math import isclose

_SERVERS = 3


def delay_of(number: int) -> float:
    """The delay of a task's sleeps: seven different ones, each exact in binary."""
    return 1 + (number % 7) / 8


@cache
def customers(count: int) -> tuple[tuple[float, float], ...]:
    """Pauses between arrivals, and times of service; the three servers are busy for 80 % of the time."""
    draw = random.Random(4711)
    return tuple((draw.expovariate(2.4), draw.expovariate(1.0)) for _ in range(count))


def timers(tasks: int, sleeps: int) -> float:
    return sum(delay_of(number) * sleeps for number in range(tasks))


def ping_pong(messages: int) -> int:
    return messages // 2 * 2


def mm3(count: int) -> float:
    free = [0.0] * _SERVERS
    now = waited = 0.0
    for pause, service in customers(count):
        now += pause
        start = max(now, heappop(free))
        waited += start - now
        heappush(free, start + service)
    return waited


def timeout_fired(count: int) -> float:
    return count * 0.5


def timeout_unfired(count: int) -> float:
    return count * 0.5


def streams(size: int, count: int) -> int:
    return size * count


def agrees(got: object, wanted: float) -> bool:
    """Whether a result is right: some float clocks count in microseconds, and sums of their times show it."""
    return isinstance(got, int | float) and isclose(got, wanted, rel_tol=1e-6, abs_tol=1e-3)
