"""`scripts/bench`: measure, print, and write docs/performance.md and the figures it was made of."""

import argparse
import json
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

from benchmarks import machine, tiny
from benchmarks.cases import CASES, Case
from benchmarks.engines import ENGINES, NEEDS_PYTHON
from benchmarks.page import page
from benchmarks.rounds import Worker, compare

_PAGE: Final = Path(__file__).parents[1] / "docs" / "performance.md"
_QUICK: Final = 10
_REPEATS: Final = 3
_SEEDS: Final = 40  # Tiny seeds of each engine in a round.

# The measures of the engine alone, and the sizes at which they are taken.
MEASURES: Final = {
    "trace": (300_000,),
    "hosts": (1_000, 2_000, 5_000, 10_000),
    "connections": (100, 200, 500, 1_000),
}


def options(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    names = [case.name for case in CASES] + ["tiny-seed", *MEASURES]
    parser = argparse.ArgumentParser(prog="scripts/bench", description="Measure the engine and its peers side by side.")
    parser.add_argument("--quick", action="store_true", help="a tenth of the work, three rounds")
    parser.add_argument("--rounds", type=int, metavar="N", help="how often every engine runs every case (default: 7)")
    parser.add_argument("--case", action="append", choices=names, metavar="NAME", help="only this: " + ", ".join(names))
    parser.add_argument("--engine", action="append", choices=list(ENGINES), metavar="NAME",
                        help="only this engine: " + ", ".join(ENGINES))  # fmt: skip
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep the figures here as well")
    parser.add_argument("--page", action="store_true", help="write docs/performance.md; needs a whole run")
    parser.add_argument("--from-json", type=Path, metavar="FILE", help="measure nothing, use these figures")
    parser.add_argument("--also", type=Path, action="append", default=[], metavar="FILE",
                        help="figures of a run on another Python, to tell after these")  # fmt: skip
    given = parser.parse_args(arguments)
    if given.rounds is not None and given.rounds < 1:
        parser.error("--rounds must be at least 1")
    return given


def measure(given: argparse.Namespace) -> dict[str, Any]:
    """Everything that was asked for, as plain data."""
    wanted = set(given.case or [case.name for case in CASES] + ["tiny-seed", *MEASURES])
    rounds = given.rounds or (3 if given.quick else 7)
    cases = [case.shrunk(_QUICK) if given.quick else case for case in CASES if case.name in wanted]
    engines = [name for name in given.engine or ENGINES if sys.version_info >= NEEDS_PYTHON.get(name, (3, 11))]
    with ExitStack() as stack:
        workers = [stack.enter_context(Worker(name)) for name in engines]
        taken = compare(workers, cases, rounds=rounds, say=_say)
        seeds = _SEEDS // 4 if given.quick else _SEEDS
        small = tiny.compare(workers, rounds=rounds, seeds=seeds, say=_say) if "tiny-seed" in wanted else None
        mine = next((worker for worker in workers if worker.engine == "soundstage"), None)
        measured = _measure_engine(mine, wanted, quick=given.quick) if mine is not None else {}
    return {
        "machine": machine.describe(),
        "quick": given.quick,
        "rounds": rounds,
        "cases": {case.name: _described(case) for case in cases},
        "cpu_s": taken,
        "tiny": small,
        "measures": measured,
    }


def _described(case: Case) -> dict[str, Any]:
    return {"title": case.title, "unit": case.unit, "operations": case.operations}


def _measure_engine(worker: Worker, wanted: set[str], *, quick: bool) -> dict[str, list[dict[str, Any]]]:
    measured: dict[str, list[dict[str, Any]]] = {}
    for name, sizes in MEASURES.items():
        for size in sizes if name in wanted else ():
            count = max(size // _QUICK, 1) if quick else size
            _say(f"{name}: {count:,}")
            answers = [worker.ask(measure=name, size=count) for _ in range(_REPEATS)]
            # The least disturbed of the repetitions, since these have nobody to be compared with.
            best = min(answers, key=lambda answer: float(answer.get("cpu_s", answer.get("cpu_ms", 0.0))))
            measured.setdefault(name, []).append(best)
    return measured


def _say(text: str) -> None:
    print(f"bench: {text}", file=sys.stderr, flush=True)


def main() -> None:
    given = options()
    if given.from_json is not None:
        results = json.loads(given.from_json.read_text(encoding="utf-8"))
    else:
        results = measure(given)
    if given.json is not None:
        given.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    text = page(results, *(json.loads(other.read_text(encoding="utf-8")) for other in given.also))
    if given.page:
        _PAGE.write_text(text, encoding="utf-8")
        _say(f"wrote {_PAGE.relative_to(_PAGE.parents[1])}")
    else:
        print(text)


if __name__ == "__main__":
    main()
