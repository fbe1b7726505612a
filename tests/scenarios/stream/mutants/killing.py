"""Killing: a run of a scenario with the program as it is, or with a rule less, and whether that is the end expected."""

from dataclasses import replace

from simulator.harness.run import Run, run
from simulator.scenarios import catalogue
from simulator.scenarios.stream.cluster import load_program
from tests.scenarios.stream.mutants.cuts import Cut, broken
from tests.scenarios.stream.mutants.table import Kill


def played(kill: Kill, cuts: tuple[Cut, ...] = (), *, seed: int | None = None) -> Run:
    """The run of a kill, with these cuts in the program."""
    scenario = catalogue()[kill.scenario]
    if kill.settle_s is not None:
        scenario = replace(scenario, settle_s=kill.settle_s)
    load_program()
    with broken(cuts):
        return run(scenario, seed=kill.seed if seed is None else seed)


def is_killed(kill: Kill, found: Run) -> bool:
    """Whether a run was ended by the property that the kill names, and by no other."""
    if not found.outcome.violations:
        return False
    first = found.outcome.violations[0]
    if kill.words:
        return first.oracle == "assertion" and kill.words in first.text
    return kill.caught_by in first.oracle.split()
