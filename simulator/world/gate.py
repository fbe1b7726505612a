"""The gate: every act that can fail asks here first, and faults are rules that answer.

    with world.gate.rule("disk full", lambda act: ENOSPC_VERDICT if act.kind == "fs.write" else None):
        ...

The first rule that does not pass decides. What it returns is a verdict of the floor that asked (a disk
`Verdict`, a network `Delay`, `Fail` or `Lose`); the gate only carries it. Without rules it costs one
look at an empty list.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Act:
    """Something that is about to happen: what kind, on which host, to what, how large."""

    kind: str  # "fs.write", "net.connect", "net.send", "dns.query", ...
    host: str
    target: str  # A path, or the host at the other end.
    size: int = 0


Judge = Callable[[Act], Any]
"""Returns a verdict, or None to pass."""


@dataclass(frozen=True)
class Rule:
    """A named judge; `lift` takes it away."""

    name: str
    judge: Judge


class Gate:
    """The rules in force, in the order in which they came."""

    def __init__(self) -> None:
        self.rules: list[Rule] = []
        self.on_change: Callable[[], object] = lambda: None
        """Called after the rules have changed: whoever asks often may stop asking while there are none."""

    def ask(self, act: Act) -> Any:
        """The verdict on an act: None lets it pass."""
        for rule in self.rules:
            verdict = rule.judge(act)
            if verdict is not None:
                return verdict
        return None

    def add(self, name: str, judge: Judge) -> Rule:
        """Put a rule in force until it is lifted."""
        rule = Rule(name, judge)
        self.rules.append(rule)
        self.on_change()
        return rule

    def lift(self, rule: Rule) -> None:
        """Take a rule away; one that is gone already is no mistake, for healing lifts all."""
        self.rules = [other for other in self.rules if other is not rule]
        self.on_change()

    @contextmanager
    def rule(self, name: str, judge: Judge) -> Iterator[Rule]:
        """Keep a rule in force for the enclosed code."""
        rule = self.add(name, judge)
        try:
            yield rule
        finally:
            self.lift(rule)

    def __repr__(self) -> str:
        return f"<gate: {', '.join(rule.name for rule in self.rules) or 'open'}>"
