"""Goals: what the engine is to reach, as ratios to peers of the same run, for only those hold on another machine.

They were set on one machine with CPython 3.11, on which SimPy ran 1,935 thousand timers a second.
"""

from statistics import median
from typing import Any, Final

from benchmarks.rounds import ratio

_SIMPY_TIMERS: Final = 1_935_000
_MINE: Final = "soundstage"
_LINKS: Final = "soundstage-links"

_GOALS: Final = (
    # Case, who runs it, beside whom, and how many times as fast.
    ("timers-1", _MINE, "simpy", 0.38),
    ("timers-1k", _MINE, "simpy", 0.51),
    ("timers-100k", _MINE, "simpy", 0.60),
    ("ping-pong", _MINE, "simpy", 1.29),
    ("mm3", _MINE, "simpy", 0.89),
    ("timeout-fired", _MINE, "simpy", 0.78),
    ("timeout-unfired", _MINE, "simpy", 0.98),
    ("timers-1", _MINE, "async-solipsism", 4.0),
    ("streams-1k", _MINE, "async-solipsism", 150 / 64),
    ("streams-64k", _MINE, "async-solipsism", 100 / 49),
    ("streams-1k", _LINKS, "async-solipsism", 60 / 64),
)
_SOLIPSISM_TO_SIMPY: Final = {"timeout-fired": 0.59, "timeout-unfired": 0.57}
"""What another asyncio engine had of SimPy's rate where the goals were set: these say how far SimPy itself moved."""

TINY_SEED_TIMERS: Final = 0.0025 * _SIMPY_TIMERS
"""A tiny seed may cost as much as so many of SimPy's timers."""

EVENTS_TO_TIMERS: Final = 450_000 / _SIMPY_TIMERS
"""Events recorded in the time of one of SimPy's timers."""


def rows(results: dict[str, Any]) -> list[list[str]]:
    """What, beside whom, the goal, what was reached, and whether that is enough; for what the run has measured."""
    taken, cases = results["cpu_s"], results["cases"]
    found = []
    for case, mine, peer, goal in _GOALS:
        seen = taken.get(case, {})
        if mine in seen and peer in seen:
            title = cases[case]["title"] + (" over links" if mine == _LINKS else "")
            found.append(_row(title, f"times {peer}", goal, ratio(seen[mine], seen[peer])))
    return found + _recording(results) + _tiny(results)


def _row(title: str, unit: str, goal: float, reached: float, *, at_most: bool = False) -> list[str]:
    digits = ",.0f" if at_most else ".2f"
    is_met = round(reached, 2) <= round(goal, 2) if at_most else round(reached, 2) >= round(goal, 2)
    bound = "at most " if at_most else ""
    return [title, unit, f"{bound}{goal:{digits}}", f"{reached:{digits}}", "yes" if is_met else "**no**"]


def _recording(results: dict[str, Any]) -> list[list[str]]:
    timers = results["cpu_s"].get("timers-1", {}).get("simpy")
    measured = results["measures"].get("trace")
    if not timers or not measured:
        return []
    rate = measured[0]["events"] / measured[0]["cpu_s"]
    simpy = results["cases"]["timers-1"]["operations"] / median(timers)
    return [_row("recording", "events for each timer of simpy", EVENTS_TO_TIMERS, rate / simpy)]


def _tiny(results: dict[str, Any]) -> list[list[str]]:
    tiny = results.get("tiny")
    if not tiny or not tiny["simpy_timers"] or _MINE not in tiny["layouts"]["hosts"]["cpu_ms"]:
        return []
    each = tiny["layouts"]["hosts"]["cpu_ms"][_MINE]
    reached = median(ms / 1e3 * rate for ms, rate in zip(each, tiny["simpy_timers"], strict=True))
    return [_row("a tiny seed", "timers of simpy", TINY_SEED_TIMERS, reached, at_most=True)]


def remark(results: dict[str, Any]) -> str:
    """How far SimPy itself has moved in the cases whose goals hang on it most."""
    taken = results["cpu_s"]
    both = {"simpy", "async-solipsism"}
    if not all(both <= taken.get(case, {}).keys() for case in _SOLIPSISM_TO_SIMPY):
        return ""
    was = " and ".join(f"{then:.2f}" for then in _SOLIPSISM_TO_SIMPY.values())
    now = " and ".join(
        f"{ratio(taken[case]['async-solipsism'], taken[case]['simpy']):.2f}" for case in _SOLIPSISM_TO_SIMPY
    )
    return (
        f"Where the goals were set, async-solipsism had {was} of SimPy's rate in the two cases of time-outs; in this\n"
        f"run it has {now}. So far do these two goals hang on SimPy, whose side of the comparison has moved.\n"
    )
