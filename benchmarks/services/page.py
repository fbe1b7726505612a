"""docs/performance-services.md from the figures of one run."""

from collections.abc import Sequence
from statistics import median
from typing import Any, Final

from benchmarks.services.redis_load import LINES as REDIS_LINES
from benchmarks.services.s3 import LINES, Line

OURS: Final = "soundstage"

_INTRODUCTION: Final = """\
# Performance of the services

Written by `scripts/bench services --page` from one run; do not edit. The servers ran side by side and were asked in
turns, {rounds} rounds; a figure is the median of the rounds. The client makes and signs its requests beforehand, and
shares the machine with the server. Machines are noisy: only ratios of one run count.

{machine}
"""


def page(results: dict[str, Any]) -> str:
    """The whole page, as Markdown."""
    machine = results["machine"]
    told = f"{machine['implementation']} {machine['python']}, {machine['system']}, {machine['cores']} cores, "
    rounds = next(results[name]["rounds"] for name in ("s3", "redis") if name in results)
    text = _INTRODUCTION.format(rounds=rounds, machine=f"{told}{machine['processor']}.")
    parts = [text, _s3(results["s3"])] if "s3" in results else [text]
    if "simulated" in results:
        parts.append(_simulated(results["simulated"]))
    if "redis" in results:
        parts.append(_redis(results["redis"]))
    return "\n".join(parts)


def _redis(found: dict[str, Any]) -> str:
    return (
        f"## Redis, over `serve redis`\n\n{_table(found, REDIS_LINES)}\nThe real one is written in C; the last column"
        " is against the best of the others. Values have 64 bytes, nothing is written to disk.\n"
    )


def _simulated(found: dict[str, Any]) -> str:
    pairs, share = found["pairs"] / found["cpu_s"], found["share_outside"]
    return (
        "## S3, in simulation\n\nAn unmodified aiobotocore puts and gets 1 KiB, each on a host of its own:\n"
        f"**{pairs:,.0f} pairs per CPU second**, **{share:.0%}** of the CPU outside the client's libraries (loop,"
        " network, HTTP and\nS3 together).\n"
    )


def _s3(found: dict[str, Any]) -> str:
    return f"## S3, over `serve s3`\n\n{_table(found, LINES)}\n{_notes(found['titles'])}"


def _table(found: dict[str, Any], lines: Sequence[Line]) -> str:
    titles: dict[str, str] = found["titles"]
    head = ["", *(f"**{title}**" if name == OURS else title for name, title in titles.items()), "against the next"]
    rows = [head, ["---", *(["---:"] * (len(head) - 1))]]
    for line in lines:
        figures = {name: median(values) for name, values in found["figures"][line.name].items()}
        cells = [_shown(figures.get(name)) for name in titles]
        rows.append([f"{line.title}, {line.unit}", *cells, _against(figures, more=line.more_is_better)])
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _shown(figure: float | None) -> str:
    if figure is None:
        return ""
    return f"{figure:,.0f}" if figure >= 10 else f"{figure:.2f}"


def _against(figures: dict[str, float], *, more: bool) -> str:
    """How many times as good ours is as the best of the others."""
    others = [figure for name, figure in figures.items() if name != OURS]
    if OURS not in figures or not others:
        return ""
    return f"{figures[OURS] / max(others):.1f} x" if more else f"{min(others) / figures[OURS]:.1f} x"


def _notes(titles: dict[str, str]) -> str:
    text = "Every request is signed (version 4, digest of the body included), and parts carry a CRC32. "
    text += "Everything is kept in memory"
    if "swift" in titles:
        text += ", but by Swift, which writes files (four processes)"
    return text + ".\n"
