"""docs/performance-stream.md from the figures of one run, and nothing that is not among them."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from statistics import median
from typing import Any, Final

from benchmarks.stream.uploads import ratios

SHARE_GOAL: Final = 0.35
RATIO_GOAL: Final = 0.9
GROWTH_GOAL: Final = 0.2
_MIB: Final = 1 << 20

_INTRODUCTION: Final = """\
# Performance of the stream pipeline

Written by `scripts/bench stream --page`; do not edit. Machines are noisy, and this one had other work to do: only
ratios within one table count. What was hoped for stands beside what was found, whether it was reached or not.

{machine}
"""
_OWNERS: Final = {
    "engine": "the engine (kernel, world, trace)",
    "services": "the simulated services (S3, Redis, ffprobe)",
    "program": "the program (`pipelines`)",
    "libraries": "its libraries",
    "recorders": "the recorders, and the comparison of every object",
    "harness": "the harness",
}


def page(results: Mapping[str, Any]) -> str:
    """The whole page, as Markdown."""
    machine = results["machine"]
    told = f"{machine['implementation']} {machine['python']}, {machine['system']}, {machine['cores']} cores, "
    parts = [_INTRODUCTION.format(machine=f"{told}{machine['processor']}.")]
    if results.get("quick"):
        parts.append("**This was a `--quick` run: a part of the work, for a look and not for quoting.**\n")
    if "hour" in results:
        parts.append(_hour(results["hour"]))
    if "growth" in results:
        parts.append(_growth(results["growth"]))
    if "uploads" in results:
        parts.append(_uploads(results["uploads"], rounds=results["rounds"], ahead=results["ahead_of_others"]))
    return "\n".join(parts)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _reached(there: bool) -> str:
    return "reached" if there else "not reached"


# --- in simulation ------------------------------------------------------------------------------------------


def _hour(run: Mapping[str, Any]) -> str:
    outside = run["owners"].get("engine", 0.0) + run["owners"].get("services", 0.0)
    text = (
        f"## {run['recorders']} recorders for {run['seconds'] / 60:,.0f} virtual minutes\n\n"
        f"Each writes 200 kB a second, a film of a minute after the other. {run['films']:,} films,"
        f" {run['bytes'] / 1e9:,.1f} GB, became objects;\neach was compared byte for byte with what was written. Every"
        " event was encoded and hashed, as in any run; few were kept.\nWhat struck:\n\n"
    )
    text += "".join(f"- {' '.join(fault.split())}\n" for fault in run["faults"]) + "\n"
    rows = [
        ["virtual time, s", f"{run['virtual_s']:,.0f}"],
        ["wall time, s", f"{run['wall_s']:,.0f}"],
        ["CPU time, s", f"{run['cpu_s']:,.0f}"],
        ["virtual seconds per CPU second", f"{run['virtual_s'] / run['cpu_s']:.1f}"],
        ["events", f"{run['events']:,}"],
        ["events per CPU second", f"{run['events'] / run['cpu_s']:,.0f}"],
        ["MB recorded per CPU second", f"{run['bytes'] / 1e6 / run['cpu_s']:,.0f}"],
        ["memory at most, MB", f"{run['memory_mb']:,.0f}"],
    ]
    shares = [[_OWNERS[name], f"{share:.1%}"] for name, share in run["owners"].items()]
    parts = [[f"`{name}`", f"{share:.1%}"] for name, share in run["parts"].items()]
    return (
        text
        + _table(["", ""], rows)
        + "\nWhose the CPU time was, by samples that are charged with the time since the last one:\n\n"
        + _table(["of", "share"], shares)
        + f"\nEngine and services together: **{outside:.0%}** (hoped for: {SHARE_GOAL:.0%} at most;"
        f" {_reached(outside <= SHARE_GOAL)}).\n\nThe largest parts:\n\n" + _table(["part", "share"], parts)
    )


def slopes(runs: Sequence[Mapping[str, Any]]) -> list[float]:
    """CPU milliseconds that one more recorder costs in a second, from each size to the next."""
    return [
        1000 * (after["cpu_s"] - before["cpu_s"]) / (after["recorders"] - before["recorders"]) / after["seconds"]
        for before, after in pairwise(runs)
    ]


def _growth(runs: Sequence[Mapping[str, Any]]) -> str:
    rows = []
    for run, slope in zip(runs, [None, *slopes(runs)], strict=True):
        each = 1000 * run["cpu_s"] / run["recorders"] / run["seconds"]
        more = f"{slope:.2f}" if slope is not None else ""
        rows.append([f"{run['recorders']:,}", f"{run['cpu_s']:,.1f}", f"{run['events']:,}", f"{each:.2f}", more])
    found = slopes(runs)
    text = (
        f"## Growth\n\nThe same for {runs[0]['seconds']:,.0f} virtual seconds. The last column is what one more"
        " recorder costs, so that what every run costs once\n(imports of the worker, connections) is no part of"
        " it.\n\n" + _table(["recorders", "CPU s", "events", "CPU ms per recorder and second", "of one more"], rows)
    )
    if len(found) < 2:
        return text
    off = found[-1] / found[0] - 1
    return text + (
        f"\nFrom the first step to the last that changes by **{off:+.0%}** (hoped for: {GROWTH_GOAL:.0%} at most;"
        f" {_reached(abs(off) <= GROWTH_GOAL)}).\n"
    )


# --- for real -----------------------------------------------------------------------------------------------


def _uploads(servers: Mapping[str, Any], *, rounds: int, ahead: bool) -> str:
    text = (
        f"## Uploads for real\n\n`python -m pipelines stream` and boto3's transfer manager (ten threads, parts of the"
        f" same size) in turns, up to\n{rounds} rounds, medians. Files are moved whole into the folder that is watched,"
        " in memory; Redis is a real one, with its\nlog. *To the last part* begins with the move and ends when S3 has"
        " acknowledged all parts that are full; *to the object*\ngoes on to the last object, less the time in which the"
        " worker only waits to see whether a file goes on to grow. By\nthen every file was read a second time and"
        " compared with its parts, which boto3 does not do. A file of less than a\npart is sent when it is idle, with"
        " eight requests where boto3 makes one: that it is there, to be begun, listed, sent,\nlisted, completed and"
        " described is how nothing is lost, and what it costs.\n"
    )
    if ahead:
        text += "\nClient and server alike ran before all else on the machine (real-time priority).\n"
    for found in servers.values():
        rows = []
        for name, load in found["loads"].items():
            mib = load["bytes"] / _MIB
            taken = found["taken"][name]
            theirs = median(mib / each["objects_s"] for each in taken["boto3"])
            cells = [load["title"], f"{theirs:,.0f}"]
            for moment in ("parts_s", "objects_s"):
                mine = [mib / each[moment] for each in taken["ours"] if moment in each]
                cells += [f"{median(mine):,.0f}", f"{median(ratios(found, name, moment)):.2f}"] if mine else ["", ""]
            cpu = [median(each["cpu_s"] for each in taken[who]) for who in ("ours", "boto3")]
            rows.append([*cells, f"{cpu[0]:.2f}", f"{cpu[1]:.2f}"])
        head = ["MiB per second", "boto3", "to the last part", "of boto3", "to the object", "of boto3"]
        text += f"\n### {found['title']}\n\n" + _table([*head, "our CPU s", "boto3's CPU s"], rows)
        text += "\n" + _goal(found) + _latency(found["first_part_s"])
    return text


def _goal(found: Mapping[str, Any]) -> str:
    said = []
    for name, load in found["loads"].items():
        moment = "parts_s" if any("parts_s" in each for each in found["taken"][name]["ours"]) else "objects_s"
        ratio = median(ratios(found, name, moment))
        said.append(f"{load['title']} {_reached(ratio >= RATIO_GOAL)} ({ratio:.2f})")
    return f"Hoped for: at least {RATIO_GOAL} of boto3; {', '.join(said)}.\n"


def _latency(taken: Sequence[float]) -> str:
    found = sorted(taken)
    return (
        "From the write that fills a part of 8 MiB of a growing file to S3's acknowledgement: median"
        f" **{1000 * median(found):,.0f} ms**,\nworst of {len(found)} {1000 * found[-1]:,.0f} ms. Events are gathered"
        " for 50 ms at least and 400 ms at most.\n"
    )
