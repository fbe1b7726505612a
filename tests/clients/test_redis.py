"""Unmodified redis.asyncio talks to a small server, waits in virtual time, and survives the server's power cut."""

from simulator import run
from tests.support.noted import noted
from tests.support.stories.cache import cache


def test_redis_waits_in_virtual_time_and_connects_again_after_a_power_cut() -> None:
    found = run(cache, seed=3)

    assert found.outcome.passed, found.outcome.message
    assert noted(found, "client") == [
        ("begun", {"ping": True, "set": True}),
        ("pipeline", {"sum": sum(range(50))}),
        ("waited in vain", {"popped": None, "about_s": 3.0}),
        ("asked", {"error": "TimeoutError"}),
        ("asked", {"kept": False}),
        ("asked", {"kept": False}),
        ("asked", {"kept": False}),
        ("popped", {"popped": "at last", "at_s": 3600}),
    ]
    assert found.trace.of("host.crash", host="redis").count() == 1
