"""Every rule of the stream protocol is needed: the program without it is caught by a property, at a seed it passes."""

from functools import cache
from pathlib import Path

import pytest

from pipelines.stream.scripts import SCRIPTS, SHAS
from tests.scenarios.stream.mutants.cuts import Cut, NotApplied, broken, function_at
from tests.scenarios.stream.mutants.killing import is_killed, played
from tests.scenarios.stream.mutants.page import page
from tests.scenarios.stream.mutants.table import MUTANTS, Kill, Mutant

KILLS = [
    pytest.param(mutant, kill, id=f"{mutant.rule}: {kill.scenario}") for mutant in MUTANTS for kill in mutant.kills
]
PAGE = Path(__file__).parents[4] / "docs" / "reference" / "stream-mutants.md"
RULES = {
    "absolute bytes_sent",
    "one atomic script per set move",
    "HEAD check (NoSuchUpload is not done)",
    "HEAD check (NoSuchUpload is not failed)",
    "revision after a late write",
    "re-reading content on resume",
    "janitor",
    "token",
    "re-verification at finalize",
    'not "abort when Complete errors"',
    "timer renewal of the lease",
    "fencing and intent together",
    "fencing",
    "intent",
    "owner in the fence",
    "set repair",
}
"""Those of the model that the protocol was checked with."""


@cache
def whole(kill: Kill) -> str:
    """How the program as it is ends; the same run kills several mutants."""
    return str(played(kill).outcome)


def _text(where: str) -> object:
    return SCRIPTS[where.removesuffix(".lua")] if where.endswith(".lua") else function_at(where).__code__


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.rule)
def test_a_mutant_is_the_program_with_its_cuts_and_nothing_of_it_is_left_behind(mutant: Mutant) -> None:
    places = [cut.where for cut in mutant.cuts if cut.where != "prelude.lua"]
    before = {where: _text(where) for where in places} | dict(SCRIPTS)

    with broken(mutant.cuts):
        changed = [where for where in places if _text(where) == before[where]]
        scripts = [name for name in SCRIPTS if SCRIPTS[name] != before[name]]
        assert {name: script.sha for name, script in SCRIPTS.items()} == SHAS

    in_all = any(cut.where == "prelude.lua" for cut in mutant.cuts)
    assert changed == []
    assert sorted(scripts) == sorted(
        SCRIPTS if in_all else {p.removesuffix(".lua") for p in places if p.endswith(".lua")}
    )
    assert {where: _text(where) for where in places} | dict(SCRIPTS) == before
    assert {name: script.sha for name, script in SCRIPTS.items()} == SHAS


@pytest.mark.parametrize(("mutant", "kill"), KILLS)
def test_without_a_rule_the_run_ends_as_violated_and_with_it_it_passes(mutant: Mutant, kill: Kill) -> None:
    found = played(kill, mutant.cuts)

    assert is_killed(kill, found), f"without {mutant.rule}: {found.outcome}"
    assert whole(kill) == "passed"


def test_every_rule_of_the_protocol_has_its_mutant() -> None:
    assert {mutant.rule for mutant in MUTANTS} == RULES


def test_the_page_of_mutants_is_the_table() -> None:
    assert PAGE.read_text(encoding="utf-8") == page()


@pytest.mark.parametrize(
    "cut",
    [
        Cut("machine.judge_refusal", "return Outcome.NOWHERE", ""),
        Cut("machine.judge_refusal", "return Outcome.", ""),
        Cut("prelude.lua", "no such line", ""),
    ],
)
def test_a_cut_that_fits_nowhere_or_twice_is_an_error(cut: Cut) -> None:
    with pytest.raises(NotApplied, match="times, not once"), broken((cut,)):
        pass


def test_what_is_taken_out_of_two_rules_together_is_what_is_taken_out_of_each() -> None:
    cuts = {mutant.rule: mutant.cuts for mutant in MUTANTS}

    assert set(cuts["fencing and intent together"]) == {*cuts["fencing"], *cuts["intent"]}


@pytest.mark.parametrize("rule", ["fencing", "intent"])
def test_of_fence_and_promise_one_is_enough_against_a_promise_that_comes_late(rule: str) -> None:
    (both,) = [mutant for mutant in MUTANTS if mutant.rule == "fencing and intent together"]
    (alone,) = [mutant for mutant in MUTANTS if mutant.rule == rule]

    assert played(both.kills[0], alone.cuts).outcome.passed
