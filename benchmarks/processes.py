"""The cases as SimPy processes: what a SimPy user would write for the same work."""

from collections.abc import Callable, Generator
from typing import Any

import simpy

from benchmarks.expected import customers, delay_of

_SERVERS = 3
Waits = Generator[simpy.Event, Any, None]


def timers(env: simpy.Environment, tasks: int, sleeps: int) -> Callable[[], float]:
    total = 0.0

    def sleeper(delay: float) -> Waits:
        nonlocal total
        for _ in range(sleeps):
            yield env.timeout(delay)
        total += env.now

    for number in range(tasks):
        env.process(sleeper(delay_of(number)))
    return lambda: total


def ping_pong(env: simpy.Environment, messages: int) -> Callable[[], int]:
    there, back = simpy.Store(env), simpy.Store(env)
    value = 0

    def ping() -> Waits:
        nonlocal value
        for _ in range(messages // 2):
            there.put(value + 1)
            value = yield back.get()

    def pong() -> Waits:
        for _ in range(messages // 2):
            back.put((yield there.get()) + 1)

    env.process(ping())
    env.process(pong())
    return lambda: value


def mm3(env: simpy.Environment, count: int) -> Callable[[], float]:
    servers = simpy.Resource(env, capacity=_SERVERS)
    waited = 0.0

    def customer(service: float) -> Waits:
        nonlocal waited
        arrived = env.now
        with servers.request() as request:
            yield request
            waited += env.now - arrived
            yield env.timeout(service)

    def source() -> Waits:
        for pause, service in customers(count):
            yield env.timeout(pause)
            env.process(customer(service))

    env.process(source())
    return lambda: waited


def timeout_fired(env: simpy.Environment, count: int) -> Callable[[], float]:
    ended = 0.0

    def waiter() -> Waits:
        nonlocal ended
        for _ in range(count):
            wait = env.event()
            fired = yield wait | env.timeout(0.5)
            assert wait not in fired
        ended = env.now

    env.process(waiter())
    return lambda: ended


def timeout_unfired(env: simpy.Environment, count: int) -> Callable[[], float]:
    ended = 0.0

    def waiter() -> Waits:
        nonlocal ended
        for _ in range(count):
            sleep = env.timeout(0.5)
            fired = yield sleep | env.timeout(8)
            assert sleep in fired
        ended = env.now

    env.process(waiter())
    return lambda: ended
