"""Every benchmark computes the right result on every engine that can run it; nothing here looks at a clock."""

import sys
from dataclasses import replace

import pytest

from benchmarks import expected, tiny
from benchmarks.cases import CASES, Case
from benchmarks.engines import ENGINES, NEEDS_PYTHON, can_run
from benchmarks.measures import MEASURES

_TINY = {"timers": (5, 3), "streams": (1024, 4)}
_PEERS = {"simpy": "simpy", "async-solipsism": "async_solipsism", "simloop": "simloop", "simloom": "simloom"}


def small(case: Case) -> Case:
    return replace(case, sizes=_TINY.get(case.program, (20,)))


@pytest.mark.parametrize(
    ("engine", "case"),
    [
        pytest.param(engine, case, id=f"{engine}-{case.name}")
        for engine in ENGINES
        for case in CASES
        if can_run(engine, case)
    ],
)
def test_a_case_returns_what_was_computed_without_any_engine(engine: str, case: Case) -> None:
    if sys.version_info < NEEDS_PYTHON.get(engine, (3, 11)):
        pytest.skip(f"{engine} needs a later Python")
    if engine in _PEERS:
        pytest.importorskip(_PEERS[engine], reason=f"{engine} is not installed (the bench extra)")
    less = small(case)

    got = ENGINES[engine](less)

    assert expected.agrees(got, getattr(expected, less.program)(*less.sizes))


@pytest.mark.parametrize("layout", tiny.LAYOUTS)
@pytest.mark.parametrize("engine", tiny.ARMS)
def test_an_engine_with_hosts_runs_tiny_seeds_and_times_each(engine: str, layout: str) -> None:
    if sys.version_info < NEEDS_PYTHON.get(engine, (3, 11)):
        pytest.skip(f"{engine} needs a later Python")
    if engine in _PEERS:
        pytest.importorskip(_PEERS[engine], reason=f"{engine} is not installed (the bench extra)")

    found = tiny.measure(engine, layout, 7, 2)

    assert len(found["cpu_ms"]) == 2


@pytest.mark.parametrize("name", MEASURES)
def test_a_measure_of_the_engine_does_what_it_measures(name: str) -> None:
    found = MEASURES[name](7)

    assert 7 in found.values()


def test_a_shrunk_case_keeps_its_tasks_and_counts_fewer_operations() -> None:
    case = next(case for case in CASES if case.name == "timers-1k")

    less = case.shrunk(10)

    assert (less.sizes, less.operations) == ((1000, 10), 10_000)
