"""The gate carries the first verdict that is not "pass", and without rules everything passes."""

import pytest

from simulator.world.gate import Act, Gate

WRITE = Act("fs.write", "a", "/data/x", 10)
SEND = Act("net.send", "a", "b", 10)


def test_without_rules_everything_passes() -> None:
    assert Gate().ask(WRITE) is None
    assert repr(Gate()) == "<gate: open>"


def test_the_first_rule_that_does_not_pass_decides() -> None:
    gate = Gate()
    gate.add("network", lambda act: "lost" if act.kind.startswith("net.") else None)
    gate.add("all", lambda act: "denied")
    gate.add("never asked", lambda act: pytest.fail("a later rule was asked"))

    assert [gate.ask(SEND), gate.ask(WRITE)] == ["lost", "denied"]
    assert repr(gate) == "<gate: network, all, never asked>"


def test_a_rule_is_in_force_until_it_is_lifted_once_or_twice() -> None:
    gate = Gate()
    rule = gate.add("all", lambda act: "denied")
    gate.lift(rule)
    gate.lift(rule)

    assert gate.ask(WRITE) is None


def test_a_rule_may_hold_for_a_block_even_if_that_fails() -> None:
    gate = Gate()

    def block() -> None:
        with gate.rule("all", lambda act: "denied"):
            assert gate.ask(WRITE) == "denied"
            raise KeyError

    with pytest.raises(KeyError):
        block()
    assert gate.rules == []


def test_two_equal_rules_are_lifted_one_by_one() -> None:
    gate = Gate()

    def judge(act: Act) -> str:
        return "denied"

    first, _ = gate.add("same", judge), gate.add("same", judge)
    gate.lift(first)

    assert gate.ask(WRITE) == "denied"


def test_a_rule_may_lift_itself_while_it_judges() -> None:
    gate = Gate()

    def once(act: Act) -> str:
        gate.lift(rule)
        return "denied"

    rule = gate.add("once", once)

    assert [gate.ask(WRITE), gate.ask(WRITE)] == ["denied", None]
