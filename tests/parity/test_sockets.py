"""Raw sockets, blocking and on a loop, do in simulation what the machine's own do over its loopback."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from simulator.world.network import IDEAL, LOOPBACK
from tests.parity.socket_programs import PROGRAMS
from tests.support.hosts import run_on_host


@pytest.mark.parametrize("profile", [IDEAL, LOOPBACK], ids=["ideal", "loopback"])
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_a_program_sees_the_same_in_both_worlds(program: Callable[[], Any], profile: Any) -> None:
    if asyncio.iscoroutinefunction(program):
        real = asyncio.run(program())
    else:
        real = program()

    simulated = run_on_host(program, loopback=profile)

    assert simulated == real
