"""Garbage is collected at turns that the run decides, and what Python complains of is an event of its program."""

import asyncio
import gc
import logging
import sys
import time
import warnings
import weakref
from typing import Any

import anyio
import anyio.to_thread
import pytest

from simulator import World, run, scenario, simulate
from simulator.kernel.collect import LEFT_MAX, YOUNG_TURNS
from simulator.kernel.engine import Engine
from simulator.kernel.limits import Limits
from tests.support.inside import simulated, told


class Cycle:
    """Only the collector can end it."""

    def __init__(self) -> None:
        self.itself = self

    def __del__(self) -> None:
        print("ended")


async def litter() -> None:
    """Drop a cycle, and take turns until it was collected."""
    Cycle()
    for _ in range(YOUNG_TURNS * 2):
        await asyncio.sleep(0.001)


def test_garbage_is_collected_at_the_same_moment_in_every_run() -> None:
    def moment() -> list[int]:
        found = simulate(litter)
        assert found.outcome.passed
        return [event.at_ns for event in found.trace.of("proc.stdout").events]

    first = moment()
    waste = [Cycle.__new__(Cycle) for _ in range(1000)]
    threshold = gc.get_threshold()
    gc.set_threshold(3, 2, 2)
    try:
        again = moment()
    finally:
        gc.set_threshold(*threshold)
        for one in waste:
            Cycle.__del__.__get__(one)  # Kept until here.

    assert len(first) == 1
    assert again == first


def test_outside_a_run_the_collector_is_as_it_was() -> None:
    before = gc.isenabled(), gc.get_threshold(), sys.unraisablehook, warnings.filters[:], warnings.showwarning

    def program() -> Any:
        seen = gc.isenabled()
        gc.disable()
        gc.set_threshold(1)
        gc.freeze()
        warnings.simplefilter("error")
        logging.captureWarnings(True)
        return seen, gc.isenabled(), gc.get_threshold()[0], gc.get_count(), gc.get_freeze_count()

    assert told(program) == (True, False, 1, (0, 0, 0), 0)
    after = gc.isenabled(), gc.get_threshold(), sys.unraisablehook, warnings.filters[:], warnings.showwarning
    assert after == before
    logging.captureWarnings(False)


def test_a_program_may_collect_by_itself() -> None:
    def program() -> bool:
        Cycle()
        return gc.collect() > 0

    run = simulated(program)

    assert run.value is True
    assert run.trace.of("proc.stdout").count() == 1


def test_a_finalizer_that_blocks_is_refused_and_told() -> None:
    class Sleeper(Cycle):
        def __del__(self) -> None:
            time.sleep(1)

    def program() -> None:
        Sleeper()
        gc.collect()

    run = simulated(program)

    assert run.outcome.passed
    assert [event.fields["error"] for event in run.trace.of("proc.unraisable").events] == ["Unsupported"]


def test_a_run_of_too_many_turns_names_its_limit() -> None:
    found = simulate(litter, limits=Limits(turns_max=YOUNG_TURNS - 1))

    assert found.outcome.status == "stuck"
    assert found.outcome.message.startswith("turns_max")


# --- what Python complains of -------------------------------------------------------------------------------


def stderr(found: Any) -> str:
    return "".join(event.fields["text"] for event in found.trace.of("proc.stderr").events)


def warned(found: Any) -> list[tuple[str, str]]:
    events = found.trace.of("loop.warning").events
    return [(event.fields["category"], event.fields["message"]) for event in events]


def test_a_coroutine_that_was_never_awaited_is_told_and_printed() -> None:
    async def program() -> None:
        asyncio.sleep(1)  # type: ignore[unused-coroutine]

    found = simulate(program)

    assert warned(found) == [("RuntimeWarning", "coroutine 'sleep' was never awaited")]
    assert "test_collect.py" in found.trace.of("loop.warning").events[0].fields["where"]
    assert "RuntimeWarning: coroutine 'sleep' was never awaited" in stderr(found)


def test_a_warning_that_pythons_defaults_ignore_is_told_but_not_printed() -> None:
    def program() -> None:
        for _ in range(3):
            warnings.warn("unclosed thing", ResourceWarning)
        warnings.warn("mine")

    found = simulated(program)

    assert warned(found) == [("ResourceWarning", "unclosed thing"), ("UserWarning", "mine")]
    assert "unclosed thing" not in stderr(found)
    assert "UserWarning: mine" in stderr(found)


def test_a_warning_names_the_callers_line_as_ever() -> None:
    def library(depth: int) -> None:
        warnings.warn("old", DeprecationWarning, stacklevel=depth)

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        library(1)
        library(2)
        line = sys._getframe().f_lineno

    assert [one.lineno for one in caught] == [library.__code__.co_firstlineno + 1, line - 1]


