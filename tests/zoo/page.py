"""Page: the figures of the zoo as they are kept, and `docs/zoo.md`, which is made of them."""

from pathlib import Path
from typing import Final

import msgspec

from tests.zoo.search import Figures
from tests.zoo.table import ZOO, Entry

FIGURES: Final = Path(__file__).parent / "figures.json"
PAGE: Final = Path(__file__).parents[2] / "docs" / "zoo.md"

_HEAD: Final = """# The bug zoo

Small programs over real client libraries (redis.asyncio, aiobotocore, aiohttp, anyio, watchfiles, ffmpeg-python), each
with one planted bug of a kind that production systems have, and a twin from which only that bug is gone. They are plain
scripts in [`tests/zoo/programs`](../tests/zoo/programs), know no simulator, and say by assertions of their own what
must hold. What finds the bugs is the [sweep](guide/exploring.md) as every user has it:

<!-- not run: it takes a while -->
```sh
python -m simulator sweep tests/zoo/programs/blind_retry_broken.py
```

Each bug was looked for {searches} times, each time from other seeds and for at most {seeds_max:,} of them. *Seeds* is
how many were played until it showed: median, and worst. Each twin was played under the same weather with
{twin_seeds:,} seeds; every failure of it is a false alarm.

The order of callbacks is asyncio's own, so each of these failures can happen on a machine. Where `--schedule` is named,
only another order shows the bug, and the sweep says so.

"""
_FOOT: Final = """
*Faults* are groups of the [usual weather](guide/exploring.md); *chance* is none of them: latencies and what the program
draws suffice. Each program has only those services on offer that it uses. `scripts/zoo` plays all this again and
writes this page from `tests/zoo/figures.json`.
"""


def kept() -> dict[str, Figures]:
    """The figures of the last campaigns."""
    if not FIGURES.exists():
        return {}
    return msgspec.json.decode(FIGURES.read_bytes(), type=dict[str, Figures])


def keep(figures: dict[str, Figures]) -> None:
    """Write figures and the page."""
    known = {entry.name: figures[entry.name] for entry in ZOO if entry.name in figures}
    FIGURES.write_bytes(msgspec.json.format(msgspec.json.encode(known), indent=1) + b"\n")
    PAGE.write_text(page(known))


def page(figures: dict[str, Figures]) -> str:
    """The page in markdown."""
    rows = [_row(entry, figures[entry.name]) for entry in ZOO if entry.name in figures]
    played = list(figures.values())
    head = _HEAD.format(
        searches=min((len(one.searches) for one in played), default=0),
        seeds_max=min((one.seeds_max for one in played), default=0),
        twin_seeds=min((one.twin_seeds for one in played), default=0),
    )
    table = ["| kind | planted | faults | seeds: median | worst | false alarms | what the failure says |"]
    table.append("|---|---|---|--:|--:|--:|---|")
    return head + "\n".join(table + rows) + "\n" + _FOOT


def _row(entry: Entry, figures: Figures) -> str:
    faults = "chance" if entry.groups == ("none",) else ", ".join(entry.groups)
    if entry.schedule != "fifo":
        faults += f"; `--schedule {entry.schedule}`"
    worst = f"{figures.worst:,}" if not figures.missed else f"not found by {figures.missed}"
    cells = [
        f"`{entry.name}`",
        entry.planted,
        faults,
        f"{figures.median:,}",
        worst,
        f"{len(figures.alarms)} in {figures.twin_seeds:,}",
        _said(figures.said),
    ]
    return f"| {' | '.join(cells)} |"


def _said(signature: str) -> str:
    """What a failure violates, and where, without the text of the line."""
    what, _, where = signature.partition(" | ")
    where = where.partition(": ")[0]
    told = what.removeprefix("crashed: ").removeprefix("AssertionError: ").removesuffix(".")
    told += f" ({where})" if where else ""
    return told.replace("|", "\\|").replace("*", "\\*").replace("<", "&lt;")
