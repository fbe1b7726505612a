"""The same under pytest: play a scenario, make the test itself one, or simulate a single program.

pytest examples/test_visits.py
"""

import asyncio

import pytest
import visits_careful
from visits_scenario import OwnNumbers, visit, visits_under_power_cuts

from simulator import faults, simulate


def test_no_number_is_given_twice(soundstage):
    soundstage(visits_under_power_cuts, seeds=20, careful=True)


@pytest.mark.soundstage(seeds=20, oracles=[OwnNumbers], faults=[faults.may(faults.Partition("Ada", "server"))])
async def test_a_visitor_who_is_cut_off_gets_a_number_later(world):
    server = world.host("server")
    server.mount("/var/tmp")
    server.run(visits_careful.serve)
    ada = world.host("Ada").run(visit, "Ada")
    world.owes(lambda: "Ada has no number" if ada.running else None)

    await world.settle()

    assert world.trace.last("log", message="welcomed").host == "Ada"


def test_a_number_is_synced_before_it_is_told():
    async def one_visit():
        server = asyncio.create_task(visits_careful.serve())
        await asyncio.sleep(0.1)
        reader, writer = await asyncio.open_connection("localhost", 8080)
        writer.write(b"Ada\n")
        told = await reader.readline()
        writer.close()
        server.cancel()
        return told

    run = simulate(one_visit, seed=7, mounts=("/var/tmp",))

    assert run.value == b"Ada is number 1\n"
    told = run.trace.last("net.send", bytes=len(run.value))
    assert run.trace.last("fs.fsync").seq < told.seq
