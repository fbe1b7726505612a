"""docs/performance.md from the figures of one run, or of one for each of some Pythons, and nothing else."""

from collections.abc import Iterable, Sequence
from statistics import median
from typing import Any

from benchmarks import goals
from benchmarks.engines import TOO_SLOW
from benchmarks.rounds import mean_ratio, ratio, spread
from benchmarks.tiny import HOSTS, PROGRAM

_MINE = "soundstage"
_PEERS = ("simpy", "async-solipsism", "simloop", "simloom", "asyncio")

_INTRODUCTION = """\
# Performance

Written by `scripts/bench --page` from one run; do not edit. Every engine ran in a process of its own, in turns,
{rounds} rounds; a figure is the median CPU time of the rounds, a ratio the median of the ratios within each round, and
every result was compared with one computed without any engine. Machines are noisy: only ratios of one run count.

{machine}
Soundstage ran with its limits and its stuck detection on and without a recorder. SimPy ran generators, all others
the same asyncio programs. The collector was off for everybody while the clock ran.
"""


def page(results: dict[str, Any], *others: dict[str, Any]) -> str:
    """The whole page, as Markdown; runs on other Pythons follow, without what one run says for all."""
    parts = [_INTRODUCTION.format(rounds=results["rounds"], machine=_machine(results["machine"]))]
    if results["quick"]:
        parts.append("**This was a `--quick` run: a tenth of the work, for a look and not for quoting.**\n")
    parts += _compared(results, "##")
    parts += [tell(results) for name, tell in _MEASURES.items() if name in results["measures"]]
    for other in others:
        parts.append(f"## On {other['machine']['implementation']} {other['machine']['python']}\n")
        parts.append(f"Another run, of {other['rounds']} rounds. {_machine(other['machine'])}")
        parts += _compared(other, "###")
    return "\n".join(parts)


def _compared(results: dict[str, Any], level: str) -> list[str]:
    """What was measured beside peers, under headings of a level."""
    parts = []
    if any(results["cpu_s"].values()):
        parts += [_rates(results, level), _ratios(results, level), _spreads(results)]
    if results.get("tiny"):
        parts.append(_tiny_seed(results, level))
    if rows := goals.rows(results):
        parts.append(_goals(results, rows, level))
    return parts


def _goals(results: dict[str, Any], rows: list[list[str]], level: str) -> str:
    text = (
        f"{level} Goals\n\nSet on another machine, hence as ratios to a peer of the same run: times as fast, but where"
        " another unit is told.\n\n"
    )
    return text + _table(["what", "unit", "goal", "reached", "met"], rows) + f"\n{goals.remark(results)}"


