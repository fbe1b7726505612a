"""pytest: scenarios as tests, each for many seeds; a failure shows one screen and keeps its trace.

    @pytest.mark.soundstage(seeds=50)
    async def test_the_server_answers(world):       # the body is the scenario; it runs on a host of its own
        world.host("server").run(serve)
        ...

    def test_the_catalogue(soundstage):             # or play a scenario, or an async function, by hand
        soundstage(echo_under_partition, seeds=20, requests=5)
        run = soundstage(program, seed=7)
        assert run.trace.of("fs.write").count() == 3

`--soundstage-seeds N` plays so many seeds wherever seeds are played, `--soundstage-seed N` that one alone.
Traces of failures go to `--soundstage-traces DIR`.
"""

import inspect
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from simulator.faults.plan import MenuItem
    from simulator.harness.run import Run
    from simulator.harness.scenario import Scenario
    from simulator.oracles.fold import OracleFactory

# What the plugin needs of the simulator is imported where it is used: pytest loads this module in every session.

SEEDS = 10
"""How many seeds a test plays when nothing else is said."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Tell pytest our options."""
    group = parser.getgroup("soundstage", "deterministic simulation")
    group.addoption("--soundstage-seeds", type=int, metavar="N", help="seeds to play in each simulated test")
    group.addoption("--soundstage-seed", type=int, metavar="N", help="the only seed to play")
    group.addoption("--soundstage-traces", default="soundstage-traces", metavar="DIR", help="where failures are kept")


def pytest_configure(config: pytest.Config) -> None:
    """Tell pytest our marker."""
    config.addinivalue_line(
        "markers",
        "soundstage(seeds=10, seed=0, faults=(), oracles=(), horizon_s=60): the test is a scenario, for many seeds",
    )


def pytest_report_header(config: pytest.Config) -> str | None:
    """Say that seeds will not repeat from one session to the next, where that is so."""
    if sys.flags.hash_randomization and os.environ.get("PYTHONHASHSEED", "random") == "random":
        return "soundstage: string hashes are random here; PYTHONHASHSEED=0 makes every seed repeat"
    return None


@pytest.fixture
def world() -> None:
    """The world of a test that is marked `soundstage`; it exists while the test's body runs."""


@pytest.fixture
def soundstage(request: pytest.FixtureRequest) -> "Stagehand":
    """Plays scenarios and programs, and fails the test with a report when one does not pass."""
    return Stagehand(request.config, request.node.name)


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Play a marked test as a scenario."""
    marker = pyfuncitem.get_closest_marker("soundstage")
    if marker is None or not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    options = dict(marker.kwargs)
    seeds, seed = options.pop("seeds", SEEDS), options.pop("seed", 0)
    scenario = _scenario(pyfuncitem, **options)
    Stagehand(pyfuncitem.config, pyfuncitem.name).play(scenario, seeds=seeds, seed=seed)
    return True


def _scenario(
    item: pytest.Function,
    *,
    faults: "Sequence[MenuItem]" = (),
    oracles: "Sequence[OracleFactory]" = (),
    horizon_s: float = 60.0,
) -> "Scenario":
    """A test function as a scenario: its fixtures are given, its world is the run's."""
    from simulator.harness.scenario import Scenario

    names = inspect.signature(item.obj).parameters
    given = {name: item.funcargs[name] for name in names if name in item.funcargs and name != "world"}

    async def body(world: Any) -> None:
        await item.obj(**given, **({"world": world} if "world" in names else {}))

    claim = (inspect.getdoc(item.obj) or item.name.replace("_", " ")).partition("\n")[0]
    return Scenario(
        name=item.name, claim=claim, function=body, menu=tuple(faults), oracles=tuple(oracles), horizon_s=horizon_s
    )


class Stagehand:
    """Plays on behalf of one test."""

    def __init__(self, config: pytest.Config, test: str) -> None:
        self._config, self._test = config, test

    def __call__(self, subject: Any, *, seed: int | None = None, seeds: int | None = None, **params: Any) -> "Run":
        """Play a scenario or an async function: one seed, or many; returns the last run."""
        many = seeds if seeds is not None else 1 if seed is not None else SEEDS
        return self.play(subject, seeds=many, seed=seed or 0, **params)

    def play(self, subject: Any, *, seeds: int, seed: int, **params: Any) -> "Run":
        """Play so many seeds; the first that does not pass fails the test."""
        only = self._config.getoption("--soundstage-seed")
        wanted = self._config.getoption("--soundstage-seeds")
        first, count = (only, 1) if only is not None else (seed, wanted if wanted and seeds > 1 else seeds)
        if count < 1:
            raise pytest.UsageError(f"seeds={count}: at least one seed is played")
        found: Run | None = None
        for number in range(first, first + count):
            found = self._once(subject, number, params)
        assert found is not None
        return found

    def again(self, what: dict[str, Any], *, plan: str, answers: dict[str, Any]) -> "Run":
        """Play what `shrink --write-test` has found; the test fails until it passes."""
        from simulator.cli.recorded import case_of
        from simulator.explore.regression import play_again
        from simulator.trace.header import Header

        header = Header(**what)
        found = play_again(case_of(header, {}), plan=plan, answers=answers, schedule=header.schedule)
        if not found.outcome.passed:
            pytest.fail(self._report(found, found.tape.seed), pytrace=False)
        return found

    def _once(self, subject: Any, seed: int, params: dict[str, Any]) -> "Run":
        from simulator.harness.outcome import Status
        from simulator.harness.run import run
        from simulator.harness.scenario import Scenario
        from simulator.harness.simulate import simulate

        if isinstance(subject, Scenario):
            found = run(subject, seed=seed, params=params)
        else:
            found = simulate(subject, seed=seed, **params)
        if found.outcome.status is Status.INTERRUPTED:
            raise KeyboardInterrupt
        if not found.outcome.passed:
            pytest.fail(self._report(found, seed), pytrace=False)
        return found

    def _report(self, found: "Run", seed: int) -> str:
        from simulator.report.text import summary

        trace = self._keep(found, seed)
        again = f"pytest --soundstage-seed {seed} -k {self._test.partition('[')[0]}"
        return summary(found, real_s=0.0, trace=trace, again=again)

    def _keep(self, found: "Run", seed: int) -> str:
        """Save the trace where it can be read after the session."""
        folder = self._config.getoption("--soundstage-traces")
        name = "".join(char if char.isalnum() or char in "-_." else "-" for char in self._test)
        path = os.path.join(folder, f"{name}-{seed}.jsonl")
        try:
            os.makedirs(folder, exist_ok=True)
            found.trace.save(path)
        except Exception as error:
            # Whatever keeps it from being written: the failure is to be shown, and this stands where the path would.
            return f"not kept: {error}"
        return path
