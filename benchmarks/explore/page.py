"""docs/performance-explore.md from the figures of one run."""

from statistics import median
from typing import Any, Final

_INTRODUCTION: Final = """\
# Performance of sweeps

Written by `scripts/bench explore --page` from one run; do not edit. Sweeps and peers took turns, {rounds} rounds; a
figure is the median of the rounds. Seeds a second *of a core* are counted in CPU time of all processes, so they hold,
more or less, where other work shares the machine; real time, and with it what several jobs gain, does not: the load was
{load:.1f} on {cores} cores when this was measured.

{machine}
"""


def page(results: dict[str, Any]) -> str:
    """The whole page, as Markdown."""
    machine = results["machine"]
    told = f"{machine['implementation']} {machine['python']}, {machine['system']}, {machine['processor']}."
    parts = [
        _INTRODUCTION.format(rounds=results["rounds"], machine=told, load=results["load"][0], cores=machine["cores"]),
        _sweeps(results["sweeps"]),
        _peers(results),
    ]
    return "\n".join(parts)


def per_core(rounds: list[dict[str, float]]) -> float:
    """Seeds for each second of CPU."""
    return median(one["seeds"] / one["cpu_s"] for one in rounds)


def _sweeps(sweeps: dict[str, dict[str, list[dict[str, float]]]]) -> str:
    lines = [
        "## Seeds a second",
        "",
        "`tiny` is a server and five clients on hosts of their own, three requests each. `multipart` is an upload of",
        "two parts, of 5 MiB and of 1,000 bytes, by aiobotocore over HTTP. A session of botocore reads its models;",
        "where one session serves all runs of a process, they are read once.",
        "",
        "| scenario | jobs | seeds/s of a core | seeds/s in real time |",
        "|---|---|---|---|",
    ]
    for name, by_jobs in sweeps.items():
        for jobs, rounds in by_jobs.items():
            real = median(one["seeds"] / one["real_s"] for one in rounds)
            lines.append(f"| {name} | {jobs} | {per_core(rounds):,.1f} | {real:,.1f} |")
    return "\n".join([*lines, ""])


def _peers(results: dict[str, Any]) -> str:
    if not results["peers"]:
        return "## Beside peers\n\nThe peers need Python 3.12 or later, and were not measured in this run.\n"
    ours = per_core(results["sweeps"]["tiny"]["1"])
    lines = ["## Beside peers", "", "The tiny scenario, warm, one process, seeds for each second of CPU.", ""]
    lines += [
        "| | seeds/s of a core | a sweep is |",
        "|---|---|---|",
        f"| soundstage, `sweep --jobs 1` | {ours:,.1f} | |",
    ]
    for peer, rounds in results["peers"].items():
        theirs = 1e3 / median(rounds)
        lines.append(f"| {peer} | {theirs:,.1f} | {ours / theirs:.2f} times as fast |")
    return "\n".join([*lines, ""])
