"""Transports and streams do in simulation what asyncio's own do over a real loopback, call by call."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from simulator.world.network import IDEAL, LAN, LOOPBACK, LinkProfile
from tests.parity import connection_programs, stream_programs
from tests.support.hosts import run_on_host

ARMS: list[dict[str, Any]] = [
    {"loopback": IDEAL, "traced": False},
    {"loopback": LOOPBACK, "traced": True},
    {"loopback": LinkProfile(latency_ns=3_000_000, jitter_ns=5_000_000, bytes_per_s=1 << 30), "traced": False},
    {"loopback": LAN, "traced": True},
]
PROGRAMS = [*connection_programs.PROGRAMS, *stream_programs.PROGRAMS]
HANGS_AFTER_S = 20
IDS = ["ideal", "loopback", "jittery", "lan"]


@pytest.mark.parametrize("options", ARMS, ids=IDS)
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_a_program_sees_the_same_in_both_worlds(program: Callable[[], Any], options: dict[str, Any]) -> None:
    if program.__name__ == "buffered_protocol" and options["loopback"] is LAN:
        pytest.skip("this link may chop a write in two, so its pieces are not a real loopback's")

    async def in_time() -> Any:
        return await asyncio.wait_for(program(), HANGS_AFTER_S)

    real = asyncio.run(in_time())

    simulated = run_on_host(in_time, **options)

    assert simulated == real