def test_every_run_warns_anew() -> None:
    def program() -> None:
        warnings.warn("once a run", stacklevel=1)

    assert stderr(simulated(program)) == stderr(simulated(program)) != ""


def test_an_error_in_a_finalizer_is_told_and_printed() -> None:
    class Broken:
        def __del__(self) -> None:
            raise ValueError("while dying")

    def program() -> None:
        Broken()

    found = simulated(program)

    (event,) = found.trace.of("proc.unraisable").events
    assert event.fields["error"] == "ValueError"
    assert "while dying" in event.fields["message"]
    assert "ValueError: while dying" in stderr(found)


# --- logging ------------------------------------------------------------------------------------------------


def test_a_log_record_is_an_event_with_its_extra_fields() -> None:
    def program() -> None:
        log = logging.getLogger("pipelines.stream")
        log.warning("took %d s, token=%s", 3, "hunter2", extra={"stream": "lobby", "handle": object()})
        log.info("too low to be a record")
        try:
            raise KeyError("gone")
        except KeyError:
            log.exception("failed")

    found = simulated(program)

    first, second = [event.fields for event in found.trace.of("log").events]
    assert first["level"] == "WARNING"
    assert first["logger"] == "pipelines.stream"
    assert first["message"] == "took 3 s, token=[redacted]"
    assert first["data"] == {"stream": "lobby"}
    assert (second["message"], second["error"]) == ("failed", "KeyError")
    assert "took 3 s" in stderr(found)


def test_every_process_and_every_run_has_a_logging_set_up_of_its_own(caplog: pytest.LogCaptureFixture) -> None:
    before = list(logging.root.handlers), logging.root.level, logging.getLogger("asyncio").level

    async def loud() -> None:
        logging.basicConfig(level=logging.DEBUG, format="loud %(relativeCreated)d %(message)s")
        logging.getLogger("asyncio").setLevel(logging.ERROR)
        for _ in range(3):
            logging.getLogger().debug("detail")
            await asyncio.sleep(1)

    async def quiet() -> None:
        logging.basicConfig(format="quiet %(message)s")
        for _ in range(3):
            logging.getLogger().debug("never")
            logging.getLogger().warning("shown")
            await asyncio.sleep(1)

    @scenario()
    async def both(world: World) -> None:
        """Two programs log, in turns."""
        world.host("loud").run(loud)
        await world.host("quiet").run(quiet).wait()

    def lines() -> dict[str, list[str]]:
        found = run(both)
        assert found.outcome.passed, found.outcome.message
        events = found.trace.of("proc.stderr").events
        return {host: [one.fields["text"] for one in events if one.host == host] for host in ("loud", "quiet")}

    first = lines()

    assert first["loud"] == [f"loud {ms} detail\n" for ms in (0, 1000, 2000)]
    assert first["quiet"] == ["quiet shown\n"] * 3
    assert lines() == first
    assert (list(logging.root.handlers), logging.root.level, logging.getLogger("asyncio").level) == before
    assert [record for record in caplog.records if record.name == "root"] == []


def test_handlers_of_a_program_are_flushed_at_its_end() -> None:
    from logging.handlers import MemoryHandler

    def program() -> None:
        handler = logging.StreamHandler()
        logging.getLogger("kept").addHandler(MemoryHandler(100, target=handler))
        logging.getLogger("kept").warning("until the end")

    assert "until the end" in stderr(simulated(program))
    assert logging.getLogger("kept").handlers == []


def test_a_run_that_was_cut_leaves_nothing_to_which_its_program_still_refers() -> None:
    async def work() -> None:
        # anyio keeps its threads by their loop, to which they refer: no collector ends that.
        await anyio.to_thread.run_sync(time.sleep, 0.1)
        async with anyio.create_task_group() as group:
            group.start_soon(anyio.sleep_forever)

    @scenario()
    async def cut(world: World) -> None:
        """The program is still at work when the run ends."""
        world.host("busy").run(work)
        await asyncio.sleep(1)
        engines.append(weakref.ref(world.engine))

    engines: list[weakref.ref[Engine]] = []

    assert run(cut, seed=1).outcome.passed

    gc.collect()
    assert [engine() for engine in engines] == [None]


def test_what_runs_leave_does_not_pile_up() -> None:
    @scenario()
    async def heavy(world: World) -> None:
        """It holds much, in a circle, until its end."""
        ballast = [[] for _ in range(LEFT_MAX // 4)]  # type: list[list[int]]
        world.owes(lambda: None if ballast else "nothing")
        engines.append(weakref.ref(world.engine))

    engines: list[weakref.ref[Engine]] = []
    gc.disable()  # As in a sweep, where nearly all is allocated within runs.
    try:
        for seed in range(30):
            assert run(heavy, seed=seed).outcome.passed
    finally:
        gc.enable()

    assert len(engines) == 30
    assert sum(engine() is not None for engine in engines) < 15
