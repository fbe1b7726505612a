"""The stage: a host of its own for each test of CPython's suite, with the programs that its tests start.

A test sees what any program sees under `exec`: empty disks where programs write, the machine's files elsewhere, an
address of its own. Children that the suite starts (`sys.executable`, the shell) are simulated programs, see `children`.
"""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from simulator.harness.furnish import furnish
from simulator.harness.outcome import Outcome
from simulator.harness.program import ENVIRONMENT
from simulator.harness.session import Session
from simulator.kernel.choices import Choices
from simulator.kernel.engine import Engine
from simulator.kernel.interpose import install
from simulator.kernel.limits import Limits
from simulator.trace.recorder import Recorder
from simulator.world.network import IDEAL
from simulator.world.world import World
from tests.cpython import children

LIMITS: Final = Limits(time_max_ns=3600 * 10**9, turns_max=2_000_000, spin_s=20.0)
"""What one test may take: an hour of virtual time, and as many turns as a second of real time has."""

MOUNTS: Final = ("/tmp", "/var/tmp", "/home/user", "/work")
"""Disks: for temporary files, and for the working directory, into which some tests write."""


@dataclass(frozen=True)
class Performance:
    """How the simulation of one test ended, and what it printed."""

    outcome: Outcome
    digest: str
    output: str


def perform(main: Callable[[], object], *, name: str, seed: int = 0) -> Performance:
    """Run a function as the program of a world of its own."""
    install()
    recorder = Recorder()
    session = Session(choices=Choices.from_seed(seed), recorder=recorder, limits=LIMITS)
    output = bytearray()

    def begin(engine: Engine) -> Callable[[], bool]:
        world = World(engine)
        world.network.default_loopback = IDEAL
        host = world.host("host", env=ENVIRONMENT)
        folders = dict.fromkeys(os.path.realpath(path) for path in (*sys.path, sys.prefix, sys.base_prefix) if path)
        furnish(host, mounts=[(path, "") for path in MOUNTS], visible=[path for path in folders if path != "/"])
        children.install(host.executables)
        service = host.run(main, name=name, argv=[name], cwd="/work", sinks=(output.extend, output.extend))
        process = service.process
        assert process is not None
        process.on_end.append(lambda code: engine.stop())
        return lambda: not process.alive

    outcome = session.play(begin, lambda: None)
    return Performance(outcome, recorder.trace().digest, output.decode(errors="replace"))
