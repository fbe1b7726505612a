"""Visitors on hosts of their own, and a server whose power may fail: no number is given twice.

python -m simulator run examples/visits_scenario.py --seeds 50
python -m simulator run examples/visits_scenario.py --seeds 50 --param careful=true
"""

import asyncio
import logging
import random

import visits
import visits_careful

from simulator import World, scenario
from simulator.faults import PowerCycle, SlowLink, may
from simulator.oracles import no_unhandled_errors
from simulator.world.service import ALWAYS

NAMES = ("Ada", "Bo", "Cy", "Di", "Ed", "Flo", "Gus", "Hal")


async def visit(name):
    """A program: comes within ten seconds, and asks until it has a number."""
    await asyncio.sleep(random.uniform(0, 10))
    while True:
        try:
            async with asyncio.timeout(2):
                reader, writer = await asyncio.open_connection("server", 8080)
                await asyncio.sleep(random.uniform(0, 0.05))
                writer.write(f"{name}\n".encode())
                told = (await reader.readline()).decode()
                writer.close()
            if told:
                logging.warning("welcomed", extra={"number": int(told.split()[-1])})
                return
        except (OSError, TimeoutError):
            pass
        await asyncio.sleep(1)


class OwnNumbers:
    """An oracle: sees every event of a run in order, and says what is wrong."""

    name = "no number is given twice"

    def __init__(self):
        self.given = {}

    def see(self, event):
        if event.kind == "log" and event.fields["message"] == "welcomed":
            number = event.fields["data"]["number"]
            if number in self.given:
                return f"{self.given[number]} and {event.host} both got number {number}"
            self.given[number] = event.host
        return None

    def finish(self):
        return None if self.given else "nobody got a number"


@scenario(
    faults=[
        may(PowerCycle("server"), times_max=2, lasts_s=(0.5, 2)),
        may(SlowLink("Ada", "server", by_s=0.2), SlowLink("Bo", "server", by_s=0.5)),
    ],
    oracles=[no_unhandled_errors, OwnNumbers],
    horizon_s=10,
)
async def visits_under_power_cuts(world: World, *, careful: bool = False) -> None:
    """Every visitor gets a number of its own, whenever the server's power fails."""
    server = world.host("server")
    server.mount("/var/tmp")
    server.run((visits_careful if careful else visits).serve, restart=ALWAYS)
    for name in NAMES:
        visitor = world.host(name).run(visit, name)
        world.owes(lambda name=name, visitor=visitor: f"{name} has no number yet" if visitor.running else None)
    await world.settle()
    assert world.trace.count("log", message="welcomed") == len(NAMES)