def _machine(machine: dict[str, Any]) -> str:
    libraries = ", ".join(f"{name} {version}" for name, version in machine["libraries"].items())
    return (
        f"{machine['implementation']} {machine['python']}, {machine['system']}, {machine['cores']} cores, "
        f"{machine['processor']}; {libraries}.\n"
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _engines(taken: dict[str, dict[str, list[float]]]) -> list[str]:
    seen = {engine for case in taken.values() for engine in case}
    return [engine for engine in (*_PEERS, _MINE, "soundstage-links") if engine in seen]


def _rates(results: dict[str, Any], level: str) -> str:
    """Thousand operations per CPU second."""
    taken, cases = results["cpu_s"], results["cases"]
    rows = []
    for engine in _engines(taken):
        row = [f"**{engine}**" if engine.startswith(_MINE) else engine]
        for name, case in taken.items():
            if engine in case:
                row.append(f"{cases[name]['operations'] / median(case[engine]) / 1e3:,.1f}")
            else:
                row.append("too slow" if (engine, name) in TOO_SLOW else "")
        rows.append(row)
    titles = [f"{case['title']} ({case['unit']})" for case in cases.values()]
    return f"{level} Thousand operations per CPU second\n\n" + _table(["engine", *titles], rows)


def _ratios(results: dict[str, Any], level: str) -> str:
    """How many times as fast Soundstage is."""
    taken = results["cpu_s"]
    rows = []
    for engine in _engines(taken):
        if engine.startswith(_MINE):
            continue
        cells = [
            f"{ratio(case[_MINE], case[engine]):.2f}" if engine in case and _MINE in case else ""
            for case in taken.values()
        ]
        mean = mean_ratio(taken, _MINE, engine)
        rows.append([engine, *cells, f"**{mean:.2f}**" if mean is not None else ""])
    titles = [case["title"] for case in results["cases"].values()]
    note = "Above 1, Soundstage is the faster one. The mean is geometric, over the cases that both ran.\n\n"
    return f"{level} Soundstage against each, in the same round\n\n" + note + _table(["peer", *titles, "mean"], rows)


def _spreads(results: dict[str, Any]) -> str:
    widest = max(spread(values) for case in results["cpu_s"].values() for values in case.values())
    return f"The slowest round of any engine in any case took {widest:.2f} times as long as its fastest.\n"


def _trace(results: dict[str, Any]) -> str:
    (found,) = results["measures"]["trace"]
    rate = found["events"] / found["cpu_s"]
    return (
        f"## Recording\n\nEmitted, encoded, hashed, written to a file and kept: **{rate:,.0f} events per CPU second** "
        f"({found['bytes_per_event']} bytes each).\n"
    )


_LAYOUTS = {
    HOSTS: "Each on a host of its own; for Soundstage that is six processes and six event loops, and the scenario's:",
    PROGRAM: "All of them tasks of one program on one host, over its loopback; Soundstage adds the scenario's process:",
}


def _tiny_seed(results: dict[str, Any], level: str) -> str:
    """A whole run of a server and five clients, on each engine that has hosts, and how fast the machine was."""
    found = results["tiny"]
    text = (
        f"{level} A tiny seed\n\nA server and five clients, three requests each over streams, from the seed to the"
        f" outcome in a warm interpreter:\n{results['rounds']} rounds of {found['seeds']} seeds, with each engine's"
        " links as they are out of the box. Soundstage's have latency and jitter,\nand all is recorded, checked and"
        " buried; the others have one loop for all.\n"
    )
    for layout, told in _LAYOUTS.items():
        taken: dict[str, list[float]] = found["layouts"][layout]["cpu_ms"]
        rows = []
        for engine, each in taken.items():
            times = f"{ratio(taken[_MINE], each):.2f}" if engine != _MINE and _MINE in taken else ""
            name = f"**{engine}**" if engine == _MINE else engine
            worst = f"{found['layouts'][layout]['cpu_ms_worst'][engine]:.2f}"
            rows.append([name, f"{median(each):.2f}", f"{1e3 / median(each):,.0f}", worst, times])
        if rows:
            text += f"\n{told}\n\n" + _table(["engine", "CPU ms", "seeds/s", "worst ms", "times ours"], rows)
    timers = found["simpy_timers"]
    rate = f"\nSimPy ran {median(timers) / 1e3:,.0f} thousand timers per second in the same rounds.\n" if timers else ""
    return text + rate


def _growth(name: str, title: str, text: str, results: dict[str, Any]) -> str:
    rows = []
    for found in results["measures"][name]:
        each = found["cpu_s"] / found["count"] * 1e6
        rows.append([f"{found['count']:,}", f"{found['cpu_s']:.2f}", f"{each:,.0f}"])
    return f"## {title}\n\n{text}\n\n" + _table([name, "CPU s", "µs each"], rows)


def _hosts(results: dict[str, Any]) -> str:
    text = (
        "Each host runs one program on a loop of its own that wakes up ten times. Linear growth is a level last column."
    )
    return _growth("hosts", "Idle hosts", text, results)


def _connections(results: dict[str, Any]) -> str:
    text = "Each from a host of its own to one server, over the full link model, used for ten round trips."
    return _growth("connections", "Connections", text, results)


_MEASURES = {"trace": _trace, "hosts": _hosts, "connections": _connections}
