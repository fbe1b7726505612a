"""`simulate(program) -> Run`: an async function on a host of its own, in virtual time.

A whole simulation in one call, for tests:

    async def program() -> None:
        await asyncio.sleep(3600)

    run = simulate(program, seed=7)
    assert run.outcome.passed
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

from simulator.errors import Misuse
from simulator.faults.plan import MenuItem, Plan
from simulator.harness.run import Run, run
from simulator.harness.scenario import Scenario
from simulator.harness.stage import Stage
from simulator.kernel.limits import Limits
from simulator.kernel.tape import Tape
from simulator.oracles.fold import OracleFactory

Program = Callable[[], Awaitable[Any]]


def simulate(
    program: Program,
    *,
    seed: int = 0,
    tape: Tape | None = None,
    host: str = "host",
    env: Mapping[str, str] | None = None,
    mounts: tuple[str, ...] = ("/tmp",),
    faults: tuple[MenuItem, ...] = (),
    oracles: tuple[OracleFactory, ...] = (),
    horizon_s: float = 60.0,
    limits: Limits | None = None,
    plan: Plan | None = None,
) -> Run:
    """Run an async function as the program of one host, to its end; what it raises is the run's outcome.

    It sees that host alone: its disks, its clock, its network. `Run.outcome` says how it ended, `Run.trace`
    what happened, and `Run.value` what it returned.
    """
    if not callable(program):
        raise Misuse(f"simulate needs an async function, not {program!r}", hint="give the function, do not call it")
    errors: list[BaseException] = []
    values: list[Any] = []

    async def body() -> None:
        try:
            values.append(await program())
        except Exception as error:  # The program's; it is raised again below, and becomes the outcome.
            errors.append(error)

    async def story(world: Stage) -> None:
        machine = world.host(host, env=env or {})
        for path in mounts:
            machine.mount(path)
        service = machine.run(body, name=getattr(program, "__name__", "program"))
        if faults:
            world.drive()
        await service.wait()
        if errors:
            raise errors[0]

    scenario = Scenario(
        name=getattr(program, "__name__", "program"),
        claim="The program comes to its end.",
        function=story,
        menu=faults,
        oracles=oracles,
        horizon_s=horizon_s,
    )
    found = run(scenario, seed=seed, tape=tape, limits=limits, hand_plan=plan)
    return replace(found, value=values[0] if values else None)
