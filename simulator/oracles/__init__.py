"""Oracles: properties as folds over the events of a run.

An oracle sees every event once, in order, and says what is wrong: at the event that shows it, or at the
end. It sees nothing else, so the same oracle stops a live run and judges a saved trace.

    judge([no_unhandled_errors()], Trace.load("run.jsonl"))

| module    | what lives there                              |
|-----------|------------------------------------------------|
| `fold`    | the protocol, and how traces are judged        |
| `generic` | properties that any program should have        |
"""

from simulator.oracles.fold import Oracle, Violation, judge
from simulator.oracles.generic import at_most_one, no_unhandled_errors, nobody_crashes, nothing_leaks, said

__all__ = [
    "Oracle",
    "Violation",
    "at_most_one",
    "judge",
    "no_unhandled_errors",
    "nobody_crashes",
    "nothing_leaks",
    "said",
]
