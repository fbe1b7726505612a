"""Shrinking leaves what the failure needs and nothing else, whatever the number of jobs, and keeps to its budget."""

import pytest

from simulator.errors import Misuse
from simulator.explore.attempt import Attempt, size_of
from simulator.explore.case import ScenarioCase
from simulator.explore.passes import PASSES
from simulator.explore.shrink import Budget, Shrunk, shrink
from simulator.explore.signature import signature
from simulator.faults import ClockJump, Partition, Pause, Plan, ServiceTrouble, SlowLink, TimedFault
from simulator.kernel.tape import Draw, Tape
from simulator.scenarios.echo_under_partition import echo_under_partition

SECOND_NS = 10**9
CASE = ScenarioCase(scenario=echo_under_partition, params={"payments": True})
CUT = TimedFault(4_835_123_456, 4_134_000_001, Partition("client1", "server"))
NOISE = (
    TimedFault(1_000_000_001, SECOND_NS, SlowLink("client2", "server", 0.1)),
    TimedFault(2_222_222_222, 3 * SECOND_NS, ClockJump("client2", 60.0)),
    TimedFault(3_333_333_333, SECOND_NS, Pause("client2")),
)


def failure(*faults: TimedFault) -> Attempt:
    """Payments that are made twice, for their answer did not come in time."""
    plan = Plan(tuple(sorted(faults, key=lambda one: one.at_ns)))
    run = CASE.play(Attempt(CASE, plan, Tape((), 1)).as_play())
    assert "nothing is paid for twice" in signature(run)
    return Attempt(CASE, plan, run.tape)


@pytest.fixture(scope="module")
def shrunk() -> Shrunk:
    return shrink(failure(CUT, *NOISE), jobs=2)


def test_what_the_failure_needs_is_left(shrunk: Shrunk) -> None:
    best = shrunk.best.attempt

    assert [type(timed.fault) for timed in best.plan.faults] == [Partition]
    assert best.case.numbers()["requests"] < 5
    assert not any(draw.value for draw in best.tape.draws)
    assert shrunk.finished
    assert shrunk.best.size.events < shrunk.first.size.events / 2


def test_times_are_easy_to_say(shrunk: Shrunk) -> None:
    (timed,) = shrunk.best.attempt.plan.faults

    assert timed.at_ns % SECOND_NS == 0
    assert timed.lasts_ns % SECOND_NS == 0


def test_it_violates_the_same_when_it_is_played_again(shrunk: Shrunk) -> None:
    best = shrunk.best

    assert signature(best.attempt.case.play(best.attempt.as_play())) == best.signature == shrunk.first.signature


def test_the_result_does_not_depend_on_the_number_of_jobs(shrunk: Shrunk) -> None:
    assert shrink(failure(CUT, *NOISE), jobs=1).best == shrunk.best


def test_the_budget_is_kept_and_what_was_found_by_then_is_good() -> None:
    found = shrink(failure(CUT, *NOISE), budget=Budget(runs_max=6), jobs=1)

    assert found.runs == 6
    assert not found.finished
    assert found.best.size.rank < found.first.size.rank
    assert found.best.signature == found.first.signature


def test_a_run_that_passes_cannot_be_shrunk() -> None:
    with pytest.raises(Misuse, match="played again, it passes"):
        shrink(Attempt(CASE, Plan(), Tape((), 1)))


def test_every_proposal_differs_from_what_it_was_made_of() -> None:
    trouble = TimedFault(0, SECOND_NS, ServiceTrouble("s3", "throttled:chance=0.2"))
    tape = Tape((Draw("link", "a", "delay", 100, 59), Draw("plan", "b", "on", 2, 1)), 7)
    attempt = Attempt(CASE, Plan((trouble, CUT)), tape)

    for one in PASSES:
        proposals = list(one(attempt))
        assert proposals, one.__name__
        assert all(proposal != attempt for proposal in proposals), one.__name__


def test_a_trouble_by_chance_becomes_one_that_strikes_once() -> None:
    trouble = TimedFault(0, SECOND_NS, ServiceTrouble("s3", "throttled:chance=0.2"))
    (milder,) = (one for one in PASSES if one.__name__ == "milder_faults")

    texts = [str(proposal.plan.faults[0].fault) for proposal in milder(Attempt(CASE, Plan((trouble,)), Tape()))]

    assert texts == ["s3: throttled:times=1", "s3: throttled"]


def test_fewer_faults_weigh_more_than_fewer_events() -> None:
    told = {"events": 1000}
    one, two = Attempt(CASE, Plan((CUT,)), Tape()), Attempt(CASE, Plan((CUT, *NOISE)), Tape())

    assert size_of(one, told).rank < size_of(two, {"events": 10}).rank
